use crate::fixtures::{OTHER, TENANT, at, id, invitation, store, write};
use jiff::SignedDuration;
use store::{Guess, Guessed, NewCode, Store, TenantId};

const SESSION: [u8; 32] = [1; 32];
const RIGHT: [u8; 32] = [8; 32];
const WRONG: [u8; 32] = [4; 32];

fn code(now: i64) -> NewCode {
    NewCode {
        session: SESSION,
        invitation: id(1),
        mac: RIGHT,
        now: at(now),
        expires_at: at(now + 600),
        session_expires_at: at(3600),
        max_codes: 2,
        min_gap: SignedDuration::from_secs(60),
    }
}

fn guess(now: i64, mac: [u8; 32]) -> Guess {
    Guess {
        session: SESSION,
        invitation: id(1),
        mac,
        now: at(now),
        max_wrong: 5,
    }
}

async fn with_code() -> Store {
    let store = store().await;
    write!(store, tx => tx.insert_invitation(&invitation(1, 10)).await).unwrap();
    assert!(issue(&store, code(0)).await);
    store
}

async fn issue(store: &Store, code: NewCode) -> bool {
    write!(store, TENANT, code, tx, code => tx.issue_code(code).await).unwrap()
}

async fn try_code(store: &Store, tenant: TenantId, guess: Guess) -> Guessed {
    write!(store, tenant, guess, tx, guess => tx.guess_code(guess).await).unwrap()
}

/// The code is good in its place and time, once (T-10, T-11).
#[tokio::test]
async fn place_and_time() {
    let store = with_code().await;
    let cases = [
        ("another tenant", OTHER, guess(1, RIGHT)),
        (
            "another session",
            TENANT,
            Guess {
                session: [2; 32],
                ..guess(1, RIGHT)
            },
        ),
        (
            "another invitation",
            TENANT,
            Guess {
                invitation: id(2),
                ..guess(1, RIGHT)
            },
        ),
        ("too late", TENANT, guess(600, RIGHT)),
    ];
    for (case, tenant, guess) in cases {
        assert_eq!(
            try_code(&store, tenant, guess).await,
            Guessed::NotCompared,
            "{case}"
        );
    }
    // Refused elsewhere, it stays good where it was asked for.
    assert_eq!(
        try_code(&store, TENANT, guess(599, RIGHT)).await,
        Guessed::Right
    );
    let row = store
        .read(TENANT)
        .redemption(&SESSION, id(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.proven_at, row.code_mac, row.wrong),
        (Some(at(599)), None, 0)
    );
    assert_eq!(
        try_code(&store, TENANT, guess(599, RIGHT)).await,
        Guessed::NotCompared,
        "used twice"
    );
}

/// Five wrong guesses void a code (T-8).
#[tokio::test]
async fn five_wrong_guesses_void_a_code() {
    let store = with_code().await;
    for wrong in 1..=5 {
        assert_eq!(
            try_code(&store, TENANT, guess(1, WRONG)).await,
            Guessed::Wrong(wrong)
        );
    }
    assert_eq!(
        try_code(&store, TENANT, guess(1, WRONG)).await,
        Guessed::NotCompared
    );
    assert_eq!(
        try_code(&store, TENANT, guess(1, RIGHT)).await,
        Guessed::NotCompared
    );
    // A fresh code begins anew.
    assert!(issue(&store, code(60)).await);
    assert_eq!(
        try_code(&store, TENANT, guess(61, RIGHT)).await,
        Guessed::Right
    );
}

/// At most five are compared, and the right code among the racers is taken once at most (T-9).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_guesses() {
    for right in [false, true] {
        let store = with_code().await;
        let racers: Vec<_> = (0..200)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    try_code(&store, TENANT, guess(1, if right { RIGHT } else { WRONG })).await
                })
            })
            .collect();
        let mut compared = 0;
        for racer in racers {
            compared += u32::from(racer.await.unwrap() != Guessed::NotCompared);
        }
        assert_eq!(compared, if right { 1 } else { 5 });
    }
}

/// Codes of a session are limited in number and time (T-17).
#[tokio::test]
async fn codes_are_rationed() {
    let store = with_code().await;
    assert!(!issue(&store, code(59)).await, "too soon");
    let row = store
        .read(TENANT)
        .redemption(&SESSION, id(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.codes_sent, row.last_code_at, row.code_expires_at),
        (1, Some(at(0)), Some(at(600)))
    );
    assert!(issue(&store, code(60)).await);
    assert!(!issue(&store, code(120)).await, "a third one");
    assert!(
        issue(
            &store,
            NewCode {
                session: [2; 32],
                ..code(120)
            }
        )
        .await,
        "another session"
    );
    assert!(
        !issue(
            &store,
            NewCode {
                max_codes: 9,
                ..code(3600)
            }
        )
        .await,
        "the session is over"
    );
}

/// What was reached goes with the new id, and the old id is worth nothing (T-24).
#[tokio::test]
async fn rotation() {
    let store = with_code().await;
    assert_eq!(
        try_code(&store, TENANT, guess(1, RIGHT)).await,
        Guessed::Right
    );
    let moved = write!(store, tx => tx.rotate_session(&SESSION, id(1), &[2; 32]).await).unwrap();
    assert_eq!(moved, 1);
    let reader = store.read(TENANT);
    assert_eq!(reader.redemption(&SESSION, id(1)).await.unwrap(), None);
    assert_eq!(
        reader
            .redemption(&[2; 32], id(1))
            .await
            .unwrap()
            .unwrap()
            .proven_at,
        Some(at(1))
    );
}

/// One session that is over begins anew; nobody else's row is looked at.
#[tokio::test]
async fn forgotten_when_over() {
    let store = with_code().await;
    assert!(!write!(store, tx => tx.forget_redemption(&SESSION, id(1), at(3599)).await).unwrap());
    assert!(!write!(store, tx => tx.forget_redemption(&[2; 32], id(1), at(3600)).await).unwrap());
    assert!(!write!(store, tx => tx.forget_redemption(&SESSION, id(2), at(3600)).await).unwrap());
    assert!(
        store
            .read(TENANT)
            .redemption(&SESSION, id(1))
            .await
            .unwrap()
            .is_some()
    );
    assert!(write!(store, tx => tx.forget_redemption(&SESSION, id(1), at(3600)).await).unwrap());
    assert_eq!(
        store
            .read(TENANT)
            .redemption(&SESSION, id(1))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn pruned_when_over() {
    let store = with_code().await;
    assert_eq!(
        write!(store, tx => tx.prune_redemptions(at(3599)).await).unwrap(),
        0
    );
    assert_eq!(
        write!(store, tx => tx.prune_redemptions(at(3600)).await).unwrap(),
        1
    );
    assert_eq!(
        store
            .read(TENANT)
            .redemption(&SESSION, id(1))
            .await
            .unwrap(),
        None
    );
}
