use crate::fixtures::{OTHER, TENANT, at, id, invitation, letter, store, write};
use store::{InvitationStatus, LetterKind, LetterRow, LetterState, Letters, Sealed, Store};

async fn with_letters() -> Store {
    let store = store().await;
    write!(store, tx => {
        tx.insert_invitation(&invitation(1, 10)).await?;
        tx.enqueue_letter(&letter(1, LetterKind::Invitation, 1)).await?;
        tx.enqueue_letter(&letter(2, LetterKind::InvitationCopy, 1)).await?;
        tx.enqueue_letter(&LetterRow { expires_at: at(600), ..letter(3, LetterKind::Code, 1) }).await
    })
    .unwrap();
    store
}

async fn claim(store: &Store, now: i64, until: i64) -> Vec<u128> {
    let rows = write!(store, TENANT, (at(now), at(until)), tx, times => tx.claim_letters(times.0, times.1, 10).await);
    let mut ids: Vec<_> = rows.unwrap().iter().map(|row| row.id.as_u128()).collect();
    ids.sort_unstable();
    ids
}

async fn status(store: &Store) -> InvitationStatus {
    store
        .read(TENANT)
        .invitation(id(1))
        .await
        .unwrap()
        .unwrap()
        .status
}

#[tokio::test]
async fn a_lease_that_runs_out_is_due_again() {
    let store = with_letters().await;
    assert_eq!(
        store.instance().due_tenants(at(0), 10).await.unwrap(),
        [TENANT]
    );
    assert_eq!(claim(&store, 0, 60).await, [1, 2, 3]);
    assert_eq!(claim(&store, 59, 119).await, [] as [u128; 0]);
    assert_eq!(store.instance().due_tenants(at(59), 10).await.unwrap(), []);
    assert_eq!(claim(&store, 60, 120).await, [1, 2, 3]);
    let row = store.read(TENANT).letter(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (row.attempts, row.next_at, row.state),
        (2, at(120), LetterState::Waiting)
    );
    assert_eq!(store.instance().waiting_letters().await.unwrap(), 3);
}

#[tokio::test]
async fn handed_over() {
    for (sealed, kept) in [(Sealed::Erase, None), (Sealed::Keep, Some(vec![1, 2, 3]))] {
        let store = with_letters().await;
        claim(&store, 0, 60).await;
        // The copy and the code say nothing about the invitation.
        for n in [2, 3] {
            assert!(write!(store, TENANT, sealed, tx, sealed => tx.letter_sent(id(n), at(1), *sealed).await).unwrap());
        }
        assert_eq!(status(&store).await, InvitationStatus::InProgress);
        assert!(write!(store, TENANT, sealed, tx, sealed => tx.letter_sent(id(1), at(1), *sealed).await).unwrap());
        assert_eq!(status(&store).await, InvitationStatus::Completed);
        assert!(!write!(store, TENANT, sealed, tx, sealed => tx.letter_sent(id(1), at(2), *sealed).await).unwrap());
        let row = store.read(TENANT).letter(id(1)).await.unwrap().unwrap();
        assert_eq!(
            (row.state, row.sent_at, row.sealed),
            (LetterState::Sent, Some(at(1)), kept)
        );
        assert_eq!(claim(&store, 500, 560).await, [] as [u128; 0]);
    }
}

#[tokio::test]
async fn retried_and_failed() {
    let store = with_letters().await;
    claim(&store, 0, 60).await;
    claim(&store, 60, 120).await;
    // The worker of the first lease comes back late: its failures do not count any more.
    assert!(!write!(store, tx => tx.retry_letter(id(1), 1, at(0), "421").await).unwrap());
    assert!(!write!(store, tx => tx.letter_failed(id(1), 1, "550", Sealed::Erase).await).unwrap());
    assert!(write!(store, tx => tx.retry_letter(id(1), 2, at(300), "421 later").await).unwrap());
    let row = store.read(TENANT).letter(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (row.next_at, row.last_error.as_deref()),
        (at(300), Some("421 later"))
    );
    assert_eq!(claim(&store, 299, 400).await, [2, 3]);
    assert_eq!(claim(&store, 300, 360).await, [1]);
    assert!(
        write!(store, tx => tx.letter_failed(id(1), 3, "550 no", Sealed::Erase).await).unwrap()
    );
    assert_eq!(status(&store).await, InvitationStatus::Error);
    let row = store.read(TENANT).letter(id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.sealed), (LetterState::Failed, None));
    // Late news that it was delivered after all cannot be believed any more: it is settled.
    assert!(!write!(store, tx => tx.letter_sent(id(1), at(400), Sealed::Erase).await).unwrap());
    assert_eq!(status(&store).await, InvitationStatus::Error);
}

