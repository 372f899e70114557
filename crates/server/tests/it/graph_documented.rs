//! The published examples, where they are at hand, replayed. They are read in place; elsewhere the
//! replay says "not here".

use std::collections::BTreeSet;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};
use testkit::{Reply, TestApp};

use crate::graph_conformance::ENCODED;
use crate::graph_documented_exceptions::{EXCEPTIONS, MANNERS, NOT_SERVED, SLIPS};
use crate::graph_documented_shape::{Comparison, OWN};
use crate::oauth_bearer::claims;
use crate::samples::reference;

/// One example.
pub(crate) struct Example {
    id: String,
    pub(crate) method: Method,
    /// With version and query, as printed.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Value,
    /// Null where the document prints none.
    pub(crate) answer: Value,
}

impl Example {
    pub(crate) fn read(json: &Value) -> Self {
        let (request, answer) = (&json["request"], json["response"].clone());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let url = text(&request["url"]);
        let headers = request["headers"].as_object().unwrap().iter();
        // Some link to an explorer that sends headers: `headers=` and the base64 of a list.
        let linked = json["intro"]
            .as_str()
            .and_then(|intro| intro.split_once("headers="));
        let linked = linked.map_or(Value::Null, |(_, rest)| {
            let bytes = STANDARD_NO_PAD.decode(rest.split([')', '&', '=']).next().unwrap());
            serde_json::from_slice(&bytes.unwrap()).unwrap()
        });
        let linked = linked.as_array().into_iter().flatten();
        let linked = linked.map(|header| (text(&header["name"]), text(&header["value"])));
        // Lengths are illustrations.
        let headers = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("content-length"));
        Self {
            id: text(&json["id"]),
            method: text(&request["method"]).parse().unwrap(),
            target: url
                .strip_prefix("https://graph.microsoft.com")
                .unwrap()
                .to_owned(),
            headers: headers
                .map(|(name, value)| (name.clone(), text(value)))
                .chain(linked)
                .collect(),
            body: request["body"].clone(),
            answer,
        }
    }

    pub(crate) fn is_query(&self) -> bool {
        self.method == Method::GET
    }

    /// The open extension that the request is about.
    fn extension(&self) -> Option<&str> {
        let (_, name) = self.target.split_once("/extensions/")?;
        Some(name)
    }

    fn is_absent(&self) -> bool {
        NOT_SERVED.iter().any(|(id, _)| *id == self.id)
    }
}

/// A server with the objects that an example speaks of.
struct Scene {
    app: TestApp,
    token: String,
    /// Whom the request is about.
    subject: String,
    other: String,
}

impl Scene {
    async fn of(example: &Example, manner: &str) -> Self {
        let app = TestApp::in_manner(manner).await;
        let token = app.token().await;
        let mut scene = Self {
            app,
            token,
            subject: String::new(),
            other: String::new(),
        };
        scene.other = scene.make("users", &nobody("other")).await;
        let body = &example.answer["body"];
        let within = body["extensions"].as_array().into_iter().flatten();
        let mut extensions: Vec<Value> = within.cloned().collect();
        extensions.extend(
            example
                .extension()
                .map(|name| json!({ "extensionName": name, "old": 1 })),
        );
        let shown = match body {
            Value::Object(body) if example.is_query() && !example.is_absent() => body.clone(),
            _ => Map::new(),
        };
        scene.subject = match shown.get("value") {
            Some(Value::Array(items)) => {
                let me = scene.make("users", &nobody("me")).await;
                for item in items {
                    scene.person(item, Some(&me)).await;
                }
                me
            }
            _ if example.target.ends_with("/manager") => {
                let manager = scene.person(&Value::Object(shown), None).await;
                scene.person(&json!({}), Some(&manager)).await
            }
            _ => scene.chain(&Value::Object(shown)).await,
        };
        for (name, more) in [
            (
                "mary",
                json!({ "givenName": "Mary", "department": "Retail" }),
            ),
            (
                "jay",
                json!({ "givenName": "Jay", "companyName": "Fabrikam" }),
            ),
        ] {
            let mut body = nobody(name);
            merge(&mut body, &more);
            scene.make("users", &body).await;
        }
        for extension in extensions {
            let set = format!("users/{}/extensions", scene.subject);
            scene.make(&set, &extension).await;
        }
        scene
    }

