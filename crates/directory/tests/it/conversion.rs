//! Guests who become internal members: whatever opened the account before opens it no more.

use directory::redemption::Opened;
use directory::{Condition, ConversionFault, Converted, Permission, Refusal, Role, UserKey};
use edm::body::{self, Purpose};
use edm::{Version, user};
use serde_json::{Value, json};
use store::AddressStanding;
use uuid::Uuid;

use crate::scene::{Scene, TENANT, app_actor, link_of};

const ADDRESS: &str = "sam@fabrikam.example";

fn sent(upn: &str) -> Value {
    json!({
        "userPrincipalName": upn,
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    })
}

async fn convert(world: &Scene, id: Uuid, body: Value) -> Result<Converted, Refusal> {
    let body = body::check(
        &body,
        edm::Entity::core(&user::TYPE),
        Version::Beta,
        Purpose::Update,
    )
    .unwrap();
    let (actor, key) = (&world.actor, UserKey::Id(id));
    let converting = world
        .directory
        .convert_to_internal(actor, &key, body.set, Condition::Any);
    converting.await
}

/// A guest who proved the mailbox.
async fn accepted(world: &Scene) -> Uuid {
    let invited = world.invite_address(ADDRESS).await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    browser.accept().await;
    invited.user
}

async fn claim(world: &Scene, key: &str) -> Option<AddressStanding> {
    let reader = world.store.read(TENANT);
    let found = reader.address_claim(key).await.unwrap();
    found.map(|owner| owner.standing)
}

#[tokio::test]
async fn what_opened_the_account_opens_it_no_more() {
    let world = Scene::new().await;
    let id = accepted(&world).await;
    assert_eq!(claim(&world, ADDRESS).await, Some(AddressStanding::Proven));
    // Invited again, and half on the way.
    world.pass(120);
    let again = world.invite_address(ADDRESS).await;
    let mut browser = world.browser(&again);
    browser.prove().await;
    world.pass(60);
    let before = world.user(id).await;

    let converted = convert(&world, id, sent("sam@contoso.com")).await.unwrap();
    assert_eq!(converted.user_principal_name, "sam@contoso.com");
    assert_eq!(converted.mail.as_deref(), Some(ADDRESS));
    let after = world.user(id).await;
    assert_eq!(after["userType"], "Member");
    assert_eq!(after["userPrincipalName"], "sam@contoso.com");
    assert!(after.get("externalUserState").is_none(), "{after}");
    assert!(
        after.get("externalUserStateChangeDateTime").is_none(),
        "{after}"
    );
    let identity = json!([{
        "signInType": "userPrincipalName",
        "issuer": "contoso.onmicrosoft.com",
        "issuerAssignedId": "sam@contoso.com",
    }]);
    assert_eq!(after["identities"], identity);
    for instant in [
        "signInSessionsValidFromDateTime",
        "refreshTokensValidFromDateTime",
        "lastPasswordChangeDateTime",
    ] {
        assert_eq!(after[instant], "2026-11-20T10:03:00Z", "{instant}");
        assert_ne!(after[instant], before[instant], "{instant}");
    }
    let forced = json!({
        "forceChangePasswordNextSignIn": true,
        "forceChangePasswordNextSignInWithMfa": false,
    });
    assert_eq!(after["passwordProfile"], forced);

    // No proof, no link, no session of redemption.
    assert_eq!(claim(&world, ADDRESS).await, None);
    let opened = world.directory.open_link(&link_of(&again.link), None).await;
    assert_eq!(opened.unwrap(), Opened::Ended);
    let late = format!("{:?}", browser.accept().await);
    assert!(late.contains("Ended"), "{late}");
    assert!(world.user(id).await.get("externalUserState").is_none());
    let trail = world
        .audit("Convert external user to internal member")
        .await;
    assert_eq!(trail.len(), 1);
    let details = format!("{:?}", trail[0].record);
    assert!(!details.contains("xWwvJ"), "{details}");

    // An invitation to the address is one of an internal user, as documented.
    let refused = world.invite(crate::scene::invitation_of(ADDRESS)).await;
    let expected = Refusal::InviteeExists {
        owner: id,
        blocked: false,
    };
    assert_eq!(refused.unwrap_err(), expected);
}

