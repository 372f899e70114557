//! Measures the writer: `cargo run --release -p store --example writes [FOLDER]`. Prints durable
//! writes per second with 1 and with 64 callers, small ones and whole invitations, next to what the
//! disk itself can flush.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement for a person at a desk"
)]

use jiff::Timestamp;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use store::{
    ActorKind, AddressUses, AttemptKind, AuditRecord, AuditResult, ChangeKind, Identity,
    InvitationRow, InvitationStatus, LetterKind, LetterRow, LetterState, Lookup, ObjectKeys,
    Options, Place, Role, Store, StoreError, TenantId, TenantRow, Tx, UserRow, UserType,
};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const TIME: Duration = Duration::from_secs(5);

/// Flushes per second of one file of the folder, by rewriting 12 KiB of it.
fn raw_flushes(folder: &Path) -> f64 {
    let path = folder.join("raw");
    std::fs::write(&path, vec![0; 4 << 20]).unwrap();
    let mut file = std::fs::File::options().write(true).open(&path).unwrap();
    file.sync_all().unwrap();
    let (start, mut flushes) = (Instant::now(), 0u32);
    while start.elapsed() < Duration::from_secs(2) {
        std::io::Seek::seek(
            &mut file,
            std::io::SeekFrom::Start(u64::from(flushes % 300) * 12_288),
        )
        .unwrap();
        file.write_all(&[1; 12_288]).unwrap();
        file.sync_data().unwrap();
        flushes += 1;
    }
    f64::from(flushes) / start.elapsed().as_secs_f64()
}

/// Ids without order, from a counter.
fn id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let n = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    Uuid::from_u128(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
}

fn record() -> AuditRecord {
    AuditRecord {
        at: Timestamp::UNIX_EPOCH,
        activity: "Invite external user".into(),
        result: AuditResult::Success,
        actor_kind: ActorKind::App,
        actor_id: Some(TENANT.0),
        target_kind: "user".into(),
        target_id: Some(TENANT.0),
        request_id: Some(TENANT.0),
        details: "{\"address\":\"sam@fabrikam.example\"}".into(),
    }
}

async fn make_tenant(store: &Store) {
    let row = TenantRow {
        id: TENANT,
        display_name: "Contoso".into(),
        initial_domain: "contoso.example".into(),
        settings: "{}".into(),
    };
    let made: Result<bool, StoreError> = store
        .write(TENANT, row, |tx, row| Box::pin(tx.insert_tenant(row)))
        .await;
    assert!(made.unwrap());
}

/// One row, one record, one change.
async fn small(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    tx.assign_role(id, TENANT.0).await?;
    tx.audit(record());
    tx.changed(id, ChangeKind::Updated);
    Ok(())
}

