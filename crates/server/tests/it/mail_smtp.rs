//! Handing mails over: encryption, logins, refusals, injection (T-19, T-21).

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that goes wrong stops"
)]

use std::sync::Arc;

use directory::{Mail, MailFailure, Mailer};
use server::mail::{SmtpMailer, SmtpOptions};

use crate::mail_scene::{HEADERS, Noon, options};
use crate::smtp_sink::{Encryption, Fault, Sink};

fn mail() -> Mail {
    Mail {
        message_id: "0b5f7c4e-1111-4222-8333-444455556666@vestibule.example".to_owned(),
        to: "sam@fabrikam.example".to_owned(),
        from_name: None,
        cc: None,
        reply_to: None,
        unsubscribe: None,
        logo: None,
        subject: "Adele Vance invites you to Contoso".to_owned(),
        text: "Hello\n".to_owned(),
        html: "<p>Hello</p>\n".to_owned(),
        language: "en".to_owned(),
    }
}

fn mailer(sink: &Sink, url: &str) -> SmtpMailer {
    SmtpMailer::new(options(sink, url), Arc::new(Noon)).unwrap()
}

const PLAIN: &str = "smtp://SINK?tls=none";
const STARTTLS: &str = "smtp://SINK";
const IMPLICIT: &str = "smtps://SINK";

