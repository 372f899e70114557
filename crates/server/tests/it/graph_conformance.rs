//! The table behind `docs/conformance.md`, sent row by row: what it says is what is answered.

use axum::http::{Method, StatusCode};
use docs::conformance::{Answer, Example, Row, SECTIONS};
use jiff::SignedDuration;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};
use server::graph::routes::ROUTES;
use testkit::{Reply, TestApp};

use crate::samples::reference;

/// What cannot stand in a URL as it is read.
pub(crate) const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'+');

/// A directory of four, and what stands for the names in examples.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    token: String,
    names: [(&'static str, String); 6],
}

impl Scene {
    async fn of(manner: &str) -> Self {
        Self::over(TestApp::in_manner(manner).await).await
    }

    /// The scene in a server that is there.
    pub(crate) async fn over(app: TestApp) -> Self {
        let token = app.token().await;
        let bert = create(&app, &token, "users", &person("bert")).await;
        let mut cleo = person("cleo");
        cleo["accountEnabled"] = json!(false);
        cleo["companyName"] = json!("Contoso");
        create(&app, &token, "users", &cleo).await;
        let guest = json!({
            "invitedUserEmailAddress": "sam@fabrikam.example",
            "inviteRedirectUrl": "https://app.example",
        });
        let invitation = create(&app, &token, "invitations", &guest).await;
        app.advance(SignedDuration::from_mins(1));
        let mut adele = person("adele");
        for (name, value) in [
            ("displayName", json!("Adele Vance")),
            ("department", json!("Retail")),
            ("jobTitle", json!("Retail Manager")),
            ("companyName", json!("Microsoft")),
            ("city", json!("Pune")),
            ("businessPhones", json!(["+1 425 555 0109"])),
            ("otherMails", json!(["adele@home.example"])),
            ("employeeOrgData", json!({ "division": "North" })),
            ("manager@odata.bind", json!(format!("users/{bert}"))),
        ] {
            adele[name] = value;
        }
        let adele = create(&app, &token, "users", &adele).await;
        let names = [
            ("{id}", adele),
            ("{other}", bert),
            ("{invitation}", invitation),
            ("{tenant}", app.tenant.id.0.to_string()),
            ("{client}", app.tenant.client_id.to_string()),
            ("{secret}", app.tenant.secret.clone()),
        ];
        Self { app, token, names }
    }

    pub(crate) async fn send(&self, example: &Example) -> Reply {
        let named = |text: &str| {
            let texts = self.names.iter();
            texts.fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
        };
        let target = named(example.target);
        let target = match target.strip_prefix('/') {
            Some(_) => target,
            None => format!("/v1.0/{target}"),
        };
        let target = utf8_percent_encode(&target, ENCODED).to_string();
        let method: Method = example.method.parse().unwrap();
        let mut asking = self.app.ask(method, &target).bearer(&self.token);
        if !example.body.is_empty() {
            asking = asking.json_text(&named(example.body));
        }
        for header in example.headers {
            let (name, value) = header.split_once(": ").unwrap();
            asking = match value {
                "" => asking.without(name),
                _ => asking.header(name, value),
            };
        }
        asking.send().await
    }
}

/// Somebody without a password, which takes a while to hash.
fn person(name: &str) -> Value {
    let identity =
        json!({ "signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": name });
    json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "identities": [identity],
    })
}

