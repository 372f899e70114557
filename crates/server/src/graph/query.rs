//! Query options of a request, checked, and what clients are told of those that are not
//! (P-queries-3).

use axum::http::{HeaderName, HeaderValue, StatusCode};
use directory::Operation;
use edm::{Entity, EntityType, Version, user};
use odata::{
    Changed, CheckError, Checked, DeltaQuery, Mode, OptionError, OptionErrorKind, OptionName,
    Shape, Syntax, SyntaxError, SyntaxErrorKind, Unrecognized, ValuePosition,
};

use super::call::{Authorised, Call};
use super::envelope::{Detail, GraphError};
use super::errors::{hidden, not_served, not_served_because};

/// The header of an advanced query; `$count=true` is its other half (P-queries-4).
const CONSISTENCY_LEVEL: HeaderName = HeaderName::from_static("consistencylevel");

/// Reads the query string of a request.
pub fn checked(
    query: &str,
    ty: Entity<'_>,
    version: Version,
    shape: Shape,
) -> Result<Checked, GraphError> {
    let checked = read(query, ty, version, shape, Mode::default())?;
    let refused = unanswered(&checked).next();
    refused.map_or(Ok(checked), |option| Err(not_served(option.as_str())))
}

/// [`checked`] for a list of users related to a user. Of direct reports every option of a list of
/// users is answered, but those that would lead further.
pub fn related(
    request: &Authorised<'_>,
    shape: Shape,
    are_reports: bool,
) -> Result<Checked, GraphError> {
    let checked = searched(&request.call, request.entity(&user::TYPE), shape)?;
    let leads = |option: &OptionName| matches!(option, OptionName::Expand | OptionName::Explain);
    let refused = unanswered(&checked).find(|option| !are_reports || leads(option));
    refused.map_or(Ok(checked), |option| Err(not_served(option.as_str())))
}

/// Reads the query of a list that answers every option.
pub fn searched(call: &Call<'_>, ty: Entity<'_>, shape: Shape) -> Result<Checked, GraphError> {
    let eventual = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"eventual");
    let mode = Mode {
        eventual: call.headers.get_all(CONSISTENCY_LEVEL).iter().any(eventual),
    };
    read(call.query, ty, call.version, shape, mode)
}

fn read(
    query: &str,
    ty: Entity<'_>,
    version: Version,
    shape: Shape,
    mode: Mode,
) -> Result<Checked, GraphError> {
    let syntax = odata::parse(query, version).map_err(|error| syntax_error(query, error))?;
    let checked = odata::check(syntax, ty, version, shape, mode);
    checked.map_err(|error| check_error(query, ty.ty(), error))
}

/// Options that were understood, but that nothing below answers: better refused than answered as if
/// they had not been sent.
fn unanswered(checked: &Checked) -> impl Iterator<Item = OptionName> + use<> {
    let sent = [
        (checked.filter_text.is_some(), OptionName::Filter),
        (checked.search_text.is_some(), OptionName::Search),
        (!checked.order.is_empty(), OptionName::OrderBy),
        (!checked.expand.is_empty(), OptionName::Expand),
        (checked.count, OptionName::Count),
        (checked.explain, OptionName::Explain),
    ];
    sent.into_iter()
        .filter(|(sent, _)| *sent)
        .map(|(_, option)| option)
}

/// Reads the query string of a request for changes.
pub fn delta(
    query: &str,
    of: Changed,
    ty: Entity<'_>,
    version: Version,
) -> Result<DeltaQuery, GraphError> {
    let syntax = odata::parse(query, version).map_err(|error| syntax_error(query, error))?;
    let checked = odata::check_delta(syntax, of, ty, version);
    checked.map_err(|error| check_error(query, ty.ty(), error))
}

/// Where in an option something is wrong, in characters of what was meant; empty where it is in
/// none.
fn position_text(option: OptionName, found: Option<&ValuePosition>) -> String {
    match found {
        Some(found) => format!(" at position {} of {}", found.position, option.as_str()),
        None => String::new(),
    }
}

/// The option up to the place and from it on, with a caret under it, for who reads an error at a
/// desk.
fn pointed(
    error: GraphError,
    option: OptionName,
    what: &str,
    found: Option<&ValuePosition>,
) -> GraphError {
    let Some(found) = found else {
        return error;
    };
    let at = position_text(option, Some(found));
    let before = found.text.chars().take(found.position);
    // The line that the place is in: a query may be laid out in several.
    let line: String = before.collect();
    let line = line.rsplit('\n').next().unwrap_or_default();
    let rest = found.text.chars().skip(found.position);
    let rest: String = rest.take_while(|c| *c != '\n').collect();
    let indent = " ".repeat(line.chars().count());
    error.hinting(format!("{what}{at}:\n{line}{rest}\n{indent}^"))
}

