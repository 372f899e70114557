//! POST /invitations: what is answered, and what is refused.

use directory::invitations::Idempotency;
use directory::letter::LetterKind;
use directory::{Permission, Refusal, Role};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Plan, Scene, TENANT, app_actor, invitation_of, link_of, members, name_of};

/// The members of the documented example in its order, then the two others.
#[tokio::test]
async fn the_answer_has_the_documented_shape() {
    let world = Scene::new().await;
    let body = json!({ "invitedUserEmailAddress": "admin@Fabrikam.com", "inviteRedirectUrl": "https://myapp.contoso.com" });
    let invited = world.invite(body).await.unwrap();
    let expected = format!(
        "\"id\":\"{id}\",\"inviteRedeemUrl\":\"{link}\",\"invitedUserDisplayName\":\"admin\",\
         \"invitedUserEmailAddress\":\"admin@Fabrikam.com\",\"sendInvitationMessage\":false,\
         \"invitedUserMessageInfo\":{{\"messageLanguage\":null,\"ccRecipients\":[{{\"emailAddress\":{{\"name\":null,\"address\":null}}}}],\
         \"customizedMessageBody\":null}},\"inviteRedirectUrl\":\"https://myapp.contoso.com\",\"status\":\"Completed\",\
         \"invitedUser\":{{\"id\":\"{user}\"}},\"invitedUserType\":\"Guest\",\"resetRedemption\":false",
        id = invited.invitation,
        link = invited.link,
        user = invited.user,
    );
    assert_eq!(invited.members, expected);
    let start = format!(
        "https://id.contoso.example/redeem/?tenant={TENANT}&user={}&ticket=",
        invited.invitation
    );
    let rest = invited.link.strip_prefix(&start).unwrap();
    assert_eq!(rest.len(), 43 + "&lc=1033&ver=2.0".len());
    assert!(rest.ends_with("&lc=1033&ver=2.0"), "{rest}");
    assert!(world.deliver().await.is_empty(), "no message was asked for");
}

/// An answer can be posted back, its placeholder and all.
#[tokio::test]
async fn what_is_sent_is_echoed() {
    let world = Scene::new().await;
    let info = json!({
        "messageLanguage": "de-AT",
        "ccRecipients": [{ "emailAddress": { "name": "Lee", "address": "Lee@Fabrikam.example" } }],
        "customizedMessageBody": "Hello\nSam",
    });
    let mut body = invitation_of("Sam+1@Bücher.example");
    body["invitedUserDisplayName"] = json!("Sam <b>");
    body["invitedUserMessageInfo"] = info.clone();
    body["inviteduserTYPE"] = json!("Member");
    let answer = members(&world.invite(body).await.unwrap().members);
    assert_eq!(answer["invitedUserMessageInfo"], info);
    assert_eq!(answer["invitedUserEmailAddress"], "Sam+1@Bücher.example");
    assert_eq!(answer["invitedUserDisplayName"], "Sam <b>");
    assert_eq!(answer["invitedUserType"], "Member");
    assert_eq!(answer["status"], "InProgress");
    assert!(
        answer["inviteRedeemUrl"]
            .as_str()
            .unwrap()
            .contains("&lc=3079&")
    );

    let placeholder = json!({ "messageLanguage": null, "customizedMessageBody": null,
        "ccRecipients": [{ "emailAddress": { "name": null, "address": null } }] });
    let mut body = invitation_of("lee@fabrikam.example");
    body["invitedUserMessageInfo"] = placeholder.clone();
    body["invitedUser"] = Value::Null;
    body["@odata.type"] = json!("#microsoft.graph.invitation");
    assert_eq!(
        members(&world.invite(body).await.unwrap().members)["invitedUserMessageInfo"],
        placeholder
    );
}

