//! What users say of themselves comes back letter by letter, whatever becomes of them.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::user;

/// Said of a user at once; a select that shows all of it.
const SHOWN: &str = "aboutMe,businessPhones,city,companyName,createdDateTime,department,displayName,employeeOrgData,\
    id,identities,interests,jobTitle,mail,mailNickname,mobilePhone,officeLocation,otherMails,proxyAddresses,\
    streetAddress,userPrincipalName,userType,onPremisesExtensionAttributes";

/// Texts that resemble what a kept text is made of, and texts that nothing is made of.
fn texts(upn: &str) -> Vec<String> {
    let mut all: Vec<String> = [
        "Member",
        "jobTitle",
        "\"jobTitle\":null",
        "\",\"jobTitle\":null,\"",
        "],\"mail\":[\"",
        "\\",
        "\\\\\"",
        "a\\u0000",
        "\u{a0}\u{feff}",
        "\u{1F600}\u{10FFFF}e\u{301}",
        "猫猫猫",
        "contoso.com",
        "@",
        "null",
    ]
    .map(str::to_owned)
    .to_vec();
    let (local, domain) = upn.split_once('@').unwrap();
    for piece in [upn, local, domain] {
        all.push(piece.to_owned());
        all.push(format!("{piece}{piece} x{piece}\"{piece}\""));
        all.push(piece.to_uppercase());
    }
    all
}

struct Scene {
    app: TestApp,
    token: String,
}

impl Scene {
    async fn send(&self, method: Method, path: &str, body: &Value) -> Reply {
        let asking = self.app.ask(method, &format!("/v1.0/{path}"));
        asking.bearer(&self.token).json(body).send().await
    }

    async fn read_user(&self, id: &str) -> Value {
        let path = format!("users/{id}?$select={SHOWN}");
        let reply = self.send(Method::GET, &path, &json!({})).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let mut shown = reply.json();
        shown.as_object_mut().unwrap().remove("@odata.context");
        shown
    }
}

#[tokio::test]
async fn texts_outlive_a_new_name_a_deletion_and_a_return() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let scene = Scene { app, token };
    for name in ["adele", "a", "member", "id", "null", "x-y_z'!"] {
        let upn = format!("{name}@contoso.com");
        let mut body = user("adele");
        body["userPrincipalName"] = json!(upn);
        let made = scene.send(Method::POST, "users", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let created = scene.read_user(&id).await["createdDateTime"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut said = texts(&upn);
        said.extend([
            id.clone(),
            id.to_uppercase(),
            created.clone(),
            format!("{created}{id}{upn}"),
        ]);
        for text in said {
            let members = [
                "aboutMe",
                "city",
                "department",
                "displayName",
                "jobTitle",
                "companyName",
                "officeLocation",
            ];
            let mut change = json!({
                "employeeOrgData": { "division": text, "costCenter": text },
                "businessPhones": [text.chars().take(64).collect::<String>()],
                "onPremisesExtensionAttributes": { "extensionAttribute1": text },
            });
            for member in members {
                change[member] = json!(text.chars().take(64).collect::<String>());
            }
            let path = format!("users/{id}");
            let reply = scene.send(Method::PATCH, &path, &change).await;
            assert_eq!(
                reply.status,
                StatusCode::NO_CONTENT,
                "{text:?}: {}",
                reply.text()
            );
            let before = scene.read_user(&id).await;
            for member in members {
                assert_eq!(before[member], change[member], "{member}");
            }
            assert_eq!(before["employeeOrgData"]["division"], json!(text));
            assert_eq!(
                before["onPremisesExtensionAttributes"]["extensionAttribute1"],
                json!(text)
            );
            // Under another name, and back: only what follows the name differs.
            for new in [
                "other.one@contoso.onmicrosoft.com",
                &upn.to_uppercase(),
                &upn,
            ] {
                let reply = scene
                    .send(Method::PATCH, &path, &json!({ "userPrincipalName": new }))
                    .await;
                assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
                let now = scene.read_user(&id).await;
                for member in members.into_iter().chain([
                    "employeeOrgData",
                    "createdDateTime",
                    "businessPhones",
                ]) {
                    assert_eq!(now[member], before[member], "{member} as {new}");
                }
                assert_eq!(now["userPrincipalName"], json!(new));
                assert_eq!(now["identities"][0]["issuerAssignedId"], json!(new));
            }
            assert_eq!(scene.read_user(&id).await, before);
        }
        let before = scene.read_user(&id).await;
        scene
            .send(Method::DELETE, &format!("users/{id}"), &json!({}))
            .await;
        let path = format!("directory/deletedItems/{id}");
        let gone = scene.send(Method::GET, &path, &json!({})).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.text());
        let gone = gone.json();
        assert_eq!(gone["displayName"], before["displayName"]);
        assert_eq!(gone["userPrincipalName"], before["userPrincipalName"]);
        let back = scene
            .send(Method::POST, &format!("{path}/restore"), &json!({}))
            .await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text());
        assert_eq!(scene.read_user(&id).await, before);
    }
}