/// A letter is not handed over after its time.
#[tokio::test]
async fn expiry() {
    let store = with_letters().await;
    assert_eq!(
        claim(&store, 600, 660).await,
        [1, 2],
        "an expired code is not handed over"
    );
    assert_eq!(
        write!(store, tx => tx.expire_letters(at(600), 10, Sealed::Keep).await).unwrap(),
        1
    );
    let code = store.read(TENANT).letter(id(3)).await.unwrap().unwrap();
    assert_eq!(
        (code.state, code.sealed.is_some()),
        (LetterState::Dropped, true)
    );
    assert_eq!(status(&store).await, InvitationStatus::InProgress);
    assert_eq!(
        write!(store, tx => tx.expire_letters(at(1000), 10, Sealed::Erase).await).unwrap(),
        2
    );
    let states = [(1, LetterState::Failed), (2, LetterState::Dropped)];
    for (n, state) in states {
        let row = store.read(TENANT).letter(id(n)).await.unwrap().unwrap();
        assert_eq!((row.state, row.sealed), (state, None), "letter {n}");
    }
    assert_eq!(status(&store).await, InvitationStatus::Error);
}

#[tokio::test]
async fn dropped() {
    let store = with_letters().await;
    assert_eq!(
        write!(store, tx => tx.drop_letters_of(id(1), Sealed::Erase).await).unwrap(),
        3
    );
    assert_eq!(status(&store).await, InvitationStatus::InProgress);
    assert_eq!(store.instance().waiting_letters().await.unwrap(), 0);

    let store = with_letters().await;
    assert_eq!(
        write!(store, tx => tx.drop_letters_to("sam@fabrikam.example", Sealed::Erase).await)
            .unwrap(),
        3
    );
    assert_eq!(status(&store).await, InvitationStatus::Error);
    assert_eq!(claim(&store, 5, 60).await, [] as [u128; 0]);
    assert_eq!(
        write!(store, tx => tx.prune_letters(at(2)).await).unwrap(),
        2
    );
    assert_eq!(store.read(TENANT).letter(id(1)).await.unwrap(), None);
}

#[tokio::test]
async fn listed_newest_first() {
    let store = with_letters().await;
    let other = LetterRow {
        recipient_key: "kim@fabrikam.example".into(),
        ..letter(4, LetterKind::Code, 1)
    };
    write!(store, TENANT, other, tx, row => tx.enqueue_letter(row).await).unwrap();
    let sam = Some("sam@fabrikam.example");
    let cases: [(Letters<'_>, &[u128]); 4] = [
        (
            Letters {
                limit: 10,
                ..Letters::default()
            },
            &[4, 3, 2, 1],
        ),
        (
            Letters {
                limit: 2,
                ..Letters::default()
            },
            &[4, 3],
        ),
        (
            Letters {
                recipient_key: sam,
                limit: 10,
                before: None,
            },
            &[3, 2, 1],
        ),
        (
            Letters {
                recipient_key: sam,
                limit: 10,
                before: Some(at(3)),
            },
            &[2, 1],
        ),
    ];
    let reader = store.read(TENANT);
    for (which, expected) in cases {
        let found: Vec<_> = reader
            .letters(which)
            .await
            .unwrap()
            .iter()
            .map(|row| row.id.as_u128())
            .collect();
        assert_eq!(found, expected, "{which:?}");
    }
    assert_eq!(
        reader.letter(id(1)).await.unwrap().unwrap(),
        letter(1, LetterKind::Invitation, 1)
    );
    assert!(
        store
            .read(OTHER)
            .letters(Letters {
                limit: 10,
                ..Letters::default()
            })
            .await
            .unwrap()
            .is_empty()
    );
}
