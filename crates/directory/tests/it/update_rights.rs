//! PATCH /users/{key}: whom and what the actor may change.

use directory::{Permission, Role, ServiceMode};

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
    world.set_manner(ServiceMode::Strict).await;
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

/// A change does not take an address that another user holds, in whatever use and spelling (T-56).
#[tokio::test]
async fn a_change_does_not_take_what_another_has() {
    let world = World::new().await;
    let owner = world
        .work_user(
            "owner",
            r#""mail":"Owner@fabrikam.example","otherMails":["other@fabrikam.example"],"onPremisesImmutableId":"abc""#,
        )
        .await
        .row
        .id;
    world
        .update(owner, r#"{"mail":"newer@fabrikam.example"}"#)
        .await
        .unwrap();
    let id = world.work_user("adele", "").await.row.id;
    let before = world.fingerprint().await;
    for (text, what) in [
        (r#"{"mail":"OWNER@contoso.com"}"#, "ProxyAddresses"),
        (r#"{"mail":"NEWER@fabrikam.example"}"#, "ProxyAddresses"),
        (r#"{"mail":"owner@Fabrikam.example"}"#, "ProxyAddresses"),
        (
            r#"{"otherMails":["x@fabrikam.example","Other@fabrikam.example"]}"#,
            "ProxyAddresses",
        ),
        (
            r#"{"userPrincipalName":"OWNER@contoso.com"}"#,
            "UserPrincipalName",
        ),
        (
            r#"{"identities":[{"signInType":"userPrincipalName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"owner@contoso.com"}]}"#,
            "UserPrincipalName",
        ),
        (r#"{"onPremisesImmutableId":"abc"}"#, "ImmutableId"),
    ] {
        let expected = format!("Taken {{ unique: {what}, owner: Some({owner}) }}");
        refused(
            &world,
            &before,
            world.update(id, text).await,
            &expected,
            text,
        )
        .await;
    }
}

/// Of many who want one address, or change one version, one gets through.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_parallel_changes_one_wins() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(world.work_user(&format!("user{number}"), "").await.row.id);
    }
    let wish = |id: &uuid::Uuid| world.update(*id, r#"{"mail":"wanted@fabrikam.example"}"#);
    let found = futures_util::future::join_all(ids.iter().map(wish)).await;
    assert_eq!(found.iter().filter(|one| one.is_ok()).count(), 1);
    let change = |number: usize| {
        let text = format!(r#"{{"city":"Bern {number}"}}"#);
        let body = crate::world::body(&text, edm::Purpose::Update);
        let condition = directory::Condition::OneOf(vec![1]);
        let key = directory::UserKey::Id(
            *ids.iter()
                .zip(&found)
                .find(|(_, one)| one.is_err())
                .unwrap()
                .0,
        );
        let (dir, app) = (world.dir.clone(), world.app());
        async move {
            let updated = dir.update_user(&app, &key, body, condition).await;
            updated.map(|row| row.version)
        }
    };
    let found = futures_util::future::join_all((0..20).map(change)).await;
    assert_eq!(found.iter().filter(|one| **one == Ok(2)).count(), 1);
}
