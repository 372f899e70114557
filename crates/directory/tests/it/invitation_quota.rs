//! How many invitations there may be (T-17).

use directory::{Quota, Refusal};
use serde_json::json;

use crate::scene::{Scene, TENANT, invitation_of};

/// Five a day to one address, and the sixth a day after the first (T-17).
#[tokio::test]
async fn invitations_to_one_address_are_counted_over_a_day() {
    let world = Scene::new().await;
    for _ in 0..5 {
        world.invite_address("sam@fabrikam.example").await;
        world.pass(60);
    }
    let refusal = world
        .invite(invitation_of("SAM@fabrikam.example"))
        .await
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Quota {
            quota: Quota::InvitationsPerAddress,
            retry_after: 86_400 - 300
        }
    );
    world.invite_address("lee@fabrikam.example").await;
    world.pass(86_400 - 300);
    world.invite_address("sam@fabrikam.example").await;
}

/// A tenant's share of a day, to all addresses together (T-17).
#[tokio::test]
async fn invitations_of_a_tenant_are_counted_over_a_day() {
    let world = Scene::new().await;
    let earlier = world.directory.now();
    let write = world
        .store
        .write::<_, _, store::StoreError, _>(TENANT, earlier, |tx, earlier| {
            Box::pin(async move {
                for _ in 0..1_999 {
                    tx.record_attempt(store::AttemptKind::InvitationOfTenant, "", *earlier)
                        .await?;
                }
                Ok(())
            })
        });
    write.await.unwrap();
    world.pass(3600);
    world.invite_address("sam@fabrikam.example").await;
    let users = world.user_count().await;
    let refusal = world
        .invite(invitation_of("lee@fabrikam.example"))
        .await
        .unwrap_err();
    assert_eq!(
        refusal,
        Refusal::Quota {
            quota: directory::Quota::InvitationsPerTenant,
            retry_after: 86_400 - 3600
        }
    );
    assert_eq!(
        world.user_count().await,
        users,
        "a refused invitation makes no guest"
    );
    world.pass(86_400 - 3600);
    world.invite_address("lee@fabrikam.example").await;
}

/// A copy is a mail too (T-17).
#[tokio::test]
async fn copies_count_against_their_own_address() {
    let world = Scene::new().await;
    let to = |n: u32| {
        let mut body = invitation_of(&format!("sam{n}@fabrikam.example"));
        body["invitedUserMessageInfo"] =
            json!({ "ccRecipients": [{ "emailAddress": { "address": "lee@fabrikam.example" } }] });
        body
    };
    for n in 0..5 {
        world.invite(to(n)).await.unwrap();
    }
    assert!(matches!(
        world.invite(to(5)).await,
        Err(Refusal::Quota { .. })
    ));
}
