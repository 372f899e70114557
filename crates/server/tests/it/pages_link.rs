//! Threats to the link itself (T-1 to T-7).

use axum::http::{Method, StatusCode, header};

use crate::pages_fixture::{
    ADDRESS, Fixture, SEE_OTHER, TARGET, check_headers, consent_page, landing,
};

#[tokio::test]
async fn unknown_malformed_and_foreign_links_look_the_same() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let ticket = link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let tenant = link
        .split("tenant=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let wrong = [
        link.replace(&ticket, &"A".repeat(43)),
        link.replace(&ticket, "short"),
        link.replace(&tenant, "00000000-0000-4000-8000-000000000000"),
        link.replace(&tenant, "x"),
        format!("{link}&ticket={ticket}"),
        "/redeem/".to_owned(),
        "/redeem".to_owned(),
    ];
    let first = browser.get(&wrong[0]).await;
    assert_eq!(first.status, StatusCode::NOT_FOUND);
    assert!(first.html.contains("This link is not valid"));
    check_headers(&first, "'self'");
    for target in &wrong {
        let page = browser.get(target).await;
        assert_eq!(
            (page.status, &page.html),
            (StatusCode::NOT_FOUND, &first.html),
            "{target}"
        );
        assert!(page.headers.get(header::SET_COOKIE).is_none(), "{target}");
    }
}

#[tokio::test]
async fn thirty_a_minute_then_429_and_good_links_still_open() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    for _ in 0..30 {
        assert_eq!(
            browser.get("/redeem/?tenant=x").await.status,
            StatusCode::NOT_FOUND
        );
    }
    let page = browser.get("/redeem/?tenant=x").await;
    assert_eq!(
        (page.status, page.header(&header::RETRY_AFTER)),
        (StatusCode::TOO_MANY_REQUESTS, "60")
    );
    assert_eq!(browser.get(&link).await.status, SEE_OTHER);
    let mut other = fixture.browser();
    other.peer = "192.0.2.7:1".parse().unwrap();
    assert_eq!(
        other.get("/redeem/?tenant=x").await.status,
        StatusCode::NOT_FOUND
    );
    fixture.advance(60);
    assert_eq!(
        browser.get("/redeem/?tenant=x").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_used_link_is_gone_for_others_and_leads_on_for_its_own_browser() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    browser.submit(&page, "/redeem/accept", &[]).await;

    let own = browser.get(&link).await;
    assert_eq!((own.status, own.location()), (SEE_OTHER, TARGET));
    let other = fixture.browser().get(&link).await;
    assert_eq!(other.status, StatusCode::GONE);
    assert!(other.html.contains("This invitation can no longer be used"));
    // Where it led, without the path, and nobody's name.
    assert!(
        other.html.contains("projects.contoso.com</bdi></a>"),
        "{}",
        other.html
    );
    for hidden in ["Contoso", "welcome", "fabrikam", "s•••", "Sam"] {
        assert!(!other.html.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn an_expired_link_is_gone_at_every_step() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    fixture.advance(30 * 24 * 3600 - 60);
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    fixture.advance(60);
    assert_eq!(fixture.browser().get(&link).await.status, StatusCode::GONE);
    assert_eq!(
        browser.submit(&page, "/redeem/accept", &[]).await.status,
        StatusCode::GONE
    );
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn a_newer_invitation_ends_the_link() {
    let fixture = Fixture::new().await;
    let earlier = fixture.invite(ADDRESS).await;
    let later = fixture.invite(ADDRESS).await;
    assert_eq!(
        fixture.browser().get(&earlier).await.status,
        StatusCode::GONE
    );
    assert_eq!(fixture.browser().get(&later).await.status, SEE_OTHER);
}

#[tokio::test]
async fn of_two_proven_browsers_one_redeems() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let (mut first, mut second) = (fixture.browser(), fixture.browser());
    let mine = consent_page(&fixture, &mut first, &link).await;
    fixture.advance(60);
    let theirs = consent_page(&fixture, &mut second, &link).await;
    let before = fixture.audit_records().await;
    assert_eq!(
        second.submit(&theirs, "/redeem/accept", &[]).await.status,
        SEE_OTHER
    );
    assert_eq!(
        first.submit(&mine, "/redeem/accept", &[]).await.status,
        StatusCode::GONE
    );
    assert_eq!(
        second.submit(&theirs, "/redeem/accept", &[]).await.status,
        SEE_OTHER
    );
    // The acceptance, and the change of the guest.
    assert_eq!(fixture.audit_records().await, before + 2);
}

#[tokio::test]
async fn get_and_head_consume_and_send_nothing() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let letters = fixture.letters().await;
    let audit = fixture.audit_records().await;
    for _ in 0..3 {
        let mut scanner = fixture.browser();
        let opened = scanner.head(&link).await;
        assert_eq!((opened.status, opened.html.as_str()), (SEE_OTHER, ""));
        for step in [
            "start", "code", "consent", "never", "declined", "done", "stopped", "verify", "accept",
            "decline",
        ] {
            let invitation = opened.location().split('=').nth(1).unwrap().to_owned();
            for method in [Method::HEAD, Method::GET] {
                let page = scanner
                    .ask(
                        method,
                        &format!("/redeem/{step}?invitation={invitation}"),
                        None,
                    )
                    .await;
                assert!(
                    page.status == StatusCode::OK || page.status == SEE_OTHER,
                    "{step} {}",
                    page.status
                );
            }
        }
    }
    assert_eq!(fixture.letters().await, letters);
    assert_eq!(fixture.audit_records().await, audit);
    // A scanner that follows without cookies sees a page, and not an error.
    let opened = fixture.browser().get(&link).await;
    let page = fixture.browser().get(opened.location()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("Open the link from your mail again"));
    assert!(!page.html.contains("Contoso"));
    // The link is as good as new.
    consent_page(&fixture, &mut fixture.browser(), &link).await;
}

#[tokio::test]
async fn the_link_alone_shows_a_masked_address_and_no_field() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let page = landing(&mut fixture.browser(), &link).await;
    assert!(page.html.contains("s•••@f•••.example"));
    assert!(!page.html.contains(ADDRESS));
    assert!(!page.html.contains("type=\"text\"") && !page.html.contains("type=\"email\""));
    assert_eq!(page.html.matches("<button").count(), 1);
}

#[tokio::test]
async fn a_typed_address_or_its_twin_is_ignored() {
    for typed in [
        "other@fabrikam.example",
        "ſam@fabrikam.example",
        "SAM@FABRIKAM.EXAMPLE",
    ] {
        let fixture = Fixture::new().await;
        let link = fixture.invite(ADDRESS).await;
        let mut browser = fixture.browser();
        let page = landing(&mut browser, &link).await;
        let fields = [
            ("email", typed),
            ("oid", "1"),
            ("tid", "2"),
            ("mail", typed),
        ];
        let sent = browser.submit(&page, "/redeem/code", &fields).await;
        assert_eq!(sent.status, SEE_OTHER);
        assert_eq!(fixture.last_recipient().await, ADDRESS);
        let page = browser.follow(&sent).await;
        let code = fixture.code().await;
        let proven = browser
            .submit(
                &page,
                "/redeem/verify",
                &[("code", &code), ("email", typed)],
            )
            .await;
        let page = browser.follow(&proven).await;
        assert!(page.html.contains(ADDRESS) && !page.html.contains(typed));
    }
}
