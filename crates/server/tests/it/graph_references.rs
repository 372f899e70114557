//! `/users/$ref` over the API: both documents, links, and the collection.

use axum::http::StatusCode;
use directory::Permission as P;
use edm::user;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{but, created, user as user_body};

pub(crate) const PENDING: &str = "#Microsoft.DirectoryServices.user";
pub(crate) const INVITED: &str = "#microsoft.graph.user";

pub(crate) async fn post(app: &TestApp, token: &str, body: &Value) -> Reply {
    let asking = app.post("/beta/users/$ref").bearer(token);
    asking.json(body).send().await
}

/// The id in a Location of the form `…/users('id')`.
pub(crate) fn id_of(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    let location = reply.header("location");
    location.split('\'').nth(1).unwrap().to_owned()
}

pub(crate) async fn whole(app: &TestApp, token: &str, id: &str) -> Value {
    let path = format!("/beta/users/{id}");
    let mut whole = app.get(&path).bearer(token).send().await.json();
    // What a list never shows is read one by one.
    let single: Vec<_> = user::TYPE
        .properties
        .iter()
        .filter(|property| property.returned == edm::Returned::SelectSingle)
        .map(|property| property.name())
        .collect();
    let select = format!("{path}?$select={}", single.join(","));
    let more = app.get(&select).bearer(token).send().await.json();
    for (name, value) in more.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

#[tokio::test]
async fn an_invited_user_is_a_guest_with_an_invitation() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let reply = post(&app, &token, &json!({ "mail": "Ann@Fabrikam.example" })).await;
    let id = id_of(&reply);
    let url = format!("https://localhost:8443/beta/users('{id}')");
    assert_eq!(reply.text(), "");
    assert_eq!(reply.header("location"), url);
    assert_eq!(reply.header("odata-entityid"), url);
    assert_eq!(reply.header("odata-version"), "4.0");
    let guest = whole(&app, &token, &id).await;
    for (name, expected) in [
        ("userType", "Guest"),
        ("creationType", "Invitation"),
        ("externalUserState", "PendingAcceptance"),
        ("mail", "Ann@fabrikam.example"),
        (
            "userPrincipalName",
            "Ann_fabrikam.example#EXT#@contoso.onmicrosoft.com",
        ),
        ("displayName", "Ann"),
    ] {
        assert_eq!(guest[name], expected, "{name}");
    }
    // The invitation is there, without a message, and its link stands in no answer.
    let list = app
        .get("/v1.0/invitations")
        .bearer(&token)
        .send()
        .await
        .json();
    let invitation = &list["value"][0];
    assert_eq!(invitation["invitedUser"]["id"], id);
    assert_eq!(invitation["inviteRedeemUrl"], Value::Null);
    assert_eq!(invitation["sendInvitationMessage"], false);
    assert_eq!(invitation["status"], "Completed");
    assert_eq!(
        invitation["inviteRedirectUrl"],
        "http://localhost:8080/redeem/done"
    );
    assert!(app.deliver().await.is_empty());
    // The request sent again links the same guest, and makes nothing.
    let again = post(
        &app,
        &token,
        &json!({ "mail": "ANN@fabrikam.example", "city": "Bonn" }),
    )
    .await;
    assert_eq!(id_of(&again), id);
    assert!(again.header("x-vestibule-note").contains("was linked"));
    assert_eq!(whole(&app, &token, &id).await["city"], Value::Null);
    let list = app
        .get("/v1.0/invitations")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    // And the guest may be read through the invitation.
    let path = format!(
        "/v1.0/invitations/{}/invitedUser",
        invitation["id"].as_str().unwrap()
    );
    let user = app.get(&path).bearer(&token).send().await;
    assert_eq!(user.json()["id"], id);
    assert!(!user.header("etag").is_empty());
    let reference = app.get(&format!("{path}/$ref")).bearer(&token).send().await;
    let expected = json!({
        "@odata.context": "https://localhost:8443/v1.0/$metadata#$ref",
        "@odata.id": format!("https://localhost:8443/v1.0/users('{id}')"),
    });
    assert_eq!(reference.json(), expected);
}