/// Creates an object by POST; its id.
async fn create(app: &TestApp, token: &str, set: &str, body: &Value) -> String {
    let asking = app.post(&format!("/v1.0/{set}")).bearer(token).json(body);
    let reply = asking.send().await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// What is wrong with an answer, if something is.
fn judged(row: &Row, finds: bool, reply: &Reply) -> Option<String> {
    let Row { status, answer, .. } = *row;
    if reply.status.as_u16() != status {
        return Some(format!(
            "{} and not {status}: {}",
            reply.status,
            reply.text()
        ));
    }
    if status >= 400 {
        let (code, message) = reply.error();
        if code.is_empty() || message.is_empty() {
            return Some(format!("no Graph error: {}", reply.text()));
        }
        // Errors of OAuth have no details.
        let is_graphs = reply.json()["error"].is_object();
        if status == 501 && is_graphs && reply.targets().iter().all(String::is_empty) {
            return Some(format!("501 that names nothing: {}", reply.text()));
        }
        return None;
    }
    if answer == Answer::Refused {
        return Some("refused, with a success".to_owned());
    }
    let note = reply.header("x-vestibule-note");
    let is_query = row.example.method == "GET";
    if answer == Answer::Wider && is_query && note.is_empty() {
        return Some("wider than documented, and no note says so".to_owned());
    }
    if answer == Answer::Served && is_query && note.contains("documented service") {
        return Some(format!("as documented, and yet noted: {note}"));
    }
    let found = reply.body.first() == Some(&b'{') && finds;
    let found = found.then(|| reply.json()["value"].as_array().map(Vec::len));
    match found.flatten() {
        Some(0 | 4..) => Some(format!("a condition that divides nobody: {}", reply.text())),
        _ => None,
    }
}

#[tokio::test]
async fn every_row_is_answered_as_it_says() {
    let mut wrong = Vec::new();
    for section in SECTIONS {
        let scene = Scene::of("friendly").await;
        for row in section.rows {
            let reply = scene.send(&row.example).await;
            if let Some(fault) = judged(row, section.finds, &reply) {
                wrong.push(format!(
                    "{}: {} {:?}: {fault}",
                    section.title, row.what, row.example
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of an answer's members: what is passed over is missing among them.
fn members(reply: &Reply) -> Vec<String> {
    let body = reply.json();
    let members = body.as_object().into_iter().flatten();
    members.map(|(name, _)| name.clone()).collect()
}

/// What is wider than the documented service is not for a tenant served strictly; what is
/// documented is.
#[tokio::test]
async fn the_strict_manner_is_as_wide_as_the_documented_service() {
    let mut wrong = Vec::new();
    for section in SECTIONS {
        let friendly = Scene::of("friendly").await;
        let strict = Scene::of("strict").await;
        for row in section.rows {
            let (wide, narrow) = (
                friendly.send(&row.example).await,
                strict.send(&row.example).await,
            );
            let is_refused = narrow.status.is_client_error();
            let fault = match row.answer {
                Answer::Wider => !is_refused && members(&narrow) == members(&wide),
                Answer::Served => narrow.status != wide.status,
                Answer::Differs(_) | Answer::Ours(_) | Answer::Refused => false,
            };
            if fault {
                let (status, text) = (narrow.status, narrow.text());
                wrong.push(format!("{} {:?}: {status} {text}", row.what, row.example));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Relationships and bound operations of users, objects and invitations in a schema.
fn documented(schema: &str) -> Vec<String> {
    let attribute = |text: &str, name: &str| -> Option<String> {
        let (_, rest) = text.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let of = |text: &str| ["user", "directoryObject", "invitation"].contains(&text);
    let mut names = Vec::new();
    for entity in schema.split("<EntityType ").skip(1) {
        let entity = entity.split("</EntityType>").next().unwrap();
        if attribute(entity, "Name").is_some_and(|name| of(&name)) {
            let links = entity.split("<NavigationProperty ").skip(1);
            names.extend(links.filter_map(|link| attribute(link, "Name")));
        }
    }
    for (start, end) in [("<Action ", "</Action>"), ("<Function ", "</Function>")] {
        for operation in schema.split(start).skip(1) {
            let operation = operation.split(end).next().unwrap();
            let Some((_, parameter)) = operation.split_once("<Parameter ") else {
                continue;
            };
            let bound = attribute(parameter, "Type").unwrap();
            let bound = bound
                .trim_start_matches("Collection(")
                .trim_end_matches(')');
            let is_ours = bound.rsplit_once('.').is_some_and(|(_, name)| of(name));
            if operation.contains("IsBound=\"true\"") && is_ours {
                names.extend(attribute(operation, "Name"));
            }
        }
    }
    names
}

/// What the published schemas, where they are at hand, have of users is served, or said not to be.
#[test]
fn nothing_documented_is_left_unsaid() {
    let served = ROUTES.iter().map(|route| route.pattern.replace("()", ""));
    let rows = SECTIONS.iter().flat_map(|section| section.rows);
    let said = rows.map(|row| row.example.target.to_owned());
    let said: Vec<_> = served.chain(said).collect();
    for version in ["v1.0", "beta"] {
        let Some(schema) = reference(&format!("data/{version}.csdl.xml")) else {
            return;
        };
        let names = documented(&schema);
        assert!(names.len() > 25, "{names:?}");
        for name in names {
            let is_said = said.iter().any(|path| {
                let path = path.split('?').next().unwrap_or(path);
                path.split('/').any(|part| part == name)
            });
            assert!(is_said, "{version}: {name}");
        }
    }
}
