//! The token request as a form (RFC 6749 sections 2.3.1 and 4.4.2): bytes to fields, and who the
//! client says it is.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::oauth_error::OAuthFault;

/// Fields of one request. Unknown ones are dropped; clients send a dozen of telemetry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TokenForm {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `scope`
    pub scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// What a client shows of itself.
#[derive(PartialEq, Eq)]
pub struct Credentials {
    /// As sent; a GUID, if it is one of ours.
    pub client_id: String,
    /// As sent.
    pub secret: String,
}

impl TokenForm {
    /// Reads a form body. A field sent twice is refused (RFC 6749 section 3.2): which one counts
    /// would be a guess.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthFault> {
        let media = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let media = media.split(';').next().unwrap_or("").trim();
        if !media.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let why = "The body must be of type application/x-www-form-urlencoded.";
            return Err(OAuthFault::Request(why));
        }
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "grant_type" => &mut form.grant_type,
                "scope" => &mut form.scope,
                "client_id" => &mut form.client_id,
                "client_secret" => &mut form.client_secret,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(OAuthFault::Request("A field was sent more than once."));
            }
        }
        Ok(form)
    }

    /// The client's credentials, from the body (`client_secret_post`) or from the Authorization header
    /// (`client_secret_basic`), never from both.
    pub fn credentials(&mut self, headers: &HeaderMap) -> Result<Credentials, OAuthFault> {
        let (client_id, secret) = (self.client_id.take(), self.client_secret.take());
        let Some(header) = headers.get(AUTHORIZATION) else {
            return match (client_id, secret) {
                (Some(client_id), Some(secret)) => Ok(Credentials { client_id, secret }),
                (None, _) => Err(OAuthFault::Request("client_id is missing.")),
                (Some(_), None) => Err(OAuthFault::Client),
            };
        };
        let basic = header
            .to_str()
            .ok()
            .and_then(basic)
            .ok_or(OAuthFault::Client)?;
        if secret.is_some() || client_id.is_some_and(|sent| sent != basic.client_id) {
            return Err(OAuthFault::Request(
                "Use one way of client authentication, not two.",
            ));
        }
        Ok(basic)
    }
}

/// `Basic base64(id:secret)`, each part form-encoded before (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<Credentials> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (client_id, secret) = pair.split_once(':')?;
    Some(Credentials {
        client_id: form_decoded(client_id),
        secret: form_decoded(secret),
    })
}

/// One form-encoded value.
fn form_decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
    use axum::http::{HeaderMap, HeaderValue};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::oauth_error::OAuthFault;
    use super::TokenForm;

    fn headers(basic: Option<&str>) -> HeaderMap {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, form)]);
        if let Some(pair) = basic {
            let value = format!("Basic {}", STANDARD.encode(pair)).parse().unwrap();
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    #[test]
    fn credentials_come_one_way() {
        let check =
            |basic: Option<&str>, body: &str, expected: Result<(&str, &str), OAuthFault>| {
                let headers = headers(basic);
                let found = TokenForm::read(&headers, body.as_bytes())
                    .and_then(|mut form| form.credentials(&headers))
                    .map(|found| (found.client_id, found.secret));
                let expected = expected.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
                assert_eq!(found, expected, "{basic:?} {body}");
            };
        let twice = OAuthFault::Request("Use one way of client authentication, not two.");
        check(None, "client_id=a&client_secret=b", Ok(("a", "b")));
        check(
            None,
            "client_id=a&client_secret=b%2B%26+c",
            Ok(("a", "b+& c")),
        );
        check(
            None,
            "client_secret=b",
            Err(OAuthFault::Request("client_id is missing.")),
        );
        check(None, "client_id=a", Err(OAuthFault::Client));
        check(Some("a:b"), "", Ok(("a", "b")));
        check(Some("a:b%3A+c"), "client_id=a", Ok(("a", "b: c")));
        check(Some("a:b:c"), "", Ok(("a", "b:c")));
        check(Some("a:b"), "client_id=x", Err(twice.clone()));
        check(Some("a:b"), "client_id=a&client_secret=b", Err(twice));
        check(Some("ab"), "", Err(OAuthFault::Client));
        let again = OAuthFault::Request("A field was sent more than once.");
        check(None, "client_id=a&client_id=a&client_secret=b", Err(again));
        check(None, "x=1&x=2&client_id=a&client_secret=b", Ok(("a", "b")));
    }

    #[test]
    fn only_forms_are_read() {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        assert!(TokenForm::read(&headers, b"{}").is_err());
        assert!(TokenForm::read(&HeaderMap::new(), b"client_id=a").is_err());
    }
}
