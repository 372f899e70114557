//! Every redemption page in every language: what holds for the HTML of all of them. The pages are
//! also written to `target/pages`, so that people can look at them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;

use server::pages::{
    CodeEntry, Colour, Consent, LANGUAGES, Landing, Language, Markup, Message, Never, Onward,
    Organisation, Resend, Screen,
};

const INVITATION: &str = "6f2d1c5e-8a40-4b1a-9b57-0c9f0d2a7e11";

fn organisation(accent: Option<&str>) -> Organisation {
    Organisation {
        name: "Contoso".to_owned(),
        domain: Some("contoso.com".to_owned()),
        accent: accent.and_then(Colour::parse),
        logo: None,
    }
}

fn landing() -> Landing {
    Landing {
        invitation: INVITATION.to_owned(),
        csrf: "token".to_owned(),
        inviter: Some("Adele Vance".to_owned()),
        address: "s•••@f•••.example".to_owned(),
        message: Some(
            "Hello Sam, the plans for the bridge are in the project room.\nSee you on Monday."
                .to_owned(),
        ),
        host: Some("projects.contoso.com".to_owned()),
        code_waits: false,
    }
}

fn code(language: &Language, error: Option<&str>) -> CodeEntry {
    CodeEntry {
        invitation: INVITATION.to_owned(),
        csrf: "token".to_owned(),
        address: "s•••@f•••.example".to_owned(),
        suffix: "",
        never: false,
        life: (language.duration)(600),
        digits: "8".to_owned(),
        typed: if error.is_some() {
            "1234 5670".to_owned()
        } else {
            String::new()
        },
        error: error.map(str::to_owned),
        guesses_left: error.map(|_| 3),
        void: false,
        resend: Resend {
            spent: false,
            left: 1,
            wait: Some((language.duration)(60)),
            reveal: Some(60),
        },
    }
}

fn consent() -> Consent {
    Consent {
        invitation: INVITATION.to_owned(),
        csrf: "token".to_owned(),
        inviter: Some("Adele Vance".to_owned()),
        name: Some("Sam Rivera".to_owned()),
        address: "sam.rivera@fabrikam.example".to_owned(),
        host: Some("projects.contoso.com".to_owned()),
    }
}

/// (name, whether it stands under the organisation's head, page).
fn gallery(language: &'static Language) -> Vec<(&'static str, bool, Screen)> {
    let text = language.text;
    let time = (language.duration)(3600);
    let error = |notice| Screen::Message(Message::error(notice, Some(&time)));
    let farewell = |title: &str, lines: &[&'static str]| {
        Screen::Message(Message {
            title: title.to_owned(),
            paragraphs: lines
                .iter()
                .map(|line| Markup::fill(line, &[("organisation", "Contoso")]))
                .collect(),
            ..Message::default()
        })
    };
    let mut bare = landing();
    (bare.inviter, bare.message, bare.host, bare.code_waits) = (None, None, None, true);
    let mut spent = code(language, None);
    spent.resend = Resend {
        spent: true,
        left: 0,
        wait: None,
        reveal: None,
    };
    let mut void = code(language, None);
    (void.void, void.error) = (true, Some(text.code_void.to_owned()));
    let mut ready = code(language, None);
    (ready.resend.wait, ready.resend.reveal) = (None, None);
    let mut last = code(language, None);
    last.never = true;
    let onward = Screen::Message(Message {
        onward: Some(Onward::to("https://projects.contoso.com/".to_owned())),
        ..Message::error(&text.ended, None)
    });
    vec![
        ("landing", true, Screen::Landing(landing())),
        ("landing-bare", true, Screen::Landing(bare)),
        ("code", true, Screen::Code(code(language, None))),
        (
            "code-wrong",
            true,
            Screen::Code(code(language, Some(text.code_wrong))),
        ),
        ("code-spent", true, Screen::Code(spent)),
        ("code-void", true, Screen::Code(void)),
        ("code-ready", true, Screen::Code(ready)),
        ("code-never", true, Screen::Code(last)),
        ("used", false, onward),
        ("consent", true, Screen::Consent(consent())),
        (
            "never",
            true,
            Screen::Never(Never {
                invitation: INVITATION.to_owned(),
                csrf: "token".to_owned(),
                address: "s•••@f•••.example".to_owned(),
                code_waits: false,
                proven: true,
            }),
        ),
        (
            "never-first",
            true,
            Screen::Never(Never {
                invitation: INVITATION.to_owned(),
                csrf: "token".to_owned(),
                address: "s•••@f•••.example".to_owned(),
                code_waits: true,
                proven: false,
            }),
        ),
        (
            "done",
            true,
            farewell(
                &text.done_title.replace("{organisation}", "Contoso"),
                &[text.done_text, text.close],
            ),
        ),
        (
            "declined",
            true,
            farewell(
                text.declined_title,
                &[text.declined_text, text.declined_mind],
            ),
        ),
        ("not-valid", false, error(&text.not_valid)),
        ("ended", false, error(&text.ended)),
        ("reopen", false, error(&text.reopen)),
        ("many-codes", true, error(&text.many_codes)),
        ("unavailable", false, error(&text.unavailable)),
    ]
}

/// The value of an attribute in one tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

/// All start tags of one element.
fn tags<'a>(html: &'a str, element: &str) -> Vec<&'a str> {
    let open = format!("<{element}");
    html.match_indices(&open)
        .map(|(at, _)| html[at..].split_inclusive('>').next().unwrap())
        .filter(|tag| matches!(tag.as_bytes().get(open.len()), Some(b' ' | b'>')))
        .collect()
}

