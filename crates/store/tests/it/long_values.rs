//! Values so long that their keys are a beginning and a hash: what the store finds is what the
//! reference evaluator says of the documents.

use crate::fixtures::{TENANT, id, keys, store, user as row_of, write};
use crate::queries::{compare_with, populate_with, walk};
use crate::random::{Random, id_of};
use edm::{Record, fold, user};
use odata::filter::Order;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use store::{Conflict, Identity, Query, Store, StoreError, Users};
use uuid::Uuid;

/// The longest texts that properties hold, 1,024 characters, and such as are just cut and just not,
/// with the same beginning and other ends.
static LONG: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |letter: &str, times: usize, end: &str| letter.repeat(times) + end;
    vec![
        of("猫", 1024, ""),
        of("猫", 1023, "a"),
        of("猫", 1023, "B"),
        of("猫", 341, ""),
        of("猫", 341, "a"),
        of("猫", 341, "b"),
        of("猫", 341, "b犬"),
        of("猫", 256, ""),
        of("😀", 1024, ""),
        of("😀", 1023, "x"),
        of("😀", 255, "x"),
        of("😀", 255, "Y"),
        of("😀", 256, ""),
        of("😀", 257, ""),
        of("\u{1d160}", 256, "x"),
        of("ΐ", 256, "y"),
        of("a", 1023, "é"),
        of("A", 1022, "😀"),
        of("a", 1024, ""),
        of("a", 1023, "猫"),
        of("x猫", 512, ""),
        of("a b ", 256, ""),
        "猫".into(),
        "a".into(),
        "x".into(),
        String::new(),
    ]
});

/// Bytes of a folded text that its key holds of its beginning (decision record 0071).
const WHOLE: usize = 1_024;

async fn populated(count: usize) -> (Store, Vec<Record>) {
    let store = store().await;
    let users = populate_with(&store, count, Random::with(5, &LONG)).await;
    (store, users)
}

async fn found(store: &Store, order: Vec<Order>) -> Vec<Uuid> {
    let query = Query {
        order,
        limit: 7,
        ..Query::default()
    };
    let rows = walk(store, Users::Live, query).await.into_iter();
    rows.map(|brief| brief.id).collect()
}

#[tokio::test]
async fn conditions_together_find_what_the_documents_say() {
    let (store, users) = populated(60).await;
    compare_with(&store, &users, 150, (Random::with(6, &LONG), false)).await;
}

/// In the order of the values, except for those with the same beginning, which stand together; and
/// each once, page by page.
#[tokio::test]
async fn long_names_stand_in_order_by_their_beginnings() {
    let (store, users) = populated(60).await;
    let live = users
        .iter()
        .filter(|user| !user.has(&user::DELETED_DATE_TIME));
    let begin = |user: &Record, property| {
        let folded = fold::display(user.text(property)?);
        let end = folded.floor_char_boundary(WHOLE);
        let mut begin = folded.as_bytes().get(..end)?.to_vec();
        // What is cut stands behind everything that begins so and is not.
        begin.extend((end < folded.len()).then_some(u8::MAX));
        Some(begin)
    };
    for (property, descending) in [
        (&user::DISPLAY_NAME, false),
        (&user::DISPLAY_NAME, true),
        (&user::JOB_TITLE, false),
        (&user::STREET_ADDRESS, true),
    ] {
        let order = vec![Order {
            property: property.into(),
            descending,
        }];
        let rows = found(&store, order).await;
        let mut expected: Vec<_> = live.clone().map(|user| begin(user, property)).collect();
        expected.sort();
        if descending {
            expected.reverse();
        }
        let by_id: BTreeMap<_, _> = live.clone().map(|user| (id_of(user), user)).collect();
        let ordered: Vec<_> = rows
            .iter()
            .map(|id| begin(by_id.get(&Some(*id)).unwrap(), property))
            .collect();
        assert!(ordered == expected, "{}: {rows:?}", property.name());
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), by_id.len());
    }
}

/// Two whose issuer and id are longer than a key may be, and alike in the beginning: each has one
/// holder, is found, and is given up.
#[tokio::test]
async fn long_identities_are_told_apart() {
    let store = store().await;
    let long = |end: &str| Identity {
        issuer: "発".repeat(512),
        assigned: "😀".repeat(511) + end,
        sign_in_type: "federated".into(),
    };
    for (n, end) in [(1, "a"), (2, "b")] {
        let input = (row_of(n), long(end));
        write!(store, TENANT, input, tx, input => {
            tx.insert_user(&input.0, &keys()).await?;
            tx.claim_first(input.0.id, &[], std::slice::from_ref(&input.1)).await
        })
        .unwrap();
    }
    let owner = async |identity: &Identity| {
        let reader = store.read(TENANT);
        reader
            .identity_owner(&identity.issuer, &identity.assigned)
            .await
            .unwrap()
    };
    assert_eq!(owner(&long("a")).await, Some(id(1)));
    assert_eq!(owner(&long("b")).await, Some(id(2)));
    assert_eq!(owner(&long("c")).await, None);
    let taken = write!(store, TENANT, (), tx, _input => tx.claim_identities(id(1), &[]).await);
    taken.unwrap();
    assert_eq!(owner(&long("a")).await, None);
    let kept = write!(store, TENANT, long("b"), tx, wanted => {
        tx.claim_identities(id(2), std::slice::from_ref(wanted)).await
    });
    kept.unwrap();
    assert_eq!(owner(&long("b")).await, Some(id(2)));
    let clash = write!(store, TENANT, long("b"), tx, wanted => {
        tx.claim_identities(id(1), std::slice::from_ref(wanted)).await
    });
    assert!(
        matches!(clash, Err(StoreError::Conflict(Conflict::Identity { owner, .. })) if owner == id(2))
    );
}
