//! Databases of every age: made, upgraded, broken off anywhere, refused.

use super::super::{of, open};
use super::{GoOn, migrate, statements_of};
use crate::engine::connection::Connection;
use crate::migrations::{self, Part};
use crate::query::rekeying::KeyVersions;
use crate::{Options, Place, Role, StoreError};
use futures_util::future::BoxFuture;
use std::path::Path;

fn options(path: &Path) -> Options {
    Options::new(Place::File(path.to_owned()), Role::Server, [1; 32])
}

fn opened(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let options = options(path);
    migrate(open::writer(&options.place)?, &options)
}

/// Up to these versions of the schema, with the keys of this build.
fn migrate_to(
    on: rusqlite::Connection,
    options: &Options,
    versions: &[&[Part]],
    go_on: GoOn<'_>,
) -> Result<rusqlite::Connection, StoreError> {
    super::migrate_to(on, options, (versions, KeyVersions::OURS), go_on)
}

/// A database as a build made it that knew these versions only.
fn made_by(path: &Path, versions: &[&[Part]]) -> rusqlite::Connection {
    let options = options(path);
    let on = open::writer(&options.place).unwrap();
    migrate_to(on, &options, versions, &mut || Ok(())).unwrap()
}

fn version_one() -> &'static [&'static [Part]] {
    migrations::ALL.get(..1).unwrap()
}

#[test]
fn every_statement_can_be_run_twice() {
    let home = tempfile::tempdir().unwrap();
    let on = opened(&home.path().join("db")).unwrap();
    for part in migrations::ALL.iter().copied().flatten() {
        statements_of(&on, part, &mut || Ok(())).unwrap();
    }
}

#[test]
fn a_newer_database_is_refused_by_version_and_by_part() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    let on = opened(&path).unwrap();
    let part = "INSERT INTO schema_parts (version, name, is_done) VALUES (2, 'of tomorrow', 1)";
    on.execute_batch(part).unwrap();
    let refused = opened(&path).unwrap_err();
    assert!(refused.to_string().contains("\"of tomorrow\" of schema 2"));
    let version = "INSERT INTO schema_versions (version) VALUES (99)";
    on.execute_batch(version).unwrap();
    let newer = StoreError::Newer {
        found: 99,
        known: u32::try_from(migrations::ALL.len()).unwrap(),
    };
    assert_eq!(opened(&path).err(), Some(newer.clone()));
    assert_eq!(
        crate::Store::open(options(&path)).err(),
        Some(newer.clone())
    );
    let said = newer.to_string();
    assert!(said.starts_with("database has schema 99, this program knows up to 6"));
}

/// Builds from before version 1 was closed wrote the same mark into other tables.
#[test]
fn a_development_build_is_refused_by_name() {
    let home = tempfile::tempdir().unwrap();
    let cases = [
        (
            "DROP TABLE tenant_numbers",
            "table tenant_numbers is missing",
        ),
        ("DROP INDEX users_mail", "index users_mail is missing"),
        (
            "DROP INDEX users_surname; CREATE INDEX users_surname ON users (tenant_id, surname_key)",
            "index users_surname differs",
        ),
        (
            "ALTER TABLE blocked ADD COLUMN why TEXT",
            "table blocked differs",
        ),
        ("DROP TABLE schema_versions", "but no schema version"),
    ];
    for (at, (change, said)) in cases.into_iter().enumerate() {
        let path = home.path().join(at.to_string());
        let on = made_by(&path, version_one());
        on.pragma_update(None, "foreign_keys", false).unwrap();
        on.execute_batch(change).unwrap();
        let before = dump(&on);
        let refused = opened(&path).unwrap_err();
        assert!(matches!(refused, StoreError::Unclosed(_)), "{refused}");
        let words = refused.to_string();
        assert!(words.contains(said), "{words}");
        assert!(
            words.contains("made by a development build before"),
            "{words}"
        );
        assert_eq!(dump(&on), before, "a refused database is left alone");
    }
}

