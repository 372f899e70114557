//! What a browser remembers between the steps: one sealed cookie (decisions 24, 28, 30).
//!
//! The cookie holds up to four visits, one per invitation opened in this browser, so that two
//! invitations open side by side do not disturb each other. Each visit has a session secret of its
//! own: proving one mailbox changes that visit's secret (threat B22) and leaves the others alone.
//! Nothing in the cookie proves anything by itself; what a session has proved stands in the store,
//! under the hash of its secret.

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

/// Invitations one browser can have open. A person has one, now and then two; four keeps the cookie
/// under 1 KiB, far below the 4 KiB that browsers store.
const MAX_VISITS: usize = 4;

/// How long an opened link stays open in a browser, in seconds: a day, so that lunch or a slow mail
/// does not send anybody back to the start, and a borrowed computer forgets by tomorrow.
const VISIT_SECONDS: i64 = 24 * 3600;

/// First byte of the sealed text; another value is another layout and opens as no visits.
const LAYOUT: u8 = 1;

/// Bytes of one visit: tenant, invitation, ticket hash, session secret, form nonce, expiry.
const VISIT_BYTES: usize = 16 + 16 + 32 + 32 + 16 + 8;

/// What the cookie is sealed for.
const PURPOSE: &[u8] = b"redemption session";

/// Name and flag of the cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CookieStyle {
    /// Cookie name.
    pub name: &'static str,
    /// Whether it is `Secure`.
    pub secure: bool,
}

/// The one decision about `__Host-` and `Secure` (decision 24): both, everywhere but on dev's plain
/// http loopback origin, where browsers would drop such a cookie. `serve` never gets there.
pub(super) fn cookie_style(mode: Mode, origin: Option<&Origin>) -> CookieStyle {
    match (mode, origin) {
        (Mode::Dev, Some(origin)) if !origin.is_secure() && origin.is_loopback() => CookieStyle {
            name: "vestibule-redeem",
            secure: false,
        },
        (Mode::Dev | Mode::Serve, _) => CookieStyle {
            name: "__Host-vestibule-redeem",
            secure: true,
        },
    }
}

/// One invitation open in this browser.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Visit {
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
    pub(super) fn new(link: Link, now: Timestamp, ids: &dyn Ids) -> Self {
        Self {
            link,
            session: Session::new(ids),
            nonce: *ids.uuid().as_bytes(),
            expires: expiry(now),
        }
    }

    /// The same visit, opened again.
    pub(super) fn renewed(self, now: Timestamp) -> Self {
        Self {
            expires: expiry(now),
            ..self
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.link.tenant.0.as_bytes());
        out.extend_from_slice(self.link.invitation.as_bytes());
        out.extend_from_slice(self.link.ticket.bytes());
        out.extend_from_slice(self.session.secret());
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.expires.to_be_bytes());
    }

    fn read(bytes: &[u8; VISIT_BYTES]) -> Option<Self> {
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
pub(super) struct Visits {
    open: Vec<Visit>,
}

impl Visits {
    /// The visit of an invitation.
    pub(super) fn visit(&self, invitation: Uuid) -> Option<&Visit> {
        self.open
            .iter()
            .find(|visit| visit.link.invitation == invitation)
    }

    /// Puts a visit in the place of the same invitation's earlier one, or at the end; the oldest
    /// goes when there are too many.
    pub(super) fn keep(&mut self, visit: Visit) {
        match self
            .open
            .iter_mut()
            .find(|kept| kept.link.invitation == visit.link.invitation)
        {
            Some(kept) => *kept = visit,
            None => self.open.push(visit),
        }
        let surplus = self.open.len().saturating_sub(MAX_VISITS);
        self.open.drain(..surplus);
    }

    /// Reads the cookie. Anything that does not open, and every visit past its time, is as if it
    /// were not there.
    pub(super) fn read(
        headers: &HeaderMap,
        style: CookieStyle,
        key: &Sealer,
        now: Timestamp,
    ) -> Self {
        cookies(headers, style.name)
            .find_map(|value| {
                let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
                Self::from_bytes(&key.open(PURPOSE, &sealed)?, now)
            })
            .unwrap_or_default()
    }

    /// The `Set-Cookie` value; `None` only where sealing fails.
    pub(super) fn cookie(&self, style: CookieStyle, directory: &Directory) -> Option<HeaderValue> {
        let sealed = directory
            .keys()
            .cookie
            .seal(PURPOSE, &self.to_bytes(), directory.ids().nonce())
            .ok()?;
        let secure = if style.secure { "; Secure" } else { "" };
        HeaderValue::try_from(format!(
            "{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={VISIT_SECONDS}{secure}",
            style.name,
            URL_SAFE_NO_PAD.encode(sealed)
        ))
        .ok()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.open.len() * VISIT_BYTES);
        out.push(LAYOUT);
        for visit in &self.open {
            visit.write(&mut out);
        }
        out
    }

    fn from_bytes(bytes: &[u8], now: Timestamp) -> Option<Self> {
        let (layout, rest) = bytes.split_first()?;
        let (visits, remainder) = rest.as_chunks::<VISIT_BYTES>();
        if *layout != LAYOUT || !remainder.is_empty() || visits.len() > MAX_VISITS {
            return None;
        }
        let visits = visits
            .iter()
            .filter_map(Visit::read)
            .filter(|visit| visit.expires > now.as_second())
            .collect();
        Some(Self { open: visits })
    }
}

