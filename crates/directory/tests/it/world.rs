//! One tenant, `contoso`, and what tests ask of it again and again.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use directory::{
    Actor, Clock, Created, Directory, DomainSetting, Ids, Keys, Permission, Permissions, Policy,
    Refusal, Role, Roles, ServiceMode, Settings, Subject, TenantPlan, TenantSchema, UserKey,
};
use edm::{Body, Purpose, Record, Schema, Version, user};
use jiff::Timestamp;
use store::{AuditRow, Options, Page, Place, Store, TenantId};
use uuid::Uuid;

/// 2026-03-01T09:00:00.25Z
const START: i64 = 1_772_355_600_250;

/// Stands until it is moved.
pub(crate) struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Counts from 1.
struct CountingIds(AtomicU64);

impl CountingIds {
    fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(0x1000_0000_0000_4000_8000_0000_0000_0000 + u128::from(self.next()))
    }
    fn secret(&self) -> [u8; 32] {
        let mut secret = [7; 32];
        secret[..8].copy_from_slice(&self.next().to_be_bytes());
        secret
    }
    fn code(&self) -> String {
        format!("{:08}", self.next())
    }
    fn nonce(&self) -> [u8; 12] {
        let mut nonce = [7; 12];
        nonce[..8].copy_from_slice(&self.next().to_be_bytes());
        nonce
    }
}

/// Everything a refused operation must leave as it was.
#[derive(Debug, PartialEq)]
pub(crate) struct Fingerprint {
    users: Vec<(Uuid, i64, String)>,
    changes: usize,
    audit: i64,
}

pub(crate) struct World {
    pub(crate) dir: Directory,
    pub(crate) tenant: TenantId,
    pub(crate) clock: Arc<StandingClock>,
    /// What the tenant's users look like.
    pub(crate) schema: TenantSchema,
}

impl World {
    pub(crate) async fn new() -> Self {
        let world = Self::empty();
        world.dir.add_tenant(contoso(world.tenant)).await.unwrap();
        world
    }

