//! What `POST /users/$ref` comes to below HTTP: the limits, mails and ranks of both documents
//! (R-24, R-40 to; T-15, T-17, T-52).

use directory::{Actor, Added, Among, Permission, Refusal, Role, Settings, UserKey};
use edm::reference::{Who, check};
use edm::{Body, Entity, user};
use odata::Checked;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Plan, Scene, TENANT, app_actor, name_of};

fn body(json: &Value) -> Body<UserKey> {
    match check(json, Entity::core(&user::TYPE)).unwrap().who {
        Who::New { body, .. } => body.map_binds(UserKey::of_reference),
        Who::Id(_) | Who::Url(_) => panic!("{json} links"),
    }
}

async fn invite(world: &Scene, json: Value) -> Result<Added, Refusal> {
    world
        .directory
        .add_invited_user(&world.actor, body(&json))
        .await
}

pub(crate) async fn ask(world: &Scene, json: Value) -> Result<Added, Refusal> {
    world
        .directory
        .add_pending_member(&world.actor, body(&json))
        .await
}

fn pending(name: &str) -> Value {
    json!({ "@odata.type": "Microsoft.DirectoryServices.user", "displayName": name, "mail": format!("{name}@fabrikam.example") })
}

async fn set(world: &Scene, settings: Settings) {
    world
        .directory
        .set_settings(TENANT, &settings)
        .await
        .unwrap();
}

#[tokio::test]
async fn guests_are_limited_and_led_as_by_an_invitation() {
    let world = Scene::new().await;
    let mail = json!({ "mail": "sam@fabrikam.example" });
    for _ in 0..5 {
        let guest = invite(&world, mail.clone()).await.unwrap();
        assert_eq!(invite(&world, mail.clone()).await.unwrap().id, guest.id);
        world.delete(guest.id).await;
    }
    let refusal = invite(&world, mail.clone()).await.unwrap_err();
    assert_eq!(name_of(&refusal), "Quota");
    // Where guests go is the tenant's setting, and our own page until set; no list leaves that out.
    let listed = Settings {
        redirect_hosts: vec!["app.contoso.example".to_owned()],
        ..Settings::default()
    };
    let elsewhere = Settings {
        default_redirect: Some("https://evil.example/".to_owned()),
        ..listed.clone()
    };
    let refusal = world.directory.set_settings(TENANT, &elsewhere).await;
    assert_eq!(name_of(&refusal.unwrap_err()), "Combination");
    for (redirect, target) in [
        (None, "https://id.contoso.example/redeem/done"),
        (
            Some("https://app.contoso.example/hello"),
            "https://app.contoso.example/hello",
        ),
    ] {
        let settings = Settings {
            default_redirect: redirect.map(str::to_owned),
            ..listed.clone()
        };
        set(&world, settings).await;
        let name = Uuid::from_u128(redirect.map_or(0, str::len) as u128);
        let added = invite(
            &world,
            json!({ "mail": format!("{name}@fabrikam.example") }),
        )
        .await;
        let row = world
            .store
            .read(TENANT)
            .latest_invitation_of(added.unwrap().id)
            .await
            .unwrap();
        assert_eq!(row.unwrap().redirect_url, target);
    }
}

#[tokio::test]
async fn without_mail_no_guest_but_a_member() {
    let world = Scene::with(Plan {
        mail_configured: false,
        ..Plan::default()
    })
    .await;
    let refusal = invite(&world, json!({ "mail": "sam@fabrikam.example" }))
        .await
        .unwrap_err();
    assert_eq!(name_of(&refusal), "MailNotConfigured");
    let added = ask(&world, pending("ann")).await.unwrap();
    world
        .directory
        .approve_member(&world.actor, added.id)
        .await
        .unwrap();
    assert!(world.deliver().await.is_empty());
}

/// Asking and declining does not mail anybody without end (T-17).
#[tokio::test]
async fn letters_about_joining_are_limited() {
    let world = Scene::new().await;
    for turn in 0..6 {
        let added = ask(&world, pending("ann")).await.unwrap();
        let decided = world.directory.decline_member(&world.actor, added.id).await;
        assert_eq!(decided.is_ok(), turn < 5, "{turn}: {decided:?}");
    }
    assert_eq!(world.deliver().await.len(), 5);
    // The refused decision left everything as it was.
    let (waiting, _) = world
        .directory
        .count_users(&world.actor, Among::Pending, &Checked::default())
        .await
        .unwrap();
    assert_eq!(waiting, 1);
}

