//! Values of schema extensions: every way in which they are written, shown and asked for.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::graph_schema_extensions::courses;
use crate::samples::{Scene, but, masked, user};

const TYPE: &str = "#microsoft.graph.ComplexExtensionValue";

fn value(id: i64, name: &str) -> Value {
    json!({ "@odata.type": TYPE, "courseId": id, "courseName": name })
}

#[tokio::test]
async fn members_are_merged_and_the_last_one_takes_the_value_along() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let name = scene.define_schema(courses("contoso_courses")).await;
        let sent = json!({ "@odata.type": TYPE, "courseId": 1, "courseName": "Rust" });
        let id = scene.with("AdeleV", &[(&name, sent)]).await;
        assert_eq!(scene.value(&id, &name).await, value(1, "Rust"));
        // Only where it is selected, in beta too.
        for version in ["v1.0", "beta"] {
            let plain = scene.app.get(&format!("/{version}/users/{id}"));
            let plain = plain.bearer(&scene.token).send().await.json();
            assert!(plain.get(&name).is_none(), "{version}");
        }
        let change = async |body: Value| {
            let reply = scene.patch(&id, json!({ &name: body })).await;
            assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
            scene.value(&id, &name).await
        };
        assert_eq!(change(json!({ "courseId": 2 })).await, value(2, "Rust"));
        let half = json!({ "@odata.type": TYPE, "courseId": null, "courseName": "Rust" });
        assert_eq!(change(json!({ "COURSEID": null })).await, half);
        assert_eq!(change(json!({ "courseName": null })).await, Value::Null);
        assert_eq!(
            change(json!({ "courseName": "Go" })).await["courseName"],
            "Go"
        );
        assert_eq!(change(Value::Null).await, Value::Null);
        let nothing = json!({ "courseId": null, "courseName": null });
        assert_eq!(change(nothing.clone()).await, Value::Null);
        let other = scene.with("NestorW", &[(&name, nothing)]).await;
        assert_eq!(scene.value(&other, &name).await, Value::Null);
        assert!(
            scene
                .found(&format!("{name}/courseId ge 0"))
                .await
                .is_empty()
        );
    }
}

#[tokio::test]
async fn every_type_has_its_limits() {
    let scene = Scene::new().await;
    let types = ["Binary", "Boolean", "DateTime", "Integer", "String"];
    let members = types.map(|ty| json!({ "name": format!("a{ty}"), "type": ty }));
    let body = but(courses("contoso_all"), "properties", json!(members));
    let name = scene.define_schema(body).await;
    let cases = [
        ("aBinary", json!("AQID"), json!("not base64")),
        ("aBoolean", json!(false), json!("true")),
        (
            "aDateTime",
            json!("2024-05-06T07:08:09Z"),
            json!("yesterday"),
        ),
        (
            "aInteger",
            json!(2_147_483_647_i64),
            json!(2_147_483_648_i64),
        ),
        ("aString", json!("x".repeat(256)), json!("x".repeat(257))),
    ];
    let id = scene.with("AdeleV", &[]).await;
    for (member, good, bad) in cases {
        let written = scene.patch(&id, json!({ &name: { member: good } })).await;
        assert_eq!(written.status, StatusCode::NO_CONTENT, "{}", written.text());
        assert_eq!(scene.value(&id, &name).await[member], good);
        let refused = scene.patch(&id, json!({ &name: { member: bad } })).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{member}");
        let target = &refused.json()["error"]["details"][0]["target"];
        assert_eq!(*target, format!("{name}/{member}"));
    }
    for (body, wanted) in [
        (json!("x"), name.clone()),
        (json!({ "colour": 1 }), format!("{name}/colour")),
    ] {
        let refused = scene.patch(&id, json!({ &name: body })).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["error"]["details"][0]["target"], wanted);
    }
}

#[tokio::test]
async fn conditions_name_members() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let name = scene.define_schema(courses("contoso_courses")).await;
        let a = json!({ "courseId": 1, "courseName": "Rust" });
        let b = json!({ "courseId": 2, "courseName": "Russian" });
        let a = scene.with("a", &[(&name, a)]).await;
        let b = scene.with("b", &[(&name, b)]).await;
        for (condition, wanted) in [
            (format!("{name}/courseId eq 1"), vec![&a]),
            (format!("{name}/courseName eq 'rust'"), vec![&a]),
            (format!("{name}/courseId in (1,2)"), vec![&a, &b]),
            (format!("startsWith({name}/courseName,'Rus')"), vec![&a, &b]),
            (format!("{name}/courseId ge 2"), vec![&b]),
            (format!("{name}/courseId le 1"), vec![&a]),
        ] {
            let mut found = scene.found(&condition).await;
            let mut wanted: Vec<_> = wanted.into_iter().cloned().collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{condition}");
        }
        let path = format!(
            "users?$select=id&$count=true&$filter={name}/courseId%20ne%201%20and%20startswith(displayName,'b')"
        );
        let advanced = scene.app.get(&format!("/v1.0/{path}")).bearer(&scene.token);
        let advanced = advanced.header("consistencylevel", "eventual").send().await;
        assert_eq!(advanced.status, StatusCode::OK, "{}", advanced.text());
        assert_eq!(advanced.json()["value"], json!([{ "id": b }]));
        let expand = scene.get(&format!("users?$expand={name}")).await;
        assert_eq!(expand.status, StatusCode::BAD_REQUEST, "{}", expand.text());
        let sorted = scene.get(&format!("users?$orderby={name}/courseId")).await;
        assert_eq!(sorted.status, StatusCode::NOT_IMPLEMENTED);
    }
}

