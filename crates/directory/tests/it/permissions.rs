//! The permission table: every operation is refused to whoever lacks exactly what its row names.

use directory::permission::TABLE;
use directory::{
    Actor, Condition, Operation, Permission, Permissions, Refusal, Role, Subject, UserKey,
};
use edm::attribute::{self, Attribute, AttributeType};
use edm::{Purpose, Schema, user};
use uuid::Uuid;

use crate::world::{World, body, refused, work_user};

/// Everything but the alternatives of a row: one permission of each is taken out.
fn all_but(alternatives: &[&[Permission]]) -> Vec<Permission> {
    let needed: Vec<Permission> = alternatives
        .iter()
        .flat_map(|all| all.iter().take(1))
        .copied()
        .collect();
    Permission::ALL
        .iter()
        .copied()
        .filter(|permission| !needed.contains(permission))
        .collect()
}

fn is_denied(actor: &Actor, operation: Operation) -> bool {
    actor.may(operation) == Err(Refusal::Denied { operation })
}

#[test]
fn every_row_gives_and_refuses() {
    let world = World::empty();
    let user = Uuid::from_u128(1);
    for rule in TABLE {
        let operation = rule.operation;
        for all in rule.application {
            assert!(
                world.app_with(all, &[]).may(operation).is_ok(),
                "{operation:?} {all:?}"
            );
            for missing in *all {
                let rest: Vec<_> = all
                    .iter()
                    .copied()
                    .filter(|permission| permission != missing)
                    .collect();
                assert!(
                    is_denied(&world.app_with(&rest, &[]), operation),
                    "{operation:?} without {missing:?}"
                );
            }
        }
        assert!(
            is_denied(&world.app_with(&all_but(rule.application), &[]), operation),
            "{operation:?}"
        );
        // The highest role has all but what is of custom security attributes.
        let is_global = rule.person_roles.contains(&Role::GlobalAdministrator);
        let suffices = rule.person_roles.first().copied();
        let suffices = suffices.filter(|_| !is_global);
        for all in rule.delegated {
            let global = world.person(user, all, &[Role::GlobalAdministrator]);
            assert_eq!(
                global.may(operation).is_ok(),
                suffices.is_none(),
                "{operation:?}"
            );
            let role = suffices.unwrap_or(Role::GlobalAdministrator);
            assert!(
                world.person(user, all, &[role]).may(operation).is_ok(),
                "{operation:?} {all:?}"
            );
            let without_role = world
                .person(user, all, &[Role::DirectoryReaders])
                .may(operation);
            assert_eq!(
                without_role.is_ok(),
                rule.person_roles.is_empty(),
                "{operation:?}"
            );
        }
        let rest = all_but(rule.delegated);
        assert!(
            is_denied(
                &world.person(user, &rest, &[Role::GlobalAdministrator]),
                operation
            ),
            "{operation:?}"
        );
        for all in rule.application_with_role {
            assert!(
                is_denied(&world.app_with(all, &[Role::GuestInviter]), operation),
                "{operation:?}"
            );
            assert!(
                world
                    .app_with(all, &[Role::UserAdministrator])
                    .may(operation)
                    .is_ok(),
                "{operation:?}"
            );
        }
        let mut guest = world.app();
        guest.subject = Subject::Guest { user };
        assert!(is_denied(&guest, operation), "{operation:?}");
        guest.subject = Subject::Server;
        assert!(guest.may(operation).is_ok(), "{operation:?}");
    }
}

#[test]
fn every_operation_has_one_row() {
    for (at, rule) in TABLE.iter().enumerate() {
        assert!(
            TABLE
                .iter()
                .skip(at + 1)
                .all(|other| other.operation != rule.operation),
            "{:?}",
            rule.operation
        );
    }
}

#[test]
fn permission_names() {
    for permission in Permission::ALL {
        assert_eq!(Permission::from_name(permission.name()), Some(*permission));
    }
    let set = Permissions::from_names(["User.Read.All", "user.read.all", "Mail.Send"]);
    assert_eq!(set.iter().collect::<Vec<_>>(), [Permission::UserReadAll]);
    assert!(!Permissions::all_for_apps().contains(Permission::UserRead));
    assert_eq!(Permission::from_name("User.Everything"), None);
}

