//! What is refused about users, in the documented words (P-users-1, P-users-5), and that a refused
//! request changes nothing.

use axum::http::StatusCode;
use directory::{AppPlan, DomainSetting, Permission, Permissions, Settings, TenantPlan};
use serde_json::{Value, json};
use store::{Page, TenantId};
use testkit::TestApp;

use crate::samples::{but, created, lacking, masked, user};

const BAD: &str = "Request_BadRequest";
const COMPLEXITY: &str = "The specified password does not comply with password complexity requirements. \
                          Please provide a different password.";
const VALUES: &str = "One or more property values specified are invalid.";

fn invalid(property: &str) -> String {
    format!("Invalid value specified for property '{property}' of resource 'User'.")
}

/// Users in the tenant.
async fn users(app: &TestApp) -> usize {
    let page = Page {
        after: None,
        limit: 999,
    };
    app.directory()
        .store()
        .read(app.tenant.id)
        .users(page)
        .await
        .unwrap()
        .len()
}

#[expect(clippy::too_many_lines, reason = "a table of wrong bodies")]
#[tokio::test]
async fn a_bad_user_is_refused_naming_the_property() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let before = users(&app).await;
    let ok = || user("adele");
    let check = async |body: Value, message: &str, target: &str| {
        let reply = app
            .post("/v1.0/users")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(
            reply.error(),
            (BAD.to_owned(), message.to_owned()),
            "{body}"
        );
        assert_eq!(
            reply.targets().first().map(String::as_str),
            Some(target),
            "{body}"
        );
    };
    let missing = "A password must be specified to create a new user.";
    check(
        lacking(ok(), "passwordProfile"),
        missing,
        "passwordProfile/password",
    )
    .await;
    check(
        but(ok(), "passwordProfile", json!({})),
        missing,
        "passwordProfile/password",
    )
    .await;
    for name in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "userPrincipalName",
    ] {
        let message = format!("A value is required for property '{name}' of resource 'User'.");
        check(lacking(ok(), name), &message, name).await;
    }
    let password = |text: &str| but(ok(), "passwordProfile", json!({ "password": text }));
    check(password("short"), COMPLEXITY, "passwordProfile/password").await;
    check(
        password("alllowercase"),
        COMPLEXITY,
        "passwordProfile/password",
    )
    .await;
    let domain = "The domain portion of the userPrincipalName property is invalid. You must use one of the \
                  verified domain names in your organization.";
    check(
        but(ok(), "userPrincipalName", json!("a@elsewhere.com")),
        domain,
        "userPrincipalName",
    )
    .await;
    for upn in [
        "adele",
        "@contoso.com",
        "a b@contoso.com",
        "adele.@contoso.com",
        "a@b@contoso.com",
        "ädele@contoso.com",
    ] {
        let message = "Property userPrincipalName is invalid.";
        check(
            but(ok(), "userPrincipalName", json!(upn)),
            message,
            "userPrincipalName",
        )
        .await;
    }
    check(
        but(ok(), "mailNickname", json!("a b")),
        &invalid("mailNickname"),
        "mailNickname",
    )
    .await;
    check(
        but(ok(), "displayName", json!("x".repeat(257))),
        &invalid("displayName"),
        "displayName",
    )
    .await;
    check(
        but(ok(), "businessPhones", json!(["1", "2"])),
        &invalid("businessPhones"),
        "businessPhones",
    )
    .await;
    check(
        but(ok(), "usageLocation", json!("Germany")),
        &invalid("usageLocation"),
        "usageLocation",
    )
    .await;
    check(
        but(ok(), "ageGroup", json!("Old")),
        &invalid("ageGroup"),
        "ageGroup",
    )
    .await;
    check(but(ok(), "shoeSize", json!(43)), VALUES, "shoeSize").await;
    check(
        but(ok(), "accountEnabled", json!("true")),
        VALUES,
        "accountEnabled",
    )
    .await;
    check(
        but(ok(), "businessPhones", json!("1")),
        VALUES,
        "businessPhones",
    )
    .await;
    check(
        but(ok(), "otherMails", json!(["a@x.example", 7])),
        VALUES,
        "otherMails/1",
    )
    .await;
    check(
        but(ok(), "passwordProfile", json!({ "pass": "x" })),
        VALUES,
        "passwordProfile/pass",
    )
    .await;
    for name in [
        "id",
        "createdDateTime",
        "proxyAddresses",
        "externalUserState",
        "signInActivity",
    ] {
        let message = format!("Property '{name}' is read-only and cannot be set.");
        check(but(ok(), name, json!("x")), &message, name).await;
    }
    check(
        but(ok(), "manager", json!({ "id": "x" })),
        VALUES,
        "manager",
    )
    .await;
    assert_eq!(users(&app).await, before);
}

#[tokio::test]
async fn what_another_has_is_a_conflict() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let first = but(user("adele"), "mail", json!("adele@mail.example"));
    let made = app
        .post("/v1.0/users")
        .bearer(&token)
        .json(&first)
        .send()
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let check = async |body: Value, property: &str| {
        let reply = app
            .post("/v1.0/users")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        let message =
            format!("Another object with the same value for property {property} already exists.");
        let expected = json!({ "error": {
            "code": BAD,
            "message": message,
            "details": [
                { "code": "ObjectConflict", "target": property, "message": message },
                { "code": "ConflictingObjects", "target": property, "message": id },
            ],
        }});
        assert_eq!(masked(reply.json()), expected, "{body}");
    };
    check(
        but(
            user("other"),
            "userPrincipalName",
            json!("ADELE@contoso.com"),
        ),
        "userPrincipalName",
    )
    .await;
    check(
        but(user("other"), "mail", json!("Adele@mail.example")),
        "proxyAddresses",
    )
    .await;
    check(
        but(user("other"), "otherMails", json!(["adele@contoso.com"])),
        "proxyAddresses",
    )
    .await;
    let name = but(user("other"), "mail", json!("adele@contoso.com"));
    check(name, "proxyAddresses").await;
}

