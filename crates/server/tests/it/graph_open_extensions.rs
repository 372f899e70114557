//! Open extensions of users.

use axum::http::{Method, StatusCode};
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::graph_conformance::ENCODED;
use crate::samples::{Scene, created};

pub(crate) const BASE: &str = "https://localhost:8443/v1.0";

/// The document's own.
pub(crate) fn roaming() -> Value {
    json!({
        "@odata.type": "microsoft.graph.openTypeExtension",
        "extensionName": "com.contoso.roamingSettings",
        "theme": "dark",
        "color": "purple",
        "lang": "Japanese",
    })
}

pub(crate) fn named(name: &str) -> Value {
    json!({ "extensionName": name })
}

/// A scene with one user; the path of their extensions.
pub(crate) async fn scene() -> (Scene, String, String) {
    let scene = Scene::new().await;
    let id = created(&scene.app, &scene.token, "adele").await;
    let path = format!("users/{id}/extensions");
    (scene, id, path)
}

/// A request whose path is written as people read it.
async fn asked(scene: &Scene, path: &str) -> Reply {
    let path = utf8_percent_encode(path, ENCODED).to_string();
    scene.get(&path).await
}

pub(crate) async fn add(scene: &Scene, path: &str, body: Value) -> Reply {
    scene.send(Method::POST, path, Some(body)).await
}

#[track_caller]
pub(crate) fn refused(reply: &Reply, status: StatusCode, code: &str, message: &str) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.error(), (code.to_owned(), message.to_owned()));
}

