//! `/pendingMembers` over the API: who waits, approving and declining, and who is told.

use axum::http::StatusCode;
use directory::letter::LetterKind;
use directory::{Permission, Settings};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::graph_references::{id_of, post};
use crate::samples::{created, masked, user};

fn pending(name: &str) -> Value {
    json!({
        "@odata.type": "#Microsoft.DirectoryServices.user",
        "displayName": name,
        "mail": format!("{name}@fabrikam.example"),
    })
}

async fn ask(app: &TestApp, token: &str, name: &str) -> String {
    id_of(&post(app, token, &pending(name)).await)
}

async fn decide(app: &TestApp, token: &str, id: &str, how: &str) -> Reply {
    let path = format!("/v1.0/pendingMembers/{id}/{how}");
    app.post(&path).bearer(token).send().await
}

async fn read(app: &TestApp, token: &str, id: &str) -> Value {
    let select = "$select=id,accountEnabled,userType,externalUserState,creationType,userPrincipalName,mailNickname";
    let path = format!("/v1.0/users/{id}?{select}");
    app.get(&path).bearer(token).send().await.json()
}

#[tokio::test]
async fn a_pending_member_waits_disabled() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut body = pending("Ann");
    body["accountEnabled"] = json!(true);
    let reply = post(&app, &token, &body).await;
    let id = id_of(&reply);
    assert!(
        reply
            .header("x-vestibule-note")
            .contains("until the joining is approved")
    );
    // The Location is readable at once.
    let location = reply
        .header("location")
        .strip_prefix("https://localhost:8443")
        .unwrap();
    assert_eq!(
        app.get(location).bearer(&token).send().await.json()["id"],
        id
    );
    let expected = json!({
        "@odata.context": read(&app, &token, &id).await["@odata.context"],
        "id": id,
        "accountEnabled": false,
        "creationType": null,
        "externalUserState": null,
        "mailNickname": "Ann",
        "userPrincipalName": "Ann@contoso.onmicrosoft.com",
        "userType": "Member",
    });
    assert_eq!(read(&app, &token, &id).await, expected);
    let list = app
        .get("/v1.0/pendingMembers")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(
        list["@odata.context"],
        "https://localhost:8443/v1.0/$metadata#pendingMembers"
    );
    assert_eq!(list["value"][0]["id"], id);
    assert_eq!(list["value"][0]["displayName"], "Ann");
    let one = app
        .get(&format!("/beta/pendingMembers/{id}"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(
        one.json()["@odata.context"],
        "https://localhost:8443/beta/$metadata#pendingMembers/$entity"
    );
    assert!(one.json().get("skills").is_none() && one.json().get("city").is_some());
    assert!(!one.header("etag").is_empty());
    // Nobody is enabled but by approval.
    let patch = app.patch(&format!("/v1.0/users/{id}")).bearer(&token);
    let refused = patch.json(&json!({ "accountEnabled": true })).send().await;
    assert_eq!(
        (refused.status, refused.targets()),
        (StatusCode::BAD_REQUEST, vec!["accountEnabled".to_owned()])
    );
    // The request sent again links the same person.
    assert_eq!(ask(&app, &token, "Ann").await, id);
}

#[tokio::test]
async fn approving_makes_a_member_once() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = ask(&app, &token, "Ann").await;
    let off = {
        let mut body = pending("Off");
        body["accountEnabled"] = json!(false);
        id_of(&post(&app, &token, &body).await)
    };
    for (id, enabled) in [(&id, true), (&off, false)] {
        assert_eq!(
            decide(&app, &token, id, "approve").await.status,
            StatusCode::NO_CONTENT
        );
        let user = read(&app, &token, id).await;
        assert_eq!(
            (&user["accountEnabled"], &user["userType"]),
            (&json!(enabled), &json!("Member"))
        );
        for how in ["approve", "decline"] {
            assert_eq!(
                decide(&app, &token, id, how).await.status,
                StatusCode::NOT_FOUND,
                "{how}"
            );
        }
    }
    let list = app
        .get("/v1.0/pendingMembers")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(list["value"], json!([]));
    let qualified = ask(&app, &token, "Bea").await;
    let path = format!("/beta/pendingMembers('{qualified}')/microsoft.graph.approve");
    assert_eq!(
        app.post(&path).bearer(&token).send().await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn declining_leaves_nobody_who_was_not_there() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let made = ask(&app, &token, "Ann").await;
    assert_eq!(
        decide(&app, &token, &made, "decline").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        read(&app, &token, &made).await["error"]["code"],
        "Request_ResourceNotFound"
    );
    // Names and addresses are free again, and somebody new waits under them.
    assert_ne!(ask(&app, &token, "Ann").await, made);
    // Somebody who existed stays, and may be asked for again.
    let adele = created(&app, &token, "adele").await;
    let link = json!({ "@odata.type": "#Microsoft.DirectoryServices.user", "id": adele });
    for _ in 0..2 {
        assert_eq!(id_of(&post(&app, &token, &link).await), adele);
        assert_eq!(
            decide(&app, &token, &adele, "decline").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(read(&app, &token, &adele).await["accountEnabled"], true);
    }
    // A guest who is approved becomes a member.
    let mail = json!({ "mail": "sam@fabrikam.example" });
    let guest = id_of(&post(&app, &token, &mail).await);
    let mut body = pending("Sam");
    body["mail"] = mail["mail"].clone();
    let linked = post(&app, &token, &body).await;
    assert_eq!(id_of(&linked), guest);
    assert!(linked.header("x-vestibule-note").contains("was linked"));
    decide(&app, &token, &guest, "approve").await;
    assert_eq!(read(&app, &token, &guest).await["userType"], "Member");
    // Deleting a pending member takes them off the list.
    let gone = ask(&app, &token, "Gone").await;
    app.delete(&format!("/v1.0/users/{gone}"))
        .bearer(&token)
        .send()
        .await;
    assert_eq!(
        decide(&app, &token, &gone, "approve").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn who_is_restored_waits_again() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for by_declining in [true, false] {
        let id = ask(&app, &token, "Ann").await;
        let gone = if by_declining {
            decide(&app, &token, &id, "decline").await
        } else {
            let path = format!("/v1.0/users/{id}");
            app.delete(&path).bearer(&token).send().await
        };
        assert_eq!(gone.status, StatusCode::NO_CONTENT);
        let path = format!("/v1.0/directory/deletedItems/{id}/restore");
        let back = app.post(&path).bearer(&token).send().await;
        assert_eq!(back.status, StatusCode::OK);
        // Nobody is enabled past the approval by being away for a while.
        let enabled = app
            .patch(&format!("/v1.0/users/{id}"))
            .bearer(&token)
            .json(&json!({ "accountEnabled": true }))
            .send()
            .await;
        assert_eq!(enabled.status, StatusCode::BAD_REQUEST, "{by_declining}");
        assert_eq!(read(&app, &token, &id).await["accountEnabled"], false);
        assert_eq!(
            decide(&app, &token, &id, "approve").await.status,
            StatusCode::NO_CONTENT
        );
        assert_eq!(read(&app, &token, &id).await["accountEnabled"], true);
        // Who was approved stays so.
        let user = format!("/v1.0/users/{id}");
        app.delete(&user).bearer(&token).send().await;
        app.post(&path).bearer(&token).send().await;
        let found = app.get(&format!("/v1.0/pendingMembers/{id}"));
        let found = found.bearer(&token).send().await;
        assert_eq!(found.status, StatusCode::NOT_FOUND);
        app.delete(&user).bearer(&token).send().await;
    }
}

#[tokio::test]
async fn who_waits_is_listed_in_pages() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let mut ids = Vec::new();
    for name in ["Ann", "Bea", "Cleo"] {
        ids.push(ask(&app, &token, name).await);
    }
    created(&app, &token, "adele").await;
    ids.sort();
    let page = app
        .get("/v1.0/pendingMembers?$top=2&$select=id")
        .bearer(&token)
        .send()
        .await
        .json();
    assert_eq!(page["value"], json!([{ "id": ids[0] }, { "id": ids[1] }]));
    let next = page["@odata.nextLink"].as_str().unwrap();
    let rest = app
        .get(next.strip_prefix("https://localhost:8443").unwrap())
        .bearer(&token)
        .send()
        .await;
    assert_eq!(rest.json()["value"], json!([{ "id": ids[2] }]));
}

#[tokio::test]
async fn deciding_needs_the_right_and_the_tenant() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = ask(&app, &token, "Ann").await;
    let reader = app
        .token_with(&[Permission::UserReadAll, Permission::UserInviteAll])
        .await;
    assert_eq!(
        app.get("/v1.0/pendingMembers")
            .bearer(&reader)
            .send()
            .await
            .status,
        StatusCode::OK
    );
    let basic = app.token_with(&[Permission::UserReadBasicAll]).await;
    assert_eq!(
        app.get("/v1.0/pendingMembers")
            .bearer(&basic)
            .send()
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    let other = app.other_tenant().await;
    let stranger = app.token_of(&other).await;
    for how in ["approve", "decline"] {
        assert_eq!(
            decide(&app, &reader, &id, how).await.status,
            StatusCode::FORBIDDEN
        );
        // Another tenant's id is as unknown as a random one (T-50).
        let random = app.directory().ids().uuid().to_string();
        let theirs = decide(&app, &stranger, &id, how).await;
        let nobodys = decide(&app, &stranger, &random, how).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND);
        assert_eq!(
            masked(theirs.json()).to_string().replace(&id, "ID"),
            masked(nobodys.json()).to_string().replace(&random, "ID")
        );
    }
    let path = format!("/v1.0/pendingMembers/{id}");
    assert_eq!(
        app.get(&path).bearer(&stranger).send().await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(read(&app, &token, &id).await["accountEnabled"], false);
}

#[tokio::test]
async fn who_decides_and_who_joins_are_told() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let settings = Settings {
        inviter_mail: Some("people@contoso.com".to_owned()),
        ..Settings::default()
    };
    app.directory()
        .set_settings(app.tenant.id, &settings)
        .await
        .unwrap();
    let mut body = pending("Ann");
    body["preferredLanguage"] = json!("de-DE");
    let id = id_of(&post(&app, &token, &body).await);
    let letters = app.deliver().await;
    assert_eq!(
        (letters.len(), letters[0].to.as_str()),
        (1, "people@contoso.com")
    );
    let mail = server::mail::write(&letters[0], &server::mail::Brand::default()).unwrap();
    assert_eq!(
        mail.subject,
        "Ann is waiting for your approval to join Contoso"
    );
    assert!(
        mail.text
            .contains("Test app asked for Ann (Ann@fabrikam.example)"),
        "{}",
        mail.text
    );
    assert!(
        mail.text.contains(&format!("pendingMembers/{id}")),
        "{}",
        mail.text
    );
    decide(&app, &token, &id, "approve").await;
    let letters = app.deliver().await;
    assert_eq!(
        (letters.len(), letters[0].to.as_str()),
        (1, "Ann@fabrikam.example")
    );
    let mail = server::mail::write(&letters[0], &server::mail::Brand::default()).unwrap();
    assert_eq!(mail.subject, "Sie sind jetzt Mitglied von Contoso");
    for said in ["Ann@contoso.onmicrosoft.com", "people@contoso.com"] {
        assert!(
            mail.text.contains(said) && mail.html.contains(said),
            "{said}"
        );
    }
    let id = ask(&app, &token, "Bea").await;
    app.deliver().await;
    decide(&app, &token, &id, "decline").await;
    let letters = app.deliver().await;
    let LetterKind::Membership { approved, .. } = &letters[0].kind else {
        panic!("{:?}", letters[0].kind);
    };
    assert!(!approved);
    assert_eq!(
        server::mail::write(&letters[0], &server::mail::Brand::default())
            .unwrap()
            .subject,
        "Your request to join Contoso was declined"
    );
    // Somebody without a mailbox is told nothing, and still joins.
    let mut body = pending("Cleo");
    body.as_object_mut().unwrap().remove("mail");
    body["userPrincipalName"] = user("cleo")["userPrincipalName"].clone();
    let id = id_of(&post(&app, &token, &body).await);
    app.deliver().await;
    assert_eq!(
        decide(&app, &token, &id, "approve").await.status,
        StatusCode::NO_CONTENT
    );
    assert!(app.deliver().await.is_empty());
}

#[tokio::test]
async fn a_decision_takes_nothing_and_says_so() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let id = ask(&app, &token, "Ann").await;
    let decide = async |how: &str, body: Value| {
        let path = format!("/v1.0/pendingMembers/{id}/{how}");
        let asked = app.post(&path).bearer(&token).json(&body);
        asked.send().await
    };
    for how in ["approve", "decline"] {
        let reply = decide(how, json!({ "reason": "known" })).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        assert_eq!(reply.targets(), ["reason"]);
    }
    assert_eq!(read(&app, &token, &id).await["accountEnabled"], false);
    let reply = decide("approve", json!({ "@x.y": 1 })).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
}
