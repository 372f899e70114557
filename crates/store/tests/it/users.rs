use crate::fixtures::{OTHER, TENANT, at, core, id, keys, store, user, write};
use jiff::Timestamp;
use store::{
    AddressOwner, AddressStanding, AddressUses, AppRow, Conflict, Identity, ObjectKeys, Page,
    Query, StoreError, UserBrief, UserRow, Users,
};
use uuid::Uuid;

#[tokio::test]
async fn insert_read_replace_delete() {
    let store = store().await;
    let row = UserRow {
        password_hash: Some("$argon2id$".into()),
        immutable_id: Some("im".into()),
        ..user(1)
    };
    write!(store, TENANT, row.clone(), tx, row => tx.insert_user(row, &keys()).await).unwrap();
    let reader = store.read(TENANT);
    assert_eq!(reader.user(id(1)).await.unwrap().unwrap(), row);

    let changed = UserRow {
        rest: "\"city\":\"Oslo\"".into(),
        enabled: false,
        ..row.clone()
    };
    assert!(
        write!(store, TENANT, changed.clone(), tx, row => tx.replace_user(row, &keys(), core()).await)
            .unwrap()
    );
    let read = reader.user(id(1)).await.unwrap().unwrap();
    assert_eq!(
        read,
        UserRow {
            version: 2,
            ..changed.clone()
        }
    );
    // The version that was read is not the one that stands there any more.
    assert!(
        !write!(store, TENANT, changed, tx, row => tx.replace_user(row, &keys(), core()).await)
            .unwrap()
    );

    assert!(write!(store, tx => tx.soft_delete_user(id(1), at(9)).await).unwrap());
    assert!(!write!(store, tx => tx.soft_delete_user(id(1), at(10)).await).unwrap());
    assert_eq!(reader.user(id(1)).await.unwrap(), None);
    let deleted = reader.deleted_user(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (deleted.deleted_at, deleted.version, deleted.immutable_id),
        (Some(at(9)), 3, None)
    );
}

/// `createdDateTime` is kept to 100 nanoseconds in the texts, and to a microsecond in the column
/// that codes stand for.
#[tokio::test]
async fn an_instant_finer_than_its_column_stays_what_it_was() {
    let store = store().await;
    let instants = [
        "2024-01-02T03:04:05.1234567Z",
        "2024-01-02T03:04:05.123456Z",
        "1969-12-31T23:59:59.9999999Z",
        "1969-12-31T23:59:59.1234567Z",
        "0001-01-01T00:00:00.0000001Z",
        "9999-12-30T21:59:59.9999999Z",
    ];
    for (n, text) in (1..).zip(instants) {
        let created_at: Timestamp = text.parse().unwrap();
        let row = UserRow {
            created_at,
            brief: format!("\"id\":\"{}\"", id(n)),
            rest: format!("\"createdDateTime\":\"{text}\""),
            ..user(n)
        };
        write!(store, TENANT, row.clone(), tx, row => tx.insert_user(row, &keys()).await).unwrap();
        let read = store.read(TENANT).user(id(n)).await.unwrap().unwrap();
        assert_eq!((&read.brief, &read.rest), (&row.brief, &row.rest));
        // As a change has it: from the row that was read.
        write!(store, TENANT, read.clone(), tx, row => tx.replace_user(row, &keys(), core()).await)
            .unwrap();
        let read = store.read(TENANT).user(id(n)).await.unwrap().unwrap();
        assert_eq!((&read.brief, &read.rest), (&row.brief, &row.rest));
    }
}

/// The keys of a user with this userPrincipalName and another mail.
fn named(upn: &str) -> ObjectKeys {
    let mut record = edm::Record::new();
    record.set(&edm::user::USER_PRINCIPAL_NAME, upn.to_owned());
    record.set(&edm::user::MAIL, format!("mail-of-{upn}"));
    ObjectKeys::of_user(&record)
}

