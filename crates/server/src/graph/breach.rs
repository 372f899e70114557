//! What the documented service says of a query that it refuses (P-queries-3 to P-queries-7): the
//! error of the strict manner, and the note of the friendly one, from the same rows.

use odata::{Breach, Refuses};

use super::envelope::{Detail, GraphError, code};

/// Notes in one answer: who breaks more rules than this will not read on.
const NOTES: usize = 4;

/// The refusal of the strict manner.
pub fn refused(breach: &Breach) -> GraphError {
    let mut error = GraphError::query(breach.sentence());
    error.code = code_of(breach);
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
            let what = breach.subject();
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
    let message = breach.sentence();
    match hint(breach) {
        Some(hint) => format!("{message} To have it answered: {hint}"),
        None => message,
    }
}

/// The documented service's code.
const fn code_of(breach: &Breach) -> &'static str {
    match breach.rule.refused() {
        Refuses::Request => code::REQUEST_BAD_REQUEST,
        Refuses::Query | Refuses::Nothing => code::UNSUPPORTED_QUERY,
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