#[tokio::test]
async fn the_user_comes_back_where_that_is_preferred() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (version, ty, rows) in [
        ("beta", "#microsoft.graph.user", 76),
        ("beta", "Microsoft.DirectoryServices.User", 63),
        ("v1.0", "#Microsoft.DirectoryServices.user", 60),
    ] {
        let body = json!({ "@odata.type": ty, "displayName": "Ann", "mail": format!("ann{rows}@fabrikam.example"),
            "city": "Bonn", "id-ignored@odata.x": 1 });
        let asking = app
            .post(&format!("/{version}/users/$ref"))
            .bearer(&token)
            .json(&body);
        let reply = asking
            .header("prefer", "respond-async, return=representation")
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        assert_eq!(reply.header("preference-applied"), "return=representation");
        let made = reply.json();
        let id = made["id"].as_str().unwrap();
        let url = format!("https://localhost:8443/{version}/users('{id}')");
        assert_eq!(reply.header("location"), url);
        assert_eq!(made["@odata.type"], ty);
        assert_eq!(made["city"], "Bonn");
        assert!(made["createdDateTime"].is_string());
        // Context and type come in addition, and the password's profile is left out.
        assert_eq!(made.as_object().unwrap().len(), rows + 2 - 1, "{made}");
        // Linking makes nobody, so that there is nothing to show.
        let asking = app
            .post(&format!("/{version}/users/$ref"))
            .bearer(&token)
            .json(&body);
        let again = asking
            .header("prefer", "return=representation")
            .send()
            .await;
        assert_eq!(id_of(&again), id);
        assert_eq!(again.header("preference-applied"), "");
    }
}

#[tokio::test]
async fn existing_users_are_linked() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = created(&app, &token, "adele").await;
    let other = app.other_tenant().await;
    let alien = but(
        user_body("alien"),
        "userPrincipalName",
        json!("alien@fabrikam.com"),
    );
    let theirs = app.post("/v1.0/users").bearer(&app.token_of(&other).await);
    let foreign = theirs.json(&alien).send().await.json()["id"].clone();
    let foreign = foreign.as_str().unwrap().to_owned();
    let link = async |ty: &str, url: &str| {
        let body = json!({ "@odata.type": ty, "@odata.id": url });
        post(&app, &token, &body).await
    };
    for url in [
        format!("https://graph.microsoft.com/v1.0/users/{id}"),
        format!("https://graph.microsoft.com/beta/directoryObjects/{id}"),
        format!("https://localhost:8443/v1.0/users('{id}')"),
        format!(
            "https://graph.microsoft.com/v1.0/directoryObjects/{id}/Microsoft.DirectoryServices.User"
        ),
        format!("directoryObjects('{id}')"),
        format!("/v1.0/users/{id}"),
        "users('adele@contoso.com')".to_owned(),
    ] {
        assert_eq!(id_of(&link(PENDING, &url).await), id, "{url}");
    }
    for url in [
        "",
        "users",
        "groups/1",
        "https://localhost:8443",
        "directoryObjects/adele@contoso.com",
        "users/a/b/c",
        "users//",
    ] {
        let reply = link(PENDING, url).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{url}");
        assert_eq!(reply.targets(), ["@odata.id"], "{url}");
    }
    // Another tenant's id is as unknown as a random one (T-50).
    let random = app.directory().ids().uuid().to_string();
    for ty in [PENDING, INVITED] {
        let mut answers = Vec::new();
        for unknown in [&foreign, &random] {
            let reply = post(&app, &token, &json!({ "@odata.type": ty, "id": unknown })).await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND);
            answers.push(reply.error().1.replace(unknown.as_str(), "ID"));
        }
        assert_eq!(answers[0], answers[1]);
    }
    // A user without a mailbox cannot become a guest; one with a mailbox does, as by POST
    // /invitations.
    let reply = post(&app, &token, &json!({ "id": id })).await;
    assert_eq!(
        (reply.status, reply.targets()),
        (StatusCode::BAD_REQUEST, vec!["mail".to_owned()])
    );
    let patch = app.patch(&format!("/v1.0/users/{id}")).bearer(&token);
    patch
        .json(&json!({ "mail": "adele@fabrikam.example" }))
        .send()
        .await;
    assert_eq!(id_of(&post(&app, &token, &json!({ "id": id })).await), id);
    assert_eq!(
        whole(&app, &token, &id).await["externalUserState"],
        "PendingAcceptance"
    );
    assert_eq!(id_of(&post(&app, &token, &json!({ "id": id })).await), id);
}

