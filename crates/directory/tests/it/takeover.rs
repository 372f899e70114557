//! Who can become whom: an account belongs to the mailbox that was proven for it, and to nobody who
//! merely could name it (T-7, T-16, T-55; R-38).

use directory::redemption::{Accepted, Barred, Closed, CodeAnswer, Opened};
use directory::{Actor, Permission, Refusal, Role, Roles, Subject, UserKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Scene, TENANT, app_actor, invitation_of, link_of, name_of};

const PASSWORD: &str = "xWwvJ]6NMw+bWH-d";

fn person(scopes: &[Permission], roles: &[Role]) -> Actor {
    let subject = Subject::Person {
        user: Uuid::from_u128(0xb0),
        client_id: Uuid::from_u128(0xa1),
        scopes: scopes.iter().copied().collect(),
        roles: Roles::new(roles.iter().map(|role| role.template())),
    };
    Actor {
        subject,
        ..app_actor(&[], &[], false)
    }
}

fn internal(name: &str, more: &Value) -> Value {
    let mut body = json!({ "accountEnabled": true, "displayName": name, "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"), "passwordProfile": { "password": PASSWORD } });
    for (property, value) in more.as_object().unwrap() {
        body[property] = value.clone();
    }
    body
}

/// A guest who gave the address up, or never should have had it, is not opened to whoever has it
/// now: two users would come back by one mailbox.
#[tokio::test]
async fn a_link_ends_with_its_guests_hold_on_the_address() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let mut late = world.browser(&invited);
    world.pass(60);
    let code = late.code().await;
    world
        .patch(invited.user, json!({ "mail": null, "otherMails": [] }))
        .await;
    let ended = Barred::Closed(Closed::Ended);
    assert_eq!(browser.accept().await, Accepted::Barred(ended.clone()));
    assert_eq!(
        late.type_code(&code).await,
        directory::redemption::Verified::Closed(Closed::Ended)
    );
    assert_eq!(
        world.browser(&invited).ask().await,
        CodeAnswer::Closed(Closed::Ended)
    );
    world
        .create(internal("sam", &json!({ "mail": "SAM@fabrikam.example" })))
        .await;
    assert_eq!(browser.accept().await, Accepted::Barred(ended));
    assert_eq!(
        world
            .directory
            .open_link(&link_of(&invited.link), None)
            .await
            .unwrap(),
        Opened::Ended
    );
    assert_eq!(
        world.user(invited.user).await["externalUserState"],
        "PendingAcceptance"
    );
}

/// A password and sessions from before the proof are worth nothing after it (T-16).
#[tokio::test]
async fn the_first_proof_ends_earlier_credentials_and_sessions() {
    let world = Scene::new().await;
    let adele = world
        .create(internal(
            "adele",
            &json!({ "mail": "adele@fabrikam.example" }),
        ))
        .await;
    let mut body = invitation_of("adele@fabrikam.example");
    body["invitedUser"] = json!({ "id": adele });
    world.pass(3600);
    let invited = world.invite(body).await.unwrap();
    let mut browser = world.browser(&invited);
    browser.prove().await;
    world.pass(60);
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    let row = world.store.read(TENANT).user(adele).await.unwrap().unwrap();
    assert_eq!(row.password_hash, None);
    let user = world.user(adele).await;
    assert_eq!(user["passwordProfile"], Value::Null);
    for property in [
        "signInSessionsValidFromDateTime",
        "refreshTokensValidFromDateTime",
    ] {
        assert_eq!(user[property], "2026-11-20T11:01:00Z", "{property}");
    }
}

/// A reset takes the old mailbox's sessions at once: they must not come back with the new
/// acceptance.
#[tokio::test]
async fn a_reset_ends_sessions() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&first);
    browser.prove().await;
    browser.accept().await;
    world.pass(3600);
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUser"] = json!({ "id": first.user });
    body["resetRedemption"] = json!(true);
    world.invite(body).await.unwrap();
    assert_eq!(
        world.user(first.user).await["signInSessionsValidFromDateTime"],
        "2026-11-20T11:00:00Z"
    );
}

/// An actor who decides which mailbox opens the account of a user with a role must outrank them
/// (T-52): `mail` is no sensitive property, so an app without any role could write its own mailbox
/// there and invite that.
#[tokio::test]
async fn a_pending_guest_with_a_role_is_not_taken_over_by_invitation() {
    let world = Scene::new().await;
    let guest = world.invite_address("sam@fabrikam.example").await.user;
    world
        .directory
        .add_role(TENANT, guest, Role::UserAdministrator)
        .await
        .unwrap();
    world
        .patch(guest, json!({ "mail": "mallory@fabrikam.example" }))
        .await;
    let body = || invitation_of("mallory@fabrikam.example");
    let weak = person(&[Permission::UserInviteAll], &[Role::GuestInviter]);
    let invited = world.invite_as(&weak, body(), None).await.unwrap();
    assert_ne!(
        invited.user, guest,
        "an address that is merely written down leads to nobody"
    );
    // By the id it would; so whoever does that must outrank them.
    let both = [Permission::UserInviteAll, Permission::UserReadWriteAll];
    for weak in [
        app_actor(&both, &[], false),
        person(&both, &[Role::GuestInviter]),
    ] {
        let mut named = body();
        named["invitedUser"] = json!({ "id": guest });
        assert_eq!(
            name_of(&world.invite_as(&weak, named, None).await.unwrap_err()),
            "Denied"
        );
    }
}

