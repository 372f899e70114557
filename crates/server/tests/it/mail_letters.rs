//! What mails say: to whom, in which language, and what a stranger's words can do in them (T-19,
//! T-20, T-28).

#![expect(clippy::unwrap_used, reason = "a test that goes wrong stops")]

use directory::letter::{InvitationText, Letter, LetterKind};
use directory::{Mail, Mailer};
use server::mail::{Brand, SmtpMailer};
use uuid::Uuid;

use crate::mail_scene::{Noon, options};
use crate::smtp_sink::{Encryption, Sink};

const LINK: &str =
    "http://localhost:8080/redeem/?tenant=aa&user=bb&ticket=c%2Bd%3D&lc=1033&ver=2.0";

fn text() -> InvitationText {
    InvitationText {
        invitation: Uuid::nil(),
        organisation: "Contoso".to_owned(),
        organisation_domain: "contoso.onmicrosoft.com".to_owned(),
        inviter: "Adele Vance".to_owned(),
        by_person: true,
        invited: "sam@fabrikam.example".to_owned(),
        guest_name: Some("Sam".to_owned()),
        message: None,
        redirect_host: "app.contoso.com".to_owned(),
        expires_at: "2026-12-20T12:00:00Z".parse().unwrap(),
    }
}

fn letter(language: Option<&str>, kind: LetterKind) -> Letter {
    Letter {
        id: Uuid::nil(),
        message_id: "0b5f7c4e@vestibule.example".to_owned(),
        tenant: store::TenantId(Uuid::nil()),
        invitation: None,
        to: "sam@fabrikam.example".to_owned(),
        language: language.map(str::to_owned),
        attempts: 0,
        kind,
    }
}

fn write(letter: &Letter) -> Mail {
    server::mail::write(letter, &Brand::default()).unwrap()
}

fn invitation(language: Option<&str>, invitation: InvitationText) -> Mail {
    let kind = LetterKind::Invitation {
        invitation,
        link: LINK.to_owned(),
        cc: None,
    };
    write(&letter(language, kind))
}

fn copy(language: Option<&str>, invitation: InvitationText) -> Mail {
    let kind = LetterKind::InvitationCopy {
        invitation,
        name: None,
    };
    write(&letter(language, kind))
}

fn code(language: Option<&str>) -> Mail {
    let kind = LetterKind::Code {
        organisation: "Contoso".to_owned(),
        code: "12345678".to_owned(),
        expires_at: "2026-11-20T12:10:00Z".parse().unwrap(),
    };
    write(&letter(language, kind))
}

/// Text as HTML shows it: tags gone, references resolved, blanks joined.
fn visible_text(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap();
    let text: String = body
        .split('<')
        .filter_map(|piece| piece.split_once('>'))
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(" ");
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"");
    let text = text.replace("&#39;", "'").replace("&amp;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_invitation_says_who_to_what_until_when_and_what_then() {
    let mail = invitation(
        None,
        InvitationText {
            message: Some("Hi Sam,\nsee you!".to_owned()),
            ..text()
        },
    );
    assert_eq!(mail.subject, "Adele Vance invited you to join Contoso");
    for part in [joined(&mail.text), visible_text(&mail.html)] {
        for said in [
            "Adele Vance invited you to join Contoso",
            "This invitation to Contoso (contoso.onmicrosoft.com) is for sam@fabrikam.example.",
            "Adele Vance wrote:",
            "Hi Sam,",
            LINK,
            "The link works until 20 December 2026, 12:00 UTC.",
            "Not expecting this? Ignore this email; nothing happens unless you accept.",
        ] {
            assert!(part.contains(said), "{said}\n{part}");
        }
    }
    assert!(
        mail.text
            .contains("\nAdele Vance wrote:\n> Hi Sam,\n> see you!\n"),
        "{}",
        mail.text
    );
    assert!(
        mail.text.contains(&format!("\n{LINK}\n")),
        "the link stands on a line of its own"
    );
    let href = LINK.replace('&', "&amp;");
    assert_eq!(mail.html.matches(&format!("href=\"{href}\"")).count(), 2);
}

/// Nobody reads "Onboarding invites you", or that an organisation invites to itself.
#[test]
fn only_a_person_is_named_as_who_invites() {
    for (inviter, by_person) in [("Onboarding", false), ("Contoso", true), ("Contoso", false)] {
        let facts = || InvitationText {
            inviter: inviter.to_owned(),
            by_person,
            message: Some("Hi".to_owned()),
            ..text()
        };
        let mail = invitation(None, facts());
        assert_eq!(mail.subject, "You're invited to join Contoso as a guest");
        assert!(
            mail.text.contains("\nMessage from Contoso:\n> Hi\n"),
            "{}",
            mail.text
        );
        assert!(!mail.text.contains("Onboarding") && !mail.html.contains("Onboarding"));
        let mail = copy(None, facts());
        assert_eq!(
            mail.subject,
            "s•••@f•••.example was invited to join Contoso as a guest"
        );
    }
    let mail = copy(None, text());
    assert_eq!(
        mail.subject,
        "Adele Vance invited s•••@f•••.example to join Contoso"
    );
}

