//! Pages under `docs` that are made from tables of this crate: how a table is written, and that the
//! page is the one that was made last.

use std::fmt::{Display, Write as _};

/// A table of Markdown behind `text`: the line of titles and the one under it.
pub(crate) fn titles<T: Display>(text: &mut String, titles: impl IntoIterator<Item = T>) {
    let columns = row(text, titles);
    let _ = writeln!(text, "|{}", "---|".repeat(columns));
}

/// A line of a table; how many cells it has. Writing to a String cannot fail.
pub(crate) fn row<T: Display>(text: &mut String, cells: impl IntoIterator<Item = T>) -> usize {
    let mut columns = 0;
    text.push('|');
    for cell in cells {
        let _ = write!(text, " {cell} |");
        columns += 1;
    }
    text.push('\n');
    columns
}

/// Compares `docs/{name}` with the text that it is made of; with `UPDATE_DOCS` set, writes it
/// before.
#[cfg(test)]
pub(crate) fn check(name: &str, made: &str) {
    let path = format!("{}/../../docs/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let read = std::fs::read_to_string(&path).unwrap();
    assert_eq!(read, made, "run with UPDATE_DOCS=1 to make it anew");
}
