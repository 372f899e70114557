//! Databases of every age: made, upgraded, broken off anywhere, refused.

use super::super::{Connection, of, open};
use super::{migrate, migrate_to, statements_of};
use crate::migrations::{self, Part};
use crate::session::Session;
use crate::{Options, Place, Role, StoreError};
use futures_util::future::BoxFuture;
use std::path::Path;

fn options(path: &Path) -> Options {
    Options::new(Place::File(path.to_owned()), Role::Server, [1; 32])
}

fn opened(path: &Path) -> Result<Connection, StoreError> {
    let options = options(path);
    migrate(open::writer(&options.place)?, &options)
}

/// A database as a build made it that knew these versions only.
fn made_by(path: &Path, versions: &[&[Part]]) -> Connection {
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
        known: 2,
    };
    assert_eq!(opened(&path).err(), Some(newer.clone()));
    assert_eq!(
        crate::Store::open(options(&path)).err(),
        Some(newer.clone())
    );
    let said = newer.to_string();
    assert!(said.starts_with("database has schema 99, this program knows up to 2"));
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
fn dump(on: &Connection) -> Vec<String> {
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
    session: &mut Session,
    after: Option<String>,
) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
    Box::pin(async move {
        let after = after.unwrap_or_default();
        let on = of(session);
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

/// As if the process were killed after any statement and any batch: the next start finishes, and nothing is done twice.
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
        session: &mut Session,
        after: Option<String>,
    ) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
        if after.is_some() {
            return Box::pin(async { Err(StoreError::Gone) });
        }
        marking(session, after)
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
