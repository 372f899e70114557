//! Folders of earlier builds (`crates/server/tests/folders`), brought up to date by a process that
//! is killed at every statement, and databases whose keys are of another folding.

use super::migrate::{GoOn, migrate, migrate_to};
use super::open;
use crate::migrations;
use crate::query::rekeying::KeyVersions;
use crate::rows::identity_keys;
use crate::{Options, Place, Role, StoreError};
use std::fs;
use std::path::{Path, PathBuf};

const OURS: KeyVersions = KeyVersions::OURS;

/// The databases of all folders.
fn folders() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/tests/folders");
    let found = fs::read_dir(all)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found: Vec<_> = found
        .map(|folder| folder.join("vestibule.db"))
        .filter(|database| database.exists())
        .collect();
    assert!(found.len() > 2, "{found:?}");
    found
}

pub(super) fn options(path: &Path, role: Role) -> Options {
    Options::new(Place::File(path.to_owned()), role, [1; 32])
}

fn copied(from: &Path, home: &Path, name: &str) -> PathBuf {
    let to = home.join(name);
    fs::copy(from, &to).unwrap();
    to
}

/// Brings a database to this build's schema and to these keys.
fn upgraded(
    path: &Path,
    keys: KeyVersions,
    go_on: GoOn<'_>,
) -> Result<rusqlite::Connection, StoreError> {
    let options = options(path, Role::Server);
    let on = open::writer(&options.place)?;
    migrate_to(on, &options, (migrations::ALL, keys), go_on)
}

pub(super) fn whole(path: &Path) -> rusqlite::Connection {
    upgraded(path, OURS, &mut || Ok(())).unwrap()
}

/// Every row of these tables, cell by cell, and of all tables for an empty list.
pub(super) fn dump(on: &rusqlite::Connection, tables: &[(&str, &str)]) -> Vec<String> {
    let mut wanted: Vec<(String, String)> = tables
        .iter()
        .map(|(table, columns)| ((*table).to_owned(), (*columns).to_owned()))
        .collect();
    if wanted.is_empty() {
        let text =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        let mut rows = on.prepare(text).unwrap();
        let names = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        wanted.extend(names.map(|name| (name.unwrap(), "*".to_owned())));
    }
    let mut out = Vec::new();
    for (table, columns) in wanted {
        let mut rows = on
            .prepare(&format!("SELECT {columns} FROM {table}"))
            .unwrap();
        let width = rows.column_count();
        let rows = rows.query_map([], |row| {
            let cells = (0..width).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
            Ok(cells
                .collect::<Result<Vec<_>, rusqlite::Error>>()?
                .join(" "))
        });
        out.extend(
            rows.unwrap()
                .map(|row| format!("{table}: {}", row.unwrap())),
        );
    }
    out.sort();
    out
}

/// What objects, `ETag`s, delta tokens and the audit chain are read from: what no upgrade changes.
const KEPT: &[(&str, &str)] = &[
    (
        "users",
        "id, version, upn, state, created_at, deleted_at, password_hash, immutable_id, brief, rest",
    ),
    (
        "invitations",
        "id, user_id, address, ticket_hash, status, expires_at, accepted_at, document",
    ),
    ("pending_members", "*"),
    ("relations", "*"),
    ("photos", "*"),
    ("audit", "*"),
    ("audit_heads", "*"),
    ("changes", "*"),
    ("change_counters", "*"),
    ("change_marks", "*"),
    ("apps", "client_id, object_id, secret_hash, permissions"),
    ("signing_keys", "*"),
    ("settings", "*"),
];

/// A process that is killed after so many statements and batches.
fn killed_after(mut steps: u32) -> impl FnMut() -> Result<(), StoreError> {
    move || {
        let is_alive = steps > 0;
        steps = steps.saturating_sub(1);
        if is_alive {
            Ok(())
        } else {
            Err(StoreError::Gone)
        }
    }
}

/// Runs the upgrade of the file that `make` makes as if the process were killed after each
/// statement and each batch, three times over, and then to its end. How many places there were.
fn killed_everywhere(
    keys: KeyVersions,
    wanted: &[String],
    mut make: impl FnMut() -> PathBuf,
) -> u32 {
    for steps in 0.. {
        let path = make();
        let mut broken = 0;
        for _ in 0..3 {
            let mut killed = killed_after(steps);
            broken += u32::from(upgraded(&path, keys, &mut killed).is_err());
        }
        let found = dump(&upgraded(&path, keys, &mut || Ok(())).unwrap(), &[]);
        assert!(
            found == wanted,
            "killed after {steps} steps, {}",
            path.display()
        );
        if broken == 0 {
            return steps;
        }
    }
    0
}

