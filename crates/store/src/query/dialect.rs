//! Where the engines' composed SQL differs. Statements are written once, in what all understand:
//! `?1` parameters, ON CONFLICT, RETURNING.

use super::ComparedKey;
use super::compose::{BoundValue, Composed};

/// The engine whose SQL a statement is composed in: that of the connection it will run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
}

impl Dialect {
    /// Which index to use. Composed statements name it, because SQLite knows too little of the
    /// values and would have to guess.
    pub(crate) const fn by_index(self) -> &'static str {
        match self {
            Self::Sqlite => " INDEXED BY ",
        }
    }

    /// The index behind the primary key of a table: what stands before and after its name.
    pub(crate) const fn by_primary_key(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => (" INDEXED BY sqlite_autoindex_", "_1"),
        }
    }

    /// No index at all: the rows as they lie in the file.
    pub(crate) const fn in_file_order(self) -> &'static str {
        match self {
            Self::Sqlite => " NOT INDEXED",
        }
    }

    /// A join that goes from the left table to the right one.
    pub(crate) const fn then(self) -> &'static str {
        match self {
            Self::Sqlite => " CROSS JOIN ",
        }
    }

    /// Whether the bytes of a key after its first end with these.
    pub(crate) fn ends_with(self, out: &mut Composed, key: ComparedKey<'_>, bytes: &[u8]) {
        let bytes = BoundValue::Bytes(bytes.to_vec());
        match self {
            Self::Sqlite => {
                out.push("(length(");
                key.push(out);
                out.push(") > length(")
                    .bind(bytes.clone())
                    .push(") AND substr(");
                key.push(out);
                out.push(", -length(").bind(bytes.clone()).push(")) = ");
                out.bind(bytes).push(")");
            }
        }
    }

    /// Whether these bytes are among those of a key after its first. Texts are UTF-8, in which no
    /// character is part of another.
    pub(crate) fn contains(self, out: &mut Composed, key: ComparedKey<'_>, bytes: &[u8]) {
        match self {
            Self::Sqlite => {
                out.push("instr(substr(");
                key.push(out);
                out.push(", 2), ")
                    .bind(BoundValue::Bytes(bytes.to_vec()))
                    .push(") > 0");
            }
        }
    }
}
