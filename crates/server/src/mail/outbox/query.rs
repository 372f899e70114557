//! What a request for the outbox may ask for.

use uuid::Uuid;

/// Mails on a page, where nothing else is asked for.
const TOP: u32 = 100;
/// Mails in one answer, at most: each is rendered anew, and a thousand take some tens of
/// milliseconds.
const TOP_MAX: u32 = 1000;
/// Seconds a request waits for a mail, at most: below the 30 s after which any request ends
/// with 503.
const WAIT_MAX: u32 = 25;

/// The parameters; others are refused, since a mistyped one would show mails that were not asked
/// for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// Only mails to this address.
    pub(super) to: Option<String>,
    /// Only mails that hold this text, in any case.
    pub(super) search: Option<String>,
    /// The mail to show beside the list.
    pub(super) message: Option<Uuid>,
    /// At most so many.
    pub(super) top: u32,
    /// Seconds to wait for a mail, where there is none yet.
    pub(super) wait: u32,
}

impl Query {
    /// Reads the part of a URL behind the `?`. The error is a sentence.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, String> {
        let mut parsed = Self {
            to: None,
            search: None,
            message: None,
            top: TOP,
            wait: 0,
        };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                // In a query string `+` is a blank; in an address it is part of the name, and
                // nobody means a blank there.
                "to" => {
                    parsed.to = Some(value.trim().replace(' ', "+")).filter(|to| !to.is_empty());
                }
                "search" | "$search" => {
                    let text = value.trim().to_owned();
                    parsed.search = Some(text).filter(|text| !text.is_empty());
                }
                "message" => parsed.message = value.parse().ok(),
                "$top" | "top" => parsed.top = number("$top", &value, 1, TOP_MAX)?,
                "wait" => {
                    let seconds = value.strip_suffix('s').unwrap_or(&value);
                    parsed.wait = number("wait", seconds, 0, WAIT_MAX)?;
                }
                _ => {
                    return Err(
                        "An unknown parameter. There are: to, search, wait, $top, message."
                            .to_owned(),
                    );
                }
            }
        }
        Ok(parsed)
    }

    /// Mails to read for the answer: a search looks through all that may be answered.
    pub(super) fn most(&self) -> u32 {
        if self.search.is_some() {
            TOP_MAX
        } else {
            self.top
        }
    }
}

fn number(name: &str, value: &str, least: u32, most: u32) -> Result<u32, String> {
    value
        .parse()
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| format!("{name} must be a number from {least} to {most}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let id = Uuid::from_u128(7);
        for (query, to, message, top) in [
            (None, None, None, 100),
            (Some("to="), None, None, 100),
            (
                Some("to=sam%40fabrikam.example"),
                Some("sam@fabrikam.example"),
                None,
                100,
            ),
            (
                Some("to=sam+a@x.example&$top=1"),
                Some("sam+a@x.example"),
                None,
                1,
            ),
            (
                Some("to=sam%2Ba@x.example&%24top=100"),
                Some("sam+a@x.example"),
                None,
                100,
            ),
            (
                Some("message=00000000-0000-0000-0000-000000000007"),
                None,
                Some(id),
                100,
            ),
            (Some("message=x"), None, None, 100),
        ] {
            let expected = Query {
                to: to.map(str::to_owned),
                search: None,
                message,
                top,
                wait: 0,
            };
            assert_eq!(Query::parse(query), Ok(expected), "{query:?}");
        }
        let asked = Query::parse(Some("wait=10s&search=+Hello+&$top=1000")).unwrap();
        assert_eq!(
            (asked.wait, asked.search.as_deref(), asked.top),
            (10, Some("Hello"), 1000)
        );
        for query in [
            "$top=0",
            "$top=1001",
            "$top=x",
            "$top=",
            "$top=-1",
            "wait=31s",
            "wait=-1",
            "wait=1m",
            "colour=red",
            "To=a@x.example",
        ] {
            assert!(Query::parse(Some(query)).is_err(), "{query}");
        }
    }
}