/// Each folder, killed at each statement of each version it does not have yet.
#[test]
fn folders_are_upgraded_wherever_the_process_is_killed() {
    let mut older = 0;
    for folder in folders() {
        let home = tempfile::tempdir().unwrap();
        let folder_copy = copied(&folder, home.path(), "before");
        let before = {
            let options = options(&folder_copy, Role::Server);
            dump(&open::writer(&options.place).unwrap(), KEPT)
        };
        let on = whole(&copied(&folder, home.path(), "whole"));
        assert!(dump(&on, KEPT) == before, "{}", folder.display());
        assert!(before.len() > 150, "{}", before.len());
        let wanted = dump(&on, &[]);
        let mut at = 0;
        let places = killed_everywhere(OURS, &wanted, || {
            at += 1;
            copied(&folder, home.path(), &at.to_string())
        });
        // The newest folder may have the schema of this build already.
        if places == 0 {
            let untouched = open::writer(&options(&folder_copy, Role::Server).place).unwrap();
            assert!(dump(&untouched, &[]) == wanted, "{}", folder.display());
            continue;
        }
        assert!(places > 3, "only {places} places to break off at");
        older += 1;
    }
    assert!(older > 2, "{older} folders were upgraded");
}

/// Identities that an earlier build kept whole are cut wherever the process is killed, and those
/// with the same beginning stay apart.
#[test]
fn long_identities_are_cut_wherever_the_process_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let before = copied(&folders().remove(0), home.path(), "before");
    drop(migrated_to_three(&before));
    let on = open::writer(&options(&before, Role::Server).place).unwrap();
    let long = |end: &str| "猫".repeat(500) + end;
    let texts = [
        long("a"),
        long("b"),
        long(""),
        "猫".repeat(322),
        "kim".into(),
    ];
    for (nth, assigned) in texts.iter().enumerate() {
        let text = "INSERT INTO identities (tenant_id, object_id, issuer, assigned_id, sign_in_type) \
                    VALUES (1, ?1, ?2, ?3, 'federated')";
        let object = [u8::try_from(nth / 3).unwrap(); 16];
        let issuer = ["i", &long("i")][nth % 2].to_owned();
        on.execute(text, (object, issuer, assigned)).unwrap();
    }
    on.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    drop(on);
    let on = whole(&copied(&before, home.path(), "whole"));
    let text = "SELECT COUNT(*), MAX(OCTET_LENGTH(assigned_id)), MAX(OCTET_LENGTH(issuer)) FROM identities \
                WHERE sign_in_type = 'federated' AND (assigned_id = 'kim' OR assigned_id LIKE '猫%')";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let (count, assigned, issuer): (u32, u32, u32) = on.query_row(text, [], read).unwrap();
    assert_eq!(count, 5);
    assert!(assigned == 966 && issuer < 966, "{assigned} {issuer}");
    for text in &texts {
        let kept = identity_keys::kept(text);
        let found = "SELECT COUNT(*) FROM identities WHERE assigned_id = ?1";
        let count: u32 = on.query_row(found, [&*kept], |row| row.get(0)).unwrap();
        assert_eq!(count, 1, "{kept}");
    }
    let wanted = dump(&on, &[]);
    let mut at = 0;
    killed_everywhere(OURS, &wanted, || {
        at += 1;
        copied(&before, home.path(), &at.to_string())
    });
}

/// Brings a database to version 3 of the schema.
fn migrated_to_three(path: &Path) -> rusqlite::Connection {
    let options = options(path, Role::Server);
    let on = open::writer(&options.place).unwrap();
    let versions = migrations::ALL.get(..3).unwrap();
    let keys = KeyVersions { fold: 1, form: 1 };
    migrate_to(on, &options, (versions, keys), &mut || Ok(())).unwrap()
}

/// A database whose keys an older folding made: none of them is what this build would look for.
fn of_another_folding(from: &Path, home: &Path, name: &str, fold: u32) -> PathBuf {
    let path = copied(from, home, name);
    let on = whole(&path);
    on.execute_batch(&format!(
        "UPDATE users SET display_name_key = CAST(x'01' || id AS BLOB), surname_key = x'0141', mail_key = x'0142', city_key = x'00';
         UPDATE user_values SET key = CAST(key || x'41' AS BLOB);
         UPDATE search_tokens SET token = CAST(x'41' || token AS BLOB);
         INSERT INTO user_values SELECT DISTINCT tenant_id, 'zz', x'01', object_id FROM user_values;
         DELETE FROM search_tokens WHERE token > x'4170';
         UPDATE made_keys SET fold = {fold}"
    ))
    .unwrap();
    path
}

