//! Headers, documents and cross-origin access: what holds for every Graph answer.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use server::app::Mode;
use testkit::{Reply, TestApp};

use crate::samples::created;

fn check_graph_headers(reply: &Reply) {
    assert_eq!(reply.header("odata-version"), "4.0");
    assert_eq!(reply.header("vary"), "Accept-Encoding");
    assert_eq!(reply.header("request-id").len(), 36);
    assert!(!reply.header("client-request-id").is_empty());
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(reply.header("cache-control").contains("no-cache"));
    assert_eq!(reply.header("x-ms-ags-diagnostic"), "");
    assert_eq!(reply.header("strict-transport-security"), "");
}

#[tokio::test]
async fn every_graph_answer_carries_the_documented_headers() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let one = format!("/v1.0/users/{id}");
    for reply in [
        app.get("/v1.0/users").bearer(&token).send().await,
        app.get(&one).bearer(&token).send().await,
        app.patch(&one)
            .bearer(&token)
            .json(&json!({ "city": "x" }))
            .send()
            .await,
        app.get("/v1.0/users/nobody").bearer(&token).send().await,
        app.get("/v1.0/users").send().await,
        app.get("/v1.0/").send().await,
        app.get("/beta/$metadata").send().await,
    ] {
        check_graph_headers(&reply);
    }
}

#[tokio::test]
async fn the_clients_own_id_is_echoed_where_it_is_safe() {
    let app = TestApp::new().await;
    let echoed = app
        .get("/v1.0/users")
        .header("client-request-id", "my-1")
        .send()
        .await;
    assert_eq!(echoed.header("client-request-id"), "my-1");
    let inner = &echoed.json()["error"]["innerError"];
    assert_eq!(inner["client-request-id"], "my-1");
    assert_eq!(inner["request-id"], echoed.header("request-id"));
    assert_eq!(inner["date"], "2026-01-15T10:00:00");
    let long = "x".repeat(129);
    let ours = app
        .get("/v1.0/users")
        .header("client-request-id", &long)
        .send()
        .await;
    assert_eq!(ours.header("client-request-id"), ours.header("request-id"));
    let again = app.get("/v1.0/users").send().await;
    assert_ne!(again.header("request-id"), ours.header("request-id"));
}

#[tokio::test]
async fn metadata_levels_follow_accept() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "a").await;
    created(&app, &token, "b").await;
    let ask = |accept: &str| {
        app.get("/v1.0/users?$top=1")
            .bearer(&token)
            .header("accept", accept)
            .send()
    };
    let none = ask("application/json;odata.metadata=none").await;
    assert!(none.header("content-type").contains("odata.metadata=none"));
    let body = none.json();
    assert!(
        body.get("@odata.context").is_none() && body.get("@odata.nextLink").is_some(),
        "{body}"
    );
    for accept in ["application/json", "*/*", "text/plain;q=0.9"] {
        let reply = ask(accept).await;
        assert!(
            reply
                .header("content-type")
                .contains("odata.metadata=minimal"),
            "{accept}"
        );
        assert!(reply.json().get("@odata.context").is_some(), "{accept}");
    }
}

