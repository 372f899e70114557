//! Open extensions in files of users.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use directory::users::bulk::EXTENSION_APP;
use directory::{Actor, Permission, Refusal, Roles, Subject};
use serde_json::json;
use server::bulk::export::{self, Job, To};
use server::bulk::input::{Format, Reading};
use server::bulk::run::{Start, Summary, import};
use uuid::Uuid;

use crate::bulk_export::{Scene, job};
use crate::samples::created;

/// Members that a reader of JSON would spoil: numbers, order, spelling, depth.
const MEMBERS: &str = concat!(
    r#""big":9007199254740993123456789,"exact":0.10,"exponent":1E+2,"minus":-0,"#,
    r#""nested":{"a":[1,{"b":null,"@x":[]}],"c":{}},"text":"a, {b}: \"c\" \\ \u00e9 é 😀","#,
    r##""when@odata.type":"#DateTimeOffset","when":"2027-01-01T00:00:00Z","none":null,"mixed":[1,"a"],"picks":["a]","b"]"##
);

fn reading() -> Reading {
    Reading {
        ignore_unknown: false,
        guarded: false,
    }
}

impl Scene {
    /// Adds an extension, as the text says it.
    async fn add(&self, user: &str, name: &str, members: &str) {
        let path = format!("/v1.0/users/{user}@contoso.com/extensions");
        let body = format!("{{\"extensionName\":\"{name}\",{members}}}");
        let asking = self.app.post(&path).bearer(&self.token);
        let made = asking.json_text(&body).send().await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    }

