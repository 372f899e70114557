//! How often an operation borrows a connection to read: what it checks before its write is one
//! snapshot (decision record 0082).

use directory::invitations::Idempotency;
use directory::{Condition, UserKey};
use serde_json::json;

use crate::scene::{Scene, TENANT, invitation_of};

/// The leases since `before`, and the count now.
fn since(scene: &Scene, before: &mut u64) -> u64 {
    let now = scene.store.stats().leases;
    now - std::mem::replace(before, now)
}

#[tokio::test]
async fn an_operation_reads_in_one_snapshot() {
    let scene = Scene::new().await;
    let mut before = scene.store.stats().leases;

    let work_user = json!({
        "accountEnabled": true, "displayName": "Zoe", "mailNickname": "zoe",
        "mail": "zoe@contoso.com", "userPrincipalName": "zoe@contoso.com",
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    });
    let user = scene.create(work_user).await;
    assert_eq!(since(&scene, &mut before), 1, "create");

    scene.patch(user, json!({ "jobTitle": "Gardener" })).await;
    assert_eq!(since(&scene, &mut before), 1, "change");

    let again = || Idempotency {
        key: "one".to_owned(),
        body_hash: [1; 32],
    };
    let body = invitation_of("guest@fabrikam.example");
    let invited = scene.invite_as(&scene.actor, body.clone(), Some(again()));
    let invited = invited.await.unwrap();
    assert_eq!(since(&scene, &mut before), 1, "invite");
    let repeated = scene.invite_as(&scene.actor, body, Some(again())).await;
    assert!(repeated.unwrap().repeated);
    assert_eq!(since(&scene, &mut before), 1, "the same request again");

    let browser = scene.browser(&invited);
    let opened = scene.directory.open_link(&browser.link, None).await;
    opened.unwrap();
    assert_eq!(since(&scene, &mut before), 1, "open a link");
    let view = scene.directory.consent_view(&browser.step()).await;
    view.unwrap();
    assert_eq!(since(&scene, &mut before), 1, "the page of consent");

    let key = UserKey::Id(user);
    scene.directory.tenant(TENANT).await.unwrap();
    assert_eq!(since(&scene, &mut before), 1, "a tenant with its domains");
    let server = scene.server();
    let deleted = scene.directory.delete_user(&server, &key, Condition::Any);
    deleted.await.unwrap();
    assert_eq!(since(&scene, &mut before), 1, "delete");
}
