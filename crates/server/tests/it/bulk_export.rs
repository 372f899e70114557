//! What an export says of links, an import makes again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::http::{Method, StatusCode};
use directory::Tenant;
use directory::users::bulk::{Key, OnExisting, Rules};
use edm::user;
use oracle::definitions::typed;
use serde_json::{Value, json};
use server::bulk::export::{self, Job, To, Written, export};
use server::bulk::guests;
use server::bulk::input::{Format, Reading, with_suffix};
use server::bulk::run::{self, Start, Summary, import};
use testkit::TestApp;

use crate::samples::{but, created, user as body_of};

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

pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) token: String,
    pub(crate) tenant: Tenant,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let tenant = app.directory().find_tenant("contoso.com").await.unwrap();
        Self { app, token, tenant }
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
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
    async fn users_with_links(&self) -> BTreeMap<String, (Value, Vec<Value>)> {
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

    pub(crate) async fn export(&self, file: &Path, guarded: bool, select: &[&str]) -> Written {
        let select: Vec<_> = select.iter().map(|&name| name.to_owned()).collect();
        let directory = self.app.directory();
        let actor = directory.server_actor(self.tenant.id).await.unwrap();
        let job = Job {
            to: To::AnyFile,
            file,
            format: Format::of(file).unwrap(),
            select: export::select(&select, actor.entity(&user::TYPE)).unwrap(),
            hashes: false,
            guarded,
        };
        export(directory, &actor, &job).await.unwrap()
    }

    pub(crate) async fn import(&self, file: &Path, keep: bool, guarded: bool) -> Summary {
        let reading = Reading {
            ignore_unknown: false,
            guarded,
        };
        let job = job(file, keep, reading);
        let summary = import(self.app.directory(), &self.tenant, &job)
            .await
            .unwrap();
        let results = fs::read_to_string(&job.results).unwrap();
        assert_eq!(summary.count("refused"), 0, "{results}");
        summary
    }
}

