//! Puts names and addresses into the sentences of the catalogue.
//!
//! One pass over the sentence, so that an inviter called `{address}` stays that name. In HTML every
//! value stands in its own `<bdi>`: a right-to-left name inside an English sentence, or an override
//! character in a name, cannot reorder the words around it.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, HtmlEscape};

/// Places whose values are written left to right in every language.
const LEFT_TO_RIGHT: [&str; 2] = ["address", "host"];

/// Places that are words of ours and need no isolation.
const OURS: [&str; 3] = ["time", "digits", "count"];

/// Splits at `{name}` and hands literal text and names to `put` in order. A brace without its
/// partner is literal.
fn walk<'a>(sentence: &'a str, mut put: impl FnMut(Piece<'a>)) {
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        put(Piece::Text(before));
        put(Piece::Place(name));
        rest = tail;
    }
    put(Piece::Text(rest));
}

enum Piece<'a> {
    Text(&'a str),
    Place(&'a str),
}

fn value_of<'v>(values: &'v [(&str, &str)], name: &str) -> &'v str {
    values
        .iter()
        .find(|(place, _)| *place == name)
        .map_or("", |(_, value)| value)
}

/// The sentence as plain text, for titles and for text that a template escapes itself.
pub(in crate::pages) fn plain(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 32);
    walk(sentence, |piece| match piece {
        Piece::Text(text) => out.push_str(text),
        Piece::Place(name) => out.push_str(value_of(values, name)),
    });
    out
}

/// The sentence as HTML: the words escaped, each value escaped and isolated.
pub(in crate::pages) fn html(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len() + 96);
    walk(sentence, |piece| {
        // Writing to a String cannot fail; the results carry no news.
        let _ = match piece {
            Piece::Text(text) => write!(out, "{}", HtmlEscape(text)),
            Piece::Place(name) => {
                let value = HtmlEscape(value_of(values, name));
                if OURS.contains(&name) {
                    write!(out, "{value}")
                } else if LEFT_TO_RIGHT.contains(&name) {
                    write!(out, "<bdi dir=\"ltr\" class=\"known\">{value}</bdi>")
                } else {
                    write!(out, "<bdi class=\"known\">{value}</bdi>")
                }
            }
        };
    });
    out
}

fn collect(arguments: &Kwargs) -> Result<Vec<(String, String)>, Error> {
    arguments
        .args()
        .map(|name| Ok((name.to_owned(), arguments.get::<Value>(name)?.to_string())))
        .collect()
}

fn borrow(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Gives templates `say(sentence, name=value…)` and the filter `plain(name=value…)`.
pub(in crate::pages) fn install(environment: &mut Environment<'_>) {
    environment.add_function("say", |sentence: &str, arguments: Kwargs| {
        let pairs = collect(&arguments)?;
        Ok::<_, Error>(Value::from_safe_string(html(sentence, &borrow(&pairs))))
    });
    environment.add_filter("plain", |sentence: &str, arguments: Kwargs| {
        let pairs = collect(&arguments)?;
        Ok::<_, Error>(plain(sentence, &borrow(&pairs)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_not_read_again() {
        let values = [("inviter", "{address}"), ("address", "a@b.example")];
        assert_eq!(
            plain("{inviter} wrote to {address}.", &values),
            "{address} wrote to a@b.example."
        );
        assert_eq!(plain("a { b", &values), "a { b");
        assert_eq!(plain("{nobody}", &values), "");
    }

    #[test]
    fn html_escapes_words_and_values() {
        let check = |sentence, name, value, expected: &str| {
            assert_eq!(html(sentence, &[(name, value)]), expected);
        };
        check(
            "a < {inviter}",
            "inviter",
            "<b>",
            "a &lt; <bdi class=\"known\">&lt;b&gt;</bdi>",
        );
        check(
            "{host}",
            "host",
            "x\"y",
            "<bdi dir=\"ltr\" class=\"known\">x&quot;y</bdi>",
        );
        check("in {time}.", "time", "5 minutes", "in 5 minutes.");
    }
}
