//! Query options of a request, checked, and what clients are told of those that are not
//! (odata.md section 3).

use axum::http::{HeaderName, HeaderValue, StatusCode};
use edm::{EntityType, Version, user};
use odata::{
    CheckError, Checked, DeltaQuery, Fault, FaultKind, Mode, OptionName, Shape, SyntaxError,
    SyntaxErrorKind,
};

use super::call::Call;
use super::envelope::{Detail, GraphError};
use super::errors::{not_served, not_served_because};

/// Half of what makes a query an advanced one (odata.md section 3).
const CONSISTENCY_LEVEL: HeaderName = HeaderName::from_static("consistencylevel");

/// Reads the query string of a request.
pub fn checked(
    query: &str,
    ty: &'static EntityType,
    version: Version,
    shape: Shape,
) -> Result<Checked, GraphError> {
    let checked = read(query, ty, version, shape, Mode::default())?;
    unanswered(&checked).map_or(Ok(checked), |option| Err(not_served(option.as_str())))
}

/// The same where everything that can be asked is answered.
pub fn searched(
    call: &Call<'_>,
    ty: &'static EntityType,
    shape: Shape,
) -> Result<Checked, GraphError> {
    let eventual = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"eventual");
    let mode = Mode {
        eventual: call.headers.get_all(CONSISTENCY_LEVEL).iter().any(eventual),
    };
    read(call.query, ty, call.version, shape, mode)
}

fn read(
    query: &str,
    ty: &'static EntityType,
    version: Version,
    shape: Shape,
    mode: Mode,
) -> Result<Checked, GraphError> {
    let syntax = odata::parse(query, version).map_err(syntax_error)?;
    odata::check(syntax, ty, version, shape, mode).map_err(check_error)
}

/// An option that was understood, but that nothing below answers yet: better refused than answered as if it had not
/// been sent.
fn unanswered(checked: &Checked) -> Option<OptionName> {
    let sent = [
        (checked.filter_text.is_some(), OptionName::Filter),
        (checked.search_text.is_some(), OptionName::Search),
        (!checked.order.is_empty(), OptionName::OrderBy),
        (!checked.expand.is_empty(), OptionName::Expand),
        (checked.count, OptionName::Count),
        (checked.explain, OptionName::Explain),
    ];
    sent.into_iter()
        .find(|(sent, _)| *sent)
        .map(|(_, option)| option)
}

/// Reads the query string of a request for changes.
pub fn delta(query: &str, version: Version) -> Result<DeltaQuery, GraphError> {
    let syntax = odata::parse(query, version).map_err(syntax_error)?;
    odata::check_delta(syntax, &user::TYPE, version).map_err(check_error)
}

fn syntax_error(error: SyntaxError) -> GraphError {
    let option = error.option.map_or("query", odata::OptionName::as_str);
    let why = format!("{} at byte {}", error.kind, error.offset);
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
        SyntaxErrorKind::Expected(_) | SyntaxErrorKind::Unterminated
            if error.option == Some(OptionName::Filter) =>
        {
            GraphError::broken("Invalid filter clause")
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
    answer.detail(Detail::of("InvalidQueryOption", option, why))
}

fn check_error(error: CheckError) -> GraphError {
    match error {
        CheckError::NotServed(option) => not_served(option.as_str()),
        CheckError::SingleOnly(property) => not_served(property.name),
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
        CheckError::DeltaFilter => {
            let message =
                "Change tracking filters by 'id eq' alone, at most 50 of them joined by 'or'.";
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
        CheckError::Fault(fault) => fault_error(&fault),
    }
}

/// What is wrong within an option, in the documented words where there are some (odata.md section 3).
fn fault_error(fault: &Fault) -> GraphError {
    let option = fault.option.as_str();
    let why = format!("{} at byte {}", fault.kind, fault.offset);
    let clause = match fault.option {
        OptionName::Filter => "Invalid filter clause: ",
        OptionName::OrderBy => "Invalid sort clause: ",
        OptionName::Expand => "Parsing OData Select and Expand failed: ",
        _ => "",
    };
    let answer = match &fault.kind {
        FaultKind::NotServed(_) | FaultKind::SingleOnly(_) => {
            return not_served_because(option, why);
        }
        FaultKind::UnknownProperty { name, on } => GraphError::broken(format!(
            "{clause}Could not find a property named '{name}' on type '{on}'."
        )),
        FaultKind::Types {
            operator,
            left,
            right,
        } => GraphError::broken(format!(
            "{clause}A binary operator with incompatible types was detected. Found operand types \
             '{left}' and '{right}' for operator kind '{operator}'."
        )),
        FaultKind::UnknownFunction(name) => GraphError::broken(format!(
            "{clause}An unknown function with name '{name}' was found."
        )),
        FaultKind::Unsupported(property) if fault.option == OptionName::OrderBy => {
            GraphError::query(format!(
                "Unsupported sort property '{}' for 'User'.",
                property.name
            ))
        }
        FaultKind::Unsupported(_) => GraphError::query("An unsupported property was specified."),
        FaultKind::NotNavigation(property) => GraphError::broken(format!(
            "{clause}Property '{}' is not a navigation property. Only navigation properties can be \
             expanded.",
            property.name
        )),
        FaultKind::Operator { .. }
        | FaultKind::Collection(_)
        | FaultKind::NotCollection(_)
        | FaultKind::NotCondition
        | FaultKind::NoInstant
        | FaultKind::Arguments(_) => GraphError::broken("Invalid filter clause"),
        FaultKind::SearchClause | FaultKind::NothingToSearch => {
            GraphError::query("A clause of $search has the form \"property:text\".")
        }
        FaultKind::TooManyTerms => GraphError::query("The query of the request URL is not valid."),
    };
    answer.detail(Detail::of("InvalidQueryOption", option, why))
}
