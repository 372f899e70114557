//! Apps, roles, and who may have a token.

use directory::{
    AppPlan, NoToken, Permission, Permissions, Principal, Refusal, Role, RoleAssigned, UserKey,
};
use store::{GuestState, TenantId};
use uuid::Uuid;

use crate::world::{World, core};

fn plan(name: &str) -> AppPlan {
    AppPlan {
        client_id: None,
        object: None,
        display_name: name.to_owned(),
        permissions: [Permission::UserReadAll].into_iter().collect(),
        secret: None,
    }
}

#[tokio::test]
async fn an_app_proves_itself_by_its_secret() {
    let world = World::new().await;
    let added = world
        .dir
        .add_app(world.tenant, plan("reader"))
        .await
        .unwrap();
    assert_eq!(added.secret.len(), 43);
    assert!(!format!("{added:?}").contains(&added.secret));
    let id = added.app.client_id;
    let standing = world
        .dir
        .authenticate_app(world.tenant, id, &added.secret)
        .await
        .unwrap();
    assert_eq!(
        (standing.object, standing.client_id),
        (added.app.object, id)
    );
    assert_eq!(
        standing.permissions,
        Permissions::from_names(["User.Read.All"])
    );
    for (tenant, client, secret) in [
        (world.tenant, id, "wrong"),
        (world.tenant, id, ""),
        (world.tenant, Uuid::from_u128(5), added.secret.as_str()),
        (TenantId(Uuid::from_u128(0xFAB)), id, added.secret.as_str()),
    ] {
        assert_eq!(
            world.dir.authenticate_app(tenant, client, secret).await,
            Err(NoToken::Unproven)
        );
    }
    let row = world
        .dir
        .store()
        .read(world.tenant)
        .app(id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.secret_hash.map(|hash| hash.len()), Some(32));
    assert_eq!(world.last_audit().await.record.activity, "Add application");
    assert!(
        !world
            .last_audit()
            .await
            .record
            .details
            .contains(&added.secret)
    );
}

#[tokio::test]
async fn a_disabled_app_has_no_token() {
    let world = World::new().await;
    let fixed = AppPlan {
        client_id: Some(Uuid::from_u128(0xD1)),
        object: Some(Uuid::from_u128(0xD2)),
        secret: Some("fixed".to_owned()),
        ..plan("dev")
    };
    let added = world
        .dir
        .add_app(world.tenant, fixed.clone())
        .await
        .unwrap();
    assert_eq!(
        (added.app.client_id, added.secret.as_str()),
        (Uuid::from_u128(0xD1), "fixed")
    );
    let again = world.dir.add_app(world.tenant, fixed).await;
    assert!(matches!(
        again,
        Err(Refusal::Combination {
            property: "appId",
            ..
        })
    ));
    let ask = async || {
        world
            .dir
            .may_issue(world.tenant, Principal::App(added.app.client_id))
            .await
    };
    assert!(ask().await.is_ok());
    assert!(
        !world
            .dir
            .set_app_enabled(world.tenant, added.app.client_id, false)
            .await
            .unwrap()
            .enabled
    );
    assert_eq!(ask().await, Err(NoToken::AppDisabled));
    assert_eq!(
        world
            .dir
            .authenticate_app(world.tenant, added.app.client_id, "fixed")
            .await,
        Err(NoToken::AppDisabled)
    );
    assert_eq!(
        world
            .dir
            .authenticate_app(world.tenant, added.app.client_id, "wrong")
            .await,
        Err(NoToken::Unproven)
    );
    world
        .dir
        .set_app_enabled(world.tenant, added.app.client_id, true)
        .await
        .unwrap();
    assert!(ask().await.is_ok());
    assert_eq!(world.dir.apps(world.tenant).await.unwrap(), [added.app]);
    let unknown = world
        .dir
        .may_issue(world.tenant, Principal::App(Uuid::from_u128(5)))
        .await;
    assert_eq!(unknown, Err(NoToken::UnknownApp));
}

#[tokio::test]
async fn plans_that_are_refused() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    for bad in [
        AppPlan {
            display_name: " ".to_owned(),
            ..plan("")
        },
        AppPlan {
            display_name: "a\nb".to_owned(),
            ..plan("")
        },
        AppPlan {
            permissions: [Permission::UserRead].into_iter().collect(),
            ..plan("person's")
        },
    ] {
        assert!(matches!(
            world.dir.add_app(world.tenant, bad).await,
            Err(Refusal::Combination { .. })
        ));
    }
    let unknown = world
        .dir
        .set_app_enabled(world.tenant, Uuid::from_u128(5), false)
        .await;
    assert!(matches!(unknown, Err(Refusal::NotFound { .. })));
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test]
async fn roles_are_given_once_and_stand_in_the_token() {
    let world = World::new().await;
    let added = world
        .dir
        .add_app(world.tenant, plan("admin"))
        .await
        .unwrap();
    let give = async |principal| {
        world
            .dir
            .add_role(world.tenant, principal, Role::UserAdministrator)
            .await
    };
    assert_eq!(give(added.app.object).await, Ok(RoleAssigned::Assigned));
    let audit = world.last_audit().await;
    assert_eq!(audit.record.activity, "Add member to role");
    let before = world.fingerprint().await;
    assert_eq!(give(added.app.object).await, Ok(RoleAssigned::AlreadyHeld));
    assert!(matches!(
        give(Uuid::from_u128(5)).await,
        Err(Refusal::NotFound { .. })
    ));
    assert_eq!(world.fingerprint().await, before);
    let standing = world
        .dir
        .may_issue(world.tenant, Principal::App(added.app.client_id))
        .await
        .unwrap();
    assert_eq!(
        standing.roles.templates(),
        [Role::UserAdministrator.template()]
    );
}

