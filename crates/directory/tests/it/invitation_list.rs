//! Reading invitations: GET /invitations and GET /invitations/{id}.

use directory::Permission;
use odata::Checked;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Scene, app_actor, members, name_of};

/// The link is shown once (T-13, R-48).
#[tokio::test]
async fn reading_never_shows_the_link() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let ticket = invited
        .link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let answer = world
        .directory
        .invitation(&world.actor, invited.invitation)
        .await
        .unwrap();
    let page = world
        .directory
        .find_invitations(&world.actor, &Checked::default(), None)
        .await
        .unwrap();
    assert_eq!(page.rows, std::slice::from_ref(&answer));
    let mut expected = members(&invited.members);
    expected["inviteRedeemUrl"] = Value::Null;
    assert_eq!(members(&answer.members), expected);
    assert!(!answer.members.contains(ticket));
    let order: Vec<_> = members(&invited.members)
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        members(&answer.members)
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>(),
        order
    );
    let refusal = world
        .directory
        .invitation(&world.actor, Uuid::from_u128(5))
        .await
        .unwrap_err();
    assert_eq!(name_of(&refusal), "NotFound");
    let refusal = world
        .directory
        .find_invitations(
            &app_actor(&[Permission::UserInviteAll], &[], false),
            &Checked::default(),
            None,
        )
        .await
        .unwrap_err();
    assert_eq!(name_of(&refusal), "Denied");
}

#[tokio::test]
async fn lists_are_walked_by_pages() {
    let world = Scene::new().await;
    let mut made = Vec::new();
    for n in 0..5 {
        made.push(
            world
                .invite_address(&format!("sam{n}@fabrikam.example"))
                .await
                .invitation,
        );
    }
    made.sort();
    let two = Checked {
        top: Some(2),
        ..Checked::default()
    };
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world
            .directory
            .find_invitations(&world.actor, &two, after)
            .await
            .unwrap();
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, made);
}

/// A list of invitations is a list of people: guests see it as little as they see that of users.
#[tokio::test]
async fn guests_do_not_enumerate_invitations() {
    let world = Scene::new().await;
    let guest = world.invite_address("sam@fabrikam.example").await.user;
    let reader = |user| {
        let scopes = [Permission::UserReadAll].into_iter().collect();
        let subject = directory::Subject::Person {
            user,
            client_id: Uuid::from_u128(0xa1),
            scopes,
            roles: directory::Roles::default(),
        };
        directory::Actor {
            subject,
            ..world.actor.clone()
        }
    };
    let refusal = world
        .directory
        .find_invitations(&reader(guest), &Checked::default(), None)
        .await
        .unwrap_err();
    assert_eq!(name_of(&refusal), "Denied");
    let member = world
        .create(json!({ "accountEnabled": true, "displayName": "A", "mailNickname": "a", "userPrincipalName": "a@contoso.com",
            "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } }))
        .await;
    assert_eq!(
        world
            .directory
            .find_invitations(&reader(member), &Checked::default(), None)
            .await
            .unwrap()
            .rows
            .len(),
        1
    );
}
