//! The redemption pages over HTTP: the whole way, and each threat to it by its number.

#![expect(clippy::unwrap_used, reason = "tests")]

use axum::http::{Method, StatusCode, header};

use crate::pages_browser::{Browser, Page};
use crate::pages_fixture::{ADDRESS, Fixture, TARGET};

const SEE_OTHER: StatusCode = StatusCode::SEE_OTHER;

/// Opens the link up to the landing page.
async fn landing(browser: &mut Browser, link: &str) -> Page {
    let opened = browser.get(link).await;
    browser.follow(&opened).await
}

/// Up to the code page, with the code that was mailed.
async fn code_page(fixture: &Fixture, browser: &mut Browser, link: &str) -> (Page, String) {
    let page = landing(browser, link).await;
    let sent = browser.submit(&page, "/redeem/code", &[]).await;
    let page = browser.follow(&sent).await;
    (page, fixture.code().await)
}

/// Up to the consent page.
async fn consent_page(fixture: &Fixture, browser: &mut Browser, link: &str) -> Page {
    let (page, code) = code_page(fixture, browser, link).await;
    let proven = browser.submit(&page, "/redeem/verify", &[("code", &code)]).await;
    browser.follow(&proven).await
}

/// What every page carries (threats, head of the page).
fn check_headers(page: &Page, form_action: &str) {
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    assert_eq!(page.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(page.header(header::CONTENT_SECURITY_POLICY), policy);
}

#[tokio::test]
async fn the_whole_way_from_link_to_target() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();

    let opened = browser.get(&link).await;
    assert_eq!(opened.status, SEE_OTHER);
    assert!(opened.location().starts_with("/redeem/start?invitation="), "{}", opened.location());
    let page = browser.follow(&opened).await;
    assert_eq!(page.status, StatusCode::OK);
    check_headers(&page, "'self'");
    for shown in ["Contoso", "s•••@f•••.example", "Send code", "projects.contoso.com"] {
        assert!(page.html.contains(shown), "{shown}");
    }

    let sent = browser.submit(&page, "/redeem/code", &[]).await;
    assert!(sent.location().starts_with("/redeem/code?invitation="));
    let page = browser.follow(&sent).await;
    check_headers(&page, "'self'");
    assert!(page.html.contains("60 seconds"));

    let code = fixture.code().await;
    let spaced = format!(" {}-{} ", &code[..4], &code[4..]);
    let proven = browser.submit(&page, "/redeem/verify", &[("code", &spaced)]).await;
    assert!(proven.location().starts_with("/redeem/consent?invitation="));
    let page = browser.follow(&proven).await;
    check_headers(&page, "'self' https:");
    for shown in [ADDRESS, "projects.contoso.com", "Accept", "Decline"] {
        assert!(page.html.contains(shown), "{shown}");
    }

    let accepted = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!((accepted.status, accepted.location()), (SEE_OTHER, TARGET));
    assert_eq!(fixture.guest_state(ADDRESS).await, "Accepted");
    // Again by the same browser: the same answer (decision 30).
    let again = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!((again.status, again.location()), (SEE_OTHER, TARGET));
}

#[tokio::test]
async fn b1_unknown_malformed_and_foreign_links_look_the_same() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let ticket = link.split("ticket=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let tenant = link.split("tenant=").nth(1).unwrap().split('&').next().unwrap().to_owned();
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
        assert_eq!((page.status, &page.html), (StatusCode::NOT_FOUND, &first.html), "{target}");
        assert!(page.headers.get(header::SET_COOKIE).is_none(), "{target}");
    }
}

