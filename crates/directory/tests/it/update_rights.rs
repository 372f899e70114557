//! PATCH /users/{key}: whom and what the actor may change.

use directory::{Manner, Permission, Role};

use crate::world::{World, refused};

#[tokio::test]
async fn whoever_has_a_role_is_changed_by_a_higher_one_only() {
    let world = World::new().await;
    let id = world.work_user("admin", "").await.row.id;
    world
        .dir
        .add_role(world.tenant, id, Role::UserAdministrator)
        .await
        .unwrap();
    let plain = world.app_with(
        &[
            Permission::UserReadWriteAll,
            Permission::UserPasswordProfileReadWriteAll,
            Permission::UserManageIdentitiesAll,
        ],
        &[],
    );
    let before = world.fingerprint().await;
    for text in [
        r#"{"accountEnabled":false}"#,
        r#"{"businessPhones":["1"]}"#,
        r#"{"mobilePhone":"1"}"#,
        r#"{"otherMails":["a@x.com"]}"#,
        r#"{"onPremisesImmutableId":"abc"}"#,
        r#"{"userPrincipalName":"b@contoso.com"}"#,
        r#"{"passwordProfile":{"password":"another-Xq7-one"}}"#,
        r#"{"city":"Bern","mobilePhone":"1"}"#,
        r#"{"identities":[{"signInType":"userPrincipalName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"b@contoso.com"}]}"#,
    ] {
        refused(
            &world,
            &before,
            world.update_as(&plain, id, text).await,
            "Denied",
            text,
        )
        .await;
    }
    world
        .update_as(&plain, id, r#"{"city":"Bern"}"#)
        .await
        .unwrap();
    let higher = world.app_with(&[Permission::UserReadWriteAll], &[Role::UserAdministrator]);
    world
        .update_as(&higher, id, r#"{"accountEnabled":false}"#)
        .await
        .unwrap();
}

#[tokio::test]
async fn people_change_their_own_contact_but_no_address() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    let other = world.work_user("other", "").await.row.id;
    let own = world.person(id, &[Permission::UserReadWrite], &[]);
    world
        .update_as(
            &own,
            id,
            r#"{"mobilePhone":"1","city":"Bern","aboutMe":"me"}"#,
        )
        .await
        .unwrap();
    let before = world.fingerprint().await;
    for text in [
        r#"{"mail":"a@x.com"}"#,
        r#"{"otherMails":["a@x.com"]}"#,
        r#"{"userPrincipalName":"b@contoso.com"}"#,
        r#"{"accountEnabled":true}"#,
        r#"{"userType":"Guest"}"#,
        r#"{"jobTitle":"Boss"}"#,
        r#"{"passwordProfile":{"password":"another-Xq7-one"}}"#,
        r#"{"city":"Thun","jobTitle":"Boss"}"#,
    ] {
        refused(
            &world,
            &before,
            world.update_as(&own, id, text).await,
            "Denied",
            text,
        )
        .await;
    }
    refused(
        &world,
        &before,
        world.update_as(&own, other, r#"{"city":"Thun"}"#).await,
        "Denied",
        "somebody else",
    )
    .await;
}

#[tokio::test]
async fn profile_properties_by_manner() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    world
        .update(id, r#"{"aboutMe":"friendly","skills":["Rust"]}"#)
        .await
        .unwrap();
    world.set_manner(Manner::Strict).await;
    let before = world.fingerprint().await;
    refused(
        &world,
        &before,
        world.update(id, r#"{"aboutMe":"strict"}"#).await,
        "Denied",
        "strict",
    )
    .await;
    let own = world.person(id, &[Permission::UserReadWrite], &[]);
    world
        .update_as(&own, id, r#"{"aboutMe":"mine"}"#)
        .await
        .unwrap();
}
