//! The published examples of open and directory extensions, where they are at hand, replayed. What
//! is printed about objects that are not served, events and posts of groups, is asked of a user
//! instead: an extension looks the same on each.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};
use testkit::Reply;

use crate::graph_conformance::ENCODED;
use crate::graph_documented::Example;
use crate::graph_documented_exceptions::MANNERS;
use crate::graph_documented_shape::Comparison;
use crate::graph_extensions::{Definer, definition};
use crate::oauth_bearer::claims;
use crate::samples::{Scene, created, reference};

/// The areas whose examples are replayed here.
const AREAS: [&str; 2] = ["extensions-open", "extensions-directory"];

/// Where an answer differs from an example: the end of the example's id, the place, and why. Each
/// is needed in both manners.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    (
        "opentypeextension-get/2023/get_opentypeextension_2",
        "@odata.context",
        "the document shows it within an event of a group",
    ),
    (
        "opentypeextension-get/2023/get_opentypeextension_4",
        "@odata.context",
        "the document shows it within a post of a group",
    ),
    (
        "beta/opentypeextension-get/2023/get_opentypeextension_2",
        "@odata.type",
        "the document writes the type in capitals; its other pages and the schema do not",
    ),
    (
        "opentypeextension-get/2023/get_opentypeextension_4",
        "Strings@odata.type",
        "the document tells the type of a property that is not there, and of topPicks none",
    ),
    (
        "explorer/Extensions/create-an-open-extension",
        "status",
        "no answer is printed; adding answers 201",
    ),
    (
        "directoryobject-getavailableextensionproperties/2021/directoryobject_getavailableextensionproperties",
        "status",
        "the document sends the name of a type as the value",
    ),
    (
        "directoryobject-getavailableextensionproperties/2023/directoryobject_getavailableextensionproperties",
        "value",
        "it asks for synchronised extensions, of which there are none; the printed one is none either",
    ),
];

/// How mail and calendars write a name in full. Extensions of users are not found by it
/// (P-extensions-1).
const OUTLOOK: &str = "Microsoft.OutlookServices.OpenTypeExtension.";

/// What stands in the examples for an application's object id.
const APPLICATIONS: [&str; 2] = [
    "fd918e4b-c821-4efb-b50a-5eddd23afc6f",
    "30a5435a-1871-485c-8c7b-65f69e287e7b",
];
/// For its client id, in names of extensions.
const CLIENTS: [&str; 3] = [
    "25883231668a43a780b25685c3f874bc",
    "b7d8e648520f41d3b9c0fdeb91768a0a",
    "4d405aa8baa04fb494d3e0571fd9fd71",
];
/// For its name.
const NAMES: [&str; 3] = [
    "b2c-extensions-app. Do not modify. Used by AADB2C for storing user data.",
    "HR-sync-app",
    "SampleApp",
];
/// The definition that is read.
const DEFINITION: &str = "1f0f15e3-925d-40f0-8fc8-9d3ad135bce0";

/// A server with the objects that an example speaks of, and the example with their ids.
struct Replay {
    scene: Scene,
    example: Example,
    user: String,
    /// What is there before.
    definition: String,
    definer: Definer,
}

impl Replay {
    async fn of(json: &Value, manner: &str) -> Self {
        let scene = Scene::in_manner(manner).await;
        let user = created(&scene.app, &scene.token, "adele").await;
        let definer = Definer::of(&scene);
        let application = scene.app.tenant.app_object.to_string();
        let own = scene.get(&format!("applications/{application}")).await;
        let name = own.json()["displayName"].as_str().unwrap().to_owned();
        let printed = &json["response"]["body"];
        // What a list shows, or one answer, was defined before.
        let shown = printed["value"].get(0).unwrap_or(printed)["name"].as_str();
        let suffix = shown.and_then(|name| name.splitn(3, '_').nth(2));
        let is_made = json["request"]["method"] == "POST" && printed.get("value").is_none();
        let suffix = suffix.filter(|_| !is_made).unwrap_or("before");
        let id = scene.define(&definer, definition(suffix, "String")).await;
        let mut text = json.to_string();
        for printed in APPLICATIONS {
            text = text.replace(printed, &application);
        }
        for printed in CLIENTS {
            text = text.replace(printed, &scene.app.tenant.client_id.simple().to_string());
        }
        for printed in NAMES {
            text = text.replace(printed, &name);
        }
        text = text
            .replace(DEFINITION, &id)
            .replace("applications/{id}", &format!("applications/{application}"))
            .replace(
                "extensionProperties/{id}",
                &format!("extensionProperties/{id}"),
            );
        let mut example = Example::read(&serde_json::from_str(&text).unwrap());
        // The same extension of a user.
        let target = example.target.clone();
        if let Some((of, extension)) = target.split_once("/extensions/") {
            let version = of.split('/').nth(1).unwrap();
            example.target = format!("/{version}/users/{user}/extensions/{extension}");
        }
        let replay = Self {
            scene,
            example,
            user,
            definition: id,
            definer,
        };
        replay.extend().await;
        replay
    }

