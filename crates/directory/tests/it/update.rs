//! PATCH /users/{key}.

use directory::{Condition, PasswordRule, Refusal, UserKey};
use edm::complex::password_profile::FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN;
use edm::{Purpose, user};
use uuid::Uuid;

use crate::world::{World, body, core, refused, work_user};

const LOCAL: &str = r#"{"displayName":"Local","identities":[{"signInType":"userName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"local"}],
    "passwordProfile":{"password":"password-value"},"passwordPolicies":"DisablePasswordExpiration"}"#;

#[tokio::test]
async fn absent_stays_null_clears_collections_are_replaced() {
    let world = World::new().await;
    let more = r#""jobTitle":"Engineer","city":"Bern","businessPhones":["1"],"onPremisesExtensionAttributes":{"extensionAttribute1":"a","extensionAttribute2":"b"}"#;
    let id = world.work_user("AdeleV", more).await.row.id;
    let version = world
        .update(id, r#"{"JOBTITLE":"Lead","city":null,"businessPhones":[],"onPremisesExtensionAttributes":{"extensionAttribute2":"c"}}"#)
        .await;
    assert_eq!(version, Ok(2));
    let record = world.record(id).await;
    assert_eq!(record.text(&user::JOB_TITLE), Some("Lead"));
    assert_eq!(record.text(&user::CITY), None);
    assert!(record.list(&user::BUSINESS_PHONES).is_empty());
    assert_eq!(record.text(&user::DISPLAY_NAME), Some("AdeleV"));
    let attributes = record
        .complex(&user::ON_PREMISES_EXTENSION_ATTRIBUTES)
        .unwrap();
    let values: Vec<_> = attributes
        .iter()
        .map(|(property, value)| (property.name(), value.as_text().unwrap()))
        .collect();
    assert_eq!(
        values,
        [("extensionAttribute1", "a"), ("extensionAttribute2", "c")]
    );
}

#[tokio::test]
async fn a_change_is_audited_by_name_and_one_that_changes_nothing_is_none() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", r#""city":"Bern""#).await.row.id;
    assert_eq!(
        world
            .update(
                id,
                r#"{"city":"Thun","passwordProfile":{"password":"another-Xq7-one"}}"#
            )
            .await,
        Ok(2)
    );
    let row = world.last_audit().await;
    assert_eq!(
        (row.record.activity.as_str(), row.record.target_id),
        ("Update user", Some(id))
    );
    assert_eq!(
        row.record.details,
        r#"{"properties":["city","passwordProfile"]}"#
    );
    let before = world.fingerprint().await;
    for same in [
        "{}",
        r#"{"city":"Thun"}"#,
        r#"{"jobTitle":null,"otherMails":[],"displayName":"AdeleV"}"#,
        r#"{"onPremisesExtensionAttributes":{"extensionAttribute1":null}}"#,
    ] {
        assert_eq!(world.update(id, same).await, Ok(2), "{same}");
        assert_eq!(world.fingerprint().await, before, "{same}");
    }
}

