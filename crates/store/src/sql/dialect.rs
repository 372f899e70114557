//! Where the engines' SQL differs. Statements are written once, in what both understand: `?1`
//! parameters, ON CONFLICT, RETURNING. Definitions are written in five words of our own, because
//! types, physical layout and the bytes of a literal have no common spelling.

use crate::query::Target;
use crate::sql::compose::{Bound, Composed};

/// The key of null as a literal: the predicate of a sparse index names it, and a query that goes by
/// the index must say the same words.
pub(crate) const NULL_KEY: &str = "x'00'";

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

/// Which index to go by. Composed statements say so, because with what SQLite knows of the values
/// it would have to guess.
pub(crate) const BY_INDEX: &str = " INDEXED BY ";

/// The index behind the primary key of a table: what stands before and after its name.
pub(crate) const BY_PRIMARY_KEY: (&str, &str) = (" INDEXED BY sqlite_autoindex_", "_1");

/// No index at all: the rows as they lie in the file.
pub(crate) const AS_IT_LIES: &str = " NOT INDEXED";

/// A join that goes from the left table to the right one.
pub(crate) const THEN: &str = " CROSS JOIN ";

/// Whether a key whose length stands before it is cut: longer than keys of whole values are
/// (`query::keys`). The predicates of the indexes over cut keys say the same words, so the number
/// is a literal.
pub(crate) const IS_CUT: &str = " > 1025";

/// Whether the bytes of a key after its first end with these.
pub(crate) fn ends_with(out: &mut Composed, key: Target, bytes: &[u8]) {
    let bytes = Bound::Bytes(bytes.to_vec());
    out.push("(length(");
    key.push(out);
    out.push(") > length(")
        .bind(bytes.clone())
        .push(") AND substr(");
    key.push(out);
    out.push(", -length(").bind(bytes.clone()).push(")) = ");
    out.bind(bytes).push(")");
}

/// Whether these bytes are among those of a key after its first. Texts are UTF-8, in which no
/// character is part of another.
pub(crate) fn contains(out: &mut Composed, key: Target, bytes: &[u8]) {
    out.push("instr(substr(");
    key.push(out);
    out.push(", 2), ")
        .bind(Bound::Bytes(bytes.to_vec()))
        .push(") > 0");
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
