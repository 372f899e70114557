//! Another master key: what was sealed opens under it, what cannot ends, and the audit trail goes
//! on.

use directory::invitations::Idempotency;
use directory::redemption::{CodeAnswer, Verified};
use directory::{Keys, OtherKeys, Refusal};
use store::{AuditVerdict, TenantId};

use crate::scene::{Scene, TENANT, invitation_of};

const NEXT: [u8; 32] = [8; 32];

async fn sound(world: &Scene) -> bool {
    let mut all = true;
    for chain in [TenantId::INSTANCE, TENANT] {
        let actor = world.directory.server_actor(chain).await.unwrap();
        let verdict = world.directory.verify_audit(&actor).await.unwrap();
        all &= matches!(verdict, AuditVerdict::Sound(head) if head.seq > 0);
    }
    all
}

#[tokio::test]
async fn everything_sealed_opens_under_the_new_key_alone() {
    let world = Scene::new().await;
    let key = || {
        Some(Idempotency {
            key: "order-1".to_owned(),
            body_hash: [1; 32],
        })
    };
    let sam = invitation_of("sam@fabrikam.example");
    let first = world
        .invite_as(&world.actor, sam.clone(), key())
        .await
        .unwrap();
    let pkcs8 = b"a private key".as_slice();
    world
        .directory
        .add_signing_key(("one", pkcs8), OtherKeys::Stay, None)
        .await
        .unwrap();

    let resealed = world.directory.change_master_key(Keys::derive(&NEXT)).await;
    let resealed = resealed.unwrap();
    assert_eq!(
        (resealed.signing_keys, resealed.letters, resealed.answers),
        (1, 1, 1)
    );

    let after = world.with_key(NEXT);
    assert_eq!(
        after.directory.signing_keys().await.unwrap()[0].pkcs8,
        pkcs8
    );
    assert!(world.directory.signing_keys().await.is_err());
    let again = after.invite_as(&after.actor, sam, key()).await.unwrap();
    assert!(again.repeated);
    assert_eq!(again.link, first.link);
    assert!(sound(&after).await);

    // The waiting letter is delivered with its link.
    let letters = after.deliver().await;
    assert_eq!(letters[0].kind.link(), Some(first.link.as_str()));
    assert!(sound(&after).await, "it went on");

    // A process that was started before the change would break the chain.
    let late = world.invite(invitation_of("kim@fabrikam.example")).await;
    let late = late.unwrap_err();
    assert!(matches!(late, Refusal::Internal { .. }), "{late:?}");
    assert!(sound(&after).await);
    assert!(
        !sound_with(&world).await,
        "the old key verifies nothing any more"
    );

    // Once more: both earlier keys are known.
    let third = [9; 32];
    let changed = after
        .directory
        .change_master_key(Keys::derive(&third))
        .await;
    changed.unwrap();
    let last = world.with_key(third);
    last.invite_address("lee@fabrikam.example").await;
    assert!(sound(&last).await);
}

async fn sound_with(world: &Scene) -> bool {
    let actor = world.directory.server_actor(TENANT).await.unwrap();
    let verdict = world.directory.verify_audit(&actor).await;
    matches!(verdict, Ok(AuditVerdict::Sound(_)))
}

#[tokio::test]
async fn a_code_under_way_is_void_and_another_one_is_good() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let browser = world.browser(&invited);
    let code = browser.code().await;
    let resealed = world.directory.change_master_key(Keys::derive(&NEXT)).await;
    assert_eq!(resealed.unwrap().codes, 1);

    let after = world.with_key(NEXT);
    let mut same = after.browser(&invited);
    same.session = browser.session.clone();
    assert_eq!(same.type_code(&code).await, Verified::NotRight);
    after.pass(61);
    assert!(matches!(same.ask().await, CodeAnswer::Sent { .. }));
    let letters = after.deliver().await;
    let code = letters
        .iter()
        .find_map(|letter| letter.kind.code())
        .unwrap();
    assert!(matches!(
        same.type_code(code).await,
        Verified::Proven { .. }
    ));
}
