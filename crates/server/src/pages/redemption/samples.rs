//! One page of each kind, with all that a page can show and with as little as it can show: what an
//! operator's templates are tried out with.

use super::screens::{CodeEntry, Consent, Landing, Never, Resend, Screen};
use crate::pages::shell::accent::Colour;
use crate::pages::shell::view::{Markup, Message, Onward, Organisation, Sample};

/// Each page twice, and whose it is.
pub(super) fn samples() -> Vec<Sample> {
    let organisation = |is_full: bool| Organisation {
        name: "Contoso".to_owned(),
        domain: is_full.then(|| "contoso.example".to_owned()),
        accent: Colour::parse("#0f5f4b").filter(|_| is_full),
        logo: is_full.then(|| "/assets/logo.png".to_owned()),
    };
    let mut found: Vec<Sample> = Vec::new();
    for is_full in [true, false] {
        for screen in screens(is_full) {
            found.push((Some(organisation(is_full)), Box::new(screen)));
        }
    }
    let bare = Message {
        title: "Title".to_owned(),
        ..Message::default()
    };
    found.push((None, Box::new(Screen::Message(bare))));
    found
}

fn screens(is_full: bool) -> [Screen; 5] {
    let invitation = || "00000000-0000-0000-0000-000000000000".to_owned();
    let csrf = || "token".to_owned();
    let address = || "s\u{2022}\u{2022}\u{2022}@f\u{2022}\u{2022}\u{2022}.example".to_owned();
    let text = |text: &str| is_full.then(|| text.to_owned());
    [
        Screen::Landing(Landing {
            invitation: invitation(),
            csrf: csrf(),
            inviter: text("Adele Vance"),
            address: address(),
            message: text("Welcome."),
            host: text("app.contoso.example"),
            code_waits: is_full,
        }),
        Screen::Code(CodeEntry {
            invitation: invitation(),
            csrf: csrf(),
            address: address(),
            suffix: "",
            never: is_full,
            life: "10 minutes".to_owned(),
            digits: "8".to_owned(),
            typed: "1234".to_owned(),
            error: text("Wrong."),
            guesses_left: is_full.then_some(3),
            void: false,
            resend: Resend {
                spent: false,
                left: 1,
                wait: text("60 seconds"),
                reveal: is_full.then_some(60),
            },
        }),
        Screen::Consent(Consent {
            invitation: invitation(),
            csrf: csrf(),
            inviter: text("Adele Vance"),
            name: text("Sam Rivera"),
            address: address(),
            host: text("app.contoso.example"),
        }),
        Screen::Never(Never {
            invitation: invitation(),
            csrf: csrf(),
            address: address(),
            code_waits: is_full,
            proven: !is_full,
        }),
        Screen::Message(Message {
            title: "Title".to_owned(),
            paragraphs: vec![Markup::fill("Text.", &[])],
            next: text("Next."),
            alert: is_full,
            invitation: is_full.then(invitation),
            onward: is_full.then(|| Onward::to("https://app.contoso.example/".to_owned())),
        }),
    ]
}