#[tokio::test]
async fn a_user_is_found_by_their_name() {
    let store = store().await;
    let app = AppRow {
        client_id: id(3),
        object_id: id(4),
        display_name: "dev".into(),
        secret_hash: None,
        permissions: "[]".into(),
        enabled: true,
        created_at: at(0),
    };
    write!(store, TENANT, app.clone(), tx, app => {
        tx.add_app(app).await?;
        tx.insert_user(&user(1), &named("A@x.example")).await?;
        tx.insert_user(&user(2), &named("b@x.example")).await
    })
    .unwrap();
    let reader = store.read(TENANT);
    let check = async |key: &str, expected: Option<Uuid>| {
        let found = reader.user_by_upn(key).await.unwrap();
        assert_eq!(found.map(|row| row.id), expected, "{key}");
        let (state, found) = reader
            .app_and_user_by_upn(app.client_id, key)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(state.object_id, app.object_id);
        assert_eq!(found.map(|row| row.id), expected, "{key}, with the app");
    };
    check("a@x.example", Some(id(1))).await;
    check("b@x.example", Some(id(2))).await;
    // A mail is no sign-in name.
    check("mail-of-b@x.example", None).await;
    check("", None).await;
    assert!(write!(store, tx => tx.soft_delete_user(id(2), at(9)).await).unwrap());
    check("b@x.example", None).await;
    let found = reader.app_and_user_by_upn(id(77), "a@x.example").await;
    assert_eq!(found.unwrap(), None, "no such app");
    assert_eq!(
        store.read(OTHER).user_by_upn("a@x.example").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let store = store().await;
    write!(store, tx => {
        tx.insert_user(&user(1), &keys()).await?;
        tx.claim_addresses(id(1), &[("a@x.example", AddressUses::UPN)]).await
    })
    .unwrap();
    let other = store.read(OTHER);
    assert_eq!(other.user(id(1)).await.unwrap(), None);
    assert_eq!(other.user_by_upn("a@x.example").await.unwrap(), None);
    assert_eq!(other.address_owner("a@x.example").await.unwrap(), None);
    assert!(
        other
            .users(Page {
                after: None,
                limit: 10
            })
            .await
            .unwrap()
            .is_empty()
    );
    // And may have the same id and address.
    write!(store, OTHER, (), tx, _none => {
        tx.insert_user(&user(1), &keys()).await?;
        tx.claim_addresses(id(1), &[("a@x.example", AddressUses::UPN)]).await
    })
    .unwrap();
    assert!(
        !write!(store, OTHER, (), tx, _none => tx.soft_delete_user(id(2), at(0)).await).unwrap()
    );
}

#[tokio::test]
async fn conflicts_name_the_owner() {
    let store = store().await;
    let identity = |assigned: &str| Identity {
        issuer: "google.example".into(),
        assigned: assigned.into(),
        sign_in_type: "federated".into(),
    };
    write!(store, TENANT, identity("g1"), tx, identity => {
        tx.insert_user(&UserRow { immutable_id: Some("im".into()), ..user(1) }, &keys()).await?;
        tx.claim_addresses(id(1), &[("a@x.example", AddressUses::UPN)]).await?;
        tx.claim_identities(id(1), std::slice::from_ref(identity)).await
    })
    .unwrap();
    let refused = |conflict| Err::<(), _>(StoreError::Conflict(conflict));
    assert_eq!(
        write!(store, tx => tx.insert_user(&user(1), &keys()).await),
        refused(Conflict::Id)
    );
    let same = UserRow {
        immutable_id: Some("im".into()),
        ..user(2)
    };
    let owner = id(1);
    assert_eq!(
        write!(store, TENANT, same.clone(), tx, row => tx.insert_user(row, &keys()).await),
        refused(Conflict::ImmutableId { owner })
    );
    write!(store, tx => tx.insert_user(&user(2), &keys()).await).unwrap();
    assert_eq!(
        write!(store, TENANT, same, tx, row => tx.replace_user(row, &keys(), core()).await.map(drop)),
        refused(Conflict::ImmutableId { owner })
    );
    assert_eq!(
        write!(store, tx => tx.claim_addresses(id(2), &[("a@x.example", AddressUses::MAIL)]).await),
        refused(Conflict::Address {
            key: "a@x.example".into(),
            owner
        })
    );
    assert_eq!(
        write!(store, TENANT, identity("g1"), tx, identity => {
            tx.claim_identities(id(2), std::slice::from_ref(identity)).await
        }),
        refused(Conflict::Identity {
            issuer: "google.example".into(),
            assigned: "g1".into(),
            owner
        })
    );
    // What the owner lets go of is free.
    write!(store, tx => tx.soft_delete_user(id(1), at(1)).await.map(drop)).unwrap();
    write!(store, TENANT, identity("g1"), tx, identity => {
        tx.claim_addresses(id(2), &[("a@x.example", AddressUses::MAIL)]).await?;
        tx.claim_identities(id(2), std::slice::from_ref(identity)).await
    })
    .unwrap();
    assert_eq!(
        store
            .read(TENANT)
            .identity_owner("google.example", "g1")
            .await
            .unwrap(),
        Some(id(2))
    );
}

/// What an object claims in the write that makes it meets the same constraints, and goes with it.
#[tokio::test]
async fn first_claims_conflict_alike() {
    let store = store().await;
    let identity = |assigned: &str| Identity {
        issuer: "google.example".into(),
        assigned: assigned.into(),
        sign_in_type: "federated".into(),
    };
    write!(store, TENANT, identity("g1"), tx, identity => {
        tx.insert_user(&user(1), &keys()).await?;
        tx.claim_first(id(1), &[("a@x.example", AddressUses::UPN)], std::slice::from_ref(identity)).await
    })
    .unwrap();
    let (owner, refused) = (id(1), |conflict| {
        Err::<(), _>(StoreError::Conflict(conflict))
    });
    let first = |address: &'static str, assigned: &str| (address, identity(assigned));
    for (wanted, conflict) in [
        (
            first("a@x.example", "g2"),
            Conflict::Address {
                key: "a@x.example".into(),
                owner,
            },
        ),
        (
            first("b@x.example", "g1"),
            Conflict::Identity {
                issuer: "google.example".into(),
                assigned: "g1".into(),
                owner,
            },
        ),
    ] {
        let made = write!(store, TENANT, wanted, tx, wanted => {
            tx.insert_user(&user(3), &keys()).await?;
            let uses = [(wanted.0, AddressUses::MAIL), (wanted.0, AddressUses::PROXY)];
            tx.claim_first(id(3), &uses, std::slice::from_ref(&wanted.1)).await
        });
        assert_eq!(made, refused(conflict));
        assert_eq!(store.read(TENANT).user(id(3)).await.unwrap(), None);
    }
    write!(store, TENANT, first("b@x.example", "g2"), tx, wanted => {
        tx.insert_user(&user(3), &keys()).await?;
        let uses = [(wanted.0, AddressUses::MAIL), (wanted.0, AddressUses::PROXY)];
        tx.claim_first(id(3), &uses, std::slice::from_ref(&wanted.1)).await
    })
    .unwrap();
    let held = store
        .read(TENANT)
        .address_owner("b@x.example")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (held.object, held.uses),
        (id(3), AddressUses::MAIL.and(AddressUses::PROXY))
    );
    assert_eq!(
        store
            .read(TENANT)
            .identity_owner("google.example", "g2")
            .await
            .unwrap(),
        Some(id(3))
    );
}

