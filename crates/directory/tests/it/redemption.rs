//! From the link to acceptance, one browser at a time.

use directory::redemption::{
    Accepted, Barred, Closed, CodeAnswer, ConsentAnswer, ConsentView, Declined, InvitationView,
    Link, NeverAgain, NextStep, Opened, Session, StepContext, Verified,
};
use directory::{Directory, Settings};
use serde_json::json;
use uuid::Uuid;

use crate::scene::{Browser, Plan, Scene, TENANT, invitation_of, link_of};

pub(crate) async fn open(browser: &Browser<'_>) -> Opened {
    browser
        .world
        .directory
        .open_link(&browser.link, Some(&browser.session))
        .await
        .unwrap()
}

async fn landing(browser: &Browser<'_>) -> InvitationView {
    match open(browser).await {
        Opened::Landing(view) => *view,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn consent(browser: &Browser<'_>) -> ConsentAnswer {
    browser
        .world
        .directory
        .consent_view(&browser.step())
        .await
        .unwrap()
}

pub(crate) async fn consent_page(browser: &Browser<'_>) -> ConsentView {
    match consent(browser).await {
        ConsentAnswer::View(view) => *view,
        ConsentAnswer::Barred(barred) => panic!("{barred:?}"),
    }
}

#[tokio::test]
async fn the_whole_way() {
    let world = Scene::new().await;
    let mut body = invitation_of("Sam@Fabrikam.example");
    body["invitedUserMessageInfo"] = json!({ "messageLanguage": "fr" });
    let invited = world.invite(body).await.unwrap();
    let mut browser = world.browser(&invited);

    let view = landing(&browser).await;
    assert_eq!(
        (view.organisation.as_str(), view.inviter.as_deref()),
        ("Contoso", None),
        "an app's name says nothing to a guest"
    );
    assert_eq!(
        (view.masked_address.as_str(), view.language.as_deref()),
        ("S•••@f•••.example", Some("fr"))
    );
    assert_eq!(
        (view.next_host.as_deref(), view.next_step),
        (Some("app.contoso.example"), NextStep::AskForCode)
    );

    let code = browser.code().await;
    assert_eq!(landing(&browser).await.next_step, NextStep::TypeCode);
    let spaced = format!(" {}-{} ", &code[..4], &code[4..]);
    assert!(matches!(
        browser.type_code(&spaced).await,
        Verified::Proven { .. }
    ));
    assert_eq!(browser.ask().await, CodeAnswer::AlreadyProven);

    let page = consent_page(&browser).await;
    assert_eq!(
        (
            page.organisation.as_str(),
            page.inviter.as_deref(),
            page.app.as_deref()
        ),
        ("Contoso", None, None)
    );
    assert_eq!(
        (
            page.shared.address.as_str(),
            page.shared.display_name.as_deref()
        ),
        ("Sam@fabrikam.example", Some("Sam"))
    );
    assert_eq!(
        (page.next_host.as_deref(), page.next_is_http),
        (Some("app.contoso.example"), false)
    );
    assert!(!page.accepted_before && !page.declined_before);

    world.pass(5);
    let target = "https://app.contoso.example/welcome".to_owned();
    assert_eq!(
        browser.accept().await,
        Accepted::Redirect {
            target: target.clone()
        }
    );
    let user = world.user(invited.user).await;
    assert_eq!(
        (
            &user["externalUserState"],
            &user["externalUserStateChangeDateTime"]
        ),
        (&json!("Accepted"), &json!("2026-11-20T10:00:05Z"))
    );
    // The mailbox comes first, the name stays.
    let upn = "Sam_fabrikam.example#EXT#@contoso.onmicrosoft.com";
    let identities = json!([
        { "signInType": "federated", "issuer": "mail", "issuerAssignedId": "Sam@fabrikam.example" },
        { "signInType": "userPrincipalName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": upn },
    ]);
    assert_eq!(user["identities"], identities);
    let records = world.audit("Redeem external user invite").await;
    assert_eq!(
        records
            .iter()
            .map(|row| row.record.target_id)
            .collect::<Vec<_>>(),
        [Some(invited.user)]
    );
    // The invitation's status tells of the delivery, before and after.
    assert_eq!(world.status(invited.invitation).await, "Completed");
}

/// Unknown, malformed and foreign links are the same, whatever else is right about them (T-1).
#[tokio::test]
async fn what_never_was_a_link_tells_nothing() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let link = link_of(&invited.link);
    let ticket = invited
        .link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let bent = format!(
        "{}{}",
        if ticket.starts_with('A') { 'B' } else { 'A' },
        &ticket[1..]
    );
    let tenant = TENANT.to_string();
    let id = invited.invitation.to_string();
    for wrong in [
        Link::parse(&tenant, &id, &bent).unwrap(),
        Link {
            invitation: Uuid::from_u128(1),
            ..link.clone()
        },
        Link {
            tenant: store::TenantId(Uuid::from_u128(1)),
            ..link.clone()
        },
        Link {
            invitation: invited.user,
            ..link.clone()
        },
    ] {
        assert_eq!(
            world.directory.open_link(&wrong, None).await.unwrap(),
            Opened::NotValid
        );
        let step = StepContext {
            link: wrong,
            session: Session::new(world.directory.ids()),
            network: String::new(),
            request_id: Uuid::nil(),
        };
        let not_valid = Barred::Closed(Closed::NotValid);
        assert_eq!(
            world.directory.send_code(step.clone()).await.unwrap(),
            CodeAnswer::Closed(Closed::NotValid)
        );
        assert_eq!(
            world
                .directory
                .verify_code(step.clone(), "12345678")
                .await
                .unwrap(),
            Verified::Closed(Closed::NotValid)
        );
        assert_eq!(
            world.directory.verify_code(step.clone(), "").await.unwrap(),
            Verified::Closed(Closed::NotValid)
        );
        assert_eq!(
            world.directory.consent_view(&step).await.unwrap(),
            ConsentAnswer::Barred(not_valid.clone())
        );
        assert_eq!(
            world.directory.accept(step.clone()).await.unwrap(),
            Accepted::Barred(not_valid.clone())
        );
        assert_eq!(
            world.directory.decline(step.clone()).await.unwrap(),
            Declined::Barred(not_valid.clone())
        );
        assert_eq!(
            world.directory.never_again(step).await.unwrap(),
            NeverAgain::Barred(not_valid)
        );
    }
    assert!(Link::parse(&tenant, &id, "short").is_none());
}

/// A link is used once; the browser that used it comes to the same place again (T-2, R-57).
#[tokio::test]
async fn a_used_link_is_over_for_everybody_else() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let first = browser.accept().await;
    assert_eq!(browser.accept().await, first);
    let redirect = Some("https://app.contoso.example/welcome".to_owned());
    assert_eq!(
        open(&browser).await,
        Opened::Finished {
            redirect: redirect.clone()
        }
    );
    assert_eq!(
        consent(&browser).await,
        ConsentAnswer::Barred(Barred::Closed(Closed::Finished { redirect }))
    );
    let other = world.browser(&invited);
    // Without the path: that may carry what is for the guest alone.
    let onward = Some("https://app.contoso.example/".to_owned());
    let used = Opened::Used {
        onward: onward.clone(),
    };
    assert_eq!(open(&other).await, used);
    assert_eq!(
        world.directory.open_link(&other.link, None).await.unwrap(),
        used
    );
    let used = Closed::Used { onward };
    assert_eq!(other.ask().await, CodeAnswer::Closed(used.clone()));
    assert_eq!(other.accept().await, Accepted::Barred(Barred::Closed(used)));
    let host = world
        .directory
        .accepted_host(&browser.step())
        .await
        .unwrap();
    assert_eq!(host.unwrap().organisation, "Contoso");
    assert_eq!(
        world.directory.accepted_host(&other.step()).await.unwrap(),
        None
    );
    assert_eq!(world.audit("Redeem external user invite").await.len(), 1);
    let version = world
        .store
        .read(TENANT)
        .user(invited.user)
        .await
        .unwrap()
        .unwrap()
        .version;
    assert_eq!(version, 2);
}

