//! From the outbox to the mailer: retries, refusals, copies, restarts (T-19, T-21, T-22;
//! R-43, R-52, R-53).

#![expect(clippy::unwrap_used, reason = "a test that goes wrong stops")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::http::StatusCode;
use directory::{Mail, MailFailure, Mailer};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;
use serde_json::json;
use server::mail::{SmtpMailer, Worker};
use testkit::TestApp;
use tokio::sync::{Notify, Semaphore};

use crate::mail_scene::{HEADERS, Noon, ask_for_code, body, invite, options, status};
use crate::smtp_sink::{Encryption, Fault, Sink};

fn worker(app: &TestApp) -> Worker {
    Worker::new(app.directory().clone(), app.mailer.clone())
}

fn mailer_of(sink: &Sink, url: &str) -> SmtpMailer {
    SmtpMailer::new(options(sink, url), Arc::new(Noon)).unwrap()
}

fn to_sink(app: &TestApp, sink: &Sink, url: &str) -> Worker {
    Worker::new(app.directory().clone(), Arc::new(mailer_of(sink, url)))
}

#[tokio::test]
async fn an_invitation_is_in_progress_until_it_is_handed_over() {
    let app = TestApp::new().await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    assert_eq!(invitation["status"], "InProgress");
    assert_eq!(worker(&app).run_once().await.unwrap(), 1);
    assert_eq!(status(&app, &invitation).await, "Completed");
    let sent = app.mailer.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to, "sam@fabrikam.example");
    assert!(
        sent[0]
            .text
            .contains(invitation["inviteRedeemUrl"].as_str().unwrap())
    );
    assert_eq!(worker(&app).run_once().await.unwrap(), 0);
}

#[tokio::test]
async fn a_cc_gets_an_envelope_of_its_own_without_the_link_and_never_a_code() {
    let app = TestApp::new().await;
    let sink = Sink::start(Encryption::StartTls, &[]).await;
    let mut body = body("sam@fabrikam.example");
    body["invitedUserMessageInfo"] = json!({
        "customizedMessageBody": "Hello there",
        "ccRecipients": [{ "emailAddress": { "name": "The boss", "address": "boss@fabrikam.example" } }],
    });
    let invitation = invite(&app, &body).await;
    ask_for_code(&app, &invitation).await;
    assert_eq!(
        to_sink(&app, &sink, "smtp://SINK")
            .run_once()
            .await
            .unwrap(),
        3
    );

    let received = sink.received();
    let of = |to: &str| {
        received
            .iter()
            .filter(|mail| mail.recipients == [to])
            .collect::<Vec<_>>()
    };
    let (guest, boss) = (of("sam@fabrikam.example"), of("boss@fabrikam.example"));
    assert_eq!((guest.len(), boss.len(), received.len()), (2, 1, 3));
    let (text, html) = boss[0].parts();
    let ticket = invitation["inviteRedeemUrl"]
        .as_str()
        .unwrap()
        .split("ticket=")
        .nth(1)
        .unwrap();
    for part in [&text, &html, &boss[0].wire] {
        assert!(!part.contains("/redeem") && !part.contains(&ticket[..20]));
    }
    assert!(text.contains("> Hello there"));
    let with_link = |mail: &&&crate::smtp_sink::Received| mail.parts().0.contains("/redeem");
    let letter = guest.iter().find(with_link).unwrap();
    assert_eq!(
        letter.header("Cc").as_deref(),
        Some("boss@fabrikam.example")
    );
    let code = guest.iter().find(|mail| !with_link(mail)).unwrap();
    assert_eq!(code.header("Cc"), None);
    assert_eq!(code.header("Subject").unwrap(), "Your code to join Contoso");
}

#[tokio::test]
async fn retries_keep_one_message_id() {
    let app = TestApp::new().await;
    let faults = [
        Fault::Greeting("421 busy"),
        Fault::Mail("451 later"),
        Fault::Rcpt("450 greylisted"),
        Fault::Data("451 later"),
        Fault::CutAfterMessage,
    ];
    let sink = Sink::start(Encryption::Plain, &faults).await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    let worker = to_sink(&app, &sink, "smtp://SINK?tls=none");
    for attempt in 0..5 {
        assert_eq!(worker.run_once().await.unwrap(), 1, "{attempt}");
        assert_eq!(status(&app, &invitation).await, "InProgress", "{attempt}");
        assert_eq!(worker.run_once().await.unwrap(), 0, "not before its time");
        app.advance(SignedDuration::from_hours(1));
    }
    assert_eq!(worker.run_once().await.unwrap(), 1);
    assert_eq!(status(&app, &invitation).await, "Completed");
    let received = sink.received();
    assert_eq!(
        received.len(),
        2,
        "the one whose answer was cut, and the last"
    );
    assert_eq!(
        received[0].header("Message-ID"),
        received[1].header("Message-ID")
    );
}