fn later(outcome: Result<(), MailFailure>) -> String {
    match outcome {
        Err(MailFailure::Later(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn never(outcome: Result<(), MailFailure>) -> String {
    match outcome {
        Err(MailFailure::Never(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_arrives_over_each_kind_of_connection() {
    for (encryption, url, encrypted) in [
        (Encryption::Plain, PLAIN, false),
        (Encryption::StartTls, STARTTLS, true),
        (Encryption::Implicit, IMPLICIT, true),
    ] {
        let sink = Sink::start(encryption, &[]).await;
        mailer(&sink, url).send(&mail()).await.unwrap();
        let received = sink.received();
        let [received] = received.as_slice() else {
            panic!("{received:?}")
        };
        assert_eq!(received.encrypted, encrypted, "{encryption:?}");
        assert_eq!(received.mail_from, "invites@vestibule.example");
        assert_eq!(received.recipients, ["sam@fabrikam.example"]);
        assert_eq!(received.header_names(), HEADERS);
        for (name, value) in [
            ("From", "Vestibüle <invites@vestibule.example>"),
            ("To", "sam@fabrikam.example"),
            ("Subject", "Adele Vance invites you to Contoso"),
            ("Date", "Fri, 20 Nov 2026 12:00:00 +0000"),
            (
                "Message-ID",
                "<0b5f7c4e-1111-4222-8333-444455556666@vestibule.example>",
            ),
            ("Auto-Submitted", "auto-generated"),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(received.header(name).unwrap().trim(), value);
        }
        let (text, html) = received.parts();
        assert_eq!(
            (text.as_str(), html.as_str()),
            ("Hello\r\n", "<p>Hello</p>\r\n")
        );
    }
}

#[tokio::test]
async fn without_starttls_nothing_is_said_about_the_mail() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let why = later(mailer(&sink, STARTTLS).send(&mail()).await);
    assert!(why.contains("STARTTLS"), "{why}");
    assert_eq!(sink.commands()[0], "EHLO vestibule.example");
    assert!(
        !sink
            .commands()
            .iter()
            .any(|line| line.starts_with("MAIL") || line.starts_with("DATA"))
    );
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn lines_smuggled_in_before_tls_are_not_believed() {
    let sink = Sink::start(Encryption::Injecting, &[]).await;
    let why = later(mailer(&sink, STARTTLS).send(&mail()).await);
    assert!(why.contains("TLS"), "{why}");
    assert!(sink.received().is_empty());
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_gets_no_mail() {
    for (encryption, url) in [
        (Encryption::StartTls, STARTTLS),
        (Encryption::Implicit, IMPLICIT),
    ] {
        let sink = Sink::start(encryption, &[]).await;
        let stranger = Sink::start(encryption, &[]).await;
        let options = SmtpOptions {
            ca_file: Some(stranger.ca_file.clone()),
            ..options(&sink, url)
        };
        let mailer = SmtpMailer::new(options, Arc::new(Noon)).unwrap();
        later(mailer.send(&mail()).await);
        assert!(sink.received().is_empty());
    }
}

#[tokio::test]
async fn logins() {
    for (url, right) in [
        ("smtp://relay:s%40crets@SINK", true),
        ("smtp://relay:wrong@SINK", false),
        ("smtp://SINK", true),
    ] {
        let asks = url.contains('@').then_some(("relay", "s@crets"));
        let sink = Sink::with_login(Encryption::StartTls, asks, &[]).await;
        let outcome = mailer(&sink, url).send(&mail()).await;
        if right {
            outcome.unwrap();
            assert_eq!(
                sink.received()[0].login.as_deref(),
                asks.map(|(user, _)| user)
            );
        } else {
            // The operator's mistake is not the recipient's: it is tried again.
            assert!(later(outcome).contains("AUTH"));
            assert!(sink.received().is_empty());
        }
    }
}

#[tokio::test]
async fn a_login_never_travels_where_none_is_asked_for() {
    let sink = Sink::start(Encryption::StartTls, &[]).await;
    later(
        mailer(&sink, "smtp://relay:secret@SINK")
            .send(&mail())
            .await,
    );
    assert!(!sink.commands().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn refusals_for_now_and_for_good() {
    for (fault, for_good) in [
        (Fault::Greeting("421 too busy"), false),
        (Fault::Greeting("554 not to you"), false),
        (Fault::Mail("450 not now"), false),
        (Fault::Mail("550 no such sender"), false),
        (Fault::Rcpt("421 going down"), false),
        (Fault::Rcpt("450 mailbox busy"), false),
        (Fault::Rcpt("452 mailbox full"), false),
        (Fault::Rcpt("530 log in first"), false),
        (Fault::Rcpt("550 no such user"), true),
        (Fault::Rcpt("553 not a name"), true),
        (Fault::Data("451 not now"), false),
        (Fault::Data("554 no valid recipients"), true),
        (Fault::Message("451 not now"), false),
        (Fault::Message("554 refused"), true),
        (Fault::CutAfterMessage, false),
    ] {
        let sink = Sink::start(Encryption::Plain, &[fault]).await;
        let mailer = mailer(&sink, PLAIN);
        let outcome = mailer.send(&mail()).await;
        if for_good {
            never(outcome);
        } else {
            later(outcome);
        }
        // Whatever happened, the next attempt starts afresh and succeeds.
        mailer.send(&mail()).await.unwrap();
        let ids: Vec<_> = sink
            .received()
            .iter()
            .map(|mail| mail.header("Message-ID"))
            .collect();
        let kept = if fault == Fault::CutAfterMessage {
            2
        } else {
            1
        };
        assert_eq!(ids.len(), kept, "{fault:?}");
        assert!(ids.iter().all(|id| *id == ids[0]), "{fault:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_for_now() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    drop(sink);
    tokio::task::yield_now().await;
    later(mailer.send(&mail()).await);
}

#[tokio::test(start_paused = true)]
async fn a_silent_relay_is_given_up_on() {
    let sink = Sink::start(Encryption::Plain, &[Fault::Silence]).await;
    later(mailer(&sink, PLAIN).send(&mail()).await);
}

#[tokio::test]
async fn connections_are_kept_and_replaced() {
    let sink = Sink::start(Encryption::StartTls, &[Fault::CutWhenDone]).await;
    let mailer = mailer(&sink, STARTTLS);
    mailer.send(&mail()).await.unwrap();
    assert_eq!(sink.connections(), 1);
    // The first connection was cut after its message; the second mail finds that out and goes by a
    // new one.
    mailer.send(&mail()).await.unwrap();
    assert_eq!((sink.connections(), sink.received().len()), (2, 2));
    mailer.send(&mail()).await.unwrap();
    assert_eq!((sink.connections(), sink.received().len()), (2, 3));
    mailer.close().await;
    assert_eq!(sink.commands().last().unwrap(), "QUIT");
    mailer.send(&mail()).await.unwrap();
    assert_eq!((sink.connections(), sink.received().len()), (3, 4));
}

#[tokio::test]
async fn a_relay_that_takes_leave_of_an_idle_connection_costs_no_attempt() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    mailer.send(&mail()).await.unwrap();
    sink.then(Fault::Mail("421 4.4.2 idle for too long"));
    mailer.send(&mail()).await.unwrap();
    assert_eq!((sink.connections(), sink.received().len()), (2, 2));
    // On a fresh connection the same words mean what they say.
    mailer.close().await;
    sink.then(Fault::Mail("421 4.3.2 going down"));
    later(mailer.send(&mail()).await);
}

#[tokio::test]
async fn a_connection_carries_fifty_mails() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    for _ in 0..51 {
        mailer.send(&mail()).await.unwrap();
    }
    assert_eq!(sink.connections(), 2);
}

/// Line breaks and NUL, raw and in the disguises that a decoder somewhere might take off.
const BREAKS: [&str; 6] = ["\r", "\n", "\r\n", "\0", "\u{85}", "\u{2028}"];
const DISGUISES: [&str; 6] = [
    "%0d%0a",
    "=0D=0A",
    "=?utf-8?q?=0D=0A?=",
    "\\r\\n",
    "&#13;&#10;",
    "DQo=",
];
const SMUGGLED: &str = "Bcc: eve@evil.example";

#[tokio::test]
async fn a_line_break_where_a_header_comes_from_sends_nothing() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    for line_break in BREAKS.into_iter().chain(["\u{2029}"]) {
        for place in 0..5 {
            let mut mail = mail();
            let smuggled = format!("a{line_break}{SMUGGLED}");
            match place {
                0 => mail.subject = smuggled,
                1 => mail.to = format!("sam{line_break}@fabrikam.example"),
                2 => mail.cc = Some(format!("sam@fabrikam.example{line_break}{SMUGGLED}")),
                3 => mail.from_name = Some(smuggled),
                _ => mail.message_id = format!("a{line_break}@b"),
            }
            never(mailer.send(&mail).await);
        }
    }
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn addresses_that_are_more_than_one_or_no_ascii_send_nothing() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    for to in [
        "",
        "sam",
        "a@x.example, b@y.example",
        "a@x.example b@y.example",
        "<a@x.example>",
        "\"a b\"@x.example",
        "sam@fabrikam.example> SIZE=1",
        "sam@bücher.example",
        "jürgen@fabrikam.example",
        "@x.example:a@y.example",
        "a@[127.0.0.1]",
    ] {
        never(
            mailer
                .send(&Mail {
                    to: to.to_owned(),
                    ..mail()
                })
                .await,
        );
    }
    assert_eq!(sink.connections(), 0);
}

#[tokio::test]
async fn no_text_adds_a_header_a_recipient_or_a_message() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    let mut sent = 0;
    for trick in BREAKS.into_iter().chain(DISGUISES) {
        let text =
            format!("a{trick}{SMUGGLED}{trick}{trick}.{trick}RCPT TO:<eve@evil.example>{trick}");
        let mut mails = vec![
            Mail {
                text: text.clone(),
                ..mail()
            },
            Mail {
                html: text.clone(),
                ..mail()
            },
        ];
        if DISGUISES.contains(&trick) {
            mails.push(Mail {
                subject: text.clone(),
                ..mail()
            });
        }
        for mail in mails {
            mailer.send(&mail).await.unwrap();
            sent += 1;
            let received = sink.received().pop().unwrap();
            assert_eq!(received.recipients, ["sam@fabrikam.example"], "{trick:?}");
            assert_eq!(received.header_names(), HEADERS, "{trick:?}");
            assert_eq!(received.header("Subject").unwrap(), mail.subject);
        }
    }
    assert_eq!(sink.received().len(), sent);
    assert!(!sink.commands().iter().any(|line| line.contains("evil")));
}

#[tokio::test]
async fn lines_that_begin_with_dots_come_through() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let text = ".\r\n..\r\n\r\n.\r\n.a\r\n...\r\n";
    mailer(&sink, PLAIN)
        .send(&Mail {
            text: text.to_owned(),
            ..mail()
        })
        .await
        .unwrap();
    let received = sink.received().pop().unwrap();
    assert_eq!(received.parts().0, text);
    assert!(
        received.wire.contains("\r\n..\r\n...\r\n\r\n..\r\n..a\r\n"),
        "{}",
        received.wire
    );
}

#[tokio::test]
async fn a_cc_is_a_header_and_no_recipient() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let cc = Some("boss@fabrikam.example".to_owned());
    mailer(&sink, PLAIN)
        .send(&Mail { cc, ..mail() })
        .await
        .unwrap();
    let received = sink.received().pop().unwrap();
    assert_eq!(received.header("Cc").unwrap(), "boss@fabrikam.example");
    assert_eq!(received.recipients, ["sam@fabrikam.example"]);
}

#[tokio::test]
async fn names_of_every_script_are_encoded() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = mailer(&sink, PLAIN);
    for subject in [
        "Jürgen Müßig lädt Sie zu Straßen & Brücken GmbH ein",
        "山田 太郎 より 株式会社コントソ への招待",
        "دعوة من \u{2068}عادل\u{2069} إلى \u{2068}كونتوسو\u{2069}",
        "🦀 invites you to 🏳️‍🌈",
        "a very long subject of plain words that has to be folded somewhere because a line of a mail is short, says the standard, and so it is",
    ] {
        mailer
            .send(&Mail {
                subject: subject.to_owned(),
                ..mail()
            })
            .await
            .unwrap();
        let received = sink.received().pop().unwrap();
        assert_eq!(received.header("Subject").unwrap(), subject);
        assert!(received.wire.is_ascii());
        assert!(received.wire.lines().all(|line| line.len() <= 998));
    }
}