/// The schema and the rows that tests write.
fn dump(on: &rusqlite::Connection) -> Vec<String> {
    let mut out = Vec::new();
    for text in [
        "SELECT name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name",
        "SELECT name || ' = ' || value FROM settings ORDER BY name",
    ] {
        let mut rows = on.prepare(text).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        out.extend(rows.map(Result::unwrap));
    }
    out
}

/// Puts a mark behind each setting, three at a time. Twice on one setting would show.
fn marking(
    connection: &mut Connection,
    after: Option<String>,
) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
    Box::pin(async move {
        let after = after.unwrap_or_default();
        let on = of(connection);
        let text = "UPDATE settings SET value = value || '!' WHERE name IN \
                    (SELECT name FROM settings WHERE name > ?1 ORDER BY name LIMIT 3)";
        on.execute(text, [&after])?;
        let text = "SELECT MAX(name) FROM (SELECT name FROM settings WHERE name > ?1 ORDER BY name LIMIT 3)";
        Ok(on.query_row(text, [&after], |row| row.get(0))?)
    })
}

static LATER: &[Part] = &[
    Part {
        name: "marks",
        statements: &[
            "ALTER TABLE settings ADD COLUMN IF NOT EXISTS mark bigint NOT NULL DEFAULT 7",
            "CREATE TABLE IF NOT EXISTS marks ( tenant_id bigint NOT NULL PRIMARY KEY, a bytes ) CLUSTERED",
        ],
        backfill: Some(marking),
    },
    Part::of(
        "more",
        &["CREATE INDEX IF NOT EXISTS marks_a ON marks (tenant_id, a)"],
    ),
];

/// All versions, and one more.
fn versions() -> Vec<&'static [Part]> {
    let mut all = migrations::ALL.to_vec();
    all.push(LATER);
    all
}

fn filled(path: &Path) {
    let on = made_by(path, version_one());
    for at in 10..20 {
        let text = "INSERT INTO settings (name, value) VALUES (?1, 'v')";
        on.execute(text, [format!("s{at}")]).unwrap();
    }
}

/// As if the process were killed after any statement and any batch: the next start finishes, and
/// nothing is done twice.
#[test]
fn an_upgrade_goes_on_where_it_was_broken_off() {
    let home = tempfile::tempdir().unwrap();
    let whole = home.path().join("whole");
    filled(&whole);
    let wanted = dump(&made_by(&whole, &versions()));
    assert!(wanted.contains(&"s13 = v!".to_owned()), "{wanted:?}");
    let mut broken = 0;
    for steps in 0.. {
        let path = home.path().join(steps.to_string());
        filled(&path);
        let options = options(&path);
        // Broken off again and again, so that the continuation is broken off too.
        for _ in 0..3 {
            let mut left = steps;
            let mut killed = || {
                left -= 1;
                if left < 0 {
                    Err(StoreError::Gone)
                } else {
                    Ok(())
                }
            };
            let on = open::writer(&options.place).unwrap();
            if migrate_to(on, &options, &versions(), &mut killed).is_err() {
                broken += 1;
            }
        }
        if broken == 0 {
            assert!(steps > 8, "only {steps} places to break off at");
            break;
        }
        assert_eq!(dump(&made_by(&path, &versions())), wanted, "{steps}");
        broken = 0;
    }
}

/// An older program does not touch what is half done, for the mark is there before the backfill.
#[test]
fn half_an_upgrade_is_refused_by_the_build_before() {
    fn ends_early(
        connection: &mut Connection,
        after: Option<String>,
    ) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        if after.is_some() {
            return Box::pin(async { Err(StoreError::Gone) });
        }
        marking(connection, after)
    }
    static HALF: &[Part] = &[Part {
        name: "marks",
        statements: &[],
        backfill: Some(ends_early),
    }];
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    filled(&path);
    let options = options(&path);
    let mut all = migrations::ALL.to_vec();
    all.push(HALF);
    let on = open::writer(&options.place).unwrap();
    migrate_to(on, &options, &all, &mut || Ok(())).unwrap_err();
    let refused = opened(&path).unwrap_err();
    assert!(matches!(refused, StoreError::Newer { .. }), "{refused}");
}

