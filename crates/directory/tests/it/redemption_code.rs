//! Codes: how many, how long, how often guessed, and where (threats B16 to B20).

use directory::Quota;
use directory::redemption::{CodeAnswer, Verified};
use jiff::{SignedDuration, Timestamp};
use store::{NewCode, StoreError};

use crate::scene::{Plan, Scene, TENANT, code_of};

fn wait(answer: &CodeAnswer) -> Option<(Quota, u32)> {
    match answer {
        CodeAnswer::Wait { quota, retry_after } => Some((*quota, *retry_after)),
        _ => None,
    }
}

/// A code that is surely wrong.
const WRONG: &str = "00000000";

/// Threat B20: at least a minute apart, two in a session, three to an address in an hour.
#[tokio::test]
async fn b20_codes_are_few() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let first = world.browser(&invited);
    let expires: Timestamp = "2026-11-20T10:10:00Z".parse().unwrap();
    let sent = CodeAnswer::Sent {
        masked_address: "s•••@f•••.example".to_owned(),
        expires_at: expires,
    };
    assert_eq!(first.ask().await, sent);
    assert_eq!(wait(&first.ask().await), Some((Quota::Codes, 60)));
    world.pass(59);
    assert_eq!(wait(&first.ask().await), Some((Quota::Codes, 1)));
    assert_eq!(
        wait(&world.browser(&invited).ask().await),
        Some((Quota::Codes, 1)),
        "the address counts, not the browser"
    );
    world.pass(1);
    assert!(matches!(first.ask().await, CodeAnswer::Sent { .. }));
    world.pass(60);
    assert_eq!(
        wait(&first.ask().await),
        Some((Quota::Codes, 86_400 - 120)),
        "two in a session"
    );
    let second = world.browser(&invited);
    assert!(matches!(second.ask().await, CodeAnswer::Sent { .. }));
    world.pass(60);
    assert_eq!(
        wait(&second.ask().await),
        Some((Quota::Codes, 3600 - 180)),
        "three in an hour"
    );
    world.pass(3600 - 180);
    assert!(matches!(second.ask().await, CodeAnswer::Sent { .. }));
    assert_eq!(world.audit("Request redemption code").await.len(), 4);
}

/// Decision 26: in dev any number of browsers may try one address at once; each still waits between its own codes.
#[tokio::test]
async fn b20_in_dev_the_gap_is_each_browsers_own() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let first = world.browser(&invited);
    assert!(matches!(first.ask().await, CodeAnswer::Sent { .. }));
    world.pass(20);
    assert_eq!(wait(&first.ask().await), Some((Quota::Codes, 40)));
    assert!(matches!(
        world.browser(&invited).ask().await,
        CodeAnswer::Sent { .. }
    ));
    world.pass(40);
    for _ in 2..300 {
        assert!(matches!(
            world.browser(&invited).ask().await,
            CodeAnswer::Sent { .. }
        ));
    }
    assert_eq!(
        wait(&first.ask().await),
        Some((Quota::Codes, 3600 - 60)),
        "a hundred times three in an hour"
    );
}

/// A day later the same browser may begin again.
#[tokio::test]
async fn a_session_that_is_over_begins_anew() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    for _ in 0..2 {
        assert!(matches!(browser.ask().await, CodeAnswer::Sent { .. }));
        world.pass(3600);
    }
    assert!(wait(&browser.ask().await).is_some());
    world.pass(86_400);
    browser.prove().await;
}

/// Threat B19: ten minutes, to the second.
#[tokio::test]
async fn b19_an_expired_code_is_not_right() {
    for (after, right) in [(599, true), (600, false)] {
        let world = Scene::new().await;
        let invited = world.invite_address("sam@fabrikam.example").await;
        let mut browser = world.browser(&invited);
        let code = browser.code().await;
        world.pass(after);
        let found = browser.type_code(&code).await;
        assert_eq!(
            matches!(found, Verified::Proven { .. }),
            right,
            "{after} {found:?}"
        );
        assert!(right || found == Verified::NotRight);
    }
}

