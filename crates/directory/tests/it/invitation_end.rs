//! Taking an invitation back, and sending it again.

use directory::invitations::{LinkState, RevokedGuest};
use directory::redemption::Opened;
use directory::{Actor, Permission, Refusal, Role};
use serde_json::json;
use store::TenantId;
use uuid::Uuid;

use crate::scene::{Scene, TENANT, app_actor, invitation_of, link_of, members};

async fn opened(world: &Scene, link: &str) -> Opened {
    let opened = world.directory.open_link(&link_of(link), None).await;
    opened.unwrap()
}

async fn state(world: &Scene, id: Uuid) -> LinkState {
    let state = world.directory.invitation_state(&world.server(), id).await;
    state.unwrap().link
}

#[tokio::test]
async fn a_guest_who_is_nothing_but_invited_goes_with_the_invitation() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let revoke = || {
        world
            .directory
            .revoke_invitation(&world.actor, invited.invitation)
    };
    assert_eq!(revoke().await, Ok(RevokedGuest::Deleted));
    assert_eq!(opened(&world, &invited.link).await, Opened::Ended);
    assert_eq!(world.user_count().await, 0);
    assert!(
        world.deliver().await.is_empty(),
        "its mail is not wanted any more"
    );
    assert_eq!(world.status(invited.invitation).await, "Error");
    assert_eq!(state(&world, invited.invitation).await, LinkState::Ended);
    assert_eq!(
        world.audit("Revoke external user invitation").await.len(),
        1
    );
    // A second time there is nothing to do.
    assert_eq!(revoke().await, Ok(RevokedGuest::EndedBefore));
    assert_eq!(
        world.audit("Revoke external user invitation").await.len(),
        1
    );
    // The address is free: the next invitation makes a guest of its own.
    let next = world.invite_address("sam@fabrikam.example").await;
    assert_ne!(next.user, invited.user);
}

#[tokio::test]
async fn anybody_else_stays() {
    let world = Scene::new().await;
    let revoked = async |id| world.directory.revoke_invitation(&world.actor, id).await;
    let revoke = async |id| assert_eq!(revoked(id).await, Ok(RevokedGuest::Kept));
    // Accepted.
    let accepted = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&accepted);
    browser.prove().await;
    browser.accept().await;
    revoke(accepted.invitation).await;
    // Invited again after accepting.
    let again = world.invite_address("sam@fabrikam.example").await;
    revoke(again.invitation).await;
    assert_eq!(opened(&world, &again.link).await, Opened::Ended);
    // An earlier one of two.
    let first = world.invite_address("kim@fabrikam.example").await;
    world.pass(1);
    let second = world.invite_address("kim@fabrikam.example").await;
    let ended = revoked(first.invitation).await;
    assert_eq!(ended, Ok(RevokedGuest::EndedBefore));
    assert!(matches!(
        opened(&world, &second.link).await,
        Opened::Landing(_)
    ));
    // With a role.
    let role = Role::GuestInviter;
    let added = world.directory.add_role(TENANT, second.user, role).await;
    added.unwrap();
    revoke(second.invitation).await;
    assert_eq!(opened(&world, &second.link).await, Opened::Ended);
    assert_eq!(world.user_count().await, 2);
}

#[tokio::test]
async fn who_may_not_invite_takes_nothing_back() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let reader = app_actor(&[Permission::UserReadAll], &[], false);
    let elsewhere = Actor {
        tenant: TenantId(Uuid::from_u128(9)),
        ..world.server()
    };
    for (actor, denied) in [(&reader, true), (&elsewhere, false)] {
        let id = invited.invitation;
        let revoked = world.directory.revoke_invitation(actor, id).await.map(drop);
        let resent = world.directory.resend_invitation(actor, id).await.map(drop);
        for outcome in [revoked, resent] {
            let refusal = outcome.unwrap_err();
            assert_eq!(
                matches!(refusal, Refusal::Denied { .. }),
                denied,
                "{refusal:?}"
            );
        }
    }
    assert!(matches!(
        opened(&world, &invited.link).await,
        Opened::Landing(_)
    ));
}

#[tokio::test]
async fn sent_again_it_says_the_same_with_a_new_link() {
    let world = Scene::new().await;
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUserMessageInfo"] = json!({
        "messageLanguage": "de",
        "customizedMessageBody": "Willkommen",
        "ccRecipients": [{ "emailAddress": { "name": "Kim", "address": "kim@fabrikam.example" } }],
    });
    let first = world.invite(body).await.unwrap();
    world.deliver().await;
    world.pass(3600);
    let again = world
        .directory
        .resend_invitation(&world.server(), first.invitation)
        .await
        .unwrap();
    assert_eq!(again.user, first.user);
    assert_ne!(again.invitation, first.invitation);
    assert_eq!(opened(&world, &first.link).await, Opened::Ended);
    assert!(matches!(
        opened(&world, &again.link).await,
        Opened::Landing(_)
    ));
    let said = |members: &serde_json::Value| {
        let mut said = members.clone();
        for own in ["id", "inviteRedeemUrl"] {
            said[own] = json!(null);
        }
        said
    };
    assert_eq!(
        said(&members(&again.members)),
        said(&members(&first.members))
    );
    let letters = world.deliver().await;
    let to: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(to.len(), 2, "{to:?}");
    assert!(
        letters
            .iter()
            .any(|letter| letter.kind.link() == Some(&again.link))
    );
    // Whoever gave the address away is not let in by it.
    world.delete(first.user).await;
    let server = world.server();
    let gone = world.directory.resend_invitation(&server, again.invitation);
    assert!(matches!(gone.await, Err(Refusal::NotFound { .. })));
}
