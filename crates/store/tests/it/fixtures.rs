//! Rows to begin with.

use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{
    ActorKind, AuditRecord, AuditResult, InvitationRow, InvitationStatus, LetterKind, LetterRow,
    LetterState, ObjectKeys, Options, Place, Role, Store, TenantId, TenantRow, UserRow, UserType,
};
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xA));
pub(crate) const OTHER: TenantId = TenantId(Uuid::from_u128(0xB));
pub(crate) const KEY: [u8; 32] = [7; 32];

/// Runs one write of a tenant: `write!(store, tx, { … })`, with the captured values moved in.
macro_rules! write {
    ($store:expr, $tx:ident => $body:expr) => { write!($store, crate::fixtures::TENANT, (), $tx, _input => $body) };
    ($store:expr, $tenant:expr, $input:expr, $tx:ident, $name:ident => $body:expr) => {
        $store
            .write::<_, _, store::StoreError, _>($tenant, $input, move |$tx, $name| Box::pin(async move { $body }))
            .await
    };
}
pub(crate) use write;

/// A store of its own for each test, with two tenants.
pub(crate) async fn store() -> Store {
    store_with(|_| {}).await
}

/// The same, opened with other options.
pub(crate) async fn store_with(change: impl FnOnce(&mut Options)) -> Store {
    let store = empty_with(change);
    make(&store, TENANT).await;
    make(&store, OTHER).await;
    store
}

/// A store without tenants.
pub(crate) fn empty() -> Store {
    empty_with(|_| {})
}

fn empty_with(change: impl FnOnce(&mut Options)) -> Store {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("it {}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut options = Options::new(Place::Memory(name), Role::Server, KEY);
    change(&mut options);
    Store::open(options).unwrap()
}

pub(crate) fn tenant(id: TenantId) -> TenantRow {
    TenantRow {
        id,
        display_name: "Contoso".into(),
        initial_domain: "contoso.onmicrosoft.com".into(),
        settings: "{}".into(),
    }
}

/// Makes a tenant.
pub(crate) async fn make(store: &Store, id: TenantId) {
    let made = write!(store, id, tenant(id), tx, row => tx.insert_tenant(row).await);
    assert_eq!(made, Ok(true));
}

/// So many seconds after the day the tests stand at.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn user(n: u128) -> UserRow {
    UserRow {
        id: id(n),
        version: 1,
        schema: 1,
        enabled: true,
        user_type: Some(UserType::Member),
        upn: format!("u{n}@contoso.example"),
        state: None,
        created_at: at(0),
        deleted_at: None,
        password_hash: None,
        immutable_id: None,
        brief: format!("\"id\":\"{n}\""),
        rest: String::new(),
    }
}

/// Users without properties of the tenant's own.
pub(crate) fn core() -> edm::Entity<'static> {
    edm::Entity::core(&edm::user::TYPE)
}

/// Of somebody who is found by nothing.
pub(crate) fn keys() -> ObjectKeys {
    ObjectKeys::of_user(&edm::Record::new())
}

pub(crate) fn invitation(n: u128, user: u128) -> InvitationRow {
    InvitationRow {
        id: id(n),
        user_id: id(user),
        address: "Sam@fabrikam.example".into(),
        address_key: "sam@fabrikam.example".into(),
        ticket_hash: [9; 32],
        redirect_url: "https://app.example/".into(),
        language: Some("en-US".into()),
        status: InvitationStatus::InProgress,
        send_message: true,
        ended_at: None,
        expires_at: at(1000),
        accepted_at: None,
        accepted_session: None,
        declined_at: None,
        inviter: Some(id(99)),
        created_at: at(0),
        document: r#"{"answer":{"invitedUserEmailAddress":"Sam@fabrikam.example"}}"#.into(),
    }
}

pub(crate) fn letter(n: u128, kind: LetterKind, invitation: u128) -> LetterRow {
    LetterRow {
        id: id(n),
        kind,
        state: LetterState::Waiting,
        invitation_id: Some(id(invitation)),
        recipient: "Sam@fabrikam.example".into(),
        recipient_key: "sam@fabrikam.example".into(),
        copy_of: None,
        sealed: Some(vec![1, 2, 3]),
        message_id: format!("<{n}@vestibule.example>"),
        attempts: 0,
        next_at: at(0),
        expires_at: at(1000),
        created_at: at(i64::try_from(n).unwrap()),
        sent_at: None,
        last_error: None,
    }
}

pub(crate) fn record(activity: &str) -> AuditRecord {
    AuditRecord {
        at: at(0),
        activity: activity.into(),
        result: AuditResult::Success,
        actor_kind: ActorKind::App,
        actor_id: Some(id(5)),
        target_kind: "user".into(),
        target_id: None,
        request_id: Some(id(6)),
        details: "{\"a\":1}".into(),
    }
}