/// Threat B16, decision 32: five wrong void the code, ten in a day spend the budget, across codes and sessions.
#[tokio::test]
async fn b16_guesses_are_few() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut first = world.browser(&invited);
    let code = first.code().await;
    for _ in 0..5 {
        assert_eq!(first.type_code(WRONG).await, Verified::NotRight);
    }
    assert_eq!(first.type_code(WRONG).await, Verified::Void);
    assert_eq!(
        first.type_code(&code).await,
        Verified::Void,
        "the right one is void too"
    );
    world.pass(60);
    let code = first.code().await;
    for _ in 0..4 {
        assert_eq!(first.type_code(WRONG).await, Verified::NotRight);
    }
    // A new code, a new session, a new invitation: the count stays (SP 800-63B-4, 3.1.3.2).
    world.pass(3600);
    let again = world.invite_address("sam@fabrikam.example").await;
    let mut second = world.browser(&again);
    let newest = second.code().await;
    assert_eq!(second.type_code(WRONG).await, Verified::NotRight);
    let spent = second.type_code(&newest).await;
    assert_eq!(
        spent,
        Verified::Spent {
            retry_after: 86_400 - 3660
        }
    );
    assert_eq!(
        wait(&second.ask().await).map(|(quota, _)| quota),
        Some(Quota::Guesses)
    );
    assert!(!matches!(
        first.type_code(&code).await,
        Verified::Proven { .. }
    ));
    // Somebody else's mailbox has its own budget.
    let other = world.invite_address("lee@fabrikam.example").await;
    world.browser(&other).prove().await;
    world.pass(86_400);
    let mut third = world.browser(&again);
    third.prove().await;
    assert_eq!(
        world
            .audit("Verify redemption code")
            .await
            .iter()
            .filter(|row| row.record.result == store::AuditResult::Failure)
            .count(),
        10
    );
}

/// Decision 26: dev raises the mails a hundredfold, the guesses not at all.
#[tokio::test]
async fn b16_the_budget_is_not_raised_in_dev() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    for _ in 0..2 {
        browser.ask().await;
        for _ in 0..5 {
            assert_eq!(browser.type_code(WRONG).await, Verified::NotRight);
        }
        world.pass(60);
    }
    assert_eq!(
        wait(&browser.ask().await).map(|(quota, _)| quota),
        Some(Quota::Guesses)
    );
}

/// Threat B18, decision 52: a code is good in the browser and for the invitation it was sent for, and nowhere else.
#[tokio::test]
async fn b18_a_code_is_bound_to_its_place() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let sam = world.invite_address("sam@fabrikam.example").await;
    let lee = world.invite_address("lee@fabrikam.example").await;
    let mut owner = world.browser(&sam);
    let code = owner.code().await;
    let mut no_code = world.browser(&sam);
    assert_eq!(no_code.type_code(&code).await, Verified::NotRight);
    world.pass(60);
    let mut own_code = world.browser(&sam);
    own_code.ask().await;
    assert_eq!(own_code.type_code(&code).await, Verified::NotRight);
    let mut same_session = world.browser(&lee);
    same_session.session = owner.session.clone();
    same_session.ask().await;
    assert_eq!(same_session.type_code(&code).await, Verified::NotRight);
    let old = owner.session.clone();
    assert!(
        matches!(owner.type_code(&code).await, Verified::Proven { .. }),
        "it stayed good for its owner"
    );
    assert_eq!(
        owner.type_code(&code).await,
        Verified::NotRight,
        "used once"
    );
    owner.session = old;
    assert_eq!(
        owner.type_code(&code).await,
        Verified::NotRight,
        "used once, whatever the cookie says"
    );
}