/// Wrong in whom they invite, and where to: the change to a good body, and the refusal.
fn wrong_invitees() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "invitedUserEmailAddress": null }), "Body"),
        (json!({ "invitedUserEmailAddress": " " }), "Missing"),
        (
            json!({ "invitedUserEmailAddress": ["a@x.example", "b@y.example"] }),
            "Body",
        ),
        (
            json!({ "invitedUserEmailAddress": "a@x.example, b@y.example" }),
            "Invalid",
        ),
        (
            json!({ "invitedUserEmailAddress": "a@x.example\r\nBcc: b@y.example" }),
            "Invalid",
        ),
        (
            json!({ "invitedUserEmailAddress": "Sam <a@x.example>" }),
            "Invalid",
        ),
        (
            json!({ "invitedUserEmailAddress": "jörg@x.example" }),
            "Invalid",
        ),
        (
            json!({ "invitedUserEmailAddress": "sam@contoso.com" }),
            "InviteeDomain",
        ),
        (
            json!({ "invitedUserEmailAddress": "sam@CONTOSO.onmicrosoft.com" }),
            "InviteeDomain",
        ),
        (json!({ "inviteRedirectUrl": "" }), "Missing"),
        (
            json!({ "inviteRedirectUrl": "http://evil.example" }),
            "Redirect",
        ),
        (json!({ "inviteRedirectUrl": "//evil.example" }), "Redirect"),
        (
            json!({ "inviteRedirectUrl": "javascript:alert(1)" }),
            "Redirect",
        ),
        (
            json!({ "inviteRedirectUrl": "https://a@evil.example" }),
            "Redirect",
        ),
        (
            json!({ "invitedUserDisplayName": "Sam\r\nBcc: b@y.example" }),
            "Invalid",
        ),
        (
            json!({ "invitedUserDisplayName": "Sam\u{2028}" }),
            "Invalid",
        ),
        (json!({ "invitedUserDisplayName": "Sam\u{85}" }), "Invalid"),
        (json!({ "invitedUserDisplayName": "Sam\u{0}" }), "Body"),
        (json!({ "invitedUserDisplayName": " " }), "Invalid"),
    ]
}

/// Wrong in what they would mail.
fn wrong_messages() -> Vec<(Value, &'static str)> {
    let long = "x".repeat(501);
    let cc =
        |address: &str| json!({ "ccRecipients": [{ "emailAddress": { "address": address } }] });
    let two = json!({ "ccRecipients": [{ "emailAddress": { "address": "a@x.example" } }, { "emailAddress": { "address": "b@x.example" } }] });
    vec![
        (
            json!({ "invitedUserMessageInfo": { "customizedMessageBody": long } }),
            "Body",
        ),
        (
            json!({ "invitedUserMessageInfo": { "customizedMessageBody": "a\u{1b}[31m" } }),
            "Invalid",
        ),
        (
            json!({ "invitedUserMessageInfo": { "messageLanguage": "en_US" } }),
            "Invalid",
        ),
        (json!({ "invitedUserMessageInfo": two }), "Body"),
        (
            json!({ "invitedUserMessageInfo": cc("a@x.example, b@x.example") }),
            "Invalid",
        ),
        (
            json!({ "invitedUserMessageInfo": { "ccRecipients": [{ "emailAddress": { "address": "a@x.example", "name": "A\r\nB" } }] } }),
            "Invalid",
        ),
        (
            json!({ "invitedUserMessageInfo": { "subject": "x" } }),
            "Body",
        ),
    ]
}

/// Wrong in what they would make of the guest.
fn wrong_properties() -> Vec<(Value, &'static str)> {
    vec![
        (json!({ "invitedUserType": "Administrator" }), "Body"),
        (json!({ "userType": "Member" }), "Body"),
        (json!({ "id": "1" }), "Body"),
        (json!({ "status": "Completed" }), "Body"),
        (json!({ "inviteRedeemUrl": "https://evil.example" }), "Body"),
        (json!({ "roles": ["Global Administrator"] }), "Body"),
        (json!({ "invitedUser": [] }), "Body"),
        (json!({ "invitedUser": { "userType": "Member" } }), "Body"),
        (json!({ "invitedUser": { "accountEnabled": true } }), "Body"),
        (
            json!({ "invitedUser": { "passwordProfile": { "password": "Pa55word!" } } }),
            "Body",
        ),
        (
            json!({ "invitedUser": { "manager": { "id": "x" } } }),
            "Body",
        ),
        (json!({ "invitedUser": { "id": "not a guid" } }), "Body"),
        (json!({ "invitedUser": { "id": Uuid::nil() } }), "NotFound"),
        (
            json!({ "invitedUser": { "usageLocation": "Germany" } }),
            "Body",
        ),
        (
            json!({ "invitedUser": { "usageLocation": "de" } }),
            "Invalid",
        ),
        (json!({ "invitedUser": { "nickname": "x" } }), "Body"),
        (json!({ "resetRedemption": true }), "Missing"),
        (json!({ "sendInvitationMessage": "true" }), "Body"),
    ]
}

