//! What the documented service says of a query that it refuses (P-queries-3 to P-queries-7): the
//! error of the strict manner, and the note of the friendly one, from the same rules.

use odata::limits::DOCUMENTED_TEXT as LONG;
use odata::{Breach, Rule};

use super::envelope::{Detail, GraphError, code};

/// Notes in one answer: who breaks more rules than this will not read on.
const NOTES: usize = 4;

/// The refusal of the strict manner.
pub fn refused(breach: &Breach) -> GraphError {
    let (code, message) = told(breach);
    let mut error = GraphError::query(message);
    error.code = code;
    if let Some(property) = &breach.property {
        let why = breach.operator.unwrap_or("query");
        error = error.detail(Detail::of("UnsupportedQuery", property.name(), why));
    }
    match hint(breach) {
        Some(hint) => error.hinting(hint),
        None => error,
    }
}

/// What the friendly manner notes.
pub fn notes(breaches: &[Breach]) -> Vec<String> {
    breaches
        .iter()
        .take(NOTES)
        .map(|breach| {
            let what = subject(breach);
            let does = if breach.rule.refuses() {
                "the documented service refuses"
            } else {
                "the documented service ignores"
            };
            match hint(breach) {
                // Notes are joined by semicolons, which end a sentence well enough.
                Some(hint) => {
                    let hint = hint.trim_end_matches('.');
                    format!("{does} {what}; to have it answered there: {hint}")
                }
                None => format!("{does} {what}"),
            }
        })
        .collect()
}

/// `$explain` tells the same in one sentence, with the documented text.
pub fn reason(breach: &Breach) -> String {
    let (_, message) = told(breach);
    match hint(breach) {
        Some(hint) => format!("{message} To have it answered: {hint}"),
        None => message,
    }
}

/// Code and sentence of the documented service.
fn told(breach: &Breach) -> (&'static str, String) {
    let property = breach
        .property
        .as_ref()
        .map_or("", |property| property.name());
    let operator = breach.operator.unwrap_or_default();
    let message = match breach.rule {
        Rule::AdvancedOperator if operator == "endsWith" => format!(
            "Operator '{operator}' is not supported because the required parameters might be missing. Try adding \
             $count=true query parameter and ConsistencyLevel:eventual header. Refer to \
             https://aka.ms/graph-docs/advanced-queries for more information"
        ),
        Rule::AdvancedOperator if operator == "ne null" => {
            "Filter operator 'NotEqualsMatch' is not supported.".to_owned()
        }
        Rule::AdvancedOperator if operator != "/$count" => clause(property),
        Rule::LongText | Rule::All | Rule::SignInActivity => clause(property),
        Rule::AdvancedOperator | Rule::AdvancedLambda | Rule::CountValue => {
            "Unsupported Query.".to_owned()
        }
        Rule::NotIndexed | Rule::IssuerMissing | Rule::IssuerAlone | Rule::SignInType => {
            "The request uses a filter property that is not indexed".to_owned()
        }
        Rule::NeInLambda => {
            "Unsupported property filter clause operator 'NotEqualsMatch'.".to_owned()
        }
        Rule::Contains => "Operator: 'Contains' is not supported.".to_owned(),
        Rule::OrClauses | Rule::InItems => format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: {}. Max allowed: 15.",
            breach.found
        ),
        Rule::SearchHeader => {
            "Request with $search query parameter only works through MSGraph with a special request header: \
             'ConsistencyLevel: eventual'"
                .to_owned()
        }
        Rule::SearchNot => "Unsupported Query.".to_owned(),
        Rule::CountSegment | Rule::CountIgnored => "$count is not currently supported.".to_owned(),
        Rule::Sort | Rule::AdvancedSort => {
            format!("Unsupported sort property '{property}' for 'User'.")
        }
        Rule::SortWithFilter => "Sorting not supported for current query.".to_owned(),
        Rule::ExpandMany => {
            "Only one property can be expanded in a single request.".to_owned()
        }
        Rule::ExpandLevels => {
            "Transitive manager's list is only supported on a single user, please specify a single user in the request."
                .to_owned()
        }
        Rule::ExpandAdvanced => "Expand is not supported for current query.".to_owned(),
    };
    let code = match breach.rule {
        Rule::CountSegment => code::REQUEST_BAD_REQUEST,
        _ => code::UNSUPPORTED_QUERY,
    };
    (code, message)
}

/// The sentence about most conditions.
fn clause(property: &str) -> String {
    format!(
        "Unsupported or invalid query filter clause specified for property '{property}' of resource 'User'."
    )
}

/// What a breach is about, in a few words.
fn subject(breach: &Breach) -> String {
    let property = breach.property.as_ref().map(|property| property.name());
    let operator = breach.operator;
    match breach.rule {
        Rule::SearchHeader => "$search".to_owned(),
        Rule::SearchNot => "NOT in $search".to_owned(),
        Rule::CountSegment => "/$count".to_owned(),
        Rule::CountIgnored => "$count=true".to_owned(),
        Rule::SortWithFilter => "$filter with $orderby".to_owned(),
        Rule::ExpandMany => "several relationships in $expand".to_owned(),
        Rule::ExpandLevels => "$levels in a list".to_owned(),
        Rule::LongText => format!(
            "more than {LONG} characters in {} on {}",
            operator.unwrap_or_default(),
            property.unwrap_or_default()
        ),
        Rule::ExpandAdvanced => "$expand in an advanced query".to_owned(),
        Rule::OrClauses => format!("{} clauses joined by or", breach.found),
        Rule::InItems => format!("{} items of in", breach.found),
        Rule::Sort | Rule::AdvancedSort => {
            format!("$orderby {}", property.unwrap_or_default())
        }
        Rule::AdvancedOperator
        | Rule::NotIndexed
        | Rule::AdvancedLambda
        | Rule::NeInLambda
        | Rule::All
        | Rule::Contains
        | Rule::CountValue
        | Rule::IssuerMissing
        | Rule::IssuerAlone
        | Rule::SignInType
        | Rule::SignInActivity => match (operator, property) {
            (Some(operator), Some(property)) => format!("{operator} on {property}"),
            (None, Some(property)) => format!("this condition on {property}"),
            (Some(operator), None) => operator.to_owned(),
            (None, None) => "this condition".to_owned(),
        },
    }
}

/// What to add or to change.
fn hint(breach: &Breach) -> Option<String> {
    let header = "the request header 'ConsistencyLevel: eventual'";
    let hint = breach.hint;
    match (hint.eventual, hint.count, hint.rewrite) {
        (true, true, _) => Some(format!("Add {header} and the query option $count=true.")),
        (true, false, _) => Some(format!("Add {header}.")),
        (false, true, _) => Some("Add the query option $count=true.".to_owned()),
        (false, false, Some(rewrite)) => {
            let mut letters = rewrite.chars();
            let first = letters.next()?.to_uppercase();
            Some(format!("{first}{}.", letters.as_str()))
        }
        (false, false, None) => None,
    }
}
