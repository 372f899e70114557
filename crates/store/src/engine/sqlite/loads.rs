//! A load leaves what as many writes leave, or nothing.

use super::of;
use crate::{
    AddressUses, AuditRecord, AuditResult, ChangeKind, ChangedLink, Conflict, Identity, Loader,
    NewUser, ObjectKeys, OpenExtensionRow, Options, Place, Relation, Role, Store, StoreError,
    TenantId, TenantRow, Tx, UserRow,
};
use edm::{Record, Value, user};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(0xA));
/// Some users are there before.
const BEFORE: u32 = 3;
const ALL: u32 = 400;
const CHUNK: u32 = 90;

fn options(folder: &Path, role: Role) -> Options {
    Options::new(Place::File(folder.join("v.db")), role, [7; 32])
}

/// Everything about one user, different for each.
struct Person {
    row: UserRow,
    keys: ObjectKeys,
    addresses: Vec<(String, AddressUses)>,
    identities: Vec<Identity>,
    manager: Option<Uuid>,
    sponsors: Vec<Uuid>,
    extensions: Vec<(String, OpenExtensionRow)>,
}

/// Ids in no order.
fn id(n: u32) -> Uuid {
    Uuid::from_u128(u128::from(n.wrapping_mul(2_654_435_761)) << 96 | u128::from(n))
}

fn person(n: u32) -> Person {
    let upn = format!("u{n}@contoso.example");
    let mut record = Record::new();
    record.set(&user::ID, id(n).to_string());
    record.set(
        &user::DISPLAY_NAME,
        format!("Zoë {} Müller-{}", n % 7, n % 11),
    );
    record.set(&user::USER_PRINCIPAL_NAME, upn.as_str());
    record.set(&user::ACCOUNT_ENABLED, !n.is_multiple_of(3));
    if !n.is_multiple_of(4) {
        record.set(&user::DEPARTMENT, format!("Sales {}", n % 5));
        record.set(&user::EMPLOYEE_ID, format!("E{n}"));
    }
    let phones = (0..n % 3).map(|phone| Value::Text(format!("+49 {n} {phone}")));
    record.set(&user::BUSINESS_PHONES, Value::List(phones.collect()));
    Person {
        row: UserRow {
            id: id(n),
            version: 1,
            schema: 1,
            enabled: !n.is_multiple_of(3),
            user_type: None,
            upn: upn.clone(),
            state: None,
            created_at: Timestamp::UNIX_EPOCH,
            deleted_at: None,
            password_hash: None,
            immutable_id: n.is_multiple_of(50).then(|| format!("immutable {n}")),
            brief: edm::document::brief(&record, &user::TYPE),
            rest: edm::document::rest(&record, &user::TYPE),
        },
        keys: ObjectKeys::of_user(&record),
        addresses: vec![
            (upn.clone(), AddressUses::UPN),
            (format!("m{n}@contoso.example"), AddressUses::MAIL),
            (upn.clone(), AddressUses::PROXY),
        ],
        identities: vec![Identity {
            issuer: "contoso.example".into(),
            assigned: upn,
            sign_in_type: "userPrincipalName".into(),
        }],
        manager: (n > 0).then(|| id((n - 1) / 8)),
        sponsors: if n > 20 && n.is_multiple_of(10) {
            vec![id(1), id(2)]
        } else {
            Vec::new()
        },
        extensions: (0..n % 4).map(extension).collect(),
    }
}

/// Two of an app, and one of none.
fn extension(n: u32) -> (String, OpenExtensionRow) {
    let row = OpenExtensionRow {
        name: format!("com.contoso.E{n}"),
        version: i64::from(n) + 1,
        app: (n < 2).then(|| id(77)),
        members: format!("\"n\":{n}"),
    };
    (row.name.to_ascii_lowercase(), row)
}

impl Person {
    fn addresses(&self) -> Vec<(&str, AddressUses)> {
        let mut all = self.addresses.iter();
        std::iter::from_fn(|| all.next().map(|(key, uses)| (key.as_str(), *uses))).collect()
    }

    async fn write(&self, tx: &mut Tx) -> Result<(), StoreError> {
        let id = self.row.id;
        tx.insert_user(&self.row, &self.keys).await?;
        tx.claim_first(id, &self.addresses(), &self.identities)
            .await?;
        tx.changed(id, ChangeKind::Created);
        let manager = self.manager.map(|manager| (Relation::Manager, manager));
        let sponsors = self.sponsors.iter().map(|one| (Relation::Sponsor, *one));
        for (relation, target) in manager.into_iter().chain(sponsors) {
            tx.link(relation, id, target).await?;
            let link = ChangedLink { relation, target };
            tx.changed_link(id, ChangeKind::Linked, link);
        }
        for (key, row) in &self.extensions {
            tx.add_open_extension(id, key, row).await?;
        }
        Ok(())
    }

    fn load(&self, loader: &mut Loader) -> Result<(), StoreError> {
        loader.user(NewUser {
            row: &self.row,
            keys: &self.keys,
            addresses: &self.addresses(),
            identities: &self.identities,
            manager: self.manager,
            sponsors: &self.sponsors,
            extensions: &self.extensions,
        })
    }
}

