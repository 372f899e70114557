//! What a browser remembers from page to page: a sealed cookie for each thing the person came for
//! ([`Continuation`]).
//!
//! Two tabs may have two of them open, and their answers arrive in any order. With one cookie for
//! both, the answer that comes last would put back what the other had changed, and what was proven
//! in one tab would be lost by opening a link in the other. So each visit has a cookie of its own,
//! named after what it is about, and an answer sets no other.
//!
//! Each visit has a secret of its own: proving who sits there changes that visit's secret, so that
//! a secret planted before the proof is worth nothing, and leaves the others alone. Nothing in the
//! cookie proves anything by itself; what a visit has proved stands in the store, under the hash of
//! its secret.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::{Directory, Ids, Sealer};
use jiff::Timestamp;
use uuid::Uuid;

use super::continuation::Continuation;
use crate::app::Mode;
use crate::http::origin::Origin;

/// Visits one browser can have open. A person has one, now and then two; sixteen cookies make 5 KiB
/// of a request's head. When there are more, those opened longest ago go.
const MAX_VISITS: usize = 16;

/// Cookies of the name that are opened in one request: what a browser keeps for one host at most.
/// What follows was put there to cost time.
const MAX_COOKIES: usize = 64;

/// How long an opened link stays open in a browser, in seconds: a day, so that lunch or a slow mail
/// does not send anybody back to the start, and a borrowed computer forgets by tomorrow.
const VISIT_SECONDS: i64 = 24 * 3600;

/// How long before its end, in seconds, a visit that is opened again gets a new cookie.
const RENEWAL_SECONDS: i64 = 3600;

/// Bytes of a visit behind its continuation: secret, form nonce, expiry.
const OWN_BYTES: usize = 32 + 16 + 8;

/// Name and flag of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) struct CookieStyle {
    /// What the names of the cookies begin with; the continuation's word and id follow.
    pub prefix: &'static str,
    /// Whether it is `Secure`.
    pub secure: bool,
}

/// The one place that decides about `__Host-` and `Secure`: both, everywhere but on dev's
/// plain http loopback origin, where browsers would drop such a cookie. `serve` never gets there.
pub(in crate::pages) fn cookie_style(mode: Mode, origin: Option<&Origin>) -> CookieStyle {
    match (mode, origin) {
        (Mode::Dev, Some(origin)) if !origin.is_secure() && origin.is_loopback() => CookieStyle {
            prefix: "",
            secure: false,
        },
        (Mode::Dev | Mode::Serve, _) => CookieStyle {
            prefix: "__Host-",
            secure: true,
        },
    }
}

impl CookieStyle {
    /// What the names of one kind's cookies begin with.
    pub(in crate::pages) fn name<C: Continuation>(self) -> String {
        format!("{}{}", self.prefix, C::COOKIE)
    }
}

/// One thing the person came for, open in this browser.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::pages) struct Visit<C> {
    /// What they came for.
    pub continuation: C,
    /// Secret of this visit; changes with the proof.
    pub secret: [u8; 32],
    /// Binds the forms before the proof; stays the same as long as the visit lasts.
    pub nonce: [u8; 16],
    /// When the browser has to begin anew, in seconds since 1970.
    expires: i64,
}

impl<C: Continuation> Visit<C> {
    /// A new visit with fresh secrets.
    pub(in crate::pages) fn new(continuation: C, now: Timestamp, ids: &dyn Ids) -> Self {
        Self {
            continuation,
            secret: ids.secret(),
            nonce: *ids.uuid().as_bytes(),
            expires: expiry(now),
        }
    }

    /// The same visit, with a new time of opening.
    pub(in crate::pages) fn renewed(self, now: Timestamp) -> Self {
        Self {
            expires: expiry(now),
            ..self
        }
    }

