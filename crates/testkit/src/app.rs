//! The server in the test's process.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use directory::letter::Letter;
use directory::{
    AppPlan, Directory, Ids, Keys, Permission, Permissions, Policy, ServiceMode, Settings,
    SystemIds,
};
use jiff::SignedDuration;
use server::app::{App, AppState, Mode};
use server::http::origin::{Origin, Origins};
use server::instance::{MASTER_KEY, master_key, open, sample};
use server::oauth::keys::{SigningKey, SigningKeys};
use server::pages::Pages;
use server::router::{Endpoints, router};
use store::{Options, Place, Role, Store};
use uuid::Uuid;

use crate::tenant::Plan;
use crate::{
    AscendingIds, CollectingMailer, FakeClock, SeededIds, TestDefinitions, TestRequest, TestTenant,
};

/// The origins, in dev's order.
pub(crate) const ORIGINS: [&str; 3] = [
    "http://localhost:8080",
    "https://localhost:8443",
    "https://127.0.0.1:8443",
];

/// A server with the tenant contoso and an app that may do everything, as dev has them.
pub struct TestApp {
    /// The handle requests are served with.
    pub app: App,
    /// The clock.
    pub clock: Arc<FakeClock>,
    /// Takes the letters that [`TestApp::directory`]'s outbox gives out.
    pub mailer: Arc<CollectingMailer>,
    /// What tenants have defined; nothing at first.
    pub definitions: Arc<TestDefinitions>,
    /// contoso.
    pub tenant: TestTenant,
    router: Endpoints,
}

impl TestApp {
    /// A server in dev's manner.
    pub async fn new() -> Self {
        Self::with(Mode::Dev, |_| {}).await
    }

    /// A server in dev's manner, its tenant served in the manner of that name.
    pub async fn in_manner(manner: &str) -> Self {
        let app = Self::new().await;
        app.set_manner(manner).await;
        app
    }

    /// A server in the manner of that name that gives the same answers in every run, if it is asked
    /// the same: object ids stand in the order in which they were drawn.
    pub async fn repeatable(manner: &str) -> Self {
        let ids = Arc::new(AscendingIds::new());
        let app = Self::build(Mode::Dev, Options::READ_TIME, Some(ids), |_| {}).await;
        app.set_manner(manner).await;
        app
    }

    /// Serves the tenant in the manner of that name from now on.
    pub async fn set_manner(&self, manner: &str) {
        let settings = Settings {
            manner: ServiceMode::named(manner).expect("friendly or strict"),
            ..Settings::default()
        };
        let directory = self.directory();
        directory
            .set_settings(self.tenant.id, &settings)
            .await
            .expect("the settings are written");
    }

    /// A server in the given mode, with a policy changed from dev's.
    pub async fn with(mode: Mode, change: impl FnOnce(&mut Policy)) -> Self {
        Self::build(mode, Options::READ_TIME, None, change).await
    }

    /// A server in dev's manner whose reads may take so long.
    pub async fn with_read_time(time: Duration) -> Self {
        Self::build(Mode::Dev, time, None, |_| {}).await
    }

    async fn build(
        mode: Mode,
        read_time: Duration,
        ids: Option<Arc<dyn Ids>>,
        change: impl FnOnce(&mut Policy),
    ) -> Self {
        /// Each server has a database and ids of its own.
        static SERVERS: AtomicU32 = AtomicU32::new(0);
        let server = SERVERS.fetch_add(1, Ordering::SeqCst);
        let clock = Arc::new(FakeClock::new());
        let keys = Keys::derive(&[7; 32]);
        let place = Place::Memory(format!("test-{}-{server}", std::process::id()));
        let mut options = Options::new(place, Role::Server, keys.audit);
        options.read_time = read_time;
        let store = Store::open(options).expect("a store in memory opens");
        let mut policy = policy();
        change(&mut policy);
        let ids = ids.unwrap_or_else(|| Arc::new(SeededIds::new(server)));
        let definitions = Arc::new(TestDefinitions::default());
        let directory = Directory::with_definitions(
            store,
            clock.clone(),
            ids,
            keys,
            policy,
            definitions.clone(),
        );
        let tenant = Plan {
            id: sample::TENANT_ID,
            client_id: sample::CLIENT_ID,
            name: sample::TENANT_NAME,
            domain: sample::DOMAIN,
            initial_domain: sample::INITIAL_DOMAIN,
            secret: sample::CLIENT_SECRET,
        };
        let tenant = tenant.make(&directory).await;
        let rules = (directory, definitions);
        Self::over(rules, clock, tenant, mode, signing_keys())
    }

