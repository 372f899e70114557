//! Where the engines' SQL differs. Statements are written once, in what both understand: `?1` parameters, ON CONFLICT,
//! RETURNING. Definitions are written in four words of our own, because types and physical layout have no common spelling.

/// Renders a definition for SQLite. `bytes`, `bigint` and `text` are the only column types; `CLUSTERED` asks for rows kept
/// in primary-key order, where the engine can.
pub(crate) fn sqlite_definition(portable: &str) -> String {
    let mut out = String::with_capacity(portable.len() + 16);
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
            other => other,
        });
        out.push_str(comma);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::sqlite_definition;

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
        ];
        for (portable, sqlite) in cases {
            assert_eq!(sqlite_definition(portable), sqlite);
        }
    }
}