/// A folder of a newer build, or a definition that is gone: what this build does not know stays in
/// the database through its changes, and hinders nothing.
#[tokio::test]
async fn what_no_schema_knows_outlives_a_change() {
    let world = World::new().await;
    let more = r#""city":"Bern","employeeOrgData":{"division":"Sales"}"#;
    let mut row = world.work_user("AdeleV", more).await.row;
    row.rest = row.rest.replace(r#""Sales""#, r#""Sales","newer":[1]"#) + r#","shoes":{"size":43}"#;
    let store = world.dir.store();
    let keys = store::ObjectKeys::of_user(&world.dir.record(&world.app(), &row).unwrap());
    let newer = (row, keys);
    let id = newer.0.id;
    let written = store.write(world.tenant, newer, |tx, (row, keys)| {
        Box::pin(async move { tx.replace_user(row, keys, core()).await })
    });
    assert_eq!(written.await, Ok::<_, store::StoreError>(true));
    let change = r#"{"city":"Thun","employeeOrgData":{"division":null}}"#;
    assert_eq!(world.update(id, change).await, Ok(3));
    let reader = store.read(world.tenant);
    let row = reader.user(id).await.unwrap().unwrap();
    assert!(
        row.rest.contains(r#""city":"Thun""#)
            && row.rest.contains(r#""employeeOrgData":{"newer":[1]}"#)
            && row.rest.ends_with(r#","shoes":{"size":43}"#),
        "{}",
        row.rest
    );
    // A condition that only the document decides, on every user there is.
    let ends = odata::filter::Node::Text {
        path: odata::filter::Path {
            origin: odata::filter::Origin::Object,
            steps: vec![(&user::CITY).into()],
        },
        how: odata::filter::Matching::EndsWith,
        text: "un".to_owned(),
    };
    let query = store::Query {
        filter: odata::filter::Filter::new(vec![ends]),
        limit: 9,
        ..store::Query::default()
    };
    let found = reader
        .find(store::UserRow::among(store::Users::Live), query)
        .await
        .unwrap()
        .rows;
    assert_eq!(found.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    let actor = world.app();
    let shown = world.dir.user(&actor, &UserKey::Id(id)).await.unwrap();
    let record = world.dir.record(&actor, &shown).unwrap();
    let core = edm::Entity::core(&user::TYPE);
    let shown = edm::document::default_set(&record, core, edm::Version::Beta).object();
    assert!(
        !shown.contains("newer") && !shown.contains("shoes"),
        "{shown}"
    );
    let exported = world
        .dir
        .export_users(&actor, None, 9, false)
        .await
        .unwrap();
    assert!(!exported[0].document.contains("newer"));
    assert!(!exported[0].document.contains("shoes"));
}

#[tokio::test]
async fn refused_values_change_nothing() {
    let world = World::new().await;
    let id = world
        .work_user(
            "AdeleV",
            r#""usageLocation":"DE","mail":"adele@fabrikam.example""#,
        )
        .await
        .row
        .id;
    world
        .work_user("other", r#""mail":"other@fabrikam.example""#)
        .await;
    let before = world.fingerprint().await;
    let check = async |text: &str, expected: &str| {
        refused(
            &world,
            &before,
            world.update(id, text).await,
            expected,
            text,
        )
        .await;
    };
    for member in [
        "displayName",
        "accountEnabled",
        "mailNickname",
        "userPrincipalName",
        "userType",
        "passwordProfile",
    ] {
        check(&format!(r#"{{"{member}":null}}"#), &format!("\"{member}\"")).await;
    }
    check(r#"{"displayName":" "}"#, "\"displayName\"").await;
    check(r#"{"identities":[]}"#, "\"identities\"").await;
    check(r#"{"usageLocation":"de"}"#, "\"usageLocation\"").await;
    check(r#"{"passwordPolicies":"Never"}"#, "\"passwordPolicies\"").await;
    check(r#"{"mail":"no address"}"#, "\"mail\"").await;
    check(r#"{"mail":"Other@fabrikam.example"}"#, "ProxyAddresses").await;
    check(r#"{"otherMails":["other@contoso.com"]}"#, "ProxyAddresses").await;
    check(
        r#"{"userPrincipalName":"OTHER@contoso.com"}"#,
        "UserPrincipalName",
    )
    .await;
    check(
        r#"{"userPrincipalName":"other@fabrikam.example"}"#,
        "Domain",
    )
    .await;
    check(
        r#"{"userPrincipalName":"new@federated.example"}"#,
        "onPremisesImmutableId",
    )
    .await;
    check(
        r#"{"userPrincipalName":"new#EXT#@contoso.com"}"#,
        "Malformed",
    )
    .await;
    check(r#"{"userPrincipalName":"n w@contoso.com"}"#, "Malformed").await;
    check(r#"{"passwordProfile":{"password":"short"}}"#, "TooShort").await;
    check(
        r#"{"city":"Bern","passwordProfile":{"password":"Password1"}}"#,
        "Common",
    )
    .await;
    // Everything of a request or nothing.
    check(
        r#"{"city":"Bern","mail":"other@fabrikam.example"}"#,
        "ProxyAddresses",
    )
    .await;
    let nobody = world.update(Uuid::from_u128(5), r#"{"city":"Bern"}"#).await;
    refused(&world, &before, nobody, "NotFound", "nobody").await;
}

#[tokio::test]
async fn a_new_name_moves_the_account() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    world
        .update(id, r#"{"userPrincipalName":"Adele.Vance@contoso.com"}"#)
        .await
        .unwrap();
    let of = async |key: &str| {
        world
            .dir
            .user(&world.app(), &UserKey::parse(key))
            .await
            .map(|row| row.id)
    };
    assert_eq!(of("adele.vance@contoso.com").await, Ok(id));
    assert!(matches!(
        of("AdeleV@contoso.com").await,
        Err(Refusal::NotFound { .. })
    ));
    assert!(
        world
            .dir
            .user(&world.app(), &UserKey::Id(id))
            .await
            .unwrap()
            .doc()
            .contains(r#""issuerAssignedId":"Adele.Vance@contoso.com""#)
    );
    let reader = world.dir.store().read(world.tenant);
    assert_eq!(
        reader
            .identity_owner("contoso.onmicrosoft.com", "adele.vance@contoso.com")
            .await
            .unwrap(),
        Some(id)
    );
    assert_eq!(
        reader
            .identity_owner("contoso.onmicrosoft.com", "adelev@contoso.com")
            .await
            .unwrap(),
        None
    );
    // The old name is free, and case alone may change.
    world.work_user("AdeleV", "").await;
    world
        .update(id, r#"{"userPrincipalName":"ADELE.Vance@contoso.com"}"#)
        .await
        .unwrap();
    assert_eq!(of("adele.vance@contoso.com").await, Ok(id));
    world
        .update(
            id,
            r#"{"userPrincipalName":"adele@federated.example","onPremisesImmutableId":"abc"}"#,
        )
        .await
        .unwrap();
    let before = world.fingerprint().await;
    refused(
        &world,
        &before,
        world.update(id, r#"{"onPremisesImmutableId":null}"#).await,
        "onPremisesImmutableId",
        "cleared",
    )
    .await;
    let reset = world
        .update(id, r#"{"passwordProfile":{"password":"another-Xq7-one"}}"#)
        .await;
    refused(&world, &before, reset, "\"passwordProfile\"", "federated").await;
}

#[tokio::test]
async fn a_new_mail_moves_the_primary_proxy() {
    let world = World::new().await;
    let id = world
        .work_user("AdeleV", r#""mail":"a@fabrikam.example""#)
        .await
        .row
        .id;
    world
        .update(id, r#"{"mail":"b@fabrikam.example"}"#)
        .await
        .unwrap();
    let record = world.record(id).await;
    assert_eq!(
        record.texts(&user::PROXY_ADDRESSES).collect::<Vec<_>>(),
        ["SMTP:b@fabrikam.example", "smtp:a@fabrikam.example"]
    );
    let before = world.fingerprint().await;
    let taken = world
        .create(&work_user("second", r#""mail":"A@fabrikam.example""#))
        .await;
    refused(
        &world,
        &before,
        taken,
        "ProxyAddresses",
        "the old one is an alias",
    )
    .await;
    world.update(id, r#"{"mail":null}"#).await.unwrap();
    assert_eq!(
        world
            .record(id)
            .await
            .texts(&user::PROXY_ADDRESSES)
            .collect::<Vec<_>>(),
        ["smtp:a@fabrikam.example"]
    );
    world
        .work_user("third", r#""mail":"b@fabrikam.example""#)
        .await;
}

#[tokio::test]
async fn a_reset_replaces_the_password() {
    let world = World::new().await;
    let created = world.work_user("AdeleV", "").await;
    let id = created.row.id;
    world.advance(60);
    world.update(id, r#"{"passwordProfile":{"password":"another-Xq7-one","forceChangePasswordNextSignIn":false}}"#).await.unwrap();
    let row = world
        .dir
        .user(&world.app(), &UserKey::Id(id))
        .await
        .unwrap();
    assert_ne!(row.password_hash, created.row.password_hash);
    assert!(!row.doc().contains("another"));
    let record = world.record(id).await;
    let later = Some("2026-03-01T09:01:00Z".parse().unwrap());
    assert_eq!(record.instant(&user::LAST_PASSWORD_CHANGE_DATE_TIME), later);
    assert_eq!(
        record.instant(&user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME),
        later
    );
    let forces = |record: &edm::Record| {
        record
            .complex(&user::PASSWORD_PROFILE)
            .unwrap()
            .bool(&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN)
    };
    assert_eq!(forces(&record), Some(false));
    world
        .update(id, r#"{"passwordProfile":{"password":"yet-Another-7q"}}"#)
        .await
        .unwrap();
    assert_eq!(forces(&world.record(id).await), Some(true));
    world
        .update(
            id,
            r#"{"passwordProfile":{"forceChangePasswordNextSignIn":false}}"#,
        )
        .await
        .unwrap();
    assert_eq!(forces(&world.record(id).await), Some(false));
    // The rules look at the name that the account has after the change.
    let result = world.update(id, r#"{"userPrincipalName":"renamed@contoso.com","passwordProfile":{"password":"xq-Renamed-77"}}"#).await;
    assert_eq!(
        result,
        Err(Refusal::Password {
            broken: vec![PasswordRule::ContainsName]
        })
    );
}

#[tokio::test]
async fn local_accounts_keep_their_rules() {
    let world = World::new().await;
    let id = world.create(LOCAL).await.unwrap().row.id;
    let before = world.fingerprint().await;
    let check = async |text: &str, expected: &str| {
        refused(
            &world,
            &before,
            world.update(id, text).await,
            expected,
            text,
        )
        .await;
    };
    check(r#"{"passwordPolicies":null}"#, "\"passwordPolicies\"").await;
    check(
        r#"{"passwordProfile":{"password":"password-value","forceChangePasswordNextSignIn":true}}"#,
        "\"passwordProfile\"",
    )
    .await;
    check(r#"{"passwordProfile":{"password":"password1"}}"#, "Common").await;
    world
        .update(
            id,
            r#"{"passwordProfile":{"password":"other-password-value"}}"#,
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn identities_are_replaced_whole() {
    let world = World::new().await;
    let own = r#"{"signInType":"userPrincipalName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"AdeleV@contoso.com"}"#;
    let federated = r#"{"signInType":"federated","issuer":"google.com","issuerAssignedId":"G-1"}"#;
    let local = r#"{"signInType":"userName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"second"}"#;
    let id = world.work_user("AdeleV", "").await.row.id;
    let with = |list: &str| format!(r#"{{"identities":[{list}]}}"#);
    let before = world.fingerprint().await;
    refused(
        &world,
        &before,
        world.update(id, &with(federated)).await,
        "\"identities\"",
        "without the own one",
    )
    .await;
    refused(
        &world,
        &before,
        world.update(id, &with(&format!("{own},{local}"))).await,
        "\"identities\"",
        "a first local one",
    )
    .await;
    refused(
        &world,
        &before,
        world
            .update(
                id,
                &with(&own.replace("AdeleV@contoso.com", "x@fabrikam.example")),
            )
            .await,
        "Domain",
        "foreign",
    )
    .await;
    world
        .update(id, &with(&format!("{own},{federated}")))
        .await
        .unwrap();
    let reader = world.dir.store().read(world.tenant);
    assert_eq!(
        reader.identity_owner("google.com", "G-1").await.unwrap(),
        Some(id)
    );
    // Writing the entry writes the name.
    world
        .update(id, &with(&own.replace("AdeleV@", "Vance@")))
        .await
        .unwrap();
    assert_eq!(
        world.record(id).await.text(&user::USER_PRINCIPAL_NAME),
        Some("Vance@contoso.com")
    );
    assert_eq!(
        reader.identity_owner("google.com", "G-1").await.unwrap(),
        None
    );
    // Where the server made the name, its identity is implied and need not be sent.
    let id = world.create(LOCAL).await.unwrap().row.id;
    world.update(id, &with(local)).await.unwrap();
    assert_eq!(
        reader
            .identity_owner("contoso.onmicrosoft.com", "second")
            .await
            .unwrap(),
        Some(id)
    );
}

#[tokio::test]
async fn if_match() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    let patch = async |condition: Condition, city: &str| {
        let text = format!(r#"{{"city":"{city}"}}"#);
        world
            .dir
            .update_user(
                &world.app(),
                &UserKey::Id(id),
                body(&text, Purpose::Update),
                condition,
            )
            .await
            .map(|row| row.version)
    };
    assert_eq!(patch(Condition::OneOf(vec![1]), "Bern").await, Ok(2));
    let before = world.fingerprint().await;
    for versions in [vec![1], vec![], vec![3, 4]] {
        let result = patch(Condition::OneOf(versions), "Thun").await;
        refused(
            &world,
            &before,
            result,
            "VersionMismatch { found: 2 }",
            "stale",
        )
        .await;
    }
    assert_eq!(patch(Condition::OneOf(vec![1, 2]), "Thun").await, Ok(3));
    assert_eq!(patch(Condition::Any, "Biel").await, Ok(4));
}

/// A name that changes in case only is the same name in the same domain, which goes on asking for
/// the immutable id.
#[tokio::test]
async fn a_federated_user_keeps_the_immutable_id_whatever_the_spelling() {
    let world = World::new().await;
    let id = world.work_user("AdeleV", "").await.row.id;
    world
        .update(
            id,
            r#"{"userPrincipalName":"adele@federated.example","onPremisesImmutableId":"abc"}"#,
        )
        .await
        .unwrap();
    let before = world.fingerprint().await;
    for text in [
        r#"{"onPremisesImmutableId":null}"#,
        r#"{"userPrincipalName":"ADELE@federated.example","onPremisesImmutableId":null}"#,
        r#"{"userPrincipalName":"bob@federated.example","onPremisesImmutableId":null}"#,
    ] {
        refused(
            &world,
            &before,
            world.update(id, text).await,
            "onPremisesImmutableId",
            text,
        )
        .await;
    }
}
