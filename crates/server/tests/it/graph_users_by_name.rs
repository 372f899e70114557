//! A user named by userPrincipalName: the same user, the same refusals, whoever asks.

use axum::http::{Method, StatusCode};
use directory::Permission as P;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{created, masked};

struct Scene {
    app: TestApp,
    token: String,
    adele: String,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let adele = created(&app, &token, "adele").await;
        Self { app, token, adele }
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        let asking = self.app.get(&format!("/v1.0/{path}"));
        asking.bearer(token).send().await
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Reply {
        let asking = self.app.ask(method, &format!("/v1.0/{path}"));
        asking.bearer(&self.token).json(&body).send().await
    }

    async fn rename(&self, id: &str, upn: &str) {
        let body = json!({ "userPrincipalName": upn });
        let reply = self.send(Method::PATCH, &format!("users/{id}"), body).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    /// The id that a name leads to, with this token.
    async fn named(&self, token: &str, path: &str) -> Option<String> {
        let reply = self.get(token, path).await;
        match reply.status {
            StatusCode::OK => Some(reply.json()["id"].as_str().unwrap().to_owned()),
            StatusCode::NOT_FOUND => None,
            other => panic!("{path}: {other} {}", reply.text()),
        }
    }
}

/// What is said, without the key that was asked for and the instant.
fn answer_without_key(reply: &Reply, key: &str) -> (StatusCode, String) {
    let body = masked(reply.json()).to_string();
    (reply.status, body.replace(key, "KEY"))
}

#[tokio::test]
async fn every_spelling_of_a_name_leads_to_its_user() {
    let scene = Scene::new().await;
    let person = scene
        .app
        .person_token(&scene.adele, &[P::UserReadAll], &[])
        .await;
    for token in [&scene.token, &person] {
        for (path, is_there) in [
            ("users/adele@contoso.com", true),
            ("users/ADELE@Contoso.COM", true),
            ("users/adele%40contoso.com", true),
            ("users/%61dele@contoso.com", true),
            ("users('adele@contoso.com')", true),
            ("users('ADELE%40contoso.com')", true),
            ("users/adele", false),
            ("users/adele@", false),
            ("users/@contoso.com", false),
            ("users/adele@contoso.com@contoso.com", false),
            ("users/adele@contoso.com%20", false),
            ("users/adele@contoso.com%00", false),
            ("users/%01adele@contoso.com", false),
            ("users/adele@contoso.co", false),
            ("users/adele@contoso.com.", false),
            ("users/ade%C5%82e@contoso.com", false),
            // FULLWIDTH COMMERCIAL AT, and the small capital that folds to nothing of ASCII.
            ("users/adele%EF%BC%A0contoso.com", false),
            ("users/ade%CA%9Fe@contoso.com", false),
        ] {
            let expected = is_there.then(|| scene.adele.clone());
            assert_eq!(scene.named(token, path).await, expected, "{path}");
        }
        let long = format!("users/{}@contoso.com", "a".repeat(6_000));
        assert_eq!(scene.named(token, &long).await, None);
    }
    // K of Kelvin is no k.
    let kim = created(&scene.app, &scene.token, "kim").await;
    for (name, found) in [
        ("kim", Some(&kim)),
        ("KIM", Some(&kim)),
        ("%E2%84%AAim", None),
    ] {
        let path = format!("users/{name}@contoso.com");
        assert_eq!(
            scene.named(&scene.token, &path).await.as_ref(),
            found,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_name_goes_with_whoever_has_it() {
    let scene = Scene::new().await;
    let boss = created(&scene.app, &scene.token, "boss").await;
    let (adele, token) = (scene.adele.clone(), scene.token.clone());
    scene.rename(&adele, "third@contoso.com").await;
    scene.rename(&boss, "adele@contoso.com").await;
    scene.rename(&adele, "Boss@contoso.com").await;
    let whose = async |name: &str| {
        scene
            .named(&token, &format!("users/{name}@contoso.com"))
            .await
    };
    assert_eq!(whose("adele").await, Some(boss.clone()));
    assert_eq!(whose("boss").await, Some(adele.clone()));
    assert_eq!(whose("third").await, None);
    // Another spelling of the same name.
    scene.rename(&adele, "BOSS@contoso.com").await;
    let read = scene.get(&token, "users/boss@contoso.com").await.json();
    assert_eq!(read["userPrincipalName"], "BOSS@contoso.com");
    // Gone, taken by somebody else, gone again, back.
    let delete = async |id: &str| {
        let reply = scene
            .send(Method::DELETE, &format!("users/{id}"), json!({}))
            .await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
    };
    delete(&boss).await;
    assert_eq!(whose("adele").await, None);
    let second = created(&scene.app, &token, "adele").await;
    assert_eq!(whose("adele").await, Some(second.clone()));
    delete(&second).await;
    let path = format!("directory/deletedItems/{boss}/restore");
    let reply = scene.send(Method::POST, &path, json!({})).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(whose("adele").await, Some(boss.clone()));
}

#[tokio::test]
async fn a_guest_is_found_by_their_long_name() {
    let scene = Scene::new().await;
    let body = json!({
        "invitedUserEmailAddress": "Sam.Vance@fabrikam.example",
        "inviteRedirectUrl": "https://app.example/",
    });
    let invited = scene.send(Method::POST, "invitations", body).await.json();
    let id = invited["invitedUser"]["id"].as_str().unwrap();
    let path = format!("users/{id}?$select=userPrincipalName");
    let read = scene.get(&scene.token, &path).await.json();
    let upn = read["userPrincipalName"].as_str().unwrap().to_owned();
    assert!(upn.contains("#EXT#@"), "{upn}");
    for name in [upn.clone(), upn.to_lowercase(), upn.to_uppercase()] {
        let path = format!("users/{}", name.replace('#', "%23"));
        let found = scene.named(&scene.token, &path).await;
        assert_eq!(found.as_deref(), Some(id), "{path}");
    }
    // Their address is not their name.
    let path = "users/sam.vance@fabrikam.example";
    assert_eq!(scene.named(&scene.token, path).await, None);
}

/// Who is refused hears the same of a name that is there, one that was, one of another tenant and
/// one that never was.
#[tokio::test]
async fn a_refusal_tells_nothing_of_a_name() {
    let scene = Scene::new().await;
    let gone = created(&scene.app, &scene.token, "gone").await;
    scene
        .send(Method::DELETE, &format!("users/{gone}"), json!({}))
        .await;
    let other = scene.app.other_tenant().await;
    let theirs = scene.app.token_of(&other).await;
    let body = json!({
        "accountEnabled": true, "displayName": "T", "mailNickname": "theirs",
        "userPrincipalName": "theirs@fabrikam.com",
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    });
    let asking = scene.app.post("/v1.0/users").bearer(&theirs).json(&body);
    assert_eq!(asking.send().await.status, StatusCode::CREATED);
    let names = [
        "nobody@contoso.com",
        "gone@contoso.com",
        "theirs@fabrikam.com",
        "adele@contoso.com",
    ];
    let absent = &names[..3];
    let check = async |token: &str, names: &[&str], status| {
        let mut all = Vec::new();
        for name in names {
            let reply = scene.get(token, &format!("users/{name}")).await;
            assert_eq!(reply.status, status, "{name}: {}", reply.text());
            all.push(answer_without_key(&reply, name));
        }
        assert!(all.windows(2).all(|two| two[0] == two[1]), "{all:?}");
        all.pop().unwrap()
    };
    check(&scene.token, absent, StatusCode::NOT_FOUND).await;
    let person = scene
        .app
        .person_token(&scene.adele, &[P::UserReadAll], &[])
        .await;
    check(&person, absent, StatusCode::NOT_FOUND).await;
    // Without the permission, by name and by id.
    let powerless = scene.app.token_with(&[P::UserInviteAll]).await;
    let by_name = check(&powerless, &names, StatusCode::FORBIDDEN).await;
    let by_id = check(&powerless, &[&scene.adele], StatusCode::FORBIDDEN).await;
    assert_eq!(by_name, by_id);
    let own = scene
        .app
        .person_token(&scene.adele, &[P::UserRead], &[])
        .await;
    check(&own, absent, StatusCode::FORBIDDEN).await;
    let found = scene.named(&own, "users/ADELE@contoso.com").await;
    assert_eq!(found.as_ref(), Some(&scene.adele));
    // Of an app that is disabled.
    let before = scene.app.tenant.client_id;
    let disabled = scene.app.directory();
    disabled
        .set_app_enabled(scene.app.tenant.id, before, false)
        .await
        .unwrap();
    let by_name = check(&scene.token, &names, StatusCode::FORBIDDEN).await;
    let by_id = check(&scene.token, &[&scene.adele], StatusCode::FORBIDDEN).await;
    let list = scene.get(&scene.token, "users").await;
    assert_eq!(
        (&by_name, &by_id),
        (&by_id, &answer_without_key(&list, "-"))
    );
    // Nor does it matter to a token that is none.
    let stranger = check("no.such.token", &names, StatusCode::UNAUTHORIZED).await;
    assert_eq!(
        stranger,
        answer_without_key(&scene.get("no.such.token", "users").await, "-")
    );
}

#[tokio::test]
async fn names_are_read_in_a_batch_and_by_etag() {
    let scene = Scene::new().await;
    let requests: Vec<_> = ["ADELE@contoso.com", "nobody@contoso.com"]
        .iter()
        .enumerate()
        .map(|(id, name)| json!({ "id": id.to_string(), "method": "GET", "url": format!("/users/{name}") }))
        .collect();
    let body = json!({ "requests": requests });
    let reply = scene.send(Method::POST, "$batch", body).await.json();
    let mut found: Vec<_> = reply["responses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["id"].as_str().unwrap().to_owned(),
                one["status"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort();
    assert_eq!(found, [("0".to_owned(), 200), ("1".to_owned(), 404)]);
}