#[tokio::test]
async fn claims_are_the_whole_set() {
    let store = store().await;
    write!(store, tx => {
        tx.insert_user(&user(1), &keys()).await?;
        let both = [("a@x.example", AddressUses::UPN), ("b@x.example", AddressUses::MAIL), ("a@x.example", AddressUses::MAIL)];
        tx.claim_addresses(id(1), &both).await
    })
    .unwrap();
    let reader = store.read(TENANT);
    let held = |uses| {
        Some(AddressOwner {
            object: id(1),
            uses,
            standing: AddressStanding::Stated,
        })
    };
    assert_eq!(
        reader.address_owner("a@x.example").await.unwrap(),
        held(AddressUses::UPN.and(AddressUses::MAIL))
    );
    assert_eq!(reader.user_at("b@x.example").await.unwrap(), None);
    assert_eq!(reader.address_claim("b@x.example").await.unwrap(), None);
    write!(store, tx => tx.stand_address(id(1), "b@x.example", AddressStanding::Proven).await)
        .unwrap();
    assert_eq!(
        reader.user_at("b@x.example").await.unwrap().unwrap().id,
        id(1)
    );

    let next = [
        ("a@x.example", AddressUses::PROXY),
        ("c@x.example", AddressUses::UPN),
    ];
    write!(store, TENANT, next, tx, next => tx.claim_addresses(id(1), next).await).unwrap();
    let cases = [
        ("a@x.example", held(AddressUses::PROXY)),
        ("b@x.example", None),
        ("c@x.example", held(AddressUses::UPN)),
    ];
    for (key, expected) in cases {
        assert_eq!(reader.address_owner(key).await.unwrap(), expected, "{key}");
    }
}