fn title(html: &str) -> &str {
    html.split_once("<title>")
        .unwrap()
        .1
        .split_once("</title>")
        .unwrap()
        .0
}

fn check_html(name: &str, language: &Language, html: &str) {
    let place = format!("{name} {}", language.tag);
    assert_eq!(tags(html, "h1").len(), 1, "{place}: one h1");
    assert_eq!(tags(html, "main").len(), 1, "{place}: one main");
    let root = tags(html, "html")[0];
    assert_eq!(attribute(root, "lang"), Some(language.tag), "{place}");
    assert_eq!(attribute(root, "dir"), Some(language.dir), "{place}");
    for input in tags(html, "input") {
        if attribute(input, "type") != Some("hidden") {
            let id = attribute(input, "id").unwrap();
            assert!(
                html.contains(&format!("<label for=\"{id}\">")),
                "{place}: label for {id}"
            );
            for described in attribute(input, "aria-describedby")
                .unwrap_or("")
                .split_whitespace()
            {
                assert!(
                    html.contains(&format!(" id=\"{described}\"")),
                    "{place}: {described}"
                );
            }
        }
    }
    for form in tags(html, "form") {
        let action = attribute(form, "action").unwrap();
        assert_eq!(attribute(form, "method"), Some("post"), "{place}");
        assert!(
            action.contains(&format!("?invitation={INVITATION}")),
            "{place}: {action}"
        );
    }
    assert_eq!(
        tags(html, "form").len(),
        html.matches("name=\"csrf\"").count(),
        "{place}: a token in each form"
    );
    // The policy forbids them; a page that needs them would be broken without a word.
    for forbidden in [
        "<script", " style=", " onclick", "<style", "http://", "https://",
    ] {
        assert!(!html.contains(forbidden), "{place}: {forbidden}");
    }
    for element in [
        "p", "section", "div", "form", "bdi", "button", "ol", "li", "dl", "main",
    ] {
        assert_eq!(
            tags(html, element).len(),
            html.matches(&format!("</{element}>")).count(),
            "{place}: {element} closed"
        );
    }
}

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .unwrap()
        .join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A page that finds its stylesheets as files beside it.
fn standalone(html: &str) -> String {
    let styles = tags(html, "link")
        .into_iter()
        .filter(|link| attribute(link, "rel") == Some("stylesheet"))
        .count();
    assert!(styles >= 1);
    html.replace("\"/assets/accent-", "\"accent-")
        .replace("\"/assets/vestibule-", "\"asset-vestibule-")
}

#[test]
fn every_page_in_every_language_is_whole() {
    let views = server::pages::views(None).unwrap();
    let folder = folder();
    for language in LANGUAGES {
        let mut titles = Vec::new();
        for (name, headed, screen) in gallery(language) {
            let organisation = organisation(None);
            let html = views
                .render(language, headed.then_some(&organisation), &screen)
                .unwrap();
            check_html(name, language, &html);
            if !matches!(
                name,
                "landing-bare"
                    | "code-spent"
                    | "code-void"
                    | "code-ready"
                    | "code-never"
                    | "never-first"
                    | "used"
            ) {
                titles.push(title(&html).to_owned());
            }
            std::fs::write(
                folder.join(format!("{name}.{}.html", language.tag)),
                standalone(&html),
            )
            .unwrap();
        }
        let all = titles.len();
        titles.sort();
        titles.dedup();
        assert_eq!(
            titles.len(),
            all,
            "{}: every step has its own title",
            language.tag
        );
    }
    for (name, body) in views.files() {
        std::fs::write(folder.join(format!("asset-{name}")), body).unwrap();
    }
}

#[test]
fn a_tenants_colour_comes_as_a_stylesheet_of_its_own() {
    let views = server::pages::views(None).unwrap();
    let html = views
        .render(
            LANGUAGES[0],
            Some(&organisation(Some("#E85D04"))),
            &Screen::Landing(landing()),
        )
        .unwrap();
    assert!(html.contains("<link rel=\"stylesheet\" href=\"/assets/accent-1-e85d04.css\">"));
}

#[test]
fn names_and_messages_are_text() {
    let views = server::pages::views(None).unwrap();
    let nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7 * 7 }}\u{202e}";
    let mut page = landing();
    page.inviter = Some(nasty.to_owned());
    page.message = Some(nasty.to_owned());
    let mut head = organisation(None);
    head.name = nasty.to_owned();
    let mut question = consent();
    question.name = Some(nasty.to_owned());
    let mut typed = code(LANGUAGES[0], Some("wrong"));
    typed.typed = nasty.to_owned();
    for screen in [
        Screen::Landing(page),
        Screen::Consent(question),
        Screen::Code(typed),
    ] {
        let html = views.render(LANGUAGES[0], Some(&head), &screen).unwrap();
        for forbidden in ["<script", "<img", "49"] {
            assert!(!html.contains(forbidden), "{forbidden} in {html}");
        }
        assert!(html.contains("{{ 7 * 7 }}"));
        assert_eq!(tags(&html, "h1").len(), 1);
    }
}

#[test]
fn an_operator_may_replace_a_template_and_a_broken_one_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("notice.html"),
        "<h1>{{ notice.title }}</h1>",
    )
    .unwrap();
    let views = server::pages::views(Some(folder.path())).unwrap();
    let notice = Screen::Message(Message {
        title: "a<b".to_owned(),
        ..Message::default()
    });
    assert_eq!(
        views.render(LANGUAGES[0], None, &notice).unwrap(),
        "<h1>a&lt;b</h1>"
    );
    std::fs::write(folder.path().join("code.html"), "{% if %}").unwrap();
    assert!(server::pages::views(Some(folder.path())).is_err());
}