    /// Whether the browser should be given its cookie again: in its last hour. Before that an
    /// answer sets none, so that it cannot put back the secret from before a proof that another tab
    /// has just made.
    pub(in crate::pages) fn is_ending(&self, now: Timestamp) -> bool {
        self.expires < now.as_second().saturating_add(RENEWAL_SECONDS)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![C::LAYOUT];
        self.continuation.write(&mut out);
        out.extend_from_slice(&self.secret);
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.expires.to_be_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (layout, bytes) = bytes.split_first()?;
        if *layout != C::LAYOUT {
            return None;
        }
        let (continuation, own) = bytes.split_at_checked(bytes.len().checked_sub(OWN_BYTES)?)?;
        let (secret, own) = own.split_first_chunk::<32>()?;
        let (nonce, own) = own.split_first_chunk::<16>()?;
        let expires = own.first_chunk::<8>()?;
        Some(Self {
            continuation: C::read(continuation)?,
            secret: *secret,
            nonce: *nonce,
            expires: i64::from_be_bytes(*expires),
        })
    }
}

fn expiry(now: Timestamp) -> i64 {
    now.as_second().saturating_add(VISIT_SECONDS)
}

/// The visits of one browser, the one opened longest ago first.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::pages) struct Visits<C> {
    open: Vec<Visit<C>>,
}

impl<C: Continuation> Visits<C> {
    /// The visit of a continuation, by its id.
    pub(in crate::pages) fn visit(&self, id: Uuid) -> Option<&Visit<C>> {
        self.open.iter().find(|visit| visit.continuation.id() == id)
    }

    /// Reads the cookies. Anything that does not open, and every visit past its time, is as if it
    /// were not there.
    pub(in crate::pages) fn read(
        headers: &HeaderMap,
        style: CookieStyle,
        key: &Sealer,
        now: Timestamp,
    ) -> Self {
        let prefix = style.name::<C>();
        let mut open: Vec<Visit<C>> = cookies(headers, &prefix)
            .take(MAX_COOKIES)
            .filter_map(|(id, value)| {
                let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
                let visit = Visit::<C>::from_bytes(&key.open(C::PURPOSE, &sealed)?)?;
                // A cookie moved under another visit's name is none of ours.
                (name_of(visit.continuation.id()) == id).then_some(visit)
            })
            .filter(|visit| visit.expires > now.as_second())
            .collect();
        open.sort_by_key(|visit| visit.expires);
        Self { open }
    }

    /// The `Set-Cookie` values that keep a visit: its own cookie, and the end of those there is no
    /// room for. `None` where sealing fails.
    pub(in crate::pages) fn keep(
        &self,
        visit: &Visit<C>,
        style: CookieStyle,
        directory: &Directory,
    ) -> Option<Vec<HeaderValue>> {
        let sealed = directory
            .keys()
            .cookie
            .seal(C::PURPOSE, &visit.to_bytes(), directory.ids().nonce())
            .ok()?;
        let prefix = style.name::<C>();
        let set = |id: Uuid, value: &str, life: i64| {
            let secure = if style.secure { "; Secure" } else { "" };
            let name = name_of(id);
            HeaderValue::try_from(format!(
                "{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}"
            ))
            .ok()
        };
        let others: Vec<Uuid> = self
            .open
            .iter()
            .map(|kept| kept.continuation.id())
            .filter(|id| *id != visit.continuation.id())
            .collect();
        let surplus = (others.len() + 1).saturating_sub(MAX_VISITS);
        let ended = others
            .into_iter()
            .take(surplus)
            .filter_map(|id| set(id, "", 0));
        let own = set(
            visit.continuation.id(),
            &URL_SAFE_NO_PAD.encode(sealed),
            VISIT_SECONDS,
        )?;
        Some(std::iter::once(own).chain(ended).collect())
    }
}

/// The part of a cookie's name that tells the visit.
fn name_of(id: Uuid) -> String {
    id.simple().to_string()
}

/// Names behind the prefix and values of cookies, over all `Cookie` headers (HTTP/2 may split
/// them).
fn cookies<'a>(
    headers: &'a HeaderMap,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(prefix)?.split_once('='))
}

#[cfg(test)]
mod tests {
    use directory::redemption::{Link, TicketHash};
    use store::TenantId;

    use super::*;

    const PURPOSE: &[u8] = Link::PURPOSE;

    /// Bytes of one visit to an invitation: tenant, invitation, ticket hash, and what every visit
    /// has.
    const VISIT_BYTES: usize = 16 + 16 + 32 + 32 + 16 + 8;

