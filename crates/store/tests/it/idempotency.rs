use crate::fixtures::{OTHER, TENANT, at, id, store, write};
use store::{IdempotencyKey, StoredAnswer};

const KEY: IdempotencyKey<'static> = IdempotencyKey {
    app: uuid::Uuid::from_u128(3),
    route: "POST /invitations",
    key: "k1",
};

fn answer(n: u8, seconds: i64) -> StoredAnswer {
    StoredAnswer {
        body_hash: [n; 32],
        status: 201,
        sealed: vec![n],
        at: at(seconds),
    }
}

/// For 24 hours.
#[tokio::test]
async fn the_first_answer_stands_for_a_day() {
    let store = store().await;
    let keep = async |n, seconds, since| {
        let input = (answer(n, seconds), at(since));
        write!(store, TENANT, input, tx, input => tx.store_answer(KEY, &input.0, input.1).await)
            .unwrap()
    };
    assert!(keep(1, 0, -100).await);
    assert!(!keep(2, 50, -50).await);
    let reader = store.read(TENANT);
    assert_eq!(
        reader.stored_answer(KEY, at(-50)).await.unwrap(),
        Some(answer(1, 0))
    );
    assert_eq!(
        reader.stored_answer(KEY, at(0)).await.unwrap(),
        None,
        "too old"
    );
    assert!(keep(3, 100, 0).await, "an old one makes room");
    assert_eq!(
        reader.stored_answer(KEY, at(0)).await.unwrap(),
        Some(answer(3, 100))
    );
    let others = [
        IdempotencyKey { app: id(4), ..KEY },
        IdempotencyKey {
            route: "POST /users",
            ..KEY
        },
        IdempotencyKey { key: "k2", ..KEY },
    ];
    for other in others {
        assert_eq!(
            reader.stored_answer(other, at(0)).await.unwrap(),
            None,
            "{other:?}"
        );
    }
    assert_eq!(
        store.read(OTHER).stored_answer(KEY, at(0)).await.unwrap(),
        None
    );
    assert_eq!(
        write!(store, tx => tx.prune_answers(at(100)).await).unwrap(),
        1
    );
}