#[tokio::test]
async fn without_starttls_the_invitation_waits() {
    let app = TestApp::new().await;
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    to_sink(&app, &sink, "smtp://SINK")
        .run_once()
        .await
        .unwrap();
    assert_eq!(status(&app, &invitation).await, "InProgress");
    assert!(
        !sink
            .commands()
            .iter()
            .any(|line| line.starts_with("MAIL") || line.starts_with("DATA"))
    );
}

#[tokio::test]
async fn a_refusal_for_good_is_an_error_and_not_tried_again() {
    let app = TestApp::new().await;
    let sink = Sink::start(Encryption::Plain, &[Fault::Rcpt("550 5.1.1 no such user")]).await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    let worker = to_sink(&app, &sink, "smtp://SINK?tls=none");
    worker.run_once().await.unwrap();
    assert_eq!(status(&app, &invitation).await, "Error");
    app.advance(SignedDuration::from_hours(2));
    assert_eq!(worker.run_once().await.unwrap(), 0);
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn an_invitation_is_tried_for_48_hours_and_a_code_for_ten_minutes() {
    let app = TestApp::new().await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    ask_for_code(&app, &invitation).await;
    for _ in 0..2 {
        app.mailer.fail_next(MailFailure::Later("down".to_owned()));
    }
    assert_eq!(worker(&app).run_once().await.unwrap(), 2);
    app.advance(SignedDuration::from_mins(10));
    app.mailer.fail_next(MailFailure::Later("down".to_owned()));
    assert_eq!(
        worker(&app).run_once().await.unwrap(),
        1,
        "the code is dropped, the invitation tried"
    );
    app.advance(SignedDuration::from_hours(48));
    assert_eq!(worker(&app).run_once().await.unwrap(), 0);
    assert_eq!(status(&app, &invitation).await, "Error");
    assert!(app.mailer.sent().is_empty());
}

#[tokio::test]
async fn killed_between_hand_over_and_mark_it_comes_twice_with_one_message_id() {
    let app = TestApp::new().await;
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    let worker = to_sink(&app, &sink, "smtp://SINK?tls=none");

    let letters = app.directory().outbox_claim(10).await.unwrap();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    let mail = server::mail::write(letter, &server::mail::Brand::default()).unwrap();
    mailer_of(&sink, "smtp://SINK?tls=none")
        .send(&mail)
        .await
        .unwrap();
    // The process dies here. Its successor finds the letter leased, and then due again.
    assert_eq!(worker.run_once().await.unwrap(), 0);
    app.advance(SignedDuration::from_mins(5));
    assert_eq!(worker.run_once().await.unwrap(), 1);
    app.advance(SignedDuration::from_hours(1));
    assert_eq!(worker.run_once().await.unwrap(), 0);

    let received = sink.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].text(), received[1].text());
    assert_eq!(status(&app, &invitation).await, "Completed");
}

#[tokio::test]
async fn a_letter_wakes_the_worker() {
    let app = TestApp::new().await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    app.directory().letter_written().await;
    ask_for_code(&app, &invitation).await;
    app.directory().letter_written().await;
}

/// Takes a mail only when it is let to; counts how many wait at once.
#[derive(Default)]
struct Gate {
    waiting: AtomicUsize,
    most: AtomicUsize,
    arrived: Notify,
    open: Option<Semaphore>,
}

impl Mailer for Gate {
    fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>> {
        Box::pin(async {
            let now = self.waiting.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(now, Ordering::SeqCst);
            self.arrived.notify_one();
            self.open
                .as_ref()
                .unwrap()
                .acquire()
                .await
                .unwrap()
                .forget();
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        })
    }
}

fn gate() -> Arc<Gate> {
    Arc::new(Gate {
        open: Some(Semaphore::new(0)),
        ..Gate::default()
    })
}

#[tokio::test]
async fn told_to_stop_it_finishes_what_is_on_its_way() {
    let app = TestApp::new().await;
    let invitation = invite(&app, &body("sam@fabrikam.example")).await;
    let gate = gate();
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let worker = Worker::new(app.directory().clone(), gate.clone());
    let running = tokio::spawn(worker.run(async move { stopping.notified().await }));
    gate.arrived.notified().await;
    stop.notify_one();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!running.is_finished());
    gate.open.as_ref().unwrap().add_permits(1);
    running.await.unwrap();
    assert_eq!(status(&app, &invitation).await, "Completed");
}