/// A mail program's "unsubscribe" opens the page that asks for a code; there is no request that
/// stops invitations at once.
#[test]
fn unsubscribing_leads_to_a_page_and_only_from_an_invitation() {
    let mail = invitation(None, text());
    assert_eq!(mail.unsubscribe, Some(format!("{LINK}&then=never")));
    assert_eq!(copy(None, text()).unsubscribe, None);
    assert_eq!(code(None).unsubscribe, None);
}

#[test]
fn the_text_part_reads_as_a_whole() {
    let mail = invitation(
        None,
        InvitationText {
            message: Some("Hi".to_owned()),
            ..text()
        },
    );
    insta::assert_snapshot!(mail.text);
}

#[test]
fn a_code_mail_reads_as_a_whole() {
    insta::assert_snapshot!(code(None).text);
}

#[test]
fn a_copy_reads_as_a_whole() {
    insta::assert_snapshot!(
        copy(
            None,
            InvitationText {
                message: Some("Hi".to_owned()),
                ..text()
            }
        )
        .text
    );
}

#[test]
fn without_words_of_the_inviter_nobody_wrote() {
    for message in [None, Some(String::new()), Some(" \r\n ".to_owned())] {
        let mail = invitation(None, InvitationText { message, ..text() });
        assert!(!mail.text.contains("wrote") && !mail.html.contains("wrote"));
        assert!(!mail.html.contains("<blockquote"));
    }
}

#[test]
fn a_copy_has_no_link_and_masks_the_address() {
    for language in ["en", "de", "ja", "ar"] {
        let mail = copy(
            Some(language),
            InvitationText {
                message: Some("Hi".to_owned()),
                ..text()
            },
        );
        for part in [&mail.subject, &mail.text, &mail.html] {
            for secret in ["/redeem", "ticket", "href", "sam@fabrikam.example"] {
                assert!(!part.contains(secret), "{language}: {secret}");
            }
        }
        assert!(mail.text.contains("> Hi"));
        assert!(mail.cc.is_none());
    }
}

#[test]
fn only_the_invitation_names_the_cc() {
    let kind = LetterKind::Invitation {
        invitation: text(),
        link: LINK.to_owned(),
        cc: Some("boss@fabrikam.example".to_owned()),
    };
    assert_eq!(
        write(&letter(None, kind)).cc.as_deref(),
        Some("boss@fabrikam.example")
    );
    assert_eq!(code(None).cc, None);
}

#[test]
fn a_code_stands_in_the_body_and_never_in_the_subject() {
    for language in ["en", "de", "ja", "ar"] {
        let mail = code(Some(language));
        assert!(mail.text.contains("\n    1234 5678\n"), "{}", mail.text);
        assert!(mail.html.contains(">1234 5678<"));
        assert!(!mail.subject.contains(|c: char| c.is_ascii_digit()));
        assert!(mail.text.contains("10"), "how many minutes");
        assert!(
            !mail.html.contains("href"),
            "a code mail has nothing to click"
        );
    }
}

#[test]
fn every_language_speaks_for_itself() {
    for (language, tag, direction, word) in [
        (Some("en"), "en", "ltr", "invited you"),
        (Some("de-AT"), "de", "ltr", "hat Sie"),
        (Some("ja"), "ja", "ltr", "招待"),
        (Some("ar-EG"), "ar", "rtl", "للانضمام"),
        (Some("fr"), "en", "ltr", "invited you"),
        (None, "en", "ltr", "invited you"),
    ] {
        let mail = invitation(language, text());
        assert_eq!(mail.language, tag);
        assert!(mail.subject.contains(word), "{}", mail.subject);
        assert!(
            mail.html
                .contains(&format!("<html lang=\"{tag}\" dir=\"{direction}\">"))
        );
        assert!(mail.text.contains(LINK) && mail.text.contains("Contoso"));
    }
}

#[test]
fn the_html_asks_for_nothing_from_outside() {
    for language in ["en", "de", "ja", "ar"] {
        for mail in [
            invitation(Some(language), text()),
            copy(Some(language), text()),
            code(Some(language)),
        ] {
            for outside in [
                "src=",
                "url(",
                "@import",
                "<link",
                "<img",
                "<script",
                "<iframe",
                "<form",
                "@font-face",
            ] {
                assert!(!mail.html.contains(outside), "{language}: {outside}");
            }
            assert_eq!(mail.html.matches("<table").count(), 1);
        }
    }
}