    /// The server over a dev folder, which is changed: its tenant of that id, whose app is known by
    /// these credentials, at a second that the folder was of use.
    pub async fn opened(dir: &Path, tenant: TestTenant, second: i64) -> Self {
        let key = master_key::read(&dir.join(MASTER_KEY)).expect("the folder has its key");
        let store = open::store(dir, &key, Role::Server).expect("the folder opens");
        let clock = Arc::new(FakeClock::at(second));
        let keys = Keys::derive(&key.secret);
        let ids = Arc::new(SystemIds);
        let definitions = Arc::new(TestDefinitions::default());
        let directory = Directory::with_definitions(
            store,
            clock.clone(),
            ids,
            keys,
            policy(),
            definitions.clone(),
        );
        let signing = open::signing_keys(&directory)
            .await
            .expect("the folder's signing keys open");
        let rules = (directory, definitions);
        Self::over(rules, clock, tenant, Mode::Dev, signing)
    }

    fn over(
        (directory, definitions): (Directory, Arc<TestDefinitions>),
        clock: Arc<FakeClock>,
        tenant: TestTenant,
        mode: Mode,
        signing: SigningKeys,
    ) -> Self {
        let listed = ORIGINS
            .map(|text| Origin::parse(text).expect("an origin"))
            .to_vec();
        let origins = Origins::new(listed, Vec::new()).expect("three origins");
        let pages = Pages::load(None).expect("the embedded templates parse");
        let app = App::new(AppState::new(directory, origins, mode, signing, pages));
        let router = router(app.clone());
        Self {
            app,
            clock,
            mailer: Arc::new(CollectingMailer::default()),
            definitions,
            tenant,
            router,
        }
    }

    /// The rules, for setting things up behind HTTP's back.
    pub fn directory(&self) -> &Directory {
        &self.app.directory
    }

    /// Goes on in time.
    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// A second tenant, fabrikam.
    pub async fn other_tenant(&self) -> TestTenant {
        let ids = self.directory().ids();
        let plan = Plan {
            id: ids.uuid(),
            client_id: ids.uuid(),
            name: "Fabrikam",
            domain: "fabrikam.com",
            initial_domain: "fabrikam.onmicrosoft.com",
            secret: "fabrikam-secret",
        };
        plan.make(self.directory()).await
    }

    /// A token of contoso's app, which may do everything, from the real endpoint.
    pub async fn token(&self) -> String {
        self.token_of(&self.tenant).await
    }

    /// A token of that tenant's app.
    pub async fn token_of(&self, tenant: &TestTenant) -> String {
        self.token_for(tenant, tenant.client_id, &tenant.secret)
            .await
    }

    /// A token of a new app of contoso that holds these permissions and no role.
    pub async fn token_with(&self, permissions: &[Permission]) -> String {
        let plan = AppPlan {
            client_id: None,
            object: None,
            display_name: "Another test app".to_owned(),
            permissions: permissions.iter().copied().collect::<Permissions>(),
            secret: None,
        };
        let added = self
            .directory()
            .add_app(self.tenant.id, plan)
            .await
            .expect("an app");
        self.token_for(&self.tenant, added.app.client_id, &added.secret)
            .await
    }

    async fn token_for(&self, tenant: &TestTenant, client_id: Uuid, secret: &str) -> String {
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", &client_id.to_string()),
            ("client_secret", secret),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let path = format!("/{}/oauth2/v2.0/token", tenant.id.0);
        let reply = self.post(&path).form(&fields).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let body = reply.json();
        body.get("access_token")
            .and_then(|token| token.as_str())
            .expect("a token")
            .to_owned()
    }

    /// Everything due in the outbox, handed over at once: what a worker with a perfect mail server
    /// does.
    pub async fn deliver(&self) -> Vec<Letter> {
        let letters = self
            .directory()
            .outbox_claim(1_000)
            .await
            .expect("the outbox is read");
        for letter in &letters {
            self.directory()
                .outbox_delivered(letter)
                .await
                .expect("the outbox is written");
        }
        letters
    }

    /// A request with any method.
    pub fn ask(&self, method: Method, target: &str) -> TestRequest {
        TestRequest::new(self.router.clone(), method, target)
    }

    /// GET
    pub fn get(&self, target: &str) -> TestRequest {
        self.ask(Method::GET, target)
    }

    /// POST
    pub fn post(&self, target: &str) -> TestRequest {
        self.ask(Method::POST, target)
    }

    /// PATCH
    pub fn patch(&self, target: &str) -> TestRequest {
        self.ask(Method::PATCH, target)
    }

    /// DELETE
    pub fn delete(&self, target: &str) -> TestRequest {
        self.ask(Method::DELETE, target)
    }
}

/// dev's policy, with quotas that no test meets.
fn policy() -> Policy {
    Policy {
        public_origin: ORIGINS.first().copied().unwrap_or_default().to_owned(),
        mail_configured: true,
        smtputf8: false,
        quota_factor: 100,
        keep_letters: true,
    }
}

/// The private key that every test server signs with, as PKCS#8, for tokens no server would sign.
/// One for all servers of a test process: making one takes longer than most tests.
pub fn signing_key() -> &'static [u8] {
    static PKCS8: OnceLock<Vec<u8>> = OnceLock::new();
    PKCS8.get_or_init(|| SigningKey::generate().expect("an RSA key"))
}

fn signing_keys() -> SigningKeys {
    let key = SigningKey::from_pkcs8(signing_key()).expect("the key just made");
    SigningKeys::only(key)
}
