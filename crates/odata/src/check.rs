//! Which of the options are served, and with which values.

use crate::breach::{self, Asked};
use crate::expansion::{self, Expansion};
use crate::fault::{Fault, FaultKind};
use crate::filter::{Filter, Order};
use crate::rule::Breach;
use crate::select::Selection;
use crate::syntax::{OptionName, QueryOption, Syntax, Unrecognized};
use crate::written::Written;
use crate::{condition, limits, searching, sorting};
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

/// What headers say of the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// `ConsistencyLevel: eventual` was sent.
    pub eventual: bool,
}

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
    /// `$explain=true`: how it would be answered, and not the answer (decision 55).
    pub explain: bool,
    /// Names in `$select` that nobody declared, for `x-vestibule-note` (decision 15). They may hold letters beyond ASCII.
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

/// Why a query is not answered.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CheckError {
    /// A name that no option has ("Unrecognized query argument specified: 'filter'.").
    #[error("{:?} is no option", .0.name)]
    Unrecognized(Unrecognized),
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
    /// Something within an option, with its place.
    #[error("{}: {}", .0.option.as_str(), .0)]
    Fault(Fault),
}

/// Checks a query against the type of the objects it asks for.
pub fn check(
    syntax: Syntax,
    ty: &'static EntityType,
    version: Version,
    shape: Shape,
    mode: Mode,
) -> Result<Checked, CheckError> {
    let mut checked = Checked::default();
    if shape == Shape::Write {
        return Ok(checked);
    }
    if let Some(unrecognized) = syntax.unrecognized {
        return Err(CheckError::Unrecognized(unrecognized));
    }
    let mut filter = None;
    let mut written = Written::default();
    let mut search = None;
    for option in syntax.options {
        let name = option.name();
        let fault = |(offset, kind): (usize, FaultKind)| {
            CheckError::Fault(Fault {
                option: name,
                offset,
                kind,
            })
        };
        if !takes(shape, name) {
            return Err(CheckError::NotServed(name));
        }
        match option {
            QueryOption::Select(terms) if shape != Shape::Count && !terms.is_empty() => {
                let selection =
                    Selection::check(terms, ty, version, shape).map_err(CheckError::SingleOnly)?;
                checked
                    .ignored
                    .extend(selection.ignored().map(str::to_owned));
                checked.select = Some(selection);
            }
            QueryOption::Filter { source, tree, root } => {
                let condition = condition::check(&tree, root, ty, version).map_err(fault)?;
                filter = Some(condition.filter);
                written = condition.written;
                checked.filter_text = Some(source);
            }
            QueryOption::Search { source, steps } => {
                search = Some(searching::check(&steps, ty, version).map_err(fault)?);
                checked.search_text = Some(source);
            }
            QueryOption::OrderBy(keys) if shape == Shape::Collection => {
                checked.order = sorting::check(&keys, ty, version).map_err(fault)?;
            }
            QueryOption::Expand(items) if shape != Shape::Count => {
                checked.expand = expansion::check(items, ty, version).map_err(fault)?;
                let selections = checked.expand.iter().filter_map(|own| own.select.as_ref());
                let ignored = selections.flat_map(Selection::ignored);
                checked.ignored.extend(ignored.map(str::to_owned));
            }
            QueryOption::Select(_) | QueryOption::OrderBy(_) | QueryOption::Expand(_) => {}
            QueryOption::Text(name, value) => text(name, value, shape, &mut checked)?,
        }
    }
    checked.breaches = breach::breaches(
        &checked,
        &Asked {
            mode,
            shape,
            filter: filter.as_ref(),
            written: &written,
            search: search.as_ref(),
        },
    );
    checked.filter = match (filter, search) {
        (Some(filter), Some(search)) => Some(
            filter
                .and(search)
                .ok_or(CheckError::NotServed(OptionName::Search))?,
        ),
        (filter, search) => filter.or(search),
    };
    Ok(checked)
}

/// Whether an option means something on the shape, or is passed over there. What would change which objects are
/// meant is never passed over.
fn takes(shape: Shape, name: OptionName) -> bool {
    match name {
        // Changes are asked for by [`crate::check_delta`].
        OptionName::Skip | OptionName::Levels | OptionName::DeltaToken => false,
        OptionName::Filter => shape != Shape::Single,
        OptionName::Search => matches!(shape, Shape::Collection | Shape::Count),
        OptionName::OrderBy => matches!(shape, Shape::Collection | Shape::Count),
        OptionName::Count
        | OptionName::Expand
        | OptionName::Explain
        | OptionName::Format
        | OptionName::Select
        | OptionName::SkipToken
        | OptionName::Top => true,
    }
}

/// An option whose value is one text. Those of pages mean nothing for a single object or a count and are ignored there
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
        OptionName::SkipToken if paged => checked.skip_token = Some(token(name, value)?),
        OptionName::Count if shape == Shape::Collection => checked.count = boolean(name, value)?,
        OptionName::Explain => checked.explain = boolean(name, value)?,
        OptionName::Format => format(value)?,
        _ => {}
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

fn token(option: OptionName, value: String) -> Result<String, CheckError> {
    if value.is_empty() || value.len() > limits::SKIP_TOKEN_BYTES {
        return Err(CheckError::Value { option, value });
    }
    Ok(value)
}

fn boolean(option: OptionName, value: String) -> Result<bool, CheckError> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(CheckError::Value { option, value }),
    }
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