fn record(chunk: u32) -> AuditRecord {
    AuditRecord {
        at: Timestamp::UNIX_EPOCH,
        activity: "Import users".into(),
        result: AuditResult::Success,
        actor_kind: crate::ActorKind::Operator,
        actor_id: None,
        target_kind: "tenant".into(),
        target_id: None,
        request_id: None,
        details: format!("{{\"chunk\":{chunk}}}"),
    }
}

async fn write(store: &Store, from: u32, to: u32) {
    let done: Result<(), StoreError> = store
        .write(TENANT, (from, to), |tx, (from, to)| {
            Box::pin(async move {
                for n in *from..*to {
                    person(n).write(tx).await?;
                }
                tx.audit(record(*from));
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

fn chunks() -> impl Iterator<Item = (u32, u32)> {
    (BEFORE..ALL)
        .step_by(CHUNK as usize)
        .map(|from| (from, ALL.min(from + CHUNK)))
}

fn load(loader: &mut Loader) {
    for (from, to) in chunks() {
        for n in from..to {
            let person = person(n);
            let conflict = loader.conflict(id(n), &person.addresses(), &person.identities);
            assert_eq!(conflict, None);
            person.load(loader).unwrap();
        }
        loader.chunk(&[record(from)]).unwrap();
    }
}

/// Every row of every table, and every definition.
fn dump(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let on = rusqlite::Connection::open(folder.join("v.db")).unwrap();
    let all = |text: &str| -> Vec<String> {
        let mut statement = on.prepare(text).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..width)
                .map(|at| row.get::<_, rusqlite::types::Value>(at))
                .collect::<Result<Vec<_>, _>>()
                .map(|cells| format!("{cells:?}"))
        });
        let mut rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        rows.sort();
        rows
    };
    assert_eq!(all("PRAGMA integrity_check"), ["[Text(\"ok\")]"]);
    let mut found = BTreeMap::new();
    for table in all("SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let name = table.split('"').nth(1).unwrap().to_owned();
        let rows = all(&format!("SELECT * FROM {name}"));
        found.insert(name, rows);
    }
    let schema = all("SELECT type, name, tbl_name, sql FROM sqlite_schema");
    found.insert("the schema".to_owned(), schema);
    found
}

/// A database with the first few users.
async fn begun() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path(), Role::Tool)).unwrap();
    let made: Result<bool, StoreError> = store
        .write(TENANT, (), |tx, ()| {
            let row = TenantRow {
                id: TENANT,
                display_name: "Contoso".into(),
                initial_domain: "contoso.example".into(),
                settings: "{}".into(),
            };
            Box::pin(async move { tx.insert_tenant(&row).await })
        })
        .await;
    assert_eq!(made, Ok(true));
    write(&store, 0, BEFORE).await;
    (folder, store)
}

#[tokio::test]
async fn a_load_leaves_what_as_many_writes_leave() {
    let (written, store) = begun().await;
    for (from, to) in chunks() {
        write(&store, from, to).await;
    }
    store.close().await;
    let (filled, store) = begun().await;
    let mut loader = store.load(TENANT).await.unwrap().unwrap();
    load(&mut loader);
    assert_eq!(loader.managers_above(id(0)), 0);
    assert_eq!(loader.managers_above(id(1)), 1);
    assert_eq!(loader.managers_above(id(300)), 3);
    assert_eq!(loader.user_by_upn("u7@contoso.example"), Some(id(7)));
    assert_eq!(loader.user_by_upn("m7@contoso.example"), None);
    assert!(loader.is_user(id(7)).unwrap() && !loader.is_user(id(ALL)).unwrap());
    let mut steps = Vec::new();
    loader.finish(|done, of| steps.push((done, of))).unwrap();
    let of = steps.len();
    assert_eq!(steps, (1..=of).map(|done| (done, of)).collect::<Vec<_>>());
    let (left, right) = (dump(written.path()), dump(filled.path()));
    for (table, rows) in &left {
        assert!(rows == &right[table], "{table}");
    }
    assert_eq!(left.len(), right.len());
    // And writing goes on as before.
    let store = Store::open(options(filled.path(), Role::Server)).unwrap();
    write(&store, ALL, ALL + 1).await;
    let verdict = store.verify_audit(TENANT).await.unwrap();
    assert!(matches!(verdict, crate::AuditVerdict::Sound(head) if head.seq == 7));
}

#[tokio::test]
async fn a_load_that_ends_early_never_was() {
    let (folder, store) = begun().await;
    drop(store);
    let before = dump(folder.path());
    let mut last = 0;
    // Ended before its end, and in each of its steps but the commit.
    for ends in 0..19 {
        let store = Store::open(options(folder.path(), Role::Tool)).unwrap();
        let mut loader = store.load(TENANT).await.unwrap().unwrap();
        load(&mut loader);
        if ends == 0 {
            drop(loader);
        } else {
            let ended = catch_unwind(AssertUnwindSafe(|| {
                loader.finish(|done, of| {
                    last = of;
                    assert!(done < ends, "ends here");
                })
            }));
            assert!(ended.is_err());
        }
        assert!(dump(folder.path()) == before, "ended at {ends}");
    }
    assert_eq!(last, 19, "a step that was not ended in");
}