    fn visit(number: u8, expires: i64) -> Visit<Link> {
        Visit {
            continuation: Link {
                tenant: TenantId(Uuid::from_bytes([1; 16])),
                invitation: Uuid::from_bytes([number; 16]),
                ticket: TicketHash::from_bytes([number; 32]),
            },
            secret: [number ^ 0xff; 32],
            nonce: [number; 16],
            expires,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_devs_plain_loopback_goes_without_host_prefix() {
        let check = |mode, origin: &str, secure| {
            let style = cookie_style(mode, Some(&Origin::parse(origin).unwrap()));
            assert_eq!(style.secure, secure, "{mode:?} {origin}");
            assert_eq!(
                style.name::<Link>().starts_with("__Host-"),
                secure,
                "{mode:?} {origin}"
            );
        };
        check(Mode::Dev, "http://localhost:8080", false);
        check(Mode::Dev, "http://127.0.0.1:8080", false);
        check(Mode::Dev, "https://localhost:8443", true);
        check(Mode::Dev, "http://vestibule.example", true);
        check(Mode::Serve, "http://localhost:8080", true);
        check(Mode::Serve, "https://id.example", true);
    }

    fn style() -> CookieStyle {
        cookie_style(Mode::Serve, None)
    }

    fn sealed(key: &Sealer, visit: &Visit<Link>, nonce: u8) -> String {
        let sealed = key.seal(PURPOSE, &visit.to_bytes(), [nonce; 12]).unwrap();
        URL_SAFE_NO_PAD.encode(sealed)
    }

    fn sent(cookies: &[(u8, String)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (number, value) in cookies {
            let name = name_of(Uuid::from_bytes([*number; 16]));
            let pair = format!("{}{name}={value}", style().name::<Link>());
            headers.append(header::COOKIE, HeaderValue::try_from(pair).unwrap());
        }
        headers
    }

    fn key() -> Sealer {
        directory::Keys::derive(&[7; 32]).cookie
    }

    #[test]
    fn each_invitation_has_a_cookie_of_its_own_until_its_time() {
        let key = key();
        let cookies: Vec<_> = (1..=6)
            .map(|n| (n, sealed(&key, &visit(n, 100 + i64::from(n)), n)))
            .collect();
        let open = |now: i64| {
            let visits = Visits::<Link>::read(&sent(&cookies), style(), &key, at(now));
            (1..=6)
                .filter(|n| visits.visit(Uuid::from_bytes([*n; 16])).is_some())
                .collect::<Vec<u8>>()
        };
        assert_eq!(open(50), [1, 2, 3, 4, 5, 6]);
        assert_eq!(open(104), [5, 6]);
        assert_eq!(open(106), Vec::<u8>::new());
    }

    #[test]
    fn a_cookie_opens_under_its_own_name_and_whole() {
        let key = key();
        let good = sealed(&key, &visit(1, 100), 1);
        let check = |number: u8, value: String, expected: bool| {
            let visits =
                Visits::<Link>::read(&sent(&[(number, value.clone())]), style(), &key, at(0));
            let found = (0..=9).any(|n| visits.visit(Uuid::from_bytes([n; 16])).is_some());
            assert_eq!(found, expected, "{number} {value}");
        };
        check(1, good.clone(), true);
        check(2, good.clone(), false);
        check(1, good[1..].to_owned(), false);
        check(1, String::new(), false);
        let other = key.seal(PURPOSE, &[9; 1 + VISIT_BYTES], [2; 12]).unwrap();
        check(1, URL_SAFE_NO_PAD.encode(other), false);
        let short = visit(1, 100).to_bytes();
        let short = key.seal(PURPOSE, &short[..50], [3; 12]).unwrap();
        check(1, URL_SAFE_NO_PAD.encode(short), false);
    }

    #[test]
    fn a_visit_gets_a_new_cookie_in_its_last_hour_alone() {
        let check = |expires, expected| {
            assert_eq!(visit(1, expires).is_ending(at(1000)), expected, "{expires}");
        };
        check(4600, false);
        check(4599, true);
    }
}
