//! Answers as they were when somebody last looked at them: each row of `docs/conformance.md` and
//! each route, in both manners, with status, headers and body. A change of the inside leaves the
//! files as they are; a change of an answer shows in them, line by line.
//!
//! What is drawn by chance (ids, tokens, tickets) stands as a placeholder, the same one for the
//! same value. Headers that nearly all answers have are told only where they are missing.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use axum::http::HeaderMap;
use directory::{Permission, Role};
use docs::conformance::SECTIONS;
use server::graph::routes::{Access, ROUTES, Route};
use testkit::{Reply, TestApp};

use crate::graph_conformance::Scene;
use crate::route_samples::{Sample, somebody};

/// Headers whose values are drawn for each request.
const DRAWN: [&str; 2] = ["request-id", "client-request-id"];
/// Headers that answers of Graph have: told only where an answer differs.
const USUAL: [&str; 6] = [
    "access-control-allow-origin: *",
    "client-request-id: {drawn}",
    "odata-version: 4.0",
    "request-id: {drawn}",
    "vary: Accept-Encoding",
    "x-content-type-options: nosniff",
];
/// Told by its name alone: the list is long, and a test of its own holds it
/// (`any_origin_may_ask_graph_and_nothing_else`).
const EXPOSED: &str = "access-control-expose-headers";
/// What stands before a text that is sealed or signed, and so different in every run.
const SEALED: [&str; 6] = [
    "$skiptoken=",
    "$deltatoken=",
    "ticket=",
    "\"access_token\":\"",
    "\"n\":\"",
    "\"kid\":\"",
];

/// Answers as text, with what was drawn by chance replaced.
#[derive(Default)]
struct Record {
    text: String,
    ids: HashMap<String, usize>,
}

impl Record {
    fn add(&mut self, what: &str, reply: &Reply) {
        let mut text = format!("### {what}\n{}\n", reply.status.as_u16());
        for line in headers(&reply.headers) {
            let _ = writeln!(text, "{line}");
        }
        let _ = match std::str::from_utf8(&reply.body) {
            Ok(body) => writeln!(text, "\n{body}\n"),
            Err(_) => writeln!(text, "\n{} bytes\n", reply.body.len()),
        };
        let text = self.numbered(&sealed(text));
        self.text.push_str(&text);
    }

    /// Ids, in either spelling, by the order in which they first occur.
    fn numbered(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut left = text;
        while let Some(next) = left.chars().next() {
            let id = [36, 32].into_iter().find_map(|length| {
                let id = left.get(..length)?;
                let is_id = uuid::Uuid::try_parse(id).is_ok() && !continues(left, length);
                (is_id && !continues_back(&out)).then_some(id)
            });
            if let Some(id) = id {
                let count = self.ids.len() + 1;
                let key = id.replace('-', "").to_lowercase();
                let number = *self.ids.entry(key).or_insert(count);
                let _ = write!(out, "{{id {number}}}");
                left = &left[id.len()..];
            } else {
                out.push(next);
                left = &left[next.len_utf8()..];
            }
        }
        out
    }
}

/// Whether a hexadecimal digit follows, so that what stands before is part of something longer.
fn continues(text: &str, length: usize) -> bool {
    let next = text.as_bytes().get(length);
    next.is_some_and(u8::is_ascii_hexdigit)
}

fn continues_back(text: &str) -> bool {
    let last = text.as_bytes().last();
    last.is_some_and(u8::is_ascii_hexdigit)
}

/// The headers by name that are not the usual ones, and the usual ones that are missing.
fn headers(headers: &HeaderMap) -> Vec<String> {
    let shown = headers.iter().map(|(name, value)| {
        let name = name.as_str();
        if name == EXPOSED {
            return name.to_owned();
        }
        let value = if DRAWN.contains(&name) {
            "{drawn}".into()
        } else {
            String::from_utf8_lossy(value.as_bytes())
        };
        format!("{name}: {value}")
    });
    let found: Vec<String> = shown.collect();
    let usual: Vec<&str> = USUAL.into_iter().chain([EXPOSED]).collect();
    let missing = usual
        .iter()
        .filter(|line| !found.iter().any(|own| own == *line));
    let mut lines: Vec<String> = missing.map(|line| format!("without {line}")).collect();
    lines.extend(
        found
            .iter()
            .filter(|line| !usual.contains(&line.as_str()))
            .cloned(),
    );
    lines.sort();
    lines
}

/// Puts a placeholder for each text that is sealed or signed.
fn sealed(mut text: String) -> String {
    for mark in SEALED {
        let parts = text.split(mark).enumerate().map(|(at, part)| {
            let is_sealed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            match at {
                0 => part.to_owned(),
                _ => format!("{mark}{{sealed}}{}", part.trim_start_matches(is_sealed)),
            }
        });
        text = parts.collect();
    }
    text
}

/// The routes in the order in which they were recorded, and new ones after them: ids are numbered
/// as they occur, and where a row stands among the others is no matter of its answer.
fn in_their_order(manner: &str) -> Vec<&'static Route> {
    let recorded = std::fs::read_to_string(path(manner)).unwrap_or_default();
    let places: HashMap<&str, usize> = recorded
        .lines()
        .enumerate()
        .filter_map(|(place, line)| Some((line.strip_prefix("### ")?, place)))
        .collect();
    let mut routes: Vec<&Route> = ROUTES.iter().collect();
    routes.sort_by_key(|route| {
        let heading = format!("{} v1.0/{}", route.method, route.pattern);
        places.get(heading.as_str()).copied().unwrap_or(usize::MAX)
    });
    routes
}

fn path(manner: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recorded/{manner}.txt"))
}

async fn record(manner: &str) -> String {
    let mut record = Record::default();
    for section in SECTIONS {
        let scene = Scene::over(TestApp::repeatable(manner).await).await;
        for row in section.rows {
            let reply = scene.send(&row.example).await;
            let what = format!("{}: {} – {:?}", section.title, row.what, row.example);
            record.add(&what, &reply);
        }
    }
    let app = TestApp::repeatable(manner).await;
    let token = app.token().await;
    for route in in_their_order(manner) {
        let me = somebody(&app, &token).await;
        let (me, acting) = if route.access == Access::Person {
            let roles = [Role::GlobalAdministrator];
            let acting = app.person_token(&me, Permission::ALL, &roles).await;
            (Some(me.as_str()), acting)
        } else {
            (None, token.clone())
        };
        let sample = Sample::of(&app, &token, route, me).await;
        for version in ["v1.0", "beta"] {
            let reply = sample.asking(&app, version).bearer(&acting).send().await;
            record.add(
                &format!("{} {version}/{}", route.method, route.pattern),
                &reply,
            );
        }
    }
    record.text
}

async fn compare(manner: &str) {
    let found = record(manner).await;
    let path = path(manner);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &found).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    if found != kept {
        let differs = found.lines().zip(kept.lines()).enumerate();
        let first = differs.clone().find(|(_, (found, kept))| found != kept);
        let (at, (found, kept)) = first.unwrap_or((0, ("longer or shorter", "")));
        panic!(
            "{manner}.txt, line {}: now {found:?}, recorded {kept:?}. If the new answer is right: \
             UPDATE_DOCS=1 cargo test -p server --test it graph_recorded",
            at + 1
        );
    }
}

#[tokio::test]
async fn friendly_answers_are_as_recorded() {
    compare("friendly").await;
}

#[tokio::test]
async fn strict_answers_are_as_recorded() {
    compare("strict").await;
}