#[tokio::test]
async fn the_documented_example_is_answered_as_printed() {
    let (scene, id, path) = scene().await;
    let made = add(&scene, &path, roaming()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let url = format!("{BASE}/users/{id}/extensions('com.contoso.roamingSettings')");
    assert_eq!(made.header("location").replace("%27", "'"), url);
    let shown = json!({
        "@odata.context": format!("{BASE}/$metadata#users('{id}')/extensions/$entity"),
        "@odata.type": "#microsoft.graph.openTypeExtension",
        "id": "com.contoso.roamingSettings",
        "extensionName": "com.contoso.roamingSettings",
        "theme": "dark",
        "color": "purple",
        "lang": "Japanese",
    });
    assert_eq!(made.json(), shown);
    let asking = scene.app.get(&url.replace("https://localhost:8443", ""));
    let read = asking.bearer(&scene.token).send().await;
    assert_eq!(read.json(), shown);
    assert_eq!(read.header("etag"), made.header("etag"));
    let known = scene
        .app
        .get(&format!("/v1.0/{path}/com.contoso.roamingSettings"));
    let known = known.bearer(&scene.token);
    let known = known.header("if-none-match", read.header("etag"));
    assert_eq!(known.send().await.status, StatusCode::NOT_MODIFIED);
    // As "Query the user and return the roaming profile" does.
    let query = "$select=id,displayName,mail,mobilePhone&$expand=extensions";
    let whole = scene.get(&format!("users/{id}?{query}")).await.json();
    let mut within = shown;
    within.as_object_mut().unwrap().remove("@odata.context");
    assert_eq!(whole["extensions"], json!([within]));
    assert_eq!(whole["displayName"], "adele");
    let context = format!("{BASE}/$metadata#users('{id}')/extensions");
    assert_eq!(whole["extensions@odata.context"], context);
}

#[tokio::test]
async fn every_form_of_a_name_and_of_a_user_leads_there() {
    let (scene, id, path) = scene().await;
    let names = ["com.contoso.x", "it's 100% a/b?é#(c)", "$x"];
    for (at, name) in names.into_iter().enumerate() {
        let user = created(&scene.app, &scene.token, &format!("u{at}")).await;
        let path = format!("users/{user}/extensions");
        let made = add(&scene, &path, named(name)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let location = made
            .header("location")
            .replace("https://localhost:8443", "");
        let read = scene.app.get(&location).bearer(&scene.token).send().await;
        assert_eq!(read.json()["id"], name, "{location}");
        let gone = scene
            .app
            .delete(&location)
            .bearer(&scene.token)
            .send()
            .await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{location}");
    }
    add(&scene, &path, named("com.contoso.x")).await;
    for user in [
        format!("users/{id}"),
        format!("users('{id}')"),
        "users/ADELE@contoso.com".to_owned(),
        "users(userPrincipalName='adele@contoso.com')".to_owned(),
        format!("users/{id}/microsoft.graph.user"),
    ] {
        for name in [
            "extensions/com.contoso.x",
            "Extensions/Com.Contoso.X",
            "extensions('com.contoso.x')",
            "extensions/com%2Econtoso.x",
            "extensions/microsoft.graph.openTypeExtension.com.contoso.x",
            "extensions('Microsoft.Graph.OpenTypeExtension.com.contoso.x')",
        ] {
            let reply = scene.get(&format!("{user}/{name}")).await;
            assert_eq!(reply.json()["id"], "com.contoso.x", "{user}/{name}");
        }
    }
    // A name that reads as a cast is a name.
    add(&scene, &path, named("microsoft.graph.user")).await;
    let reply = scene.get(&format!("{path}/microsoft.graph.user")).await;
    assert_eq!(reply.json()["id"], "microsoft.graph.user");
    // An app has no `/me`.
    let message = "/me request is only valid with delegated authentication flow.";
    let reply = scene.get("me/extensions").await;
    refused(&reply, StatusCode::BAD_REQUEST, "BadRequest", message);
}

/// An extension that is removed and added again is a new one: the ETag of the first does not fit
/// the second.
#[tokio::test]
async fn an_etag_ends_with_its_extension() {
    let (scene, _, path) = scene().await;
    let first = add(&scene, &path, roaming()).await;
    let one = format!("{path}/com.contoso.roamingSettings");
    let gone = scene.send(Method::DELETE, &one, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    scene.app.advance(jiff::SignedDuration::from_secs(1));
    add(&scene, &path, roaming()).await;
    let request = |method| {
        let request = scene.app.ask(method, &format!("/v1.0/{one}"));
        request.bearer(&scene.token)
    };
    let known = request(Method::GET).header("if-none-match", first.header("etag"));
    assert_eq!(known.send().await.status, StatusCode::OK);
    let stale = request(Method::PATCH).header("if-match", first.header("etag"));
    let stale = stale.json(&json!({ "theme": "lost" })).send().await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
}

#[tokio::test]
async fn a_change_replaces_everything() {
    let (scene, id, path) = scene().await;
    let made = add(&scene, &path, roaming()).await;
    let before = scene.get(&format!("users/{id}")).await;
    let one = format!("{path}/COM.contoso.roamingSettings");
    let change = json!({ "theme": "light", "none": null });
    let changed = scene.send(Method::PATCH, &one, Some(change)).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text());
    let read = scene.get(&one).await;
    let expected = json!({
        "@odata.context": format!("{BASE}/$metadata#users('{id}')/extensions/$entity"),
        "@odata.type": "#microsoft.graph.openTypeExtension",
        "id": "com.contoso.roamingSettings", "extensionName": "com.contoso.roamingSettings",
        "theme": "light", "none": null,
    });
    assert_eq!(read.json(), expected);
    // What was read may be sent back, by PUT as well.
    for method in [Method::PUT, Method::PATCH] {
        let again = scene.send(method, &one, Some(read.json())).await;
        assert_eq!(again.status, StatusCode::NO_CONTENT, "{}", again.text());
        let mut found = scene.get(&one).await.json();
        assert_eq!(found["@odata.context"].take(), expected["@odata.context"]);
        assert_eq!(found["theme"], "light");
    }
    let preferred = scene
        .app
        .patch(&format!("/v1.0/{one}"))
        .bearer(&scene.token);
    let preferred = preferred.header("prefer", "return=representation");
    let preferred = preferred.json(&json!({ "theme": "grey" })).send().await;
    assert_eq!(preferred.status, StatusCode::OK);
    assert_eq!(preferred.json()["theme"], "grey");
    assert_eq!(
        preferred.header("preference-applied"),
        "return=representation"
    );
    // A version that is not the present one.
    let stale = scene
        .app
        .patch(&format!("/v1.0/{one}"))
        .bearer(&scene.token);
    let stale = stale.header("if-match", made.header("etag"));
    let stale = stale.json(&json!({ "theme": "lost" })).send().await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(scene.get(&one).await.json()["theme"], "grey");
    // Another name, another id, no such extension.
    let renamed = scene
        .send(Method::PATCH, &one, Some(named("com.contoso.other")))
        .await;
    let message = "Property 'extensionName' is read-only and cannot be set.";
    refused(
        &renamed,
        StatusCode::BAD_REQUEST,
        "Request_BadRequest",
        message,
    );
    let renamed = scene
        .send(Method::PATCH, &one, Some(json!({ "id": "x" })))
        .await;
    let message = "Property 'id' is read-only and cannot be set.";
    refused(
        &renamed,
        StatusCode::BAD_REQUEST,
        "Request_BadRequest",
        message,
    );
    let none = format!("{path}/com.contoso.none");
    for (method, body) in [
        (Method::GET, None),
        (Method::PATCH, Some(json!({}))),
        (Method::PUT, Some(json!({}))),
        (Method::DELETE, None),
    ] {
        let reply = scene.send(method, &none, body).await;
        let message = "Extension with given id not found.";
        refused(&reply, StatusCode::NOT_FOUND, "ResourceNotFound", message);
    }
    // The user is unchanged.
    let after = scene.get(&format!("users/{id}")).await;
    assert_eq!(after.header("etag"), before.header("etag"));
}

#[tokio::test]
async fn what_is_removed_is_gone_and_its_place_is_free() {
    let (scene, _, path) = scene().await;
    for name in ["com.contoso.a", "com.contoso.b"] {
        assert_eq!(
            add(&scene, &path, named(name)).await.status,
            StatusCode::CREATED
        );
    }
    let third = add(&scene, &path, named("com.contoso.c")).await;
    let message = "Maximum number of extensions values supported per application is 2.";
    refused(&third, StatusCode::BAD_REQUEST, "BadRequest", message);
    let again = add(&scene, &path, named("Com.Contoso.A")).await;
    let message = "An extension already exists with given id.";
    refused(
        &again,
        StatusCode::BAD_REQUEST,
        "Request_BadRequest",
        message,
    );
    let gone = scene
        .send(Method::DELETE, &format!("{path}/com.contoso.a"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        add(&scene, &path, named("com.contoso.c")).await.status,
        StatusCode::CREATED
    );
    let left = scene.get(&path).await.json();
    let ids: Vec<_> = left["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["id"])
        .collect();
    assert_eq!(ids, ["com.contoso.b", "com.contoso.c"]);
}

#[tokio::test]
async fn a_list_comes_in_pages_and_is_counted() {
    let (scene, id, path) = scene().await;
    let empty = scene.get(&path).await.json();
    let context = format!("{BASE}/$metadata#users('{id}')/extensions");
    assert_eq!(empty, json!({ "@odata.context": context, "value": [] }));
    // As an operator's import adds them: without an app.
    seed(&scene.app, &id, 23).await;
    let mut url = format!("/v1.0/{path}?$top=10&$count=true&$select=id,n");
    let (mut seen, mut pages) = (Vec::new(), 0);
    loop {
        let page = scene.app.get(&url).bearer(&scene.token).send().await.json();
        let counted = if pages == 0 { json!(23) } else { Value::Null };
        assert_eq!(page["@odata.count"], counted, "{page}");
        assert_eq!(page["@odata.context"], format!("{context}(id,n)"));
        let items = page["value"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["n"].as_u64().unwrap()));
        assert_eq!(items[0].as_object().unwrap().len(), 3, "{page}");
        pages += 1;
        match page["@odata.nextLink"].as_str() {
            Some(next) => url = next.replace("https://localhost:8443", ""),
            None => break,
        }
    }
    assert_eq!((seen, pages), ((0..23).collect(), 3));
    assert_eq!(scene.get(&format!("{path}/$count")).await.text(), "23");
    let one = asked(&scene, &format!("{path}?$filter=id eq 'COM.x07'"))
        .await
        .json();
    assert_eq!(one["value"][0]["n"], 7);
    assert_eq!(one["value"].as_array().unwrap().len(), 1);
    let none = asked(&scene, &format!("{path}/$count?$filter=id eq 'com.x99'")).await;
    assert_eq!(none.text(), "0");
    for query in [
        "$filter=startsWith(id,'com')",
        "$orderby=id",
        "$search=\"id:x\"",
        "$explain=true",
    ] {
        let reply = asked(&scene, &format!("{path}?{query}")).await;
        assert!(reply.status.as_u16() >= 400, "{query} {}", reply.text());
        assert_ne!(reply.status, StatusCode::INTERNAL_SERVER_ERROR, "{query}");
    }
    // Twenty within, and a link to the rest.
    let whole = scene
        .get(&format!("users/{id}?$expand=extensions"))
        .await
        .json();
    assert_eq!(whole["extensions"].as_array().unwrap().len(), 20);
    let next = whole["extensions@odata.nextLink"].as_str().unwrap();
    let rest = scene.app.get(&next.replace("https://localhost:8443", ""));
    let rest = rest.bearer(&scene.token).send().await.json();
    assert_eq!(rest["value"].as_array().unwrap().len(), 3);
    // Not another user's page.
    let other = created(&scene.app, &scene.token, "other").await;
    let moved = next
        .replace("https://localhost:8443", "")
        .replace(&id, &other);
    let moved = scene.app.get(&moved).bearer(&scene.token).send().await;
    assert_eq!(moved.status, StatusCode::BAD_REQUEST);
}

/// Extensions that no app added, as the store keeps them.
async fn seed(app: &TestApp, id: &str, count: usize) {
    let id: uuid::Uuid = id.parse().unwrap();
    let done: Result<(), store::StoreError> = app
        .directory()
        .store()
        .write(app.tenant.id, (id, count), |tx, input| {
            Box::pin(async move {
                for n in 0..input.1 {
                    let row = store::OpenExtensionRow {
                        name: format!("com.X{n:02}"),
                        version: 1,
                        app: None,
                        members: format!("\"n\":{n},\"m\":0"),
                    };
                    let key = format!("com.x{n:02}");
                    let added = tx.add_open_extension(input.0, &key, &row).await?;
                    assert_eq!(added, store::ExtensionAdded::Yes);
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

#[tokio::test]
async fn users_are_shown_with_theirs() {
    let (scene, id, path) = scene().await;
    let other = created(&scene.app, &scene.token, "other").await;
    add(
        &scene,
        &path,
        json!({ "extensionName": "com.contoso.x", "a": 1, "b": 2 }),
    )
    .await;
    add(
        &scene,
        &path,
        json!({ "extensionName": "com.contoso.y", "a": 3 }),
    )
    .await;
    let page = scene
        .get("users?$expand=extensions&$select=id")
        .await
        .json();
    let of = |id: &str| {
        let all = page["value"].as_array().unwrap();
        all.iter().find(|user| user["id"] == id).unwrap()["extensions"].clone()
    };
    assert_eq!(of(&id).as_array().unwrap().len(), 2);
    assert_eq!(of(&other), json!([]));
    let within = async |expand: &str| {
        let reply = asked(&scene, &format!("users/{id}?$select=id&$expand={expand}")).await;
        assert_eq!(reply.status, StatusCode::OK, "{expand} {}", reply.text());
        reply.json()["extensions"].clone()
    };
    let one = within("extensions($filter=id eq 'Com.Contoso.X';$select=id,B)").await;
    let ty = "#microsoft.graph.openTypeExtension";
    let expected = json!([{ "@odata.type": ty, "id": "com.contoso.x", "b": 2 }]);
    assert_eq!(one, expected);
    let full = "extensions($filter=id eq 'microsoft.graph.openTypeExtension.com.contoso.y')";
    assert_eq!(within(full).await[0]["a"], 3);
    assert_eq!(within("Extensions($filter=id eq 'none')").await, json!([]));
    // The next page shows the same selection of extensions.
    let query = "$top=1&$select=id&$expand=extensions($select=a;$filter=id eq 'com.contoso.x')";
    let first = asked(&scene, &format!("users?{query}")).await.json();
    let next = first["@odata.nextLink"].as_str().unwrap();
    let second = scene.app.get(&next.replace("https://localhost:8443", ""));
    let second = second.bearer(&scene.token).send().await.json();
    let both = [&first["value"][0], &second["value"][0]];
    let shown = both.iter().find(|user| user["id"] == id).unwrap();
    assert_eq!(shown["extensions"], json!([{ "@odata.type": ty, "a": 1 }]));
    for (query, status) in [
        ("users?$expand=extensions($filter=startsWith(id,'c'))", 501),
        ("users?$expand=extensions($filter=id ne 'c')", 501),
        ("users?$expand=extensions($top=1)", 501),
        ("users?$expand=extensions($expand=x)", 501),
        ("users?$expand=extensions($levels=2)", 501),
        (
            "users?$filter=extensions/any(e:e/id eq 'com.contoso.x')",
            501,
        ),
        ("users/none/extensions", 404),
    ] {
        let reply = asked(&scene, query).await;
        assert_eq!(reply.status.as_u16(), status, "{query} {}", reply.text());
        assert!(!reply.error().1.is_empty());
    }
}