/// A link ends to the second, by the statement and not by a job, at every step (T-3, R-50).
#[tokio::test]
async fn an_expired_link_is_over() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.pass(30 * 86_400 - 60);
    let mut browser = world.browser(&invited);
    browser.prove().await;
    world.pass(59);
    assert!(matches!(consent(&browser).await, ConsentAnswer::View(_)));
    world.pass(1);
    let ended = Barred::Closed(Closed::Ended);
    assert_eq!(browser.accept().await, Accepted::Barred(ended.clone()));
    assert_eq!(consent(&browser).await, ConsentAnswer::Barred(ended));
    assert_eq!(open(&browser).await, Opened::Ended);
    assert_eq!(
        world.user(invited.user).await["externalUserState"],
        "PendingAcceptance"
    );
}

/// Looking changes nothing and sends nothing, however often (T-5).
#[tokio::test]
async fn opening_writes_nothing() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.deliver().await;
    let browser = world.browser(&invited);
    let commits = world.store.stats().jobs;
    for _ in 0..20 {
        landing(&browser).await;
        world
            .directory
            .open_link(&browser.link, None)
            .await
            .unwrap();
        consent(&browser).await;
    }
    assert_eq!(world.store.stats().jobs, commits);
    assert!(world.deliver().await.is_empty());
}

