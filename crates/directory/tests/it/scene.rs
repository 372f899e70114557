//! One tenant in memory, seen from the side of an inviter and of a browser.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use directory::invitations::{Idempotency, Invited};
use directory::letter::{Letter, LetterKind};
use directory::redemption::{Accepted, CodeAnswer, Link, Session, StepContext, Verified};
use directory::{
    Actor, AppPlan, Clock, Directory, DomainSetting, Ids, Keys, Permission, Permissions, Policy,
    Refusal, Role, Roles, Settings, Subject, TenantPlan,
};
use edm::body::{self, Purpose};
use edm::{Schema, Version, invitation};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{AuditRow, Options, Page, Place, Store, TenantId};
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0x7e0a));
pub(crate) const ORIGIN: &str = "https://id.contoso.example";
pub(crate) const START: &str = "2026-11-20T10:00:00Z";

/// A clock that stands until it is moved.
pub(crate) struct TestClock(Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Ids that count up, so that a test knows them and no two are the same.
#[derive(Default)]
pub(crate) struct TestIds(AtomicU64);

impl TestIds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl Ids for TestIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(0x4000_0000_0000_4000_8000_0000_0000_0000 + u128::from(self.next()))
    }

    fn secret(&self) -> [u8; 32] {
        let mut secret = [0x5e; 32];
        secret[..8].copy_from_slice(&self.next().to_be_bytes());
        secret
    }

    fn code(&self) -> String {
        format!("{:08}", 10_000_000 + self.next())
    }

    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.next().to_be_bytes());
        nonce
    }
}

pub(crate) struct Scene {
    pub(crate) directory: Directory,
    pub(crate) store: Store,
    place: Place,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) actor: Actor,
}