/// A guest, an address, an identity, an invitation, a letter, two counted events, a record, a
/// change.
async fn invite(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    let now = Timestamp::UNIX_EPOCH;
    let address = format!("{}@fabrikam.example", id.simple());
    let user = UserRow {
        id,
        version: 1,
        schema: 1,
        enabled: true,
        user_type: Some(UserType::Guest),
        upn: format!(
            "{}_fabrikam.example#EXT#@contoso.onmicrosoft.com",
            id.simple()
        ),
        state: None,
        created_at: now,
        deleted_at: None,
        password_hash: None,
        immutable_id: None,
        brief: "x".repeat(350),
        rest: "x".repeat(370),
    };
    let invitation = InvitationRow {
        id,
        user_id: id,
        address: address.clone(),
        address_key: address.clone(),
        ticket_hash: [1; 32],
        redirect_url: "https://app.example/welcome".into(),
        language: None,
        status: InvitationStatus::InProgress,
        send_message: true,
        ended_at: None,
        expires_at: now,
        accepted_at: None,
        accepted_session: None,
        declined_at: None,
        inviter: Some(TENANT.0),
        created_at: now,
        document: "x".repeat(600),
    };
    let letter = LetterRow {
        id,
        kind: LetterKind::Invitation,
        state: LetterState::Waiting,
        invitation_id: Some(id),
        recipient: address.clone(),
        recipient_key: address.clone(),
        copy_of: None,
        sealed: Some(vec![7; 700]),
        message_id: format!("<{id}@contoso.example>"),
        attempts: 0,
        next_at: now,
        expires_at: now,
        created_at: now,
        sent_at: None,
        last_error: None,
    };
    let identity = Identity {
        issuer: "mail".into(),
        assigned: address.clone(),
        sign_in_type: "federated".into(),
    };
    tx.attempts(AttemptKind::InvitationToAddress, &address, now)
        .await?;
    tx.record_attempt(AttemptKind::InvitationToAddress, &address, now)
        .await?;
    tx.record_attempt(AttemptKind::InvitationOfTenant, "", now)
        .await?;
    tx.user_at(&address).await?;
    // What a guest is found by: two names, two addresses.
    let name = format!("Sam {}", id.simple());
    let keys = ObjectKeys::of_user(
        &[
            (&edm::user::DISPLAY_NAME, edm::Value::from(name)),
            (&edm::user::MAIL, address.clone().into()),
            (&edm::user::USER_PRINCIPAL_NAME, user.upn.clone().into()),
            (
                &edm::user::OTHER_MAILS,
                edm::Value::List(vec![address.clone().into()]),
            ),
        ]
        .into_iter()
        .collect(),
    );
    tx.insert_user(&user, &keys).await?;
    tx.claim_addresses(
        id,
        &[(&user.upn, AddressUses::UPN), (&address, AddressUses::MAIL)],
    )
    .await?;
    tx.claim_identities(id, &[identity]).await?;
    tx.end_invitations_of(id, now).await?;
    tx.insert_invitation(&invitation).await?;
    tx.enqueue_letter(&letter).await?;
    tx.audit(record());
    tx.changed(id, ChangeKind::Created);
    Ok(())
}

/// CPU seconds of this process so far.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split(' ')
        .filter_map(|field| field.parse().ok())
        .collect();
    fields.iter().skip(10).take(2).sum::<f64>() / 100.0
}

async fn measure(folder: &Path, name: &str, callers: u32, whole: bool) {
    let path = folder.join(format!("{name}-{callers}.db"));
    let store = Store::open(Options::new(Place::File(path), Role::Server, [0; 32])).unwrap();
    make_tenant(&store).await;
    let (start, before) = (Instant::now(), cpu());
    let slowest = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, slowest) = (store.clone(), Arc::clone(&slowest));
            tokio::spawn(async move {
                while start.elapsed() < TIME {
                    let asked = Instant::now();
                    let done: Result<(), StoreError> = store
                        .write(TENANT, id(), move |tx, id| {
                            Box::pin(async move {
                                if whole {
                                    invite(tx, *id).await
                                } else {
                                    small(tx, *id).await
                                }
                            })
                        })
                        .await;
                    done.unwrap();
                    slowest.fetch_max(
                        u32::try_from(asked.elapsed().as_micros()).unwrap(),
                        Ordering::Relaxed,
                    );
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let (seconds, used, stats) = (start.elapsed().as_secs_f64(), cpu() - before, store.stats());
    let (jobs, commits) = (
        f64::from(u32::try_from(stats.jobs).unwrap()),
        f64::from(u32::try_from(stats.commits).unwrap()),
    );
    println!(
        "{name:8} callers {callers:3}  {:6.0} writes/s  {:5.0} commits/s  {:5.1} writes/commit  {:6.0} writes/CPU-s  slowest {:.1} ms",
        jobs / seconds,
        commits / seconds,
        jobs / commits,
        jobs / used,
        f64::from(slowest.load(Ordering::Relaxed)) / 1000.0,
    );
}

#[tokio::main]
async fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, Into::into)
        .join("vestibule-writes");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    println!("disk     {:6.0} flushes/s", raw_flushes(&folder));
    for callers in [1, 64] {
        measure(&folder, "small", callers, false).await;
        measure(&folder, "invite", callers, true).await;
    }
    println!("disk     {:6.0} flushes/s", raw_flushes(&folder));
    drop(std::fs::remove_dir_all(&folder));
}
