//! Codes: how many, how long, how often guessed, and where (T-8 to T-12, T-17).

use directory::Quota;
use directory::redemption::{Accepted, CodeAnswer, Opened, Verified};
use jiff::{SignedDuration, Timestamp};
use store::{NewCode, StoreError};

use crate::scene::{Browser, Plan, Scene, TENANT, code_of};

fn wait(answer: &CodeAnswer) -> Option<(Quota, u32)> {
    match answer {
        CodeAnswer::Wait { quota, retry_after } => Some((*quota, *retry_after)),
        _ => None,
    }
}

/// A code that is surely wrong.
const WRONG: &str = "00000000";

/// At least a minute apart, two in a session, three to an address in an hour from one network.
#[tokio::test]
async fn codes_are_few() {
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
        "the network counts, not the browser"
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

/// Somebody who got the link forwarded asks for codes without end and types them wrong. The guest,
/// elsewhere, asks once, types what came, and is in.
#[tokio::test]
async fn a_stranger_with_the_link_does_not_lock_out_the_guest() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    for _ in 0..40 {
        let mut stranger = world.browser_in("198.51.100.7", &invited);
        if matches!(stranger.ask().await, CodeAnswer::Sent { .. }) {
            for _ in 0..6 {
                stranger.type_code(WRONG).await;
            }
        }
        world.pass(61);
    }
    // An app that lifts what holds the address back does not get short codes again, to go on
    // guessing.
    world
        .directory
        .lift_block(&world.actor, "sam@fabrikam.example")
        .await
        .unwrap();
    let mut guest = world.browser(&invited);
    let code = guest.code().await;
    assert_eq!(
        code.len(),
        12,
        "the address has had its share of short codes"
    );
    assert_eq!(
        guest.type_code("12345678").await,
        Verified::Outdated,
        "eight digits are not compared any more"
    );
    assert!(matches!(
        guest.type_code(&code).await,
        Verified::Proven { .. }
    ));
    assert!(matches!(guest.accept().await, Accepted::Redirect { .. }));
}

/// Four networks fill a mailbox's hour; an administrator empties the counts.
#[tokio::test]
async fn codes_to_one_mailbox_are_bounded_over_all_networks_and_can_be_lifted() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut sent = 0;
    for network in ["a", "b", "c", "d", "e", "f"] {
        for _ in 0..3 {
            let browser = world.browser_in(network, &invited);
            sent += usize::from(matches!(browser.ask().await, CodeAnswer::Sent { .. }));
            world.pass(60);
        }
    }
    assert_eq!(sent, 12);
    let guest = world.browser(&invited);
    assert!(wait(&guest.ask().await).is_some());
    let blocks = world
        .directory
        .blocks(&world.actor, None, 10)
        .await
        .unwrap();
    assert_eq!(blocks.rows[0].address, "sam@fabrikam.example");
    assert_eq!(blocks.rows[0].limits[0].quota, Quota::Codes);
    world
        .directory
        .lift_block(&world.actor, "Sam@Fabrikam.example")
        .await
        .unwrap();
    assert!(matches!(guest.ask().await, CodeAnswer::Sent { .. }));
    let network = world.browser_in("a", &invited);
    assert!(
        matches!(network.ask().await, CodeAnswer::Sent { .. }),
        "the networks' counts went, too"
    );
    assert_eq!(
        world
            .audit("Lift block of external user invites")
            .await
            .len(),
        1
    );
}

