//! Queries of `GET /users/delta` and `GET /directoryObjects/delta`: fewer options than on a list.
//! `$filter` may name ids only, and for directory objects types as well.

use crate::check::select::Selection;
use crate::check_error::CheckError;
use crate::limits;
use crate::option::OptionName;
use crate::parse::{QueryOption, Syntax};
use crate::percent::encode;
use crate::shape::Changed;
use edm::{Entity, NAMESPACE, Version};
use uuid::Uuid;

/// A checked query for changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeltaQuery {
    /// `$select`; `None` is the default set.
    pub select: Option<Selection>,
    /// The ids that `$filter` names, sorted, each once; `None` is everybody.
    pub only: Option<Vec<Uuid>>,
    /// The types of objects that `$filter` names, by the alphabet, each once; empty is every type.
    pub types: Vec<&'static str>,
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

/// The types whose changes the documented service follows by `isof`.
const OBJECT_TYPES: [&str; 9] = [
    "administrativeUnit",
    "appRoleAssignment",
    "application",
    "device",
    "directoryRole",
    "group",
    "orgContact",
    "servicePrincipal",
    "user",
];

impl DeltaQuery {
    /// The options but for the tokens, as a query string, always the same for the same query: what
    /// a token holds.
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        if let Some(selection) = &self.select {
            out.push_str("$select=");
            selection.canonical(&mut out);
        }
        let types = self
            .types
            .iter()
            .map(|name| format!("isof('{NAMESPACE}.{name}')"));
        let ids = self.only.iter().flatten().map(|id| format!("id eq '{id}'"));
        for (at, clause) in types.chain(ids).enumerate() {
            if at == 0 {
                out.push_str(if out.is_empty() {
                    "$filter="
                } else {
                    "&$filter="
                });
            } else {
                encode(&mut out, " or ");
            }
            encode(&mut out, &clause);
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
/// [`CheckError::NotInDelta`] for options that delta queries do not take,
/// [`CheckError::DeltaFilter`] for a filter on anything but ids or, for directory objects, types.
pub fn check_delta(
    syntax: Syntax,
    of: Changed,
    ty: Entity<'_>,
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
                let (ids, types) = clauses(&source, of).ok_or(CheckError::DeltaFilter(of))?;
                checked.only = (!ids.is_empty()).then_some(ids);
                checked.types = types;
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

/// What a filter names: ids, sorted, and types, in their order, each once.
type Named = (Vec<Uuid>, Vec<&'static str>);

/// `id eq '…' or isof('…') or …`, with or without quotes around ids and types; `None` for
/// everything else.
fn clauses(filter: &str, of: Changed) -> Option<Named> {
    let filter = match of {
        Changed::Users => filter.to_owned(),
        // Parentheses are words of their own, with or without blanks around them.
        Changed::Objects => filter.replace('(', " ( ").replace(')', " ) "),
    };
    // A clause of either kind and the `or` behind it have at most five words.
    let most = 5 * limits::DELTA_IDS;
    let words: Vec<_> = filter.split_whitespace().take(most + 1).collect();
    let (mut ids, mut types, mut clauses) = (Vec::new(), Vec::new(), 0);
    let mut rest = words.as_slice();
    loop {
        let after = match rest {
            [id, eq, value, after @ ..]
                if id.eq_ignore_ascii_case("id") && eq.eq_ignore_ascii_case("eq") =>
            {
                ids.push(Uuid::try_parse(unquoted(value)).ok()?);
                after
            }
            [isof, "(", value, ")", after @ ..]
                if of == Changed::Objects && isof.eq_ignore_ascii_case("isof") =>
            {
                types.push(object_type(unquoted(value))?);
                after
            }
            _ => return None,
        };
        clauses += 1;
        rest = match after {
            [] => break,
            [or, rest @ ..] if or.eq_ignore_ascii_case("or") => rest,
            _ => return None,
        };
    }
    ids.sort_unstable();
    ids.dedup();
    types.sort_unstable();
    types.dedup();
    (clauses <= limits::DELTA_IDS).then_some((ids, types))
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
        .unwrap_or(value)
}

/// The type of that qualified name.
fn object_type(text: &str) -> Option<&'static str> {
    let (namespace, name) = text.rsplit_once('.')?;
    let is_ours = [NAMESPACE, "graph"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(namespace));
    let mut known = OBJECT_TYPES.into_iter();
    known.find(|known| is_ours && known.eq_ignore_ascii_case(name))
}
