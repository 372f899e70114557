//! The token request as a form (RFC 6749 sections 2.3.1 and 4.4.2): bytes to fields, and who the
//! client says it is.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use uuid::Uuid;

use super::oauth_error::OAuthFault;

/// Fields of one request. Unknown ones are dropped; clients send a dozen of telemetry.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TokenForm {
    /// `grant_type`
    pub grant_type: Option<String>,
    /// `scope`
    pub scope: Option<String>,
    /// `resource`, of the older endpoint.
    pub resource: Option<String>,
    assertion: Option<String>,
    assertion_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

/// What a client shows of itself.
#[derive(PartialEq, Eq)]
pub struct Credentials {
    /// Who it says it is; `None` where it is no GUID, and so no client of ours. What is read counts
    /// and not how it was written: case, braces and escapes are no different client.
    pub client_id: Option<Uuid>,
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
                "resource" => &mut form.resource,
                "client_assertion" => &mut form.assertion,
                "client_assertion_type" => &mut form.assertion_type,
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

    /// The client's credentials, from the body (`client_secret_post`) or from the Authorization
    /// header (`client_secret_basic`), never from both.
    pub fn credentials(&mut self, headers: &HeaderMap) -> Result<Credentials, OAuthFault> {
        let (client_id, secret) = (self.client_id.take(), self.client_secret.take());
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let header = sent.next();
        let ways = [secret.is_some(), header.is_some(), self.asserts()];
        if ways.into_iter().filter(|is_used| *is_used).count() > 1 || sent.next().is_some() {
            return Err(TWICE);
        }
        if self.asserts() {
            return Err(self.assertion(client_id.as_deref()));
        }
        let Some(header) = header else {
            return match (client_id, secret) {
                (Some(client_id), Some(secret)) => Ok(Credentials {
                    client_id: parsed(&client_id),
                    secret,
                }),
                (None, _) => Err(OAuthFault::Missing("client_id")),
                (Some(_), None) => Err(OAuthFault::NoCredential),
            };
        };
        let basic = header
            .to_str()
            .ok()
            .and_then(basic)
            .ok_or(OAuthFault::Client)?;
        if client_id.is_some_and(|sent| parsed(&sent) != basic.client_id) {
            return Err(TWICE);
        }
        Ok(basic)
    }

    /// Whether the client authenticates itself by a signed statement.
    const fn asserts(&self) -> bool {
        self.assertion.is_some() || self.assertion_type.is_some()
    }

    /// What is wrong with a signed statement. One that is well made is refused as well: apps have
    /// no keys here that it could be checked by. Nothing in the answer depends on which apps there
    /// are.
    fn assertion(&self, client_id: Option<&str>) -> OAuthFault {
        let (Some(assertion), Some(kind)) = (&self.assertion, &self.assertion_type) else {
            return OAuthFault::Missing(if self.assertion.is_none() {
                "client_assertion"
            } else {
                "client_assertion_type"
            });
        };
        if kind != JWT_BEARER {
            return OAuthFault::AssertionType;
        }
        let Some(claims) = stated(assertion) else {
            return OAuthFault::AssertionMalformed;
        };
        let subject = claims.sub.as_deref().and_then(parsed);
        let is_same = |sent: &str| parsed(sent) == subject;
        if subject.is_none() || claims.iss != claims.sub || !client_id.is_none_or(is_same) {
            return OAuthFault::AssertionClient;
        }
        OAuthFault::AssertionKey
    }
}

const TWICE: OAuthFault = OAuthFault::Request("Use one way of client authentication, not two.");

/// The one type of assertion there is (RFC 7523 section 2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an assertion says of its client.
#[derive(Deserialize)]
struct Stated {
    iss: Option<String>,
    sub: Option<String>,
}

/// Reads an assertion, without checking its signature; `None` where it is no JWT.
fn stated(assertion: &str) -> Option<Stated> {
    let mut parts = assertion.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let object = |part: &str| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok();
    serde_json::from_slice::<serde_json::Map<_, _>>(&object(header)?).ok()?;
    serde_json::from_slice(&object(claims)?).ok()
}