/// Everything that has an id says what it is, where it is, and where its links lead; each of these
/// URLs is served.
#[tokio::test]
async fn full_metadata_names_types_and_links() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let ask = async |path: &str| {
        let asking = app.get(path).bearer(&token);
        let reply = asking
            .header("accept", "application/json;odata.metadata=full")
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        assert!(reply.header("content-type").contains("odata.metadata=full"));
        reply.json()
    };
    let own = format!("https://localhost:8443/v1.0/users('{id}')");
    let invited = json!({ "invitedUserEmailAddress": "a@x.example", "inviteRedirectUrl": "https://x.example" });
    let made = app
        .post("/v1.0/invitations")
        .bearer(&token)
        .json(&invited)
        .send()
        .await
        .json();
    let invitation = made["id"].as_str().unwrap();
    let put = app.ask(Method::PUT, &format!("/v1.0/users/{id}/photo/$value"));
    let put = put
        .bearer(&token)
        .body(crate::samples::picture(1, 1))
        .send()
        .await;
    assert_eq!(put.status, StatusCode::OK);
    for (path, pointer) in [
        (format!("/v1.0/users/{id}"), ""),
        (format!("/v1.0/users/{id}?$select=city"), ""),
        (format!("/beta/users/{id}"), ""),
        (
            format!("/v1.0/users?$filter=id eq '{id}'").replace(' ', "%20"),
            "/value/0",
        ),
        (format!("/v1.0/directoryObjects/{id}"), ""),
        (
            format!("/v1.0/users/delta?$filter=id eq '{id}'").replace(' ', "%20"),
            "/value/0",
        ),
    ] {
        let body = ask(&path).await;
        let user = body.pointer(pointer).unwrap();
        let own = own.replace("v1.0", path.split('/').nth(1).unwrap());
        assert_eq!(
            user["@odata.type"], "#microsoft.graph.user",
            "{path} {user}"
        );
        assert_eq!(user["@odata.id"], own, "{path}");
        assert_eq!(user["@odata.editLink"], format!("users('{id}')"));
        for link in ["manager", "directReports", "sponsors", "sponsorOf"] {
            let navigation = &user[format!("{link}@odata.navigationLink")];
            let association = &user[format!("{link}@odata.associationLink")];
            assert_eq!(navigation, &json!(format!("{own}/{link}")), "{path}");
            assert_eq!(association, &json!(format!("{own}/{link}/$ref")), "{path}");
        }
    }
    let reports = own.replace("https://localhost:8443", "") + "/directReports";
    assert_eq!(ask(&reports).await["value"], json!([]));
    let read = ask(&format!("/v1.0/invitations/{invitation}")).await;
    assert_eq!(read["@odata.type"], "#microsoft.graph.invitation");
    let at = format!("https://localhost:8443/v1.0/invitations('{invitation}')");
    assert_eq!(read["@odata.id"], at);
    assert_eq!(
        read["invitedUser@odata.navigationLink"],
        format!("{at}/invitedUser")
    );
    let photo = ask(&format!("/v1.0/users/{id}/photo")).await;
    assert_eq!(photo["@odata.type"], "#microsoft.graph.profilePhoto");
    // As the documents print them without being asked.
    let plain = async |path: &str| app.get(path).bearer(&token).send().await.json();
    let photo = plain(&format!("/v1.0/users/{id}/photo")).await;
    assert_eq!(photo["@odata.id"], format!("{own}/photo"));
    let object = plain(&format!("/v1.0/directoryObjects/{id}")).await;
    let at = format!("https://localhost:8443/v1.0/directoryObjects/{id}");
    assert_eq!(object["@odata.id"], at);
    let user = plain(&format!("/v1.0/users/{id}")).await;
    assert_eq!(user.get("@odata.id"), None);
}

/// Members say their type where the value does not tell it, and nowhere else; at the usual level
/// none does.
#[tokio::test]
async fn full_metadata_names_types_of_members() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let change = json!({
        "businessPhones": ["+1 425 555 0109"],
        "employeeOrgData": { "division": "North" },
        "employeeHireDate": "2024-01-01T00:00:00Z",
    });
    let asking = app.patch(&format!("/v1.0/users/{id}")).bearer(&token);
    assert_eq!(
        asking.json(&change).send().await.status,
        StatusCode::NO_CONTENT
    );
    let ask = async |path: &str, level: &str| {
        let accept = format!("application/json;odata.metadata={level}");
        let asking = app.get(&path.replace(' ', "%20")).bearer(&token);
        let reply = asking.header("accept", &accept).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        reply.json()
    };
    let select = "$select=id,accountEnabled,businessPhones,city,createdDateTime,employeeHireDate,\
                  employeeOrgData,identities,otherMails,externalUserStateChangeDateTime";
    for (path, pointer) in [
        (format!("/v1.0/users/{id}?{select}"), ""),
        (
            format!("/v1.0/users?$filter=id eq '{id}'&{select}"),
            "/value/0",
        ),
        (format!("/beta/directoryObjects/{id}?{select}"), ""),
        (format!("/v1.0/directoryObjects/delta?{select}"), "/value/0"),
    ] {
        let body = ask(&path, "full").await;
        let user = body.pointer(pointer).unwrap();
        for (name, ty) in [
            ("businessPhones", Some("#Collection(String)")),
            ("createdDateTime", Some("#DateTimeOffset")),
            ("employeeHireDate", Some("#DateTimeOffset")),
            (
                "identities",
                Some("#Collection(microsoft.graph.objectIdentity)"),
            ),
            ("id", None),
            ("accountEnabled", None),
            ("city", None),
            ("employeeOrgData", None),
            ("externalUserStateChangeDateTime", None),
        ] {
            let told = user.get(format!("{name}@odata.type"));
            assert_eq!(told.and_then(Value::as_str), ty, "{path} {name} {user}");
        }
        let within = &user["employeeOrgData"];
        assert_eq!(within["@odata.type"], "#microsoft.graph.employeeOrgData");
        assert_eq!(within["division"], "North");
        assert_eq!(user["businessPhones"], change["businessPhones"]);
        // Its type stands before the member.
        let names: Vec<_> = user.as_object().unwrap().keys().collect();
        let at = |name: &str| names.iter().position(|own| *own == name);
        let (before, after) = (at("createdDateTime@odata.type"), at("createdDateTime"));
        assert_eq!(before.map(|at| at + 1), after, "{names:?}");
    }
    for (property, ty) in [
        ("createdDateTime", Some("#DateTimeOffset")),
        ("businessPhones", Some("#Collection(String)")),
        ("displayName", None),
    ] {
        let alone = ask(&format!("/v1.0/users/{id}/{property}"), "full").await;
        let told = alone.get("@odata.type").and_then(Value::as_str);
        assert_eq!(told, ty, "{alone}");
    }
    let usual = ask(&format!("/v1.0/users/{id}?{select}"), "minimal").await;
    assert!(!usual.to_string().contains("odata.type"), "{usual}");
}

