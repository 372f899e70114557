//! Inviting again: the same guest, a new link, never a second user (T-15, T-23; to
//!

use directory::Refusal;
use directory::invitations::Idempotency;
use directory::redemption::{Accepted, Opened};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Scene, invitation_of, link_of, members, name_of};

async fn opened(world: &Scene, link: &str) -> Opened {
    world
        .directory
        .open_link(&link_of(link), None)
        .await
        .unwrap()
}

#[tokio::test]
async fn inviting_again_ends_the_earlier_link() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    world.pass(1);
    let mut body = invitation_of("SAM@fabrikam.example");
    body["invitedUserDisplayName"] = json!("Somebody Else");
    let second = world.invite(body).await.unwrap();
    assert_eq!(first.user, second.user);
    assert_ne!(first.invitation, second.invitation);
    assert_ne!(first.link, second.link);
    // The name that the guest got.
    assert_eq!(members(&second.members)["invitedUserDisplayName"], "sam");
    assert_eq!(world.user_count().await, 1);
    assert_eq!(opened(&world, &first.link).await, Opened::Ended);
    assert!(matches!(
        opened(&world, &second.link).await,
        Opened::Landing(_)
    ));
    // Mail goes to the stored spelling, with the living link alone (T-7).
    let letters = world.deliver().await;
    assert_eq!(
        letters
            .iter()
            .map(|letter| (letter.to.as_str(), letter.kind.link()))
            .collect::<Vec<_>>(),
        [("sam@fabrikam.example", Some(second.link.as_str()))]
    );
    assert_eq!(world.status(first.invitation).await, "Error");
    assert_eq!(world.status(second.invitation).await, "Completed");
}

/// An accepted guest stays accepted, and the link leads through the code to the redirect.
#[tokio::test]
async fn an_accepted_guest_stays_accepted() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&first);
    browser.prove().await;
    browser.accept().await;
    let before = world.user(first.user).await;
    world.pass(3600);
    let second = world.invite_address("sam@fabrikam.example").await;
    assert_eq!(second.user, first.user);
    assert_eq!(world.user(first.user).await, before);
    let mut browser = world.browser(&second);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    assert_eq!(world.user(first.user).await, before);
    assert_eq!(world.audit("Redeem external user invite").await.len(), 2);
}

/// A reset leads back to the start, with the same object (P-invitations-7).
#[tokio::test]
async fn a_reset_asks_for_proof_anew() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&first);
    browser.prove().await;
    browser.accept().await;
    world
        .patch(
            first.user,
            json!({ "otherMails": ["sam@fabrikam.example", "Sam@northwind.example"] }),
        )
        .await;
    world.pass(3600);
    let reset = |address: &str, id: Uuid| {
        let mut body = invitation_of(address);
        body["invitedUser"] = json!({ "id": id });
        body["resetRedemption"] = json!(true);
        body
    };
    assert_eq!(
        world
            .invite(reset("lee@northwind.example", first.user))
            .await
            .unwrap_err(),
        Refusal::InviteeAddress
    );
    let second = world
        .invite(reset("sam@northwind.example", first.user))
        .await
        .unwrap();
    assert_eq!(
        (
            second.user,
            members(&second.members)["resetRedemption"].clone()
        ),
        (first.user, json!(true))
    );
    let user = world.user(first.user).await;
    assert_eq!(user["externalUserState"], "PendingAcceptance");
    assert_eq!(
        user["externalUserStateChangeDateTime"],
        "2026-11-20T11:00:00Z"
    );
    assert_eq!(user["identities"].as_array().unwrap().len(), 1);
    let mut browser = world.browser(&second);
    browser.prove().await;
    browser.accept().await;
    let user = world.user(first.user).await;
    assert_eq!(
        user["identities"][0]["issuerAssignedId"],
        "Sam@northwind.example"
    );
    assert_eq!(
        user["userPrincipalName"],
        "sam_fabrikam.example#EXT#@contoso.onmicrosoft.com"
    );
}