#[tokio::test]
async fn a_bad_change_is_refused_and_changes_nothing() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let target = format!("/v1.0/users/{id}");
    let before = app.get(&target).bearer(&token).send().await;
    let check = async |body: Value, message: &str, property: &str| {
        let reply = app.patch(&target).bearer(&token).json(&body).send().await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(
            reply.error(),
            (BAD.to_owned(), message.to_owned()),
            "{body}"
        );
        assert_eq!(reply.targets(), [property], "{body}");
    };
    check(
        json!({ "displayName": null }),
        &invalid("displayName"),
        "displayName",
    )
    .await;
    check(
        json!({ "displayName": "" }),
        &invalid("displayName"),
        "displayName",
    )
    .await;
    check(json!({ "city": "x".repeat(129) }), &invalid("city"), "city").await;
    check(
        json!({ "city": "ok", "id": "x" }),
        "Property 'id' is read-only and cannot be set.",
        "id",
    )
    .await;
    check(json!({ "city": 7 }), VALUES, "city").await;
    check(json!({ "city": "ok", "nothing": 1 }), VALUES, "nothing").await;
    let after = app.get(&target).bearer(&token).send().await;
    assert_eq!(
        (after.text(), after.header("etag")),
        (before.text(), before.header("etag"))
    );
}

#[tokio::test]
async fn unknown_users_and_segments_have_their_sentences() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let check = async |path: &str, status: u16, code: &str, message: &str| {
        let reply = app.get(path).bearer(&token).send().await;
        assert_eq!(reply.status, status, "{path} {}", reply.text());
        assert_eq!(
            reply.error(),
            (code.to_owned(), message.to_owned()),
            "{path}"
        );
    };
    let missing = |key: &str| {
        format!(
            "Resource '{key}' does not exist or one of its queried reference-property objects are not \
             present."
        )
    };
    let not_found = "Request_ResourceNotFound";
    check(
        "/v1.0/users/nobody@contoso.com",
        404,
        not_found,
        &missing("nobody@contoso.com"),
    )
    .await;
    check("/v1.0/users/a%22b", 404, not_found, &missing("a\"b")).await;
    let segment = |name: &str| format!("Resource not found for the segment '{name}'.");
    check("/v1.0/groups", 400, "BadRequest", &segment("groups")).await;
    check(
        &format!("/v1.0/users/{id}/friends"),
        400,
        "BadRequest",
        &segment("friends"),
    )
    .await;
    check(
        "/v1.0/domains/$count",
        400,
        "BadRequest",
        &segment("$count"),
    )
    .await;
    check(
        "/v1.0/users('a'b')",
        400,
        "BadRequest",
        &segment("users('a'b')"),
    )
    .await;
}

#[tokio::test]
async fn a_wrong_verb_is_told_which_are_right() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let reply = app
        .ask(axum::http::Method::PUT, "/v1.0/users/x")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    let message = "Specified HTTP method is not allowed for the request target.";
    assert_eq!(reply.error(), (BAD.to_owned(), message.to_owned()));
    assert_eq!(reply.header("allow"), "GET, PATCH, DELETE");
    let overridden = app
        .post("/v1.0/users/x")
        .bearer(&token)
        .header("x-http-method-override", "DELETE");
    assert_eq!(
        overridden.send().await.status,
        StatusCode::METHOD_NOT_ALLOWED
    );
}

#[tokio::test]
async fn too_little_permission_is_403_before_anything_is_read() {
    let app = TestApp::new().await;
    let token = app.token_with(&[Permission::UserReadAll]).await;
    let reply = app
        .post("/v1.0/users")
        .bearer(&token)
        .json_text("not json")
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    let message = "Insufficient privileges to complete the operation.";
    assert_eq!(
        reply.error(),
        ("Authorization_RequestDenied".to_owned(), message.to_owned())
    );
}

#[tokio::test]
async fn a_federated_domain_needs_the_immutable_id() {
    let app = TestApp::new().await;
    let id = TenantId(app.directory().ids().uuid());
    let plan = TenantPlan {
        id,
        display_name: "Federated".to_owned(),
        initial_domain: "federated.onmicrosoft.com".to_owned(),
        domains: vec![DomainSetting {
            name: "federated.example".to_owned(),
            federated: true,
        }],
        settings: Settings::default(),
    };
    app.directory().add_tenant(plan).await.unwrap();
    let plan = AppPlan {
        client_id: None,
        object: None,
        display_name: "App".to_owned(),
        permissions: Permissions::all_for_apps(),
        secret: None,
    };
    let added = app.directory().add_app(id, plan).await.unwrap();
    let tenant = testkit::TestTenant {
        id,
        client_id: added.app.client_id,
        app_object: added.app.object,
        secret: added.secret,
        domain: "federated.example".to_owned(),
    };
    let token = app.token_of(&tenant).await;
    let body = but(
        user("adele"),
        "userPrincipalName",
        json!("adele@federated.example"),
    );
    let reply = app
        .post("/v1.0/users")
        .bearer(&token)
        .json(&body)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let message = "One or more properties contains invalid values.";
    assert_eq!(reply.error(), (BAD.to_owned(), message.to_owned()));
    assert_eq!(reply.targets(), ["onPremisesImmutableId"]);
    let body = but(body, "onPremisesImmutableId", json!("abc"));
    let reply = app
        .post("/v1.0/users")
        .bearer(&token)
        .json(&body)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
}