#[tokio::test]
async fn references_come_in_pages() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(created(&app, &token, name).await);
    }
    ids.sort();
    let page = app
        .get("/v1.0/users/$ref?$top=2")
        .bearer(&token)
        .send()
        .await
        .json();
    let reference =
        |id: &String| json!({ "@odata.id": format!("https://localhost:8443/v1.0/users('{id}')") });
    assert_eq!(
        page["@odata.context"],
        "https://localhost:8443/v1.0/$metadata#Collection($ref)"
    );
    assert_eq!(
        page["value"],
        json!(ids[..2].iter().map(reference).collect::<Vec<_>>())
    );
    let next = page["@odata.nextLink"].as_str().unwrap();
    let path = next.strip_prefix("https://localhost:8443").unwrap();
    assert!(path.starts_with("/v1.0/users/$ref?"), "{path}");
    let rest = app.get(path).bearer(&token).send().await.json();
    assert_eq!(rest["value"], json!([reference(&ids[2])]));
    assert!(rest.get("@odata.nextLink").is_none());
    // A token of the one collection is none of the other.
    let users = path.replace("/users/$ref", "/users");
    assert_eq!(
        app.get(&users).bearer(&token).send().await.error().0,
        "Directory_ExpiredPageToken"
    );
    let select = app
        .get("/v1.0/users/$ref?$select=id")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(
        (select.status, select.targets()),
        (StatusCode::BAD_REQUEST, vec!["$select".to_owned()])
    );
}

#[tokio::test]
async fn each_document_has_its_permissions() {
    let app = TestApp::new().await;
    let invited = json!({ "mail": "ann@fabrikam.example" });
    let member = json!({ "mail": "bea@fabrikam.example", "userType": "Member" });
    let pending =
        json!({ "@odata.type": PENDING, "displayName": "Cleo", "mail": "cleo@fabrikam.example" });
    for (held, expected) in [
        (&[P::UserInviteAll][..], [204, 403, 403]),
        (&[P::UserReadWriteAll], [403, 403, 204]),
        (&[P::UserInviteAll, P::UserReadWriteAll], [204, 204, 204]),
        (&[P::DirectoryReadWriteAll], [204, 204, 204]),
        (&[P::UserReadAll, P::DirectoryReadAll], [403, 403, 403]),
    ] {
        let token = app.token_with(held).await;
        let mut found = Vec::new();
        for body in [&invited, &member, &pending] {
            found.push(post(&app, &token, body).await.status.as_u16());
        }
        assert_eq!(found, expected, "{held:?}");
    }
}

#[tokio::test]
async fn what_is_too_little_or_does_not_fit_is_named() {
    let app = TestApp::new().await;
    let token = app.token().await;
    created(&app, &token, "adele").await;
    let check = async |body: Value, target: &str| {
        let reply = post(&app, &token, &body).await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{body} {}",
            reply.text()
        );
        assert_eq!(
            reply.targets().first().map(String::as_str),
            Some(target),
            "{}",
            reply.text()
        );
    };
    check(json!({}), "mail").await;
    check(json!({ "displayName": "Ann" }), "mail").await;
    check(json!({ "mail": "ann" }), "mail").await;
    check(json!({ "mail": "a@x.example, b@x.example" }), "mail").await;
    check(json!({ "mail": ["a@x.example"] }), "mail").await;
    check(
        json!({ "otherMails": ["a\r\nBcc: b@x.example"] }),
        "otherMails",
    )
    .await;
    check(json!({ "mail": "ann@contoso.com" }), "mail").await;
    check(
        json!({ "mail": "ann@x.example", "displayName": "a\nb" }),
        "displayName",
    )
    .await;
    check(
        json!({ "@odata.type": "#microsoft.graph.group" }),
        "@odata.type",
    )
    .await;
    let pending = |more: Value| {
        let mut body = json!({ "@odata.type": PENDING });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    check(pending(json!({ "mail": "ann@x.example" })), "displayName").await;
    check(
        pending(json!({ "displayName": "Ann" })),
        "userPrincipalName",
    )
    .await;
    check(
        pending(json!({ "displayName": "Ann", "mail": "x" })),
        "mail",
    )
    .await;
    check(
        pending(json!({ "displayName": "Ann", "mail": "ann@x.example", "userType": "Guest" })),
        "userType",
    )
    .await;
    check(
        pending(json!({ "displayName": "Ann", "userPrincipalName": "ann@elsewhere.example" })),
        "userPrincipalName",
    )
    .await;
    check(
        pending(json!({ "displayName": "Ann", "userPrincipalName": "adele@contoso.com" })),
        "userPrincipalName",
    )
    .await;
    check(
        pending(json!({ "displayName": "Ann", "mail": "ann@x.example", "passwordProfile": { "password": "short" } })),
        "passwordProfile/password",
    )
    .await;
}
