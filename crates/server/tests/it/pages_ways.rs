//! Ways through the pages beside the straight one.

use axum::http::StatusCode;

use crate::pages_fixture::{ADDRESS, Fixture, SEE_OTHER, TARGET, code_page};

#[tokio::test]
async fn an_incomplete_code_says_how_many_digits_it_has() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &link).await;
    for typed in ["", "12", "1234567", "123456789", "abcdefgh"] {
        let answer = browser
            .submit(&page, "/redeem/verify", &[("code", typed)])
            .await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(
            answer.html.contains("The code has 8 digits."),
            "{typed}: {}",
            answer.html
        );
    }
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    assert_eq!(proven.status, SEE_OTHER, "none of these was a guess");
}

/// "Do not invite me again" keeps its own path: code, then done.
#[tokio::test]
async fn do_not_invite_me_again_is_code_then_done() {
    let fixture = Fixture::new().await;
    let link = fixture.invite(ADDRESS).await;
    let mut browser = fixture.browser();
    // As a mail program opens it.
    let opened = browser.get(&format!("{link}&then=never")).await;
    assert!(
        opened.location().starts_with("/redeem/never?"),
        "{}",
        opened.location()
    );
    let asked = browser.follow(&opened).await;
    assert!(
        asked.html.contains("To confirm it&#x27;s you"),
        "{}",
        asked.html
    );
    let sent = browser.submit(&asked, "/redeem/code", &[]).await;
    let page = browser.follow(&sent).await;
    assert!(
        page.html.contains("Do not invite me again</button>"),
        "{}",
        page.html
    );
    let code = fixture.code().await;
    let wrong = Fixture::other_code(&code);
    let page = browser
        .submit(&page, "/redeem/verify", &[("code", &wrong)])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let done = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    assert!(
        done.location().starts_with("/redeem/stopped?"),
        "{}",
        done.location()
    );
    let last = browser.follow(&done).await;
    assert!(last.html.contains("You will not be invited again"));
    let directory = fixture.app.directory();
    let actor = directory.server_actor(fixture.app.tenant.id).await.unwrap();
    let blocks = directory.blocks(&actor, None, 10).await.unwrap();
    assert_eq!(blocks.rows[0].address, ADDRESS);
    assert!(blocks.rows[0].never_again_since.is_some());
    assert_eq!(fixture.guest_state(ADDRESS).await, "PendingAcceptance");
}

/// Answers of two tabs arrive in any order: the one that opens a link never takes back what the
/// other has proven.
#[tokio::test]
async fn a_proof_in_one_tab_outlives_links_opened_in_another() {
    let fixture = Fixture::new().await;
    let first = fixture.invite(ADDRESS).await;
    let second = fixture.invite("kim@fabrikam.example").await;
    let mut browser = fixture.browser();
    let (page, code) = code_page(&fixture, &mut browser, &first).await;
    // The other tab asks before the proof and is answered after it.
    let mut late = browser.clone();
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    for link in [&second, &first] {
        let before = late.cookies.clone();
        late.get(link).await;
        for (name, value) in &late.cookies {
            if before.get(name) != Some(value) {
                browser.cookies.insert(name.clone(), value.clone());
            }
        }
    }
    let consent = browser.follow(&proven).await;
    assert_eq!(consent.status, StatusCode::OK, "{}", consent.html);
    let accepted = browser.submit(&consent, "/redeem/accept", &[]).await;
    assert_eq!(accepted.location(), TARGET);
}
