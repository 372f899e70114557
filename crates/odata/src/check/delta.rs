//! Queries of `GET /users/delta` (P-users-14): fewer options than on a list, and a filter on ids
//! alone.

use crate::check::select::Selection;
use crate::check_error::CheckError;
use crate::limits;
use crate::option::OptionName;
use crate::parse::{QueryOption, Syntax};
use crate::percent::encode;
use edm::{EntityType, Version};
use uuid::Uuid;

/// A checked query for changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeltaQuery {
    /// `$select`; `None` is the default set.
    pub select: Option<Selection>,
    /// The ids that `$filter` names, sorted, each once; `None` is everybody.
    pub only: Option<Vec<Uuid>>,
    /// `$top`
    pub top: Option<u16>,
    /// `$skiptoken`, still sealed
    pub skip_token: Option<String>,
    /// `$deltatoken`, still sealed; empty asks to begin anew
    pub delta_token: Option<String>,
    /// Undeclared names in `$select`, for `x-vestibule-note`.
    pub ignored: Vec<String>,
    /// `$expand` was sent and ignored, as the documented service does.
    pub ignores_expand: bool,
}

impl DeltaQuery {
    /// The options but for the tokens, as a query string, always the same for the same query: what a token holds.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        if let Some(selection) = &self.select {
            out.push_str("$select=");
            selection.canonical(&mut out);
        }
        let ids = self.only.iter().flatten();
        for (at, id) in ids.enumerate() {
            let joint = if at > 0 { " or " } else { "" };
            if at == 0 {
                out.push_str(if out.is_empty() {
                    "$filter="
                } else {
                    "&$filter="
                });
            }
            encode(&mut out, &format!("{joint}id eq '{id}'"));
        }
        if let Some(top) = self.top {
            out.push_str(if out.is_empty() { "$top=" } else { "&$top=" });
            out.push_str(&top.to_string());
        }
        out
    }
}

/// Checks a query for changes.
///
/// # Errors
/// [`CheckError::NotInDelta`] for options that change tracking has not, [`CheckError::DeltaFilter`] for any other filter
/// than on ids.
pub fn check_delta(
    syntax: Syntax,
    ty: &'static EntityType,
    version: Version,
) -> Result<DeltaQuery, CheckError> {
    let mut checked = DeltaQuery::default();
    if let Some(unrecognized) = syntax.unrecognized {
        return Err(CheckError::Unrecognized(unrecognized));
    }
    for option in syntax.options {
        match option {
            QueryOption::Select(terms) if terms.is_empty() => {}
            QueryOption::Select(terms) => {
                let selection =
                    Selection::tracking(terms, ty, version).map_err(CheckError::SingleOnly)?;
                checked
                    .ignored
                    .extend(selection.ignored().map(str::to_owned));
                checked.select = Some(selection);
            }
            QueryOption::Filter { source, .. } => {
                checked.only = Some(ids(&source).ok_or(CheckError::DeltaFilter)?);
            }
            QueryOption::Expand(_) => checked.ignores_expand = true,
            QueryOption::OrderBy(_) | QueryOption::Search { .. } => {
                return Err(CheckError::NotInDelta(option.name()));
            }
            QueryOption::Text(name, value) => text(name, value, &mut checked)?,
        }
    }
    if checked.skip_token.is_some() && checked.delta_token.is_some() {
        return Err(CheckError::NotInDelta(OptionName::DeltaToken));
    }
    Ok(checked)
}

fn text(name: OptionName, value: String, checked: &mut DeltaQuery) -> Result<(), CheckError> {
    match name {
        OptionName::Top => checked.top = Some(crate::check::page_size(value)?),
        OptionName::SkipToken if !value.is_empty() && value.len() <= limits::DELTA_TOKEN_BYTES => {
            checked.skip_token = Some(value);
        }
        OptionName::DeltaToken if value.len() <= limits::DELTA_TOKEN_BYTES => {
            checked.delta_token = Some(value);
        }
        OptionName::Format => crate::check::format(value)?,
        OptionName::Count if value.eq_ignore_ascii_case("false") => {}
        OptionName::SkipToken | OptionName::DeltaToken => {
            return Err(CheckError::Value {
                option: name,
                value,
            });
        }
        _ => return Err(CheckError::NotInDelta(name)),
    }
    Ok(())
}

/// `id eq '…' or id eq '…'`, with or without quotes around the ids; `None` for everything else.
fn ids(filter: &str) -> Option<Vec<Uuid>> {
    let words: Vec<_> = filter
        .split_whitespace()
        .take(4 * limits::DELTA_IDS + 1)
        .collect();
    let mut ids = Vec::new();
    for (at, clause) in words.chunks(4).enumerate() {
        let (last, clause) = match clause {
            [id, eq, value, or] if or.eq_ignore_ascii_case("or") => (false, [id, eq, value]),
            [id, eq, value] => (true, [id, eq, value]),
            _ => return None,
        };
        let [id, eq, value] = clause;
        let value = value
            .strip_prefix('\'')
            .and_then(|rest| rest.strip_suffix('\''))
            .unwrap_or(value);
        let is_last = at + 1 == words.len().div_ceil(4);
        if !id.eq_ignore_ascii_case("id") || !eq.eq_ignore_ascii_case("eq") || last != is_last {
            return None;
        }
        ids.push(Uuid::try_parse(value).ok()?);
    }
    ids.sort_unstable();
    ids.dedup();
    (!ids.is_empty() && ids.len() <= limits::DELTA_IDS).then_some(ids)
}
