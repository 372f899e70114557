use crate::fixtures::{OTHER, TENANT, at, store, write};
use store::{AttemptKind, Window};

const KIND: AttemptKind = AttemptKind::WrongCode;

#[tokio::test]
async fn windows_slide() {
    let store = store().await;
    write!(store, tx => {
        for seconds in [0, 10, 10, 20] {
            tx.record_attempt(KIND, "a@x.example", at(seconds)).await?;
        }
        tx.record_attempt(KIND, "b@x.example", at(5)).await?;
        tx.record_attempt(AttemptKind::CodeSent, "a@x.example", at(5)).await
    })
    .unwrap();
    let reader = store.read(TENANT);
    // since, how many, the first of them
    let cases = [
        (-1, 4, Some(0)),
        (0, 3, Some(10)),
        (9, 3, Some(10)),
        (10, 1, Some(20)),
        (20, 0, None),
    ];
    for (since, count, oldest) in cases {
        let window = reader
            .attempts(KIND, "a@x.example", at(since))
            .await
            .unwrap();
        assert_eq!(
            window,
            Window {
                count,
                oldest: oldest.map(at)
            },
            "since {since}"
        );
    }
    assert_eq!(
        store
            .read(OTHER)
            .attempts(KIND, "a@x.example", at(-1))
            .await
            .unwrap()
            .count,
        0
    );

    assert_eq!(
        write!(store, tx => tx.prune_attempts(KIND, at(10)).await).unwrap(),
        3
    );
    assert_eq!(
        reader
            .attempts(KIND, "a@x.example", at(-1))
            .await
            .unwrap()
            .count,
        1
    );
    assert_eq!(
        reader
            .attempts(AttemptKind::CodeSent, "a@x.example", at(-1))
            .await
            .unwrap()
            .count,
        1
    );
}

#[tokio::test]
async fn never_again() {
    let store = store().await;
    let reader = store.read(TENANT);
    assert!(write!(store, tx => tx.block_address("a@x.example", at(3)).await).unwrap());
    assert!(!write!(store, tx => tx.block_address("a@x.example", at(4)).await).unwrap());
    assert_eq!(reader.blocked_at("a@x.example").await.unwrap(), Some(at(3)));
    assert_eq!(reader.blocked_at("b@x.example").await.unwrap(), None);
    assert_eq!(
        store.read(OTHER).blocked_at("a@x.example").await.unwrap(),
        None
    );
    assert!(write!(store, tx => tx.unblock_address("a@x.example").await).unwrap());
    assert_eq!(reader.blocked_at("a@x.example").await.unwrap(), None);
}