/// The link alone opens a page and nothing else; the code goes to the stored mailbox (T-6, T-7).
#[tokio::test]
async fn the_link_is_no_proof() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    world.deliver().await;
    let nosy = world.browser(&invited);
    let text = format!("{:?}", landing(&nosy).await);
    assert!(
        !text.contains("sam@") && !text.contains("fabrikam"),
        "{text}"
    );
    assert_eq!(
        nosy.accept().await,
        Accepted::Barred(Barred::Unmet(NextStep::AskForCode))
    );
    nosy.ask().await;
    let letters = world.deliver().await;
    assert_eq!(
        letters
            .iter()
            .map(|letter| letter.to.as_str())
            .collect::<Vec<_>>(),
        ["sam@fabrikam.example"]
    );
    assert_eq!(
        nosy.accept().await,
        Accepted::Barred(Barred::Unmet(NextStep::TypeCode))
    );
}

/// The list is asked again at the redirect (T-14).
#[tokio::test]
async fn a_host_taken_off_the_list_is_not_led_to() {
    let world = Scene::with(Plan {
        redirect_hosts: vec!["app.contoso.example".to_owned()],
        ..Plan::default()
    })
    .await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert_eq!(
        consent_page(&browser).await.next_host.as_deref(),
        Some("app.contoso.example")
    );
    let settings = Settings {
        redirect_hosts: vec!["other.contoso.example".to_owned()],
        ..Settings::default()
    };
    world
        .directory
        .set_settings(TENANT, &settings)
        .await
        .unwrap();
    assert_eq!(landing(&browser).await.next_host, None);
    assert_eq!(consent_page(&browser).await.next_host, None);
    assert_eq!(browser.accept().await, Accepted::WithoutRedirect);
    assert_eq!(open(&browser).await, Opened::Finished { redirect: None });
    assert_eq!(browser.accept().await, Accepted::WithoutRedirect);
    assert_eq!(
        world.user(invited.user).await["externalUserState"],
        "Accepted"
    );
}

/// The consent page must know of a loopback target.
#[tokio::test]
async fn a_loopback_target_is_told() {
    let world = Scene::new().await;
    let mut body = invitation_of("sam@fabrikam.example");
    body["inviteRedirectUrl"] = json!("http://localhost:3000/done");
    let invited = world.invite(body).await.unwrap();
    let mut browser = world.browser(&invited);
    browser.prove().await;
    let page = consent_page(&browser).await;
    assert_eq!(
        (page.next_host.as_deref(), page.next_is_http),
        (Some("localhost:3000"), true)
    );
}

/// The secret changes when the mailbox is proven, and the old one is worth nothing (T-24).
#[tokio::test]
async fn the_session_changes_at_the_proof() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    let before = browser.session.clone();
    browser.prove().await;
    assert_ne!(browser.session, before);
    let fixed = Browser {
        world: &world,
        link: browser.link.clone(),
        session: before,
        network: "192.0.2.1",
    };
    assert_eq!(
        fixed.accept().await,
        Accepted::Barred(Barred::Unmet(NextStep::AskForCode))
    );
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    assert!(matches!(open(&fixed).await, Opened::Used { .. }));
}

/// Proof for one invitation is none for another, in the same browser.
#[tokio::test]
async fn proof_is_kept_per_invitation() {
    let world = Scene::new().await;
    let sam = world.invite_address("sam@fabrikam.example").await;
    let lee = world.invite_address("lee@fabrikam.example").await;
    let mut browser = world.browser(&sam);
    browser.prove().await;
    let other = Browser {
        world: &world,
        link: link_of(&lee.link),
        session: browser.session.clone(),
        network: "192.0.2.1",
    };
    assert_eq!(
        other.accept().await,
        Accepted::Barred(Barred::Unmet(NextStep::AskForCode))
    );
}

/// Every step asks for the one before (T-27).
#[tokio::test]
async fn steps_cannot_be_skipped() {
    let world = Scene::new().await;
    let invited = world.invite_address("sam@fabrikam.example").await;
    let mut browser = world.browser(&invited);
    let directory: &Directory = &world.directory;
    for (unmet, code) in [(NextStep::AskForCode, false), (NextStep::TypeCode, true)] {
        if code {
            browser.ask().await;
        }
        let barred = Barred::Unmet(unmet);
        assert_eq!(
            consent(&browser).await,
            ConsentAnswer::Barred(barred.clone())
        );
        assert_eq!(browser.accept().await, Accepted::Barred(barred.clone()));
        assert_eq!(
            directory.decline(browser.step()).await.unwrap(),
            Declined::Barred(barred.clone())
        );
        assert_eq!(
            directory.never_again(browser.step()).await.unwrap(),
            NeverAgain::Barred(barred)
        );
        assert_eq!(browser.type_code("").await, Verified::Malformed);
    }
    assert_eq!(
        world.user(invited.user).await["externalUserState"],
        "PendingAcceptance"
    );
}
