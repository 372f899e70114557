//! The pages as templates: what each may show, and its rendering.

use std::io;
use std::path::Path;

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::accent::Colour;
use super::assets::{Assets, replaced};
use super::fill::{self, plain};
use super::text::{Language, Notice, Text};

/// Steps that a person counts: see the invitation, enter the code, answer.
const STEPS: u8 = 3;

/// Every template, by the name an operator may replace it under.
const TEMPLATES: [(&str, &str); 6] = [
    ("page.html", include_str!("templates/page.html")),
    ("landing.html", include_str!("templates/landing.html")),
    ("code.html", include_str!("templates/code.html")),
    ("consent.html", include_str!("templates/consent.html")),
    ("never.html", include_str!("templates/never.html")),
    ("notice.html", include_str!("templates/notice.html")),
];

/// Why the pages cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The operator's folder could not be read.
    #[error("reading the folder of page templates: {0}")]
    Read(#[from] io::Error),
    /// A template does not parse.
    #[error("page template: {0}")]
    Syntax(#[from] minijinja::Error),
}

/// Who invites: what stands at the head of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Display name of the tenant.
    pub name: String,
    /// Its main domain, by which a careful reader recognises it.
    pub domain: Option<String>,
    /// Its accent colour, as wished.
    pub accent: Option<Colour>,
}

/// First page: who invites whom to what.
#[derive(Clone, Debug, Serialize)]
pub struct Landing {
    /// Invitation id, in every step's address.
    pub invitation: String,
    /// Token of the forms before the proof.
    pub csrf: String,
    /// Display name of the person who invited, from the directory (threat B13).
    pub inviter: Option<String>,
    /// Masked (threat B6).
    pub address: String,
    /// The inviter's own words.
    pub message: Option<String>,
    /// Where the person goes at the end; absent for our own last page.
    pub host: Option<String>,
    /// A code that still works was sent to this visit.
    pub code_waits: bool,
}

/// Second page: the code.
#[derive(Clone, Debug, Serialize)]
pub struct CodeEntry {
    /// Invitation id.
    pub invitation: String,
    /// Token of the forms before the proof.
    pub csrf: String,
    /// Masked.
    pub address: String,
    /// How long a code works, in words.
    pub life: String,
    /// What was typed last time.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<&'static str>,
    /// Whether and when a further code may be asked for.
    pub resend: Resend,
}

/// Whether a further code may be asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Resend {
    /// Not from this browser any more.
    pub spent: bool,
    /// In words; absent: now.
    pub wait: Option<String>,
}

/// Third page: the question.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Invitation id.
    pub invitation: String,
    /// Token of the forms after the proof.
    pub csrf: String,
    /// Display name of the person who invited.
    pub inviter: Option<String>,
    /// The guest's name in the directory.
    pub name: Option<String>,
    /// Whole: the mailbox is proved.
    pub address: String,
    /// Where Accept leads; absent for our own last page.
    pub host: Option<String>,
}

/// Asks again before no more invitations are sent.
#[derive(Clone, Debug, Serialize)]
pub struct Never {
    /// Invitation id.
    pub invitation: String,
    /// Token of the page's form.
    pub csrf: String,
    /// Masked.
    pub address: String,
    /// Whether the mailbox is proved; if not, the page offers the code first.
    pub proven: bool,
}

/// A sentence of the catalogue as HTML, its values escaped and isolated. There is no other way to make one.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Markup(String);

impl Markup {
    /// Fills `{name}` places.
    pub fn fill(sentence: &'static str, values: &[(&str, &str)]) -> Self {
        Self(fill::html(sentence, values))
    }
}

/// An error or a farewell.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Message {
    /// Heading and title.
    pub title: String,
    /// What happened.
    pub paragraphs: Vec<Markup>,
    /// What to do now.
    pub next: Option<String>,
    /// An error that a screen reader says at once.
    pub alert: bool,
    /// The invitation whose first page is the way back.
    pub invitation: Option<String>,
}

impl Message {
    /// An error of the catalogue; `{time}` in its advice is filled.
    pub fn error(notice: &'static Notice, time: Option<&str>) -> Self {
        let values = [("time", time.unwrap_or(""))];
        Self {
            title: notice.title.to_owned(),
            paragraphs: vec![Markup::fill(notice.text, &[])],
            next: Some(plain(notice.next, &values)),
            alert: true,
            invitation: None,
        }
    }
}