pub(crate) fn job(file: &Path, keep: bool, reading: Reading) -> run::Job<'_> {
    run::Job {
        file,
        results: with_suffix(file, ".results.csv"),
        reading,
        rules: Rules {
            key: Key::UserPrincipalName,
            on_existing: OnExisting::Update,
            keep,
            dry_run: false,
        },
        start: Start::New,
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
    let told = scene.users_with_links().await;
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
        assert_ne!(other.users_with_links().await, told, "{name}");
        let summary = other.import(&circles, keep, guarded).await;
        assert_eq!(summary.count("updated"), 2, "{name}");
        assert_eq!(other.users_with_links().await, told, "{name}");
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

/// What the tenant's own properties of a user are set to, with all that a cell has to protect.
fn own_values() -> Value {
    json!({
        "extension_0a_badge": "=A;1",
        "ext1_course": { "name": "Rust, \"the book\"", "points": -7 },
        "extension_0a_note": "  {System}, 'quoted' Ä 2. Zeile; \\ {x} ",
        "extension_0a_flag": false,
        "extension_0a_count": -2_147_483_648_i64,
        "extension_0a_serial": 9_007_199_254_740_993_i64,
        "extension_0a_since": "2026-02-03T04:05:06Z",
        "extension_0a_key": "AAEC/w==",
        "extension_0a_tags": ["a;b", "c\\d", "[x]", "=y", " z"],
        "extension_0a_marks": ["AAEC/w==", "/w=="],
        "extension_0a_flags": [true, false],
        "extension_0a_counts": [1, -2],
        "extension_0a_serials": [9_007_199_254_740_993_i64],
        "extension_0a_days": ["2026-02-03T04:05:06Z", "1999-12-31T23:59:59Z"],
    })
}

impl Scene {
    /// A server whose tenant has definitions of every type.
    async fn defined() -> Self {
        let scene = Self::new().await;
        scene.app.definitions.define(scene.tenant.id, typed());
        scene
    }

    async fn make(&self, name: &str, values: &Value) {
        let mut body = body_of(name);
        for (property, value) in values.as_object().unwrap() {
            body = but(body, property, value.clone());
        }
        let made = self.app.post("/v1.0/users").bearer(&self.token);
        let made = made.json(&body).send().await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }

    /// Sets two of them, so that an import has something to change.
    async fn count_to(&self, number: i32, name: &str) {
        let path = format!("/v1.0/users/{name}@contoso.com");
        let body = json!({ "extension_0a_count": number, "ext1_course": { "points": number } });
        let changed = self.app.patch(&path).bearer(&self.token).json(&body);
        assert_eq!(changed.send().await.status, StatusCode::NO_CONTENT);
    }

    /// The own values of the users, by name.
    async fn own(&self) -> Value {
        let values = own_values();
        let names: Vec<_> = values.as_object().unwrap().keys().cloned().collect();
        let path = format!("users?$select=displayName,{}", names.join(","));
        let (status, mut page) = self.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let mut users = page["value"].take();
        let users = users.as_array_mut().unwrap();
        users.sort_by_key(|user| user["displayName"].to_string());
        json!(users)
    }
}

#[tokio::test]
async fn a_tenants_own_properties_come_back() {
    let scene = Scene::defined().await;
    scene.make("full", &own_values()).await;
    scene
        .make("some", &json!({ "ext1_course": { "points": 1 } }))
        .await;
    scene.make("none", &json!({})).await;
    let told = scene.own().await;
    let shown = &told.as_array().unwrap()[0];
    for (name, value) in own_values().as_object().unwrap() {
        assert_eq!(&shown[name], value, "{name}");
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, keep, guarded) in [
        ("all.ndjson", true, false),
        ("new.ndjson", false, false),
        ("all.csv", true, false),
        ("safe.csv", false, true),
    ] {
        let file = dir.path().join(name);
        scene.export(&file, guarded, &[]).await;
        let other = Scene::defined().await;
        let summary = other.import(&file, keep, guarded).await;
        assert_eq!(summary.count("created"), 3, "{name}");
        assert_eq!(other.own().await, told, "{name}");
        // The same file again changes nothing.
        let summary = other.import(&file, keep, guarded).await;
        assert_eq!(summary.count("skipped"), 3, "{name}");
    }
}

/// Columns of the tenant's own are named as the tenant has them, and of another they are unknown.
#[tokio::test]
async fn columns_of_own_properties_are_those_of_the_tenant() {
    let scene = Scene::defined().await;
    scene.make("full", &own_values()).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("some.csv");
    let names = ["EXTENSION_0A_count", "ext1_course", "userPrincipalName"];
    scene.export(&file, false, &names).await;
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(
        text,
        "userPrincipalName,extension_0a_count,ext1_course/name,ext1_course/points\n\
         full@contoso.com,-2147483648,\"Rust, \"\"the book\"\"\",-7\n"
    );
    let rows = [
        (
            "title.csv",
            "userPrincipalName,Number [Extension_0A_Count],EXT1_COURSE/Points\nfull@contoso.com,3,4\n",
        ),
        (
            "title.ndjson",
            "{\"userPrincipalName\":\"full@contoso.com\",\"EXTENSION_0a_count\":3,\"ext1_course\":{\"points\":4}}\n",
        ),
    ];
    for (name, text) in rows {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        scene.count_to(9, "full").await;
        assert_eq!(scene.import(&file, false, false).await.count("updated"), 1);
        let user = &scene.own().await[0];
        let course = json!({ "name": "Rust, \"the book\"", "points": 4 });
        assert_eq!(
            (&user["extension_0a_count"], &user["ext1_course"]),
            (&json!(3), &course)
        );
        // Who has not defined them does not know them.
        let other = Scene::new().await;
        created(&other.app, &other.token, "full").await;
        let reading = |ignore_unknown| Reading {
            ignore_unknown,
            guarded: false,
        };
        let refused = import(
            other.app.directory(),
            &other.tenant,
            &job(&file, false, reading(false)),
        )
        .await;
        match refused {
            Err(failure) => assert!(
                format!("{failure:?}").contains("[Extension_0A_Count]"),
                "{failure:?}"
            ),
            // A line of JSON is refused alone.
            Ok(summary) => assert_eq!((name, summary.count("refused")), ("title.ndjson", 1)),
        }
        let mut job = job(&file, false, reading(true));
        job.start = Start::Restart;
        let ignored = import(other.app.directory(), &other.tenant, &job)
            .await
            .unwrap();
        assert_eq!(ignored.count("skipped"), 1, "{name}");
    }
}

/// Blanks around a text belong to it, in each format and with guarded cells as well.
#[tokio::test]
async fn blanks_around_texts_come_back() {
    let scene = Scene::new().await;
    let values = json!({
        "jobTitle": " Lead\u{a0}",
        "companyName": " ",
        "streetAddress": "1 Way\n",
        "department": " =Sales",
        "otherMails": ["a@home.example"],
        "employeeOrgData": { "division": "East ", "costCenter": "\t" },
        "mailNickname": "blank",
    });
    scene.make("blank", &values).await;
    let dir = tempfile::tempdir().unwrap();
    let path = "users?$select=jobTitle,companyName,streetAddress,department,otherMails,\
        employeeOrgData,mailNickname";
    let told = scene.get(path).await.1["value"].clone();
    assert_eq!(told[0], values);
    for (name, guarded) in [("a.ndjson", false), ("a.csv", false), ("safe.csv", true)] {
        let file = dir.path().join(name);
        scene.export(&file, guarded, &[]).await;
        let other = Scene::new().await;
        let summary = other.import(&file, false, guarded).await;
        assert_eq!(summary.count("created"), 1, "{name}");
        assert_eq!(other.get(path).await.1["value"], told, "{name}");
        let summary = other.import(&file, false, guarded).await;
        assert_eq!(summary.count("skipped"), 1, "{name}");
    }
    // Where a value cannot have any, those in a file are the file's; so are those without quotes.
    let file = dir.path().join("b.csv");
    let row = "userPrincipalName,jobTitle,usageLocation\n\" blank@contoso.com \", Boss ,\"DE \"\n";
    fs::write(&file, row).unwrap();
    assert_eq!(scene.import(&file, false, false).await.count("updated"), 1);
    let (_, user) = scene
        .get("users/blank@contoso.com?$select=jobTitle,usageLocation")
        .await;
    assert_eq!(
        (&user["jobTitle"], &user["usageLocation"]),
        (&json!("Boss"), &json!("DE"))
    );
}

/// Guests get the tenant's own properties from a file: the columns are those of an export.
#[tokio::test]
async fn files_of_guests_give_own_properties() {
    let scene = Scene::defined().await;
    scene.make("full", &own_values()).await;
    let dir = tempfile::tempdir().unwrap();
    let exported = dir.path().join("full.csv");
    let values = own_values();
    let names: Vec<_> = values
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    scene.export(&exported, false, &names).await;
    let text = fs::read_to_string(&exported).unwrap();
    let (titles, row) = text.split_once('\n').unwrap();
    let csv = format!("email,{titles}\ncsv@fabrikam.example,{row}");
    let body = json!({
        "invitedUserEmailAddress": "ndjson@fabrikam.example",
        "invitedUser": values,
    });
    for (file, text) in [("csv.csv", csv), ("ndjson.ndjson", body.to_string())] {
        let file = dir.path().join(file);
        fs::write(&file, &text).unwrap();
        let job = guests::Job {
            file: &file,
            results: with_suffix(&file, ".results.csv"),
            redirect: Some("https://app.contoso.com".to_owned()),
            language: None,
            again: false,
            ignore_unknown: false,
            show_links: false,
            start: Start::New,
        };
        let (counts, _) = guests::invite(scene.app.directory(), &scene.tenant, &job)
            .await
            .unwrap();
        let results = fs::read_to_string(&job.results).unwrap();
        assert_eq!(counts.get("invited"), Some(&1), "{results}");
        let name = file.file_stem().unwrap().to_str().unwrap();
        let path = format!(
            "users?$filter=mail%20eq%20'{name}@fabrikam.example'&$select={}",
            names.join(",")
        );
        assert_eq!(scene.get(&path).await.1["value"], json!([values]), "{name}");
    }
    // A tenant without the definitions does not know the columns, and nobody is asked.
    let other = Scene::new().await;
    let file = dir.path().join("csv.csv");
    let mut job = guests::Job {
        file: &file,
        results: dir.path().join("other.csv"),
        redirect: Some("https://app.contoso.com".to_owned()),
        language: None,
        again: false,
        ignore_unknown: false,
        show_links: false,
        start: Start::New,
    };
    let refused = guests::invite(other.app.directory(), &other.tenant, &job).await;
    let refused = format!("{:?}", refused.unwrap_err());
    assert!(refused.contains("unknown column"), "{refused}");
    assert_eq!(other.get("users").await.1["value"], json!([]));
    job.ignore_unknown = true;
    let (counts, _) = guests::invite(other.app.directory(), &other.tenant, &job)
        .await
        .unwrap();
    assert_eq!(counts.get("invited"), Some(&1));
}
