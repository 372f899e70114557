//! Proof that a form came from a page of ours (R-19, T-26).
//!
//! Two independent checks: where the browser says the request came from, and a token that only this
//! browser's own pages carry. Pages send `no-referrer`, so an honest form arrives with
//! `Origin: null`: that is neither trusted nor refused.

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::continuation::Continuation;
use super::session::Visit;
use crate::http::origin::Origins;

/// Which forms a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::pages) enum Stage {
    /// Until it is proven who sits there. Bound to the visit, so that a second click on a form that
    /// went through is answered in words and not as a forgery.
    BeforeProof,
    /// What only the proven person may answer. Bound to the secret that the proof made (T-24): who
    /// knew the browser's earlier state cannot answer in its name.
    AfterProof,
}

/// The token for the forms of one stage of one visit.
pub(in crate::pages) fn token(
    key: &[u8; 32],
    visit: &Visit<impl Continuation>,
    stage: Stage,
) -> String {
    URL_SAFE_NO_PAD.encode(tag(key, visit, stage))
}

/// The furthest stage whose token this is; `None` for no token of this visit.
pub(in crate::pages) fn stage_of(
    key: &[u8; 32],
    visit: &Visit<impl Continuation>,
    sent: &str,
) -> Option<Stage> {
    let sent = URL_SAFE_NO_PAD.decode(sent).ok()?;
    [Stage::AfterProof, Stage::BeforeProof]
        .into_iter()
        .find(|stage| {
            hmac::verify(
                &hmac::Key::new(hmac::HMAC_SHA256, key),
                &text(visit, *stage),
                &sent,
            )
            .is_ok()
        })
}

fn tag(key: &[u8; 32], visit: &Visit<impl Continuation>, stage: Stage) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &text(visit, stage))
}

/// What is signed: every part has a fixed length or comes last, so no two cases share a text.
fn text<C: Continuation>(visit: &Visit<C>, stage: Stage) -> Vec<u8> {
    let [before, after] = C::FORMS;
    let (label, secret): (&[u8], &[u8]) = match stage {
        Stage::BeforeProof => (before, &visit.nonce),
        Stage::AfterProof => (after, &visit.secret),
    };
    [label, &visit.continuation.bound_to(), secret].concat()
}

/// Whether the browser says, or leaves open, that the request came from this server's own pages.
pub(in crate::pages) fn from_here(headers: &HeaderMap, origins: &Origins) -> bool {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    let site_allows = matches!(site, None | Some(b"same-origin" | b"none"));
    let origin_allows = headers.get_all(header::ORIGIN).iter().all(|origin| {
        origin == "null"
            || origins
                .listed()
                .iter()
                .any(|own| own.as_str().as_bytes() == origin.as_bytes())
    });
    site_allows && origin_allows
}

#[cfg(test)]
mod tests {
    use directory::redemption::{Link, TicketHash};
    use directory::{Ids as _, SystemIds};
    use jiff::Timestamp;
    use store::TenantId;

    use super::*;
    use crate::http::origin::Origin;

    fn visit() -> Visit<Link> {
        let link = Link {
            tenant: TenantId(SystemIds.uuid()),
            invitation: SystemIds.uuid(),
            ticket: TicketHash::from_bytes([0; 32]),
        };
        Visit::new(link, Timestamp::UNIX_EPOCH, &SystemIds)
    }

    #[test]
    fn a_token_opens_its_own_stage_of_its_own_visit() {
        let (key, mine) = ([3; 32], visit());
        for stage in [Stage::BeforeProof, Stage::AfterProof] {
            let sent = token(&key, &mine, stage);
            assert_eq!(stage_of(&key, &mine, &sent), Some(stage));
            assert_eq!(stage_of(&[4; 32], &mine, &sent), None);
            assert_eq!(stage_of(&key, &visit(), &sent), None);
            assert_eq!(stage_of(&key, &mine, &sent[1..]), None);
            assert_eq!(stage_of(&key, &mine, &format!("{sent}A")), None);
        }
        assert_eq!(stage_of(&key, &mine, ""), None);
        assert_eq!(stage_of(&key, &mine, "ö"), None);
    }

    #[test]
    fn the_proof_changes_the_later_token_only() {
        let (key, mut mine) = ([3; 32], visit());
        let before = token(&key, &mine, Stage::BeforeProof);
        let after = token(&key, &mine, Stage::AfterProof);
        mine.secret = [5; 32];
        assert_eq!(stage_of(&key, &mine, &before), Some(Stage::BeforeProof));
        assert_eq!(stage_of(&key, &mine, &after), None);
    }

    #[test]
    fn other_sites_are_told_apart() {
        let own =
            ["http://localhost:8080", "https://localhost:8443"].map(|o| Origin::parse(o).unwrap());
        let origins = Origins::new(own.to_vec(), Vec::new()).unwrap();
        let check = |site: Option<&'static str>, origin: Option<&'static str>, expected| {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(
                from_here(&headers, &origins),
                expected,
                "{site:?} {origin:?}"
            );
        };
        check(None, None, true);
        check(Some("same-origin"), Some("null"), true);
        check(Some("none"), None, true);
        check(Some("same-origin"), Some("https://localhost:8443"), true);
        check(Some("cross-site"), Some("null"), false);
        check(Some("cross-site"), None, false);
        check(Some("same-site"), None, false);
        check(Some("Same-Origin"), None, false);
        check(None, Some("https://evil.example"), false);
        check(None, Some("https://localhost:8443.evil.example"), false);
        check(Some("same-origin"), Some("https://evil.example"), false);
    }
}