/// A part that lands later in a version that databases have already.
#[test]
fn a_part_is_added_to_a_version_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    filled(&path);
    let mut before = migrations::ALL.to_vec();
    before.push(LATER.get(..1).unwrap());
    made_by(&path, &before);
    let on = made_by(&path, &versions());
    assert!(dump(&on).iter().any(|line| line.starts_with("marks_a: ")));
    assert!(dump(&on).contains(&"s10 = v!".to_owned()));
    let refused = {
        let options = options(&path);
        let on = open::writer(&options.place).unwrap();
        migrate_to(on, &options, &before, &mut || Ok(())).unwrap_err()
    };
    assert!(matches!(refused, StoreError::NewerPart { .. }), "{refused}");
}

/// A guest who is `number`, with mailbox identities, in version 1. Columns that no part looks at
/// are empty.
fn guest(on: &rusqlite::Connection, number: u8, state: i64, mailboxes: &[&str]) {
    let columns: Vec<String> = {
        let text = "SELECT name FROM pragma_table_info('users') WHERE name LIKE '%_key'";
        let mut rows = on.prepare(text).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let id = format!("x'{number:032x}'");
    on.execute_batch(&format!(
        "INSERT INTO users (tenant_id, id, version, schema, enabled, upn, state, created_at, brief, rest, {}) \
         VALUES (1, {id}, 1, 1, 1, 'g{number}', {state}, 0, '', '', {})",
        columns.join(", "),
        vec!["x'00'"; columns.len()].join(", "),
    ))
    .unwrap();
    for mailbox in mailboxes {
        on.execute_batch(&format!(
            "INSERT INTO identities (tenant_id, object_id, issuer, assigned_id, sign_in_type) \
             VALUES (1, {id}, 'mail', '{mailbox}', 'federated');"
        ))
        .unwrap();
    }
}

fn holds(on: &rusqlite::Connection, number: u8, address: &str, standing: Option<u8>) {
    let (column, value) = match standing {
        Some(standing) => (", standing", format!(", {standing}")),
        None => ("", String::new()),
    };
    on.execute_batch(&format!(
        "INSERT INTO addresses (tenant_id, object_id, address_key, uses{column}) \
         VALUES (1, x'{number:032x}', '{address}', 2{value})"
    ))
    .unwrap();
}

/// An invitation of the guest, accepted at an instant.
fn accepted(on: &rusqlite::Connection, number: u8, address: &str, at: i64) {
    on.execute_batch(&format!(
        "INSERT INTO invitations (tenant_id, id, user_id, address, address_key, ticket_hash, redirect_url, status, \
         send_message, expires_at, accepted_at, created_at, document) VALUES (1, x'{at:032x}', x'{number:032x}', \
         '{address}', '{address}', x'', '', 2, 1, 9, {at}, {at}, '')"
    ))
    .unwrap();
}

/// Addresses with more than a statement, and identities that are proven: guest, address, standing
/// or `None`.
fn proofs(on: &rusqlite::Connection) -> Vec<(String, Option<u8>)> {
    let text = "SELECT hex(object_id), address_key, standing FROM addresses WHERE standing > 0 \
         UNION ALL SELECT hex(object_id), assigned_id, NULL FROM identities WHERE is_proven = 1";
    let mut rows = on.prepare(text).unwrap();
    let rows = rows
        .query_map([], |row| {
            let number: String = row.get(0)?;
            let address: String = row.get(1)?;
            let number = number.trim_start_matches('0');
            Ok((format!("{number} {address}"), row.get(2)?))
        })
        .unwrap();
    let mut found: Vec<_> = rows.map(Result::unwrap).collect();
    found.sort();
    found
}

fn expected(found: &[(&str, Option<u8>)]) -> Vec<(String, Option<u8>)> {
    let found = found.iter();
    found
        .map(|(what, how)| ((*what).to_owned(), *how))
        .collect()
}

/// Who accepted at one of their mailboxes keeps that proof, also when they accepted at another
/// address later.
#[test]
fn an_upgrade_finds_the_newest_proof_of_a_mailbox_that_is_an_identity() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    let on = made_by(&path, version_one());
    guest(&on, 1, 2, &["a"]);
    holds(&on, 1, "a", None);
    holds(&on, 1, "b", None);
    accepted(&on, 1, "a", 100);
    accepted(&on, 1, "b", 101);
    // Two mailboxes, of which the second was proven last; and one whose identity was taken back.
    guest(&on, 2, 2, &["c", "d"]);
    holds(&on, 2, "c", None);
    holds(&on, 2, "d", None);
    accepted(&on, 2, "c", 102);
    accepted(&on, 2, "d", 103);
    accepted(&on, 2, "e", 104);
    guest(&on, 3, 2, &[]);
    holds(&on, 3, "f", None);
    accepted(&on, 3, "f", 105);
    // Reset since: whatever they proved before is void. They are invited there, by the same
    // invitation here.
    guest(&on, 4, 1, &["g"]);
    holds(&on, 4, "g", None);
    accepted(&on, 4, "g", 106);
    drop(on);
    let wanted = expected(&[
        ("1 a", None),
        ("1 a", Some(2)),
        ("2 d", None),
        ("2 d", Some(2)),
        ("4 g", Some(1)),
    ]);
    assert_eq!(proofs(&opened(&path).unwrap()), wanted);
    // Run once more, it finds nothing to do.
    let on = opened(&path).unwrap();
    for part in migrations::ALL.iter().copied().flatten() {
        statements_of(&on, part, &mut || Ok(())).unwrap();
    }
    assert_eq!(proofs(&on), wanted);
}

