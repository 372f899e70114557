//! Two who want the same address: which of them has it, and until when. See `docs/addresses.md`;
//! `addresses.rs` goes through all writers and readers.

use directory::Refusal;
use directory::redemption::{Accepted, Barred, Closed};
use serde_json::json;

use crate::addresses::{
    OWN, VICTIM, Writer, accept_at, accepted, add, exported, import, internal, invite_by_id,
    inviter, mailbox, restored,
};
use crate::scene::{Scene, invitation_of, name_of};

/// An account that can be opened is not found where it was merely invited: an app could invite its
/// own guest, by id and without mail, "at" somebody else's address.
#[tokio::test]
async fn an_open_account_is_not_found_where_it_was_merely_invited() {
    let world = Scene::new().await;
    let account = accepted(&world, OWN).await;
    world
        .patch(account, json!({ "otherMails": [OWN, VICTIM] }))
        .await;
    let mut body = invitation_of(VICTIM);
    body["invitedUser"] = json!({ "id": account });
    assert_eq!(world.invite(body).await.unwrap().user, account);
    let invited = world
        .invite_as(&inviter(), invitation_of(VICTIM), None)
        .await;
    match invited.map(|invited| invited.user) {
        Err(Refusal::InviteeExists { owner, .. }) => assert_eq!(owner, account),
        found => panic!("{found:?}"),
    }
}

/// Somebody writes the mailbox into another user's identities after the invitation went out:
/// acceptance takes it from them, and the trail says so.
#[tokio::test]
async fn the_first_proof_takes_the_identity_from_whoever_states_it() {
    let world = Scene::new().await;
    let invited = world.invite_address(VICTIM).await;
    let rival = world
        .create(json!({ "displayName": "Rival", "identities": [mailbox("VICTIM@fabrikam.example"), mailbox(OWN)] }))
        .await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    let left = world.user(rival).await;
    assert_eq!(left["identities"], json!([mailbox(OWN)]));
    let records = world.audit("Remove unproven identity").await;
    assert_eq!(records.len(), 1);
    let guest = world.user(invited.user).await;
    assert_eq!(guest["identities"][0], mailbox(VICTIM));
}

/// Two accounts and one mailbox: the one that was proven keeps it, and the page of the other says
/// that the link is over.
#[tokio::test]
async fn a_proven_identity_is_taken_from_nobody() {
    let world = Scene::new().await;
    let first = accepted(&world, VICTIM).await;
    // The address goes, the proof stays.
    world
        .patch(first, json!({ "mail": null, "otherMails": [] }))
        .await;
    let refusal = world.invite(invitation_of(VICTIM)).await.unwrap_err();
    assert_eq!(name_of(&refusal), "InviteeExists");
    // Somebody else is invited there by their id.
    let member = world.create(internal(&json!({ "mail": VICTIM }))).await;
    let mut body = invitation_of(VICTIM);
    body["invitedUser"] = json!({ "id": member });
    let invited = world.invite(body).await.unwrap();
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let ended = Accepted::Barred(Barred::Closed(Closed::Ended));
    assert_eq!(browser.accept().await, ended);
    assert_eq!(world.user(first).await["identities"][0], mailbox(VICTIM));
}

/// An address is claimed by one user only, also by way of ids and of restoring.
#[tokio::test]
async fn two_claims_to_one_address_are_refused() {
    let world = Scene::new().await;
    let first = world.invite_address(VICTIM).await.user;
    world.delete(first).await;
    let second = world.invite_address(VICTIM).await.user;
    assert_ne!(first, second);
    let back = world.directory.restore_user(&world.server(), first).await;
    assert_eq!(name_of(&back.unwrap_err()), "Taken");
    // A guest who stated it before is not invited there by their id either.
    let world = Scene::new().await;
    let stated = Writer::PatchOther.write(&world).await;
    let real = world.invite_address(VICTIM).await.user;
    let mut body = invitation_of(VICTIM);
    body["invitedUser"] = json!({ "id": stated });
    let refusal = world.invite(body).await.unwrap_err();
    assert!(
        matches!(refusal, Refusal::InviteeExists { owner, .. } if owner == real),
        "{refusal:?}"
    );
}

