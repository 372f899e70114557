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
use super::text::{LANGUAGES, Language, Notice, Text};
use crate::templates::{TemplateFault, check_variables, files, names_in};

/// What every room's pages stand in.
const FRAME: [(&str, &str); 2] = [
    ("page.html", include_str!("templates/page.html")),
    ("notice.html", include_str!("templates/notice.html")),
];

/// The files beside the templates that an operator's folder may hold.
const ASSETS: [&str; 2] = ["vestibule.css", "vestibule.svg"];

/// Whose page it is: what stands at its head.
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

/// One page with what it shows. Each room of pages has its own.
pub trait Page {
    /// The template.
    fn template(&self) -> &'static str;

    /// Which of how many steps it is, where the person counts them.
    fn steps(&self) -> (Option<u8>, u8);

    /// The title, which ends with the organisation's name or has it inside.
    fn title(&self, text: &Text, organisation: &str) -> String;

    /// Whether something is wrong, which the title then says first.
    fn is_wrong(&self) -> bool;

    /// What the template sees.
    fn values(&self, frame: &Frame<'_>) -> Value;
}

/// A title, and whose page it is.
pub(in crate::pages) fn titled(title: &str, organisation: &str) -> String {
    if organisation.is_empty() {
        title.to_owned()
    } else {
        format!("{title} – {organisation}")
    }
}

impl Page for Message {
    fn template(&self) -> &'static str {
        "notice.html"
    }

    fn steps(&self) -> (Option<u8>, u8) {
        (None, 0)
    }

    fn title(&self, _: &Text, organisation: &str) -> String {
        // A title that names the organisation itself does not need it twice.
        if !organisation.is_empty() && self.title.contains(organisation) {
            return self.title.clone();
        }
        titled(&self.title, organisation)
    }

    fn is_wrong(&self) -> bool {
        self.alert
    }

    fn values(&self, frame: &Frame<'_>) -> Value {
        frame.around(&Notices { notice: self })
    }
}

/// What a room of pages brings along.
pub(in crate::pages) struct Templates {
    /// Each template, by the name an operator may replace it under.
    pub files: &'static [(&'static str, &'static str)],
    /// One page of each kind, with all that a page can show and with as little as it can show.
    pub samples: fn() -> Vec<Sample>,
}

/// Whose page, and the page: what an operator's templates are tried out with.
pub(in crate::pages) type Sample = (Option<Organisation>, Box<dyn Page>);

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
    pub(in crate::pages) fn load(
        folder: Option<&Path>,
        rooms: &[Templates],
    ) -> Result<Self, TemplateFault> {
        let templates = || {
            let rooms = rooms.iter().flat_map(|room| room.files.iter().copied());
            FRAME.into_iter().chain(rooms)
        };
        let names: Vec<_> = templates().map(|(name, _)| name).chain(ASSETS).collect();
        let files = match folder {
            Some(folder) => files(folder, &names, &["mail"])?,
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
        for (name, source) in templates() {
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
            let samples: Vec<_> = rooms.iter().flat_map(|room| (room.samples)()).collect();
            views.try_out(base, &files, &samples)?;
        }
        Ok(views)
    }

    /// Looks for variables there are not, and renders every page in every language.
    fn try_out(
        &self,
        folder: &Path,
        files: &[(&'static str, String)],
        samples: &[Sample],
    ) -> Result<(), TemplateFault> {
        let is_page = |name: &str| Path::new(name).extension().is_some_and(|end| end == "html");
        for (name, source) in files.iter().filter(|(name, _)| is_page(name)) {
            let mut known = BTreeSet::new();
            for (organisation, screen) in samples {
                let [first, ..] = LANGUAGES;
                let (template, values) = self.values(first, organisation.as_ref(), &**screen);
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
        for (organisation, screen) in samples {
            for language in LANGUAGES {
                self.render(language, organisation.as_ref(), &**screen)
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
        page: &dyn Page,
    ) -> Result<String, minijinja::Error> {
        let (template, values) = self.values(language, organisation, page);
        self.environment.get_template(template)?.render(values)
    }

    /// The template of a page, and what it sees.
    fn values(
        &self,
        language: &'static Language,
        organisation: Option<&Organisation>,
        page: &dyn Page,
    ) -> (&'static str, Value) {
        let text = language.text;
        let name = organisation.map_or("", |o| o.name.as_str());
        let (step, steps) = page.steps();
        let title = page.title(text, name);
        // Who looks at tabs, or listens to a page, learns from the title already that something is
        // wrong.
        let title = if page.is_wrong() {
            plain(text.error_title, &[("title", &title)])
        } else {
            title
        };
        let head = Head {
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
            steps,
        };
        let frame = Frame {
            page: head,
            t: text,
            organisation: name,
        };
        (page.template(), page.values(&frame))
    }
}

/// What every template sees beside its own page.
#[derive(Serialize)]
pub struct Frame<'a> {
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
    /// The page's own values, with the frame's.
    pub(in crate::pages) fn around(&self, own: &impl Serialize) -> Value {
        Value::from(Serde(Whole { frame: self, own }))
    }
}

/// The first letter or digit of a name, as a capital; a dot where it has none.
fn monogram(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
}