/// Two state the same address never, two have a claim to it never; whoever has a claim does not
/// mind who states it.
#[tokio::test]
async fn a_stated_address_stands_in_nobodys_way() {
    let store = store().await;
    let key = "v@x.example";
    write!(store, tx => {
        for n in 1..=4 {
            tx.insert_user(&user(n), &keys()).await?;
        }
        tx.claim_addresses(id(1), &[("v@x.example", AddressUses::OTHER)]).await
    })
    .unwrap();
    let taken = |owner| {
        let key = key.to_owned();
        let owner = id(owner);
        Err(StoreError::Conflict(Conflict::Address { key, owner }))
    };
    let uses = [(key, AddressUses::MAIL)];
    // Stated twice: no.
    let twice = write!(store, TENANT, uses, tx, uses => tx.claim_addresses(id(2), uses).await);
    assert_eq!(twice, taken(1));
    // Invited where somebody states it: yes, once.
    write!(store, TENANT, uses, tx, uses => tx.claim_invited(id(2), "v@x.example", uses, &[]).await)
        .unwrap();
    let second = write!(store, TENANT, uses, tx, uses => {
        tx.claim_invited(id(3), "v@x.example", uses, &[]).await
    });
    assert_eq!(second, taken(2));
    // Stated where somebody has a claim: no. What was stated before stays, also when the rest
    // changes.
    let stated = write!(store, TENANT, uses, tx, uses => tx.claim_first(id(4), uses, &[]).await);
    assert_eq!(stated, taken(2));
    let changed = [
        (key, AddressUses::OTHER),
        ("w@x.example", AddressUses::MAIL),
    ];
    write!(store, TENANT, changed, tx, all => tx.claim_addresses(id(1), all).await).unwrap();
    let reader = store.read(TENANT);
    let holders = reader.address_holders(key).await.unwrap();
    let found: Vec<_> = holders
        .iter()
        .map(|own| (own.object, own.standing))
        .collect();
    let invited = (id(2), AddressStanding::InvitedAt);
    assert_eq!(found, [invited, (id(1), AddressStanding::Stated)]);
    // The claim is given up only where the other holder allows it, and nobody else gets it.
    let stands = |n: u128, standing| (n, standing);
    for ((n, standing), expected) in [
        (stands(2, AddressStanding::Stated), taken(1)),
        (stands(1, AddressStanding::Proven), taken(2)),
        (stands(2, AddressStanding::Proven), Ok(())),
        (stands(3, AddressStanding::Proven), taken(2)),
    ] {
        let done = write!(store, TENANT, (n, standing), tx, with => {
            tx.stand_address(id(with.0), "v@x.example", with.1).await
        });
        assert_eq!(done.map(drop), expected, "{n} {standing:?}");
    }
    assert_eq!(reader.user_at(key).await.unwrap().unwrap().id, id(2));
    // One address alone.
    write!(store, tx => {
        tx.claim_addresses(id(2), &[("v@x.example", AddressUses::MAIL), ("z@x.example", AddressUses::OTHER)]).await?;
        tx.claim_addresses(id(1), &[("w@x.example", AddressUses::MAIL)]).await?;
        tx.stand_address_alone(id(2), "z@x.example", AddressStanding::InvitedAt).await
    })
    .unwrap();
    assert_eq!(reader.user_at(key).await.unwrap(), None);
    let claim = reader.address_claim("z@x.example").await.unwrap();
    assert_eq!(claim.map(|claim| claim.object), Some(id(2)));
    // It leads to nobody: this user awaits no acceptance.
    assert_eq!(reader.user_at("z@x.example").await.unwrap(), None);
}

/// The constraint alone decides, without a look before the claim (T-56).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_claims_wins() {
    let store = store().await;
    let racers: Vec<_> = (1..=100u128)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                write!(store, TENANT, n, tx, n => {
                    tx.insert_user(&user(*n), &keys()).await?;
                    tx.claim_addresses(id(*n), &[("same@x.example", AddressUses::MAIL)]).await
                })
            })
        })
        .collect();
    let mut winners = Vec::new();
    for (n, racer) in (1..).zip(racers) {
        match racer.await.unwrap() {
            Ok(()) => winners.push(id(n)),
            Err(StoreError::Conflict(Conflict::Address { .. })) => {}
            Err(other) => assert_eq!(other, StoreError::Busy, "not a conflict"),
        }
    }
    assert_eq!(winners.len(), 1);
    let reader = store.read(TENANT);
    assert_eq!(
        reader
            .address_owner("same@x.example")
            .await
            .unwrap()
            .unwrap()
            .object,
        winners[0]
    );
    let users = reader
        .users(Page {
            after: None,
            limit: 200,
        })
        .await
        .unwrap();
    assert_eq!(users.len(), 1, "a loser left a row behind");
}

#[tokio::test]
async fn pages_meet_everybody_once() {
    let store = store().await;
    write!(store, tx => {
        for n in (1..=25).rev() {
            tx.insert_user(&user(n), &keys()).await?;
        }
        tx.soft_delete_user(id(7), at(1)).await.map(drop)
    })
    .unwrap();
    let reader = store.read(TENANT);
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let query = Query {
            after,
            limit: 10,
            ..Query::default()
        };
        let page = reader
            .find(UserBrief::among(Users::Live), query)
            .await
            .unwrap();
        assert!(page.rows.len() <= 10);
        seen.extend(page.rows.iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        seen,
        (1..=25).filter(|n| *n != 7).map(id).collect::<Vec<_>>()
    );
    let whole = reader
        .users(Page {
            after: Some(id(24)),
            limit: 10,
        })
        .await
        .unwrap();
    assert_eq!(whole, vec![user(25)]);
}