fn syntax_error(query: &str, error: SyntaxError) -> GraphError {
    let option = error.option.map_or("query", odata::OptionName::as_str);
    let why = format!("{} at byte {}", error.kind, error.offset);
    let found = error
        .option
        .and_then(|_| odata::position_in_value(query, error.offset));
    let (named, what) = (error.option, error.kind.to_string());
    let answer = match error.kind {
        SyntaxErrorKind::TooLong => GraphError::new(
            StatusCode::URI_TOO_LONG,
            "RequestUriTooLong",
            "The query of the request URL is too long.",
        ),
        SyntaxErrorKind::Select { term } => GraphError::broken(format!(
            "Parsing OData Select and Expand failed: Term '{term}' is not valid in a $select or \
             $expand expression."
        )),
        SyntaxErrorKind::UnknownOption(name) => {
            GraphError::broken(format!("The query parameter '{name}' is not supported."))
        }
        SyntaxErrorKind::Duplicate(twice) => GraphError::broken(format!(
            "Query option '{}' was specified more than once.",
            twice.as_str()
        )),
        SyntaxErrorKind::Expected(_)
        | SyntaxErrorKind::Unterminated
        | SyntaxErrorKind::NameTooLong
            if error.option == Some(OptionName::Filter) =>
        {
            GraphError::broken(match &found {
                Some(ValuePosition { text, position }) => format!(
                    "Invalid filter clause: Syntax error at position {position} in '{text}'."
                ),
                None => "Invalid filter clause".to_owned(),
            })
        }
        SyntaxErrorKind::TooManyOptions
        | SyntaxErrorKind::TooManyItems
        | SyntaxErrorKind::Expected(_)
        | SyntaxErrorKind::Unterminated
        | SyntaxErrorKind::TooDeep
        | SyntaxErrorKind::TooManyTerms
        | SyntaxErrorKind::TextTooLong
        | SyntaxErrorKind::NameTooLong
        | SyntaxErrorKind::Escape
        | SyntaxErrorKind::NotText => {
            GraphError::query("The query of the request URL is not valid.")
        }
    };
    let answer = answer.detail(Detail::of("InvalidQueryOption", option, why));
    match named {
        Some(named) => pointed(answer, named, &what, found.as_ref()),
        None => answer,
    }
}

fn check_error(query: &str, ty: &'static EntityType, error: CheckError) -> GraphError {
    match error {
        CheckError::Unrecognized(Unrecognized { name, meant }) => {
            let why = match meant {
                Some(option) => format!("write '{}'", option.as_str()),
                None => "no query option has this name".to_owned(),
            };
            let message = format!("Unrecognized query argument specified: '{name}'.");
            GraphError::broken(message).detail(Detail::of("InvalidQueryOption", name, why))
        }
        CheckError::NotServed(OptionName::Skip) | CheckError::NotInDelta(OptionName::Skip) => {
            let why = "follow @odata.nextLink from page to page";
            GraphError::refused("'$skip' is not supported by the service.").detail(Detail::of(
                "InvalidQueryOption",
                "$skip",
                why,
            ))
        }
        CheckError::NotServed(option) => not_served(option.as_str()),
        CheckError::SingleOnly(property) => not_served(property.name()),
        CheckError::PageSize(size) => GraphError::query(format!(
            "Invalid page size specified: '{size}'. Must be between 1 and 999 inclusive."
        ))
        .detail(Detail::of(
            "InvalidQueryOption",
            "$top",
            "not between 1 and 999",
        )),
        CheckError::NotInDelta(option) => {
            let option = option.as_str();
            let message =
                format!("The query option '{option}' is not supported with change tracking.");
            let why = "not served by delta";
            GraphError::query(message).detail(Detail::of("InvalidQueryOption", option, why))
        }
        CheckError::DeltaFilter(of) => {
            let message = match of {
                Changed::Users => {
                    "Change tracking filters by 'id eq' alone, at most 50 of them joined by 'or'."
                }
                Changed::Objects => {
                    "Change tracking of objects filters by \"isof('microsoft.graph.user')\", or another type of \
                     directory object, and 'id eq' alone, at most 50 of them joined by 'or'."
                }
            };
            GraphError::query(message).detail(Detail::of("InvalidQueryOption", "$filter", message))
        }
        CheckError::Value { option, value } => {
            let answer = GraphError::query(format!(
                "Invalid value '{value}' for the query option '{}'.",
                option.as_str()
            ));
            answer.detail(Detail::of(
                "InvalidQueryOption",
                option.as_str(),
                "not a value it takes",
            ))
        }
        CheckError::InOption(fault) => {
            // A place in the query is nothing to whoever lacks a permission.
            if matches!(fault.kind, OptionErrorKind::Hidden(_)) {
                return fault_error(&fault, ty);
            }
            let found = odata::position_in_value(query, fault.offset);
            let what = fault.kind.to_string();
            pointed(fault_error(&fault, ty), fault.option, &what, found.as_ref())
        }
    }
}