/// A database that a build with the part `addresses` alone has upgraded and written since.
#[test]
fn proofs_that_an_earlier_upgrade_lost_are_found_unless_somebody_else_came() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("db");
    let [one, two, ..] = migrations::ALL else {
        panic!("no second version");
    };
    let on = made_by(&path, &[*one, two.get(..2).unwrap()]);
    // Lost by the upgrade, and still free.
    guest(&on, 1, 2, &["a"]);
    holds(&on, 1, "a", Some(0));
    accepted(&on, 1, "a", 100);
    accepted(&on, 1, "b", 101);
    // Somebody else was invited there meanwhile.
    guest(&on, 2, 2, &["c"]);
    holds(&on, 2, "c", Some(0));
    accepted(&on, 2, "c", 102);
    guest(&on, 3, 1, &[]);
    holds(&on, 3, "c", Some(1));
    // Proven at another mailbox since: what was written back beside it stays unproven.
    guest(&on, 4, 2, &["d", "e"]);
    holds(&on, 4, "d", Some(0));
    holds(&on, 4, "e", Some(2));
    on.execute_batch("UPDATE identities SET is_proven = 1 WHERE assigned_id = 'e'")
        .unwrap();
    accepted(&on, 4, "d", 104);
    // Proven, but the address was given up and written down again: stated, as any such address.
    guest(&on, 5, 2, &["f"]);
    holds(&on, 5, "f", Some(0));
    on.execute_batch("UPDATE identities SET is_proven = 1 WHERE assigned_id = 'f'")
        .unwrap();
    accepted(&on, 5, "f", 105);
    drop(on);
    let wanted = [
        ("1 a", None),
        ("1 a", Some(2)),
        ("3 c", Some(1)),
        ("4 e", None),
        ("4 e", Some(2)),
        ("5 f", None),
    ];
    assert_eq!(proofs(&opened(&path).unwrap()), expected(&wanted));
}
