//! As much of a browser as a guest needs: cookies, redirects within a host, forms.

use std::path::Path;

use url::Url;

use super::client::{Answer, Client};
use super::form::{self, Form};
use crate::terminal::{Failure, printable};

/// Redirects followed in a row; our longest chain is one.
const MAX_REDIRECTS: usize = 5;

/// A page open in the browser.
pub struct Browser {
    client: Client,
    at: Option<Url>,
    page: String,
}

impl Browser {
    /// A new one, without cookies.
    pub fn new(ca: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self {
            client: Client::new(ca)?,
            at: None,
            page: String::new(),
        })
    }

    /// Opens a link.
    pub fn open(&mut self, link: &str) -> Result<(), Failure> {
        let url =
            Url::parse(link).map_err(|error| Failure::new("the link is no URL").because(error))?;
        let answer = self.client.get(url.as_str(), None)?;
        match self.follow(url, answer)? {
            None => Ok(()),
            Some(elsewhere) => {
                Err(Failure::new("the link leads to another site").because(printable(&elsewhere)))
            }
        }
    }

    /// Presses the first button whose text holds `word`. Answers where it led when that is another
    /// site or a page that is not ours to read; the page itself is then not fetched.
    pub fn press(&mut self, word: &str) -> Result<Option<String>, Failure> {
        let found = form::forms(&self.page).into_iter().find_map(|form| {
            let button = form
                .buttons
                .iter()
                .position(|button| button.text.to_lowercase().contains(word))?;
            Some((form, button))
        });
        let (form, button) =
            found.ok_or_else(|| self.unexpected(&format!("has no button that says {word:?}")))?;
        self.send(form, button)
    }

    /// Types a code into the field that asks for one, and presses that form's first button.
    pub fn type_code(&mut self, code: &str) -> Result<(), Failure> {
        let found = form::forms(&self.page)
            .into_iter()
            .find(|form| form.code_field.is_some());
        let mut form = found.ok_or_else(|| self.unexpected("asks for no code"))?;
        if let Some(field) = form.code_field.clone() {
            form.fill(&field, code);
        }
        match self.send(form, 0)? {
            None => Ok(()),
            Some(elsewhere) => {
                Err(Failure::new("the code leads to another site").because(printable(&elsewhere)))
            }
        }
    }

    /// The page's heading, for errors.
    pub fn heading(&self) -> String {
        let heading = self
            .page
            .split_once("<h1")
            .and_then(|(_, rest)| rest.split_once('>'))
            .map(|(_, rest)| rest);
        let text = heading
            .and_then(|rest| rest.split_once("</h1>"))
            .map_or("a page without a heading", |(text, _)| text);
        form::text(text)
    }

    fn send(&mut self, form: Form, button: usize) -> Result<Option<String>, Failure> {
        let at = self
            .at
            .clone()
            .ok_or_else(|| Failure::new("no page is open"))?;
        let target = at
            .join(&form.action)
            .map_err(|error| Failure::new("a form leads nowhere").because(error))?;
        let answer = self
            .client
            .post_form(target.as_str(), &form.pressed(button))?;
        self.follow(target, answer)
    }

    /// Follows redirects that stay below `/redeem` of the same origin; any other is the way out.
    fn follow(&mut self, mut at: Url, mut answer: Answer) -> Result<Option<String>, Failure> {
        for _ in 0..MAX_REDIRECTS {
            let Some(location) = answer
                .location
                .as_deref()
                .filter(|_| answer.status.is_redirection())
            else {
                self.page = answer.text;
                self.at = Some(at);
                return if answer.status.is_success() {
                    Ok(None)
                } else {
                    Err(self.unexpected(&format!("answered {}", answer.status)))
                };
            };
            let next = at
                .join(location)
                .map_err(|error| Failure::new("a redirect leads nowhere").because(error))?;
            if next.origin() != at.origin() || !next.path().starts_with("/redeem") {
                return Ok(Some(location.to_owned()));
            }
            answer = self.client.get(next.as_str(), None)?;
            at = next;
        }
        Err(Failure::new("the pages redirect without end"))
    }

    fn unexpected(&self, what: &str) -> Failure {
        let path = self.at.as_ref().map_or("", Url::path);
        Failure::new(format!("the page {path} {what}"))
            .because(format!("it says: {}", printable(&self.heading())))
    }
}