/// One page with what it shows.
#[derive(Clone, Debug)]
pub enum Screen {
    /// First page.
    Landing(Landing),
    /// Second page.
    Code(CodeEntry),
    /// Third page.
    Consent(Consent),
    /// The quiet way out.
    Never(Never),
    /// Errors and farewells.
    Message(Message),
}

#[derive(Serialize)]
struct Head<'a> {
    lang: &'static str,
    dir: &'static str,
    title: String,
    icon: String,
    stylesheet: String,
    accent: Option<String>,
    organisation: Option<Letterhead<'a>>,
    step: Option<u8>,
    steps: u8,
}

#[derive(Serialize)]
struct Letterhead<'a> {
    monogram: String,
    name: &'a str,
    domain: Option<&'a str>,
}

/// The templates, parsed once at start.
pub struct Views {
    environment: Environment<'static>,
    assets: Assets,
}

impl Views {
    /// Parses the embedded templates, each replaced by the operator's file of the same name where
    /// `folder` has one. A template that does not parse stops the start, not a guest.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        fill::install(&mut environment);
        for (name, source) in TEMPLATES {
            match replaced(folder, name)? {
                Some(own) => environment.add_template_owned(name, own)?,
                None => environment.add_template(name, source)?,
            }
        }
        Ok(Self {
            environment,
            assets: Assets::load(folder)?,
        })
    }

    pub(super) fn assets(&self) -> &Assets {
        &self.assets
    }

    /// Name and text of every served file.
    pub fn files(&self) -> [(&str, &str); 2] {
        self.assets.files()
    }

    /// The page as HTML.
    pub fn render(
        &self,
        language: &'static Language,
        organisation: Option<&Organisation>,
        screen: &Screen,
    ) -> Result<String, minijinja::Error> {
        let (template, step, title) = outline(language, organisation, screen);
        let page = Head {
            lang: language.tag,
            dir: language.dir,
            title,
            icon: self.assets.icon(),
            stylesheet: self.assets.stylesheet(),
            accent: organisation.and_then(|o| o.accent).map(Assets::accent),
            organisation: organisation.map(|o| Letterhead {
                monogram: monogram(&o.name),
                name: &o.name,
                domain: o.domain.as_deref(),
            }),
            step,
            steps: STEPS,
        };
        let template = self.environment.get_template(template)?;
        let frame = Frame {
            page,
            t: language.text,
            organisation: organisation.map_or("", |o| &o.name),
        };
        match screen {
            Screen::Landing(landing) => template.render(frame.around(landing)),
            Screen::Code(code) => template.render(frame.around(code)),
            Screen::Consent(consent) => template.render(frame.around(consent)),
            Screen::Never(never) => template.render(frame.around(never)),
            Screen::Message(notice) => template.render(frame.around(&Notices { notice })),
        }
    }
}

/// What every template sees beside its own page.
#[derive(Serialize)]
struct Frame<'a> {
    page: Head<'a>,
    t: &'static Text,
    organisation: &'a str,
}

#[derive(Serialize)]
struct Notices<'a> {
    notice: &'a Message,
}

#[derive(Serialize)]
struct Whole<'a, P: Serialize> {
    #[serde(flatten)]
    frame: &'a Frame<'a>,
    #[serde(flatten)]
    own: &'a P,
}

impl Frame<'_> {
    fn around(&self, own: &impl Serialize) -> Value {
        Value::from(Serde(Whole { frame: self, own }))
    }
}

/// Template, step and title of a screen.
fn outline(
    language: &Language,
    organisation: Option<&Organisation>,
    screen: &Screen,
) -> (&'static str, Option<u8>, String) {
    let text = language.text;
    let name = organisation.map_or("", |o| o.name.as_str());
    let titled = |title: &str| {
        if name.is_empty() {
            title.to_owned()
        } else {
            format!("{title} – {name}")
        }
    };
    let filled = |title: &str| plain(title, &[("organisation", name)]);
    match screen {
        Screen::Landing(_) => ("landing.html", Some(1), filled(text.landing_title)),
        Screen::Code(_) => ("code.html", Some(2), titled(text.code_title)),
        Screen::Consent(_) => ("consent.html", Some(3), filled(text.consent_title)),
        Screen::Never(_) => ("never.html", None, filled(text.never_title)),
        Screen::Message(message) => ("notice.html", None, titled(&message.title)),
    }
}

/// The first letter or digit of a name, as a capital; a dot where it has none.
fn monogram(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
}
