//! The time by which links end, after a clock that once ran far ahead: one notion of it everywhere,
//! and a way back.

use directory::invitations::{Invited, LinkState};
use directory::redemption::{Accepted, Opened};
use jiff::{SignedDuration, Timestamp};
use store::TenantId;

use crate::scene::{Scene, link_of};

/// Some seventy years.
const AHEAD: i64 = 73 * 365 * 86_400;

async fn state(world: &Scene, invited: &Invited) -> (LinkState, Timestamp) {
    let (directory, actor) = (&world.directory, world.server());
    let state = directory.invitation_state(&actor, invited.invitation);
    let state = state.await.unwrap();
    let listed = directory.invitation_states(&actor, None, 100);
    let listed = listed.await.unwrap();
    assert!(listed.contains(&state), "the list says the same");
    (state.link, state.expires_at)
}

async fn opened(world: &Scene, invited: &Invited) -> Opened {
    let link = link_of(&invited.link);
    world.directory.open_link(&link, None).await.unwrap()
}

/// A clock that stood in another century for a moment, and is right again.
async fn after_a_wrong_clock() -> (Scene, Invited) {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.pass(AHEAD);
    world.directory.save_expiry_clock().await.unwrap();
    world.pass(-AHEAD);
    (world, invited)
}

/// What lists and administrators are told is what the pages do.
#[tokio::test]
async fn links_and_limits_are_told_by_the_time_that_ends_them() {
    let (world, invited) = after_a_wrong_clock().await;
    assert_eq!(opened(&world, &invited).await, Opened::Ended);
    assert_eq!(state(&world, &invited).await.0, LinkState::Expired);
    for _ in 0..5 {
        world.invite_address("kim@fabrikam.example").await;
    }
    let blocks = world.directory.blocks(&world.server(), None, 10).await;
    let blocks = blocks.unwrap().rows;
    let addresses: Vec<_> = blocks.iter().map(|block| block.address.as_str()).collect();
    assert_eq!(addresses, ["kim@fabrikam.example"]);
    let life = world.directory.expiry_now();
    let until = blocks[0].limits[0].until;
    assert!(
        until > life && until <= life + SignedDuration::from_hours(24),
        "{until}"
    );
}

#[tokio::test]
async fn a_clock_that_ran_ahead_is_turned_back() {
    let (world, before) = after_a_wrong_clock().await;
    let since = world.invite_address("kim@fabrikam.example").await;
    let now = world.directory.now();
    let highest = world.directory.highest_instant().await.unwrap().unwrap();
    assert!(highest > now + SignedDuration::from_hours(24 * 365 * 70));

    // A try writes nothing.
    let stopped = world.restarted();
    let tried = stopped.directory.turn_time_back(true).await.unwrap();
    assert_eq!((tried.from, tried.to), (highest, now));
    assert_eq!((tried.rows.ended, tried.rows.moved), (1, 1));
    let kept = stopped.directory.highest_instant().await;
    assert_eq!(kept, Ok(Some(highest)));
    assert_eq!(state(&world, &before).await.0, LinkState::Expired);

    assert_eq!(stopped.directory.turn_time_back(false).await, Ok(tried));
    let after = world.restarted();
    after.directory.restore_expiry_clock().await.unwrap();
    assert_eq!(after.directory.expiry_now(), now);
    // What had ended lives no more; what was made since lives as long as it would have.
    assert_eq!(state(&after, &before).await.0, LinkState::Ended);
    assert_eq!(opened(&after, &before).await, Opened::Ended);
    let (link, until) = state(&after, &since).await;
    assert_eq!(link, LinkState::Open);
    assert!(until > now && until <= now + SignedDuration::from_hours(24 * 30));
    let to: Vec<_> = after
        .deliver()
        .await
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    assert_eq!(to, ["kim@fabrikam.example"], "a dead link is not mailed");
    let mut browser = after.browser(&since);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));

    // It is on record, and a second time there is nothing to do.
    let again = after.directory.turn_time_back(false).await.unwrap();
    assert_eq!(again.rows, store::TurnedBack::default());
    let chain = after.store.read(TenantId::INSTANCE).audit(0, 100).await;
    let chain = chain.unwrap();
    let did = chain
        .iter()
        .filter(|row| row.record.activity == "Turn time of links back");
    assert_eq!(did.count(), 1);
}
