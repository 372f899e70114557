//! Who answers for an invited guest, and what an invitation takes for "not given".

use axum::http::StatusCode;
use directory::Permission;
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

use crate::samples::created;

struct Scene {
    app: TestApp,
    token: String,
    /// Six users.
    people: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let mut people = Vec::new();
        for name in ["a", "b", "c", "d", "e", "f"] {
            people.push(created(&app, &token, name).await);
        }
        Self { app, token, people }
    }

    async fn invite(&self, token: &str, address: &str, more: Value) -> Reply {
        let mut body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://myapp.contoso.com",
        });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let asking = self.app.post("/v1.0/invitations").bearer(token);
        asking.json(&body).send().await
    }

    /// The sponsors of the guest that such an invitation makes.
    async fn sponsors(&self, token: &str, address: &str, more: Value) -> Vec<String> {
        let made = self.invite(token, address, more).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let guest = made.json()["invitedUser"]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        self.of(&guest).await
    }

    async fn of(&self, guest: &str) -> Vec<String> {
        let path = format!("/v1.0/users/{guest}/sponsors?$select=id");
        let page = self.app.get(&path).bearer(&self.token).send().await;
        let page = page.json()["value"].as_array().unwrap().clone();
        let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
        page.iter().map(id).collect()
    }

    fn sorted(&self, which: &[usize]) -> Vec<String> {
        let mut ids: Vec<_> = which.iter().map(|at| self.people[*at].clone()).collect();
        ids.sort();
        ids
    }
}