/// A new code voids the one before.
#[tokio::test]
async fn b18_only_the_newest_code_counts() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    let old = browser.code().await;
    world.pass(60);
    let new = browser.code().await;
    assert_eq!(browser.type_code(&old).await, Verified::NotRight);
    assert!(matches!(
        browser.type_code(&new).await,
        Verified::Proven { .. }
    ));
}

/// What is no code is no guess.
#[tokio::test]
async fn b24_a_malformed_code_is_not_counted() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    let code = browser.code().await;
    for typed in ["", " ", "1234", "123456789", "abcdefgh", "1234 567x"] {
        for _ in 0..3 {
            assert_eq!(
                browser.type_code(typed).await,
                Verified::Malformed,
                "{typed:?}"
            );
        }
    }
    assert!(matches!(
        browser.type_code(&code).await,
        Verified::Proven { .. }
    ));
}

/// Threat B31: a code letter lives as long as its code and says only what it must.
#[tokio::test]
async fn b31_code_letters_hold_the_code_sealed() {
    let world = Scene::with(Plan {
        keep_letters: false,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.deliver().await;
    let browser = world.browser(&invited);
    browser.ask().await;
    let letters = world.directory.outbox_claim(10).await.unwrap();
    let code = code_of(&letters[0]).unwrap();
    assert!(!format!("{letters:?}").contains(code));
    world.directory.outbox_delivered(&letters[0]).await.unwrap();
    let rows = world
        .store
        .read(TENANT)
        .letters(store::Letters {
            limit: 10,
            ..store::Letters::default()
        })
        .await
        .unwrap();
    assert!(rows.iter().all(|row| row.sealed.is_none()));
}

/// Threat B18: the place is part of what is signed. A MAC carried into another session's row by whoever can write the
/// database opens nothing there.
#[tokio::test]
async fn b18_a_mac_moved_to_another_row_does_not_verify() {
    let world = Scene::new().await;
    let sam = world.invite_address("sam@fabrikam.example").await;
    let lee = world.invite_address("lee@fabrikam.example").await;
    let owner = world.browser(&sam);
    let code = owner.code().await;
    let hash = |secret: &[u8]| {
        <[u8; 32]>::try_from(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret).as_ref())
            .unwrap()
    };
    let reader = world.store.read(TENANT);
    let row = reader
        .redemption(&hash(owner.session.secret()), sam.invitation)
        .await
        .unwrap()
        .unwrap();
    for invited in [&sam, &lee] {
        let mut thief = world.browser(invited);
        let moved = NewCode {
            session: hash(thief.session.secret()),
            invitation: invited.invitation,
            mac: row.code_mac.unwrap(),
            now: row.created_at,
            expires_at: row.code_expires_at.unwrap(),
            session_expires_at: row.expires_at,
            max_codes: 2,
            min_gap: SignedDuration::ZERO,
        };
        let write = world
            .store
            .write::<_, _, StoreError, _>(TENANT, moved, |tx, moved| {
                Box::pin(tx.issue_code(moved))
            });
        assert!(write.await.unwrap());
        assert_eq!(thief.type_code(&code).await, Verified::NotRight);
    }
}

/// Threat B16: nothing of the count lives in the process. Another server over the same rows goes on counting.
#[tokio::test]
async fn b16_the_budget_outlives_the_process() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut first = world.browser(&invited);
    for _ in 0..2 {
        first.ask().await;
        for _ in 0..5 {
            assert_eq!(first.type_code(WRONG).await, Verified::NotRight);
        }
        world.pass(60);
    }
    let restarted = world.restarted();
    let browser = restarted.browser(&invited);
    assert_eq!(
        wait(&browser.ask().await).map(|(quota, _)| quota),
        Some(Quota::Guesses)
    );
    let step = first.step();
    let spent = restarted.directory.verify_code(step, WRONG).await.unwrap();
    assert!(matches!(spent, Verified::Spent { .. }), "{spent:?}");
}