/// What makes a body wrong; nothing of it happens.
#[tokio::test]
async fn wrong_bodies_are_refused_and_change_nothing() {
    let world = Scene::new().await;
    let audited = world.store.read(TENANT).audit(0, 100).await.unwrap().len();
    let wrong = [wrong_invitees(), wrong_messages(), wrong_properties()];
    for (change, expected) in wrong.concat() {
        let mut body = invitation_of("sam@fabrikam.example");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let refusal = world.invite(body).await.unwrap_err();
        assert_eq!(name_of(&refusal), expected, "{change} {refusal:?}");
    }
    assert_eq!(world.user_count().await, 0);
    assert!(world.deliver().await.is_empty());
    assert_eq!(
        world.store.read(TENANT).audit(0, 100).await.unwrap().len(),
        audited
    );
}

/// A manager is given by reference; an object is refused, naming the property.
#[tokio::test]
async fn a_manager_that_is_no_reference_is_named() {
    let world = Scene::new().await;
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUser"] = json!({ "department": "Sales", "manager": { "id": "x" } });
    let Refusal::Body(error) = world.invite(body).await.unwrap_err() else {
        panic!("not a body error")
    };
    assert_eq!(error.target, "invitedUser/manager");
}

/// Permissions and roles for inviting guests, members and existing users (T-51, R-29, R-30).
#[tokio::test]
async fn permissions_and_roles() {
    use Permission::{DirectoryReadWriteAll, UserInviteAll, UserReadAll, UserReadWriteAll};
    let world = Scene::new().await;
    let guest = world.invite_address("lee@fabrikam.example").await.user;
    let member = json!({ "invitedUserType": "Member" });
    let existing = json!({ "invitedUser": { "id": guest }, "invitedUserEmailAddress": "lee@fabrikam.example" });
    for (permissions, change, allowed) in [
        (&[UserInviteAll][..], json!({}), true),
        (&[UserReadWriteAll], json!({}), true),
        (&[DirectoryReadWriteAll], json!({}), true),
        (&[UserReadAll], json!({}), false),
        (&[], json!({}), false),
        (&[UserInviteAll], member.clone(), false),
        (&[UserReadWriteAll], member.clone(), true),
        (&[DirectoryReadWriteAll], member, true),
        (&[UserInviteAll], existing.clone(), false),
        (&[DirectoryReadWriteAll], existing.clone(), false),
        (&[UserReadWriteAll], existing, true),
    ] {
        world.pass(86_400);
        let mut body = invitation_of("sam@fabrikam.example");
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let found = world
            .invite_as(&app_actor(permissions, &[], false), body, None)
            .await;
        match found {
            Ok(_) => assert!(allowed, "{permissions:?} {change}"),
            Err(refusal) => {
                assert!(!allowed, "{permissions:?} {change} {refusal:?}");
                assert_eq!(name_of(&refusal), "Denied");
            }
        }
    }
}

