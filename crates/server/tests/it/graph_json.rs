//! Every answer of every reading route is one JSON value, whatever is selected of it.

use axum::http::header::ACCEPT;
use axum::http::{Method, StatusCode};
use edm::{Json, Version, user};
use serde_json::json;
use server::graph::routes::{Access, ROUTES};
use testkit::TestApp;

use crate::route_samples::{Sample, somebody};
use crate::samples::created;

/// The levels of metadata a client may ask for.
const LEVELS: [&str; 3] = ["none", "minimal", "full"];

/// Names nobody declared, alone and beside others, and some that show nothing in a list.
const SELECTS: [&str; 9] = [
    "h",
    "h,g",
    "extension_x_y",
    "h,displayName",
    "displayName,h,id",
    "id",
    "skills",
    "h,skills,aboutMe",
    "*",
];

/// Some declared names, another choice at each round, with an unknown one among them now and then.
fn choice(round: usize) -> String {
    let properties = user::TYPE.properties;
    let mut names: Vec<_> = (0..=round % 4)
        .filter_map(|at| properties.get((round * 31 + at * 17) % properties.len()))
        .map(|property| property.name())
        .collect();
    if round.is_multiple_of(3) {
        names.insert(round % 2, "h");
    }
    names.join(",")
}

#[tokio::test]
async fn what_is_answered_is_json_whatever_is_selected() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut parsed = 0;
    for route in ROUTES.iter() {
        if route.method != Method::GET || route.operation.name == "Metadata" {
            continue;
        }
        let me = somebody(&app, &token).await;
        let (me, acting) = match route.access {
            Access::Person => {
                let scopes = directory::Permission::ALL;
                (Some(me.as_str()), app.person_token(&me, scopes, &[]).await)
            }
            _ => (None, token.clone()),
        };
        let sample = Sample::of(&app, &token, route, me).await;
        let selects: Vec<_> = (0..8)
            .map(choice)
            .chain(SELECTS.map(str::to_owned))
            .collect();
        for (at, select) in selects.iter().enumerate() {
            let version = [route.version(), Version::Beta][at % 2].as_str();
            let level = LEVELS[at % LEVELS.len()];
            let accept = format!("application/json;odata.metadata={level}");
            let asking = sample.reading(&app, version, &format!("$select={select}"));
            let asking = asking.bearer(&acting).header(ACCEPT.as_str(), &accept);
            let reply = asking.send().await;
            let is_json = reply
                .headers
                .get("content-type")
                .is_some_and(|kind| kind.to_str().unwrap().starts_with("application/json"));
            if is_json {
                let read: Result<Json, _> = serde_json::from_str(reply.text());
                let path = route.pattern;
                assert!(read.is_ok(), "{path} {select} {level} {}", reply.text());
                parsed += usize::from(reply.status == StatusCode::OK);
            }
        }
    }
    assert!(parsed > 300, "{parsed}");
}

/// Where nothing of an object is shown there is no comma for it either: behind the type, between
/// objects, before a link.
#[tokio::test]
async fn objects_of_which_nothing_is_shown() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let boss = created(&app, &token, "boss").await;
    let adele = created(&app, &token, "adele").await;
    let to =
        |id: &str| json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{id}") });
    for (method, link) in [(Method::PUT, "manager"), (Method::POST, "sponsors")] {
        let path = format!("/v1.0/users/{adele}/{link}/$ref");
        let asking = app.ask(method, &path).bearer(&token).json(&to(&boss));
        assert_eq!(asking.send().await.status, StatusCode::NO_CONTENT);
    }
    let typed = json!({ "@odata.type": "#microsoft.graph.user" });
    let read = async |path: String| {
        let reply = app.get(&path).bearer(&token);
        let reply = reply.header("consistencylevel", "eventual").send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        let mut json = reply.json();
        json.as_object_mut().unwrap().remove("@odata.context");
        json
    };
    for version in ["v1.0", "beta"] {
        let base = format!("/{version}/users/{adele}");
        let one = read(format!("{base}/manager?$select=h")).await;
        assert_eq!(one, typed);
        let mut one = read(format!("/{version}/directoryObjects/{adele}?$select=h")).await;
        one.as_object_mut().unwrap().remove("@odata.id").unwrap();
        assert_eq!(one, typed);
        for (of, name) in [
            (&boss, "directReports"),
            (&adele, "sponsors"),
            (&boss, "sponsorOf"),
        ] {
            let page = read(format!("/{version}/users/{of}/{name}?$select=h")).await;
            assert_eq!(page["value"], json!([typed]), "{name}");
            let expanded = format!("/{version}/users/{of}?$select=h&$expand={name}($select=h)");
            assert_eq!(read(expanded).await, json!({ name: [typed] }));
        }
        let expanded = read(format!("{base}?$select=h&$expand=manager($select=h)")).await;
        assert_eq!(expanded, json!({ "manager": typed }));
        let levels = "?$select=h&$count=true&$expand=manager($levels=max;$select=h)";
        let expanded = read(format!("{base}{levels}")).await;
        assert_eq!(expanded, json!({ "manager": typed }));
        let page = read(format!("/{version}/users?$select=h&$top=2")).await;
        assert_eq!(page["value"], json!([{}, {}]));
    }
    let gone = app.ask(Method::DELETE, &format!("/v1.0/users/{boss}"));
    assert_eq!(
        gone.bearer(&token).send().await.status,
        StatusCode::NO_CONTENT
    );
    let one = read(format!("/v1.0/directory/deletedItems/{boss}?$select=h")).await;
    assert_eq!(one, typed);
}
