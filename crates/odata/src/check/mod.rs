//! Which of the options are served, and with which values.

mod comparison;
mod delta;
pub(crate) mod expand;
mod filter;
mod issuer;
pub(crate) mod lengths;
mod linked;
pub(crate) mod literal;
pub(crate) mod operators;
mod order_by;
mod path;
mod search;
pub(crate) mod select;

pub use delta::{DeltaQuery, check_delta};

use crate::check_error::{CheckError, OptionError, OptionErrorKind};
use crate::checked::Checked;
use crate::limits;
use crate::option::OptionName;
use crate::parse::{QueryOption, Syntax};
use crate::shape::{Mode, Shape};
use crate::strict::judge::{QueryContext, breaches};
use edm::{Entity, Version};
use lengths::Lengths;
use select::Selection;

/// Checks a query against the type of the objects it asks for, as their tenant's schema has it.
pub fn check(
    syntax: Syntax,
    ty: Entity<'_>,
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
    let mut lengths = Lengths::default();
    let mut search = None;
    for option in syntax.options {
        let name = option.name();
        let fault = |(offset, kind): (usize, OptionErrorKind)| {
            CheckError::InOption(OptionError {
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
                let condition = filter::check(&tree, root, ty, version).map_err(fault)?;
                filter = Some(condition.filter);
                lengths = condition.lengths;
                checked.filter_text = Some(source);
            }
            QueryOption::Search { source, steps } => {
                search = Some(search::check(&steps, ty, version).map_err(fault)?);
                checked.search_text = Some(source);
            }
            QueryOption::OrderBy(keys) if shape == Shape::Collection => {
                checked.order = order_by::check(&keys, ty, version).map_err(fault)?;
            }
            QueryOption::Expand(items) if shape != Shape::Count => {
                checked.expand = expand::check(items, ty, version).map_err(fault)?;
                // Open extensions have properties that no type declares.
                let declared = checked
                    .expand
                    .iter()
                    .filter(|own| !own.navigation.contained);
                let selections = declared.filter_map(|own| own.select.as_ref());
                let ignored = selections.flat_map(Selection::ignored);
                checked.ignored.extend(ignored.map(str::to_owned));
            }
            QueryOption::Select(_) | QueryOption::OrderBy(_) | QueryOption::Expand(_) => {}
            QueryOption::Text(name, value) => text(name, value, shape, &mut checked)?,
        }
    }
    checked.breaches = breaches(
        &checked,
        &QueryContext {
            mode,
            shape,
            filter: filter.as_ref(),
            lengths: &lengths,
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

/// Whether an option means something on the shape, or is passed over there. What would change which
/// objects are meant is never passed over.
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

/// An option whose value is one text. Those of pages mean nothing for a single object or a count
/// and are ignored there (P-queries-3).
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