/// An internal user gets an outside mailbox (P-invitations-7).
#[tokio::test]
async fn an_internal_user_becomes_external_by_id() {
    let world = Scene::new().await;
    let adele = world
        .create(json!({ "accountEnabled": true, "displayName": "Adele", "mailNickname": "adele", "userPrincipalName": "adele@contoso.com",
            "mail": "adele@fabrikam.example", "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } }))
        .await;
    let mut body = invitation_of("adele@fabrikam.example");
    body["invitedUser"] = json!({ "id": adele });
    let invited = world.invite(body).await.unwrap();
    let answer: Value = members(&invited.members);
    assert_eq!(
        (
            answer["invitedUser"]["id"].clone(),
            answer["invitedUserType"].clone()
        ),
        (json!(adele), json!("Member"))
    );
    assert_eq!(
        world.user(adele).await["externalUserState"],
        "PendingAcceptance"
    );
    let mut browser = world.browser(&invited);
    browser.prove().await;
    browser.accept().await;
    let user = world.user(adele).await;
    assert_eq!(
        (
            user["externalUserState"].clone(),
            user["userPrincipalName"].clone()
        ),
        (json!("Accepted"), json!("adele@contoso.com"))
    );
    assert_eq!(user["identities"][0]["issuer"], "mail");
}

/// A deleted guest is never revived and never in the way (T-15, R-34).
#[tokio::test]
async fn a_deleted_guest_is_not_revived() {
    let world = Scene::new().await;
    let first = world.invite_address("sam@fabrikam.example").await;
    world.delete(first.user).await;
    assert_eq!(opened(&world, &first.link).await, Opened::Ended);
    assert!(
        world.deliver().await.is_empty(),
        "a dead link is not mailed"
    );
    let second = world.invite_address("sam@fabrikam.example").await;
    assert_ne!(first.user, second.user);
    assert_eq!(opened(&world, &first.link).await, Opened::Ended);
    assert!(matches!(
        opened(&world, &second.link).await,
        Opened::Landing(_)
    ));
    let name = world.user(second.user).await["userPrincipalName"].clone();
    assert_eq!(name, "sam_fabrikam.example#EXT#@contoso.onmicrosoft.com");
}

/// The same request gets the first answer again (T-23, R-49).
#[tokio::test]
async fn an_idempotency_key_gets_the_first_answer_again() {
    let world = Scene::new().await;
    let key = |body: u8| {
        Some(Idempotency {
            key: "order-1".to_owned(),
            body_hash: [body; 32],
        })
    };
    let invite = |key| world.invite_as(&world.actor, invitation_of("sam@fabrikam.example"), key);
    let first = invite(key(1)).await.unwrap();
    let again = invite(key(1)).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(
        (&again.members, &again.link, again.invitation),
        (&first.members, &first.link, first.invitation)
    );
    assert_eq!(
        invite(key(2)).await.unwrap_err(),
        Refusal::IdempotencyMismatch
    );
    assert_eq!(world.deliver().await.len(), 1);
    assert_eq!(world.audit("Invite external user").await.len(), 1);
    world.pass(86_400 - 1);
    assert!(invite(key(1)).await.unwrap().repeated);
    world.pass(1);
    let later = invite(key(1)).await.unwrap();
    assert!(!later.repeated && later.invitation != first.invitation);
    // A refused request earns no answer: the key is free for the mended one.
    let wrong = world.invite_as(
        &world.actor,
        json!({ "inviteRedirectUrl": "https://a.example" }),
        Some(Idempotency {
            key: "order-2".to_owned(),
            body_hash: [3; 32],
        }),
    );
    assert_eq!(name_of(&wrong.await.unwrap_err()), "Missing");
    let mended = Some(Idempotency {
        key: "order-2".to_owned(),
        body_hash: [4; 32],
    });
    invite(mended).await.unwrap();
}

/// Equal requests in parallel: one answer, one invitation (T-23).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn equal_requests_in_parallel_are_one() {
    let world = Scene::new().await;
    let invite = || {
        let key = Idempotency {
            key: "order-1".to_owned(),
            body_hash: [1; 32],
        };
        world.invite_as(
            &world.actor,
            invitation_of("sam@fabrikam.example"),
            Some(key),
        )
    };
    let answers = futures_util::future::join_all((0..20).map(|_| invite())).await;
    let links: std::collections::BTreeSet<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().link)
        .collect();
    assert_eq!(links.len(), 1);
    assert_eq!(world.audit("Invite external user").await.len(), 1);
}

/// Without a key: never two users for one address (T-23).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_invitations_of_one_address_make_one_guest() {
    let world = Scene::with(crate::scene::Plan {
        quota_factor: 100,
        ..crate::scene::Plan::default()
    })
    .await;
    let invite = |n: usize| {
        let address = if n.is_multiple_of(2) {
            "sam@fabrikam.example"
        } else {
            "SAM@Fabrikam.example"
        };
        world.invite(invitation_of(address))
    };
    let answers = futures_util::future::join_all((0..50).map(invite)).await;
    let users: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap().user)
        .collect();
    assert_eq!((users.len(), world.user_count().await), (1, 1));
    let mut open = 0;
    for answer in &answers {
        open += usize::from(matches!(
            opened(&world, &answer.as_ref().unwrap().link).await,
            Opened::Landing(_)
        ));
    }
    assert_eq!(open, 1);
}