/// Only an actor who outranks the holder of a role enables them or makes them a member (T-52).
#[tokio::test]
async fn roles_are_not_got_round() {
    let world = Scene::new().await;
    let guest = invite(&world, json!({ "mail": "sam@fabrikam.example" }))
        .await
        .unwrap()
        .id;
    world
        .directory
        .add_role(TENANT, guest, Role::GlobalAdministrator)
        .await
        .unwrap();
    let weak: Actor = app_actor(&[Permission::UserReadWriteAll], &[], false);
    let key = UserKey::Id(guest);
    let refusal = world
        .directory
        .link_pending_member(&weak, &key)
        .await
        .unwrap_err();
    assert_eq!(name_of(&refusal), "Denied");
    world
        .directory
        .link_pending_member(&world.actor, &key)
        .await
        .unwrap();
    for decided in [
        world.directory.approve_member(&weak, guest).await,
        world.directory.decline_member(&weak, guest).await,
    ] {
        assert_eq!(name_of(&decided.unwrap_err()), "Denied");
    }
    world
        .directory
        .approve_member(&world.actor, guest)
        .await
        .unwrap();
    assert_eq!(world.user(guest).await["userType"], "Member");
}

/// A deleted user never blocks an address, and is never revived (T-15, R-34).
#[tokio::test]
async fn deleted_users_stay_deleted() {
    let world = Scene::new().await;
    let first = invite(&world, json!({ "mail": "sam@fabrikam.example" }))
        .await
        .unwrap()
        .id;
    world.delete(first).await;
    let second = ask(&world, pending("sam")).await.unwrap();
    assert!(second.created.is_some() && second.id != first);
    let gone = UserKey::Id(first);
    for linked in [
        world.directory.link_invited_user(&world.actor, &gone).await,
        world
            .directory
            .link_pending_member(&world.actor, &gone)
            .await,
    ] {
        assert_eq!(name_of(&linked.unwrap_err()), "NotFound");
    }
}

/// Names made from an address: the initial domain, and no two alike.
#[tokio::test]
async fn left_out_names_are_made_from_the_address() {
    let world = Scene::new().await;
    let mut names = Vec::new();
    for mail in ["ann+x@a.example", "ann_x@b.example", "ann@c.example"] {
        let body = json!({ "@odata.type": "Microsoft.DirectoryServices.user", "displayName": "Ann", "mail": mail });
        let id = ask(&world, body).await.unwrap().id;
        let user = world.user(id).await;
        let name = user["userPrincipalName"].as_str().unwrap().to_owned();
        let (local, domain) = name.split_once('@').unwrap();
        assert_eq!(
            (domain, user["mailNickname"].as_str().unwrap()),
            ("contoso.onmicrosoft.com", local)
        );
        names.push(local.to_owned());
    }
    assert_eq!((names[0].as_str(), names[2].as_str()), ("ann_x", "ann"));
    let (start, hash) = names[1].split_at("ann_x_".len());
    assert_eq!((start, hash.len()), ("ann_x_", 8));
}

/// One record each, and nothing for what changes nothing.
#[tokio::test]
async fn every_step_is_audited_once() {
    let world = Scene::new().await;
    let added = ask(&world, pending("ann")).await.unwrap();
    ask(&world, pending("ann")).await.unwrap();
    world
        .directory
        .approve_member(&world.actor, added.id)
        .await
        .unwrap();
    let declined = ask(&world, pending("bea")).await.unwrap();
    world
        .directory
        .decline_member(&world.actor, declined.id)
        .await
        .unwrap();
    for (activity, count) in [
        ("Add pending member", 2),
        ("Approve pending member", 1),
        ("Decline pending member", 1),
    ] {
        let records = world.audit(activity).await;
        assert_eq!(records.len(), count, "{activity}");
        assert!(records.iter().all(|row| row.record.target_id.is_some()));
    }
}
