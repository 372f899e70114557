//! A server in this process, an inviter at its Graph door, and the guest's mailbox.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::http::{StatusCode, header};
use directory::Settings;
use directory::letter::{Letter, LetterKind};
use jiff::SignedDuration;
use serde_json::{Value, json};
use server::Mode;
use testkit::TestApp;

use crate::pages_browser::{Browser, Page};

/// The invited address.
pub(crate) const ADDRESS: &str = "sam@fabrikam.example";

/// Where an accepted invitation leads.
pub(crate) const TARGET: &str = "https://projects.contoso.com/welcome?room=7";

/// What a step answers that went well.
pub(crate) const SEE_OTHER: StatusCode = StatusCode::SEE_OTHER;

/// What the inviter wrote.
pub(crate) const WORDS: &str = "The plans are <b>ready</b>.";

/// One server, with service's limits on codes.
pub(crate) struct Fixture {
    pub(crate) app: TestApp,
    letters: Mutex<Vec<Letter>>,
    guests: Mutex<BTreeMap<String, String>>,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self::of(Mode::Dev).await
    }

    pub(crate) async fn of(mode: Mode) -> Self {
        let app = TestApp::with(mode, |policy| policy.quota_factor = 1).await;
        Self {
            app,
            letters: Mutex::default(),
            guests: Mutex::default(),
        }
    }

    /// Changes contoso's settings.
    pub(crate) async fn set(&self, settings: &Settings) {
        self.app
            .directory()
            .set_settings(self.app.tenant.id, settings)
            .await
            .unwrap();
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(server::router(self.app.app.clone()))
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.app.advance(SignedDuration::from_secs(seconds));
    }

    /// Invites; answers the link.
    pub(crate) async fn invite(&self, address: &str) -> String {
        self.invite_with(address, &json!({ "customizedMessageBody": WORDS }))
            .await
    }

    /// Invites in a language.
    pub(crate) async fn invite_in(&self, address: &str, language: &str) -> String {
        self.invite_with(address, &json!({ "messageLanguage": language }))
            .await
    }

    async fn invite_with(&self, address: &str, info: &Value) -> String {
        let body = json!({
            "invitedUserEmailAddress": address,
            "invitedUserDisplayName": "Sam Rivera",
            "inviteRedirectUrl": TARGET,
            "sendInvitationMessage": true,
            "invitedUserMessageInfo": info,
        });
        let token = self.app.token().await;
        let reply = self
            .app
            .post("/v1.0/invitations")
            .bearer(&token)
            .json(&body)
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
        let answer = reply.json();
        let guest = answer["invitedUser"]["id"].as_str().unwrap().to_owned();
        self.guests
            .lock()
            .unwrap()
            .insert(address.to_owned(), guest);
        answer["inviteRedeemUrl"].as_str().unwrap().to_owned()
    }

    fn guest(&self, address: &str) -> String {
        format!("/v1.0/users/{}", self.guests.lock().unwrap()[address])
    }

    /// `externalUserState`.
    pub(crate) async fn guest_state(&self, address: &str) -> String {
        let token = self.app.token().await;
        let target = format!("{}?$select=externalUserState", self.guest(address));
        let reply = self.app.get(&target).bearer(&token).send().await;
        reply.json()["externalUserState"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Switches the guest's account off.
    pub(crate) async fn disable(&self, address: &str) {
        let token = self.app.token().await;
        let off = json!({ "accountEnabled": false });
        let reply = self
            .app
            .patch(&self.guest(address))
            .bearer(&token)
            .json(&off)
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }

    async fn deliver(&self) {
        let delivered = self.app.deliver().await;
        self.letters.lock().unwrap().extend(delivered);
    }

    /// How many letters were ever written.
    pub(crate) async fn letters(&self) -> usize {
        self.deliver().await;
        self.letters.lock().unwrap().len()
    }

    /// The newest code.
    pub(crate) async fn code(&self) -> String {
        self.deliver().await;
        let letters = self.letters.lock().unwrap();
        let code = letters.iter().rev().find_map(|letter| match &letter.kind {
            LetterKind::Code { code, .. } => Some(code.clone()),
            _ => None,
        });
        code.expect("a code was mailed")
    }

    /// Eight digits that are not the code.
    pub(crate) fn other_code(code: &str) -> String {
        code.chars()
            .map(|digit| if digit == '7' { '3' } else { '7' })
            .collect()
    }

    /// Whom the newest letter went to.
    pub(crate) async fn last_recipient(&self) -> String {
        self.deliver().await;
        self.letters.lock().unwrap().last().unwrap().to.clone()
    }

    /// How many audit records the tenant has.
    pub(crate) async fn audit_records(&self) -> usize {
        let directory = self.app.directory();
        let actor = directory.server_actor(self.app.tenant.id).await.unwrap();
        directory.audit(&actor, None, 1000).await.unwrap().len()
    }
}

/// Opens the link up to the landing page.
pub(crate) async fn landing(browser: &mut Browser, link: &str) -> Page {
    let opened = browser.get(link).await;
    browser.follow(&opened).await
}

/// Up to the code page, with the code that was mailed.
pub(crate) async fn code_page(
    fixture: &Fixture,
    browser: &mut Browser,
    link: &str,
) -> (Page, String) {
    let page = landing(browser, link).await;
    let sent = browser.submit(&page, "/redeem/code", &[]).await;
    let page = browser.follow(&sent).await;
    (page, fixture.code().await)
}

/// Up to the consent page.
pub(crate) async fn consent_page(fixture: &Fixture, browser: &mut Browser, link: &str) -> Page {
    let (page, code) = code_page(fixture, browser, link).await;
    let proven = browser
        .submit(&page, "/redeem/verify", &[("code", &code)])
        .await;
    browser.follow(&proven).await
}

/// The headers that every page carries (T-26, T-28, T-30).
pub(crate) fn check_headers(page: &Page, form_action: &str) {
    assert_eq!(page.header(&header::CACHE_CONTROL), "no-store");
    assert_eq!(page.header(&header::REFERRER_POLICY), "no-referrer");
    assert_eq!(page.header(&header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action {form_action}; frame-ancestors 'none'; base-uri 'none'"
    );
    assert_eq!(page.header(&header::CONTENT_SECURITY_POLICY), policy);
}