/// However a load breaks: a caller that ignores that and goes on to the end leaves nothing.
#[tokio::test]
async fn a_load_that_goes_on_after_a_fault_never_was() {
    let (folder, store) = begun().await;
    drop(store);
    let before = dump(folder.path());
    let mut long = person(ALL);
    long.identities[0].sign_in_type = "x".repeat(100_000);
    let cases = ["interrupted", "full", "rolled back", "half a user"];
    for case in cases {
        let store = Store::open(options(folder.path(), Role::Tool)).unwrap();
        let mut loader = store.load(TENANT).await.unwrap().unwrap();
        load(&mut loader);
        let on = of(loader.connection());
        match case {
            "interrupted" => on.progress_handler(1, Some(|| true)).unwrap(),
            "full" => on.execute_batch("PRAGMA max_page_count = 1").unwrap(),
            "rolled back" => on.execute_batch("ROLLBACK").unwrap(),
            _ => assert!(long.load(&mut loader).is_err()),
        }
        let mut faults = Vec::new();
        for n in ALL + 1..ALL + 100 {
            faults.extend(person(n).load(&mut loader).err());
        }
        let on = of(loader.connection());
        on.progress_handler(0, None::<fn() -> bool>).unwrap();
        on.execute_batch("PRAGMA max_page_count = 1000000").unwrap();
        assert_eq!(on.is_autocommit(), case != "half a user", "{case}");
        faults.extend(person(ALL + 200).load(&mut loader).err());
        faults.extend(loader.is_user(id(1)).err());
        faults.extend(loader.chunk(&[record(ALL)]).err());
        assert!(faults.len() > 3, "{case}");
        let finished = loader.finish(|_, _| ());
        for fault in faults {
            assert_eq!(finished, Err(fault), "{case}");
        }
        assert!(dump(folder.path()) == before, "{case}");
    }
}

#[tokio::test]
async fn what_is_taken_is_told_and_changes_nothing() {
    let (_folder, store) = begun().await;
    let mut loader = store.load(TENANT).await.unwrap().unwrap();
    load(&mut loader);
    for n in [1, 50] {
        let held = person(n);
        let conflict = loader.conflict(id(ALL), &held.addresses(), &[]);
        let key = format!("u{n}@contoso.example");
        assert_eq!(conflict, Some(Conflict::Address { key, owner: id(n) }));
        let conflict = loader.conflict(id(ALL), &[], &held.identities);
        assert!(
            matches!(conflict, Some(Conflict::Identity { owner, .. }) if owner == id(n)),
            "{n}"
        );
        let mut again = person(ALL);
        again.row.id = id(n);
        let refused = again.load(&mut loader);
        assert_eq!(refused, Err(Conflict::Id.into()), "{n}");
    }
    let mut again = person(ALL);
    again.row.immutable_id = Some("immutable 50".into());
    let refused = again.load(&mut loader);
    assert_eq!(refused, Err(Conflict::ImmutableId { owner: id(50) }.into()));
    let twice = [person(ALL).identities, person(ALL).identities].concat();
    let conflict = loader.conflict(id(ALL), &[], &twice);
    assert!(matches!(conflict, Some(Conflict::Identity { owner, .. }) if owner == id(ALL)));
    loader.finish(|_, _| ()).unwrap();
}

#[tokio::test]
async fn a_database_that_is_in_use_is_not_loaded_into() {
    let (folder, store) = begun().await;
    let server = Store::open(options(folder.path(), Role::Server)).unwrap();
    assert!(store.load(TENANT).await.unwrap().is_none());
    // Still open.
    write(&store, BEFORE, BEFORE + 1).await;
    server.close().await;
    drop(server);
    let beside = Store::open(options(folder.path(), Role::Tool)).unwrap();
    let busy = store.load(TENANT).await.err();
    assert_eq!(busy, Some(StoreError::Busy));
    drop(beside);
    let memory = Options::new(Place::Memory("loads".into()), Role::Tool, [1; 32]);
    let memory = Store::open(memory).unwrap();
    assert!(memory.load(TENANT).await.unwrap().is_none());
    // During a load nobody else can open the database.
    let store = Store::open(options(folder.path(), Role::Tool)).unwrap();
    let loader = store.load(TENANT).await.unwrap().unwrap();
    let path: PathBuf = folder.path().join("v.db");
    let on = rusqlite::Connection::open(path).unwrap();
    let read = on.query_row("SELECT COUNT(*) FROM users", [], |row| row.get::<_, i64>(0));
    assert!(read.is_err());
    let second = Store::open(options(folder.path(), Role::Server)).err();
    assert_eq!(second, Some(StoreError::Locked));
    drop(loader);
}
