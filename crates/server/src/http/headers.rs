//! Response headers common to all Graph answers (P-queries-1, R-11, R-13).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::cors;

/// What a request costs of the documented quotas (P-queries-9).
pub const RESOURCE_UNIT: HeaderName = HeaderName::from_static("x-ms-resource-unit");

/// What a success should still tell its client.
pub const NOTE: HeaderName = HeaderName::from_static("x-vestibule-note");

/// Whether the guest of a revoked invitation was deleted with it: `deleted` or `kept`.
pub const GUEST: HeaderName = HeaderName::from_static("x-vestibule-guest");

const ODATA_VERSION: HeaderName = HeaderName::from_static("odata-version");

// Constants, so that their bytes are checked once and not for each answer.
const FOUR: HeaderValue = HeaderValue::from_static("4.0");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const ACCEPT_ENCODING: HeaderValue = HeaderValue::from_static("Accept-Encoding");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const ONE: HeaderValue = HeaderValue::from_static("1");
const TWO: HeaderValue = HeaderValue::from_static("2");
const THREE: HeaderValue = HeaderValue::from_static("3");

/// Headers of one answer, with room for a proxy's: reserved at once, a header table need not grow
/// three times.
pub const USUAL: usize = 16;

/// Sets what every Graph answer carries and leaves what the handler decided itself.
pub fn graph(headers: &mut HeaderMap) {
    headers.insert(ODATA_VERSION, FOUR);
    headers.entry(CACHE_CONTROL).or_insert(NO_CACHE);
    headers.entry(VARY).or_insert(ACCEPT_ENCODING);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
    cors::allow(headers);
}

/// Says what the request cost.
pub fn cost(headers: &mut HeaderMap, units: &str) {
    let value = match units {
        "2" => TWO,
        "3" => THREE,
        _ => ONE,
    };
    headers.insert(RESOURCE_UNIT, value);
}

/// How much metadata a JSON answer carries, by the request's Accept header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metadata {
    /// No `@odata.*` member but nextLink and count.
    None,
    /// Context too; the default.
    Minimal,
    /// Each object's type, its own URL, and the URLs of what it is linked to as well.
    Full,
}

impl Metadata {
    /// Reads `odata.metadata` (or `metadata`, its later spelling) from Accept.
    pub fn of(headers: &HeaderMap) -> Self {
        let asks = |level: &str| {
            let values = headers.get_all(axum::http::header::ACCEPT).iter();
            let texts = values.filter_map(|value| value.to_str().ok());
            texts.flat_map(|text| text.split([',', ';'])).any(|part| {
                let part = part.trim().to_ascii_lowercase();
                let part = part.strip_prefix("odata.").unwrap_or(&part);
                part.strip_prefix("metadata=") == Some(level)
            })
        };
        if asks("none") {
            Self::None
        } else if asks("full") {
            Self::Full
        } else {
            Self::Minimal
        }
    }

    /// The Content-Type of a JSON answer.
    pub const fn content_type(self) -> HeaderValue {
        const NONE: HeaderValue = HeaderValue::from_static(
            "application/json;odata.metadata=none;odata.streaming=true;\
             IEEE754Compatible=false;charset=utf-8",
        );
        const FULL: HeaderValue = HeaderValue::from_static(
            "application/json;odata.metadata=full;odata.streaming=true;\
             IEEE754Compatible=false;charset=utf-8",
        );
        const MINIMAL: HeaderValue = HeaderValue::from_static(
            "application/json;odata.metadata=minimal;odata.streaming=true;\
             IEEE754Compatible=false;charset=utf-8",
        );
        match self {
            Self::None => NONE,
            Self::Full => FULL,
            Self::Minimal => MINIMAL,
        }
    }
}

/// Marks an answer as JSON of that metadata level.
pub fn json(headers: &mut HeaderMap, metadata: Metadata) {
    headers.insert(CONTENT_TYPE, metadata.content_type());
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT;
    use axum::http::{HeaderMap, HeaderValue};

    use super::Metadata;

    #[test]
    fn metadata_is_minimal_unless_none_is_asked_for() {
        let check = |accept: &'static str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Metadata::of(&headers), expected, "{accept}");
        };
        check("*/*", Metadata::Minimal);
        check("application/json", Metadata::Minimal);
        check("application/json;odata.metadata=none", Metadata::None);
        check(
            "application/json; OData.Metadata=None; q=0.5",
            Metadata::None,
        );
        check("application/json;metadata=none", Metadata::None);
        check("application/json;odata.metadata=full", Metadata::Full);
        check("application/json;Metadata=Full, */*", Metadata::Full);
        check("application/json;odata.metadata=more", Metadata::Minimal);
        check("text/plain;q=0.9", Metadata::Minimal);
    }
}