    /// A store without tenants.
    pub(crate) fn empty() -> Self {
        static NAMES: AtomicU64 = AtomicU64::new(0);
        let keys = Keys::derive(&[1; 32]);
        let name = format!("directory-{}", NAMES.fetch_add(1, Ordering::SeqCst));
        let store = Store::open(Options::new(
            Place::Memory(name),
            store::Role::Server,
            keys.audit,
        ))
        .unwrap();
        let clock = Arc::new(StandingClock(AtomicI64::new(START)));
        let policy = Policy {
            public_origin: "https://vestibule.example".to_owned(),
            mail_configured: true,
            smtputf8: false,
            quota_factor: 1,
            keep_letters: true,
        };
        let ids = Arc::new(CountingIds(AtomicU64::new(1)));
        let dir = Directory::new(
            store,
            Arc::clone(&clock) as Arc<dyn Clock>,
            ids,
            keys,
            policy,
        );
        Self {
            dir,
            tenant: TenantId(Uuid::from_u128(0xC0)),
            clock,
            schema: Schema::core().into(),
        }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// An app with these permissions and roles.
    pub(crate) fn app_with(&self, permissions: &[Permission], roles: &[Role]) -> Actor {
        self.actor(Subject::App {
            client_id: Uuid::from_u128(0xA1),
            object: Uuid::from_u128(0xA2),
            permissions: permissions.iter().copied().collect(),
            roles: Roles::new(roles.iter().map(|role| role.template())),
        })
    }

    /// An app that may everything and holds Global Administrator, as dev's.
    pub(crate) fn app(&self) -> Actor {
        let all: Vec<_> = Permissions::all_for_apps().iter().collect();
        self.app_with(&all, &[Role::GlobalAdministrator])
    }

    /// A signed-in person.
    pub(crate) fn person(&self, user: Uuid, scopes: &[Permission], roles: &[Role]) -> Actor {
        self.actor(Subject::Person {
            user,
            client_id: Uuid::from_u128(0xA1),
            scopes: scopes.iter().copied().collect(),
            roles: Roles::new(roles.iter().map(|role| role.template())),
        })
    }

    fn actor(&self, subject: Subject) -> Actor {
        Actor {
            tenant: self.tenant,
            schema: self.schema.clone(),
            subject,
            request_id: Uuid::from_u128(0xF0),
            client_request_id: None,
        }
    }

    pub(crate) async fn create(&self, text: &str) -> Result<Created, Refusal> {
        self.dir
            .create_user(&self.app(), body(text, Purpose::Create))
            .await
    }

    /// Creates a work user with more members: `"mail":"a@b.com"`.
    pub(crate) async fn work_user(&self, name: &str, more: &str) -> Created {
        self.create(&work_user(name, more)).await.unwrap()
    }

    pub(crate) async fn update(&self, id: Uuid, text: &str) -> Result<i64, Refusal> {
        self.update_as(&self.app(), id, text).await
    }

    pub(crate) async fn update_as(
        &self,
        actor: &Actor,
        id: Uuid,
        text: &str,
    ) -> Result<i64, Refusal> {
        self.dir
            .update_user(
                actor,
                &UserKey::Id(id),
                body_in(self.schema.entity(&user::TYPE), text, Purpose::Update),
                directory::Condition::Any,
            )
            .await
            .map(|row| row.version)
    }

    pub(crate) async fn record(&self, id: Uuid) -> Record {
        let row = self.dir.user(&self.app(), &UserKey::Id(id)).await.unwrap();
        self.dir.record(&self.app(), &row).unwrap()
    }

    pub(crate) async fn fingerprint(&self) -> Fingerprint {
        let reader = self.dir.store().read(self.tenant);
        let users = reader
            .users(Page {
                after: None,
                limit: 1000,
            })
            .await
            .unwrap();
        Fingerprint {
            users: users
                .into_iter()
                .map(|row| (row.id, row.version, row.doc()))
                .collect(),
            changes: reader.changes(0, 1000).await.unwrap().len(),
            audit: reader.audit_head().await.unwrap().seq,
        }
    }

    pub(crate) async fn last_audit(&self) -> AuditRow {
        self.dir
            .audit(&self.app(), None, 1)
            .await
            .unwrap()
            .remove(0)
    }

    pub(crate) async fn set_manner(&self, manner: ServiceMode) {
        self.dir
            .set_settings(
                self.tenant,
                &Settings {
                    manner,
                    ..Settings::default()
                },
            )
            .await
            .unwrap();
    }
}

pub(crate) fn contoso(id: TenantId) -> TenantPlan {
    TenantPlan {
        id,
        display_name: "Contoso".to_owned(),
        initial_domain: "contoso.onmicrosoft.com".to_owned(),
        domains: vec![
            DomainSetting {
                name: "Contoso.com".to_owned(),
                federated: false,
            },
            DomainSetting {
                name: "federated.example".to_owned(),
                federated: true,
            },
        ],
        settings: Settings::default(),
    }
}

/// Users without properties of the tenant's own.
pub(crate) fn core() -> edm::Entity<'static> {
    edm::Entity::core(&user::TYPE)
}

/// A work user with a good password, and more members.
pub(crate) fn work_user(name: &str, more: &str) -> String {
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(",{more}")
    };
    format!(
        r#"{{"accountEnabled":true,"displayName":"{name}","mailNickname":"{name}","userPrincipalName":"{name}@contoso.com",
            "passwordProfile":{{"password":"xWwvJ]6NMw+bWH-d"}}{more}}}"#
    )
}

/// A body as the server hands it on.
pub(crate) fn body(text: &str, purpose: Purpose) -> Body<UserKey> {
    body_in(edm::Entity::core(&user::TYPE), text, purpose)
}

/// [`body`] of a tenant with definitions of its own.
fn body_in(ty: edm::Entity<'_>, text: &str, purpose: Purpose) -> Body<UserKey> {
    let json =
        edm::json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    edm::body::check(&json, ty, Version::V1, purpose)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .map_binds(UserKey::of_reference)
}

/// Checks that a refusal is the expected one and that nothing happened.
pub(crate) async fn refused<T: std::fmt::Debug>(
    world: &World,
    before: &Fingerprint,
    result: Result<T, Refusal>,
    expected: &str,
    what: &str,
) {
    let refusal = match result {
        Err(refusal) => refusal,
        Ok(done) => panic!("{what} was accepted: {done:?}"),
    };
    assert!(
        format!("{refusal:?}").contains(expected),
        "{what}: {refusal:?}, expected {expected}"
    );
    assert_eq!(world.fingerprint().await, *before, "{what}");
}
