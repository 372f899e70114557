//! `$select`: a list of paths.

use crate::limits;
use crate::percent::Decoded;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// One term of a `$select`, not compared with a type yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Term {
    /// `*`
    Star,
    /// Names with slashes between them; at least one.
    Path(String),
}

/// Reads the comma list. White space around terms is passed over; an empty text has no terms.
pub(crate) fn terms(value: &Decoded) -> Result<Vec<Term>, SyntaxFault> {
    let mut terms = Vec::new();
    if value.text.trim().is_empty() {
        return Ok(terms);
    }
    let mut start = 0;
    for raw in value.text.split(',') {
        let text = raw.trim();
        let place = value.place(start + raw.len() - raw.trim_start().len());
        if terms.len() >= limits::SELECT_ITEMS {
            return Err((place, SyntaxErrorKind::TooManyItems));
        }
        match text {
            "*" => terms.push(Term::Star),
            path if is_path(path) => terms.push(Term::Path(path.to_owned())),
            _ => {
                return Err((
                    place,
                    SyntaxErrorKind::Select {
                        term: text.to_owned(),
                    },
                ));
            }
        }
        start += raw.len() + 1;
    }
    Ok(terms)
}

fn is_path(text: &str) -> bool {
    text.split('/').count() <= limits::PATH_STEPS && text.split('/').all(is_name)
}

/// An identifier, with a namespace before it or not. Hyphens are no part of the grammar, but of the
/// names of extensions that directories carry.
pub(crate) fn is_name(step: &str) -> bool {
    let leads = |c: char| c.is_alphabetic() || c == '_';
    let follows = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    step.chars().count() <= limits::NAME_CHARS
        && step
            .split('.')
            .all(|part| part.starts_with(leads) && part.chars().all(follows))
}
