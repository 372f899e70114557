//! How redemption ends otherwise: the guest is disabled or deleted, declines, or wants no more
//! mail.

use directory::redemption::{
    Accepted, Barred, Closed, CodeAnswer, ConsentAnswer, Declined, NeverAgain, Opened,
};
use serde_json::json;

use crate::redemption::{consent, consent_page, open};
use crate::scene::{Scene, invitation_of};

/// A disabled guest gets as far as the proof (T-15).
#[tokio::test]
async fn a_disabled_guest_cannot_accept() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    world
        .patch(invited.user, json!({ "accountEnabled": false }))
        .await;
    assert!(
        matches!(open(&browser).await, Opened::Landing(_)),
        "a stranger with the link does not learn it"
    );
    assert_eq!(
        consent(&browser).await,
        ConsentAnswer::Barred(Barred::Disabled)
    );
    assert_eq!(browser.accept().await, Accepted::Barred(Barred::Disabled));
    world
        .patch(invited.user, json!({ "accountEnabled": true }))
        .await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
}

/// A deleted guest cannot accept (T-15, R-34).
#[tokio::test]
async fn a_deleted_guest_cannot_accept() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    world.delete(invited.user).await;
    assert_eq!(
        browser.accept().await,
        Accepted::Barred(Barred::Closed(Closed::Ended))
    );
    assert_eq!(world.user_count().await, 0);
}

/// Declining changes nothing but the record.
#[tokio::test]
async fn declining_is_recorded_once_and_changes_nothing() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let before = world.user(invited.user).await;
    for _ in 0..3 {
        assert_eq!(
            world.directory.decline(browser.step()).await.unwrap(),
            Declined::Done
        );
    }
    assert_eq!(world.user(invited.user).await, before);
    assert_eq!(world.audit("Decline external user invite").await.len(), 1);
    assert!(consent_page(&browser).await.declined_before);
    assert!(
        matches!(browser.accept().await, Accepted::Redirect { .. }),
        "the link works until it expires"
    );
}

/// "Never again" ends the mails, is seen by the administrator, and needs the mailbox (T-18).
#[tokio::test]
async fn never_again_is_kept() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&first);
    browser.prove().await;
    for _ in 0..2 {
        assert_eq!(
            world.directory.never_again(browser.step()).await.unwrap(),
            NeverAgain::Done
        );
    }
    assert_eq!(world.audit("Block external user invites").await.len(), 1);
    world.pass(3600);
    let second = world.invite_address("SAM@fabrikam.example").await;
    assert_eq!(crate::scene::members(&second.members)["status"], "Error");
    assert_eq!(world.status(second.invitation).await, "Error");
    let mut quiet = invitation_of("sam@fabrikam.example");
    quiet["sendInvitationMessage"] = json!(false);
    let third = world.invite(quiet).await.unwrap();
    assert_eq!(world.status(third.invitation).await, "Completed");
    let mut copied = invitation_of("lee@fabrikam.example");
    copied["invitedUserMessageInfo"] =
        json!({ "ccRecipients": [{ "emailAddress": { "address": "sam@fabrikam.example" } }] });
    world.invite(copied).await.unwrap();
    // A code for the third link: the page says what it always says, and nothing goes out.
    let stranger = world.browser(&third);
    assert!(matches!(stranger.ask().await, CodeAnswer::Sent { .. }));
    assert_eq!(
        world
            .deliver()
            .await
            .iter()
            .map(|letter| letter.to.as_str())
            .collect::<Vec<_>>(),
        ["lee@fabrikam.example"]
    );
}
