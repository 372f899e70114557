//! What a browser remembers between the steps: a sealed cookie for each invitation opened in it.
//!
//! Two tabs may have two invitations open, and their answers arrive in any order. With one cookie
//! for both, the answer that comes last would put back what the other had changed, and a mailbox
//! proven in one tab would be lost by opening a link in the other. So each visit has a cookie of
//! its own, named after the invitation, and an answer sets no other.
//!
//! Each visit has a session secret of its own: proving one mailbox changes that visit's secret, so
//! that a secret planted before the proof is worth nothing, and leaves the others alone. Nothing in
//! the cookie proves anything by itself; what a session has proved stands in the store, under the
//! hash of its secret.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use directory::redemption::{Link, Session, TicketHash};
use directory::{Directory, Ids, Sealer};
use jiff::Timestamp;
use store::TenantId;
use uuid::Uuid;

use crate::app::Mode;
use crate::http::origin::Origin;

/// Invitations one browser can have open. A person has one, now and then two; sixteen cookies make
/// 5 KiB of a request's head. When there are more, those opened longest ago go.
const MAX_VISITS: usize = 16;

/// Cookies of the name that are opened in one request: what a browser keeps for one host at most.
/// What follows was put there to cost time.
const MAX_COOKIES: usize = 64;

/// How long an opened link stays open in a browser, in seconds: a day, so that lunch or a slow mail
/// does not send anybody back to the start, and a borrowed computer forgets by tomorrow.
const VISIT_SECONDS: i64 = 24 * 3600;

/// Before its end a visit that is opened again gets a new cookie, in seconds.
const RENEWAL_SECONDS: i64 = 3600;

/// First byte of the sealed text; another value is another layout and opens as no visits.
const LAYOUT: u8 = 2;

/// Bytes of one visit: tenant, invitation, ticket hash, session secret, form nonce, expiry.
const VISIT_BYTES: usize = 16 + 16 + 32 + 32 + 16 + 8;

/// What the cookie is sealed for.
const PURPOSE: &[u8] = b"redemption session";

/// Name and flag of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pages) struct CookieStyle {
    /// What the names of the cookies begin with; the invitation's id follows.
    pub name: &'static str,
    /// Whether it is `Secure`.
    pub secure: bool,
}

/// The one place that decides about `__Host-` and `Secure`: both, everywhere but on dev's
/// plain http loopback origin, where browsers would drop such a cookie. `serve` never gets there.
pub(in crate::pages) fn cookie_style(mode: Mode, origin: Option<&Origin>) -> CookieStyle {
    match (mode, origin) {
        (Mode::Dev, Some(origin)) if !origin.is_secure() && origin.is_loopback() => CookieStyle {
            name: "vestibule-redeem-",
            secure: false,
        },
        (Mode::Dev | Mode::Serve, _) => CookieStyle {
            name: "__Host-vestibule-redeem-",
            secure: true,
        },
    }
}

/// One invitation open in this browser.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::pages) struct Visit {
    /// Tenant, invitation and the hash of the ticket that opened it.
    pub link: Link,
    /// Session secret of this visit; changes when the mailbox is proved.
    pub session: Session,
    /// Binds the forms before the proof; stays the same as long as the visit lasts.
    pub nonce: [u8; 16],
    /// When the browser has to open the link again, in seconds since 1970.
    expires: i64,
}

impl Visit {
    /// A new visit with fresh secrets.
    pub(in crate::pages) fn new(link: Link, now: Timestamp, ids: &dyn Ids) -> Self {
        Self {
            link,
            session: Session::new(ids),
            nonce: *ids.uuid().as_bytes(),
            expires: expiry(now),
        }
    }