#[tokio::test]
async fn the_public_documents_need_no_token() {
    let app = TestApp::new().await;
    for version in ["v1.0", "beta"] {
        let schema = app.get(&format!("/{version}/$metadata")).send().await;
        assert_eq!(schema.status, StatusCode::OK);
        assert_eq!(schema.header("content-type"), "application/xml");
        assert!(schema.text().contains("EntityType Name=\"user\""));
        for root in [format!("/{version}"), format!("/{version}/")] {
            let service = app.get(&root).send().await.json();
            let base = format!("https://localhost:8443/{version}/$metadata");
            assert_eq!(service["@odata.context"], base);
            assert_eq!(
                service["value"][0],
                json!({ "name": "users", "kind": "EntitySet", "url": "users" })
            );
        }
    }
}

#[tokio::test]
async fn head_is_get() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let reply = app
        .ask(Method::HEAD, "/v1.0/users")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn any_origin_may_ask_graph_and_nothing_else() {
    let app = TestApp::new().await;
    let preflight = |path: &str| {
        app.ask(Method::OPTIONS, path)
            .header("origin", "https://elsewhere.example")
            .header("access-control-request-method", "PATCH")
            .header(
                "access-control-request-headers",
                "authorization,content-type,traceparent",
            )
            .send()
    };
    for path in ["/v1.0/users", "/beta/invitations", "/v1.0/nothing"] {
        let reply = preflight(path).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        let granted = reply.header("access-control-allow-headers");
        assert_eq!(granted, "authorization,content-type,traceparent");
        assert!(
            reply
                .header("access-control-allow-methods")
                .contains("PATCH")
        );
        assert_eq!(reply.header("access-control-allow-credentials"), "");
    }
    let tenant = app.tenant.id.0;
    for path in [
        format!("/{tenant}/oauth2/v2.0/token"),
        format!("/{tenant}/discovery/v2.0/keys"),
        "/redeem/start".to_owned(),
        "/outbox".to_owned(),
        "/healthz".to_owned(),
    ] {
        for reply in [
            preflight(&path).await,
            app.get(&path)
                .header("origin", "https://e.example")
                .send()
                .await,
        ] {
            assert_eq!(reply.header("access-control-allow-origin"), "", "{path}");
        }
    }
}

#[tokio::test]
async fn urls_have_a_longest_length() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let target = |length: usize| {
        // Blanks, which mean nothing there.
        let start = "/v1.0/users?$top=1";
        format!("{start}{}", "+".repeat(length - start.len()))
    };
    let fits = app.get(&target(8 * 1024)).bearer(&token).send().await;
    assert_eq!(fits.status, StatusCode::OK, "{}", fits.text());
    let long = app.get(&target(8 * 1024 + 1)).bearer(&token).send().await;
    assert_eq!(
        (long.status, long.error().0.as_str()),
        (StatusCode::URI_TOO_LONG, "RequestUriTooLong")
    );
}

#[tokio::test]
async fn paths_of_nothing_are_graph_errors() {
    let app = TestApp::new().await;
    for path in ["/v2.0/users", "/v1.0users", "/admin", "//"] {
        let reply = app.get(path).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.error().0, "ResourceNotFound", "{path}");
    }
}

/// Who opens the address in a browser reads what it is. A service does not point to what it does
/// not have.
#[tokio::test]
async fn the_address_itself_is_a_page_for_people() {
    for (mode, has_outbox) in [(Mode::Dev, true), (Mode::Serve, false)] {
        let app = TestApp::with(mode, |_| {}).await;
        let page = app.get("/").send().await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.header("content-type").starts_with("text/html"));
        assert!(
            page.header("content-security-policy")
                .contains("default-src 'none'")
        );
        assert!(page.text().contains("/v1.0/$metadata"));
        for path in ["/outbox", "/healthz"] {
            assert_eq!(page.text().contains(path), has_outbox, "{mode:?} {path}");
        }
        for link in page.text().split("href=\"").skip(1) {
            let link = link.split('"').next().unwrap();
            let reply = app.get(link).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{mode:?} {link}");
        }
    }
}

#[tokio::test]
async fn https_is_not_pinned_for_this_machine() {
    let app = TestApp::with(Mode::Serve, |_| {}).await;
    let reply = app.get("/v1.0/").send().await;
    assert_eq!(reply.header("strict-transport-security"), "");
}
