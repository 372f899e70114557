//! What open extensions keep, what is refused of them, who may touch them and how long they live.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::Reply;

use crate::graph_open_extensions::{BASE, add, named, refused, roaming, scene};
use crate::oauth_bearer::claims;
use crate::pages_fixture::{ADDRESS, Fixture, SEE_OTHER, TARGET, consent_page};
use crate::samples::{Scene, created, user};

/// Adds what a text says, so that numbers stand as they are written here.
async fn add_text(scene: &Scene, path: &str, body: &str) -> Reply {
    let asking = scene.app.post(&format!("/v1.0/{path}"));
    asking.bearer(&scene.token).json_text(body).send().await
}

#[tokio::test]
async fn what_was_sent_comes_back_to_the_byte() {
    let (scene, _, path) = scene().await;
    let members = concat!(
        r#""big":9007199254740993123456789,"exact":0.10,"exponent":1E+2,"minus":-0,"#,
        r#""nested":{"a":[1,{"b":null,"@x":[]}],"c":{}},"text":"a, {b}: \"c\" \\ \u00e9 é 😀","#,
        r##""when@odata.type":"#DateTimeOffset","when":"2027-01-01T00:00:00Z","none":null,"mixed":[1,"a"]"##
    );
    let spaced = members.replace(",\"", " ,\n\t\"").replace("\":", "\" : ");
    let body = format!("{{ \"extensionName\" :\"com.contoso.x\",\r\n{spaced} }}");
    let made = add_text(&scene, &path, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let read = scene.get(&format!("{path}/com.contoso.x")).await;
    for text in [made.text(), read.text()] {
        assert!(text.ends_with(&format!(",{members}}}")), "{text}");
    }
    // A list of texts tells what it holds, unless that was sent.
    let lists = json!({ "extensionName": "com.contoso.y", "picks": ["a, b", "c]"], "own@odata.type":
        "#Collection(Guid)", "own": ["d"], "empty": [] });
    let made = add(&scene, &path, lists).await.json();
    assert_eq!(made["picks@odata.type"], "#Collection(String)");
    assert_eq!(made["own@odata.type"], "#Collection(Guid)");
    assert_eq!(made.get("empty@odata.type"), None);
    let bare = scene.app.get(&format!("/v1.0/{path}/com.contoso.y"));
    let bare = bare.bearer(&scene.token);
    let bare = bare.header("accept", "application/json;odata.metadata=none");
    let expected = json!({ "id": "com.contoso.y", "extensionName": "com.contoso.y",
        "picks": ["a, b", "c]"], "own": ["d"], "empty": [] });
    assert_eq!(bare.send().await.json(), expected);
    let full = scene.app.get(&format!("/v1.0/{path}/com.contoso.y"));
    let full = full.bearer(&scene.token);
    let full = full.header("accept", "application/json;odata.metadata=full");
    let full = full.send().await.json();
    assert_eq!(full["@odata.id"], format!("{BASE}/{path}('com.contoso.y')"));
}

#[tokio::test]
async fn what_is_no_extension_is_refused() {
    let (scene, id, path) = scene().await;
    let check = async |body: &str, target: &str| {
        let reply = add_text(&scene, &path, body).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(reply.targets(), [target], "{body} {}", reply.text());
    };
    check("{}", "extensionName").await;
    check(r#"{"extensionName":null}"#, "extensionName").await;
    check(r#"{"extensionName":7}"#, "extensionName").await;
    check(r#"{"extensionName":""}"#, "extensionName").await;
    check(r#"{"extensionName":" x"}"#, "extensionName").await;
    check(r#"{"extensionName":"a\nb"}"#, "extensionName").await;
    check(
        &format!(r#"{{"extensionName":"{}"}}"#, "x".repeat(257)),
        "extensionName",
    )
    .await;
    check(
        r#"{"extensionName":"microsoft.graph.openTypeExtension.x"}"#,
        "extensionName",
    )
    .await;
    check(r#"{"extensionName":"x","id":"y"}"#, "id").await;
    check(
        r##"{"extensionName":"x","@odata.type":"#microsoft.graph.user"}"##,
        "@odata.type",
    )
    .await;
    check(r#"{"extensionName":"x","a.b":1}"#, "a.b").await;
    check(r#"{"extensionName":"x","a@b":1}"#, "a@b").await;
    check(r#"{"extensionName":"x","":1}"#, "").await;
    check(r#"{"extensionName":"x","a":"\u0000"}"#, "").await;
    check(r#"{"extensionName":"x","a":1,"A":2}"#, "A").await;
    check(r#"{"extensionName":"x","a":{"b":1,"B":2}}"#, "B").await;
    let deep = format!(
        "{{\"extensionName\":\"x\",\"a\":{}{}}}",
        "[".repeat(64),
        "]".repeat(64)
    );
    let reply = add_text(&scene, &path, &deep).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(
        reply.text().contains("nested too deeply"),
        "{}",
        reply.text()
    );
    // Other annotations are passed over, and one of a property that was not sent.
    let sent =
        r##"{"@odata.context":"x","@odata.id":"y","a@odata.type":"#Int64","extensionName":"x"}"##;
    let reply = add_text(&scene, &path, sent).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    assert_eq!(
        reply.json().as_object().unwrap().len(),
        4,
        "{}",
        reply.text()
    );
    // 2048 bytes, and one more.
    let filled = |more: usize| {
        let value = "é".repeat((2048 - 2 - r#""v":"""#.len()) / 2);
        format!(
            r#"{{ "extensionName": "yz", "v": "{value}{}" }}"#,
            "a".repeat(more)
        )
    };
    let reply = add_text(&scene, &path, &filled(1)).await;
    let message = "Maximum size supported for each extension is : 2 KB.";
    refused(&reply, StatusCode::BAD_REQUEST, "BadRequest", message);
    let reply = add_text(&scene, &path, &filled(0)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    let asking = scene
        .app
        .patch(&format!("/v1.0/{path}/yz"))
        .bearer(&scene.token);
    let reply = asking.json_text(&filled(1)).send().await;
    refused(&reply, StatusCode::BAD_REQUEST, "BadRequest", message);
    // Not together with the user (P-extensions-1).
    let mut body = user("together");
    body["extensions"] = json!([roaming()]);
    let reply = scene.send(Method::POST, "users", Some(body)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.targets(), ["extensions"]);
    assert!(
        reply.text().contains("POST /users/{id}/extensions"),
        "{}",
        reply.text()
    );
    let body = json!({ "extensions": [] });
    let reply = scene
        .send(Method::PATCH, &format!("users/{id}"), Some(body))
        .await;
    assert_eq!(reply.targets(), ["extensions"]);
}

#[tokio::test]
async fn they_need_what_the_user_needs() {
    let (scene, id, path) = scene().await;
    let other = created(&scene.app, &scene.token, "other").await;
    add(&scene, &path, roaming()).await;
    let one = format!("{path}/com.contoso.roamingSettings");
    let ask = async |token: &str, method: Method, path: &str, body: Option<Value>| {
        let asking = scene
            .app
            .ask(method, &format!("/v1.0/{path}"))
            .bearer(token);
        match body {
            Some(body) => asking.json(&body).send().await.status.as_u16(),
            None => asking.send().await.status.as_u16(),
        }
    };
    let expand = format!("users/{id}?$expand=extensions");
    let basic = scene.app.token_with(&[Permission::UserReadBasicAll]).await;
    let reader = scene.app.token_with(&[Permission::UserReadAll]).await;
    let writer = scene.app.token_with(&[Permission::UserReadWriteAll]).await;
    for (token, reads, writes) in [(&basic, 403, 403), (&reader, 200, 403), (&writer, 200, 204)] {
        assert_eq!(ask(token, Method::GET, &one, None).await, reads);
        assert_eq!(ask(token, Method::GET, &path, None).await, reads);
        assert_eq!(
            ask(token, Method::GET, &format!("{path}/$count"), None).await,
            reads
        );
        assert_eq!(ask(token, Method::GET, &expand, None).await, reads);
        let body = Some(json!({ "theme": "x" }));
        assert_eq!(ask(token, Method::PATCH, &one, body).await, writes);
    }
    // A person with their own: nobody else's, and whether there is somebody is not told.
    let person = |id: &str, scopes: &str| {
        claims(
            &scene.token,
            json!({ "idtyp": null, "roles": null, "wids": null, "oid": id, "sub": id, "scp": scopes }),
        )
    };
    let own = person(&id, "User.ReadWrite");
    let theme = || Some(json!({ "theme": "mine" }));
    assert_eq!(
        ask(
            &own,
            Method::PATCH,
            "me/extensions/com.contoso.roamingSettings",
            theme()
        )
        .await,
        204
    );
    assert_eq!(ask(&own, Method::PATCH, &one, theme()).await, 204);
    assert_eq!(
        ask(&own, Method::GET, "me?$expand=extensions", None).await,
        200
    );
    assert_eq!(
        ask(&own, Method::POST, "me/extensions", Some(named("b"))).await,
        201
    );
    assert_eq!(
        ask(&own, Method::DELETE, "me/extensions/b", None).await,
        204
    );
    for path in [
        format!("users/{other}/extensions"),
        "users/none/extensions".to_owned(),
    ] {
        assert_eq!(ask(&own, Method::GET, &path, None).await, 403, "{path}");
        assert_eq!(
            ask(&own, Method::POST, &path, Some(named("b"))).await,
            403,
            "{path}"
        );
    }
    let reads = person(&id, "User.Read");
    assert_eq!(ask(&reads, Method::GET, "me/extensions", None).await, 200);
    assert_eq!(
        ask(
            &reads,
            Method::DELETE,
            "me/extensions/com.contoso.roamingSettings",
            None
        )
        .await,
        403
    );
    let basic = person(&id, "User.ReadBasic.All");
    assert_eq!(ask(&basic, Method::GET, "me/extensions", None).await, 403);
}

#[tokio::test]
async fn those_of_another_tenant_are_unknown_as_the_user_is() {
    let (scene, id, path) = scene().await;
    add(&scene, &path, roaming()).await;
    let stranger = scene.app.other_tenant().await;
    let stranger = scene.app.token_of(&stranger).await;
    let ask = async |path: &str| {
        let asking = scene.app.get(&format!("/v1.0/{path}"));
        asking.bearer(&stranger).send().await
    };
    let extension = ask(&format!("{path}/com.contoso.roamingSettings")).await;
    assert_eq!(extension.status, StatusCode::NOT_FOUND);
    assert_eq!(extension.error(), ask(&format!("users/{id}")).await.error());
}

#[tokio::test]
async fn they_live_as_long_as_the_user() {
    let (scene, id, path) = scene().await;
    add(&scene, &path, roaming()).await;
    let one = format!("{path}/com.contoso.roamingSettings");
    let token = scene.get("users/delta?$deltatoken=latest").await.json();
    scene
        .send(Method::PATCH, &one, Some(json!({ "theme": "x" })))
        .await;
    // Not tracked.
    let round = token["@odata.deltaLink"].as_str().unwrap();
    let round = scene.app.get(&round.replace("https://localhost:8443", ""));
    let round = round.bearer(&scene.token).send().await.json();
    assert_eq!(round["value"], json!([]));
    scene
        .send(Method::DELETE, &format!("users/{id}"), None)
        .await;
    for (method, body) in [(Method::GET, None), (Method::PATCH, Some(json!({})))] {
        let reply = scene.send(method, &one, body).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND);
        assert_eq!(reply.error().0, "Request_ResourceNotFound");
    }
    let deleted = format!("directory/deletedItems/{id}");
    let back = scene
        .send(Method::POST, &format!("{deleted}/restore"), None)
        .await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.text());
    assert_eq!(scene.get(&one).await.json()["theme"], "x");
    scene
        .send(Method::DELETE, &format!("users/{id}"), None)
        .await;
    let gone = scene.send(Method::DELETE, &deleted, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    let reader = scene.app.directory().store().read(scene.app.tenant.id);
    assert_eq!(
        reader.count_open_extensions(id.parse().unwrap()).await,
        Ok(0)
    );
}

#[tokio::test]
async fn a_guest_keeps_theirs_through_redemption_and_conversion() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let token = fixture.app.token().await;
    let list = format!("/v1.0/users?$filter=mail%20eq%20'{ADDRESS}'&$select=id");
    let found = fixture.app.get(&list).bearer(&token).send().await.json();
    let id = found["value"][0]["id"].as_str().unwrap();
    let extensions = format!("/v1.0/users/{id}/extensions");
    let adding = fixture.app.post(&extensions).bearer(&token);
    let added = adding.json(&roaming()).send().await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    let read = async |path: &str, token: &str| {
        let reply = fixture.app.get(path).bearer(token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let list = reply.json();
        assert_eq!(list["value"].as_array().unwrap().len(), 1, "{list}");
        (list["value"][0]["theme"].clone(), reply.text().to_owned())
    };
    let before = read(&extensions, &token).await;
    assert_eq!(before.0, "dark");

    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    let accepted = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!((accepted.status, accepted.location()), (SEE_OTHER, TARGET));
    assert_eq!(fixture.guest_state(ADDRESS).await, "Accepted");
    assert_eq!(read(&extensions, &token).await, before);

    let body = json!({ "userPrincipalName": "sam@contoso.com",
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } });
    let asking = fixture.app.post(&format!(
        "/beta/users/{id}/convertExternalToInternalMemberUser"
    ));
    let converted = asking.bearer(&token).json(&body).send().await;
    assert!(converted.status.is_success(), "{}", converted.text());
    let named = read("/v1.0/users/sam@contoso.com/extensions", &token).await;
    assert_eq!(named.0, "dark");
    assert_eq!(read(&extensions, &token).await, before);
}
