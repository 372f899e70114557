//! What a request for the outbox may ask for.

use uuid::Uuid;

/// Mails on a page, at most: each is rendered anew, and a hundred take some milliseconds.
const TOP_MAX: u32 = 100;

/// The parameters that are known; others are ignored.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// Only mails to this address.
    pub(super) to: Option<String>,
    /// The mail to show beside the list.
    pub(super) message: Option<Uuid>,
    /// At most so many.
    pub(super) top: u32,
}

impl Query {
    /// Reads the part of a URL behind the `?`. The error is a sentence.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, String> {
        let mut parsed = Self {
            to: None,
            message: None,
            top: TOP_MAX,
        };
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            match &*name {
                // In a query string `+` is a blank; in an address it is part of the name, and nobody means a blank there.
                "to" => {
                    parsed.to = Some(value.trim().replace(' ', "+")).filter(|to| !to.is_empty());
                }
                "message" => parsed.message = value.parse().ok(),
                "$top" | "top" => parsed.top = top(&value)?,
                _ => {}
            }
        }
        Ok(parsed)
    }
}

fn top(value: &str) -> Result<u32, String> {
    value
        .parse()
        .ok()
        .filter(|top| (1..=TOP_MAX).contains(top))
        .ok_or_else(|| format!("$top must be a number from 1 to {TOP_MAX}."))
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
                Some("to=sam%2Ba@x.example&%24top=100&colour=red"),
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
                message,
                top,
            };
            assert_eq!(Query::parse(query), Ok(expected), "{query:?}");
        }
        for query in ["$top=0", "$top=101", "$top=x", "$top=", "$top=-1"] {
            assert!(Query::parse(Some(query)).is_err(), "{query}");
        }
    }
}
