//! The outbox: claims, retries, endings.

use directory::MailFailure;
use directory::letter::LetterKind;
use serde_json::json;
use store::{LetterRow, LetterState, Letters};

use crate::scene::{Plan, Scene, TENANT, invitation_of};

async fn rows(world: &Scene) -> Vec<LetterRow> {
    world
        .store
        .read(TENANT)
        .letters(Letters {
            limit: 100,
            ..Letters::default()
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_delivered_invitation_is_completed() {
    let world = Scene::with(Plan {
        keep_letters: false,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    assert_eq!(world.status(invited.invitation).await, "InProgress");
    let claimed = world.directory.outbox_claim(10).await.unwrap();
    assert_eq!(claimed.len(), 1);
    assert!(
        world.directory.outbox_claim(10).await.unwrap().is_empty(),
        "it is leased"
    );
    assert_eq!(world.status(invited.invitation).await, "InProgress");
    assert!(world.directory.outbox_delivered(&claimed[0]).await.unwrap());
    assert!(
        !world.directory.outbox_delivered(&claimed[0]).await.unwrap(),
        "once is enough"
    );
    assert_eq!(world.status(invited.invitation).await, "Completed");
    let row = &rows(&world).await[0];
    assert_eq!(
        (row.state, &row.sealed),
        (LetterState::Sent, &None),
        "what it said is erased"
    );
    assert_eq!(world.audit("Deliver message").await.len(), 1);
    assert!(
        world
            .directory
            .letters(TENANT, None, 10)
            .await
            .unwrap()
            .is_empty(),
        "serve shows no letters"
    );
}

/// The copy has its own envelope, the same text, and no link; a code is never copied.
#[tokio::test]
async fn every_envelope_has_one_recipient() {
    let world = Scene::new().await;
    let mut body = invitation_of("sam@fabrikam.example");
    body["invitedUserMessageInfo"] = json!({ "customizedMessageBody": "Hello",
        "ccRecipients": [{ "emailAddress": { "name": "Lee", "address": "lee@fabrikam.example" } }] });
    let invited = world.invite(body).await.unwrap();
    let letters = world.deliver().await;
    let find = |to: &str| letters.iter().find(|letter| letter.to == to).unwrap();
    let LetterKind::Invitation {
        invitation,
        link,
        cc,
    } = &find("sam@fabrikam.example").kind
    else {
        panic!("{letters:?}")
    };
    assert_eq!(
        (link, cc.as_deref()),
        (&invited.link, Some("lee@fabrikam.example"))
    );
    let LetterKind::InvitationCopy {
        invitation: copied,
        name,
    } = &find("lee@fabrikam.example").kind
    else {
        panic!("{letters:?}")
    };
    assert_eq!((copied, name.as_deref()), (invitation, Some("Lee")));
    assert_eq!(copied.invited_masked(), "s•••@f•••.example");
    assert_eq!(letters.len(), 2);
    assert_ne!(letters[0].message_id, letters[1].message_id);
    let browser = world.browser(&invited);
    browser.ask().await;
    let codes = world.deliver().await;
    assert_eq!(
        codes
            .iter()
            .map(|letter| letter.to.as_str())
            .collect::<Vec<_>>(),
        ["sam@fabrikam.example"]
    );
    assert_eq!(codes[0].kind.cc(), None);
}

/// The mail server is down for a while; the letter stays the same letter (T-21, T-22).
#[tokio::test]
async fn a_temporary_failure_is_tried_again_with_the_same_message_id() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut ids = Vec::new();
    for attempt in 1..=5_u32 {
        let letters = world.directory.outbox_claim(10).await.unwrap();
        assert_eq!(letters.len(), 1, "attempt {attempt}");
        assert_eq!(letters[0].attempts, attempt);
        ids.push((letters[0].id, letters[0].message_id.clone()));
        let said = MailFailure::Later("451 4.7.1 try\r\nlater".to_owned());
        assert!(
            world
                .directory
                .outbox_failed(&letters[0], &said)
                .await
                .unwrap()
        );
        assert_eq!(world.status(invited.invitation).await, "InProgress");
        assert!(
            world.directory.outbox_claim(10).await.unwrap().is_empty(),
            "it waits"
        );
        world.pass(2 * 3600 / 2);
    }
    assert!(
        ids.iter().all(|id| *id == ids[0]) && ids[0].1.ends_with("@id.contoso.example"),
        "{ids:?}"
    );
    assert_eq!(
        rows(&world).await[0].last_error.as_deref(),
        Some("451 4.7.1 try  later")
    );
    assert_eq!(world.deliver().await.len(), 1);
    assert_eq!(world.status(invited.invitation).await, "Completed");
    assert_eq!(world.audit("Deliver message").await.len(), 6);
}

#[tokio::test]
async fn a_failure_for_good_is_an_error() {
    let world = Scene::with(Plan {
        keep_letters: false,
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let letters = world.directory.outbox_claim(10).await.unwrap();
    let never = MailFailure::Never("550 no such user".to_owned());
    assert!(
        world
            .directory
            .outbox_failed(&letters[0], &never)
            .await
            .unwrap()
    );
    assert!(
        !world
            .directory
            .outbox_failed(&letters[0], &never)
            .await
            .unwrap()
    );
    assert_eq!(world.status(invited.invitation).await, "Error");
    let row = &rows(&world).await[0];
    assert_eq!((row.state, &row.sealed), (LetterState::Failed, &None));
    world.pass(86_400);
    assert!(world.directory.outbox_claim(10).await.unwrap().is_empty());
}

/// Two days for an invitation, ten minutes for a code.
#[tokio::test]
async fn letters_have_their_time() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let later = MailFailure::Later("no route".to_owned());
    let letters = world.directory.outbox_claim(10).await.unwrap();
    world
        .directory
        .outbox_failed(&letters[0], &later)
        .await
        .unwrap();
    let browser = world.browser(&invited);
    browser.ask().await;
    world.pass(600);
    let due = world.directory.outbox_claim(10).await.unwrap();
    assert_eq!(
        due.iter()
            .map(|letter| letter.kind.code())
            .collect::<Vec<_>>(),
        [None],
        "the code is of no use any more"
    );
    assert_eq!(
        rows(&world)
            .await
            .iter()
            .filter(|row| row.state == LetterState::Dropped)
            .count(),
        1
    );
    world
        .directory
        .outbox_failed(&due[0], &later)
        .await
        .unwrap();
    world.pass(48 * 3600);
    assert!(world.directory.outbox_claim(10).await.unwrap().is_empty());
    assert_eq!(world.status(invited.invitation).await, "Error");
}

/// A worker that died holds its lease for five minutes; one that only slept cannot report over its
/// successor's head.
#[tokio::test]
async fn a_lost_lease_is_claimed_again() {
    let world = Scene::new().await;
    world.invite_address("sam@fabrikam.example").await;
    let lost = world.directory.outbox_claim(10).await.unwrap();
    world.pass(299);
    assert!(world.directory.outbox_claim(10).await.unwrap().is_empty());
    world.pass(1);
    let again = world.directory.outbox_claim(10).await.unwrap();
    assert_eq!(
        (again[0].id, &again[0].message_id),
        (lost[0].id, &lost[0].message_id)
    );
    let never = MailFailure::Never("550".to_owned());
    assert!(
        !world
            .directory
            .outbox_failed(&lost[0], &never)
            .await
            .unwrap()
    );
    assert!(world.directory.outbox_delivered(&again[0]).await.unwrap());
}

/// A process that was killed cannot give its leases back; the next one to serve the database alone
/// does not wait for them.
#[tokio::test]
async fn the_next_process_takes_over_at_once() {
    let world = Scene::new().await;
    world.invite_address("sam@fabrikam.example").await;
    let lost = world.directory.outbox_claim(10).await.unwrap();
    world.directory.outbox_resume().await.unwrap();
    let again = world.directory.outbox_claim(10).await.unwrap();
    assert_eq!(
        (again[0].id, &again[0].message_id),
        (lost[0].id, &lost[0].message_id)
    );
}

#[tokio::test]
async fn claims_are_bounded() {
    let world = Scene::new().await;
    for n in 0..5 {
        world
            .invite_address(&format!("sam{n}@fabrikam.example"))
            .await;
    }
    assert_eq!(world.directory.outbox_claim(0).await.unwrap().len(), 0);
    assert_eq!(world.directory.outbox_claim(3).await.unwrap().len(), 3);
    assert_eq!(world.directory.outbox_claim(3).await.unwrap().len(), 2);
}

/// dev shows its mails, newest first, by address.
#[tokio::test]
async fn dev_keeps_its_letters() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.pass(1);
    world.invite_address("lee@fabrikam.example").await;
    world.deliver().await;
    let all = world.directory.letters(TENANT, None, 10).await.unwrap();
    assert_eq!(
        all.iter()
            .map(|kept| kept.letter.to.as_str())
            .collect::<Vec<_>>(),
        ["lee@fabrikam.example", "sam@fabrikam.example"]
    );
    let own = world
        .directory
        .letters(TENANT, Some("SAM@Fabrikam.example"), 10)
        .await
        .unwrap();
    assert_eq!(
        own.iter()
            .map(|kept| kept.letter.kind.link())
            .collect::<Vec<_>>(),
        [Some(invited.link.as_str())]
    );
    assert!(own[0].sent_at.is_some());
    assert!(
        world
            .directory
            .letters(TENANT, Some("no address"), 10)
            .await
            .unwrap()
            .is_empty()
    );
}

/// A key file that was changed: the letter is an error, not a loop.
#[tokio::test]
async fn a_letter_that_does_not_open_is_given_up() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let keys = directory::Keys::derive(&[8; 32]);
    let policy = world.directory.policy().clone();
    let clock = world.clock.clone();
    let other = directory::Directory::new(
        world.store.clone(),
        clock,
        std::sync::Arc::new(directory::SystemIds),
        keys,
        policy,
    );
    assert!(other.outbox_claim(10).await.unwrap().is_empty());
    assert_eq!(world.status(invited.invitation).await, "Error");
}

/// What is sealed for one row opens in no other: a letter moved to another recipient's row is not
/// sent.
#[tokio::test]
async fn a_sealed_letter_opens_in_its_own_row_only() {
    let world = Scene::new().await;
    world.invite_address("sam@fabrikam.example").await;
    let own = rows(&world).await.remove(0);
    let moved = LetterRow {
        id: uuid::Uuid::from_u128(7),
        recipient: "lee@fabrikam.example".to_owned(),
        ..own.clone()
    };
    let write = world
        .store
        .write::<_, _, store::StoreError, _>(TENANT, moved, |tx, moved| {
            Box::pin(tx.enqueue_letter(moved))
        });
    write.await.unwrap();
    let claimed = world.directory.outbox_claim(10).await.unwrap();
    assert_eq!(
        claimed.iter().map(|letter| letter.id).collect::<Vec<_>>(),
        [own.id]
    );
}

#[tokio::test]
async fn pruning_forgets_what_is_over_and_nothing_else() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let browser = world.browser(&invited);
    browser.ask().await;
    world.deliver().await;
    assert_eq!(
        world.directory.prune(TENANT).await.unwrap(),
        directory::outbox::Pruned::default()
    );
    world.pass(31 * 86_400);
    let pruned = world.directory.prune(TENANT).await.unwrap();
    assert_eq!(
        (pruned.attempts, pruned.redemptions, pruned.letters),
        (4, 1, 2)
    );
}

/// One tenant's thousand letters do not stand before another's one: a code lives ten minutes.
#[tokio::test]
async fn tenants_take_turns() {
    let world = Scene::new().await;
    for number in 0..6 {
        world
            .invite_address(&format!("sam{number}@fabrikam.example"))
            .await;
    }
    let other = store::TenantId(uuid::Uuid::from_u128(0xffff));
    let plan = directory::TenantPlan {
        id: other,
        display_name: "Fabrikam".to_owned(),
        initial_domain: "fabrikam.onmicrosoft.com".to_owned(),
        domains: Vec::new(),
        settings: directory::Settings::default(),
    };
    world.directory.add_tenant(plan).await.unwrap();
    let actor = directory::Actor {
        tenant: other,
        ..world.actor.clone()
    };
    for number in 0..2 {
        world
            .invite_as(
                &actor,
                invitation_of(&format!("lee{number}@northwind.example")),
                None,
            )
            .await
            .unwrap();
    }
    let mut shares = Vec::new();
    for _ in 0..3 {
        let claimed = world.directory.outbox_claim(4).await.unwrap();
        shares.push((
            claimed.len(),
            claimed
                .iter()
                .filter(|letter| letter.tenant == other)
                .count(),
        ));
    }
    assert_eq!(shares, [(4, 2), (4, 0), (0, 0)]);
}

/// Some filters quote what they refuse; the link is not kept in clear that way (T-30).
#[tokio::test]
async fn a_relay_that_quotes_the_link_is_not_quoted() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let letters = world.directory.outbox_claim(10).await.unwrap();
    let ticket = invited
        .link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let said = format!("451 4.7.1 blocked: {}, {ticket}", invited.link);
    assert!(
        world
            .directory
            .outbox_failed(&letters[0], &MailFailure::Later(said))
            .await
            .unwrap()
    );
    world.pass(3600);
    let letters = world.directory.outbox_claim(10).await.unwrap();
    let said = format!("550 5.7.1 spam: {}", invited.link);
    let kept = rows(&world).await[0].last_error.clone().unwrap();
    assert!(
        kept.starts_with("451 4.7.1 blocked") && !kept.contains(ticket),
        "{kept}"
    );
    assert!(
        world
            .directory
            .outbox_failed(&letters[0], &MailFailure::Never(said))
            .await
            .unwrap()
    );
    let kept = rows(&world).await[0].last_error.clone().unwrap();
    assert!(
        kept.starts_with("550 5.7.1 spam") && !kept.contains(ticket),
        "{kept}"
    );
    let browser = world.browser(&invited);
    browser.ask().await;
    let letters = world.directory.outbox_claim(10).await.unwrap();
    let code = letters[0].kind.code().unwrap().to_owned();
    world
        .directory
        .outbox_failed(
            &letters[0],
            &MailFailure::Later(format!("450 {code} is odd")),
        )
        .await
        .unwrap();
    let all = format!(
        "{:?}",
        rows(&world)
            .await
            .iter()
            .map(|row| row.last_error.clone())
            .collect::<Vec<_>>()
    );
    assert!(all.contains("is odd") && !all.contains(&code), "{all}");
}
