//! What an export says of links, an import makes again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::http::{Method, StatusCode};
use directory::Tenant;
use directory::users::bulk::{Key, OnExisting, Rules};
use serde_json::{Value, json};
use server::bulk::export::{self, Job, To, Written, export};
use server::bulk::input::{Format, Reading, with_suffix};
use server::bulk::run::{self, Start, Summary, import};
use testkit::TestApp;

use crate::samples::created;

/// Who is whose manager.
const MANAGERS: [(&str, &str); 6] = [
    ("ann", "bea"),
    ("bea", "chief"),
    ("carl", "chief"),
    ("dan", "ann"),
    ("gus", "hal"),
    ("ivy", "jon"),
];
/// Links between sponsors: two sponsor each other, and one sponsors their own manager.
const SPONSORS: [(&str, &str); 6] = [
    ("dan", "bea"),
    ("dan", "eve"),
    ("eve", "fay"),
    ("fay", "eve"),
    ("hal", "gus"),
    ("ann", "jon"),
];

struct Scene {
    app: TestApp,
    token: String,
    tenant: Tenant,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let tenant = app.directory().find_tenant("contoso.com").await.unwrap();
        Self { app, token, tenant }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let path = format!("/v1.0/{path}");
        let reply = self.app.get(&path).bearer(&self.token).send().await;
        (reply.status, reply.json())
    }

    async fn link(&self, method: Method, path: &str, target: &str) {
        let path = format!("/v1.0/{path}/$ref");
        let target = format!("https://graph.microsoft.com/v1.0/users/{target}");
        let asking = self.app.ask(method, &path).bearer(&self.token);
        let reply = asking.json(&json!({ "@odata.id": target })).send().await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    /// All users with their links, as the API shows them, by userPrincipalName.
    async fn told(&self) -> BTreeMap<String, (Value, Vec<Value>)> {
        let (_, users) = self
            .get("users?$select=userPrincipalName,id&$top=999")
            .await;
        let mut all = BTreeMap::new();
        for user in users["value"].as_array().unwrap() {
            let id = user["id"].as_str().unwrap();
            let (status, manager) = self
                .get(&format!("users/{id}/manager?$select=userPrincipalName"))
                .await;
            let manager = match status {
                StatusCode::NOT_FOUND => Value::Null,
                _ => manager["userPrincipalName"].clone(),
            };
            let (_, sponsors) = self
                .get(&format!("users/{id}/sponsors?$select=userPrincipalName"))
                .await;
            let mut sponsors = sponsors["value"].as_array().unwrap().clone();
            sponsors.sort_by_key(ToString::to_string);
            let name = user["userPrincipalName"].as_str().unwrap().to_owned();
            all.insert(name, (manager, sponsors));
        }
        all
    }

    async fn export(&self, file: &Path, guarded: bool, select: &[&str]) -> Written {
        let select: Vec<_> = select.iter().map(|&name| name.to_owned()).collect();
        let job = Job {
            to: To::AnyFile,
            file,
            format: Format::of(file).unwrap(),
            select: export::select(&select).unwrap(),
            hashes: false,
            guarded,
        };
        let directory = self.app.directory();
        export(
            directory,
            &directory.server_actor(self.tenant.id).await.unwrap(),
            &job,
        )
        .await
        .unwrap()
    }

    async fn import(&self, file: &Path, keep: bool, guarded: bool) -> Summary {
        let job = run::Job {
            file,
            results: with_suffix(file, ".results.csv"),
            reading: Reading {
                ignore_unknown: false,
                guarded,
            },
            rules: Rules {
                key: Key::UserPrincipalName,
                on_existing: OnExisting::Update,
                keep,
                dry_run: false,
            },
            start: Start::New,
        };
        let summary = import(self.app.directory(), &self.tenant, &job)
            .await
            .unwrap();
        let results = fs::read_to_string(&job.results).unwrap();
        assert_eq!(summary.count("refused"), 0, "{results}");
        summary
    }
}

async fn linked() -> Scene {
    let scene = Scene::new().await;
    let mut ids = BTreeMap::new();
    for name in [
        "ann", "bea", "carl", "chief", "dan", "eve", "fay", "gus", "hal", "ivy", "jon",
    ] {
        ids.insert(name, created(&scene.app, &scene.token, name).await);
    }
    for (user, manager) in MANAGERS {
        let path = format!("users/{}/manager", ids[user]);
        scene.link(Method::PUT, &path, &ids[manager]).await;
    }
    for (user, sponsor) in SPONSORS {
        let path = format!("users/{}/sponsors", ids[user]);
        scene.link(Method::POST, &path, &ids[sponsor]).await;
    }
    let path = format!("/v1.0/users/{}", ids["jon"]);
    let gone = scene.app.delete(&path).bearer(&scene.token).send().await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    scene
}

#[tokio::test]
async fn an_import_makes_the_links_of_an_export_again() {
    let scene = linked().await;
    let told = scene.told().await;
    assert_eq!(told.len(), 10);
    let links = |name: &str| told[&format!("{name}@contoso.com")].clone();
    assert_eq!(links("ann").0, "bea@contoso.com");
    assert_eq!((links("dan").1.len(), links("ivy").0), (2, Value::Null));
    let dir = tempfile::tempdir().unwrap();
    for (name, keep, guarded) in [
        ("all.ndjson", true, false),
        ("all.csv", true, false),
        ("new.ndjson", false, false),
        ("safe.csv", false, true),
    ] {
        let file = dir.path().join(name);
        let written = scene.export(&file, guarded, &[]).await;
        // eve and fay, gus and hal: of each circle one link is set aside.
        let (circles, users) = written.circles.unwrap();
        assert_eq!((written.users, users), (10, 2), "{name}");
        let other = Scene::new().await;
        let summary = other.import(&file, keep, guarded).await;
        assert_eq!(summary.count("created"), 10, "{name}");
        assert_ne!(other.told().await, told, "{name}");
        let summary = other.import(&circles, keep, guarded).await;
        assert_eq!(summary.count("updated"), 2, "{name}");
        assert_eq!(other.told().await, told, "{name}");
    }
}

#[tokio::test]
async fn links_are_selected_as_properties_are() {
    let scene = linked().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("some.csv");
    let read = || fs::read_to_string(&file).unwrap();
    let circles = with_suffix(&file, ".links.csv");
    scene
        .export(&file, false, &["userPrincipalName", "Sponsors"])
        .await;
    assert!(
        read().starts_with("userPrincipalName,sponsors\n"),
        "{}",
        read()
    );
    let one = "dan@contoso.com,\"";
    let line = read()
        .lines()
        .find(|line| line.starts_with(one))
        .map(str::len);
    assert_eq!(
        line,
        Some("dan@contoso.com,\"bea@contoso.com;eve@contoso.com\"".len())
    );
    // Only eve and fay are in a circle by sponsors alone.
    assert_eq!(fs::read_to_string(&circles).unwrap().lines().count(), 2);
    let written = scene.export(&file, false, &["userPrincipalName"]).await;
    assert_eq!((written.circles, written.users), (None, 10));
    assert!(!read().contains(','), "{}", read());
    assert!(!circles.exists(), "what an earlier export left is gone");
}