/// The letter that waits holds a link that is good for nothing.
#[tokio::test]
async fn who_has_not_accepted_is_converted_too() {
    let world = Scene::new().await;
    let invited = world.invite_address(ADDRESS).await;
    let body = json!({
        "userPrincipalName": "sam@contoso.com",
        "passwordProfile": {
            "password": "xWwvJ]6NMw+bWH-d",
            "forceChangePasswordNextSignIn": false,
        },
        "mail": "sam.smith@contoso.com",
    });
    let converted = convert(&world, invited.user, body).await.unwrap();
    assert_eq!(converted.mail.as_deref(), Some("sam.smith@contoso.com"));
    assert!(world.deliver().await.is_empty());
    let after = world.user(invited.user).await;
    assert_eq!(after["mail"], "sam.smith@contoso.com");
    assert_eq!(
        after["passwordProfile"]["forceChangePasswordNextSignIn"],
        false
    );
    let proxies = json!(["SMTP:sam.smith@contoso.com", format!("smtp:{ADDRESS}")]);
    assert_eq!(after["proxyAddresses"], proxies);
    let opened = world
        .directory
        .open_link(&link_of(&invited.link), None)
        .await;
    assert_eq!(opened.unwrap(), Opened::Ended);
    // Deleted and restored, the account is an internal one still.
    world.delete(invited.user).await;
    let server = world.server();
    let restoring = world.directory.restore_user(&server, invited.user);
    restoring.await.unwrap();
    assert_eq!(claim(&world, ADDRESS).await, None);
}

#[tokio::test]
async fn what_is_refused_changes_nothing() {
    let world = Scene::new().await;
    let id = accepted(&world).await;
    let before = world.user(id).await;
    let check = async |body: Value, fault: ConversionFault| {
        let refused = convert(&world, id, body).await;
        assert_eq!(refused, Err(Refusal::Conversion(fault)));
        assert_eq!(world.user(id).await, before);
    };
    let password = json!({ "password": "xWwvJ]6NMw+bWH-d" });
    check(
        json!({ "passwordProfile": password }),
        ConversionFault::NoName,
    )
    .await;
    check(sent("sam@fabrikam.example"), ConversionFault::NameDomain).await;
    check(
        json!({ "userPrincipalName": "sam@contoso.com" }),
        ConversionFault::NoPassword,
    )
    .await;
    check(
        json!({ "userPrincipalName": "sam@contoso.com", "passwordProfile": {} }),
        ConversionFault::NoPassword,
    )
    .await;
    let mut outside = sent("sam@contoso.com");
    outside["mail"] = json!("victim@other.example");
    check(outside, ConversionFault::MailDomain).await;

    // What holds of every name and password holds here.
    let weak = json!({
        "userPrincipalName": "sam@contoso.com",
        "passwordProfile": { "password": "short" },
    });
    let refused = convert(&world, id, weak).await;
    assert!(
        matches!(refused, Err(Refusal::Password { .. })),
        "{refused:?}"
    );
    let refused = convert(&world, id, sent("sa m@contoso.com")).await;
    assert!(
        matches!(refused, Err(Refusal::Malformed { .. })),
        "{refused:?}"
    );
    let taken = world
        .create(json!({
            "accountEnabled": true,
            "displayName": "Sam",
            "mailNickname": "sam",
            "userPrincipalName": "sam@contoso.com",
            "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
        }))
        .await;
    let refused = convert(&world, id, sent("sam@contoso.com")).await;
    let is_taken =
        matches!(refused, Err(Refusal::Taken { owner: Some(owner), .. }) if owner == taken);
    assert!(is_taken, "{refused:?}");
    assert_eq!(world.user(id).await, before);
    assert_eq!(claim(&world, ADDRESS).await, Some(AddressStanding::Proven));
    assert!(
        world
            .audit("Convert external user to internal member")
            .await
            .is_empty()
    );

    // Members were internal before.
    let refused = convert(&world, taken, sent("other@contoso.com")).await;
    assert_eq!(refused, Err(Refusal::Conversion(ConversionFault::Internal)));
    convert(&world, id, sent("sam2@contoso.com")).await.unwrap();
    let twice = convert(&world, id, sent("sam3@contoso.com")).await;
    assert_eq!(twice, Err(Refusal::Conversion(ConversionFault::Internal)));
}

/// The app that converts knows the password, so it must not reach an administrator's account or one
/// that awaits approval.
#[tokio::test]
async fn who_holds_a_role_or_waits_is_not_converted() {
    let world = Scene::new().await;
    let id = accepted(&world).await;
    world
        .directory
        .add_role(TENANT, id, Role::HelpdeskAdministrator)
        .await
        .unwrap();
    let refused = convert(&world, id, sent("sam@contoso.com")).await;
    assert_eq!(refused, Err(Refusal::Conversion(ConversionFault::Role)));
    world
        .directory
        .remove_role(TENANT, id, Role::HelpdeskAdministrator)
        .await
        .unwrap();
    let key = UserKey::Id(id);
    let linking = world.directory.link_pending_member(&world.actor, &key);
    linking.await.unwrap();
    let refused = convert(&world, id, sent("sam@contoso.com")).await;
    assert!(
        matches!(refused, Err(Refusal::Combination { .. })),
        "{refused:?}"
    );

    let strange = app_actor(&[Permission::UserInviteAll], &[], false);
    let body = body::check(
        &sent("sam@contoso.com"),
        edm::Entity::core(&user::TYPE),
        Version::Beta,
        Purpose::Update,
    );
    let converting =
        world
            .directory
            .convert_to_internal(&strange, &key, body.unwrap().set, Condition::Any);
    assert!(matches!(converting.await, Err(Refusal::Denied { .. })));
}
