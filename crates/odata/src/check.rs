//! Which of the options are served, and with which values.

use crate::limits;
use crate::select::Selection;
use crate::syntax::{OptionName, QueryOption, Syntax};
use edm::{EntityType, Property, Version};

/// What the query stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Single,
    /// A collection of objects.
    Collection,
    /// A request that changes something: all options are ignored (odata.md section 3).
    Write,
    /// The number of objects.
    Count,
}

/// A query that was looked at: declared properties and values within limits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// `$select`; `None` is the default set.
    pub select: Option<Selection>,
    /// `$top`
    pub top: Option<u16>,
    /// `$skiptoken`, still sealed
    pub skip_token: Option<String>,
    /// Names in `$select` that nobody declared, for `x-vestibule-note` (decision 15). They may hold letters beyond ASCII.
    pub ignored: Vec<String>,
}

impl Checked {
    /// Objects on a page.
    pub fn page_size(&self) -> u16 {
        self.top.unwrap_or(limits::PAGE_DEFAULT)
    }

    /// The options without `$skiptoken`, as a query string, always the same for the same query: what a next link
    /// repeats and what its token is bound to.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        if let Some(selection) = &self.select {
            out.push_str("$select=");
            selection.canonical(&mut out);
        }
        if let Some(top) = self.top {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str("$top=");
            out.push_str(&top.to_string());
        }
        out
    }
}

/// Why a query is not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// An option that is not served.
    #[error("{} is not served", .0.as_str())]
    NotServed(OptionName),
    /// `$top` is a number, but not of 1 to 999 ("Invalid page size specified: '1000'. Must be between 1 and 999
    /// inclusive.").
    #[error("page size {0}")]
    PageSize(String),
    /// A property readable only of a single object was selected on a collection (501, users.md section 4).
    #[error("{} is readable of single objects only", .0.name)]
    SingleOnly(&'static Property),
    /// An option that change tracking has not.
    #[error("{} is not served with change tracking", .0.as_str())]
    NotInDelta(OptionName),
    /// Change tracking knows a filter on some ids and no other.
    #[error("no filter on ids")]
    DeltaFilter,
    /// An option whose value is none of those it takes.
    #[error("{} cannot be {value:?}", .option.as_str())]
    Value {
        /// The option.
        option: OptionName,
        /// What was sent.
        value: String,
    },
}

/// Checks a query against the type of the objects it asks for.
pub fn check(
    syntax: Syntax,
    ty: &'static EntityType,
    version: Version,
    shape: Shape,
) -> Result<Checked, CheckError> {
    let mut checked = Checked::default();
    if shape == Shape::Write {
        return Ok(checked);
    }
    for option in syntax.options {
        match option {
            QueryOption::Select(terms) if shape != Shape::Count && !terms.is_empty() => {
                let selection =
                    Selection::check(terms, ty, version, shape).map_err(CheckError::SingleOnly)?;
                checked
                    .ignored
                    .extend(selection.ignored().map(str::to_owned));
                checked.select = Some(selection);
            }
            QueryOption::Select(_) => {}
            QueryOption::Text(name, value) => text(name, value, shape, &mut checked)?,
        }
    }
    Ok(checked)
}

/// An option other than `$select`. Those of pages mean nothing for a single object or a count and are ignored there
/// (odata.md section 3).
fn text(
    name: OptionName,
    value: String,
    shape: Shape,
    checked: &mut Checked,
) -> Result<(), CheckError> {
    let paged = shape == Shape::Collection;
    match name {
        OptionName::Top if paged => checked.top = Some(page_size(value)?),
        OptionName::SkipToken if paged => {
            if value.is_empty() || value.len() > limits::SKIP_TOKEN_BYTES {
                return Err(CheckError::Value {
                    option: name,
                    value,
                });
            }
            checked.skip_token = Some(value);
        }
        OptionName::Count if paged && value.eq_ignore_ascii_case("true") => {
            return Err(CheckError::NotServed(name));
        }
        OptionName::Count if paged && !value.eq_ignore_ascii_case("false") => {
            return Err(CheckError::Value {
                option: name,
                value,
            });
        }
        OptionName::Top | OptionName::SkipToken | OptionName::Count => {}
        OptionName::Format => format(value)?,
        OptionName::DeltaToken
        | OptionName::Expand
        | OptionName::Filter
        | OptionName::OrderBy
        | OptionName::Search
        | OptionName::Select
        | OptionName::Skip => return Err(CheckError::NotServed(name)),
    }
    Ok(())
}

/// `$format`: `application/json;odata.metadata=minimal` asks for what is sent anyway.
pub(crate) fn format(value: String) -> Result<(), CheckError> {
    let media = value.split(';').next().unwrap_or_default().trim();
    if media.eq_ignore_ascii_case("json") || media.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(CheckError::Value {
        option: OptionName::Format,
        value,
    })
}

pub(crate) fn page_size(value: String) -> Result<u16, CheckError> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(CheckError::Value {
            option: OptionName::Top,
            value,
        });
    }
    match value.parse() {
        Ok(size @ 1..=limits::PAGE_MOST) => Ok(size),
        _ => Err(CheckError::PageSize(value)),
    }
}
