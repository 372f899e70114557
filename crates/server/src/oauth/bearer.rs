//! Checks the bearer token of a Graph request and says who acts (P-permissions-2).

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use directory::{
    ActingSubject, Actor, NoToken, Permissions, PrefetchedUser, Refusal, Roles, Subject,
    TenantSchema, UserKey,
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header, Validation};
use store::TenantId;

use super::cache::{Principal, Verified};
use super::claims::{AUDIENCE, AUDIENCE_URL, Claims, issuer};
use super::keys::SigningKey;
use crate::app::App;
use crate::http::limits::BEARER_BYTES;
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;

/// By how many seconds a token may be from the future: the clocks of two servers of one instance
/// may differ. Expiry has no such grace; we wrote it ourselves.
pub(super) const CLOCK_SKEW: i64 = 60;

/// Why a token is not accepted. Each has its documented sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// No Authorization header.
    Absent,
    /// Not one bearer token of ours: no JWT, too long, another algorithm, unknown key, header
    /// members that would lead to keys elsewhere.
    Malformed,
    /// The signature is not by the key it names.
    Signature,
    /// `exp` or `nbf`.
    Lifetime,
    /// `aud`
    Audience,
    /// `iss`, or a `tid` that is not the issuer's tenant (T-50).
    Issuer,
    /// A claim is missing or contradicts another.
    Claims,
    /// The app is unknown in the tenant, or disabled.
    App,
    /// It was got with a secret that the app does not have any more.
    Credential,
    /// The person is unknown, deleted or disabled.
    Person,
}

impl TokenFault {
    /// The public sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Absent => "Access token is empty.",
            Self::Malformed => "CompactToken parsing failed with error code: 80049217",
            Self::Signature => "Access token validation failure. Invalid signature.",
            Self::Lifetime => "Access token has expired or is not yet valid.",
            Self::Audience => "Access token validation failure. Invalid audience.",
            Self::Issuer => "Access token validation failure. Invalid issuer.",
            Self::Claims => "Access token validation failure. Invalid claims.",
            Self::App => "The identity of the calling application could not be established.",
            Self::Credential => {
                "Access token validation failure. The secret it was issued for has been changed."
            }
            Self::Person => {
                "Access token validation failure. The user account is disabled or deleted."
            }
        }
    }

    /// The challenge to answer with: it names this server's own authority (R-25).
    pub fn challenge(self, origin: &Origin) -> String {
        let mut challenge = format!(
            r#"Bearer realm="", authorization_uri="{}/common/oauth2/v2.0/authorize", client_id="{AUDIENCE}""#,
            origin.as_str()
        );
        if self != Self::Absent {
            challenge.push_str(r#", error="invalid_token""#);
        }
        challenge
    }
}

/// Why a request has no actor. What is answered then is the business of the room that was asked.
#[derive(Debug)]
pub enum Unauthenticated {
    /// The token is not accepted.
    Token(TokenFault),
    /// The directory could not say; no fault of the token.
    Refused(Refusal),
}

impl From<TokenFault> for Unauthenticated {
    fn from(fault: TokenFault) -> Self {
        Self::Token(fault)
    }
}

impl From<Refusal> for Unauthenticated {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The token in the Authorization header. Two headers are none: a proxy and we might read different
/// ones.
fn presented(headers: &HeaderMap) -> Result<&[u8], TokenFault> {
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let value = sent.next().ok_or(TokenFault::Absent)?;
    if sent.next().is_some() || value.len() > BEARER_BYTES {
        return Err(TokenFault::Malformed);
    }
    let (scheme, token) = value
        .as_bytes()
        .split_at_checked(SCHEME.len())
        .ok_or(TokenFault::Malformed)?;
    if !scheme.eq_ignore_ascii_case(SCHEME) || token.first().is_some_and(|next| *next != b' ') {
        return Err(TokenFault::Malformed);
    }
    let token = trimmed(token);
    if token.is_empty() {
        Err(TokenFault::Absent)
    } else {
        Ok(token)
    }
}

const SCHEME: &[u8] = b"bearer";

/// The bytes without spaces before and behind them.
fn trimmed(mut bytes: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = bytes {
        bytes = rest;
    }
    bytes
}

/// The text of a header's bytes: what `HeaderValue::to_str` takes.
fn printable(bytes: &[u8]) -> Result<&str, TokenFault> {
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) || *byte == b'\t';
    let text = bytes.iter().all(is_plain).then_some(bytes);
    text.and_then(|bytes| std::str::from_utf8(bytes).ok())
        .ok_or(TokenFault::Malformed)
}

