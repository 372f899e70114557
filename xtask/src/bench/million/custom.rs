//! The questions of the `million` benchmark at both sizes, in a tenant with a hundred definitions
//! of its own, and further questions with conditions on these own properties.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::loaded::Loaded;
use super::people::{Person, mixed};
use super::questions::{self, Question, each, encoded};
use crate::bench::figures::Target;

/// How many definitions the tenant has.
const DEFINITIONS: u64 = 100;
/// The first definitions, which the conditions use. Everybody has a value of the first two, half of
/// the people have a value of each other one.
const FILTERED: u64 = 10;
/// How many different values the third to the tenth definition have.
const DIFFERENT: u64 = 1_000;

/// What the names of the tenant's definitions begin with.
#[derive(Clone, Debug)]
pub(super) struct Own(String);

/// Each person's own value.
const BADGE: u64 = 0;
/// The display name: as many people share its beginnings as share those of `displayName`.
const NAME: u64 = 1;

/// Conditions on a directory extension.
pub(super) const QUESTIONS: &[&Question] = &[
    &Question {
        name: "eq on a directory extension",
        prepare: |directory| {
            let own = directory.own()?;
            Ok(each(directory, move |person| {
                let name = own.name(BADGE);
                format!("/v1.0/users?$filter={name}%20eq%20'{}'", badge(person))
            }))
        },
    },
    &Question {
        name: "startswith(a directory extension), 100",
        prepare: |directory| {
            let (own, people) = (directory.own()?, directory.people);
            Ok(each(directory, move |person| {
                let (name, prefix) = (own.name(NAME), questions::prefix(person, people));
                let prefix = encoded(&prefix);
                format!("/v1.0/users?$filter=startswith({name},'{prefix}')&$top=100")
            }))
        },
    },
];

impl Own {
    /// Makes the definitions, as the app of the running server.
    ///
    /// # Errors
    /// One was refused.
    pub(super) fn define(target: &Target) -> Result<Self> {
        let app = target.dev.get("CLIENT_ID");
        let url = |path: &str| format!("http://{}/v1.0/{path}", target.host);
        let bearer = format!("Bearer {}", target.token);
        let found: Value = ureq::get(url(&format!("applications(appId='{app}')")))
            .header("Authorization", &bearer)
            .call()?
            .body_mut()
            .read_json()?;
        let id = found["id"].as_str().context("no application")?;
        for number in 0..DEFINITIONS {
            ureq::post(url(&format!("applications/{id}/extensionProperties")))
                .header("Authorization", &bearer)
                .send_json(json!({
                    "name": format!("own{number}"), "dataType": "String", "targetObjects": ["User"],
                }))?;
        }
        Ok(Self(format!("extension_{}_own", app.replace('-', ""))))
    }

    fn name(&self, number: u64) -> String {
        format!("{}{number}", self.0)
    }

    /// The person as one line of NDJSON, with some seven values of own properties.
    pub(super) fn json(&self, person: &Person) -> String {
        let mut line = person.json();
        line.pop();
        let mut member = |number, value: &str| {
            // Writing into a String does not fail.
            let _ = write!(line, ",\"{}\":{}", self.name(number), Value::from(value));
        };
        member(BADGE, &badge(person));
        member(NAME, &person.display);
        for number in NAME + 1..FILTERED {
            if mixed(person.number, 100 + number).is_multiple_of(2) {
                let value = mixed(person.number, 200 + number) % DIFFERENT;
                member(number, &format!("Value {value}"));
            }
        }
        let other = FILTERED + mixed(person.number, 300) % (DEFINITIONS - FILTERED);
        member(other, "Seldom asked for");
        line.push('}');
        line
    }
}

fn badge(person: &Person) -> String {
    format!("B-{}", person.number)
}

/// Measures the questions at both sizes, with disk and memory.
///
/// # Errors
/// A server did not start or did not answer as it must.
pub(in crate::bench) fn run() -> Result<()> {
    let small = Loaded::load_with_definitions(super::SMALL)?;
    let large = Loaded::load_with_definitions(*super::LARGE)?;
    println!("  {DEFINITIONS} definitions, some seven values of them a person");
    for directory in [&small, &large] {
        directory.tell()?;
    }
    super::size(&small, &large, questions::ALL)?;
    super::size(&small, &large, QUESTIONS)?;
    super::memory(&large)
}