/// Who has a value of a deprecated definition reads, changes and removes it; nobody gets one.
#[tokio::test]
async fn a_deprecated_definition_gives_nobody_a_first_value() {
    let scene = Scene::new().await;
    let name = scene.define_schema(courses("contoso_courses")).await;
    let with = json!({ "courseId": 1, "courseName": "Rust" });
    let has = scene.with("a", &[(&name, with.clone())]).await;
    let has_not = scene.with("b", &[]).await;
    scene.deprecate(&name).await;
    assert_eq!(scene.value(&has, &name).await, value(1, "Rust"));
    let target = |reply: testkit::Reply| {
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        reply.json()["error"]["details"][0]["target"].clone()
    };
    let body = json!({ &name: with });
    assert_eq!(target(scene.patch(&has_not, body.clone()).await), name);
    let made = but(user("c"), &name, with);
    assert_eq!(
        target(scene.send(Method::POST, "users", Some(made)).await),
        name
    );
    let changed = scene.patch(&has, json!({ &name: { "courseId": 2 } })).await;
    assert_eq!(changed.status, StatusCode::NO_CONTENT, "{}", changed.text());
    assert_eq!(scene.value(&has, &name).await, value(2, "Rust"));
    let removed = scene.patch(&has, json!({ &name: null })).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text());
    assert_eq!(target(scene.patch(&has, body).await), name);
}

#[tokio::test]
async fn a_hundred_values_count_members() {
    let scene = Scene::new().await;
    let members: Vec<_> = (0..100)
        .map(|n| json!({ "name": format!("m{n}"), "type": "Integer" }))
        .collect();
    let body = but(courses("contoso_many"), "properties", json!(&members));
    let many = scene.define_schema(body).await;
    let few = scene.define_schema(courses("contoso_courses")).await;
    let all: Value = (0..100).map(|n| (format!("m{n}"), json!(n))).collect();
    let id = scene.with("a", &[(&many, all)]).await;
    let refused = scene.patch(&id, json!({ &few: { "courseId": 1 } })).await;
    assert_eq!(
        refused.status,
        StatusCode::BAD_REQUEST,
        "{}",
        refused.text()
    );
    assert!(refused.text().contains("at most 100 values"));
    // Values whose definition is deleted stay, and count as before: otherwise an app that defines,
    // sets and deletes one name after the other would let a user grow without end.
    assert_eq!(
        scene.delete_schema(&many).await.status,
        StatusCode::NO_CONTENT
    );
    let refused = scene.patch(&id, json!({ &few: { "courseId": 1 } })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains("at most 100 values"));
    let again = but(courses("contoso_many"), "properties", json!(members));
    assert_eq!(scene.define_schema(again).await, many);
    let swap = json!({ &few: { "courseId": 1 }, &many: { "m7": null } });
    assert_eq!(scene.patch(&id, swap).await.status, StatusCode::NO_CONTENT);
}

/// Another tenant's names are unknown ones, whatever is done with them.
#[tokio::test]
async fn another_tenant_knows_nothing_of_them() {
    let scene = Scene::new().await;
    let name = scene.define_schema(courses("contoso_courses")).await;
    scene.make_available(&name).await;
    let other = scene.app.other_tenant().await;
    let token = scene.app.token_of(&other).await;
    let scene = Scene { token, ..scene };
    let nobodys = "contoso_nothing";
    let ask = async |name: &str| {
        let body = but(user("x"), "userPrincipalName", json!("x@fabrikam.com"));
        let body = but(body, name, json!({ "courseId": 1 }));
        let filter = format!("users?$filter={name}/courseId%20eq%201");
        let replies = [
            scene.send(Method::POST, "users", Some(body)).await,
            scene.get(&filter).await,
            scene.get(&format!("schemaExtensions/{name}")).await,
        ];
        replies.map(|reply| {
            let text = masked(reply.json()).to_string().replace(name, "NAME");
            (reply.status, text)
        })
    };
    assert_eq!(ask(&name).await, ask(nobodys).await);
    let select = scene.get(&format!("users?$select=id,{name}")).await.json();
    assert!(select["value"][0].get(&name).is_none());
}

/// In invitations, and as references.
#[tokio::test]
async fn guests_have_them() {
    let scene = Scene::new().await;
    let name = scene.define_schema(courses("contoso_courses")).await;
    let course = json!({ "courseId": 1, "courseName": "Rust" });
    let invited = json!({
        "invitedUserEmailAddress": "g@x.example",
        "inviteRedirectUrl": "https://x.example",
        "invitedUser": { &name: course },
    });
    let made = scene.send(Method::POST, "invitations", Some(invited)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let json = made.json();
    let guest = json["invitedUser"]["id"].as_str().unwrap();
    assert_eq!(scene.value(guest, &name).await, value(1, "Rust"));
    let added = json!({ "mail": "h@x.example", &name: course });
    let added = scene.send(Method::POST, "users/$ref", Some(added)).await;
    assert!(added.status.is_success(), "{}", added.text());
    let found = scene.found(&format!("{name}/courseId eq 1")).await;
    assert_eq!(found.len(), 2);
}