#[tokio::test]
async fn four_letters_are_on_their_way_at_once_and_no_more() {
    let app = TestApp::new().await;
    for guest in 0..10 {
        invite(&app, &body(&format!("guest{guest}@fabrikam.example"))).await;
    }
    let gate = gate();
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let worker = Worker::new(app.directory().clone(), gate.clone());
    let running = tokio::spawn(worker.run(async move { stopping.notified().await }));
    let mut arrived = 0;
    while arrived < 10 {
        gate.arrived.notified().await;
        if gate.waiting.load(Ordering::SeqCst) == 4 || arrived >= 8 {
            arrived += gate.waiting.load(Ordering::SeqCst).min(10 - arrived);
            gate.open
                .as_ref()
                .unwrap()
                .add_permits(gate.waiting.load(Ordering::SeqCst));
        }
    }
    stop.notify_one();
    running.await.unwrap();
    assert_eq!(gate.most.load(Ordering::SeqCst), 4);
    assert!(app.directory().outbox_claim(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mailer_that_panics_stops_nobody_else() {
    struct Panics(AtomicUsize);
    impl Mailer for Panics {
        fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>> {
            assert!(
                self.0.fetch_add(1, Ordering::SeqCst) > 0,
                "the first mail breaks it"
            );
            Box::pin(std::future::ready(Ok(())))
        }
    }
    let app = TestApp::new().await;
    let stop = Arc::new(Notify::new());
    let stopping = Arc::clone(&stop);
    let first = invite(&app, &body("a@fabrikam.example")).await;
    let second = invite(&app, &body("b@fabrikam.example")).await;
    let worker = Worker::new(
        app.directory().clone(),
        Arc::new(Panics(AtomicUsize::new(0))),
    );
    let running = tokio::spawn(worker.run(async move { stopping.notified().await }));
    while [status(&app, &first).await, status(&app, &second).await]
        .iter()
        .all(|status| status == "InProgress")
    {}
    stop.notify_one();
    running.await.unwrap();
    let mut ended = [status(&app, &first).await, status(&app, &second).await];
    ended.sort();
    assert_eq!(
        ended,
        ["Completed", "InProgress"],
        "the broken one is due again when its lease ends"
    );
}

/// From the request to the relay, each field with each trick: a refusal and no mail, or one
/// envelope a mail with the usual headers (T-19).
#[tokio::test]
async fn no_field_of_a_request_adds_a_header_or_a_recipient() {
    let app = TestApp::new().await;
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let worker = to_sink(&app, &sink, "smtp://SINK?tls=none");
    let token = app.token().await;
    let fields = [
        "name",
        "message",
        "address",
        "cc name",
        "cc address",
        "language",
        "guest company",
    ];
    let breaks = ["\r", "\n", "\r\n", "\0", "\u{85}", "\u{2028}", "\u{2029}"];
    let disguises = [
        "%0d%0a",
        "%250d%250a",
        "=0D=0A",
        "=?utf-8?q?=0D=0A?=",
        "\\r\\n",
        "&#13;&#10;",
        "&#x0a;",
        "\u{560a}\u{560d}",
    ];
    let mut accepted = 0;
    for (guest, field) in fields.into_iter().enumerate() {
        for (case, trick) in breaks.into_iter().chain(disguises).enumerate() {
            let mut body = body(&format!("guest{guest}x{case}@fabrikam.example"));
            let text = format!(
                "a{trick}Bcc: eve@evil.example{trick}{trick}.{trick}RCPT TO:<eve@evil.example>"
            );
            match field {
                "name" => body["invitedUserDisplayName"] = json!(text),
                "message" => body["invitedUserMessageInfo"]["customizedMessageBody"] = json!(text),
                "address" => {
                    body["invitedUserEmailAddress"] = json!(format!("g{trick}@fabrikam.example"));
                }
                "cc name" => {
                    let cc = json!([{ "emailAddress": { "name": text, "address": "boss@fabrikam.example" } }]);
                    body["invitedUserMessageInfo"]["ccRecipients"] = cc;
                }
                "cc address" => {
                    let cc = json!([{ "emailAddress": { "address": format!("b{trick}@fabrikam.example") } }]);
                    body["invitedUserMessageInfo"]["ccRecipients"] = cc;
                }
                "language" => body["invitedUserMessageInfo"]["messageLanguage"] = json!(text),
                _ => body["invitedUser"] = json!({ "companyName": text }),
            }
            let reply = app
                .post("/v1.0/invitations")
                .bearer(&token)
                .json(&body)
                .send()
                .await;
            let is_break = breaks.contains(&trick);
            let label = format!("{field} {trick:?}: {} {}", reply.status, reply.text());
            assert!(
                [StatusCode::CREATED, StatusCode::BAD_REQUEST].contains(&reply.status),
                "{label}"
            );
            if is_break && ["name", "address", "cc name", "cc address", "language"].contains(&field)
            {
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{label}");
            }
            accepted += usize::from(reply.status == StatusCode::CREATED);
            worker.run_once().await.unwrap();
        }
    }
    let received = sink.received();
    assert!(
        accepted >= 20 && received.len() >= accepted,
        "{accepted} {}",
        received.len()
    );
    for mail in &received {
        assert_eq!(mail.recipients.len(), 1);
        assert!(mail.recipients[0].ends_with("@fabrikam.example"));
        let names: Vec<_> = mail
            .header_names()
            .into_iter()
            .filter(|name| name != "Cc" && name != "List-Unsubscribe")
            .collect();
        assert_eq!(names, HEADERS);
    }
    assert!(!sink.commands().iter().any(|line| line.contains("evil")));
}
