//! Values of directory extensions: every way in which they are written, shown and asked for.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use directory::Permission;
use serde_json::{Value, json};
use testkit::Reply;

use crate::graph_extensions::{Definer, definition};
use crate::graph_references::{id_of, post};
use crate::samples::{Scene, but, masked, user};

#[tokio::test]
async fn every_type_is_written_read_and_cleared() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let definer = Definer::of(&scene);
        let cases = [
            ("Binary", json!("AQID"), json!("not base64")),
            ("Boolean", json!(false), json!("true")),
            (
                "DateTime",
                json!("2024-05-06T07:08:09Z"),
                json!("yesterday"),
            ),
            (
                "Integer",
                json!(2_147_483_647_i64),
                json!(2_147_483_648_i64),
            ),
            ("LargeInteger", json!(i64::MAX), json!("1")),
            ("String", json!("x".repeat(256)), json!("x".repeat(257))),
        ];
        for (data_type, good, bad) in cases {
            let single = definer.name(data_type);
            scene
                .define(&definer, definition(data_type, data_type))
                .await;
            let many = format!("{data_type}s");
            let body = but(definition(&many, data_type), "isMultiValued", json!(true));
            scene.define(&definer, body).await;
            let many = definer.name(&many);
            let both = json!([good, good]);
            let members = [(single.as_str(), good.clone()), (&many, both.clone())];
            let id = scene.with(&format!("u{data_type}"), &members).await;
            assert_eq!(scene.value(&id, &single).await, good);
            assert_eq!(scene.value(&id, &many).await, both);
            for body in [
                json!({ &single: bad }),
                json!({ &many: [bad] }),
                json!({ &single: [good] }),
                json!({ &many: good }),
            ] {
                let refused = scene.patch(&id, body.clone()).await;
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
            }
            // Neither is shown unless it is asked for; beta shows all.
            let plain = scene.get(&format!("users/{id}")).await.json();
            assert!(plain.get(&single).is_none());
            let beta = scene.app.get(&format!("/beta/users/{id}"));
            let beta = beta.bearer(&scene.token).send().await.json();
            assert_eq!(beta[&single], good);
            let cleared = scene
                .patch(&id, json!({ &single: null, &many: null }))
                .await;
            assert_eq!(cleared.status, StatusCode::NO_CONTENT);
            assert_eq!(scene.value(&id, &single).await, Value::Null);
            assert_eq!(scene.value(&id, &many).await, json!([]));
        }
        // 256 bytes and 257 are as long in base64.
        let id = scene.with("bytes", &[]).await;
        for (bytes, status) in [
            (256, StatusCode::NO_CONTENT),
            (257, StatusCode::BAD_REQUEST),
        ] {
            let text = STANDARD.encode(vec![7; bytes]);
            let reply = scene
                .patch(&id, json!({ definer.name("Binary"): text }))
                .await;
            assert_eq!(reply.status, status, "{}", reply.text());
        }
    }
}

