//! The guest that an invitation makes (P-invitations-5, R-45).

use directory::{Actor, Permission, Permissions, Refusal, Role, Roles, Subject};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::scene::{Plan, START, Scene, TENANT, invitation_of, members, name_of};

#[tokio::test]
async fn the_guest_is_whole_at_once() {
    let world = Scene::new().await;
    let mut body = invitation_of("Sam+1@Bücher.example");
    body["invitedUser"] = json!({ "department": "Sales", "companyName": "Fabrikam", "jobTitle": "Buyer", "usageLocation": "DE",
        "preferredLanguage": "de-DE", "givenName": "Sam", "surname": "Lee", "mobilePhone": "+49 1", "officeLocation": null });
    let invited = world.invite(body).await.unwrap();
    let mut user = world.user(invited.user).await;
    user.as_object_mut()
        .unwrap()
        .remove("signInSessionsValidFromDateTime");
    user.as_object_mut()
        .unwrap()
        .remove("refreshTokensValidFromDateTime");
    let upn = "Sam_1_xn--bcher-kva.example#EXT#@contoso.onmicrosoft.com";
    let expected = json!({
        "id": invited.user, "accountEnabled": true, "createdDateTime": START, "creationType": "Invitation",
        "displayName": "Sam+1", "externalUserState": "PendingAcceptance", "externalUserStateChangeDateTime": START,
        "identities": [{ "signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": upn }],
        "mail": "Sam+1@xn--bcher-kva.example", "mailNickname": "Sam_1_xn--bcher-kva.example#EXT#",
        "otherMails": ["Sam+1@xn--bcher-kva.example"], "proxyAddresses": ["SMTP:Sam+1@xn--bcher-kva.example"],
        "showInAddressList": false, "userPrincipalName": upn, "userType": "Guest",
        "department": "Sales", "companyName": "Fabrikam", "jobTitle": "Buyer", "usageLocation": "DE",
        "preferredLanguage": "de-DE", "givenName": "Sam", "surname": "Lee", "mobilePhone": "+49 1",
    });
    assert_eq!(user, expected);
    let found = world
        .directory
        .user(&world.actor, &directory::UserKey::Upn(upn.to_lowercase()))
        .await
        .unwrap();
    assert_eq!(found.id, invited.user);
}

/// Names that look alike, and names that are too long.
#[tokio::test]
async fn clashing_names_are_told_apart() {
    let world = Scene::new().await;
    let mut names = Vec::new();
    let long = format!("{}@fabrikam.example", "a".repeat(60));
    for address in [
        "sam+x@fabrikam.example",
        "sam_x@fabrikam.example",
        "sam'x@fabrikam.example",
        &long,
    ] {
        let invited = world.invite_address(address).await;
        let user = world.user(invited.user).await;
        let name = user["userPrincipalName"].as_str().unwrap().to_owned();
        let local = name.split_once('@').unwrap().0.to_owned();
        assert!(
            local.len() <= 64 && user["mailNickname"] == local.as_str(),
            "{name}"
        );
        names.push(local);
    }
    assert_eq!(names[0], "sam_x_fabrikam.example#EXT#");
    let (start, rest) = names[1].split_at("sam_x_fabrikam.example_".len());
    assert_eq!(
        (start, rest.len(), rest.ends_with("#EXT#")),
        ("sam_x_fabrikam.example_", 13, true)
    );
    assert_eq!(names[2], "sam'x_fabrikam.example#EXT#");
    assert_eq!(names[3].len(), 64);
}

/// The guest's addresses are taken until the guest is deleted, and then free again (T-56,
///
#[tokio::test]
async fn the_guests_addresses_share_the_one_space() {
    let world = Scene::new().await;
    let guest = world.invite_address("sam@fabrikam.example").await.user;
    let clash = json!({ "accountEnabled": true, "displayName": "A", "mailNickname": "a", "userPrincipalName": "a@contoso.com",
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" }, "otherMails": ["SAM@fabrikam.example"] });
    let body = edm::body::check(
        &clash,
        edm::Entity::core(&edm::user::TYPE),
        edm::Version::V1,
        edm::body::Purpose::Create,
    )
    .unwrap()
    .map_binds(directory::UserKey::of_reference);
    let refusal = world
        .directory
        .create_user(&world.server(), body)
        .await
        .unwrap_err();
    assert!(
        matches!(refusal, Refusal::Taken { owner: Some(owner), .. } if owner == guest),
        "{refusal:?}"
    );
    world.delete(guest).await;
    world.create(clash).await;
}

/// SMTPUTF8 is a setting.
#[tokio::test]
async fn non_ascii_local_parts_need_smtputf8() {
    let world = Scene::with(Plan {
        smtputf8: true,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("jörg@fabrikam.example").await;
    let user = world.user(invited.user).await;
    assert_eq!(user["mail"], "jörg@fabrikam.example");
    assert_eq!(
        user["userPrincipalName"],
        "j_rg_fabrikam.example#EXT#@contoso.onmicrosoft.com"
    );
}

fn person(user: Uuid, roles: &[Role]) -> Actor {
    Actor {
        tenant: TENANT,
        schema: edm::Schema::core().into(),
        subject: Subject::Person {
            user,
            client_id: Uuid::from_u128(0xa1),
            scopes: [Permission::UserInviteAll]
                .into_iter()
                .collect::<Permissions>(),
            roles: Roles::new(roles.iter().map(|role| role.template())),
        },
        request_id: Uuid::from_u128(0x9e),
        client_request_id: None,
    }
}

/// A person needs a role to invite members, and invites under the name the directory knows (R-29,
/// T-20).
#[tokio::test]
async fn a_person_invites_by_role_and_name() {
    let world = Scene::new().await;
    let adele = world
        .create(json!({ "accountEnabled": true, "displayName": "Adele Vance", "mailNickname": "adele",
            "userPrincipalName": "adele@contoso.com", "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } }))
        .await;
    world
        .invite_as(
            &person(adele, &[]),
            invitation_of("sam@fabrikam.example"),
            None,
        )
        .await
        .unwrap();
    let letters = world.deliver().await;
    assert_eq!(letters[0].kind.invitation().unwrap().inviter, "Adele Vance");
    let mut body = invitation_of("lee@fabrikam.example");
    body["invitedUserType"] = json!("Member");
    for (roles, allowed) in [
        (&[][..], false),
        (&[Role::GuestInviter][..], false),
        (&[Role::UserAdministrator], true),
        (&[Role::GlobalAdministrator], true),
    ] {
        let found = world
            .invite_as(&person(adele, roles), body.clone(), None)
            .await;
        assert_eq!(found.is_ok(), allowed, "{roles:?}");
        if let Err(refusal) = found {
            assert_eq!(name_of(&refusal), "Denied");
        }
    }
    let answer: Value = members(&world.invite(body).await.unwrap().members);
    assert_eq!(answer["invitedUserType"], "Member");
}