/// What a test may set before the world begins.
pub(crate) struct Plan {
    pub(crate) quota_factor: u32,
    pub(crate) mail_configured: bool,
    pub(crate) keep_letters: bool,
    pub smtputf8: bool,
    pub(crate) redirect_hosts: Vec<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            quota_factor: 1,
            mail_configured: true,
            keep_letters: true,
            smtputf8: false,
            redirect_hosts: Vec::new(),
        }
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(Plan::default()).await
    }

    pub(crate) async fn with(plan: Plan) -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "directory-invitations-{}",
            NAMES.fetch_add(1, Ordering::Relaxed)
        );
        let keys = Keys::derive(&[7; 32]);
        let place = Place::Memory(name);
        let options = Options::new(place.clone(), store::Role::Server, keys.audit);
        let store = Store::open(options).unwrap();
        let clock = Arc::new(TestClock(Mutex::new(START.parse().unwrap())));
        let policy = Policy {
            public_origin: ORIGIN.to_owned(),
            mail_configured: plan.mail_configured,
            smtputf8: plan.smtputf8,
            quota_factor: plan.quota_factor,
            keep_letters: plan.keep_letters,
        };
        let directory = Directory::new(
            store.clone(),
            clock.clone(),
            Arc::new(TestIds::default()),
            keys,
            policy,
        );
        let settings = Settings {
            redirect_hosts: plan.redirect_hosts,
            ..Settings::default()
        };
        let tenant = TenantPlan {
            id: TENANT,
            display_name: "Contoso".to_owned(),
            initial_domain: "contoso.onmicrosoft.com".to_owned(),
            domains: vec![DomainSetting {
                name: "contoso.com".to_owned(),
                federated: false,
            }],
            settings,
        };
        directory.add_tenant(tenant).await.unwrap();
        let app = AppPlan {
            client_id: Some(Uuid::from_u128(0xa1)),
            object: Some(Uuid::from_u128(0xa2)),
            display_name: "Partner Portal".to_owned(),
            permissions: Permissions::all_for_apps(),
            secret: None,
        };
        directory.add_app(TENANT, app).await.unwrap();
        let actor = app_actor(&[], &[Role::GlobalAdministrator], true);
        Self {
            directory,
            store,
            place,
            clock,
            actor,
        }
    }

    /// A process that was started with another master key.
    pub(crate) fn with_key(&self, master: [u8; 32]) -> Self {
        let keys = Keys::derive(&master);
        let options = Options::new(self.place.clone(), store::Role::Tool, keys.audit);
        let store = Store::open(options).unwrap();
        let policy = self.directory.policy().clone();
        let ids = Arc::new(TestIds(AtomicU64::new(2_000_000)));
        Self {
            directory: Directory::new(store.clone(), self.clock.clone(), ids, keys, policy),
            store,
            place: self.place.clone(),
            clock: Arc::clone(&self.clock),
            actor: self.actor.clone(),
        }
    }

    /// Another process over the same rows, with the same keys and clock.
    pub(crate) fn restarted(&self) -> Self {
        let keys = Keys::derive(&[7; 32]);
        let policy = self.directory.policy().clone();
        let ids = Arc::new(TestIds(AtomicU64::new(1_000_000)));
        let directory = Directory::new(self.store.clone(), self.clock.clone(), ids, keys, policy);
        Self {
            directory,
            store: self.store.clone(),
            place: self.place.clone(),
            clock: Arc::clone(&self.clock),
            actor: self.actor.clone(),
        }
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.pass_millis(1_000 * seconds);
    }

    pub(crate) fn pass_millis(&self, millis: i64) {
        let mut now = self.clock.0.lock().unwrap();
        *now = now
            .checked_add(SignedDuration::from_millis(millis))
            .unwrap();
    }

    pub(crate) async fn invite(&self, body: Value) -> Result<Invited, Refusal> {
        self.invite_as(&self.actor, body, None).await
    }

    pub(crate) async fn invite_as(
        &self,
        actor: &Actor,
        body: Value,
        key: Option<Idempotency>,
    ) -> Result<Invited, Refusal> {
        let checked = body::check(
            &body,
            edm::Entity::core(&invitation::TYPE),
            Version::V1,
            Purpose::Create,
        )?
        .map_binds(directory::UserKey::of_reference);
        self.directory
            .invite(actor, Version::V1, &checked, key)
            .await
    }

    /// Invites an address with a mail, to the usual redirect.
    pub(crate) async fn invite_address(&self, address: &str) -> Invited {
        self.invite(invitation_of(address)).await.unwrap()
    }

    /// Changes a stored user through a PATCH body.
    pub(crate) async fn patch(&self, user: Uuid, body: Value) {
        let body = body::check(
            &body,
            edm::Entity::core(&edm::user::TYPE),
            Version::V1,
            Purpose::Update,
        )
        .unwrap()
        .map_binds(directory::UserKey::of_reference);
        let key = directory::UserKey::Id(user);
        self.directory
            .update_user(&self.server(), &key, body, directory::Condition::Any)
            .await
            .unwrap();
    }

    pub(crate) async fn create(&self, body: Value) -> Uuid {
        let body = body::check(
            &body,
            edm::Entity::core(&edm::user::TYPE),
            Version::V1,
            Purpose::Create,
        )
        .unwrap()
        .map_binds(directory::UserKey::of_reference);
        self.directory
            .create_user(&self.server(), body)
            .await
            .unwrap()
            .row
            .id
    }

    pub(crate) async fn delete(&self, user: Uuid) {
        let key = directory::UserKey::Id(user);
        self.directory
            .delete_user(&self.server(), &key, directory::Condition::Any)
            .await
            .unwrap();
    }

    pub(crate) fn server(&self) -> Actor {
        let id = self.directory.ids().uuid();
        Actor::server(TENANT, Schema::core().into(), id)
    }

    /// What is set of the stored user, as JSON.
    pub(crate) async fn user(&self, id: Uuid) -> Value {
        let row = self.store.read(TENANT).user(id).await.unwrap().unwrap();
        let record = edm::document::parse(&row.doc(), edm::Entity::core(&edm::user::TYPE)).unwrap();
        serde_json::from_str(&edm::document::whole(&record)).unwrap()
    }

    pub(crate) async fn user_count(&self) -> usize {
        self.store
            .read(TENANT)
            .users(Page {
                after: None,
                limit: 1000,
            })
            .await
            .unwrap()
            .len()
    }

    pub(crate) async fn status(&self, invitation: Uuid) -> String {
        let answer = self
            .directory
            .invitation(&self.server(), invitation)
            .await
            .unwrap();
        members(&answer.members)["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn audit(&self, activity: &str) -> Vec<AuditRow> {
        let rows = self.store.read(TENANT).audit(0, 10_000).await.unwrap();
        rows.into_iter()
            .filter(|row| row.record.activity == activity)
            .collect()
    }

    /// Takes every due letter out of the outbox and reports it delivered.
    pub(crate) async fn deliver(&self) -> Vec<Letter> {
        let letters = self.directory.outbox_claim(1000).await.unwrap();
        for letter in &letters {
            assert!(self.directory.outbox_delivered(letter).await.unwrap());
        }
        letters
    }

    /// A browser that opened the link.
    pub(crate) fn browser(&self, invited: &Invited) -> Browser<'_> {
        Browser {
            world: self,
            link: link_of(&invited.link),
            session: Session::new(self.directory.ids()),
            network: "192.0.2.1",
        }
    }

    /// A browser of this invited person in another network.
    pub(crate) fn browser_in(&self, network: &'static str, invited: &Invited) -> Browser<'_> {
        Browser {
            network,
            ..self.browser(invited)
        }
    }
}

