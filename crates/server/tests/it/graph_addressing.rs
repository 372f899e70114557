//! Other spellings of a path to a user: the alternate key, and casts that change nothing.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::samples::{Scene, but, created, user};

impl Scene {
    /// The answer to a path, which must be that of the other.
    async fn same(&self, path: &str, as_path: &str) {
        let [one, other] = [
            self.send(Method::GET, path, None).await,
            self.send(Method::GET, as_path, None).await,
        ];
        assert_eq!(one.status, StatusCode::OK, "{path} {}", one.text());
        assert_eq!(one.text(), other.text(), "{path}");
    }
}

#[tokio::test]
async fn a_user_answers_to_the_alternate_key() {
    let scene = Scene::new().await;
    let name = "o'neil@contoso.com";
    let body = but(user("oneil"), "userPrincipalName", json!(name));
    let made = scene.send(Method::POST, "users", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let boss = created(&scene.app, &scene.token, "boss").await;
    let key = "users(userPrincipalName='o''neil@contoso.com')";
    scene.same(key, &format!("users/{id}")).await;
    let encoded = "users(UserPrincipalName=%27O%27%27Neil%40Contoso.com%27)?$select=id,city";
    scene
        .same(encoded, &format!("users/{id}?$select=id,city"))
        .await;
    scene
        .same(&format!("users(id='{id}')"), &format!("users/{id}"))
        .await;
    scene
        .same(
            &format!("{key}/displayName"),
            &format!("users/{id}/displayName"),
        )
        .await;

    let change = scene
        .send(Method::PATCH, key, Some(json!({ "city": "Bonn" })))
        .await;
    assert_eq!(change.status, StatusCode::NO_CONTENT, "{}", change.text());
    let to = "https://graph.microsoft.com/v1.0/users(userPrincipalName='boss@contoso.com')";
    let link = json!({ "@odata.id": to });
    let set = scene
        .send(Method::PUT, &format!("{key}/manager/$ref"), Some(link))
        .await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.text());
    scene
        .same(&format!("{key}/manager"), &format!("users/{id}/manager"))
        .await;
    let manager = scene
        .send(Method::GET, &format!("{key}/manager"), None)
        .await;
    assert_eq!(manager.json()["id"], boss);
    let gone = scene.send(Method::DELETE, key, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    let again = scene.send(Method::GET, key, None).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "{}", again.text());

    for bad in [
        "users(mail='a@b.c')".to_owned(),
        "users(userPrincipalName=a@b.c)".to_owned(),
        "users(userPrincipalName='')".to_owned(),
        "users(userPrincipalName='o'neil@contoso.com')".to_owned(),
        format!("users(userPrincipalName='{boss}')"),
        format!("directoryObjects(userPrincipalName='{name}')"),
    ] {
        let reply = scene.send(Method::GET, &bad, None).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{bad} {}",
            reply.text()
        );
        let sentence = format!("Resource not found for the segment '{bad}'.");
        assert_eq!(reply.error().1, sentence);
    }
}

#[tokio::test]
async fn a_cast_where_all_are_users_changes_nothing() {
    let scene = Scene::new().await;
    let boss = created(&scene.app, &scene.token, "boss").await;
    let adele = created(&scene.app, &scene.token, "adele").await;
    let to =
        |id: &str| json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{id}") });
    for (method, link) in [(Method::PUT, "manager"), (Method::POST, "sponsors")] {
        let path = format!("users/{adele}/graph.user/{link}/$ref");
        let set = scene.send(method, &path, Some(to(&boss))).await;
        assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.text());
    }
    for cast in ["graph.user", "microsoft.graph.user", "Microsoft.Graph.User"] {
        for path in [
            format!("users/{adele}"),
            format!("users/{adele}/manager"),
            format!("users/{adele}/sponsors"),
            format!("users/{boss}/directReports"),
            format!("users/{boss}/sponsorOf"),
            format!("directoryObjects/{adele}"),
            "users".to_owned(),
        ] {
            scene.same(&format!("{path}/{cast}"), &path).await;
            let select = format!("{path}/{cast}?$select=id");
            scene.same(&select, &format!("{path}?$select=id")).await;
        }
        let reports = format!("users/{boss}/directReports");
        scene
            .same(
                &format!("{reports}/{cast}/$count"),
                &format!("{reports}/$count"),
            )
            .await;
        scene
            .same(
                &format!("{reports}/{cast}/$ref"),
                &format!("{reports}/$ref"),
            )
            .await;

        let deleted = format!("directory/deletedItems/{cast}/{adele}");
        let gone = scene
            .send(Method::DELETE, &format!("users/{adele}/{cast}"), None)
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
        scene
            .same(&deleted, &format!("directory/deletedItems/{adele}"))
            .await;
        let back = scene
            .send(Method::POST, &format!("{deleted}/restore"), None)
            .await;
        assert_eq!(back.status, StatusCode::OK, "{}", back.text());
        let none = scene.send(Method::GET, &deleted, None).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text());
    }
    let gone = scene
        .send(Method::DELETE, &format!("users/{adele}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let path = format!("directory/deletedItems/microsoft.graph.user/{adele}");
    let purged = scene.send(Method::DELETE, &path, None).await;
    assert_eq!(purged.status, StatusCode::NO_CONTENT, "{}", purged.text());
    let none = scene.send(Method::GET, &path, None).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text());
    for other in [
        format!("users/{boss}/graph.group"),
        format!("users/{boss}/displayName/graph.user"),
        "invitations/graph.user/x".to_owned(),
    ] {
        let reply = scene.send(Method::GET, &other, None).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{other} {}",
            reply.text()
        );
    }
}
