use crate::fixtures::{OTHER, TENANT, at, id, keys, store, user, write};
use store::{Cursor, Decision, Joining, PendingMemberRow, Query, Store, TenantId, UserRow, Users};

fn row(n: u128) -> PendingMemberRow {
    PendingMemberRow {
        id: id(n),
        made: true,
        enable: true,
        asked_by: Some(id(99)),
        asked_at: at(0),
    }
}

async fn ask(store: &Store, row: PendingMemberRow) -> bool {
    write!(store, TENANT, row, tx, row => tx.ask_to_join(row).await).unwrap()
}

async fn decide(store: &Store, tenant: TenantId, n: u128, joining: Joining) -> bool {
    let decision = Decision {
        id: id(n),
        joining,
        by: None,
        at: at(9),
    };
    write!(store, tenant, decision, tx, decision => tx.decide_joining(*decision).await).unwrap()
}

#[tokio::test]
async fn somebody_waits_until_one_decision() {
    let store = store().await;
    let reader = store.read(TENANT);
    assert!(ask(&store, row(1)).await);
    let linked = PendingMemberRow {
        made: false,
        enable: false,
        asked_by: None,
        ..row(1)
    };
    assert!(!ask(&store, linked.clone()).await, "waits already");
    assert_eq!(reader.pending_member(id(1)).await.unwrap(), Some(row(1)));
    assert!(!decide(&store, OTHER, 1, Joining::Approved).await);
    assert!(decide(&store, TENANT, 1, Joining::Declined).await);
    assert!(!decide(&store, TENANT, 1, Joining::Approved).await);
    assert_eq!(reader.pending_member(id(1)).await.unwrap(), None);
    assert!(ask(&store, linked.clone()).await, "asked for again");
    assert_eq!(reader.pending_member(id(1)).await.unwrap(), Some(linked));
}

#[tokio::test]
async fn who_is_back_waits_again() {
    let store = store().await;
    let again =
        async |n: u128| write!(store, TENANT, n, tx, n => tx.wait_again(id(*n)).await).unwrap();
    let linked = PendingMemberRow {
        made: false,
        ..row(3)
    };
    for row in [row(1), row(2), linked] {
        ask(&store, row).await;
    }
    assert!(!again(1).await, "waits already");
    decide(&store, TENANT, 1, Joining::Declined).await;
    decide(&store, TENANT, 2, Joining::Approved).await;
    decide(&store, TENANT, 3, Joining::Declined).await;
    assert!(again(1).await);
    assert!(!again(2).await && !again(3).await);
    let found = store.read(TENANT).pending_member(id(1)).await.unwrap();
    assert_eq!(found, Some(row(1)));
}

#[tokio::test]
async fn pages_hold_who_waits_in_this_tenant() {
    let store = store().await;
    for n in 1..=6 {
        write!(store, TENANT, n, tx, n => tx.insert_user(&user(*n), &keys()).await).unwrap();
        ask(&store, row(n)).await;
    }
    write!(store, tx => tx.soft_delete_user(id(6), at(1)).await.map(drop)).unwrap();
    decide(&store, TENANT, 2, Joining::Approved).await;
    let page = async |after: Option<u128>, limit| {
        let query = Query {
            after: after.map(|n| Cursor::after_id(id(n))),
            limit,
            ..Query::default()
        };
        let found = store
            .read(TENANT)
            .find(UserRow::among(Users::Pending), query)
            .await;
        found
            .unwrap()
            .rows
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(page(None, 2).await, [id(1), id(3)]);
    assert_eq!(page(Some(3), 2).await, [id(4), id(5)]);
    assert!(page(Some(5), 2).await.is_empty());
    let first = Query {
        limit: 9,
        ..Query::default()
    };
    let other = store
        .read(OTHER)
        .find(UserRow::among(Users::Pending), first)
        .await;
    assert!(other.unwrap().rows.is_empty());
}