    /// The person of an answer, under those that are printed as managers within.
    async fn chain(&self, shown: &Value) -> String {
        let mut links = vec![shown];
        while let Some(manager) = links[links.len() - 1].get("manager") {
            links.push(manager);
        }
        let mut last: Option<String> = None;
        for person in links.into_iter().rev() {
            last = Some(self.person(person, last.as_deref()).await);
        }
        last.unwrap()
    }

    /// Somebody with the printed values; a guest by invitation.
    async fn person(&self, shown: &Value, manager: Option<&str>) -> String {
        let name = format!("p{}", self.app.directory().ids().uuid().simple());
        if shown["userPrincipalName"]
            .as_str()
            .is_some_and(|name| name.contains("#EXT#"))
        {
            let body = json!({
                "invitedUserEmailAddress": shown["mail"].as_str().unwrap().trim_start_matches('\''),
                "invitedUserDisplayName": shown["displayName"],
                "inviteRedirectUrl": "https://myapp.contoso.com",
            });
            return self.make("invitations", &body).await;
        }
        let mut body = nobody(&name);
        let own = shown.as_object().into_iter().flatten();
        let own = own.filter(|(name, value)| {
            let others = ["manager", "assignedLicenses", "extensions"];
            let is_other = others.contains(&name.as_str());
            !OWN.contains(&name.as_str()) && !is_other && !value.is_null()
        });
        merge(
            &mut body,
            &own.map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<_, _>>()
                .into(),
        );
        if let Some(manager) = manager {
            body["manager@odata.bind"] = json!(format!("users/{manager}"));
        }
        self.make("users", &body).await
    }

    async fn make(&self, set: &str, body: &Value) -> String {
        let asking = self
            .app
            .post(&format!("/v1.0/{set}"))
            .bearer(&self.token)
            .json(body);
        let reply = asking.send().await;
        assert_eq!(reply.status, 201, "{body} {}", reply.text());
        reply.json()["id"].as_str().unwrap().to_owned()
    }

    /// Sends the request, with ids in place of their names.
    async fn replay(&self, example: &Example, target: &str) -> Reply {
        let mut target = target.to_owned();
        for name in [
            "{id | userPrincipalName}",
            "{id|userPrincipalName}",
            "{user-id}",
            "{object-id}",
            "{id}",
        ] {
            target = target.replace(name, &self.subject);
        }
        let is_me = target.split(['/', '?']).nth(2) == Some("me");
        let person = claims(
            &self.token,
            json!({ "idtyp": null, "roles": null, "oid": self.subject, "sub": self.subject,
                "scp": "User.ReadWrite.All Directory.Read.All" }),
        );
        let bearer = if is_me { &person } else { &self.token };
        let target = utf8_percent_encode(&target, ENCODED).to_string();
        let mut asking = self.app.ask(example.method.clone(), &target).bearer(bearer);
        if !example.body.is_null() {
            asking = asking.json_text(&example.body.to_string().replace("{id}", &self.other));
        }
        for (name, value) in &example.headers {
            asking = asking.header(name, value);
        }
        asking.send().await
    }
}

/// A user without a password, which takes a while to hash.
fn nobody(name: &str) -> Value {
    let identity =
        json!({ "signInType": "federated", "issuer": "google.com", "issuerAssignedId": name });
    json!({ "displayName": name, "accountEnabled": true, "identities": [identity] })
}

/// Sets members of one object in another.
fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        into[name] = value.clone();
    }
}