    /// The same visit, opened again.
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
        let mut out = Vec::with_capacity(1 + VISIT_BYTES);
        out.push(LAYOUT);
        out.extend_from_slice(self.link.tenant.0.as_bytes());
        out.extend_from_slice(self.link.invitation.as_bytes());
        out.extend_from_slice(self.link.ticket.bytes());
        out.extend_from_slice(self.session.secret());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.expires.to_be_bytes());
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (layout, bytes) = bytes.split_first()?;
        let bytes = <&[u8; VISIT_BYTES]>::try_from(bytes).ok()?;
        if *layout != LAYOUT {
            return None;
        }
        let (tenant, rest) = bytes.split_first_chunk::<16>()?;
        let (invitation, rest) = rest.split_first_chunk::<16>()?;
        let (ticket, rest) = rest.split_first_chunk::<32>()?;
        let (session, rest) = rest.split_first_chunk::<32>()?;
        let (nonce, rest) = rest.split_first_chunk::<16>()?;
        let expires = rest.first_chunk::<8>()?;
        Some(Self {
            link: Link {
                tenant: TenantId(Uuid::from_bytes(*tenant)),
                invitation: Uuid::from_bytes(*invitation),
                ticket: TicketHash::from_bytes(*ticket),
            },
            session: Session::from_secret(*session),
            nonce: *nonce,
            expires: i64::from_be_bytes(*expires),
        })
    }
}

fn expiry(now: Timestamp) -> i64 {
    now.as_second().saturating_add(VISIT_SECONDS)
}

/// The visits of one browser, the one opened longest ago first.
#[derive(Clone, Default, PartialEq, Eq)]
pub(in crate::pages) struct Visits {
    open: Vec<Visit>,
}

impl Visits {
    /// The visit of an invitation.
    pub(in crate::pages) fn visit(&self, invitation: Uuid) -> Option<&Visit> {
        self.open
            .iter()
            .find(|visit| visit.link.invitation == invitation)
    }

    /// Reads the cookies. Anything that does not open, and every visit past its time, is as if it
    /// were not there.
    pub(in crate::pages) fn read(
        headers: &HeaderMap,
        style: CookieStyle,
        key: &Sealer,
        now: Timestamp,
    ) -> Self {
        let mut open: Vec<Visit> = cookies(headers, style.name)
            .take(MAX_COOKIES)
            .filter_map(|(invitation, value)| {
                let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
                let visit = Visit::from_bytes(&key.open(PURPOSE, &sealed)?)?;
                // A cookie moved under another invitation's name is none of ours.
                (name_of(visit.link.invitation) == invitation).then_some(visit)
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
        visit: &Visit,
        style: CookieStyle,
        directory: &Directory,
    ) -> Option<Vec<HeaderValue>> {
        let sealed = directory
            .keys()
            .cookie
            .seal(PURPOSE, &visit.to_bytes(), directory.ids().nonce())
            .ok()?;
        let set = |invitation: Uuid, value: &str, life: i64| {
            let secure = if style.secure { "; Secure" } else { "" };
            let name = name_of(invitation);
            HeaderValue::try_from(format!(
                "{}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={life}{secure}",
                style.name
            ))
            .ok()
        };
        let others: Vec<Uuid> = self
            .open
            .iter()
            .map(|kept| kept.link.invitation)
            .filter(|invitation| *invitation != visit.link.invitation)
            .collect();
        let surplus = (others.len() + 1).saturating_sub(MAX_VISITS);
        let ended = others
            .into_iter()
            .take(surplus)
            .filter_map(|invitation| set(invitation, "", 0));
        let own = set(
            visit.link.invitation,
            &URL_SAFE_NO_PAD.encode(sealed),
            VISIT_SECONDS,
        )?;
        Some(std::iter::once(own).chain(ended).collect())
    }
}

/// The part of a cookie's name that tells the invitation.
fn name_of(invitation: Uuid) -> String {
    invitation.simple().to_string()
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
    use super::*;

    fn visit(number: u8, expires: i64) -> Visit {
        Visit {
            link: Link {
                tenant: TenantId(Uuid::from_bytes([1; 16])),
                invitation: Uuid::from_bytes([number; 16]),
                ticket: TicketHash::from_bytes([number; 32]),
            },
            session: Session::from_secret([number ^ 0xff; 32]),
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
                style.name.starts_with("__Host-"),
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

    fn sealed(key: &Sealer, visit: &Visit, nonce: u8) -> String {
        let sealed = key.seal(PURPOSE, &visit.to_bytes(), [nonce; 12]).unwrap();
        URL_SAFE_NO_PAD.encode(sealed)
    }

    fn sent(cookies: &[(u8, String)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (number, value) in cookies {
            let name = name_of(Uuid::from_bytes([*number; 16]));
            let pair = format!("{}{name}={value}", style().name);
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
            let visits = Visits::read(&sent(&cookies), style(), &key, at(now));
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
            let visits = Visits::read(&sent(&[(number, value.clone())]), style(), &key, at(0));
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