/// The values of a cookie by name, over all `Cookie` headers (HTTP/2 may split them).
fn cookies<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(move |pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
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

    #[test]
    fn visits_survive_the_way_there_and_back_until_their_time() {
        let mut visits = Visits::default();
        for number in 1..=6 {
            visits.keep(visit(number, 100 + i64::from(number)));
        }
        let read = |now| Visits::from_bytes(&visits.to_bytes(), at(now)).unwrap();
        assert!(read(50) == visits);
        let open = |now: i64| {
            (1..=6)
                .filter(|n| read(now).visit(Uuid::from_bytes([*n; 16])).is_some())
                .collect::<Vec<u8>>()
        };
        assert_eq!(open(50), [3, 4, 5, 6]);
        assert_eq!(open(104), [5, 6]);
        assert_eq!(open(106), Vec::<u8>::new());
    }

    #[test]
    fn a_visit_takes_the_place_of_its_own_invitation_only() {
        let mut visits = Visits::default();
        visits.keep(visit(1, 100));
        visits.keep(visit(2, 100));
        let mut rotated = visit(1, 100);
        rotated.session = Session::from_secret([9; 32]);
        visits.keep(rotated);
        let secret = |number: u8| {
            visits
                .visit(Uuid::from_bytes([number; 16]))
                .unwrap()
                .session
                .secret()
        };
        assert_eq!((secret(1), secret(2)), (&[9; 32], &[2 ^ 0xff; 32]));
    }

    #[test]
    fn only_whole_bytes_of_this_layout_open() {
        let mut visits = Visits::default();
        visits.keep(visit(1, 100));
        let bytes = visits.to_bytes();
        assert!(Visits::from_bytes(&bytes[..bytes.len() - 1], at(0)).is_none());
        assert!(Visits::from_bytes(&[], at(0)).is_none());
        let mut other = bytes.clone();
        other[0] = 2;
        assert!(Visits::from_bytes(&other, at(0)).is_none());
        let five: Vec<u8> = [vec![1], bytes[1..].repeat(5)].concat();
        assert!(Visits::from_bytes(&five, at(0)).is_none());
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; xvestibule-redeem=2"),
        );
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("vestibule-redeem=3; vestibule-redeem2=4"),
        );
        assert_eq!(
            cookies(&headers, "vestibule-redeem").collect::<Vec<_>>(),
            ["3"]
        );
    }
}
