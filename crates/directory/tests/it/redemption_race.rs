//! Two hundred at once (T-4, T-9; R-57).

use directory::redemption::{Accepted, Barred, Closed, Verified};
use futures_util::future::join_all;
use serde_json::json;
use store::AuditVerdict;

use crate::scene::{Browser, Plan, Scene, TENANT};

/// Enough to fill several batches of the writer.
const RACERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_racers_one_accepts() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browsers = Vec::new();
    for _ in 0..RACERS {
        let mut browser = world.browser(&invited);
        browser.prove().await;
        browsers.push(browser);
    }
    let answers = join_all(browsers.iter().map(Browser::accept)).await;
    let redirects = answers
        .iter()
        .filter(|answer| matches!(answer, Accepted::Redirect { .. }))
        .count();
    let ended = answers
        .iter()
        .filter(|answer| {
            matches!(
                answer,
                Accepted::Barred(Barred::Closed(Closed::Ended | Closed::Used { .. }))
            )
        })
        .count();
    assert_eq!((redirects, ended), (1, RACERS - 1));
    assert_eq!(world.audit("Redeem external user invite").await.len(), 1);
    let row = world
        .store
        .read(TENANT)
        .user(invited.user)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.version, world.user_count().await), (2, 1));
    assert_eq!(
        world.user(invited.user).await["identities"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(matches!(
        world.store.verify_audit(TENANT).await,
        Ok(AuditVerdict::Sound(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn repeats_of_the_one_who_accepted_are_answered_alike() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let answers = join_all((0..RACERS).map(|_| browser.accept())).await;
    let target = "https://app.contoso.example/welcome".to_owned();
    assert!(answers.iter().all(|answer| *answer
        == Accepted::Redirect {
            target: target.clone()
        }));
    assert_eq!(world.audit("Redeem external user invite").await.len(), 1);
    assert_eq!(
        world.user(invited.user).await["externalUserState"],
        json!("Accepted")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_hundred_guesses_five_are_compared() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let browser = world.browser(&invited);
    browser.code().await;
    let guess = |n: usize| {
        let step = browser.step();
        let directory = &world.directory;
        async move {
            directory
                .verify_code(step, &format!("{n:08}"))
                .await
                .unwrap()
        }
    };
    let answers = join_all((0..RACERS).map(guess)).await;
    let compared = answers
        .iter()
        .filter(|answer| **answer == Verified::NotRight)
        .count();
    let void = answers
        .iter()
        .filter(|answer| **answer == Verified::Void)
        .count();
    // The fifth wrong guess was compared, too, and is told that the code is void.
    assert_eq!((compared, void), (4, RACERS - 4));
    assert_eq!(failures(&world).await, 5);
}

/// Guesses in parallel, over several sessions: the budget of the address holds (T-9).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_sessions_share_one_budget() {
    let world = Scene::with(Plan {
        quota_factor: 100,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browsers = Vec::new();
    for _ in 0..8 {
        let browser = world.browser(&invited);
        browser.code().await;
        browsers.push(browser);
        world.pass(60);
    }
    let guess = |n: usize| {
        let step = browsers[n % browsers.len()].step();
        let directory = &world.directory;
        async move {
            directory
                .verify_code(step, &format!("{n:08}"))
                .await
                .unwrap()
        }
    };
    let answers = join_all((0..RACERS).map(guess)).await;
    assert_eq!(failures(&world).await, 10);
    assert!(answers.iter().all(|answer| matches!(
        answer,
        Verified::NotRight | Verified::Void | Verified::Outdated
    )));
}

/// Guesses that were compared and not right.
async fn failures(world: &Scene) -> usize {
    let rows = world.audit("Verify redemption code").await;
    rows.iter()
        .filter(|row| row.record.result == store::AuditResult::Failure)
        .count()
}

/// A new invitation and the acceptance of the old one at once: whichever comes first, one link is
/// alive at most, and the guest is Accepted if and only if it says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn accepting_races_with_inviting_again_and_deleting() {
    for delete in [false, true] {
        for _ in 0..10 {
            let world = Scene::new().await;
            let invited = world.invite_address("sam@fabrikam.example").await;
            let mut browser = world.browser(&invited);
            browser.prove().await;
            let ending = async {
                if delete {
                    world.delete(invited.user).await;
                } else {
                    world.invite_address("sam@fabrikam.example").await;
                }
            };
            let (accepted, ()) = futures_util::future::join(browser.accept(), ending).await;
            let records = world.audit("Redeem external user invite").await.len();
            match accepted {
                Accepted::Redirect { .. } => assert_eq!(records, 1),
                ended => assert_eq!(
                    (ended, records),
                    (Accepted::Barred(Barred::Closed(Closed::Ended)), 0)
                ),
            }
            let state = world
                .store
                .read(TENANT)
                .user(invited.user)
                .await
                .unwrap()
                .and_then(|row| row.state);
            let expected = [
                store::GuestState::PendingAcceptance,
                store::GuestState::Accepted,
            ]
            .get(records)
            .copied();
            assert_eq!(state, expected.filter(|_| !delete));
        }
    }
}
