//! `GET /redeem/`: the link from the mail. The ticket leaves the address at once (T-30).

use axum::response::Response;
use directory::redemption::{Closed, Link, NextStep, Opened};
use jiff::Timestamp;

use super::continuation::{Visit, session};
use super::outcome;
use super::step_request::StepRequest;
use crate::pages::shell::page_request::only;

/// Opens the link. It only reads, however often it is asked (T-5).
pub(super) async fn open(request: StepRequest) -> Response {
    let Some(link) = read(&request.query) else {
        return outcome::not_valid(&request);
    };
    let known = request
        .visits
        .visit(link.invitation)
        .filter(|visit| visit.continuation == link)
        .cloned();
    let opened = request
        .app
        .directory
        .open_link(&link, known.as_ref().map(session).as_ref())
        .await;
    let view = match opened {
        Ok(Opened::Landing(view)) => view,
        Ok(Opened::Finished { redirect }) => {
            return outcome::closed(&request, Closed::Finished { redirect });
        }
        Ok(Opened::Used { onward }) => return outcome::closed(&request, Closed::Used { onward }),
        Ok(Opened::Ended) => return outcome::closed(&request, Closed::Ended),
        Ok(Opened::NotValid) => return outcome::not_valid(&request),
        Err(refusal) => return outcome::refused(&request, &refusal),
    };
    let now = request.app.directory.expiry_now();
    let response = outcome::to_step(first_page(&request.query), link.invitation);
    let known = known.filter(|_| goes_on(view.code_expires_at, view.next_step, now));
    let visit = match known {
        Some(visit) if !visit.is_ending(now) => return response,
        Some(visit) => visit.renewed(now),
        None => Visit::new(link, now, request.app.directory.ids()),
    };
    request.keep(&visit, response)
}

/// Where the link leads: to the landing page, or, from a mail program's "unsubscribe", to the quiet
/// way out.
fn first_page(query: &str) -> &'static str {
    match only(query, "then").as_deref() {
        Some("never") => "never",
        _ => "start",
    }
}

/// The link's parts; `lc` and `ver` are for other readers. A parameter that is missing, malformed
/// or given twice makes it no link of ours (T-1).
fn read(query: &str) -> Option<Link> {
    Link::parse(
        &only(query, "tenant")?,
        &only(query, "user")?,
        &only(query, "ticket")?,
    )
}

/// Whether a link opened again in the same browser goes on with its visit. Not once its code has
/// expired unused: a visit may have two codes sent (T-17), and a new one is the only way on after
/// those.
fn goes_on(code_expires_at: Option<Timestamp>, next: NextStep, now: Timestamp) -> bool {
    next == NextStep::Consent || code_expires_at.is_none_or(|expiry| now < expiry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_name_each_part_once() {
        let tenant = "tenant=04dcc6ab-388a-4559-b527-fbec656300ea";
        let user = "user=7b92124c-9fa9-406f-8b8e-225df8376ba9";
        let ticket = format!("ticket={}", "A".repeat(43));
        let check =
            |query: String, expected| assert_eq!(read(&query).is_some(), expected, "{query}");
        check(format!("{tenant}&{user}&{ticket}&lc=1033&ver=2.0"), true);
        check(format!("{ticket}&{tenant}&{user}"), true);
        check(format!("{tenant}&{user}"), false);
        check(format!("{tenant}&{user}&{ticket}&{user}"), false);
        check(format!("{tenant}&{user}&{ticket}="), false);
        check(String::new(), false);
    }

    #[test]
    fn a_visit_whose_code_ran_out_begins_anew() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let check = |code, next, expected| {
            assert_eq!(goes_on(code, next, at(1000)), expected, "{code:?} {next:?}");
        };
        check(None, NextStep::AskForCode, true);
        check(Some(at(1001)), NextStep::TypeCode, true);
        check(Some(at(1000)), NextStep::TypeCode, false);
        check(Some(at(1000)), NextStep::Consent, true);
    }
}