#[tokio::test]
async fn sponsors_are_sent_as_objects_or_as_links() {
    let scene = Scene::new().await;
    let p = &scene.people;
    let token = &scene.token;
    let typed = |id: &str| json!({ "@odata.type": "#microsoft.graph.user", "id": id });
    let url = |id: &str| format!("https://graph.microsoft.com/v1.0/users/{id}");
    let objects = json!({ "invitedUserSponsors": [typed(&p[0]), typed(&p[1]), typed(&p[0])] });
    let found = scene.sponsors(token, "one@fabrikam.example", objects).await;
    assert_eq!(found, scene.sorted(&[0, 1]));
    let binds = json!({ "invitedUserSponsors@odata.bind": [url(&p[2]), format!("directoryObjects/{}", p[3])] });
    let found = scene.sponsors(token, "two@fabrikam.example", binds).await;
    assert_eq!(found, scene.sorted(&[2, 3]));
    let linked = json!({ "invitedUserSponsors": [{ "@odata.id": url(&p[4]) }] });
    let found = scene
        .sponsors(token, "three@fabrikam.example", linked)
        .await;
    assert_eq!(found, scene.sorted(&[4]));
    let five: Vec<_> = p.iter().take(5).map(|id| typed(id)).collect();
    let five = json!({ "invitedUserSponsors": five });
    let found = scene.sponsors(token, "four@fabrikam.example", five).await;
    assert_eq!(found, scene.sorted(&[0, 1, 2, 3, 4]));
    // An app answers for nobody.
    for none in [
        json!({}),
        json!({ "invitedUserSponsors": null }),
        json!({ "invitedUserSponsors": [] }),
    ] {
        let address = format!("{}@fabrikam.example", none.to_string().len());
        let found = scene.sponsors(token, &address, none).await;
        assert_eq!(found, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_inviting_person_is_the_sponsor_where_none_is_named() {
    let scene = Scene::new().await;
    let scopes = [Permission::UserInviteAll];
    let person = scene.app.person_token(&scene.people[5], &scopes, &[]).await;
    let found = scene
        .sponsors(&person, "one@fabrikam.example", json!({}))
        .await;
    assert_eq!(found, scene.sorted(&[5]));
    let named = json!({ "invitedUserSponsors": [{ "id": scene.people[0] }] });
    let found = scene.sponsors(&person, "two@fabrikam.example", named).await;
    assert_eq!(found, scene.sorted(&[0]));
    // Somebody who is there keeps the sponsors they have.
    let again = json!({ "invitedUserSponsors": [{ "id": scene.people[1] }] });
    let found = scene.sponsors(&person, "two@fabrikam.example", again).await;
    assert_eq!(found, scene.sorted(&[0]));
}

/// Nothing that is sent of a guest who exists is dropped in silence.
#[tokio::test]
async fn an_answer_says_that_a_guest_who_exists_stays_as_they_are() {
    let scene = Scene::new().await;
    let token = &scene.token;
    let address = "two@fabrikam.example";
    let named = json!({ "invitedUserDisplayName": "Two", "invitedUserSponsors": [{ "id": scene.people[0] }] });
    let first = scene.invite(token, address, named).await;
    assert_eq!(first.header("x-vestibule-note"), "");
    let guest = first.json()["invitedUser"]["id"].clone();
    let before = scene.of(guest.as_str().unwrap()).await;
    assert_eq!(before, scene.sorted(&[0]));
    for (more, is_told) in [
        (json!({}), false),
        (json!({ "invitedUserDisplayName": "Two" }), false),
        (json!({ "invitedUserType": "Guest" }), false),
        (json!({ "invitedUserSponsors": [] }), false),
        (
            json!({ "invitedUserSponsors": [{ "id": scene.people[1] }] }),
            true,
        ),
        (json!({ "invitedUserDisplayName": "Tom" }), true),
        (json!({ "invitedUserType": "Member" }), true),
        (json!({ "invitedUser": { "department": "Sales" } }), true),
    ] {
        let again = scene.invite(token, address, more.clone()).await;
        assert_eq!(again.status, StatusCode::CREATED, "{}", again.text());
        let note = again.header("x-vestibule-note");
        assert_eq!(note.contains("were not applied"), is_told, "{more}: {note}");
    }
}

#[tokio::test]
async fn sponsors_who_are_none_are_refused_and_nobody_is_invited() {
    let scene = Scene::new().await;
    let p = &scene.people;
    let nobody = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    let six: Vec<_> = p.iter().map(|id| json!({ "id": id })).collect();
    let url = |id: &str| format!("https://evil.example/v1.0/users/{id}");
    let name = "invitedUserSponsors";
    let bind = "invitedUserSponsors@odata.bind";
    for (body, status, target) in [
        (json!({ name: [{ "id": nobody }] }), 404, None),
        (json!({ name: six }), 400, Some(name)),
        (
            json!({ name: [{ "id": "x" }] }),
            400,
            Some("invitedUserSponsors/0/id"),
        ),
        (
            json!({ name: [{ "id": p[0] }, { "id": 7 }] }),
            400,
            Some("invitedUserSponsors/1/id"),
        ),
        (json!({ name: [{}] }), 400, Some("invitedUserSponsors/0/id")),
        (
            json!({ name: [{ "id": p[0], "city": "x" }] }),
            400,
            Some("invitedUserSponsors/0/city"),
        ),
        (json!({ name: { "id": p[0] } }), 400, Some(name)),
        (json!({ name: ["x"] }), 400, Some("invitedUserSponsors/0")),
        (
            json!({ name: [{ "@odata.id": url(&p[0]) }] }),
            400,
            Some("@odata.id"),
        ),
        (json!({ bind: [url(&p[0])] }), 400, Some(bind)),
        (json!({ bind: "users/x" }), 400, Some(bind)),
    ] {
        let told = body.to_string();
        let reply = scene
            .invite(&scene.token, "no@fabrikam.example", body)
            .await;
        assert_eq!(reply.status.as_u16(), status, "{told} {}", reply.text());
        let expected: Vec<_> = target.into_iter().collect();
        assert_eq!(reply.targets(), expected, "{told} {}", reply.text());
    }
    let users = scene
        .app
        .get("/v1.0/users?$select=id")
        .bearer(&scene.token)
        .send()
        .await;
    assert_eq!(users.json()["value"].as_array().unwrap().len(), p.len());
}

/// Form-filling clients send an empty text for what they leave out.
#[tokio::test]
async fn an_empty_text_in_an_invitation_is_not_given() {
    let scene = Scene::new().await;
    let token = &scene.token;
    let empty = json!({
        "invitedUserDisplayName": "",
        "invitedUserType": "",
        "sendInvitationMessage": true,
        "invitedUserMessageInfo": {
            "messageLanguage": "",
            "customizedMessageBody": "",
            "ccRecipients": [{ "emailAddress": { "name": "", "address": "" } }],
        },
        "invitedUser": { "id": "", "department": "", "usageLocation": "", "preferredLanguage": "" },
    });
    let sent = scene.invite(token, "given@fabrikam.example", empty).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text());
    let left_out = json!({ "sendInvitationMessage": true });
    let plain = scene
        .invite(token, "given@elsewhere.example", left_out)
        .await;
    let (sent, plain) = (sent.json(), plain.json());
    for name in [
        "invitedUserDisplayName",
        "invitedUserType",
        "invitedUserMessageInfo",
        "status",
    ] {
        assert_eq!(sent[name], plain[name], "{name}");
    }
    let guest = sent["invitedUser"]["id"].as_str().unwrap();
    let path = format!("/v1.0/users/{guest}?$select=department,usageLocation,preferredLanguage");
    let guest = scene.app.get(&path).bearer(token).send().await.json();
    for name in ["department", "usageLocation", "preferredLanguage"] {
        assert_eq!(guest[name], Value::Null, "{name}");
    }
    for needed in ["invitedUserEmailAddress", "inviteRedirectUrl"] {
        let reply = scene
            .invite(token, "x@fabrikam.example", json!({ needed: "" }))
            .await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
        assert_eq!(reply.targets(), [needed], "{}", reply.text());
    }
}