    /// The printed extension, or the one that is asked for.
    async fn extend(&self) {
        let Some(name) = self.extension() else {
            return;
        };
        let mut body = json!({ "extensionName": name });
        let printed = self.example.answer["body"]
            .as_object()
            .into_iter()
            .flatten();
        for (name, value) in printed.filter(|(name, _)| !name.contains('@') && *name != "id") {
            body[name] = value.clone();
        }
        let path = format!("users/{}/extensions", self.user);
        let made = self.scene.send(Method::POST, &path, Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }

    /// The extension that the request names, or that its answer shows.
    fn extension(&self) -> Option<&str> {
        let target = &self.example.target;
        if !target.contains("xtensions") || target.contains("/applications") {
            return None;
        }
        let (_, named) = target.split_once("/extensions/").unwrap_or(("", "x"));
        let printed = self.example.answer["body"]["extensionName"].as_str();
        Some(printed.unwrap_or(named.trim_end_matches('/')))
    }

    async fn ask(&self) -> Reply {
        let example = &self.example;
        let is_me = example.target.split(['/', '?']).nth(2) == Some("me");
        let person = claims(
            &self.scene.token,
            json!({ "idtyp": null, "roles": null, "oid": self.user, "sub": self.user,
                "scp": "User.ReadWrite.All" }),
        );
        let bearer = if is_me { &person } else { &self.scene.token };
        let target = utf8_percent_encode(&example.target, ENCODED).to_string();
        let asking = self.scene.app.ask(example.method.clone(), &target);
        let asking = asking.bearer(bearer);
        if example.body.is_null() {
            return asking.send().await;
        }
        asking.json_text(&example.body.to_string()).send().await
    }

    /// What a write that was answered did not do.
    async fn undone(&self) -> Option<String> {
        let example = &self.example;
        let (path, status) = match (&example.method, self.extension()) {
            (&Method::DELETE, Some(name)) => {
                (format!("users/{}/extensions/{name}", self.user), 404)
            }
            (&Method::DELETE, None) => (format!("{}/{}", self.definer.path, self.definition), 404),
            (&Method::POST, _) if example.target.ends_with("/me/extensions") => {
                let name = example.body["extensionName"].as_str().unwrap();
                (format!("users/{}/extensions/{name}", self.user), 200)
            }
            (&Method::POST, _) if example.target.ends_with("/extensionProperties") => {
                let name = self.definer.name(example.body["name"].as_str().unwrap());
                (format!("users/{}?$select={name}", self.user), 200)
            }
            _ => return None,
        };
        let reply = self.scene.get(&path).await;
        (reply.status != status).then(|| format!("{path}: {}", reply.text()))
    }
}

#[tokio::test]
async fn documented_extensions_are_answered() {
    let Some(text) = reference("data/group-extension-examples.json") else {
        return;
    };
    let examples: Value = serde_json::from_str(&text).unwrap();
    let examples = examples.as_array().unwrap().iter();
    let examples: Vec<_> = examples
        .filter(|example| AREAS.iter().any(|area| example["area"] == **area))
        .collect();
    assert!(examples.len() >= 15, "{} examples", examples.len());
    let mut wrong = Vec::new();
    for manner in MANNERS {
        let mut used = BTreeSet::new();
        for json in &examples {
            let id = json["id"].as_str().unwrap();
            let mut replay = Replay::of(json, manner).await;
            if replay.example.target.contains(OUTLOOK) {
                let refused = replay.ask().await;
                assert_eq!(refused.status, StatusCode::NOT_FOUND, "{id}");
                replay.example.target = replay.example.target.replace(OUTLOOK, "");
            }
            let answer = replay.ask().await;
            let found = Comparison::of(&replay.example, &answer).found;
            let is_refused = found.iter().any(|(at, _)| at == "status");
            if let Some(left) = replay.undone().await.filter(|_| !is_refused) {
                wrong.push(format!("{manner} {id}: not done: {left}"));
            }
            for (at, what) in found {
                let exception = EXCEPTIONS
                    .iter()
                    .find(|(end, place, _)| id.ends_with(end) && *place == at);
                match exception {
                    Some((end, place, _)) => _ = used.insert((*end, *place)),
                    None => wrong.push(format!("{manner} {id} {at}: {what}")),
                }
            }
        }
        for (end, place, _) in EXCEPTIONS {
            if !used.contains(&(*end, *place)) {
                wrong.push(format!("{manner} {end} {place}: not needed"));
            }
        }
    }
    eprintln!(
        "{} examples, {} exceptions",
        examples.len(),
        EXCEPTIONS.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