#[tokio::test]
async fn people_who_may_have_no_token() {
    let world = World::new().await;
    let app = world
        .dir
        .add_app(world.tenant, plan("portal"))
        .await
        .unwrap()
        .app;
    let created = world.work_user("AdeleV", "").await;
    let user = created.row.id;
    let ask = async |user| {
        let person = Principal::Person {
            user,
            client_id: app.client_id,
        };
        let issued = world.dir.may_issue(world.tenant, person).await;
        let issued = issued.map(|standing| standing.object);
        let acting = world.dir.may_act(world.tenant, person, None).await;
        let acting = acting.map(|acting| acting.object);
        assert_eq!(issued, acting, "a token in use asks the same question");
        issued
    };
    assert_eq!(ask(user).await, Ok(user));
    assert_eq!(ask(Uuid::from_u128(5)).await, Err(NoToken::UnknownUser));
    world
        .update(user, r#"{"accountEnabled":false}"#)
        .await
        .unwrap();
    assert_eq!(ask(user).await, Err(NoToken::AccountDisabled));
    world
        .update(user, r#"{"accountEnabled":true}"#)
        .await
        .unwrap();
    let mut pending = world
        .dir
        .user(&world.app(), &directory::UserKey::Id(user))
        .await
        .unwrap();
    pending.state = Some(GuestState::PendingAcceptance);
    world
        .dir
        .store()
        .write(world.tenant, pending, |tx, row| {
            Box::pin(async move {
                let keys = store::ObjectKeys::of_user(&edm::Record::new());
                tx.replace_user(row, &keys, core()).await
            })
        })
        .await
        .unwrap();
    assert_eq!(ask(user).await, Err(NoToken::PendingAcceptance));
    world
        .dir
        .set_app_enabled(world.tenant, app.client_id, false)
        .await
        .unwrap();
    assert_eq!(ask(user).await, Err(NoToken::AppDisabled));
}

#[tokio::test]
async fn a_user_read_with_the_app_is_shown_by_the_same_rules() {
    let world = World::new().await;
    let app = world
        .dir
        .add_app(world.tenant, plan("reader"))
        .await
        .unwrap()
        .app;
    let mail = "adele@fabrikam.example";
    let row = world
        .work_user("AdeleV", &format!(r#""mail":"{mail}""#))
        .await
        .row;
    let nobody = Uuid::from_u128(5);
    let ahead = async |client, key: &UserKey| {
        let found = world.dir.may_act_on(world.tenant, client, None, key);
        found.await
    };
    let reader = world.app();
    let mut powerless = world.app();
    if let directory::Subject::App { permissions, .. } = &mut powerless.subject {
        *permissions = Permissions::default();
    }
    let by_id = UserKey::Id(row.id);
    for key in [&by_id, &UserKey::Upn(row.upn.to_uppercase())] {
        let (acting, found) = ahead(app.client_id, key).await.unwrap();
        assert_eq!(
            (acting.object, acting.permissions),
            (app.object, app.permissions)
        );
        let shown = world.dir.prefetched_user(&reader, key, found.clone());
        assert_eq!(shown.as_ref().map(|shown| shown.id), Ok(row.id));
        assert_eq!(shown, world.dir.user(&reader, key).await);
        assert_eq!(
            world
                .dir
                .prefetched_user(&powerless, key, found)
                .unwrap_err(),
            world.dir.user(&powerless, key).await.unwrap_err()
        );
    }
    // An address that is no userPrincipalName does not name them either.
    for key in [UserKey::Id(nobody), UserKey::Upn(mail.into())] {
        let (_, none) = ahead(app.client_id, &key).await.unwrap();
        assert!(matches!(
            world.dir.prefetched_user(&reader, &key, none),
            Err(Refusal::NotFound { .. })
        ));
    }

    assert_eq!(ahead(nobody, &by_id).await, Err(NoToken::UnknownApp));
    world
        .dir
        .set_app_enabled(world.tenant, app.client_id, false)
        .await
        .unwrap();
    assert_eq!(
        ahead(app.client_id, &by_id).await,
        Err(NoToken::AppDisabled)
    );
}

/// A name reaches mails, logs and terminals; whatever ends a line or steers one of them is refused.
#[tokio::test]
async fn names_of_apps_and_organisations_are_one_line() {
    let world = World::new().await;
    for bad in [
        "",
        " ",
        "a\nb",
        "a\r",
        "\u{0}",
        "a\u{1b}[2J",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
    ] {
        let added = world.dir.add_app(world.tenant, plan(bad)).await;
        assert!(matches!(added, Err(Refusal::Combination { .. })), "{bad:?}");
        let mut tenant = crate::world::contoso(store::TenantId(Uuid::from_u128(77)));
        tenant.display_name = bad.to_owned();
        tenant.initial_domain = "other.onmicrosoft.com".to_owned();
        tenant.domains.clear();
        let made = world.dir.add_tenant(tenant).await;
        assert!(matches!(made, Err(Refusal::Combination { .. })), "{bad:?}");
    }
}