    /// Everything that is told of a user's extensions, to the byte.
    async fn extensions(&self, user: &str) -> String {
        let path = format!("/v1.0/users/{user}@contoso.com/extensions");
        let reply = self.app.get(&path).bearer(&self.token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let text = reply.text();
        text.split_once("\"value\":").unwrap().1.to_owned()
    }

    /// Imports a file that was not imported before, whatever its rows end with.
    async fn try_import(&self, file: &Path, keep: bool) -> (Summary, String) {
        let mut job = job(file, keep, reading());
        job.start = Start::Restart;
        let summary = import(self.app.directory(), &self.tenant, &job).await;
        let results = fs::read_to_string(&job.results).unwrap();
        (summary.unwrap(), results)
    }
}

/// 64 levels, as many as a body may have.
fn deep() -> String {
    format!("\"deep\":{}{}", "[".repeat(63), "]".repeat(63))
}

async fn filled() -> Scene {
    let scene = Scene::new().await;
    for user in ["adele", "bob", "carl"] {
        created(&scene.app, &scene.token, user).await;
    }
    scene.add("adele", "com.contoso.Exact", MEMBERS).await;
    scene.add("adele", "com.contoso.deep", &deep()).await;
    scene.add("bob", "com.contoso.exact", "\"n\":1").await;
    scene
}

#[tokio::test]
async fn they_come_back_to_the_byte() {
    let scene = filled().await;
    let dir = tempfile::tempdir().unwrap();
    for keep in [true, false] {
        let file = dir.path().join(format!("all-{keep}.ndjson"));
        let written = scene.export(&file, false, &[]).await;
        assert_eq!(written.without_extensions, 0);
        let other = Scene::new().await;
        let summary = other.import(&file, keep, false).await;
        assert_eq!(summary.count("created"), 3);
        for user in ["adele", "bob", "carl"] {
            let (here, there) = (scene.extensions(user).await, other.extensions(user).await);
            assert_eq!(here, there, "{user}");
        }
        assert!(
            other
                .extensions("adele")
                .await
                .contains(MEMBERS.split_at(70).0)
        );
        // The same file again changes nothing, and what it exports there is the same.
        let summary = other.import(&file, keep, false).await;
        assert_eq!(summary.count("skipped"), 3);
        let again = dir.path().join(format!("again-{keep}.ndjson"));
        other
            .export(&again, false, &["extensions", "displayName"])
            .await;
        let text = fs::read_to_string(&again).unwrap();
        // The app is kept with the ids; else the server is who added them.
        assert_eq!(
            text.matches(EXTENSION_APP).count(),
            if keep { 3 } else { 0 }
        );
        let app = json!(scene.app.tenant.client_id).to_string();
        assert_eq!(text.contains(&app), keep, "{text}");
    }
}

/// As many as the app may have are kept as its own; those of no app do not count.
#[tokio::test]
async fn the_limit_of_an_app_is_the_one_of_a_request() {
    let scene = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("all.ndjson");
    scene
        .export(
            &file,
            false,
            &["userPrincipalName", "extensions", "displayName"],
        )
        .await;
    let add = async |scene: &Scene, name: &str| {
        let path = "/v1.0/users/adele@contoso.com/extensions";
        let body = json!({ "extensionName": name });
        let asking = scene.app.post(path).bearer(&scene.token).json(&body);
        asking.send().await.status
    };
    for (keep, ends) in [
        (true, StatusCode::BAD_REQUEST),
        (false, StatusCode::CREATED),
    ] {
        let other = Scene::new().await;
        // The apps of both tests have one client id where a test says so; here it is told apart.
        let text = fs::read_to_string(&file).unwrap();
        let (from, to) = (scene.app.tenant.client_id, other.app.tenant.client_id);
        let file = dir.path().join(format!("told-{keep}.ndjson"));
        fs::write(&file, text.replace(&from.to_string(), &to.to_string())).unwrap();
        assert_eq!(other.import(&file, keep, false).await.count("created"), 3);
        assert_eq!(add(&other, "com.contoso.third").await, ends, "{keep}");
    }
}

#[tokio::test]
async fn a_row_changes_those_that_it_names() {
    let scene = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("some.ndjson");
    let kept = scene.extensions("bob").await;
    let line = |user: &str, extensions: &str| {
        format!("{{\"userPrincipalName\":\"{user}@contoso.com\",\"Extensions\":{extensions}}}\n")
    };
    let text = [
        line(
            "adele",
            r#"[{"extensionName":"COM.contoso.exact","n":1.50}, {"extensionName":"x"}]"#,
        ),
        line("bob", "null"),
        line("carl", "[]"),
    ];
    fs::write(&file, text.concat()).unwrap();
    let (summary, results) = scene.try_import(&file, false).await;
    let counts = (summary.count("updated"), summary.count("skipped"));
    assert_eq!(counts, (1, 2), "{results}");
    let all = scene.extensions("adele").await;
    assert!(all.contains("\"com.contoso.Exact\",\"n\":1.50}"), "{all}");
    let is_there = |name: &str| all.contains(&format!("\"extensionName\":\"{name}\""));
    assert!(is_there("com.contoso.deep") && is_there("x"), "{all}");
    assert_eq!(scene.extensions("bob").await, kept);
}

#[tokio::test]
async fn what_no_body_may_have_refuses_the_row_alone() {
    let scene = Scene::new().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("some.ndjson");
    let of_app = |name: &str| {
        format!(
            "{{\"extensionName\":\"{name}\",\"{EXTENSION_APP}\":\"{}\"}}",
            Uuid::from_u128(3)
        )
    };
    let three = ["a", "b", "c"].map(of_app).join(",");
    let long = format!(r#"{{"extensionName":"x","v":"{}"}}"#, "a".repeat(2048));
    let cases = [
        (r#"{"extensionName":"x"}"#.to_owned(), "list"),
        (r#"["x"]"#.to_owned(), "extensions"),
        ("[{}]".to_owned(), "extensionName"),
        (
            r#"[{"extensionName":"x","a.b":1}]"#.to_owned(),
            "extensions/a.b",
        ),
        (
            r#"[{"extensionName":"x","id":"y"}]"#.to_owned(),
            "extensions/id",
        ),
        (
            r#"[{"extensionName":"x"},{"extensionName":"X"}]"#.to_owned(),
            "already exists",
        ),
        (
            format!(r#"[{{"extensionName":"x","{EXTENSION_APP}":7}}]"#),
            EXTENSION_APP,
        ),
        (format!("[{three}]"), "per application is 2"),
        (format!("[{long}]"), "2 KB"),
        (
            r#"[{"extensionName":"x","v":"\u0000"}]"#.to_owned(),
            "extensions",
        ),
        (
            format!(
                r#"[{{"extensionName":"x","v":{}{}}}]"#,
                "[".repeat(64),
                "]".repeat(64)
            ),
            "deep",
        ),
    ];
    let mut text = String::new();
    for (at, (extensions, _)) in cases.iter().enumerate() {
        let name = format!("u{at}");
        let _infallible = writeln!(
            text,
            r#"{{"userPrincipalName":"{name}@contoso.com","displayName":"{name}","extensions":{extensions}}}"#
        );
    }
    text.push_str("{\"userPrincipalName\":\"good@contoso.com\",\"displayName\":\"G\"}\n");
    fs::write(&file, text).unwrap();
    let (summary, results) = scene.try_import(&file, true).await;
    let counts = (summary.count("refused"), summary.count("created"));
    assert_eq!(counts, (cases.len() as u64, 1), "{results}");
    for ((extensions, said), line) in cases.iter().zip(results.lines().skip(1)) {
        assert!(line.contains(said), "{extensions}: {line}");
    }
    // Nobody of a refused row is there.
    let (_, users) = scene.get("users?$select=userPrincipalName").await;
    assert_eq!(
        users["value"],
        json!([{ "userPrincipalName": "good@contoso.com" }])
    );
}

/// CSV has none, and says so; a cell of JSON would be cut and rounded by spreadsheets.
#[tokio::test]
async fn csv_says_what_it_leaves_out() {
    let scene = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("all.csv");
    let written = scene.export(&file, false, &[]).await;
    assert_eq!(written.without_extensions, 2);
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        !text.contains("exact") && !text.contains("extensions"),
        "{text}"
    );
    let written = scene.export(&file, false, &["displayName"]).await;
    assert_eq!(written.without_extensions, 0);
    let directory = scene.app.directory();
    let actor = directory.server_actor(scene.tenant.id).await.unwrap();
    let select = export::select(&["extensions".to_owned()], actor.entity(&edm::user::TYPE));
    let job = Job {
        file: &file,
        to: To::AnyFile,
        format: Format::Csv,
        select: select.unwrap(),
        hashes: false,
        guarded: false,
    };
    let refused = export::export(directory, &actor, &job).await.unwrap_err();
    assert!(
        format!("{refused:?}").contains("no CSV file"),
        "{refused:?}"
    );
}

/// Who may not read the extensions of a user exports none either: neither an app with the basic
/// profile nor a guest.
#[tokio::test]
async fn an_export_needs_the_right_to_read_them() {
    let scene = filled().await;
    let directory = scene.app.directory();
    let server = directory.server_actor(scene.tenant.id).await.unwrap();
    let with = |subject| Actor {
        subject,
        ..server.clone()
    };
    let app = |permission: Permission| {
        with(Subject::App {
            client_id: Uuid::from_u128(5),
            object: Uuid::from_u128(6),
            permissions: [permission].into_iter().collect(),
            roles: Roles::default(),
        })
    };
    let users = directory
        .export_users(&server, None, 10, false)
        .await
        .unwrap();
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let read = async |actor: &Actor| {
        let found = directory
            .export_open_extensions(actor, ids.clone(), None, 10)
            .await;
        found.map(|found| found.iter().map(|(_, rows)| rows.len()).sum::<usize>())
    };
    assert_eq!(read(&server).await, Ok(3));
    assert_eq!(read(&app(Permission::UserReadAll)).await, Ok(3));
    let guest = with(Subject::Guest { user: ids[0] });
    for actor in [app(Permission::UserReadBasicAll), guest] {
        let refused = read(&actor).await;
        assert!(
            matches!(refused, Err(Refusal::Denied { .. })),
            "{refused:?}"
        );
    }
}