#[tokio::test]
async fn conditions_find_values() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let definer = Definer::of(&scene);
        for (name, data_type) in [
            ("t", "String"),
            ("n", "Integer"),
            ("b", "Boolean"),
            ("d", "DateTime"),
        ] {
            scene.define(&definer, definition(name, data_type)).await;
        }
        let several = but(definition("m", "String"), "isMultiValued", json!(true));
        scene.define(&definer, several).await;
        let [text, number, flag, day, many] =
            ["t", "n", "b", "d", "m"].map(|name| definer.name(name));
        let one = scene
            .with(
                "one",
                &[
                    (&text, json!("Alpha")),
                    (&number, json!(5)),
                    (&flag, json!(true)),
                    (&day, json!("2024-01-01T00:00:00Z")),
                    (&many, json!(["Red", "Blue"])),
                ],
            )
            .await;
        let two = scene
            .with(
                "two",
                &[
                    (&text, json!("Beta")),
                    (&number, json!(50)),
                    (&many, json!(["Green"])),
                ],
            )
            .await;
        let (one, two) = (vec![one], vec![two]);
        for (condition, expected) in [
            (format!("{text} eq 'ALPHA'"), &one),
            (format!("{text} in ('alpha','x')"), &one),
            (format!("startswith({text},'be')"), &two),
            (format!("{text} ge 'b'"), &two),
            (format!("{text} le 'b'"), &one),
            (format!("{number} ge 50"), &two),
            (format!("{number} le 5"), &one),
            (format!("{number} in (5,7)"), &one),
            (format!("{flag} eq true"), &one),
            (format!("{day} le 2024-06-01T00:00:00Z"), &one),
            (format!("{many}/any(x:x eq 'blue')"), &one),
            (format!("{many}/any(x:startswith(x,'gr'))"), &two),
        ] {
            assert_eq!(&scene.found(&condition).await, expected, "{condition}");
        }
        // Those that need an advanced query.
        for (condition, expected) in [
            (
                format!("{text} ne 'alpha' and startswith(displayName,'t')"),
                &two,
            ),
            (
                format!("not({text} eq 'alpha') and startswith(displayName,'t')"),
                &two,
            ),
            (
                format!("{flag} eq null and startswith(displayName,'t')"),
                &two,
            ),
        ] {
            let query = condition.replace(' ', "%20");
            let path = format!("/v1.0/users?$count=true&$select=id&$filter={query}");
            let asking = scene.app.get(&path).bearer(&scene.token);
            let reply = asking.header("consistencylevel", "eventual").send().await;
            assert_eq!(
                reply.status,
                StatusCode::OK,
                "{condition}: {}",
                reply.text()
            );
            let json = reply.json();
            assert_eq!(json["@odata.count"], 1, "{condition}");
            assert_eq!(json["value"][0]["id"], expected[0], "{condition}");
        }
    }
    // Unknown names, in the documented words.
    let scene = Scene::in_manner("strict").await;
    let unknown = Definer::of(&scene).name("nobody");
    let reply = scene
        .get(&format!("users?$filter={unknown}%20eq%20'x'"))
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
}

