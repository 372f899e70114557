//! DELETE /users/{key}: soft (R-34).

use directory::{Condition, Permission, Refusal, Role, UserKey};

use crate::world::{World, refused};

#[tokio::test]
async fn a_deleted_user_is_gone_and_their_names_are_free() {
    let world = World::new().await;
    let created = world
        .work_user(
            "AdeleV",
            r#""mail":"adele@fabrikam.example","onPremisesImmutableId":"abc""#,
        )
        .await;
    let id = created.row.id;
    world
        .dir
        .delete_user(
            &world.app(),
            &UserKey::parse("adelev@contoso.com"),
            Condition::Any,
        )
        .await
        .unwrap();
    assert_eq!(
        world.dir.user(&world.app(), &UserKey::Id(id)).await,
        Err(Refusal::NotFound {
            key: id.to_string()
        })
    );
    assert!(
        world
            .dir
            .users(&world.app(), None, 10)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
    let reader = world.dir.store().read(world.tenant);
    let kept = reader.deleted_user(id).await.unwrap().unwrap();
    let second = jiff::Timestamp::from_second(world.dir.now().as_second());
    assert_eq!(kept.deleted_at, second.ok());
    let changes = reader.changes(0, 10).await.unwrap();
    assert_eq!(
        (changes.len(), changes[1].kind),
        (2, store::ChangeKind::Deleted)
    );
    let row = world.last_audit().await;
    assert_eq!(
        (row.record.activity.as_str(), row.record.target_id),
        ("Delete user", Some(id))
    );

    let again = world
        .work_user(
            "AdeleV",
            r#""mail":"adele@fabrikam.example","onPremisesImmutableId":"abc""#,
        )
        .await;
    assert_ne!(again.row.id, id);

    let before = world.fingerprint().await;
    for result in [
        world
            .dir
            .delete_user(&world.app(), &UserKey::Id(id), Condition::Any)
            .await,
        world.update(id, r#"{"city":"Bern"}"#).await.map(drop),
    ] {
        refused(&world, &before, result, "NotFound", "deleted").await;
    }
}

#[tokio::test]
async fn conditions_and_ranks() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    let key = UserKey::Id(id);
    let before = world.fingerprint().await;
    let stale = world
        .dir
        .delete_user(&world.app(), &key, Condition::OneOf(vec![2]))
        .await;
    refused(&world, &before, stale, "VersionMismatch", "stale").await;
    world
        .dir
        .add_role(world.tenant, id, Role::GuestInviter)
        .await
        .unwrap();
    let before = world.fingerprint().await;
    let plain = world.app_with(&[Permission::UserDeleteRestoreAll], &[]);
    refused(
        &world,
        &before,
        world.dir.delete_user(&plain, &key, Condition::Any).await,
        "Denied",
        "rank",
    )
    .await;
    let higher = world.app_with(
        &[Permission::UserDeleteRestoreAll],
        &[Role::AuthenticationAdministrator],
    );
    world
        .dir
        .delete_user(&higher, &key, Condition::OneOf(vec![1]))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_links_of_a_deleted_guest_end() {
    let scene = crate::scene::Scene::new().await;
    let invited = scene.invite_address("sam@fabrikam.example").await;
    let reader = scene.store.read(scene.actor.tenant);
    let row = reader
        .invitation(invited.invitation)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.user_id, row.ended_at), (invited.user, None));
    scene.delete(invited.user).await;
    let row = reader
        .invitation(invited.invitation)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.ended_at, Some(scene.directory.now()));
}
