//! Values of custom security attributes: assigned, read and found as documented, in both manners,
//! and by nobody else than those who may.

use axum::http::{Method, StatusCode};
use directory::{Permission as P, Role};
use oracle::definitions::attributes;
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, but, user};

const SELECT: &str = "$select=id,customSecurityAttributes";

/// A tenant with attributes, a user, and an app that may all.
pub(crate) struct Attributed {
    pub(crate) scene: Scene,
    pub(crate) id: String,
}

impl Attributed {
    pub(crate) async fn new() -> Self {
        let scene = Scene::new().await;
        let tenant = scene.app.tenant.id;
        scene.app.definitions.define(tenant, attributes());
        let made = scene
            .send(Method::POST, "users", Some(user("AdeleV")))
            .await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        Self { scene, id }
    }

    pub(crate) async fn assign(&self, sets: Value) -> Reply {
        self.assign_to(&self.id, sets).await
    }

    async fn assign_to(&self, id: &str, sets: Value) -> Reply {
        let body = json!({ "customSecurityAttributes": sets });
        let path = format!("users/{id}");
        self.scene.send(Method::PATCH, &path, Some(body)).await
    }

    async fn assigned(&self, sets: Value) {
        let reply = self.assign(sets).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    async fn sets(&self) -> Value {
        let reply = self.scene.get(&format!("users/{}?{SELECT}", self.id)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()["customSecurityAttributes"].clone()
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        let ask = self.scene.app.get(path).bearer(token);
        ask.header("consistencylevel", "eventual").send().await
    }

    /// Makes users whose attributes differ.
    async fn have_people(&self) {
        let people = [
            (
                "Jiya",
                json!({ "Marketing": { "AppCountry": ["India", "Canada"], "EmployeeId": "KX19476" } }),
            ),
            (
                "Jana",
                json!({ "Marketing": { "AppCountry": ["Canada", "Mexico"], "EmployeeId": "GS46982" } }),
            ),
            (
                "Isabella",
                json!({ "Marketing": { "AppCountry": ["France"] }, "Engineering": { "NumVendors": 4, "Certification": true } }),
            ),
        ];
        for (name, sets) in people {
            let body = but(user(name), "customSecurityAttributes", sets);
            let made = self.scene.send(Method::POST, "users", Some(body)).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        }
    }

    /// The names of those that a condition finds in an advanced query.
    async fn found(&self, condition: &str) -> Vec<String> {
        let filter = condition.replace(' ', "%20");
        let path = format!("/v1.0/users?$count=true&$select=displayName&$filter={filter}");
        let reply = self.get(&self.scene.token, &path).await;
        assert_eq!(
            reply.status,
            StatusCode::OK,
            "{condition}: {}",
            reply.text()
        );
        let page = reply.json();
        let mut names: Vec<_> = page["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["displayName"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(page["@odata.count"], names.len(), "{condition}");
        names.sort_unstable();
        names
    }
}

const SENT_SET: &str = "#Microsoft.DirectoryServices.CustomSecurityAttributeValue";
const SET: &str = "#microsoft.graph.customSecurityAttributeValue";

/// The documented walk: assigned one after the other, updated, removed.
#[tokio::test]
async fn the_documented_examples() {
    let own = Attributed::new().await;
    let engineering = |mut set: Value| {
        set["@odata.type"] = json!(SENT_SET);
        json!({ "Engineering": set })
    };
    assert_eq!(own.sets().await, Value::Null);
    for set in [
        json!({ "ProjectDate": "2022-10-01" }),
        json!({ "Project@odata.type": "#Collection(String)", "Project": ["Baker", "Cascade"] }),
        json!({ "NumVendors@odata.type": "#Int32", "NumVendors": 4 }),
        json!({ "CostCenter@odata.type": "#Collection(Int32)", "CostCenter": [1001, 1003] }),
        json!({ "Certification": true }),
        json!({ "NumVendors@odata.type": "#Int32", "NumVendors": 8 }),
        json!({ "Certification": false }),
    ] {
        own.assigned(engineering(set)).await;
    }
    let marketing = json!({ "@odata.type": SENT_SET, "EmployeeId": "QN26904" });
    own.assigned(json!({ "Marketing": marketing })).await;
    let expected = json!({
        "Engineering": {
            "@odata.type": SET,
            "Certification": false,
            "CostCenter@odata.type": "#Collection(Int32)", "CostCenter": [1001, 1003],
            "NumVendors@odata.type": "#Int32", "NumVendors": 8,
            "Project@odata.type": "#Collection(String)", "Project": ["Baker", "Cascade"],
            "ProjectDate": "2022-10-01",
        },
        "Marketing": { "@odata.type": SET, "EmployeeId": "QN26904" },
    });
    assert_eq!(own.sets().await, expected);
    own.assigned(engineering(json!({ "ProjectDate": null })))
        .await;
    own.assigned(engineering(json!({ "Project": [] }))).await;
    let left = own.sets().await;
    let left = left["Engineering"].as_object().unwrap();
    assert!(!left.contains_key("ProjectDate") && !left.contains_key("Project"));
    assert!(left.contains_key("NumVendors") && left.contains_key("CostCenter"));
    own.assigned(Value::Null).await;
    assert_eq!(own.sets().await, Value::Null);
}

#[tokio::test]
async fn what_may_not_be_assigned_is_named() {
    let own = Attributed::new().await;
    let check = async |sets: Value, target: &str| {
        let reply = own.assign(sets.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{sets}");
        let target = format!("customSecurityAttributes/{target}");
        assert!(reply.text().contains(&target), "{sets}: {}", reply.text());
        assert_eq!(own.sets().await, Value::Null, "{sets}");
    };
    let engineering = async |set: Value, target: &str| {
        let target = format!("Engineering/{target}");
        check(json!({ "Engineering": set }), &target).await;
    };
    check(json!({ "Sales": { "x": 1 } }), "Sales").await;
    engineering(json!({ "None": "x" }), "None").await;
    engineering(json!({ "ProjectDate": 5 }), "ProjectDate").await;
    engineering(json!({ "ProjectDate": "x".repeat(65) }), "ProjectDate").await;
    engineering(json!({ "Project": ["Baker", "Alpine"] }), "Project").await;
    // In exactly their spelling.
    engineering(json!({ "Project": ["baker"] }), "Project").await;
    engineering(json!({ "Level": 3 }), "Level").await;
    engineering(json!({ "Closed": "x" }), "Closed").await;
    engineering(json!({ "Retired": "x" }), "Retired").await;
    engineering(json!({ "NumVendors": 1.5 }), "NumVendors").await;
    let told = json!({ "NumVendors@odata.type": "#String", "NumVendors": 5 });
    engineering(told, "NumVendors@odata.type").await;
    let most: Vec<_> = (0..50).collect();
    own.assigned(json!({ "Engineering": { "CostCenter": most } }))
        .await;
    let more = own
        .assign(json!({ "Marketing": { "EmployeeId": "x" } }))
        .await;
    assert_eq!(more.status, StatusCode::BAD_REQUEST);
    assert!(more.text().contains("at most 50 values"), "{}", more.text());
    // Extensions have a limit of their own.
    let body = json!({ "extension_0a_badge": "A-1" });
    let path = format!("users/{}", own.id);
    let reply = own.scene.send(Method::PATCH, &path, Some(body)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
}

/// What conditions find, against users whose attributes differ.
#[tokio::test]
async fn conditions_find_them() {
    let own = Attributed::new().await;
    own.have_people().await;
    let country = "customSecurityAttributes/Marketing/AppCountry";
    let employee = "customSecurityAttributes/Marketing/EmployeeId";
    let vendors = "customSecurityAttributes/engineering/numvendors";
    let check = async |condition: String, expected: &[&str]| {
        let mut found = own.found(&condition).await;
        // The tenant has people of its own.
        found.retain(|name| ["AdeleV", "Isabella", "Jana", "Jiya"].contains(&name.as_str()));
        assert_eq!(found, expected, "{condition}");
    };
    check(format!("{country} eq 'Canada'"), &["Jana", "Jiya"]).await;
    check(format!("{country} ne 'Canada'"), &["AdeleV", "Isabella"]).await;
    check(
        format!("not({country} eq 'Canada')"),
        &["AdeleV", "Isabella"],
    )
    .await;
    check(
        format!("{country} in ('France','Mexico')"),
        &["Isabella", "Jana"],
    )
    .await;
    check(format!("startsWith({country},'Fr')"), &["Isabella"]).await;
    check(format!("{country}/any(c:c eq 'India')"), &["Jiya"]).await;
    check(format!("{country} eq null"), &["AdeleV"]).await;
    check(format!("{country} ne null"), &["Isabella", "Jana", "Jiya"]).await;
    check(format!("startsWith({employee},'GS')"), &["Jana"]).await;
    check(
        format!("{employee} in ('KX19476','GS46982')"),
        &["Jana", "Jiya"],
    )
    .await;
    check(format!("{employee} eq null"), &["AdeleV", "Isabella"]).await;
    // The value is matched in its spelling, names are not.
    check(format!("{country} eq 'canada'"), &[]).await;
    check(format!("startsWith({employee},'gs')"), &[]).await;
    check(
        format!("{country} ne 'canada' and {country} ne null"),
        &["Isabella", "Jana", "Jiya"],
    )
    .await;
    check(format!("{vendors} eq 4"), &["Isabella"]).await;
    check(
        "customSecurityAttributes/Engineering/Certification eq true".to_owned(),
        &["Isabella"],
    )
    .await;
    check(
        "customSecurityAttributes/Engineering/Certification".to_owned(),
        &["Isabella"],
    )
    .await;
    // The documented service answers them in advanced queries alone.
    own.scene.app.set_manner("strict").await;
    let path = format!("/v1.0/users?$filter={country}%20eq%20'Canada'");
    let plain = own
        .scene
        .app
        .get(&path)
        .bearer(&own.scene.token)
        .send()
        .await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST, "{}", plain.text());
    check(format!("{country} eq 'Canada'"), &["Jana", "Jiya"]).await;
    check(format!("{country} ne 'Canada'"), &["AdeleV", "Isabella"]).await;
    check(format!("startsWith({employee},'GS')"), &["Jana"]).await;
}

#[tokio::test]
async fn wrong_conditions_are_named() {
    let own = Attributed::new().await;
    for (condition, status) in [
        (
            "customSecurityAttributes/Engineering/Note eq 'x'",
            StatusCode::BAD_REQUEST,
        ),
        (
            "customSecurityAttributes/Engineering/None eq 'x'",
            StatusCode::BAD_REQUEST,
        ),
        (
            "customSecurityAttributes/Sales/None eq 'x'",
            StatusCode::BAD_REQUEST,
        ),
        (
            "customSecurityAttributes/Engineering eq 'x'",
            StatusCode::BAD_REQUEST,
        ),
        ("customSecurityAttributes eq 'x'", StatusCode::BAD_REQUEST),
        (
            "customSecurityAttributes/Engineering/NumVendors eq 'x'",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let filter = condition.replace(' ', "%20");
        let path = format!("/v1.0/users?$count=true&$filter={filter}");
        let reply = own.get(&own.scene.token, &path).await;
        assert_eq!(reply.status, status, "{condition}: {}", reply.text());
    }
}

/// Nobody else reads or sets them, or learns of a name or a change: neither an app that may all
/// else, nor a person with the scope and the highest role.
#[tokio::test]
async fn nobody_else_learns_of_them() {
    let own = Attributed::new().await;
    own.assigned(json!({ "Engineering": { "ProjectDate": "secret" } }))
        .await;
    let id = &own.id;
    let app = &own.scene.app;
    let writer = app
        .token_with(&[
            P::UserReadWriteAll,
            P::DirectoryReadWriteAll,
            P::CustomSecAttributeDefinitionReadWriteAll,
        ])
        .await;
    let unable = app
        .person_token(id, P::ALL, &[Role::GlobalAdministrator])
        .await;
    for token in [&writer, &unable] {
        for path in [
            format!("/beta/users/{id}?{SELECT}"),
            format!("/v1.0/users/{id}/customSecurityAttributes"),
            format!("/v1.0/users/{id}/customSecurityAttributes%2FEngineering%2FProjectDate"),
            format!("/v1.0/users?{SELECT}"),
            format!("/v1.0/users/delta?{SELECT}"),
            format!("/v1.0/users/{id}?$select=customSecurityAttributes/Engineering/ProjectDate"),
            format!("/beta/users/{id}"),
            format!("/v1.0/users/{id}?$select=*"),
        ] {
            let reply = own.get(token, &path).await;
            assert!(!reply.text().contains("secret"), "{path}: {}", reply.text());
            assert!(
                !reply.text().contains("ProjectDate\""),
                "{path}: {}",
                reply.text()
            );
        }
        // Answers do not tell a name from another.
        let mut answers = Vec::new();
        for name in ["Engineering/ProjectDate", "Engineering/None", "Sales/None"] {
            let mut told = Vec::new();
            for path in [
                format!(
                    "users?$count=true&$filter=customSecurityAttributes/{name}%20eq%20'secret'"
                ),
                format!("users/$count?$filter=startsWith(customSecurityAttributes/{name},'s')"),
                format!(
                    "users?$count=true&$explain=true&$filter=customSecurityAttributes/{name}%20eq%205"
                ),
                format!(
                    "directory/deletedItems/microsoft.graph.user?$filter=customSecurityAttributes/{name}%20eq%205"
                ),
            ] {
                let reply = own.get(token, &format!("/v1.0/{path}")).await;
                assert_eq!(
                    reply.status,
                    StatusCode::FORBIDDEN,
                    "{path}: {}",
                    reply.text()
                );
                told.push(reply.error());
            }
            let (set, attribute) = name.split_once('/').unwrap();
            let sets = json!({ set: { attribute: "x" } });
            let changed = json!({ "customSecurityAttributes": sets, "zzz": 1 });
            let made = but(user("BiancaP"), "customSecurityAttributes", sets);
            for (method, path, body) in [
                (Method::PATCH, format!("users/{id}"), changed),
                (Method::POST, "users".to_owned(), made),
            ] {
                let ask = app.ask(method, &format!("/v1.0/{path}")).bearer(token);
                let reply = ask.json(&body).send().await;
                assert_eq!(
                    reply.status,
                    StatusCode::FORBIDDEN,
                    "{path}: {}",
                    reply.text()
                );
                told.push(reply.error());
            }
            answers.push(told);
        }
        assert_eq!(answers[0], answers[1]);
        assert_eq!(answers[0], answers[2]);
    }
    // A change of something else by who sees nothing of them takes nothing away.
    let path = format!("/v1.0/users/{id}");
    let ask = app.ask(Method::PATCH, &path).bearer(&writer);
    let reply = ask.json(&json!({ "city": "Bern" })).send().await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(own.sets().await["Engineering"]["ProjectDate"], "secret");
    let date = "customSecurityAttributes/Engineering/ProjectDate eq 'secret'";
    assert_eq!(own.found(date).await, ["AdeleV"]);
}