/// What is wrong within an option, in the documented words where there are some (P-queries-10).
fn fault_error(fault: &OptionError, ty: &'static EntityType) -> GraphError {
    let option = fault.option.as_str();
    let why = format!("{} at byte {}", fault.kind, fault.offset);
    let clause = match fault.option {
        OptionName::Filter => "Invalid filter clause: ",
        OptionName::OrderBy => "Invalid sort clause: ",
        OptionName::Expand => "Parsing OData Select and Expand failed: ",
        _ => "",
    };
    let answer = match &fault.kind {
        OptionErrorKind::NotServed(_) | OptionErrorKind::SingleOnly(_) => {
            return not_served_because(option, why);
        }
        OptionErrorKind::Hidden(_) => return hidden(Operation::ReadSecurityAttributes),
        OptionErrorKind::UnknownProperty { name, on } => GraphError::broken(format!(
            "{clause}Could not find a property named '{name}' on type '{on}'."
        )),
        OptionErrorKind::Types {
            operator,
            left,
            right,
        } => GraphError::broken(format!(
            "{clause}A binary operator with incompatible types was detected. Found operand types \
             '{left}' and '{right}' for operator kind '{operator}'."
        )),
        OptionErrorKind::UnknownFunction(name) => GraphError::broken(format!(
            "{clause}An unknown function with name '{name}' was found."
        )),
        OptionErrorKind::Unsupported(property) if fault.option == OptionName::OrderBy => {
            GraphError::query(format!(
                "Unsupported sort property '{}' for '{}'.",
                property.name(),
                ty.resource
            ))
        }
        OptionErrorKind::Unsupported(_) => {
            GraphError::query("An unsupported property was specified.")
        }
        OptionErrorKind::NotNavigation(property) => GraphError::broken(format!(
            "{clause}Property '{}' is not a navigation property. Only navigation properties can be \
             expanded.",
            property.name()
        )),
        OptionErrorKind::NotExpanded(name) => {
            let mut letters = name.chars();
            let first: String = letters
                .by_ref()
                .take(1)
                .flat_map(char::to_uppercase)
                .collect();
            let name = format!("{first}{}", letters.as_str());
            let message = format!(
                "Expand is not allowed for property '{name}' according to the entity schema."
            );
            GraphError::new(StatusCode::BAD_REQUEST, "ExpandNotSupported", message)
        }
        OptionErrorKind::Operator { .. }
        | OptionErrorKind::Collection(_)
        | OptionErrorKind::NotCollection(_)
        | OptionErrorKind::NotCondition
        | OptionErrorKind::NoInstant
        | OptionErrorKind::Arguments(_) => GraphError::broken("Invalid filter clause"),
        OptionErrorKind::SearchClause | OptionErrorKind::NothingToSearch => {
            GraphError::query("A clause of $search has the form \"property:text\".")
        }
        OptionErrorKind::TooManyTerms => {
            GraphError::query("The query of the request URL is not valid.")
        }
    };
    answer.detail(Detail::of("InvalidQueryOption", option, why))
}

/// `x-ms-resource-unit`: the documented costs (a list 2, anything else 1; a `$select` or a page of
/// less than 20 one less, an `$expand` one more; never less than 1), by what the options say and
/// not by how they are spelt.
pub fn resource_units(query: &str, version: Version, is_list: bool) -> &'static str {
    let syntax = match query {
        "" => Syntax::default(),
        query => odata::parse(query, version).unwrap_or_default(),
    };
    let is_short = is_list && syntax.top().is_some_and(|top| top < 20);
    let less = [syntax.has(OptionName::Select), is_short];
    let less = less.into_iter().filter(|is_so| *is_so).count();
    let more = 1 + usize::from(is_list) + usize::from(syntax.has(OptionName::Expand));
    match more.saturating_sub(less) {
        0 | 1 => "1",
        2 => "2",
        _ => "3",
    }
}