#[tokio::test]
async fn an_object_has_a_hundred_values() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let many = but(definition("many", "Integer"), "isMultiValued", json!(true));
    let many_id = scene.define(&definer, many.clone()).await;
    scene.define(&definer, definition("one", "String")).await;
    let (many_name, one) = (definer.name("many"), definer.name("one"));
    let numbers = |count: i64| json!((0..count).collect::<Vec<_>>());
    let body = but(user("full"), &many_name, numbers(100));
    let too_many = but(body, &one, json!("x"));
    let refused = scene.send(Method::POST, "users", Some(too_many)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let why = &refused.json()["error"]["details"][0]["message"];
    assert!(
        why.as_str().unwrap().contains("at most 100 values"),
        "{why}"
    );
    let id = scene.with("full", &[(&many_name, numbers(100))]).await;
    let refused = scene.patch(&id, json!({ &one: "x" })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // Those of a deleted definition count too; other changes pass.
    scene.undefine(&definer, &many_id).await;
    let refused = scene.patch(&id, json!({ &one: "x" })).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let passes = scene
        .patch(&id, json!({ "city": "Bern", &one: null }))
        .await;
    assert_eq!(passes.status, StatusCode::NO_CONTENT, "{}", passes.text());
    scene.define(&definer, many).await;
    let fewer = json!({ &many_name: numbers(99), &one: "x" });
    assert_eq!(scene.patch(&id, fewer).await.status, StatusCode::NO_CONTENT);
    let more = scene.patch(&id, json!({ &many_name: numbers(101) })).await;
    assert_eq!(more.status, StatusCode::BAD_REQUEST);
}

/// A name of another tenant, and one that nobody has, are refused in the same bytes.
#[tokio::test]
async fn another_tenants_names_are_unknown() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let definer = Definer::of(&scene);
        let known = definer.name("badge");
        scene.define(&definer, definition("badge", "String")).await;
        scene.with("AdeleV", &[(&known, json!("A-1"))]).await;
        let unknown = definer.name("nobod");
        let other = scene.app.other_tenant().await;
        let other = Scene {
            token: scene.app.token_of(&other).await,
            app: scene.app,
        };
        let masked = |reply: Reply, name: &str| {
            let status = reply.status;
            let mut json = reply.json();
            if json.get("error").is_some() {
                json = masked(json);
            }
            let headers: Vec<_> = ["x-vestibule-note", "content-length", "content-type"]
                .map(|name| reply.headers.get(name).cloned())
                .into();
            let headers = format!("{headers:?}");
            (
                status,
                json.to_string().replace(name, "NAME"),
                headers.replace(name, "NAME"),
            )
        };
        let body = |name: &str| {
            let body = but(user("x"), "userPrincipalName", json!("x@fabrikam.com"));
            Some(but(body, name, json!("A-1")))
        };
        for way in 0..4 {
            let ask = async |name: &str| match way {
                0 => other.send(Method::POST, "users", body(name)).await,
                1 => {
                    other
                        .get(&format!("users?$filter={name}%20eq%20'A-1'"))
                        .await
                }
                2 => other.get(&format!("users?$select={name}")).await,
                _ => {
                    let reference = json!({ "mail": "guest@else.example", name: "A-1" });
                    other
                        .send(Method::POST, "users/$ref", Some(reference))
                        .await
                }
            };
            let (theirs, nobodys) = (ask(&known).await, ask(&unknown).await);
            assert_eq!(masked(theirs, &known), masked(nobodys, &unknown), "{way}");
        }
        let application = format!("applications/{}", definer.path.split('/').nth(1).unwrap());
        assert_eq!(other.get(&application).await.status, StatusCode::NOT_FOUND);
        assert_eq!(other.get(&definer.path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn guests_get_values_with_the_invitation() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let definer = Definer::of(&scene);
        let badge = definer.name("badge");
        scene.define(&definer, definition("badge", "String")).await;
        let invitation = |name: &str, value: Value| {
            json!({
                "invitedUserEmailAddress": "guest@fabrikam.example",
                "inviteRedirectUrl": "https://app.contoso.com",
                "invitedUser": { name: value },
            })
        };
        let invite = async |token: &str, body: Value| {
            let asking = scene.app.post("/v1.0/invitations").bearer(token);
            asking.json(&body).send().await
        };
        let inviter = scene.app.token_with(&[Permission::UserInviteAll]).await;
        let denied = invite(&inviter, invitation(&badge, json!("G-1"))).await;
        assert_eq!(denied.status, StatusCode::FORBIDDEN, "{}", denied.text());
        let mistyped = invite(&scene.token, invitation(&badge, json!(7))).await;
        assert_eq!(mistyped.status, StatusCode::BAD_REQUEST);
        let unknown = definer.name("nobody");
        let unknown = invite(&scene.token, invitation(&unknown, json!("x"))).await;
        assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
        let both = [Permission::UserInviteAll, Permission::UserReadWriteAll];
        let writer = scene.app.token_with(&both).await;
        let made = invite(&writer, invitation(&badge, json!("G-1"))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let guest = made.json()["invitedUser"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(scene.value(&guest, &badge).await, "G-1");

        for (n, body) in [
            json!({ "mail": "second@fabrikam.example", &badge: "G-2" }),
            json!({
                "@odata.type": "#Microsoft.DirectoryServices.user",
                "displayName": "Third", "mail": "third@fabrikam.example", &badge: "G-2",
            }),
        ]
        .into_iter()
        .enumerate()
        {
            let added = scene.send(Method::POST, "users/$ref", Some(body)).await;
            assert_eq!(added.status, StatusCode::NO_CONTENT, "{}", added.text());
            let location = added.header("location").to_owned();
            let id = location.split('\'').nth(1).unwrap();
            assert_eq!(scene.value(id, &badge).await, "G-2", "{n}");
        }
    }
}

#[tokio::test]
async fn changes_of_values_are_followed() {
    let scene = Scene::new().await;
    let definer = Definer::of(&scene);
    let badge = definer.name("badge");
    scene.define(&definer, definition("badge", "String")).await;
    let id = scene.with("AdeleV", &[]).await;
    let local = |link: &Value| {
        let link = link.as_str().unwrap();
        link.split_once("/v1.0/").unwrap().1.to_owned()
    };
    let walk = scene.get(&format!("users/delta?$select={badge}")).await;
    let link = local(&walk.json()["@odata.deltaLink"]);
    assert_eq!(
        scene.patch(&id, json!({ &badge: "A-1" })).await.status,
        StatusCode::NO_CONTENT
    );
    let round = scene.get(&link).await.json();
    assert_eq!(round["value"][0]["id"], id);
    assert_eq!(round["value"][0][&badge], "A-1");
}

/// Who awaits approval is a user, and has the values that were asked for with them.
#[tokio::test]
async fn pending_members_have_values() {
    for manner in ["friendly", "strict"] {
        let scene = Scene::in_manner(manner).await;
        let definer = Definer::of(&scene);
        scene.define(&definer, definition("badge", "String")).await;
        let badge = definer.name("badge");
        let mut ids = Vec::new();
        for (name, value) in [("Ann", "A-1"), ("Bea", "B-2")] {
            let body = json!({
                "@odata.type": "#Microsoft.DirectoryServices.user",
                "displayName": name,
                "mail": format!("{name}@fabrikam.example"),
                badge.as_str(): value,
            });
            ids.push(id_of(&post(&scene.app, &scene.token, &body).await));
        }
        let get = async |version: &str, path: &str| {
            let path = format!("/{version}/pendingMembers{path}");
            let asking = scene.app.get(&path).bearer(&scene.token);
            let reply = asking.header("ConsistencyLevel", "eventual").send().await;
            assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
            reply.json()
        };
        let (ann, select) = (&ids[0], format!("$select=id,{badge}"));
        let one = get("v1.0", &format!("/{ann}?{select}")).await;
        assert_eq!(
            one,
            json!({
                "@odata.context": format!(
                    "https://localhost:8443/v1.0/$metadata#pendingMembers(id,{badge})/$entity"
                ),
                "id": ann,
                badge.as_str(): "A-1",
            })
        );
        for (condition, expected) in [
            (format!("{badge} eq 'a-1'"), &ids[..1]),
            (format!("startsWith({badge},'b')"), &ids[1..]),
            (format!("{badge} ne 'B-2'"), &ids[..1]),
            (format!("{badge} ge 'A'"), &ids[..]),
        ] {
            let asked = condition.replace(' ', "%20");
            let list = get("v1.0", &format!("?$filter={asked}&{select}&$count=true")).await;
            let mut found = list["value"].as_array().unwrap().clone();
            found.sort_by_key(|one| one[&badge].as_str().unwrap().to_owned());
            let found: Vec<_> = found
                .iter()
                .map(|one| one["id"].as_str().unwrap())
                .collect();
            assert_eq!(found, expected, "{condition}");
            assert_eq!(list["@odata.count"], expected.len(), "{condition}");
        }
        // As with users: v1.0 shows what is selected, beta all; no order, and no unknown name.
        let plain = get("v1.0", &format!("/{ann}")).await;
        assert!(plain.get(&badge).is_none(), "{plain}");
        let beta = get("beta", &format!("/{ann}")).await;
        assert_eq!(beta[&badge], "A-1");
        for (query, said) in [
            (format!("$orderby={badge}"), badge.as_str()),
            (format!("$filter={badge}x%20eq%20'a'"), &format!("{badge}x")),
        ] {
            let reply = scene.get(&format!("pendingMembers?{query}")).await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}");
            assert!(reply.text().contains(said), "{query}: {}", reply.text());
        }
    }
}
