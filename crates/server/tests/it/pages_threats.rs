//! Threats to the steps after the link (T-6 to T-30).

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use directory::Settings;
use futures_util::{StreamExt as _, stream};
use server::Mode;
use testkit::TestApp;

use crate::pages_browser::Page;
use crate::pages_fixture::{
    ADDRESS, Fixture, SEE_OTHER, TARGET, check_headers, code_page, consent_page, landing,
};

#[tokio::test]
async fn the_inviters_words_are_quoted_and_plain() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let page = landing(&mut fixture.browser(), &link).await;
    assert!(
        page.html.contains("Message from <bdi"),
        "an app invited, whose name says nothing to a guest: {}",
        page.html
    );
    assert!(
        page.html.contains("The plans are &lt;b&gt;ready&lt;"),
        "{}",
        page.html
    );
    assert!(!page.html.contains("<b>"));
}

#[tokio::test]
async fn a_target_that_is_not_allowed_any_more_is_not_gone_to() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    let settings = Settings {
        redirect_hosts: vec!["other.contoso.example".to_owned()],
        ..Settings::default()
    };
    fixture.set(&settings).await;
    let asked = browser
        .get(&page.action("/redeem/accept").replace("accept", "consent"))
        .await;
    assert!(!asked.html.contains("projects.contoso.com"));
    let accepted = browser.submit(&asked, "/redeem/accept", &[]).await;
    assert_eq!(accepted.status, StatusCode::OK);
    assert!(accepted.headers.get(header::LOCATION).is_none());
    assert!(accepted.html.contains("You are in") && accepted.html.contains("no longer approved"));
    assert_eq!(fixture.guest_state(ADDRESS).await, "Accepted");
}

#[tokio::test]
async fn a_code_is_void_after_five_wrong_guesses() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    let wrong = Fixture::other_code(&code);
    for left in (1..5).rev() {
        let answer = browser
            .submit(&page, "/redeem/verify", &[("code", &wrong)])
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        let told = format!("Tries left with this code: {left}.");
        assert!(answer.html.contains(&told), "{left}: {}", answer.html);
        assert!(answer.html.contains("<title>Error: "));
    }
    for typed in [&wrong, &code] {
        let answer = browser
            .submit(&page, "/redeem/verify", &[("code", typed)])
            .await;
        assert_eq!(
            (answer.status, answer.header(&header::RETRY_AFTER)),
            (StatusCode::TOO_MANY_REQUESTS, "60")
        );
        // A new code is needed, and the button for it is the page's only one.
        assert!(
            answer.html.contains("You need a new code."),
            "{}",
            answer.html
        );
        assert!(!answer.html.contains("name=\"code\""));
        let form = answer.action("/redeem/code");
        assert!(form.contains("invitation="));
    }
    fixture.advance(60);
    let invitation = page.action("/redeem/code");
    let fresh = browser.get(&invitation).await;
    assert!(!fresh.html.contains(" disabled"), "{}", fresh.html);
    let sent = browser.submit(&fresh, "/redeem/code", &[]).await;
    assert_eq!(sent.status, SEE_OTHER);
}

#[tokio::test]
async fn wrong_used_expired_and_foreign_codes_say_the_same() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    let check =
        |answer: &Page, typed: &str| {
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.html);
            assert!(answer.html.contains("That code is not right"));
            assert!(answer.html.contains("role=\"alert\""));
            assert!(
                answer.html.contains(&format!("value=\"{typed}\"")),
                "what was typed is kept"
            );
            assert!(answer.html.contains(
                "autofocus aria-describedby=\"code-error code-hint\" aria-invalid=\"true\""
            ));
        };
    let wrong = Fixture::other_code(&code);
    check(
        &browser
            .submit(&page, "/redeem/verify", &[("code", &wrong)])
            .await,
        &wrong,
    );

    // Another browser with the same link, before and after it asked for a code of its own.
    let mut thief = fixture.browser();
    let theirs = landing(&mut thief, &link).await;
    let token = theirs.csrf();
    let target = theirs.action("/redeem/code").replace("/code", "/verify");
    check(
        &thief
            .post(&target, &[("csrf", &token), ("code", &code)])
            .await,
        &code,
    );

    // Its owner can still use it, once.
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    assert_eq!(proven.status, SEE_OTHER);
    check(
        &browser
            .submit(&page, "/redeem/verify", &[("code", &code)])
            .await,
        &code,
    );
}

#[tokio::test]
async fn a_code_ends_after_ten_minutes() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    fixture.advance(600);
    let answer = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.html.contains("That code is not right"));
}