/// Escaped control characters, and half of a surrogate pair.
#[tokio::test]
async fn control_characters_come_back_or_are_refused() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let scene = Scene { app, token };
    let id = crate::samples::created(&scene.app, &scene.token, "adele").await;
    let path = format!("/v1.0/users/{id}");
    for code in 0..0x20_u32 {
        let text = format!("a\\u{code:04x}b\\u{code:04X}");
        for member in ["aboutMe", "city", "displayName"] {
            let body = format!("{{\"{member}\":\"{text}\"}}");
            let asking = scene.app.patch(&path).bearer(&scene.token);
            let reply = asking.json_text(&body).send().await;
            let c = char::from_u32(code).unwrap();
            let shown = scene.read_user(&id).await;
            match reply.status {
                StatusCode::NO_CONTENT => assert_eq!(shown[member], json!(format!("a{c}b{c}"))),
                StatusCode::BAD_REQUEST => assert_ne!(shown[member], json!(format!("a{c}b{c}"))),
                other => panic!("{text}: {other} {}", reply.text()),
            }
            let mut raw = format!("{{\"{member}\":\"a").into_bytes();
            raw.push(u8::try_from(code).unwrap());
            raw.extend(b"\"}");
            let asking = scene.app.patch(&path).bearer(&scene.token);
            let asking = asking.header("content-type", "application/json").body(raw);
            assert_eq!(
                asking.send().await.status,
                StatusCode::BAD_REQUEST,
                "{code}"
            );
            assert_eq!(scene.read_user(&id).await, shown);
        }
    }
    for half in ["\\ud800", "\\udfffx", "\\ud800\\ud800", "\\udc00\\ud800"] {
        let body = format!("{{\"aboutMe\":\"{half}\"}}");
        let asking = scene.app.patch(&path).bearer(&scene.token);
        let reply = asking.json_text(&body).send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{half}");
    }
}

fn target(link: &str) -> String {
    link.strip_prefix("https://localhost:8443")
        .unwrap()
        .to_owned()
}

/// Names as long as they may be, of letters of four bytes, do not fit on a page of the index.
#[tokio::test]
async fn lists_by_name_hold_everybody_once_however_long_the_names() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let scene = Scene { app, token };
    let mut expected = Vec::new();
    for n in 0..60_u32 {
        let letter = char::from_u32(0x1F600 + n % 7).unwrap();
        let name = match n % 4 {
            0 => letter.to_string().repeat(256),
            1 => format!("{}{}", letter.to_string().repeat(250), n),
            2 => "\"".repeat(256),
            _ => format!("Name {}", n % 5),
        };
        let mut body = user(&format!("u{n}"));
        body["displayName"] = json!(name);
        body["jobTitle"] = json!(letter.to_string().repeat(128));
        let made = scene.send(Method::POST, "users", &body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let made = made.json();
        let id = made["id"].as_str().unwrap().to_owned();
        if n % 6 == 5 {
            scene
                .send(Method::DELETE, &format!("users/{id}"), &json!({}))
                .await;
            continue;
        }
        // Each second one is changed afterwards, so that the version in the index is another.
        if n % 2 == 0 {
            let change = json!({ "givenName": letter.to_string().repeat(64) });
            let path = format!("users/{id}");
            let reply = scene.send(Method::PATCH, &path, &change).await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        }
        let by_id = scene
            .send(Method::GET, &format!("users/{id}"), &json!({}))
            .await;
        expected.push((name, id, by_id.json()));
    }
    for (order, descending) in [("displayName", false), ("displayName%20desc", true)] {
        for manner in ["friendly", "strict"] {
            scene.app.set_manner(manner).await;
            for top in [1, 7, 60] {
                let mut next = Some(format!(
                    "/v1.0/users?$orderby={order}&$top={top}&$count=true"
                ));
                let mut found = Vec::new();
                while let Some(link) = next {
                    let asking = scene.app.get(&link).bearer(&scene.token);
                    let reply = asking.header("ConsistencyLevel", "eventual").send().await;
                    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
                    let page = reply.json();
                    found.extend(page["value"].as_array().unwrap().clone());
                    next = page
                        .get("@odata.nextLink")
                        .map(|link| target(link.as_str().unwrap()));
                }
                let names: Vec<_> = found
                    .iter()
                    .map(|one| one["displayName"].as_str().unwrap().to_lowercase())
                    .collect();
                let sorted = if descending {
                    names.is_sorted_by(|a, b| a >= b)
                } else {
                    names.is_sorted()
                };
                assert!(sorted, "{order} {top}");
                assert_eq!(found.len(), expected.len(), "{order} {manner} {top}");
                for (_, id, single) in &expected {
                    let one = found.iter().find(|one| one["id"] == json!(id)).unwrap();
                    for (member, value) in one.as_object().unwrap() {
                        assert_eq!(Some(value), single.get(member), "{member}");
                    }
                    assert_eq!(
                        one.as_object().unwrap().len() + 1,
                        single.as_object().unwrap().len()
                    );
                }
            }
        }
    }
}