/// A guest who had accepted before keeps the identities they had. So what a further acceptance
/// proves is taken from nobody: it would be nobody's.
#[tokio::test]
async fn a_further_acceptance_takes_no_identity() {
    let world = Scene::new().await;
    let guest = accepted(&world, OWN).await;
    world
        .patch(guest, json!({ "otherMails": [OWN, VICTIM] }))
        .await;
    let rival = world
        .create(json!({ "displayName": "Rival", "identities": [mailbox(VICTIM)] }))
        .await;
    let before = world.user(guest).await;
    accept_at(&world, guest, VICTIM).await;
    assert_eq!(
        world.user(rival).await["identities"],
        json!([mailbox(VICTIM)])
    );
    assert_eq!(world.audit("Remove unproven identity").await.len(), 0);
    assert_eq!(world.user(guest).await["identities"], before["identities"]);
    // Reset to that mailbox, they get the identity, and then it is taken.
    world.pass(3600);
    let mut body = invitation_of(VICTIM);
    body["invitedUser"] = json!({ "id": guest });
    body["resetRedemption"] = json!(true);
    let invited = world.invite(body).await.unwrap();
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    assert_eq!(world.user(rival).await["identities"], json!(null));
    assert_eq!(world.user(guest).await["identities"][0], mailbox(VICTIM));
}

/// While the invitation is open its guest may still prove the address, so everybody else is refused
/// it by name.
#[tokio::test]
async fn an_open_invitation_keeps_the_address_until_it_ends() {
    for by_reference in [false, true] {
        let world = Scene::new().await;
        let guest = accepted(&world, OWN).await;
        world
            .patch(guest, json!({ "otherMails": [OWN, VICTIM] }))
            .await;
        let invited = invite_by_id(&world, guest, VICTIM).await;
        let ask = async || {
            if by_reference {
                add(&world, &inviter(), &json!({ "mail": VICTIM })).await
            } else {
                let actor = inviter();
                let invited = world.invite_as(&actor, invitation_of(VICTIM), None).await;
                invited.map(|invited| invited.user)
            }
        };
        let refusal = ask().await.unwrap_err();
        assert!(
            matches!(refusal, Refusal::InviteeExists { owner, .. } if owner == guest),
            "{refusal:?}"
        );
        let before = world.directory.invited_guest(&inviter(), VICTIM).await;
        assert_eq!(before, Ok(None), "a file of guests says so, too");
        // Taken back, or ended by the next invitation of that guest.
        if by_reference {
            invite_by_id(&world, guest, OWN).await;
        } else {
            let revoked = world
                .directory
                .revoke_invitation(&world.actor, invited.invitation);
            revoked.await.unwrap();
        }
        assert_ne!(ask().await.unwrap(), guest);
    }
}

/// A guest who has not accepted is who the address leads to, also when their link has expired: the
/// next invitation is to reach the same guest.
#[tokio::test]
async fn an_expired_link_leaves_its_guest_the_address() {
    let world = Scene::new().await;
    let guest = world.invite_address(VICTIM).await.user;
    world.pass(31 * 86_400);
    assert_eq!(world.invite_address(VICTIM).await.user, guest);
}

/// Two cannot state the same address. So where somebody else states it too, a claim that is over
/// stays, and keeps a third one out by name instead of making them the guest.
#[tokio::test]
async fn a_claim_that_cannot_be_lowered_stays() {
    let world = Scene::new().await;
    let stating = Writer::PatchOther.write(&world).await;
    let other = "other@fabrikam.example";
    let guest = world.invite_address(VICTIM).await.user;
    world
        .patch(guest, json!({ "otherMails": [VICTIM, other] }))
        .await;
    accept_at(&world, guest, other).await;
    let invited = world.invite(invitation_of(VICTIM)).await;
    assert!(
        matches!(invited, Err(Refusal::InviteeExists { owner, .. }) if owner == guest),
        "{invited:?}"
    );
    world.patch(stating, json!({ "otherMails": [] })).await;
    assert_ne!(world.invite_address(VICTIM).await.user, guest);
}

/// What a file says is nobody's proof, also when it keeps ids and states: the guest proves the
/// mailbox once more, at the invitation that names them, and is then found by it.
#[tokio::test]
async fn an_imported_guest_proves_the_mailbox_once_more() {
    use directory::users::bulk::Key;
    let world = Scene::new().await;
    let guest = import(&world, exported(), Key::UserPrincipalName, true).await;
    let guest = guest.id.unwrap();
    assert_eq!(world.user(guest).await["externalUserState"], "Accepted");
    let found = async || world.directory.invited_guest(&inviter(), VICTIM).await;
    assert_eq!(found().await, Ok(None));
    accept_at(&world, guest, VICTIM).await;
    assert_eq!(found().await, Ok(Some(guest)));
    // The identity counts as proven too: nobody else's proof takes it, and it comes back with them.
    let holder = world.store.read(crate::scene::TENANT);
    let holder = holder.identity_holder("mail", VICTIM).await.unwrap();
    assert!(holder.unwrap().is_proven);
    assert_eq!(restored(&world, guest).await, guest);
    assert_eq!(found().await, Ok(Some(guest)));
}
