//! Attribute sets, definitions of custom security attributes and their predefined values, by the
//! published examples; and what they do to users.

use axum::http::{Method, StatusCode};
use directory::{Permission as P, Role};
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, created, user};

const SETS: &str = "directory/attributeSets";
const DEFINITIONS: &str = "directory/customSecurityAttributeDefinitions";

async fn sent(scene: &Scene, method: Method, path: &str, body: Value, status: StatusCode) -> Reply {
    let reply = scene.send(method, path, Some(body)).await;
    assert_eq!(reply.status, status, "{path}: {}", reply.text());
    reply
}

async fn made(scene: &Scene, path: &str, body: Value) -> Value {
    sent(scene, Method::POST, path, body, StatusCode::CREATED)
        .await
        .json()
}

async fn changed(scene: &Scene, path: &str, body: Value) {
    sent(scene, Method::PATCH, path, body, StatusCode::NO_CONTENT).await;
}

async fn read(scene: &Scene, path: &str) -> Value {
    let reply = scene.get(path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

fn engineering() -> Value {
    json!({ "id": "Engineering", "description": "Attributes for engineering team", "maxAttributesPerSet": 25 })
}

fn definition(name: &str, ty: &str, is_collection: bool) -> Value {
    json!({
        "attributeSet": "Engineering", "description": "Made for a test", "isCollection": is_collection,
        "isSearchable": true, "name": name, "status": "Available", "type": ty, "usePreDefinedValuesOnly": false,
    })
}

fn project() -> Value {
    let mut project = definition("Project", "String", true);
    project["usePreDefinedValuesOnly"] = json!(true);
    let values = ["Alpine", "Baker", "Cascade"];
    project["allowedValues"] = values
        .iter()
        .map(|value| json!({ "id": value, "isActive": true }))
        .collect();
    project
}

fn ids(page: &Value) -> Vec<&str> {
    let rows = page["value"].as_array().unwrap().iter();
    rows.map(|row| row["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn sets_and_definitions_are_made_read_and_changed() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        assert_eq!(read(&scene, SETS).await["value"], json!([]));
        let set = made(&scene, SETS, engineering()).await;
        assert_eq!(set["maxAttributesPerSet"], 25);
        let context = set["@odata.context"].as_str().unwrap();
        assert!(
            context.ends_with("$metadata#directory/attributeSets/$entity"),
            "{context}"
        );
        let one = read(&scene, &format!("{SETS}/engineering")).await;
        assert_eq!(one["id"], "Engineering");
        changed(
            &scene,
            &format!("{SETS}/Engineering"),
            json!({ "maxAttributesPerSet": 3, "description": null, "id": "Engineering" }),
        )
        .await;
        let one = read(&scene, &format!("{SETS}/Engineering")).await;
        assert_eq!(
            (&one["maxAttributesPerSet"], &one["description"]),
            (&json!(3), &Value::Null)
        );
        let date = made(
            &scene,
            DEFINITIONS,
            definition("ProjectDate", "String", false),
        )
        .await;
        assert_eq!(date["id"], "Engineering_ProjectDate");
        assert_eq!(date.get("allowedValues"), None);
        made(&scene, DEFINITIONS, project()).await;
        let all = read(&scene, DEFINITIONS).await;
        assert_eq!(all["value"].as_array().unwrap().len(), 2);
        let filter = "$filter=name%20eq%20'Project'%20and%20status%20eq%20'Available'";
        let found = read(&scene, &format!("{DEFINITIONS}?{filter}")).await;
        assert_eq!(ids(&found), ["Engineering_Project"]);
        let filter = "$filter=attributeSet%20eq%20'Engineering'%20and%20type%20eq%20'String'";
        let found = read(&scene, &format!("{DEFINITIONS}?{filter}&$top=1")).await;
        assert_eq!(ids(&found).len(), 1);
        assert!(found["@odata.nextLink"].is_string(), "{found}");
        let one = read(
            &scene,
            &format!("{DEFINITIONS}/engineering_project?$expand=allowedValues"),
        )
        .await;
        assert_eq!(
            one["allowedValues"][1],
            json!({ "id": "Baker", "isActive": true })
        );
        let all = read(
            &scene,
            &format!("{DEFINITIONS}?$expand=allowedValues&$select=id"),
        )
        .await;
        let rows = all["value"].as_array().unwrap();
        let row = rows.iter().find(|row| row["id"] == "Engineering_Project");
        assert_eq!(row.unwrap()["allowedValues"].as_array().unwrap().len(), 3);
        let path = format!("{DEFINITIONS}/Engineering_ProjectDate");
        changed(
            &scene,
            &path,
            json!({ "description": "Target completion date (YYYY/MM/DD)" }),
        )
        .await;
        changed(
            &scene,
            &path,
            json!({ "status": "Deprecated", "type": "String" }),
        )
        .await;
        let one = read(&scene, &path).await;
        assert_eq!(one["status"], "Deprecated");
        // The third attribute is the last of its set, active or not.
        made(&scene, DEFINITIONS, definition("Third", "Boolean", false)).await;
        let more = definition("Fourth", "Boolean", false);
        sent(
            &scene,
            Method::POST,
            DEFINITIONS,
            more,
            StatusCode::BAD_REQUEST,
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_definition_is_named() {
    let scene = Scene::new().await;
    made(&scene, SETS, engineering()).await;
    made(&scene, DEFINITIONS, definition("Level", "Integer", false)).await;
    let check = async |method: Method, path: &str, body: Value, names: &str| {
        let reply = sent(&scene, method, path, body.clone(), StatusCode::BAD_REQUEST).await;
        assert!(reply.text().contains(names), "{body}: {}", reply.text());
    };
    let set = |name: &str, value: Value| {
        let mut set = engineering();
        set[name] = value;
        set
    };
    check(Method::POST, SETS, engineering(), "'id'").await;
    check(Method::POST, SETS, set("id", json!("ENGINEERING")), "'id'").await;
    check(Method::POST, SETS, set("id", json!("two words")), "'id'").await;
    check(Method::POST, SETS, set("id", json!("x".repeat(33))), "'id'").await;
    // Names that differ in case are one, and only ASCII is compared so.
    check(Method::POST, SETS, set("id", json!("Größe")), "'id'").await;
    check(Method::POST, SETS, set("id", Value::Null), "id").await;
    check(
        Method::POST,
        SETS,
        json!({ "id": "A", "maxAttributesPerSet": 0 }),
        "maxAttributesPerSet",
    )
    .await;
    check(
        Method::PATCH,
        &format!("{SETS}/Engineering"),
        json!({ "id": "Other" }),
        "id",
    )
    .await;
    let with = |name: &str, value: Value| {
        let mut new = definition("New", "String", false);
        new[name] = value;
        new
    };
    let post = async |body: Value, names: &str| {
        check(Method::POST, DEFINITIONS, body, names).await;
    };
    post(with("attributeSet", json!("None")), "attributeSet").await;
    post(with("name", json!("level")), "Engineering_level").await;
    post(with("name", json!("a/b")), "name").await;
    post(with("type", json!("DateTime")), "type").await;
    post(with("status", json!("Gone")), "status").await;
    post(with("id", json!("Engineering_New")), "id").await;
    post(with("isSearchable", Value::Null), "isSearchable").await;
    let mut flag = definition("Flag", "Boolean", true);
    post(flag.clone(), "isCollection").await;
    flag["isCollection"] = json!(false);
    flag["usePreDefinedValuesOnly"] = json!(true);
    post(flag, "usePreDefinedValuesOnly").await;
    let path = format!("{DEFINITIONS}/Engineering_Level");
    check(
        Method::PATCH,
        &path,
        json!({ "usePreDefinedValuesOnly": true }),
        "usePreDefinedValuesOnly",
    )
    .await;
    check(Method::PATCH, &path, json!({ "type": "String" }), "type").await;
    check(Method::PATCH, &path, json!({ "name": "Other" }), "name").await;
    let values = format!("{path}/allowedValues");
    for value in ["x", "007", "2147483648", ""] {
        let body = json!({ "id": value, "isActive": true });
        check(Method::POST, &values, body, "id").await;
    }
    for path in [
        format!("{SETS}/None"),
        format!("{DEFINITIONS}/Engineering_None"),
        format!("{values}/9"),
    ] {
        assert_eq!(
            scene.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        let gone = scene.send(Method::DELETE, &path, None).await;
        assert!(gone.status.is_client_error(), "{path}: {}", gone.status);
    }
}

#[tokio::test]
async fn predefined_values_are_added_and_deactivated() {
    let scene = Scene::new().await;
    made(&scene, SETS, engineering()).await;
    made(&scene, DEFINITIONS, project()).await;
    let path = format!("{DEFINITIONS}/Engineering_Project");
    let values = format!("{path}/allowedValues");
    let all = read(&scene, &values).await;
    assert_eq!(ids(&all), ["Alpine", "Baker", "Cascade"]);
    // The example sends a word.
    changed(
        &scene,
        &format!("{values}/Alpine"),
        json!({ "isActive": "false" }),
    )
    .await;
    let delta = json!([{ "id": "Baker", "isActive": false }, { "id": "Skagit", "isActive": true }]);
    changed(&scene, &path, json!({ "allowedValues@delta": delta })).await;
    // It would be taken for a value that is active.
    let removed = json!([{ "id": "Skagit", "@removed": { "reason": "deleted" } }]);
    let body = json!({ "allowedValues@delta": removed });
    let refused = sent(&scene, Method::PATCH, &path, body, StatusCode::BAD_REQUEST).await;
    assert_eq!(
        refused.json()["error"]["details"][0]["target"],
        "allowedValues@delta"
    );
    made(
        &scene,
        &values,
        json!({ "id": "Rainier Peak", "isActive": true }),
    )
    .await;
    let active = read(&scene, &format!("{values}?$filter=isActive%20eq%20true")).await;
    assert_eq!(ids(&active), ["Cascade", "Skagit", "Rainier Peak"]);
    let one = read(&scene, &format!("{values}/Rainier%20Peak")).await;
    assert_eq!(one["isActive"], true);
    let again = json!({ "id": "Skagit", "isActive": true });
    sent(
        &scene,
        Method::POST,
        &values,
        again,
        StatusCode::BAD_REQUEST,
    )
    .await;

    // A value that is deactivated stays with who has it, and goes to nobody else.
    let (adele, bianca) = (
        created(&scene.app, &scene.token, "AdeleV").await,
        created(&scene.app, &scene.token, "BiancaP").await,
    );
    let assign = async |id: &str, projects: Value, status: StatusCode| {
        let sets = json!({ "Engineering": { "Project": projects } });
        let body = json!({ "customSecurityAttributes": sets });
        sent(&scene, Method::PATCH, &format!("users/{id}"), body, status).await;
    };
    assign(&adele, json!(["Cascade", "Skagit"]), StatusCode::NO_CONTENT).await;
    changed(
        &scene,
        &format!("{values}/Skagit"),
        json!({ "isActive": false }),
    )
    .await;
    assign(
        &adele,
        json!(["Skagit", "Rainier Peak"]),
        StatusCode::NO_CONTENT,
    )
    .await;
    assign(&bianca, json!(["Skagit"]), StatusCode::BAD_REQUEST).await;
    assign(&bianca, json!(["Baker"]), StatusCode::BAD_REQUEST).await;
    // Deactivated: it can be taken away, read and found, and assigned to nobody.
    changed(&scene, &path, json!({ "status": "Deprecated" })).await;
    assign(&bianca, json!(["Cascade"]), StatusCode::BAD_REQUEST).await;
    let select = format!("users/{adele}?$select=customSecurityAttributes");
    let shown = read(&scene, &select).await;
    let held = &shown["customSecurityAttributes"]["Engineering"]["Project"];
    assert_eq!(*held, json!(["Skagit", "Rainier Peak"]));
    let filter = "$count=true&$filter=customSecurityAttributes/Engineering/Project%20eq%20'Skagit'";
    let found = read(&scene, &format!("users?{filter}&$select=id")).await;
    assert_eq!(ids(&found), [adele.as_str()]);
    assign(&adele, json!([]), StatusCode::NO_CONTENT).await;
    assert_eq!(
        read(&scene, &select).await["customSecurityAttributes"],
        Value::Null
    );
    // Available again, and then free.
    changed(
        &scene,
        &path,
        json!({ "status": "Available", "usePreDefinedValuesOnly": false }),
    )
    .await;
    assign(&bianca, json!(["Anything"]), StatusCode::NO_CONTENT).await;
}

/// Definitions are those of one tenant: another one's names are unknown names, byte for byte.
#[tokio::test]
async fn another_tenants_attributes_are_unknown_names() {
    let scene = Scene::new().await;
    made(&scene, SETS, engineering()).await;
    made(
        &scene,
        DEFINITIONS,
        definition("ProjectDate", "String", false),
    )
    .await;
    let other = scene.app.other_tenant().await;
    let token = scene.app.token_of(&other).await;
    let id = {
        let mut body = user("AdeleV");
        body["userPrincipalName"] = json!("AdeleV@fabrikam.com");
        let ask = scene.app.post("/v1.0/users").bearer(&token).json(&body);
        let made = ask.send().await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let mut answers = Vec::new();
    for (set, name) in [
        ("Engineering", "ProjectDate"),
        ("Engineerinh", "ProjectDatf"),
    ] {
        let mut told = Vec::new();
        let filter = format!("customSecurityAttributes/{set}/{name}%20eq%20'x'");
        for path in [
            format!("/v1.0/users?$filter={filter}"),
            format!("/v1.0/{DEFINITIONS}/{set}_{name}"),
            format!("/v1.0/{SETS}/{set}"),
        ] {
            let reply = scene.app.get(&path).bearer(&token).send().await;
            told.push((reply.status, reply.error()));
        }
        let body = json!({ "customSecurityAttributes": { set: { name: "x" } } });
        let path = format!("/v1.0/users/{id}");
        let ask = scene.app.ask(Method::PATCH, &path).bearer(&token);
        let reply = ask.json(&body).send().await;
        told.push((reply.status, reply.error()));
        let text = format!("{told:?}");
        answers.push(
            text.replace("Engineerinh", "Engineering")
                .replace("ProjectDatf", "ProjectDate"),
        );
    }
    assert_eq!(answers[0], answers[1]);
}

/// The scope is not enough for a person, and the highest role is none of those that are.
#[tokio::test]
async fn people_need_a_role_beside_the_scope() {
    let scene = Scene::new().await;
    made(&scene, SETS, engineering()).await;
    made(
        &scene,
        DEFINITIONS,
        definition("ProjectDate", "String", false),
    )
    .await;
    let app = &scene.app;
    let id = created(app, &scene.token, "AdeleV").await;
    let sets = json!({ "Engineering": { "ProjectDate": "2026" } });
    let assigned = json!({ "customSecurityAttributes": sets });
    // Role, and whether it reads definitions, defines, reads values, assigns.
    let cases = [
        (Role::GlobalAdministrator, [false, false, false, false]),
        (Role::UserAdministrator, [false, false, false, false]),
        (Role::AttributeDefinitionReader, [true, false, false, false]),
        (
            Role::AttributeDefinitionAdministrator,
            [true, true, false, false],
        ),
        (Role::AttributeAssignmentReader, [true, false, true, false]),
        (
            Role::AttributeAssignmentAdministrator,
            [true, false, true, true],
        ),
    ];
    for (at, (role, may)) in cases.into_iter().enumerate() {
        let me = created(app, &scene.token, &format!("Person{at}")).await;
        let token = app.person_token(&me, P::ALL, &[role]).await;
        let asks = [
            (Method::GET, format!("/v1.0/{DEFINITIONS}"), None),
            (Method::POST, format!("/v1.0/{SETS}"), Some(json!({ "id": format!("Set{at}") }))),
            (
                Method::GET,
                "/v1.0/users?$count=true&$filter=customSecurityAttributes/Engineering/ProjectDate%20eq%20'x'".to_owned(),
                None,
            ),
            (Method::PATCH, format!("/v1.0/users/{id}"), Some(assigned.clone())),
        ];
        for ((method, path, body), may) in asks.into_iter().zip(may) {
            let ask = app.ask(method, &path).bearer(&token);
            let ask = match &body {
                Some(body) => ask.json(body),
                None => ask,
            };
            let reply = ask.send().await;
            assert_eq!(
                reply.status.is_success(),
                may,
                "{role:?} {path}: {}",
                reply.text()
            );
            assert!(
                may || reply.status == StatusCode::FORBIDDEN,
                "{role:?} {path}"
            );
        }
    }
}
