//! Query options of a request, checked, and what clients are told of those that are not
//! (odata.md section 3).

use axum::http::StatusCode;
use edm::{EntityType, Version, user};
use odata::{CheckError, Checked, DeltaQuery, Shape, SyntaxError, SyntaxErrorKind};

use super::envelope::{Detail, GraphError};
use super::errors::not_served;

/// Reads the query string of a request.
pub fn checked(
    query: &str,
    ty: &'static EntityType,
    version: Version,
    shape: Shape,
) -> Result<Checked, GraphError> {
    let syntax = odata::parse(query, version).map_err(syntax_error)?;
    odata::check(syntax, ty, version, shape).map_err(check_error)
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
        SyntaxErrorKind::Duplicate => GraphError::broken(format!(
            "Query option '{option}' was specified more than once."
        )),
        SyntaxErrorKind::TooManyOptions
        | SyntaxErrorKind::TooManyItems
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
    }
}