/// Text that has upset programs before: markup, templates, directions, widths, controls, and things
/// that look like an end.
const NAUGHTY: [&str; 30] = [
    "<script>alert(1)</script>",
    "</blockquote></td></tr></table><h1>You won</h1>",
    "\"><a href=\"https://evil.example\">click</a>",
    "' onmouseover='alert(1)",
    "<!-- \u{2014} -->",
    "<![CDATA[x]]>",
    "&lt;b&gt; &amp;amp; &#x3c;script&#62;",
    "{{ link }} {% include 'invitation.html' %} {# x #}",
    "{inviter} {organisation} {",
    "%s %n %x ${jndi:x} $(id) `id`",
    "https://evil.example/?a=1&b=2",
    "javascript:alert(1)",
    "www.evil.example and mailto:eve@evil.example",
    "-- ",
    "> > already quoted",
    "From eve",
    ".",
    "\u{202E}reversed\u{202C} \u{2066}isolated",
    "zero\u{200B}width\u{FEFF}joins\u{200D}",
    "Ω≈ç√∫˜µ≤≥÷ ⅛⅜ €£¥",
    "田中さんにあげて下さい",
    "مُنَاقَشَةُ سُبُلِ اِسْتِخْدَامِ اللُّغَةِ",
    "T\u{308}o\u{300}\u{301}\u{302}w\u{336}e\u{336}r\u{336}",
    "👩‍👩‍👧‍👦 🏳️‍🌈 🇦🇶",
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𐐜 \u{10FFFD}",
    "tab\there",
    "\u{1b}[31mred\u{7}",
    "a=3D b=\r\nsoft",
    "=?utf-8?b?SGFs?=",
    "one\n\ntwo\n.\nthree",
];

#[tokio::test]
async fn naughty_words_arrive_as_they_are() {
    let sink = Sink::start(Encryption::Plain, &[]).await;
    let mailer = SmtpMailer::new(
        options(&sink, "smtp://SINK?tls=none"),
        std::sync::Arc::new(Noon),
    )
    .unwrap();
    let tags = |html: &str| html.matches('<').count();
    let harmless = tags(
        &invitation(
            None,
            InvitationText {
                message: Some("x".to_owned()),
                ..text()
            },
        )
        .html,
    );
    for naughty in NAUGHTY {
        let mail = invitation(
            None,
            InvitationText {
                message: Some(naughty.to_owned()),
                ..text()
            },
        );
        mailer.send(&mail).await.unwrap();
        let received = sink.received().pop().unwrap();
        let (plain, html) = received.parts();
        let quoted = format!(
            "> {}\r\n",
            naughty.replace("\r\n", "\n").replace('\n', "\r\n> ")
        );
        assert!(plain.contains(&quoted), "{naughty:?}\n{plain}");
        assert!(
            visible_text(&html).contains(&joined(naughty)),
            "{naughty:?}\n{}",
            visible_text(&html)
        );
        assert_eq!(tags(&html), harmless, "{naughty:?}");
        assert_eq!(html.matches("<a ").count(), 2, "{naughty:?}");
        assert_eq!(received.recipients.len(), 1);
    }
}

#[tokio::test]
async fn naughty_names_stay_names() {
    for naughty in NAUGHTY {
        let naughty = naughty.replace(['\r', '\n'], " ");
        let facts = InvitationText {
            organisation: naughty.clone(),
            inviter: naughty.clone(),
            ..text()
        };
        let mail = invitation(None, facts);
        let harmless = invitation(None, text());
        assert_eq!(
            mail.html.matches('<').count(),
            harmless.html.matches('<').count(),
            "{naughty:?}"
        );
        assert_eq!(mail.html.matches("<a ").count(), 2, "{naughty:?}");
        assert!(!mail.subject.contains(LINK), "{naughty:?}");
        assert!(!mail.subject.contains('\u{202E}'), "{naughty:?}");
    }
}

#[test]
fn every_line_of_the_inviters_words_is_quoted() {
    for line_break in [
        "\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\u{c}",
    ] {
        let message = format!("a{line_break}{LINK}{line_break}Vestibule will never ask");
        let mail = invitation(
            None,
            InvitationText {
                message: Some(message),
                ..text()
            },
        );
        assert!(
            mail.text
                .contains(&format!("> a\n> {LINK}\n> Vestibule will never ask\n")),
            "{line_break:?}\n{}",
            mail.text
        );
    }
}
