//! Definitions of tables and indexes. They are written in five words of our own, because types,
//! physical layout and the bytes of a literal have no common spelling; here they become SQLite's.

use crate::sql::NULL_KEY;

/// Renders a definition for SQLite. `bytes`, `bigint` and `text` are the only column types;
/// `CLUSTERED` asks for rows kept in primary-key order, where the engine can; `NULL_KEY` is the key
/// of null.
pub(crate) fn sqlite_definition(portable: &str) -> String {
    let mut out = String::with_capacity(portable.len() + 16);
    let portable = portable.replace(" ADD COLUMN IF NOT EXISTS ", " ADD COLUMN ");
    for (at, word) in portable.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let (word, comma) = word
            .strip_suffix(',')
            .map_or((word, ""), |word| (word, ","));
        out.push_str(match word {
            "bytes" => "BLOB",
            "bigint" => "INTEGER",
            "text" => "TEXT",
            "CLUSTERED" => "WITHOUT ROWID",
            "NULL_KEY" => NULL_KEY,
            other => other,
        });
        out.push_str(comma);
    }
    out
}

/// The table and the column of a definition that adds a column, if it does. SQLite has no `ADD
/// COLUMN IF NOT EXISTS`, so there one has to look before.
pub(crate) fn added_column(portable: &str) -> Option<(&str, &str)> {
    let (table, rest) = portable
        .strip_prefix("ALTER TABLE ")?
        .split_once(" ADD COLUMN IF NOT EXISTS ")?;
    Some((table, rest.split(' ').next()?))
}

#[cfg(test)]
mod tests {
    use super::{added_column, sqlite_definition};

    #[test]
    fn definitions() {
        let cases = [
            (
                "CREATE TABLE t (a bytes NOT NULL, b bigint, c text)",
                "CREATE TABLE t (a BLOB NOT NULL, b INTEGER, c text)",
            ),
            (
                "x bytes, y text ) CLUSTERED",
                "x BLOB, y TEXT ) WITHOUT ROWID",
            ),
            ("x <> NULL_KEY AND y <> z", "x <> x'00' AND y <> z"),
            (
                "ALTER TABLE t ADD COLUMN IF NOT EXISTS a bytes",
                "ALTER TABLE t ADD COLUMN a BLOB",
            ),
        ];
        for (portable, sqlite) in cases {
            assert_eq!(sqlite_definition(portable), sqlite);
        }
        let added = "ALTER TABLE t ADD COLUMN IF NOT EXISTS a bigint NOT NULL DEFAULT 0";
        assert_eq!(added_column(added), Some(("t", "a")));
        assert_eq!(added_column("CREATE INDEX IF NOT EXISTS i ON t (a)"), None);
    }
}
