//! POST /users: what is accepted, and what comes of it.

use directory::{Note, Refusal, UserKey};
use edm::complex::password_profile::{FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN, PASSWORD};
use edm::user;
use store::{AddressUses, UserType};

use crate::world::{World, work_user};

/// The first documented example, as printed.
const ADELE: &str = r#"{
  "accountEnabled": true,
  "displayName": "Adele Vance",
  "mailNickname": "AdeleV",
  "userPrincipalName": "AdeleV@contoso.onmicrosoft.com",
  "passwordProfile" : {
    "forceChangePasswordNextSignIn": true,
    "password": "xWwvJ]6NMw+bWH-d"
  }
}"#;

/// The second, as printed.
const JOHN: &str = r#"{
  "displayName": "John Smith",
  "identities": [
    { "signInType": "userName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "johnsmith" },
    { "signInType": "emailAddress", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "jsmith@yahoo.com" },
    { "signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "5eecb0cd" }
  ],
  "passwordProfile" : {
    "password": "password-value",
    "forceChangePasswordNextSignIn": false
  },
  "passwordPolicies": "DisablePasswordExpiration"
}"#;

fn names(set: &[edm::Prop]) -> Vec<&str> {
    set.iter().map(|property| property.name()).collect()
}

fn identities(record: &edm::Record) -> Vec<(String, String, String)> {
    use edm::complex::object_identity::{ISSUER, ISSUER_ASSIGNED_ID, SIGN_IN_TYPE};
    let part = |entry: &edm::Record, property| entry.text(property).unwrap_or_default().to_owned();
    let entries = record
        .list(&user::IDENTITIES)
        .iter()
        .filter_map(edm::Value::as_complex);
    entries
        .map(|entry| {
            (
                part(entry, &SIGN_IN_TYPE),
                part(entry, &ISSUER),
                part(entry, &ISSUER_ASSIGNED_ID),
            )
        })
        .collect()
}

fn triple(sign_in_type: &str, issuer: &str, assigned: &str) -> (String, String, String) {
    (
        sign_in_type.to_owned(),
        issuer.to_owned(),
        assigned.to_owned(),
    )
}

#[tokio::test]
async fn the_documented_work_user() {
    let world = World::new().await;
    let created = world.create(ADELE).await.unwrap();
    assert_eq!(
        names(&created.set),
        [
            "accountEnabled",
            "displayName",
            "mailNickname",
            "userPrincipalName"
        ]
    );
    assert_eq!(created.notes, []);
    let hash = created.row.password_hash.as_deref().unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert!(!created.row.doc().contains("xWwvJ") && !created.row.brief.contains("xWwvJ"));
    assert_eq!(
        (
            created.row.version,
            created.row.enabled,
            created.row.user_type
        ),
        (1, true, Some(UserType::Member))
    );

    let stored = world
        .dir
        .user(
            &world.app(),
            &UserKey::parse("adelev@CONTOSO.onmicrosoft.com"),
        )
        .await
        .unwrap();
    assert_eq!(stored, created.row);
    let record = world.record(created.row.id).await;
    let now = "2026-03-01T09:00:00Z".parse().unwrap();
    for property in [
        &user::CREATED_DATE_TIME,
        &user::LAST_PASSWORD_CHANGE_DATE_TIME,
        &user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME,
        &user::REFRESH_TOKENS_VALID_FROM_DATE_TIME,
    ] {
        assert_eq!(record.instant(property), Some(now), "{}", property.name());
    }
    assert_eq!(
        record.text(&user::ID),
        Some(created.row.id.to_string().as_str())
    );
    assert_eq!(record.text(&user::USER_TYPE), Some("Member"));
    for property in [
        &user::CREATION_TYPE,
        &user::MAIL,
        &user::EXTERNAL_USER_STATE,
        &user::USAGE_LOCATION,
        &user::PASSWORD_POLICIES,
    ] {
        assert_eq!(record.get(property), None, "{}", property.name());
    }
    assert!(record.list(&user::PROXY_ADDRESSES).is_empty());
    assert_eq!(
        identities(&record),
        [triple(
            "userPrincipalName",
            "contoso.onmicrosoft.com",
            "AdeleV@contoso.onmicrosoft.com"
        )]
    );
    let profile = record.complex(&user::PASSWORD_PROFILE).unwrap();
    assert_eq!(
        (
            profile.bool(&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN),
            profile.get(&PASSWORD)
        ),
        (Some(true), None)
    );
}

#[tokio::test]
async fn the_documented_mixed_user() {
    let world = World::new().await;
    let created = world.create(JOHN).await.unwrap();
    assert_eq!(
        names(&created.set),
        ["displayName", "identities", "passwordPolicies"]
    );
    let id = created.row.id;
    let record = world.record(id).await;
    assert_eq!(
        record.text(&user::USER_PRINCIPAL_NAME),
        Some(format!("{id}@contoso.onmicrosoft.com").as_str())
    );
    assert_eq!(
        record.text(&user::MAIL_NICKNAME),
        Some(id.to_string().as_str())
    );
    assert_eq!(record.text(&user::CREATION_TYPE), Some("LocalAccount"));
    assert_eq!(record.bool(&user::ACCOUNT_ENABLED), Some(true));
    assert_eq!(
        identities(&record),
        [
            triple("userName", "contoso.onmicrosoft.com", "johnsmith"),
            triple(
                "emailAddress",
                "contoso.onmicrosoft.com",
                "jsmith@yahoo.com"
            ),
            triple("federated", "facebook.com", "5eecb0cd"),
        ]
    );
    assert!(created.row.password_hash.is_some());
    let reader = world.dir.store().read(world.tenant);
    assert_eq!(
        reader
            .identity_owner("contoso.onmicrosoft.com", "johnsmith")
            .await
            .unwrap(),
        Some(id)
    );
    assert_eq!(
        reader
            .identity_owner("facebook.com", "5eecb0cd")
            .await
            .unwrap(),
        Some(id)
    );
}

#[tokio::test]
async fn one_federated_identity_and_nothing_else() {
    let world = World::new().await;
    let created = world.create(r#"{"identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"G-1"}]}"#).await.unwrap();
    assert_eq!(names(&created.set), ["identities"]);
    assert_eq!(created.row.password_hash, None);
    let record = world.record(created.row.id).await;
    assert_eq!(record.get(&user::DISPLAY_NAME), None);
    assert_eq!(record.get(&user::PASSWORD_PROFILE), None);
    assert_eq!(record.get(&user::LAST_PASSWORD_CHANGE_DATE_TIME), None);
    assert_eq!(record.get(&user::CREATION_TYPE), None);
    assert_eq!(
        identities(&record),
        [triple("federated", "google.com", "G-1")]
    );
    assert!(
        created.row.brief.contains(r#""displayName":null"#),
        "{}",
        created.row.brief
    );
}

#[tokio::test]
async fn other_accepted_users() {
    let world = World::new().await;
    for (number, more) in [
        r#""usageLocation":"DE","preferredLanguage":"de-CH","ageGroup":"Minor","consentProvidedForMinor":"Granted""#,
        r#""businessPhones":["+1 425 555 0109"],"otherMails":["Other@Bücher.example","second@fabrikam.example"]"#,
        r#""mail":"someone+tag@fabrikam.example","userType":"Member","passwordPolicies":"None""#,
        r#""passwordPolicies":"DisablePasswordExpiration, DisableStrongPassword""#,
        r#""aboutMe":"Two\nlines","skills":["Rust"],"streetAddress":"1 Main St\nDoor 2""#,
        r#""jobTitle":null,"userType":null,"identities":[],"mail":null,"otherMails":[]"#,
        r#""authorizationInfo":{"certificateUserIds":["X509:<PN>someone@contoso.com"]}"#,
        r#""employeeOrgData":{"division":"North"},"onPremisesExtensionAttributes":{"extensionAttribute1":"x"}"#,
        r#""employeeLeaveDateTime":"2027-01-01T00:00:00Z""#,
        r#""@odata.type":"microsoft.graph.user","identities":[{"signInType":"userPrincipalName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"NAME@contoso.com"}]"#,
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("someone{number}");
        world.work_user(&name, &more.replace("NAME", &name)).await;
    }
    // A weaker password is taken where the policies say so, with a chosen name.
    let weak = work_user("weak", r#""passwordPolicies":"DisableStrongPassword""#)
        .replace("xWwvJ]6NMw+bWH-d", "lowercase-only");
    world.create(&weak).await.unwrap();
}

#[tokio::test]
async fn an_internal_guest_is_told_apart() {
    let world = World::new().await;
    let created = world.work_user("inside", r#""userType":"Guest""#).await;
    assert_eq!(created.notes, [Note::InternalGuest]);
    assert!(created.notes[0].text().is_ascii());
    assert_eq!(
        (created.row.user_type, created.row.state),
        (Some(UserType::Guest), None)
    );
    assert_eq!(created.record.get(&user::CREATION_TYPE), None);
}

#[tokio::test]
async fn a_federated_domain_asks_for_the_immutable_id() {
    let world = World::new().await;
    let with =
        |more: &str| work_user("fed", more).replace("fed@contoso.com", "fed@Federated.example");
    let before = world.fingerprint().await;
    crate::world::refused(
        &world,
        &before,
        world.create(&with("")).await,
        "onPremisesImmutableId",
        "without",
    )
    .await;
    let created = world
        .create(&with(r#""onPremisesImmutableId":"abc==""#))
        .await
        .unwrap();
    assert_eq!(created.row.immutable_id.as_deref(), Some("abc=="));
    let before = world.fingerprint().await;
    let twin = work_user("twin", r#""onPremisesImmutableId":"abc==""#);
    crate::world::refused(
        &world,
        &before,
        world.create(&twin).await,
        "ImmutableId",
        "twin",
    )
    .await;
}

#[tokio::test]
async fn mail_becomes_the_primary_proxy_and_all_addresses_share_one_space() {
    let world = World::new().await;
    let created = world
        .work_user(
            "first",
            r#""mail":"First@Bücher.example","otherMails":["alias@fabrikam.example"]"#,
        )
        .await;
    let record = &created.record;
    assert_eq!(
        record.text(&user::MAIL),
        Some("First@xn--bcher-kva.example")
    );
    assert_eq!(
        record.texts(&user::PROXY_ADDRESSES).collect::<Vec<_>>(),
        ["SMTP:First@xn--bcher-kva.example"]
    );
    let reader = world.dir.store().read(world.tenant);
    let owner = reader
        .address_owner("first@xn--bcher-kva.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (owner.object, owner.uses),
        (created.row.id, AddressUses::MAIL.and(AddressUses::PROXY))
    );

    let before = world.fingerprint().await;
    let check = async |name: &str, more: &str, expected: &str| {
        let result = world.create(&work_user(name, more)).await;
        let Err(Refusal::Taken { owner, .. }) = &result else {
            panic!("{name} {more}: {result:?}")
        };
        assert_eq!(*owner, Some(created.row.id));
        crate::world::refused(&world, &before, result, expected, more).await;
    };
    check("FIRST", "", "UserPrincipalName").await;
    check(
        "second",
        r#""mail":"FIRST@bücher.EXAMPLE""#,
        "ProxyAddresses",
    )
    .await;
    check(
        "second",
        r#""mail":"ALIAS@fabrikam.example""#,
        "ProxyAddresses",
    )
    .await;
    check("second", r#""mail":"first@contoso.com""#, "ProxyAddresses").await;
    check(
        "second",
        r#""otherMails":["x@fabrikam.example","first@xn--bcher-kva.example"]"#,
        "ProxyAddresses",
    )
    .await;

    // A userPrincipalName that is somebody's mail (T-56).
    world
        .work_user("third", r#""mail":"wanted@contoso.com""#)
        .await;
    let before = world.fingerprint().await;
    crate::world::refused(
        &world,
        &before,
        world.create(&work_user("Wanted", "")).await,
        "UserPrincipalName",
        "wanted",
    )
    .await;
}

#[tokio::test]
async fn identities_are_unique() {
    let world = World::new().await;
    world.create(JOHN).await.unwrap();
    let before = world.fingerprint().await;
    let twin = |issuer: &str, assigned: &str| {
        format!(
            r#"{{"identities":[{{"signInType":"federated","issuer":"{issuer}","issuerAssignedId":"{assigned}"}}]}}"#
        )
    };
    crate::world::refused(
        &world,
        &before,
        world.create(&twin("Facebook.com", "5eecb0cd")).await,
        "Identities",
        "same",
    )
    .await;
    let local = JOHN
        .replace("johnsmith", "JohnSmith")
        .replace("jsmith", "other")
        .replace("5eecb0cd", "2");
    crate::world::refused(
        &world,
        &before,
        world.create(&local).await,
        "Identities",
        "caseless user name",
    )
    .await;
    // What a provider assigned is another identity in another spelling.
    world
        .create(&twin("facebook.com", "5EECB0CD"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_creation_leaves_one_audit_record_and_one_change() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let created = world.create(ADELE).await.unwrap();
    let after = world.fingerprint().await;
    assert_ne!(before, after);
    let row = world.last_audit().await;
    assert_eq!(row.record.activity, "Add user");
    assert_eq!(row.record.target_id, Some(created.row.id));
    assert_eq!(row.record.request_id, Some(world.app().request_id));
    assert!(
        row.record.details.contains("displayName")
            && !row.record.details.contains("Adele")
            && !row.record.details.contains("xWwvJ")
    );
    let changes = world
        .dir
        .store()
        .read(world.tenant)
        .changes(0, 10)
        .await
        .unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(
        (changes[0].object_id, changes[0].kind),
        (created.row.id, store::ChangeKind::Created)
    );
    assert!(matches!(
        world.dir.verify_audit(&world.app()).await.unwrap(),
        store::AuditVerdict::Sound(_)
    ));
}

#[tokio::test]
async fn of_many_who_want_one_name_one_gets_it() {
    let world = World::new().await;
    let app = world.app();
    let wants = (0..12).map(|_| {
        let body = crate::world::body(&work_user("wanted", ""), edm::Purpose::Create);
        world.dir.create_user(&app, body)
    });
    let results = futures_util::future::join_all(wants).await;
    let winners: Vec<_> = results
        .iter()
        .flatten()
        .map(|created| created.row.id)
        .collect();
    assert_eq!(winners.len(), 1);
    let lost = Refusal::Taken {
        unique: directory::Unique::UserPrincipalName,
        owner: Some(winners[0]),
    };
    assert!(
        results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .all(|refusal| *refusal == lost)
    );
    let changes = world
        .dir
        .store()
        .read(world.tenant)
        .changes(0, 100)
        .await
        .unwrap();
    assert_eq!(changes.len(), 1);
}

/// Where no password has to be hashed, nothing is looked up before the write. Of several clashes
/// the same one is told.
#[tokio::test]
async fn the_same_clash_is_reported_with_and_without_a_password() {
    let world = World::new().await;
    let zoe = world
        .work_user("zoe", r#""mail":"zoe@fabrikam.example""#)
        .await;
    let anna = r#""mail":"anna@fabrikam.example","onPremisesImmutableId":"abc==""#;
    world.work_user("anna", anna).await;
    for (clash, owner) in [
        (
            r#""mail":"zoe@fabrikam.example","otherMails":["anna@fabrikam.example"]"#,
            Some(zoe.row.id),
        ),
        (
            r#""mail":"zoe@fabrikam.example","onPremisesImmutableId":"abc==""#,
            Some(zoe.row.id),
        ),
    ] {
        let body = work_user("third", clash);
        let told = world.create(&body).await.unwrap_err();
        assert!(
            matches!(told, Refusal::Taken { owner: told, .. } if told == owner),
            "{told:?}"
        );
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body.as_object_mut().unwrap().remove("passwordProfile");
        body["identities"] = serde_json::json!([{
            "signInType": "federated", "issuer": "idp.fabrikam.example", "issuerAssignedId": "third"
        }]);
        let before = world.fingerprint().await;
        let result = world.create(&body.to_string()).await;
        assert_eq!(result.as_ref().unwrap_err(), &told, "{clash}");
        crate::world::refused(&world, &before, result, "ProxyAddresses", clash).await;
    }
}