/// Whether a header asks only for what we do. Members that point to keys elsewhere, that must be
/// understood, or that change the form of the text are refused, whatever they say (RFC 8725).
fn plain(header: &Header) -> bool {
    header.alg == Algorithm::RS256
        && header.typ.as_deref().is_some_and(is_access_token)
        && header.jku.is_none()
        && header.jwk.is_none()
        && header.x5u.is_none()
        && header.x5c.is_none()
        && header.crit.is_none()
        && header.enc.is_none()
        && header.zip.is_none()
        && header.cty.is_none()
}

/// RFC 9068: `at+jwt`, with or without the `application/` it stands for, caseless.
fn is_access_token(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

/// Checks everything about a token that does not change: its form, signature and claims, but not
/// whether `now` lies in its lifetime.
fn verify(app: &App, token: &str, now: Timestamp) -> Result<Verified, TokenFault> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Malformed)?;
    if !plain(&header) {
        return Err(TokenFault::Malformed);
    }
    let kid = header.kid.ok_or(TokenFault::Malformed)?;

    // The library would compare times with the system's clock; ours are compared in `authenticate`.
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decode =
        |key: &SigningKey| jsonwebtoken::decode::<Claims>(token, key.verifying(), &validation);
    let claims = app
        .signing
        .with(&kid, now, decode)
        .ok_or(TokenFault::Malformed)?
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenFault::Signature,
            jsonwebtoken::errors::ErrorKind::Json(_) => TokenFault::Claims,
            _ => TokenFault::Malformed,
        })?
        .claims;

    let ours = |aud: &str| aud == AUDIENCE_URL || uuid::Uuid::try_parse(aud) == Ok(AUDIENCE);
    if !ours(&claims.aud) {
        return Err(TokenFault::Audience);
    }
    let mut listed = app.origins.listed().iter();
    if !listed.any(|origin| claims.iss == issuer(origin.as_str(), claims.tid)) {
        return Err(TokenFault::Issuer);
    }
    principal(kid, claims)
}

/// Reads who acts. A token that is both an app's and a person's is neither.
fn principal(kid: String, claims: Claims) -> Result<Verified, TokenFault> {
    let names = claims.roles.unwrap_or_default();
    let principal = match (claims.scp, claims.idtyp.as_deref()) {
        (None, Some("app")) => Principal::App {
            object: claims.oid,
            permissions: Permissions::from_names(names.iter().map(String::as_str)),
        },
        (Some(scopes), None | Some("user")) => Principal::Person {
            user: claims.oid,
            scopes: Permissions::from_names(scopes.split(' ')),
        },
        _ => return Err(TokenFault::Claims),
    };
    if claims.azp.is_some_and(|azp| azp != claims.appid) || claims.exp <= claims.nbf {
        return Err(TokenFault::Claims);
    }
    Ok(Verified {
        kid,
        tenant: claims.tid,
        client_id: claims.appid,
        credential: claims.credential,
        principal,
        roles: Roles::new(claims.wids.unwrap_or_default()),
        not_before: claims.nbf,
        expires: claims.exp,
    })
}

/// Who makes this request. Where an app asks for the user `wanted`, the user comes along, read with
/// the app; nothing is said yet about whether it may see the user. A store that cannot be read is
/// no refused token.
pub async fn authenticate(
    app: &App,
    headers: &HeaderMap,
    request: &RequestId,
    wanted: Option<UserKey>,
) -> Result<(Actor, Option<PrefetchedUser>), Unauthenticated> {
    let token = presented(headers)?;
    let instant = app.directory.now();
    let now = instant.as_second();
    // A key may have been withdrawn since its token was found good.
    let known = app.tokens.get(token, now);
    let verified = if let Some(known) = known.filter(|it| app.signing.trusts(&it.kid, instant)) {
        known
    } else {
        let fresh = Arc::new(verify(app, printable(token)?, instant)?);
        if now < fresh.expires {
            app.tokens.keep(token, Arc::clone(&fresh));
        }
        fresh
    };
    if now >= verified.expires || now + CLOCK_SKEW < verified.not_before {
        return Err(TokenFault::Lifetime.into());
    }
    let (acting, prefetched) = still_stands(app, &verified, wanted.as_ref()).await?;
    let (tenant, claimed) = (TenantId(verified.tenant), &verified.roles);
    let roles = if claimed.is_empty() {
        Roles::default()
    } else {
        let held = app.roles.of(&app.directory, tenant, acting.object).await?;
        claimed.and(&held)
    };
    let schema = app.directory.schema_of(tenant, acting.definitions);
    let schema = schema.await?;
    Ok((
        actor(&verified, acting, (roles, schema), request),
        prefetched,
    ))
}

