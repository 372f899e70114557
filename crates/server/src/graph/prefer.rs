//! The Prefer header (RFC 7240): what a client would like, and what of it was done (P-queries-8).

use axum::http::{HeaderMap, HeaderName};
use odata::limits::PAGE_MOST;

/// The header a client prefers with.
const PREFER: &str = "prefer";

/// What of it was done.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The preferences we know; others are ignored, as the RFC wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefer {
    /// `odata.maxpagesize`, cut to the largest page there is.
    pub page_size: Option<u16>,
    /// `return`
    pub returns: Option<Returns>,
}

impl Returns {
    /// As `Preference-Applied` says it.
    pub const fn applied(self) -> &'static str {
        match self {
            Self::Minimal => "return=minimal",
            Self::Representation => "return=representation",
        }
    }
}

/// `return=…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Returns {
    /// As little as says what happened.
    Minimal,
    /// The object.
    Representation,
}

impl Prefer {
    /// Reads all Prefer headers. Of a preference that comes twice the first counts.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut prefer = Self::default();
        let values = headers.get_all(PREFER).iter();
        let texts = values.filter_map(|value| value.to_str().ok());
        for part in texts.flat_map(|text| text.split(',')) {
            // `;` begins parameters of a preference, of which ours have none.
            let part = part.split(';').next().unwrap_or_default();
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (
                name.trim().to_ascii_lowercase(),
                value.trim().trim_matches('"'),
            );
            match name.as_str() {
                "odata.maxpagesize" | "maxpagesize" => {
                    let size = value.parse::<u64>().ok().filter(|size| *size > 0);
                    let most = |size: u64| u16::try_from(size).unwrap_or(PAGE_MOST).min(PAGE_MOST);
                    prefer.page_size = prefer.page_size.or(size.map(most));
                }
                "return" => {
                    let returns = match value.to_ascii_lowercase().as_str() {
                        "minimal" => Some(Returns::Minimal),
                        "representation" => Some(Returns::Representation),
                        _ => None,
                    };
                    prefer.returns = prefer.returns.or(returns);
                }
                _ => {}
            }
        }
        prefer
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{PREFER, Prefer, Returns};

    #[test]
    fn preferences_are_read() {
        let check = |sent: &[&'static str], page_size, returns| {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(PREFER, HeaderValue::from_static(value));
            }
            assert_eq!(
                Prefer::of(&headers),
                Prefer { page_size, returns },
                "{sent:?}"
            );
        };
        check(&[], None, None);
        check(&["odata.maxpagesize=7"], Some(7), None);
        check(&["maxpagesize=\"7\"; a=b, respond-async"], Some(7), None);
        check(&["odata.maxpagesize=0"], None, None);
        check(&["odata.maxpagesize=-1"], None, None);
        check(&["odata.maxpagesize=99999999"], Some(999), None);
        check(
            &["odata.maxpagesize=3", "Odata.MaxPageSize=4"],
            Some(3),
            None,
        );
        check(&["return=minimal"], None, Some(Returns::Minimal));
        check(
            &["Return = Representation, return=minimal"],
            None,
            Some(Returns::Representation),
        );
        check(&["return=nothing"], None, None);
    }
}