/// The documented 400s for somebody who is here already.
#[tokio::test]
async fn internal_users_are_not_invited() {
    let world = Scene::new().await;
    let user = |upn: &str, extra: Value| {
        let mut body = json!({ "accountEnabled": true, "displayName": "Adele", "mailNickname": "adele",
            "userPrincipalName": upn, "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } });
        for (name, value) in extra.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let adele = world
        .create(user(
            "adele@contoso.com",
            json!({ "mail": "adele@fabrikam.example" }),
        ))
        .await;
    let blocked = world
        .create(user(
            "lee@contoso.com",
            json!({ "mail": "lee@fabrikam.example", "accountEnabled": false }),
        ))
        .await;
    for (address, owner, disabled) in [
        ("adele@contoso.com", adele, false),
        ("ADELE@fabrikam.example", adele, false),
        ("lee@fabrikam.example", blocked, true),
    ] {
        let refusal = world.invite(invitation_of(address)).await.unwrap_err();
        assert_eq!(
            refusal,
            Refusal::InviteeExists {
                owner,
                blocked: disabled
            },
            "{address}"
        );
    }
}

/// Without mail nobody could ever accept, so inviting is refused; a mail server that is merely down
/// is no reason (T-22, R-24).
#[tokio::test]
async fn without_mail_configuration_nobody_is_invited() {
    let world = Scene::with(Plan {
        mail_configured: false,
        ..Plan::default()
    })
    .await;
    let refusal = world
        .invite(invitation_of("sam@fabrikam.example"))
        .await
        .unwrap_err();
    assert_eq!(refusal, Refusal::MailNotConfigured { setting: "mail" });
    assert_eq!(world.user_count().await, 0);
}

/// The database holds no link, code or answer in clear (T-30).
#[tokio::test]
async fn no_secret_lies_in_the_rows() {
    let world = Scene::new().await;
    let key = Idempotency {
        key: "k".to_owned(),
        body_hash: [1; 32],
    };
    let invited = world
        .invite_as(
            &world.actor,
            invitation_of("sam@fabrikam.example"),
            Some(key),
        )
        .await
        .unwrap();
    let ticket = invited
        .link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let browser = world.browser(&invited);
    let code = browser.code().await;
    let reader = world.store.read(TENANT);
    let row = reader
        .invitation(invited.invitation)
        .await
        .unwrap()
        .unwrap();
    let letters = reader
        .letters(store::Letters {
            limit: 100,
            ..store::Letters::default()
        })
        .await
        .unwrap();
    assert_eq!(letters.len(), 2);
    let answer = store::IdempotencyKey {
        app: Uuid::from_u128(0xa1),
        route: "POST /invitations",
        key: "k",
    };
    let answer = reader
        .stored_answer(answer, jiff::Timestamp::MIN)
        .await
        .unwrap()
        .unwrap();
    let audit = reader.audit(0, 100).await.unwrap();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let sealed: String = letters
        .iter()
        .map(|letter| lossy(letter.sealed.as_deref().unwrap()))
        .collect();
    let everything = format!(
        "{row:?} {letters:?} {} {} {audit:?}",
        sealed,
        lossy(&answer.sealed)
    );
    for secret in [ticket, &code] {
        assert!(!everything.contains(secret), "{secret}");
    }
    assert!(
        !format!(
            "{invited:?} {:?} {:?}",
            link_of(&invited.link),
            browser.step()
        )
        .contains(ticket)
    );
}

/// The directory names the inviter (T-20), and the origin is the configured one (T-37).
#[tokio::test]
async fn letters_name_the_directory_not_the_request() {
    let world = Scene::new().await;
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUserDisplayName"] = json!("Your Bank");
    body["invitedUserMessageInfo"] =
        json!({ "customizedMessageBody": "Click!", "messageLanguage": "de" });
    world.invite(body).await.unwrap();
    let letters = world.deliver().await;
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    let LetterKind::Invitation {
        invitation,
        link,
        cc,
    } = &letter.kind
    else {
        panic!("{letter:?}")
    };
    assert_eq!(
        (
            invitation.inviter.as_str(),
            invitation.organisation.as_str()
        ),
        ("Partner Portal", "Contoso")
    );
    assert_eq!(invitation.guest_name.as_deref(), Some("Your Bank"));
    assert_eq!(
        (invitation.message.as_deref(), letter.language.as_deref()),
        (Some("Click!"), Some("de"))
    );
    assert_eq!(invitation.redirect_host, "app.contoso.example");
    assert!(link.starts_with("https://id.contoso.example/redeem/?"));
    assert_eq!(cc, &None);
    assert_eq!(letter.to, "sam@fabrikam.example");
}

/// Roles count for people, not permissions alone.
#[tokio::test]
async fn an_actor_without_rank_does_not_reset_an_administrator() {
    let world = Scene::new().await;
    let guest = world.invite_address("sam@fabrikam.example").await.user;
    world
        .directory
        .add_role(TENANT, guest, Role::UserAdministrator)
        .await
        .unwrap();
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUser"] = json!({ "id": guest });
    body["resetRedemption"] = json!(true);
    let weak = app_actor(&[Permission::UserReadWriteAll], &[], false);
    assert_eq!(
        name_of(
            &world
                .invite_as(&weak, body.clone(), None)
                .await
                .unwrap_err()
        ),
        "Denied"
    );
}
