//! What mails carry of the organisation, what an operator's templates may hold, and what is told of
//! a mail that failed.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashMap;
use std::fs;

use directory::letter::LetterKind;
use directory::{MailFailure, Mailer as _, Settings};
use server::mail::{Branding, SmtpMailer, picture};
use server::pages::Pages;
use testkit::TestApp;

use crate::mail_scene::{Noon, body, invite, options, status};
use crate::smtp_sink::{Encryption, Sink};

fn branded() -> Settings {
    Settings {
        accent: Some("#7a1fa2".to_owned()),
        reply_to: Some("help@contoso.com".to_owned()),
        footer: Some("Contoso Ltd\n1 Example Street".to_owned()),
        default_language: Some("de".to_owned()),
        ..Settings::default()
    }
}

#[tokio::test]
async fn a_mail_carries_colour_logo_replies_imprint_and_language() {
    let app = TestApp::new().await;
    let tenant = app.tenant.id;
    app.directory()
        .set_settings(tenant, &branded())
        .await
        .unwrap();
    invite(&app, &body("sam@fabrikam.example")).await;
    let logo = picture(b"\x89PNG\r\n\x1a\nrest".to_vec()).unwrap();
    let branding = Branding::load(HashMap::from([(tenant, logo)]), None).unwrap();
    let brand = branding.of(app.directory(), tenant).await.unwrap();
    let letters = app.directory().outbox_claim(1).await.unwrap();
    let mail = server::mail::write(&letters[0], &brand).unwrap();
    assert_eq!(mail.reply_to.as_deref(), Some("help@contoso.com"));
    assert_eq!(mail.language, "de");
    assert!(mail.html.contains("#7a1fa2") && mail.html.contains("cid:logo"));
    assert!(mail.html.contains("1 Example Street"));
    assert!(
        mail.text.ends_with("Contoso Ltd\n1 Example Street\n"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("nicht gelesen"), "replies are read");
    let link = letters[0].kind.link().unwrap();
    assert_eq!(mail.unsubscribe, Some(format!("{link}&then=never")));

    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = SmtpMailer::new(
        options(&sink, "smtp://SINK?tls=none"),
        std::sync::Arc::new(Noon),
    );
    mailer.unwrap().send(&mail).await.unwrap();
    let received = sink.received();
    let names = received[0].header_names();
    for name in ["Reply-To", "List-Unsubscribe"] {
        assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
    }
    assert!(!names.iter().any(|name| name == "List-Unsubscribe-Post"));
}

#[tokio::test]
async fn an_invitation_says_why_its_mail_did_not_arrive_until_it_does() {
    let app = TestApp::new().await;
    let made = invite(&app, &body("sam@fabrikam.example")).await;
    let path = format!("/v1.0/invitations/{}", made["id"].as_str().unwrap());
    let read = async |query: &str| {
        let reply = app
            .get(&format!("{path}{query}"))
            .bearer(&app.token().await)
            .send()
            .await;
        reply.json()
    };
    let reason = "status@vestibule.reason";
    assert!(read("").await.get(reason).is_none());
    let letter = app.directory().outbox_claim(1).await.unwrap().remove(0);
    assert!(matches!(letter.kind, LetterKind::Invitation { .. }));
    let later = MailFailure::Later("invalid peer certificate: UnknownIssuer".to_owned());
    app.directory()
        .outbox_failed(&letter, &later)
        .await
        .unwrap();
    assert_eq!(
        read("").await[reason],
        "invalid peer certificate: UnknownIssuer"
    );
    assert_eq!(read("").await["status"], "InProgress");
    app.advance(jiff::SignedDuration::from_hours(1));
    let letter = app.directory().outbox_claim(1).await.unwrap().remove(0);
    // Even where the mail server repeats the link, the reason does not.
    let said = format!("550 5.1.1 no such user {}", letter.kind.link().unwrap());
    let never = MailFailure::Never(said);
    app.directory()
        .outbox_failed(&letter, &never)
        .await
        .unwrap();
    assert_eq!(read("").await[reason], "550 5.1.1 no such user [hidden]");
    assert_eq!(status(&app, &made).await, "Error");
    let selected = read("?$select=status").await;
    assert_eq!(selected[reason], "550 5.1.1 no such user [hidden]");
    assert!(read("?$select=id").await.get(reason).is_none());

    let made = invite(&app, &body("kim@fabrikam.example")).await;
    let path = format!("/v1.0/invitations/{}", made["id"].as_str().unwrap());
    let letter = app.directory().outbox_claim(1).await.unwrap().remove(0);
    app.directory()
        .outbox_failed(&letter, &later)
        .await
        .unwrap();
    app.advance(jiff::SignedDuration::from_hours(1));
    let letter = app.directory().outbox_claim(1).await.unwrap().remove(0);
    app.directory().outbox_delivered(&letter).await.unwrap();
    let reply = app
        .get(&path)
        .bearer(&app.token().await)
        .send()
        .await
        .json();
    assert_eq!(reply["status"], "Completed");
    assert!(reply.get(reason).is_none(), "{reply}");
}

/// Whether a wrong certificate of the mail server is known before any mail.
#[tokio::test]
async fn a_relay_is_tried_without_a_mail() {
    let sink = Sink::start(Encryption::StartTls, &[]).await;
    let good = SmtpMailer::new(options(&sink, "smtp://SINK"), std::sync::Arc::new(Noon)).unwrap();
    good.probe().await.unwrap();
    let mut distrusting = options(&sink, "smtp://SINK");
    distrusting.ca_file = None;
    let bad = SmtpMailer::new(distrusting, std::sync::Arc::new(Noon)).unwrap();
    let why = bad.probe().await.unwrap_err().to_string();
    assert!(why.contains("certificate"), "{why}");
    assert!(sink.received().is_empty());
}

fn fault(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let told = match (
        Pages::load(Some(folder.path())),
        Branding::load(HashMap::new(), Some(folder.path())),
    ) {
        (Err(fault), _) | (Ok(_), Err(fault)) => fault.to_string(),
        (Ok(_), Ok(_)) => return String::new(),
    };
    told.replace(folder.path().to_str().unwrap(), "DIR")
}

/// Nothing of an operator's templates waits for a guest to be found.
#[test]
fn templates_are_tried_out_before_anything_is_served() {
    let page = "{% extends \"page.html\" %}\n{% block main %}\n<h1>{{ organisation }}</h1>\n";
    let end = "{% endblock %}\n";
    for (name, text, expected) in [
        ("landing.html", format!("{page}{end}"), ""),
        (".hidden", "{{ nonsense }}".to_owned(), ""),
        ("vestibule.css", "p{}".to_owned(), ""),
        (
            "mail/code.txt",
            "{{ heading }} {{ code }} {{ sent_by }}\n".to_owned(),
            "",
        ),
        (
            "landig.html",
            format!("{page}{end}"),
            "DIR/landig.html: no template has this name",
        ),
        (
            "mail/invite.html",
            "x".to_owned(),
            "DIR/mail/invite.html: no template has this name",
        ),
        (
            "landing.html",
            format!("{page}{{{{ organization }}}}{end}"),
            "DIR/landing.html:4: unknown variable `organization`",
        ),
        (
            "notice.html",
            format!("{page}{{% if notice.wrong %}}x{{% endif %}}{end}"),
            "DIR/notice.html:4: unknown variable `notice.wrong`",
        ),
        (
            "landing.html",
            format!("{page}{{{{ t.no_such_sentence }}}}{end}"),
            "DIR/landing.html:4: unknown variable `t.no_such_sentence`",
        ),
        (
            "page.html",
            "<h1>\n{{ csrf }}</h1>".to_owned(),
            "DIR/page.html:2: unknown variable `csrf`",
        ),
        (
            "code.html",
            format!("{page}{{% if %}}{end}"),
            "DIR/code.html:4: ",
        ),
        (
            "code.html",
            format!("{page}{{{{ address | nofilter }}}}{end}"),
            "DIR/code.html:4: ",
        ),
        (
            "code.html",
            "{% extends \"other.html\" %}".to_owned(),
            "DIR/code.html:1: ",
        ),
        (
            "mail/invitation.txt",
            "{{ heading }}\n{{ inviter }}\n".to_owned(),
            "DIR/mail/invitation.txt:2: unknown variable `inviter`",
        ),
    ] {
        let told = fault(&[(name, &text)]);
        assert!(told.starts_with(expected), "{name}: {told:?}");
        assert_eq!(told.is_empty(), expected.is_empty(), "{name}: {told:?}");
    }
    let missing = Pages::load(Some(std::path::Path::new("/no/such/folder"))).err();
    let missing = missing.unwrap().to_string();
    assert!(missing.starts_with("/no/such/folder: "), "{missing}");
}