/// An app does not reset anybody who holds a role, whatever it holds itself; a person does
/// who outranks.
#[tokio::test]
async fn apps_do_not_reset_whoever_has_a_role() {
    let world = Scene::new().await;
    let guest = world.invite_address("sam@fabrikam.example").await.user;
    world
        .directory
        .add_role(TENANT, guest, Role::DirectoryReaders)
        .await
        .unwrap();
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUser"] = json!({ "id": guest });
    body["resetRedemption"] = json!(true);
    let all = [Permission::UserInviteAll, Permission::UserReadWriteAll];
    for weak in [
        app_actor(&all, &[], false),
        app_actor(&all, &[Role::GlobalAdministrator], false),
        person(&all, &[Role::GuestInviter]),
    ] {
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
    world
        .invite_as(&person(&all, &[Role::UserAdministrator]), body, None)
        .await
        .unwrap();
}

/// A mailbox identity is the mailbox, in whatever spelling (T-55).
#[tokio::test]
async fn a_mailbox_identity_has_one_key() {
    let world = Scene::new().await;
    let identity = |assigned: &str| json!({ "identities": [{ "signInType": "federated", "issuer": "mail", "issuerAssignedId": assigned }] });
    let owner = world.create(identity("Sam@Bücher.example")).await;
    let refusal = world
        .invite(invitation_of("sam@bücher.example"))
        .await
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::InviteeExists {
            owner,
            blocked: false
        }
    );
    for twin in ["sam@bücher.example", "SAM@xn--bcher-kva.example"] {
        let body = edm::body::check(
            &identity(twin),
            edm::Entity::core(&edm::user::TYPE),
            edm::Version::V1,
            edm::Purpose::Create,
        )
        .unwrap()
        .map_binds(UserKey::of_reference);
        let refusal = world
            .directory
            .create_user(&world.server(), body)
            .await
            .unwrap_err();
        assert!(
            matches!(refusal, Refusal::Taken { owner: Some(found), .. } if found == owner),
            "{twin}: {refusal:?}"
        );
    }
    // Another provider's ids are as it assigned them.
    let other = |assigned: &str| json!({ "identities": [{ "signInType": "federated", "issuer": "google.com", "issuerAssignedId": assigned }] });
    world.create(other("Sam")).await;
    world.create(other("sam")).await;
}

/// Mail goes to the spelling that the directory keeps, also where it keeps it as an alias (T-7).
#[tokio::test]
async fn mail_to_an_alias_goes_to_its_kept_spelling() {
    let world = Scene::new().await;
    let invited = world.invite_address("Sam@fabrikam.example").await;
    world.deliver().await;
    world
        .patch(
            invited.user,
            json!({ "mail": "lee@fabrikam.example", "otherMails": [] }),
        )
        .await;
    let again = world.invite_address("SAM@fabrikam.example").await;
    assert_eq!(again.user, invited.user);
    assert_eq!(world.deliver().await[0].to, "Sam@fabrikam.example");
}

/// Choosing an existing user needs a permission of its own. A pending guest belongs to
/// the person who proves the mailbox, so inviting them at another of their addresses is choosing
/// them as well (T-59).
#[tokio::test]
async fn a_pending_guest_is_not_moved_to_another_mailbox_by_a_mere_inviter() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mails = json!({ "otherMails": ["sam@fabrikam.example", "mallory@fabrikam.example"] });
    world.patch(invited.user, mails).await;
    let weak = app_actor(
        &[Permission::UserInviteAll, Permission::UserMailReadWriteAll],
        &[],
        false,
    );
    let at = |address: &str| world.invite_as(&weak, invitation_of(address), None);
    assert_ne!(
        at("mallory@fabrikam.example").await.unwrap().user,
        invited.user
    );
    assert_eq!(at("SAM@fabrikam.example").await.unwrap().user, invited.user);
    let mut named = invitation_of("sam@fabrikam.example");
    named["invitedUser"] = json!({ "id": invited.user });
    let refusal = world.invite_as(&weak, named, None).await.unwrap_err();
    assert_eq!(name_of(&refusal), "Denied");
}