/// In dev any number of browsers may try one address at once; each still waits between its own
/// codes.
#[tokio::test]
async fn in_dev_the_gap_is_each_browsers_own() {
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

/// Ten minutes, to the second (T-11).
#[tokio::test]
async fn an_expired_code_is_not_right() {
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

/// Five wrong void the code. After ten in a day, across codes and sessions, codes are longer: the
/// ten have the odds of 10⁻⁷, and those of twelve digits add a hundredth of it.
#[tokio::test]
async fn guesses_at_short_codes_are_few() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut first = world.browser(&invited);
    let code = first.code().await;
    assert_eq!(code.len(), 8);
    for _ in 0..4 {
        assert_eq!(first.type_code(WRONG).await, Verified::NotRight);
    }
    assert_eq!(first.type_code(WRONG).await, Verified::Void, "the fifth");
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
    assert_eq!(second.type_code(&newest).await, Verified::Outdated);
    assert!(!matches!(
        first.type_code(&code).await,
        Verified::Proven { .. }
    ));
    world.pass(60);
    let long = second.code().await;
    assert_eq!(long.len(), 12);
    let wrong = if long.starts_with('0') {
        "999999999999"
    } else {
        "000000000000"
    };
    for _ in 0..4 {
        assert_eq!(second.type_code(wrong).await, Verified::NotRight);
    }
    assert!(matches!(
        second.type_code(&long).await,
        Verified::Proven { .. }
    ));
    // Somebody else's mailbox has its own budget.
    let other = world.invite_address("lee@fabrikam.example").await;
    world.browser(&other).prove().await;
    world.pass(86_400);
    let third = world.browser(&again);
    assert_eq!(
        third.code().await.len(),
        8,
        "a day later codes are short again"
    );
    assert_eq!(
        world
            .audit("Verify redemption code")
            .await
            .iter()
            .filter(|row| row.record.result == store::AuditResult::Failure)
            .count(),
        14
    );
}

/// dev raises the mails a hundredfold, the guesses at short codes not at all.
#[tokio::test]
async fn the_budget_is_not_raised_in_dev() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    for _ in 0..2 {
        browser.ask().await;
        for _ in 0..4 {
            assert_eq!(browser.type_code(WRONG).await, Verified::NotRight);
        }
        assert_eq!(browser.type_code(WRONG).await, Verified::Void);
        world.pass(60);
    }
    world.deliver().await;
    assert_eq!(browser.code().await.len(), 12);
}

/// A code is good in the browser and for the invitation it was sent for, and nowhere else (T-10,
///
#[tokio::test]
async fn a_code_is_bound_to_its_place() {
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
async fn only_the_newest_code_counts() {
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
async fn a_malformed_code_is_not_counted() {
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

/// A code letter lives as long as its code, and is sealed (T-30).
#[tokio::test]
async fn code_letters_hold_the_code_sealed() {
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

/// The place is part of what is signed. Somebody who can write the database may copy a MAC into
/// another session's row; it opens nothing there (T-10).
#[tokio::test]
async fn a_mac_moved_to_another_row_does_not_verify() {
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

/// Nothing of the count lives in the process. Another server over the same rows goes on counting.
#[tokio::test]
async fn the_budget_outlives_the_process() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut first = world.browser(&invited);
    for _ in 0..2 {
        first.ask().await;
        for _ in 0..5 {
            first.type_code(WRONG).await;
        }
        world.pass(60);
    }
    world.deliver().await;
    let restarted = world.restarted();
    assert_eq!(restarted.browser(&invited).code().await.len(), 12);
    let step = first.step();
    let spent = restarted.directory.verify_code(step, WRONG).await.unwrap();
    assert_eq!(spent, Verified::Outdated);
}

/// The clock is set back an hour, while the server runs and across a restart: the code that ended
/// stays ended, one that is sent meanwhile lives, and the link that expired stays expired.
#[tokio::test]
async fn what_ended_stays_ended_when_the_clock_goes_back() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    let code = browser.code().await;
    world.pass(601);
    assert_eq!(browser.type_code(&code).await, Verified::NotRight);
    world.pass(-3600);
    assert_eq!(browser.type_code(&code).await, Verified::NotRight);
    let restarted = world.restarted();
    restarted.directory.restore_expiry_clock().await.unwrap();
    let step = browser.step();
    let again = restarted.directory.verify_code(step, &code).await.unwrap();
    assert_eq!(again, Verified::NotRight, "after a restart");
    browser.prove().await;
    // The link: thirty days later it has ended, and ended it stays a year before.
    world.pass(31 * 86_400);
    world.directory.save_expiry_clock().await.unwrap();
    assert_eq!(open(&browser).await, Opened::Ended);
    world.pass(-365 * 86_400);
    assert_eq!(open(&browser).await, Opened::Ended);
    let restarted = world.restarted();
    restarted.directory.restore_expiry_clock().await.unwrap();
    let opened = restarted.directory.open_link(&browser.link, None).await;
    assert_eq!(opened.unwrap(), Opened::Ended, "after a restart");
}

async fn open(browser: &Browser<'_>) -> Opened {
    let directory = &browser.world.directory;
    let opened = directory.open_link(&browser.link, Some(&browser.session));
    opened.await.unwrap()
}