/// Whether the app and the person of a good token may still act (R-26).
async fn still_stands(
    app: &App,
    verified: &Verified,
    wanted: Option<&UserKey>,
) -> Result<(ActingSubject, Option<PrefetchedUser>), Unauthenticated> {
    let (tenant, client_id) = (TenantId(verified.tenant), verified.client_id);
    let credential = verified.credential;
    let directory = &app.directory;
    let (object, found) = match (&verified.principal, wanted) {
        (Principal::App { object, .. }, Some(user)) => {
            let found = directory
                .may_act_on(tenant, client_id, credential, user)
                .await;
            (*object, found.map(|(acting, user)| (acting, Some(user))))
        }
        (Principal::App { object, .. }, None) => {
            let principal = directory::Principal::App(client_id);
            let found = directory.may_act(tenant, principal, credential).await;
            (*object, found.map(|acting| (acting, None)))
        }
        (Principal::Person { user, .. }, _) => {
            let user = *user;
            let principal = directory::Principal::Person { user, client_id };
            let found = directory.may_act(tenant, principal, credential).await;
            (user, found.map(|acting| (acting, None)))
        }
    };
    match found {
        Ok((acting, prefetched)) if acting.object == object => Ok((acting, prefetched)),
        Ok(_) => Err(TokenFault::Claims.into()),
        Err(NoToken::Unproven | NoToken::UnknownApp | NoToken::AppDisabled) => {
            Err(TokenFault::App.into())
        }
        // A new token helps, so this is no 403.
        Err(NoToken::CredentialGone) => Err(TokenFault::Credential.into()),
        Err(NoToken::UnknownUser | NoToken::AccountDisabled | NoToken::PendingAcceptance) => {
            Err(TokenFault::Person.into())
        }
        Err(NoToken::Refused(refusal)) => Err(refusal.into()),
    }
}

/// The actor a good token stands for. It may do what the token says and what the app and the person
/// still hold: a permission or role that was taken away since the token was issued gives nothing
/// any more.
fn actor(
    verified: &Verified,
    acting: ActingSubject,
    (roles, schema): (Roles, TenantSchema),
    request: &RequestId,
) -> Actor {
    let client_id = verified.client_id;
    let subject = match verified.principal {
        Principal::App {
            object,
            permissions,
        } => Subject::App {
            client_id,
            object,
            permissions: permissions.and(acting.permissions),
            roles,
        },
        Principal::Person { user, scopes } => Subject::Person {
            user,
            client_id,
            scopes,
            roles,
        },
    };
    Actor {
        tenant: TenantId(verified.tenant),
        schema,
        subject,
        request_id: request.id,
        client_request_id: request.client.clone(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn one_bearer_token_is_read_and_nothing_else() {
        let check = |sent: &[&'static str], expected: Result<&str, TokenFault>| {
            let mut headers = HeaderMap::new();
            for value in sent {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            let expected = expected.map(str::as_bytes);
            assert_eq!(presented(&headers), expected, "{sent:?}");
        };
        check(&[], Err(TokenFault::Absent));
        check(&["Bearer a.b.c"], Ok("a.b.c"));
        check(&["bEARER   a b  "], Ok("a b"));
        check(&["Bearer"], Err(TokenFault::Absent));
        check(&["Bearer   "], Err(TokenFault::Absent));
        check(&["Bearer\ta"], Err(TokenFault::Malformed));
        check(&["Bearera"], Err(TokenFault::Malformed));
        check(&["Basic abc"], Err(TokenFault::Malformed));
        check(&["Bear"], Err(TokenFault::Malformed));
        check(&[""], Err(TokenFault::Malformed));
        check(&["Bearer a", "Bearer a"], Err(TokenFault::Malformed));
    }

    #[test]
    fn a_token_with_other_bytes_than_a_header_shows_is_none() {
        assert_eq!(printable(b"a.b\tc ~"), Ok("a.b\tc ~"));
        for bytes in [&b"a\x80"[..], b"a\x7f", b"\xc3\xa9"] {
            assert_eq!(printable(bytes), Err(TokenFault::Malformed), "{bytes:?}");
        }
    }
}