#[tokio::test]
async fn each_entrance_asks() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    let key = UserKey::Id(id);
    let before = world.fingerprint().await;
    let none = world.app_with(&[], &[Role::GlobalAdministrator]);
    let create = world
        .dir
        .create_user(&none, body(&work_user("new", ""), Purpose::Create))
        .await;
    refused(&world, &before, create, "CreateUser", "create").await;
    refused(
        &world,
        &before,
        world.dir.user(&none, &key).await,
        "Denied",
        "read",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.user(&none, &UserKey::parse("nobody")).await,
        "Denied",
        "read nobody",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.users(&none, None, 10).await,
        "ListUsers",
        "list",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.delete_user(&none, &key, Condition::Any).await,
        "DeleteUser",
        "delete",
    )
    .await;
    refused(
        &world,
        &before,
        world
            .dir
            .delete_user(&none, &UserKey::parse("nobody"), Condition::Any)
            .await,
        "DeleteUser",
        "delete nobody",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.audit(&none, None, 1).await,
        "ReadAudit",
        "audit",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.verify_audit(&none).await,
        "ReadAudit",
        "verify",
    )
    .await;
    refused(
        &world,
        &before,
        world.dir.audit_head(&none).await,
        "ReadAudit",
        "head",
    )
    .await;
    refused(
        &world,
        &before,
        world.update_as(&none, id, "{}").await,
        "Denied",
        "empty patch",
    )
    .await;
    refused(
        &world,
        &before,
        world
            .update_as(&none, Uuid::from_u128(5), r#"{"city":"Bern"}"#)
            .await,
        "Denied",
        "patch nobody",
    )
    .await;
}

#[tokio::test]
async fn who_may_read_only_themselves_does_not_learn_who_exists() {
    let world = World::new().await;
    let own = world.work_user("AdeleV", "").await.row.id;
    world.work_user("other", "").await;
    let person = world.person(own, &[Permission::UserReadWrite], &[]);
    let before = world.fingerprint().await;
    for key in ["other@contoso.com", "nobody@contoso.com"] {
        let key = UserKey::parse(key);
        let read = world.dir.user(&person, &key).await;
        refused(
            &world,
            &before,
            read,
            "Denied { operation: ReadUser }",
            "read",
        )
        .await;
        let patch = body(r#"{"city":"Bern"}"#, Purpose::Update);
        let updated = world
            .dir
            .update_user(&person, &key, patch, Condition::Any)
            .await;
        refused(
            &world,
            &before,
            updated,
            "Denied { operation: UpdateUser }",
            "update",
        )
        .await;
    }
    let own = UserKey::parse("adelev@contoso.com");
    assert!(world.dir.user(&person, &own).await.is_ok());
}

#[tokio::test]
async fn narrow_permissions_open_their_property_only() {
    let mut world = World::new().await;
    let attribute = Attribute {
        set: "Set".to_owned(),
        name: "a".to_owned(),
        is_available: true,
        allowed: None,
    };
    let attribute = attribute::property(1, attribute, AttributeType::Integer, false, true);
    let schema = Schema::default().with(&user::TYPE, attribute);
    world.schema = schema.unwrap().into();
    let id = world.work_user("AdeleV", "").await.row.id;
    let identities = r#"{"identities":[{"signInType":"userPrincipalName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"AdeleV@contoso.com"},
        {"signInType":"federated","issuer":"google.com","issuerAssignedId":"1"}]}"#;
    let cases: [(&[Permission], &str); 7] = [
        (
            &[Permission::UserMailReadWriteAll],
            r#"{"otherMails":["a@x.com"]}"#,
        ),
        (
            &[Permission::UserPhoneReadWriteAll],
            r#"{"businessPhones":["1"],"mobilePhone":"2"}"#,
        ),
        (
            &[
                Permission::UserEnableDisableAccountAll,
                Permission::UserReadAll,
            ],
            r#"{"accountEnabled":false}"#,
        ),
        (
            &[Permission::UserPasswordProfileReadWriteAll],
            r#"{"passwordProfile":{"password":"another-Xq7-one"}}"#,
        ),
        (&[Permission::UserManageIdentitiesAll], identities),
        (
            &[Permission::UserLifeCycleInfoReadWriteAll],
            r#"{"employeeLeaveDateTime":"2027-01-01T00:00:00Z"}"#,
        ),
        (
            &[Permission::CustomSecAttributeAssignmentReadWriteAll],
            r#"{"customSecurityAttributes":{"Set":{"a":1}}}"#,
        ),
    ];
    for (own, _) in &cases {
        let actor = world.app_with(own, &[]);
        let before = world.fingerprint().await;
        for (_, foreign) in cases.iter().filter(|(other, _)| other != own) {
            refused(
                &world,
                &before,
                world.update_as(&actor, id, foreign).await,
                "Denied",
                foreign,
            )
            .await;
        }
        refused(
            &world,
            &before,
            world.update_as(&actor, id, r#"{"city":"Bern"}"#).await,
            "Denied",
            "city",
        )
        .await;
    }
    for (own, text) in &cases {
        world
            .update_as(&world.app_with(own, &[]), id, text)
            .await
            .unwrap_or_else(|refusal| panic!("{text}: {refusal:?}"));
    }
    // The wide permission does not reach what has a permission of its own.
    let wide = world.app_with(
        &[
            Permission::UserReadWriteAll,
            Permission::DirectoryReadWriteAll,
        ],
        &[],
    );
    let before = world.fingerprint().await;
    for (_, text) in &cases[3..] {
        refused(
            &world,
            &before,
            world.update_as(&wide, id, text).await,
            "Denied",
            text,
        )
        .await;
    }
}
