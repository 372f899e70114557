//! The pages as templates: what each may show, and its rendering.

use std::collections::BTreeSet;
use std::path::Path;

use directory::MailPicture;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;

use super::accent::Colour;
use super::assets::Assets;
use super::fill::{self, plain};
use super::samples;
use super::text::{LANGUAGES, Language, Notice, Text};
use crate::templates::{TemplateFault, check_variables, files, names_in};

/// Steps that a person counts: see the invitation, enter the code, answer.
const STEPS: u8 = 3;

/// Every template, by the name an operator may replace it under.
const TEMPLATES: [(&str, &str); 6] = [
    ("page.html", include_str!("templates/page.html")),
    (
        "landing.html",
        include_str!("../redemption/templates/landing.html"),
    ),
    (
        "code.html",
        include_str!("../redemption/templates/code.html"),
    ),
    (
        "consent.html",
        include_str!("../redemption/templates/consent.html"),
    ),
    (
        "never.html",
        include_str!("../redemption/templates/never.html"),
    ),
    ("notice.html", include_str!("templates/notice.html")),
];

/// The files that an operator's folder may hold.
const NAMES: [&str; 8] = [
    "page.html",
    "landing.html",
    "code.html",
    "consent.html",
    "never.html",
    "notice.html",
    "vestibule.css",
    "vestibule.svg",
];

/// Who invites: what stands at the head of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organisation {
    /// Display name of the tenant.
    pub name: String,
    /// Its main domain, by which a careful reader recognises it.
    pub domain: Option<String>,
    /// Its accent colour, as wished.
    pub accent: Option<Colour>,
    /// Address of its logo.
    pub logo: Option<String>,
}

/// First page: who invites whom to what.
#[derive(Clone, Debug, Serialize)]
pub struct Landing {
    /// Invitation id, in every step's address.
    pub invitation: String,
    /// Token of the forms before the proof.
    pub csrf: String,
    /// Display name of the person who invited, from the directory (T-20).
    pub inviter: Option<String>,
    /// Masked (T-6).
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
    /// What the forms' addresses have behind the invitation.
    pub suffix: &'static str,
    /// Whether the code leads to "do not invite me again".
    pub never: bool,
    /// How long a code works, in words.
    pub life: String,
    /// How many digits it has.
    pub digits: String,
    /// What was typed last time.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Tries left with this code, once one was wrong.
    pub guesses_left: Option<u32>,
    /// The code works no longer: there is nothing to type, only a new one to ask for.
    pub void: bool,
    /// Whether and when a further code may be asked for.
    pub resend: Resend,
}

/// Whether a further code may be asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Resend {
    /// Not from this browser any more.
    pub spent: bool,
    /// How many more from this browser.
    pub left: u32,
    /// In words; absent: now.
    pub wait: Option<String>,
    /// Seconds after which the page shows the button that works, where that is soon.
    pub reveal: Option<u64>,
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
    /// A code that still works was sent to this visit.
    pub code_waits: bool,
    /// Whether the mailbox is proved; if not, the page offers the code first.
    pub proven: bool,
}

/// A sentence of the catalogue as HTML, its values escaped and isolated. There is no other way to
/// make one.
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
    /// Where whoever accepted goes on.
    pub onward: Option<Onward>,
}

/// A link out of the pages.
#[derive(Clone, Debug, Serialize)]
pub struct Onward {
    /// Scheme and host.
    pub url: String,
    /// The host, as shown.
    pub host: String,
}

impl Onward {
    /// To the front page of a host.
    pub fn to(url: String) -> Self {
        let host = url
            .split_once("://")
            .map_or(url.as_str(), |(_, rest)| rest)
            .trim_end_matches('/')
            .to_owned();
        Self { url, host }
    }
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
            onward: None,
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
    logo: Option<&'a str>,
}

/// The templates, parsed once at start.
pub struct Views {
    environment: Environment<'static>,
    assets: Assets,
}