/// One browser on its way.
pub(crate) struct Browser<'w> {
    pub(crate) world: &'w Scene,
    pub(crate) link: Link,
    pub(crate) session: Session,
    /// The network it asks from.
    pub(crate) network: &'static str,
}

impl Browser<'_> {
    pub(crate) fn step(&self) -> StepContext {
        StepContext {
            link: self.link.clone(),
            session: self.session.clone(),
            network: self.network.to_owned(),
            request_id: self.world.directory.ids().uuid(),
        }
    }

    pub(crate) async fn ask(&self) -> CodeAnswer {
        self.world.directory.send_code(self.step()).await.unwrap()
    }

    /// Asks for a code and reads it from the mail.
    pub(crate) async fn code(&self) -> String {
        assert!(matches!(self.ask().await, CodeAnswer::Sent { .. }));
        let letters = self.world.deliver().await;
        letters
            .iter()
            .find_map(|letter| letter.kind.code())
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn type_code(&mut self, code: &str) -> Verified {
        let verified = self
            .world
            .directory
            .verify_code(self.step(), code)
            .await
            .unwrap();
        if let Verified::Proven { session } = &verified {
            self.session = session.clone();
        }
        verified
    }

    /// Asks for a code and types it.
    pub(crate) async fn prove(&mut self) {
        let code = self.code().await;
        assert!(matches!(
            self.type_code(&code).await,
            Verified::Proven { .. }
        ));
    }

    pub(crate) async fn accept(&self) -> Accepted {
        self.world.directory.accept(self.step()).await.unwrap()
    }
}

/// An app with these permissions; `all` adds every other.
pub(crate) fn app_actor(permissions: &[Permission], roles: &[Role], all: bool) -> Actor {
    let permissions: Permissions = if all {
        Permissions::all_for_apps()
    } else {
        permissions.iter().copied().collect()
    };
    Actor {
        tenant: TENANT,
        schema: Schema::core().into(),
        subject: Subject::App {
            client_id: Uuid::from_u128(0xa1),
            object: Uuid::from_u128(0xa2),
            permissions,
            roles: Roles::new(roles.iter().map(|role| role.template())),
        },
        request_id: Uuid::from_u128(0x9e),
        client_request_id: None,
    }
}

pub(crate) fn invitation_of(address: &str) -> Value {
    json!({
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": "https://app.contoso.example/welcome",
        "sendInvitationMessage": true,
    })
}

/// The members of an answer as JSON.
pub(crate) fn members(spliceable: &str) -> Value {
    serde_json::from_str(&format!("{{{spliceable}}}")).unwrap()
}

pub(crate) fn link_of(text: &str) -> Link {
    let url = url::Url::parse(text).unwrap();
    let value = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    Link::parse(&value("tenant"), &value("user"), &value("ticket")).unwrap()
}

/// The variant's name: what a table of refusals compares.
pub(crate) fn name_of(refusal: &Refusal) -> String {
    let text = format!("{refusal:?}");
    text.split([' ', '(', '{']).next().unwrap().to_owned()
}

pub(crate) fn code_of(letter: &Letter) -> Option<&str> {
    match &letter.kind {
        LetterKind::Code { code, .. } => Some(code),
        _ => None,
    }
}
