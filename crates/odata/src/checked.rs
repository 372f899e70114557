//! The query that the layers below are given.

use crate::check::expand::Expansion;
use crate::check::select::Selection;
use crate::filter::{Filter, Order};
use crate::limits;
use crate::strict::rule::Breach;

/// A query that was looked at: declared properties and values within limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// `$select`; `None` is the default set.
    pub select: Option<Selection>,
    /// `$filter` and `$search`, both to hold.
    pub filter: Option<Filter>,
    /// `$orderby`; empty is the default order, by id.
    pub order: Vec<Order>,
    /// `$expand`
    pub expand: Vec<Expansion>,
    /// `$count=true`
    pub count: bool,
    /// `$top`
    pub top: Option<u16>,
    /// `$skiptoken`, still sealed
    pub skip_token: Option<String>,
    /// `$explain=true`: how it would be answered, and not the answer.
    pub explain: bool,
    /// Undeclared names in `$select`, for `x-vestibule-note`. They may hold letters
    /// beyond ASCII.
    pub ignored: Vec<String>,
    /// What the documented service would have refused.
    pub breaches: Vec<Breach>,
    /// `$filter` as it was sent, decoded; for [`Checked::canonical`] alone.
    pub filter_text: Option<String>,
    /// `$search` as it was sent, decoded; for [`Checked::canonical`] alone.
    pub search_text: Option<String>,
}

impl Checked {
    /// Objects on a page.
    pub fn page_size(&self) -> u16 {
        self.top.unwrap_or(limits::PAGE_DEFAULT)
    }
}