/// A client id as GUIDs are written: with or without braces and dashes, in any case.
fn parsed(client_id: &str) -> Option<Uuid> {
    Uuid::try_parse(client_id).ok()
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
        client_id: parsed(&form_decoded(client_id)),
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
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use uuid::Uuid;

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

    const ID: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    const OTHER: &str = "00000000-44d7-43e1-9a83-5f2406dee5bd";

    /// The client and secret that a request carries; `{id}` stands for a client id.
    fn found(basic: Option<&str>, body: &str) -> Result<(Option<Uuid>, String), OAuthFault> {
        let headers = headers(basic.map(|pair| pair.replace("{id}", ID)).as_deref());
        let body = body.replace("{id}", ID).replace("{other}", OTHER);
        TokenForm::read(&headers, body.as_bytes())
            .and_then(|mut form| form.credentials(&headers))
            .map(|found| (found.client_id, found.secret))
    }

    #[test]
    fn credentials_come_one_way() {
        let check = |basic: Option<&str>, body: &str, expected: Result<&str, OAuthFault>| {
            let id = ID.parse().ok();
            let expected = expected.map(|secret| (id, secret.to_owned()));
            assert_eq!(found(basic, body), expected, "{basic:?} {body}");
        };
        let twice = OAuthFault::Request("Use one way of client authentication, not two.");
        check(None, "client_id={id}&client_secret=b", Ok("b"));
        check(None, "client_id={id}&client_secret=b%2B%26+c", Ok("b+& c"));
        let missing = OAuthFault::Missing("client_id");
        check(None, "client_secret=b", Err(missing.clone()));
        check(None, "", Err(missing));
        check(None, "client_id={id}", Err(OAuthFault::NoCredential));
        check(Some("{id}:b"), "", Ok("b"));
        check(Some("{id}:b%3A+c"), "client_id={id}", Ok("b: c"));
        check(Some("{id}:b:c"), "", Ok("b:c"));
        check(Some("{id}:b"), "client_id={other}", Err(twice.clone()));
        check(Some("{id}:b"), "client_id=x", Err(twice.clone()));
        let both = "client_id={id}&client_secret=b";
        check(Some("{id}:b"), both, Err(twice.clone()));
        check(
            None,
            "client_id={id}&client_secret=b&client_assertion=x",
            Err(twice.clone()),
        );
        check(Some("{id}:b"), "client_assertion=x", Err(twice));
        check(Some("ab"), "", Err(OAuthFault::Client));
        let again = OAuthFault::Request("A field was sent more than once.");
        check(
            None,
            "client_id=a&client_id=a&client_secret=b",
            Err(again.clone()),
        );
        check(None, "resource=a&resource=a", Err(again));
        check(None, "x=1&x=2&client_id={id}&client_secret=b", Ok("b"));
    }

    #[test]
    fn a_client_is_one_in_every_spelling_of_its_id() {
        let id: Option<Uuid> = ID.parse().ok();
        let (upper, simple) = (ID.to_uppercase(), ID.replace('-', ""));
        let escaped: String = ID
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<Vec<_>>()
            .concat();
        let braced = format!("{{{ID}}}");
        for spelt in [ID, &upper, &simple, &braced, &escaped, "%7B{id}%7d"] {
            let post = format!("client_id={spelt}&client_secret=b");
            assert_eq!(found(None, &post).map(|(id, _)| id), Ok(id), "{spelt}");
            let basic = format!("{spelt}:b");
            assert_eq!(
                found(Some(&basic), "client_id={id}").map(|(id, _)| id),
                Ok(id),
                "{spelt}"
            );
        }
        for none in ["nonsense", "", "%20{id}", "{id}0"] {
            let post = format!("client_id={none}&client_secret=b");
            assert_eq!(found(None, &post).map(|(id, _)| id), Ok(None), "{none}");
        }
    }

    #[test]
    fn an_assertion_is_told_what_is_wrong_with_it() {
        let kind = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let jwt = |claims: &str| {
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            let claims = claims.replace("ID", ID);
            format!(
                "{}.{}.{}",
                part(r#"{"alg":"PS256"}"#),
                part(&claims),
                part("x")
            )
        };
        let check = |body: &str, expected: OAuthFault| {
            assert_eq!(found(None, body), Err(expected), "{body}");
        };
        let own = jwt(r#"{"iss":"ID","sub":"ID"}"#);
        let signed = |assertion: &str| format!("{kind}&client_assertion={assertion}");
        check(&signed(&own), OAuthFault::AssertionKey);
        let named = format!("client_id={{id}}&{}", signed(&own));
        check(&named, OAuthFault::AssertionKey);
        let other = format!("client_id={{other}}&{}", signed(&own));
        check(&other, OAuthFault::AssertionClient);
        for strange in [
            r#"{"iss":"x","sub":"ID"}"#,
            r#"{"sub":"ID"}"#,
            r#"{"iss":"x","sub":"x"}"#,
            "{}",
        ] {
            check(&signed(&jwt(strange)), OAuthFault::AssertionClient);
        }
        for none in ["x", "", "a.b.c", "a.b", &format!("{own}.x")] {
            check(&signed(none), OAuthFault::AssertionMalformed);
        }
        check(
            "client_assertion=x",
            OAuthFault::Missing("client_assertion_type"),
        );
        check(kind, OAuthFault::Missing("client_assertion"));
        check(
            "client_assertion_type=saml&client_assertion=x",
            OAuthFault::AssertionType,
        );
    }

    #[test]
    fn only_forms_are_read() {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, json)]);
        assert!(TokenForm::read(&headers, b"{}").is_err());
        assert!(TokenForm::read(&HeaderMap::new(), b"client_id=a").is_err());
    }
}