impl Views {
    /// Parses the embedded templates, each replaced by the operator's file of the same name where
    /// `folder` has one. Every page is tried out with them: a slip stops the start, not a guest.
    ///
    /// # Errors
    /// [`TemplateFault`], which names file and line.
    pub fn load(folder: Option<&Path>) -> Result<Self, TemplateFault> {
        let files = match folder {
            Some(folder) => files(folder, &NAMES, &["mail"])?,
            None => Vec::new(),
        };
        let own = |name: &str| {
            let found = files.iter().find(|(known, _)| *known == name);
            found.map(|(_, text)| text.clone())
        };
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        fill::install(&mut environment);
        let base = folder.unwrap_or(Path::new("."));
        for (name, source) in TEMPLATES {
            let parsed = match own(name) {
                Some(own) => environment.add_template_owned(name, own),
                None => environment.add_template(name, source),
            };
            parsed.map_err(|error| TemplateFault::of(base, &error))?;
        }
        let views = Self {
            environment,
            assets: Assets::new(own("vestibule.css"), own("vestibule.svg")),
        };
        if !files.is_empty() {
            views.try_out(base, &files)?;
        }
        Ok(views)
    }

    /// Looks for variables there are not, and renders every page in every language.
    fn try_out(
        &self,
        folder: &Path,
        files: &[(&'static str, String)],
    ) -> Result<(), TemplateFault> {
        let samples = samples::samples();
        let is_page = |name: &str| Path::new(name).extension().is_some_and(|end| end == "html");
        for (name, source) in files.iter().filter(|(name, _)| is_page(name)) {
            let mut known = BTreeSet::new();
            for (organisation, screen) in &samples {
                let [first, ..] = LANGUAGES;
                let (template, values) = self.values(first, organisation.as_ref(), screen);
                // The frame is part of every page, and may ask for what all of them have.
                if *name == template {
                    known.extend(names_in(&values));
                } else if *name == "page.html" {
                    let names = names_in(&values);
                    let shared = |name: &String| {
                        ["page", "t", "organisation"]
                            .contains(&name.split('.').next().unwrap_or(name))
                    };
                    known.extend(names.into_iter().filter(shared));
                }
            }
            check_variables(&self.environment, (folder, name, source), &known)?;
        }
        for (organisation, screen) in &samples {
            for language in LANGUAGES {
                self.render(language, organisation.as_ref(), screen)
                    .map_err(|error| TemplateFault::of(folder, &error))?;
            }
        }
        Ok(())
    }

    /// Serves a tenant's logo; its address.
    pub(in crate::pages) fn serve_logo(&mut self, picture: &MailPicture) -> String {
        self.assets.serve_logo(picture)
    }

    pub(in crate::pages) fn assets(&self) -> &Assets {
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
        let (template, values) = self.values(language, organisation, screen);
        self.environment.get_template(template)?.render(values)
    }

    /// The template of a page, and what it sees.
    fn values(
        &self,
        language: &'static Language,
        organisation: Option<&Organisation>,
        screen: &Screen,
    ) -> (&'static str, Value) {
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
                logo: o.logo.as_deref(),
            }),
            step,
            steps: STEPS,
        };
        let frame = Frame {
            page,
            t: language.text,
            organisation: organisation.map_or("", |o| &o.name),
        };
        let values = match screen {
            Screen::Landing(landing) => frame.around(landing),
            Screen::Code(code) => frame.around(code),
            Screen::Consent(consent) => frame.around(consent),
            Screen::Never(never) => frame.around(never),
            Screen::Message(notice) => frame.around(&Notices { notice }),
        };
        (template, values)
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
    let (template, step, title) = match screen {
        Screen::Landing(_) => ("landing.html", Some(1), filled(text.landing_title)),
        Screen::Code(_) => ("code.html", Some(2), titled(text.code_title)),
        Screen::Consent(_) => ("consent.html", Some(3), filled(text.consent_title)),
        Screen::Never(_) => ("never.html", None, filled(text.never_title)),
        // A title that names the organisation itself does not need it twice.
        Screen::Message(message) if !name.is_empty() && message.title.contains(name) => {
            ("notice.html", None, message.title.clone())
        }
        Screen::Message(message) => ("notice.html", None, titled(&message.title)),
    };
    // Who looks at tabs, or listens to a page, learns from the title already that something is
    // wrong.
    let wrong = match screen {
        Screen::Code(code) => code.error.is_some() || code.void,
        Screen::Message(message) => message.alert,
        Screen::Landing(_) | Screen::Consent(_) | Screen::Never(_) => false,
    };
    let title = if wrong {
        plain(text.error_title, &[("title", &title)])
    } else {
        title
    };
    (template, step, title)
}

/// The first letter or digit of a name, as a capital; a dot where it has none.
fn monogram(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
}