/// What a write that was answered did not do.
async fn effect(scene: &Scene, example: &Example) -> Result<(), String> {
    let subject = &scene.subject;
    let extension = example.extension();
    let extension = extension.map(|name| format!("users/{subject}/extensions/{name}"));
    let path = match example.method {
        Method::PATCH | Method::DELETE if extension.is_some() => extension.unwrap_or_default(),
        Method::PATCH => {
            let names = example.body.as_object().unwrap().keys();
            let names: Vec<_> = names.map(String::as_str).collect();
            format!("users/{subject}?$select={}", names.join(","))
        }
        Method::PUT => format!("users/{subject}/manager?$select=id"),
        Method::DELETE => format!("users/{subject}"),
        _ => return Ok(()),
    };
    let asking = scene.app.get(&format!("/v1.0/{path}")).bearer(&scene.token);
    let reply = asking.send().await;
    let is_done = match example.method {
        Method::DELETE => reply.status == 404,
        Method::PUT => reply.json()["id"] == scene.other,
        _ => example
            .body
            .as_object()
            .unwrap()
            .iter()
            .all(|(name, sent)| {
                // A password is never shown.
                name == "passwordProfile" || reply.json()[name] == *sent
            }),
    };
    is_done.then_some(()).ok_or_else(|| reply.text().to_owned())
}

/// What is wrong with the answer to one example; the exceptions that it needed are noted.
async fn replayed(
    example: &Example,
    manner: &'static str,
    used: &mut BTreeSet<(&'static str, &'static str, &'static str)>,
) -> Vec<String> {
    let scene = Scene::of(example, manner).await;
    let told = |at: &str, what: &str| format!("{manner} {} {at}: {what}", example.id);
    let mut target = example.target.clone();
    for (slip, meant) in SLIPS {
        if target.contains(slip) {
            let reply = scene.replay(example, &target).await;
            assert_eq!(reply.status, 400, "{} {}", example.id, reply.text());
            target = target.replace(slip, meant);
        }
    }
    let reply = scene.replay(example, &target).await;
    if let Some((id, _)) = NOT_SERVED.iter().find(|(id, _)| *id == example.id) {
        used.insert((*id, "", manner));
        let status = reply.status.as_u16();
        let is_clear = (400..500).contains(&status) || status == 501;
        if is_clear && !reply.error().1.is_empty() {
            return Vec::new();
        }
        return vec![told("not served, and yet", reply.text())];
    }
    let mut wrong = Vec::new();
    if let Err(left) = effect(&scene, example).await {
        wrong.push(told("not done", &left));
    }
    for (at, what) in Comparison::of(example, &reply).found {
        let exception = EXCEPTIONS.iter().find(|(id, place, manners, _)| {
            *id == example.id && *place == at && manners.contains(manner)
        });
        match exception {
            Some((id, place, ..)) => _ = used.insert((*id, *place, manner)),
            None => wrong.push(told(&at, &what)),
        }
    }
    wrong
}

#[tokio::test]
async fn every_documented_example_is_answered() {
    let Some(text) = reference("data/graph-doc-examples.json") else {
        return;
    };
    let examples: Value = serde_json::from_str(&text).unwrap();
    let examples = examples.as_array().unwrap().iter().map(Example::read);
    let examples: Vec<_> = examples.collect();
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for manner in MANNERS {
        for example in &examples {
            wrong.extend(replayed(example, manner, &mut used).await);
        }
        for (id, place, manners, _) in EXCEPTIONS {
            if manners.contains(manner) && !used.contains(&(*id, *place, manner)) {
                wrong.push(format!(
                    "{manner}: {id} {place}: an exception that is not needed"
                ));
            }
        }
        for (id, _) in NOT_SERVED {
            if !used.contains(&(*id, "", manner)) {
                wrong.push(format!("{id}: no such example"));
            }
        }
    }
    let (all, absent) = (examples.len(), NOT_SERVED.len());
    eprintln!(
        "{all} examples, {absent} of them not served, {} exceptions",
        EXCEPTIONS.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
