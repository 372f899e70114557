//! What every query must hold, whatever it is: targets for fuzzing, each a plain function of bytes
//!
//!
//! A target ends the process by an assertion when something does not hold. Nothing that answers
//! requests calls one.

use edm::{Record, Version, invitation, user};
use odata::{CheckError, Checked, Mode, Shape, check, eval, limits, parse};

use crate::Target;

/// The targets by name.
pub const TARGETS: [(&str, Target); 6] = [
    ("filter", filter),
    ("order_by", order_by),
    ("search", search),
    ("select", select),
    ("expand", expand),
    ("skip_token", skip_token),
];

/// `$filter`
///
/// # Panics
/// As every target: when something does not hold.
pub fn filter(bytes: &[u8]) {
    option("$filter", bytes);
    let text = String::from_utf8_lossy(bytes);
    assert!(
        odata::steps(&text) <= STEPS_PER_BYTE * (text.len() + 1),
        "more work than the text is long"
    );
}

/// `$orderby`
pub fn order_by(bytes: &[u8]) {
    option("$orderby", bytes);
}

/// `$search`
pub fn search(bytes: &[u8]) {
    option("$search", bytes);
}

/// `$select`
pub fn select(bytes: &[u8]) {
    option("$select", bytes);
}

/// `$expand`
pub fn expand(bytes: &[u8]) {
    option("$expand", bytes);
}

/// `$skiptoken`, and all that may stand around it: the bytes are a whole query string.
pub fn skip_token(bytes: &[u8]) {
    option("$skiptoken", bytes);
    whole(&String::from_utf8_lossy(bytes));
}

/// Most steps for a byte of a condition: reading a token, and closing what it closes, each once.
const STEPS_PER_BYTE: usize = 2;

fn option(name: &str, bytes: &[u8]) {
    whole(&format!("{name}={}", String::from_utf8_lossy(bytes)));
}

/// A query string: it is refused at a place in it, or what a next link repeats of it means the
/// same.
fn whole(text: &str) {
    for version in Version::ALL {
        let syntax = match parse(text, version) {
            Ok(syntax) => syntax,
            Err(error) => {
                in_text(text, error.offset);
                continue;
            }
        };
        let mode = Mode { eventual: true };
        for (ty, shape) in [
            (&user::TYPE, Shape::Collection),
            (&invitation::TYPE, Shape::Collection),
            (&user::TYPE, Shape::Single),
            (&user::TYPE, Shape::Count),
        ] {
            match check(syntax.clone(), edm::Entity::core(ty), version, shape, mode) {
                Err(CheckError::InOption(fault)) => in_text(text, fault.offset),
                Err(_) => {}
                Ok(checked) => {
                    if let Some(filter) = &checked.filter {
                        eval::holds(filter, &Record::new());
                    }
                    let canonical = checked.canonical();
                    let again = parse(&canonical, version).ok().and_then(|syntax| {
                        check(syntax, edm::Entity::core(ty), version, shape, mode).ok()
                    });
                    let expected = Checked {
                        skip_token: None,
                        ..checked
                    };
                    // Encoding may take a text that just fits over the limit.
                    assert!(
                        again.as_ref() == Some(&expected) || canonical.len() > limits::QUERY_BYTES,
                        "{text} is not {canonical}"
                    );
                }
            }
        }
    }
}

fn in_text(text: &str, offset: usize) {
    assert!(
        offset <= text.len() && text.is_char_boundary(offset),
        "{offset} is no place in {text}"
    );
}
