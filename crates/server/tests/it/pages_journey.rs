//! The redemption pages over HTTP: the whole way, and the ways out.

use axum::http::{Method, StatusCode, header};
use directory::Settings;

use crate::pages_fixture::{
    ADDRESS, Fixture, SEE_OTHER, TARGET, check_headers, consent_page, landing,
};

#[tokio::test]
async fn the_whole_way_from_link_to_target() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();

    let opened = browser.get(&link).await;
    assert_eq!(opened.status, SEE_OTHER);
    assert!(
        opened.location().starts_with("/redeem/start?invitation="),
        "{}",
        opened.location()
    );
    let page = browser.follow(&opened).await;
    assert_eq!(page.status, StatusCode::OK);
    check_headers(&page, "'self'");
    for shown in [
        "Contoso",
        "s•••@f•••.example",
        "Send code",
        "projects.contoso.com",
    ] {
        assert!(page.html.contains(shown), "{shown}");
    }

    let sent = browser.submit(&page, "/redeem/code", &[]).await;
    assert!(sent.location().starts_with("/redeem/code?invitation="));
    let page = browser.follow(&sent).await;
    check_headers(&page, "'self'");
    assert!(page.html.contains("60 seconds"));

    let code = fixture.code().await;
    let spaced = format!(" {}-{} ", &code[..4], &code[4..]);
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &spaced)])
        .await;
    assert!(proven.location().starts_with("/redeem/consent?invitation="));
    let page = browser.follow(&proven).await;
    check_headers(&page, "'self' https:");
    for shown in [ADDRESS, "projects.contoso.com", "Accept", "Decline"] {
        assert!(page.html.contains(shown), "{shown}");
    }

    let accepted = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!((accepted.status, accepted.location()), (SEE_OTHER, TARGET));
    assert_eq!(fixture.guest_state(ADDRESS).await, "Accepted");
    // Again by the same browser: the same answer.
    let again = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!((again.status, again.location()), (SEE_OTHER, TARGET));
}

#[tokio::test]
async fn a_tenants_colour_is_served_with_its_pages() {
    let fixture = Fixture::new().await;
    fixture
        .set(&Settings {
            accent: Some("#E85D04".to_owned()),
            ..Settings::default()
        })
        .await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = landing(&mut browser, &link).await;
    assert!(
        page.html
            .contains("<link rel=\"stylesheet\" href=\"/assets/accent-1-e85d04.css\">")
    );
    assert!(page.html.contains(">contoso.com<"));
    let sheet = browser.get("/assets/accent-1-e85d04.css").await;
    assert!(sheet.html.contains("--accent: #"));
}

#[tokio::test]
async fn declining_says_so_and_leaves_the_link_working() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    let declined = browser.submit(&page, "/redeem/decline", &[]).await;
    assert!(
        declined
            .location()
            .starts_with("/redeem/declined?invitation=")
    );
    let farewell = browser.follow(&declined).await;
    assert!(farewell.html.contains("You declined") && farewell.html.contains("Contoso"));
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
    assert_eq!(
        browser
            .submit(&page, "/redeem/accept", &[])
            .await
            .location(),
        TARGET
    );
}

#[tokio::test]
async fn never_again_asks_first_and_needs_the_mailbox() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = landing(&mut browser, &link).await;
    let never = page.action("/redeem/code").replace("code", "never");
    let asked = browser.get(&never).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.html.contains("we&#x27;ll email you a code") && asked.html.contains("Send code"));
    consent_page(&fixture, &mut browser, &link).await;
    let asked = browser.get(&never).await;
    let stopped = browser.submit(&asked, "/redeem/never", &[]).await;
    assert!(
        stopped
            .location()
            .starts_with("/redeem/stopped?invitation=")
    );
    assert!(
        browser
            .follow(&stopped)
            .await
            .html
            .contains("You will not be invited again")
    );
}

#[tokio::test]
async fn pages_speak_the_invitations_language_before_the_browsers() {
    let fixture = Fixture::new().await;
    let german = fixture.invite_in(ADDRESS, "de-DE").await;
    let page = landing(
        &mut fixture.browser().with("accept-language", "ja"),
        &german,
    )
    .await;
    assert!(page.html.contains("<html lang=\"de\" dir=\"ltr\">"));
    assert_eq!(page.header(&header::CONTENT_LANGUAGE), "de");
    let open = fixture.invite("kim@fabrikam.example").await;
    let page = landing(
        &mut fixture
            .browser()
            .with("accept-language", "ar-EG,ar;q=0.9,en;q=0.5"),
        &open,
    )
    .await;
    assert!(page.html.contains("<html lang=\"ar\" dir=\"rtl\">"));
    let page = fixture
        .browser()
        .with("accept-language", "ja")
        .get("/redeem/?tenant=x")
        .await;
    assert!(page.html.contains("このリンクは無効です"));
}

#[tokio::test]
async fn assets_are_kept_and_other_paths_are_pages() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.browser();
    let page = browser.get("/redeem/done").await;
    assert!(page.html.contains("You are in"));
    let (_, rest) = page.html.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let sheet = browser.get(rest.split('"').next().unwrap()).await;
    assert_eq!(sheet.status, StatusCode::OK);
    assert!(sheet.header(&header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(
        sheet.header(&header::CONTENT_TYPE),
        "text/css; charset=utf-8"
    );
    assert_eq!(
        browser.get("/redeem/nowhere").await.status,
        StatusCode::NOT_FOUND
    );
    let answer = browser.ask(Method::DELETE, "/redeem/start", None).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    check_headers(&answer, "'self'");
}