/// A user whose texts are damaged keeps nobody else's directory from starting: they are found by
/// their id, and reading them tells what is wrong.
#[test]
fn a_damaged_object_does_not_stop_an_upgrade() {
    let home = tempfile::tempdir().unwrap();
    let folder = folders().remove(0);
    for (n, damage) in [
        "UPDATE users SET rest = char(9) || char(127) WHERE id = (SELECT MIN(id) FROM users)",
        "UPDATE users SET brief = x'ff' WHERE id = (SELECT MIN(id) FROM users)",
        "UPDATE users SET brief = '{\"broken' WHERE id = (SELECT MIN(id) FROM users)",
        "UPDATE invitations SET document = x'ff' WHERE id = (SELECT MIN(id) FROM invitations)",
    ]
    .into_iter()
    .enumerate()
    {
        let path = copied(&folder, home.path(), &n.to_string());
        drop(migrated_to_three(&path));
        let on = open::writer(&options(&path, Role::Server).place).unwrap();
        assert_eq!(on.execute(damage, []).unwrap(), 1, "{damage}");
        drop(on);
        let on = whole(&path);
        let others = "SELECT COUNT(*) FROM users WHERE display_name_key <> x'00'";
        let others: u32 = on.query_row(others, [], |row| row.get(0)).unwrap();
        assert!(others > 10, "{damage}");
    }
}

/// Keys of an older folding, and of an older form, are made anew; a process that is killed at any
/// batch is followed by one that goes on.
#[test]
fn keys_of_an_older_build_are_made_anew_wherever_the_process_is_killed() {
    let home = tempfile::tempdir().unwrap();
    let folder = folders().remove(0);
    let on = whole(&copied(&folder, home.path(), "whole"));
    let wanted = dump(&on, &[]);
    let old = of_another_folding(&folder, home.path(), "old", OURS.fold - 1);
    let scrambled = open::writer(&options(&old, Role::Server).place).unwrap();
    assert!(dump(&scrambled, &[]) != wanted);
    scrambled
        .pragma_update(None, "wal_checkpoint", "TRUNCATE")
        .unwrap();
    drop(scrambled);
    let mut at = 0;
    let places = killed_everywhere(OURS, &wanted, || {
        at += 1;
        copied(&old, home.path(), &at.to_string())
    });
    assert!(places > 20, "only {places} places to break off at");
    // A later build whose form is another finds the same.
    let later = KeyVersions {
        form: OURS.form + 1,
        ..OURS
    };
    let on = upgraded(&old, later, &mut || Ok(())).unwrap();
    let of = |lines: &[String]| -> Vec<String> {
        let lines = lines.iter().filter(|line| !line.starts_with("made_keys"));
        lines.cloned().collect()
    };
    assert!(of(&dump(&on, &[])) == of(&wanted));
}

/// Also where it is made half: the mark is there before the first key is.
#[test]
fn keys_of_a_newer_build_are_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let folder = folders().remove(0);
    for (what, later) in [
        (
            "folding",
            KeyVersions {
                fold: OURS.fold + 1,
                ..OURS
            },
        ),
        (
            "form",
            KeyVersions {
                form: OURS.form + 1,
                ..OURS
            },
        ),
    ] {
        let path = copied(&folder, home.path(), what);
        drop(whole(&path));
        upgraded(&path, later, &mut killed_after(4)).unwrap_err();
        for role in [Role::Server, Role::Tool, Role::Look] {
            let options = options(&path, role);
            let refused = migrate(open::writer(&options.place).unwrap(), &options).unwrap_err();
            let said = refused.to_string();
            assert!(said.contains(&format!("keys of {what} ")), "{said}");
            assert!(said.contains("a newer build made them"), "{said}");
        }
        drop(upgraded(&path, later, &mut || Ok(())).unwrap());
    }
}

/// One who only looks leaves older keys as they are, and says what is old.
#[test]
fn older_keys_are_left_by_who_only_looks() {
    let home = tempfile::tempdir().unwrap();
    let old = of_another_folding(&folders().remove(0), home.path(), "old", OURS.fold - 1);
    let options = options(&old, Role::Look);
    let refused = migrate(open::writer(&options.place).unwrap(), &options).unwrap_err();
    let (what, found, known) = ("folding", OURS.fold - 1, OURS.fold);
    assert_eq!(refused, StoreError::OldKeys { what, found, known });
    // The same while they are made, though the mark is this build's already.
    upgraded(&old, OURS, &mut killed_after(4)).unwrap_err();
    let refused = migrate(open::writer(&options.place).unwrap(), &options).unwrap_err();
    assert_eq!(refused, StoreError::UnfinishedKeys);
    assert_eq!(
        refused.to_string(),
        "the search keys are made anew only in part; the next start goes on"
    );
}