#[tokio::test]
async fn codes_come_a_minute_apart_and_two_per_visit() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, _) = code_page(&fixture, &mut browser, &link).await;
    fixture.advance(20);
    let early = browser.submit(&page, "/redeem/code", &[]).await;
    assert_eq!(
        (early.status, early.header(&header::RETRY_AFTER)),
        (StatusCode::TOO_MANY_REQUESTS, "40")
    );
    assert!(
        early.html.contains("40 seconds") && early.html.contains("name=\"code\""),
        "{}",
        early.html
    );
    fixture.advance(40);
    assert_eq!(
        browser.submit(&page, "/redeem/code", &[]).await.status,
        SEE_OTHER
    );
    fixture.advance(60);
    let spent = browser.submit(&page, "/redeem/code", &[]).await;
    assert_eq!(spent.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        spent
            .html
            .contains("No more codes can be sent from this page"),
        "{}",
        spent.html
    );
    // The mail's link, opened again once the last code has run out, begins anew.
    fixture.advance(600);
    let page = landing(&mut browser, &link).await;
    assert_eq!(
        browser.submit(&page, "/redeem/code", &[]).await.status,
        SEE_OTHER
    );
}

#[tokio::test]
async fn the_session_changes_with_the_proof() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    // Somebody who knows the cookie from before the proof, and the tokens of its pages.
    let mut planted = browser.clone();
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    assert_ne!(planted.cookies, browser.cookies);
    let invitation = proven.location().split('=').nth(1).unwrap().to_owned();
    let seen = planted.get(proven.location()).await;
    assert_eq!(seen.status, SEE_OTHER, "{}", seen.html);
    let token = page.csrf();
    let accept = format!("/redeem/accept?invitation={invitation}");
    assert_eq!(
        planted.post(&accept, &[("csrf", &token)]).await.status,
        SEE_OTHER
    );
    assert_eq!(
        browser.post(&accept, &[("csrf", &token)]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn two_invitations_in_one_browser_do_not_disturb_each_other() {
    let fixture = Fixture::new().await;
    let first = fixture.invite(ADDRESS).await;
    let second = fixture.invite("kim@fabrikam.example").await;
    let mut browser = fixture.browser();
    let (first_page, first_code) = code_page(&fixture, &mut browser, &first).await;
    let (second_page, second_code) = code_page(&fixture, &mut browser, &second).await;
    let crossed = browser
        .submit(&second_page, "/redeem/verify", &[("code", &first_code)])
        .await;
    assert_eq!(crossed.status, StatusCode::BAD_REQUEST);
    for (page, code) in [(&first_page, &first_code), (&second_page, &second_code)] {
        let proven = browser
            .submit(page, "/redeem/verify", &[("code", code)])
            .await;
        let consent = browser.follow(&proven).await;
        let accepted = browser.submit(&consent, "/redeem/accept", &[]).await;
        assert_eq!(accepted.location(), TARGET);
    }
}

#[tokio::test]
async fn other_sites_cannot_post_and_cannot_frame() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    assert!(
        page.header(&header::CONTENT_SECURITY_POLICY)
            .contains("frame-ancestors 'none'")
    );
    assert_eq!(page.header(&header::X_FRAME_OPTIONS), "DENY");
    let forged = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ];
    for (name, value) in forged {
        let answer = browser
            .with(name, value)
            .submit(&page, "/redeem/accept", &[])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let target = page.action("/redeem/accept");
    for token in ["", "AAAA", &"A".repeat(43)] {
        assert_eq!(
            browser.post(&target, &[("csrf", token)]).await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(
        fixture
            .browser()
            .submit(&page, "/redeem/accept", &[])
            .await
            .status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
    // What an honest browser sends with no-referrer.
    let mut honest = browser
        .with("origin", "null")
        .with("sec-fetch-site", "same-origin");
    assert_eq!(
        honest.submit(&page, "/redeem/accept", &[]).await.location(),
        TARGET
    );
}

#[tokio::test]
async fn the_cookie_is_sealed_and_shut_in() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let opened = fixture.browser().get(&link).await;
    let cookie = opened.header(&header::SET_COOKIE);
    // This is dev's plain http loopback origin, the one place without the prefix.
    assert!(cookie.starts_with("vestibule-redeem-"), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(
            cookie.split("; ").any(|part| part == attribute),
            "{attribute} in {cookie}"
        );
    }
    let invitation = opened.location().split('=').nth(1).unwrap();
    assert!(!cookie.contains(invitation));
    let mut bent = fixture.browser();
    let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
    let other = if value.starts_with('A') { 'B' } else { 'A' };
    bent.cookies
        .insert(name.to_owned(), format!("{other}{}", &value[1..]));
    let page = bent.get(opened.location()).await;
    assert!(page.html.contains("Open the link from your mail again"));
}

#[tokio::test]
async fn service_always_uses_the_host_prefix() {
    let fixture = Fixture::of(Mode::Serve).await;
    let link = fixture.invite(ADDRESS).await;
    let opened = fixture.browser().get(&link).await;
    let cookie = opened.header(&header::SET_COOKIE);
    assert!(
        cookie.starts_with("__Host-vestibule-redeem-") && cookie.ends_with("; Secure"),
        "{cookie}"
    );
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn without_the_store_a_step_is_503() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = landing(&mut browser, &link).await;
    fixture.app.directory().store().close().await;
    let answer = browser.submit(&page, "/redeem/code", &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.header(&header::RETRY_AFTER).parse::<u32>().unwrap() > 0);
    assert!(answer.html.contains("This does not work right now"));
    check_headers(&answer, "'self'");
}

#[tokio::test]
async fn no_step_can_be_skipped() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = landing(&mut browser, &link).await;
    let token = page.csrf();
    let invitation = page
        .action("/redeem/code")
        .split('=')
        .nth(1)
        .unwrap()
        .to_owned();
    let step = |name: &str| format!("/redeem/{name}?invitation={invitation}");

    for name in ["code", "consent"] {
        let answer = browser.get(&step(name)).await;
        assert_eq!(
            (answer.status, answer.location()),
            (SEE_OTHER, step("start").as_str()),
            "{name}"
        );
    }
    for name in ["accept", "decline", "never"] {
        let answer = browser.post(&step(name), &[("csrf", &token)]).await;
        assert_eq!(
            (answer.status, answer.location()),
            (SEE_OTHER, step("start").as_str()),
            "{name}"
        );
    }
    browser.submit(&page, "/redeem/code", &[]).await;
    for name in ["accept", "decline", "never"] {
        let answer = browser.post(&step(name), &[("csrf", &token)]).await;
        assert_eq!(
            (answer.status, answer.location()),
            (SEE_OTHER, step("code").as_str()),
            "{name}"
        );
    }
    for name in ["code", "verify", "accept", "decline", "never"] {
        let answer = browser
            .ask(Method::POST, &step(name), Some(String::new()))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
    }
    for body in ["csrf=a&csrf=b", "code=1&c%6fde=2&csrf=a"] {
        let answer = browser
            .ask(Method::POST, &step("verify"), Some(body.to_owned()))
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let long = format!("csrf={token}&code={}", "1".repeat(9000));
    let answer = browser.ask(Method::POST, &step("verify"), Some(long)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

/// Somebody who sends a byte a minute holds no handler, and is answered with a page.
#[tokio::test]
async fn a_form_that_does_not_arrive_is_not_waited_for() {
    let app = TestApp::new().await;
    let form = stream::iter([Ok::<_, Infallible>("csrf=")]).chain(stream::pending());
    let asking = app
        .post("/redeem/code?invitation=00000000-0000-0000-0000-000000000000")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from_stream(form));
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let reply = asking.send().await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_disabled_guest_is_told_to_ask() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    fixture.disable(ADDRESS).await;
    let answer = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.html.contains("Ask your administrator"));
    let answer = browser
        .get(&page.action("/redeem/accept").replace("accept", "consent"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn the_inviter_cannot_finish_alone() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut inviter = fixture.browser();
    let (page, code) = code_page(&fixture, &mut inviter, &link).await;
    assert!(!page.html.contains(&code));
    for tried in ["00000000", "12345678"] {
        assert_ne!(tried, code);
        let answer = inviter
            .submit(&page, "/redeem/verify", &[("code", tried)])
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let token = page.csrf();
    let accept = page.action("/redeem/verify").replace("verify", "accept");
    assert!(
        inviter
            .post(&accept, &[("csrf", &token)])
            .await
            .location()
            .starts_with("/redeem/code")
    );
}

#[tokio::test]
async fn the_ticket_leaves_the_address_at_the_first_request() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let ticket = link
        .split("ticket=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    let mut browser = fixture.browser();
    let opened = browser.get(&link).await;
    assert_eq!(opened.status, SEE_OTHER);
    assert!(!opened.location().contains(&ticket));
    assert!(!opened.header(&header::SET_COOKIE).contains(&ticket));
    assert_eq!(opened.header(&header::REFERRER_POLICY), "no-referrer");
    assert_eq!(opened.header(&header::CACHE_CONTROL), "no-store");
    let page = browser.follow(&opened).await;
    assert!(!page.html.contains(&ticket));
}