#[tokio::test]
async fn b1_thirty_a_minute_then_429_and_good_links_still_open() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    for _ in 0..30 {
        assert_eq!(browser.get("/redeem/?tenant=x").await.status, StatusCode::NOT_FOUND);
    }
    let page = browser.get("/redeem/?tenant=x").await;
    assert_eq!((page.status, page.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert_eq!(browser.get(&link).await.status, SEE_OTHER);
    let mut other = fixture.browser();
    other.peer = "192.0.2.7:1".parse().unwrap();
    assert_eq!(other.get("/redeem/?tenant=x").await.status, StatusCode::NOT_FOUND);
    fixture.advance(60);
    assert_eq!(browser.get("/redeem/?tenant=x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn b2_a_used_link_is_gone_for_others_and_leads_on_for_its_own_browser() {
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
    for hidden in ["Contoso", "contoso", "fabrikam", "s•••", "Sam"] {
        assert!(!other.html.contains(hidden), "{hidden}");
    }
}

#[tokio::test]
async fn b3_an_expired_link_is_gone_at_every_step() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    fixture.advance(30 * 24 * 3600 - 60);
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    fixture.advance(60);
    assert_eq!(fixture.browser().get(&link).await.status, StatusCode::GONE);
    assert_eq!(browser.submit(&page, "/redeem/accept", &[]).await.status, StatusCode::GONE);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn b3_a_newer_invitation_ends_the_link() {
    let fixture = Fixture::new().await;
    let earlier = fixture.invite(ADDRESS).await;
    let later = fixture.invite(ADDRESS).await;
    assert_eq!(fixture.browser().get(&earlier).await.status, StatusCode::GONE);
    assert_eq!(fixture.browser().get(&later).await.status, SEE_OTHER);
}

#[tokio::test]
async fn b5_get_and_head_consume_and_send_nothing() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let letters = fixture.letters().await;
    let audit = fixture.audit_records().await;
    for _ in 0..3 {
        let mut scanner = fixture.browser();
        let opened = scanner.head(&link).await;
        assert_eq!((opened.status, opened.html.as_str()), (SEE_OTHER, ""));
        for step in ["start", "code", "consent", "never", "declined", "done", "stopped", "verify", "accept", "decline"] {
            let invitation = opened.location().split('=').nth(1).unwrap().to_owned();
            for method in [Method::HEAD, Method::GET] {
                let page = scanner.ask(method, &format!("/redeem/{step}?invitation={invitation}"), None).await;
                assert!(page.status == StatusCode::OK || page.status == SEE_OTHER, "{step} {}", page.status);
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
async fn b6_the_link_alone_shows_a_masked_address_and_no_field() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let page = landing(&mut fixture.browser(), &link).await;
    assert!(page.html.contains("s•••@f•••.example"));
    assert!(!page.html.contains(ADDRESS));
    assert!(!page.html.contains("type=\"text\"") && !page.html.contains("type=\"email\""));
    assert_eq!(page.html.matches("<button").count(), 1);
}

#[tokio::test]
async fn b7_b9_a_typed_address_or_its_twin_is_ignored() {
    for typed in ["other@fabrikam.example", "ſam@fabrikam.example", "SAM@FABRIKAM.EXAMPLE"] {
        let fixture = Fixture::new().await;
        let link = fixture.invite(ADDRESS).await;
        let mut browser = fixture.browser();
        let page = landing(&mut browser, &link).await;
        let fields = [("email", typed), ("oid", "1"), ("tid", "2"), ("mail", typed)];
        let sent = browser.submit(&page, "/redeem/code", &fields).await;
        assert_eq!(sent.status, SEE_OTHER);
        assert_eq!(fixture.last_recipient().await, ADDRESS);
        let page = browser.follow(&sent).await;
        let code = fixture.code().await;
        let proven = browser.submit(&page, "/redeem/verify", &[("code", &code), ("email", typed)]).await;
        let page = browser.follow(&proven).await;
        assert!(page.html.contains(ADDRESS) && !page.html.contains(typed));
    }
}

#[tokio::test]
async fn b16_a_code_is_void_after_five_wrong_guesses() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    let wrong = Fixture::other_code(&code);
    for _ in 0..5 {
        let answer = browser.submit(&page, "/redeem/verify", &[("code", &wrong)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let answer = browser.submit(&page, "/redeem/verify", &[("code", &code)]).await;
    assert_eq!((answer.status, answer.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "60"));
}

#[tokio::test]
async fn b18_wrong_used_expired_and_foreign_codes_say_the_same() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    let check = |answer: &Page, typed: &str| {
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.html);
        assert!(answer.html.contains("That code is not right"));
        assert!(answer.html.contains("role=\"alert\""));
        assert!(answer.html.contains(&format!("value=\"{typed}\"")), "what was typed is kept");
        assert!(answer.html.contains("autofocus aria-describedby=\"code-error code-hint\" aria-invalid=\"true\""));
    };
    let wrong = Fixture::other_code(&code);
    check(&browser.submit(&page, "/redeem/verify", &[("code", &wrong)]).await, &wrong);
    check(&browser.submit(&page, "/redeem/verify", &[("code", "12")]).await, "12");

    // Another browser with the same link, before and after it asked for a code of its own.
    let mut thief = fixture.browser();
    let theirs = landing(&mut thief, &link).await;
    let token = theirs.csrf();
    let target = theirs.action("/redeem/code").replace("/code", "/verify");
    check(&thief.post(&target, &[("csrf", &token), ("code", &code)]).await, &code);

    // Its owner can still use it, once.
    let proven = browser.submit(&page, "/redeem/verify", &[("code", &code)]).await;
    assert_eq!(proven.status, SEE_OTHER);
    check(&browser.submit(&page, "/redeem/verify", &[("code", &code)]).await, &code);
}

#[tokio::test]
async fn b19_a_code_ends_after_ten_minutes() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    fixture.advance(600);
    let answer = browser.submit(&page, "/redeem/verify", &[("code", &code)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.html.contains("That code is not right"));
}

#[tokio::test]
async fn b20_codes_come_a_minute_apart_and_two_per_visit() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, _) = code_page(&fixture, &mut browser, &link).await;
    fixture.advance(20);
    let early = browser.submit(&page, "/redeem/code", &[]).await;
    assert_eq!((early.status, early.header(header::RETRY_AFTER)), (StatusCode::TOO_MANY_REQUESTS, "40"));
    assert!(early.html.contains("40 seconds") && early.html.contains("name=\"code\""), "{}", early.html);
    fixture.advance(40);
    assert_eq!(browser.submit(&page, "/redeem/code", &[]).await.status, SEE_OTHER);
    fixture.advance(60);
    let spent = browser.submit(&page, "/redeem/code", &[]).await;
    assert_eq!(spent.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(spent.html.contains("No more codes can be sent from this page"), "{}", spent.html);
    // The mail's link, opened again once the last code has run out, begins anew.
    fixture.advance(600);
    let page = landing(&mut browser, &link).await;
    assert_eq!(browser.submit(&page, "/redeem/code", &[]).await.status, SEE_OTHER);
}

#[tokio::test]
async fn b22_the_session_changes_with_the_proof() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    // Somebody who knows the cookie from before the proof, and the tokens of its pages.
    let mut planted = browser.clone();
    let proven = browser.submit(&page, "/redeem/verify", &[("code", &code)]).await;
    assert_ne!(planted.cookies, browser.cookies);
    let invitation = proven.location().split('=').nth(1).unwrap().to_owned();
    let seen = planted.get(proven.location()).await;
    assert_eq!(seen.status, SEE_OTHER, "{}", seen.html);
    let token = page.csrf();
    let accept = format!("/redeem/accept?invitation={invitation}");
    assert_eq!(planted.post(&accept, &[("csrf", &token)]).await.status, SEE_OTHER);
    assert_eq!(browser.post(&accept, &[("csrf", &token)]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn b22_two_invitations_in_one_browser_do_not_disturb_each_other() {
    let fixture = Fixture::new().await;
    let first = fixture.invite(ADDRESS).await;
    let second = fixture.invite("kim@fabrikam.example").await;
    let mut browser = fixture.browser();
    let (first_page, first_code) = code_page(&fixture, &mut browser, &first).await;
    let (second_page, second_code) = code_page(&fixture, &mut browser, &second).await;
    let crossed = browser.submit(&second_page, "/redeem/verify", &[("code", &first_code)]).await;
    assert_eq!(crossed.status, StatusCode::BAD_REQUEST);
    for (page, code) in [(&first_page, &first_code), (&second_page, &second_code)] {
        let proven = browser.submit(page, "/redeem/verify", &[("code", code)]).await;
        let consent = browser.follow(&proven).await;
        let accepted = browser.submit(&consent, "/redeem/accept", &[]).await;
        assert_eq!(accepted.location(), TARGET);
    }
}

#[tokio::test]
async fn b23_other_sites_cannot_post_and_cannot_frame() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("frame-ancestors 'none'"));
    assert_eq!(page.header(header::X_FRAME_OPTIONS), "DENY");
    let forged = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ];
    for (name, value) in forged {
        let answer = browser.with(name, value).submit(&page, "/redeem/accept", &[]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let target = page.action("/redeem/accept");
    for token in ["", "AAAA", &"A".repeat(43)] {
        assert_eq!(browser.post(&target, &[("csrf", token)]).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(fixture.browser().submit(&page, "/redeem/accept", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
    // What an honest browser sends with no-referrer.
    let mut honest = browser.with("origin", "null").with("sec-fetch-site", "same-origin");
    assert_eq!(honest.submit(&page, "/redeem/accept", &[]).await.location(), TARGET);
}

#[tokio::test]
async fn b23_the_cookie_is_sealed_and_shut_in() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let opened = fixture.browser().get(&link).await;
    let cookie = opened.header(header::SET_COOKIE);
    // Decision 24: this is dev's plain http loopback origin, the one place without the prefix.
    assert!(cookie.starts_with("vestibule-redeem="), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    let invitation = opened.location().split('=').nth(1).unwrap();
    assert!(!cookie.contains(invitation));
    let mut bent = fixture.browser();
    let value = cookie.split(['=', ';']).nth(1).unwrap();
    let other = if value.starts_with('A') { 'B' } else { 'A' };
    bent.cookies.insert("vestibule-redeem".to_owned(), format!("{other}{}", &value[1..]));
    let page = bent.get(opened.location()).await;
    assert!(page.html.contains("Open the link from your mail again"));
}

#[tokio::test]
async fn b24_no_step_can_be_skipped() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = landing(&mut browser, &link).await;
    let token = page.csrf();
    let invitation = page.action("/redeem/code").split('=').nth(1).unwrap().to_owned();
    let step = |name: &str| format!("/redeem/{name}?invitation={invitation}");

    for name in ["code", "consent"] {
        let answer = browser.get(&step(name)).await;
        assert_eq!((answer.status, answer.location()), (SEE_OTHER, step("start").as_str()), "{name}");
    }
    for name in ["accept", "decline", "never"] {
        let answer = browser.post(&step(name), &[("csrf", &token)]).await;
        assert_eq!((answer.status, answer.location()), (SEE_OTHER, step("start").as_str()), "{name}");
    }
    browser.submit(&page, "/redeem/code", &[]).await;
    for name in ["accept", "decline", "never"] {
        let answer = browser.post(&step(name), &[("csrf", &token)]).await;
        assert_eq!((answer.status, answer.location()), (SEE_OTHER, step("code").as_str()), "{name}");
    }
    for name in ["code", "verify", "accept", "decline", "never"] {
        let answer = browser.ask(Method::POST, &step(name), Some(String::new())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{name}");
    }
    for body in ["csrf=a&csrf=b", "code=1&c%6fde=2&csrf=a"] {
        let answer = browser.ask(Method::POST, &step("verify"), Some(body.to_owned())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
    let long = format!("csrf={token}&code={}", "1".repeat(9000));
    let answer = browser.ask(Method::POST, &step("verify"), Some(long)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn b27_a_disabled_guest_is_told_to_ask() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    fixture.disable(ADDRESS).await;
    let answer = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.html.contains("Ask your administrator"));
    let answer = browser.get(&page.action("/redeem/accept").replace("accept", "consent")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

#[tokio::test]
async fn b30_the_inviter_cannot_finish_alone() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut inviter = fixture.browser();
    let (page, code) = code_page(&fixture, &mut inviter, &link).await;
    assert!(!page.html.contains(&code));
    for tried in ["00000000", "12345678"] {
        assert_ne!(tried, code);
        let answer = inviter.submit(&page, "/redeem/verify", &[("code", tried)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let token = page.csrf();
    let accept = page.action("/redeem/verify").replace("verify", "accept");
    assert!(inviter.post(&accept, &[("csrf", &token)]).await.location().starts_with("/redeem/code"));
}

#[tokio::test]
async fn b31_the_ticket_leaves_the_address_at_the_first_request() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let ticket = link.split("ticket=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let mut browser = fixture.browser();
    let opened = browser.get(&link).await;
    assert_eq!(opened.status, SEE_OTHER);
    assert!(!opened.location().contains(&ticket));
    assert!(!opened.header(header::SET_COOKIE).contains(&ticket));
    assert_eq!(opened.header(header::REFERRER_POLICY), "no-referrer");
    assert_eq!(opened.header(header::CACHE_CONTROL), "no-store");
    let page = browser.follow(&opened).await;
    assert!(!page.html.contains(&ticket));
}

#[tokio::test]
async fn declining_says_so_and_leaves_the_link_working() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let page = consent_page(&fixture, &mut browser, &link).await;
    let declined = browser.submit(&page, "/redeem/decline", &[]).await;
    assert!(declined.location().starts_with("/redeem/declined?invitation="));
    let farewell = browser.follow(&declined).await;
    assert!(farewell.html.contains("You declined") && farewell.html.contains("Contoso"));
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
    assert_eq!(browser.submit(&page, "/redeem/accept", &[]).await.location(), TARGET);
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
    assert!(asked.html.contains("Only the owner of the mailbox") && asked.html.contains("Send code"));
    consent_page(&fixture, &mut browser, &link).await;
    let asked = browser.get(&never).await;
    let stopped = browser.submit(&asked, "/redeem/never", &[]).await;
    assert!(stopped.location().starts_with("/redeem/stopped?invitation="));
    assert!(browser.follow(&stopped).await.html.contains("You will not be invited again"));
}

#[tokio::test]
async fn pages_speak_the_invitations_language_before_the_browsers() {
    let fixture = Fixture::new().await;
    let german = fixture.invite_in(ADDRESS, "de-DE").await;
    let page = landing(&mut fixture.browser().with("accept-language", "ja"), &german).await;
    assert!(page.html.contains("<html lang=\"de\" dir=\"ltr\">"));
    assert_eq!(page.header(header::CONTENT_LANGUAGE), "de");
    let open = fixture.invite("kim@fabrikam.example").await;
    let page = landing(&mut fixture.browser().with("accept-language", "ar-EG,ar;q=0.9,en;q=0.5"), &open).await;
    assert!(page.html.contains("<html lang=\"ar\" dir=\"rtl\">"));
    let page = fixture.browser().with("accept-language", "ja").get("/redeem/?tenant=x").await;
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
    assert!(sheet.header(header::CACHE_CONTROL).contains("immutable"));
    assert_eq!(sheet.header(header::CONTENT_TYPE), "text/css; charset=utf-8");
    assert_eq!(browser.get("/redeem/nowhere").await.status, StatusCode::NOT_FOUND);
    let answer = browser.ask(Method::DELETE, "/redeem/start", None).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    check_headers(&answer, "'self'");
}
