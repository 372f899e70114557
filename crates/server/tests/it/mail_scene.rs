//! What the tests of mail begin with: somebody is invited, somebody asks for a code, a relay is
//! named.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test begins with is right or the test is wrong"
)]

use axum::http::StatusCode;
use directory::Clock;
use directory::redemption::{Link, Session, StepContext};
use jiff::Timestamp;
use serde_json::{Value, json};
use server::mail::SmtpOptions;
use testkit::TestApp;
use uuid::Uuid;

use crate::smtp_sink::Sink;

/// Always noon on 20 November 2026.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }
}

/// Every header field a mail has, in their order; `Cc` comes in where somebody is copied.
pub(crate) const HEADERS: [&str; 8] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
];

/// Options for a sink; `SINK` in the URL stands for its address.
pub(crate) fn options(sink: &Sink, url: &str) -> SmtpOptions {
    SmtpOptions {
        relay: url
            .replace("SINK", &sink.address.to_string())
            .parse()
            .unwrap(),
        from: "Vestibüle <invites@vestibule.example>".to_owned(),
        hello: "vestibule.example".to_owned(),
        ca_file: Some(sink.ca_file.clone()),
    }
}

/// An invitation that asks for a mail.
pub(crate) fn body(address: &str) -> Value {
    json!({
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": "https://app.contoso.com/",
        "sendInvitationMessage": true,
        "invitedUserMessageInfo": {},
    })
}

/// Invites over HTTP; the 201's body.
pub(crate) async fn invite(app: &TestApp, body: &Value) -> Value {
    let token = app.token().await;
    let asking = app.post("/v1.0/invitations").bearer(&token).json(body);
    let reply = asking.send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()
}

/// The invitation's delivery status now.
pub(crate) async fn status(app: &TestApp, invitation: &Value) -> String {
    let token = app.token().await;
    let path = format!("/v1.0/invitations/{}", invitation["id"].as_str().unwrap());
    let reply = app.get(&path).bearer(&token).send().await;
    reply.json()["status"].as_str().unwrap().to_owned()
}

/// Asks for a code as the page does, in a browser of its own.
pub(crate) async fn ask_for_code(app: &TestApp, invitation: &Value) {
    let url = url::Url::parse(invitation["inviteRedeemUrl"].as_str().unwrap()).unwrap();
    let get = |wanted: &str| {
        let pair = url.query_pairs().find(|(name, _)| name == wanted);
        pair.unwrap().1.into_owned()
    };
    let link = Link::parse(&get("tenant"), &get("user"), &get("ticket")).unwrap();
    let session = Session::new(app.directory().ids());
    let step = StepContext {
        link,
        session,
        network: String::new(),
        request_id: Uuid::nil(),
    };
    app.directory().send_code(step).await.unwrap();
}
