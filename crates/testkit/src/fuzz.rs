//! What tokens and files of rows must hold, whatever they are: targets for fuzzing, each a plain
//! function of bytes.
//!
//! A target ends the process by an assertion when something does not hold. Nothing that answers
//! requests calls one.

use directory::{DeltaStep, Keys};
use edm::{Json, Purpose, Version, body, user};
use jiff::Timestamp;
use oracle::Target;
use server::bulk::columns;
use server::bulk::csv::{CsvReader, guard, push_record, unguard};
use server::graph::delta_token::{Scope, read, written};
use server::graph::page_token::PageOf;
use store::{Cursor, TenantId};
use uuid::Uuid;

/// The targets by name.
pub const TARGETS: [(&str, Target); 3] = [
    ("page_token", page_token),
    ("delta_token", delta_token),
    ("csv", csv),
];

/// The master secret that tokens are sealed with here. No bytes that are made up come to be sealed
/// under it.
const MASTER: [u8; 32] = [7; 32];
const TENANT: TenantId = TenantId(Uuid::from_u128(7));
const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const NONCE: [u8; 12] = [9; 12];

/// The `$skiptoken` of a list: the bytes are a token, which does not open; and the position in a
/// sealed one, which does, unless a byte of it is another.
///
/// # Panics
/// As every target: when something does not hold.
pub fn page_token(bytes: &[u8]) {
    let key = Keys::derive(&MASTER).page;
    let page = |query| PageOf {
        collection: "users",
        tenant: TENANT,
        query,
    };
    let ours = page("v1.0/users?");
    let opened = |page: &PageOf<'_>, token: &str| page.position(&key, NOW, token);
    assert_eq!(opened(&ours, &String::from_utf8_lossy(bytes)), None);
    let Ok(token) = ours.token(&key, NOW, NONCE, bytes) else {
        return;
    };
    assert_eq!(opened(&ours, &token).as_deref(), Some(bytes));
    assert_eq!(opened(&page("beta/users?"), &token), None);
    let mut bent = token.into_bytes();
    let at = bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % bent.len();
    if let Some(byte) = bent.get_mut(at) {
        *byte = if *byte == b'A' { b'B' } else { b'A' };
    }
    assert_eq!(opened(&ours, &String::from_utf8_lossy(&bent)), None);
    if let Some(cursor) = Cursor::from_bytes(bytes) {
        assert_eq!(cursor.to_bytes(), bytes);
    }
}

/// The tokens of change tracking: the bytes are a token, which does not open; and the text in a
/// sealed one.
///
/// # Panics
/// As every target: when something does not hold.
pub fn delta_token(bytes: &[u8]) {
    let key = Keys::derive(&MASTER).page;
    let token = String::from_utf8_lossy(bytes);
    for version in Version::ALL {
        for is_delta in [false, true] {
            let scope = Scope {
                tenant: TENANT,
                version,
                of: odata::Changed::Objects,
            };
            assert!(scope.opened(&key, NOW, is_delta, &token).is_err());
        }
    }
    if let Some((said, expires)) = read(bytes) {
        // What a step does not use is not kept of it; all else is.
        let text = written(&said, expires);
        assert!(read(&text).as_ref() == Some(&(said.clone(), expires)));
        if matches!(said.place.step, DeltaStep::Walk { .. }) {
            assert_eq!(text.len(), bytes.len());
        }
    }
}

/// A file of users: every record is read or at fault in its line, none of the bytes is lost, rows
/// become members that a body check judges, and what is written is read as it was.
///
/// # Panics
/// As every target: when something does not hold.
pub fn csv(bytes: &[u8]) {
    let records = records(bytes);
    let mut before = 0;
    for (line, _) in &records {
        assert!(*line > before, "line {line} comes after {before}");
        before = *line;
    }
    let mut rows = records.into_iter().filter_map(|(_, record)| record);
    let Some(titles) = rows.next() else {
        return;
    };
    let columns =
        columns::columns(&titles, edm::Entity::core(&user::TYPE), true).unwrap_or_default();
    for cells in rows {
        for guarded in [false, true] {
            let Ok((members, _)) = columns::members(&columns, &cells, guarded) else {
                continue;
            };
            let _judged = body::check(
                &Json::Object(members),
                edm::Entity::core(&user::TYPE),
                Version::Beta,
                Purpose::Restore,
            );
        }
        for cell in &cells {
            assert_eq!(unguard(&guard(cell)), cell);
        }
        comes_back(&cells);
    }
}

fn records(bytes: &[u8]) -> Vec<(u64, Option<Vec<String>>)> {
    let mut all = Vec::new();
    // Reading from memory does not fail.
    if let Ok(mut reader) = CsvReader::new(bytes) {
        while let Ok(Some((line, record))) = reader.record() {
            all.push((line, record.ok()));
        }
        assert_eq!(reader.bytes(), bytes.len() as u64);
    }
    all
}

/// Behind a header that says where fields are parted. A record of one empty field is an empty line,
/// which is none.
fn comes_back(cells: &[String]) {
    let mut text = "a,b\n".to_owned();
    push_record(&mut text, cells.iter().map(String::as_str));
    let read = records(text.as_bytes()).into_iter().nth(1);
    if cells.iter().any(|cell| !cell.is_empty()) {
        let read = read.and_then(|(_, record)| record);
        assert!(
            read.as_deref() == Some(cells),
            "{cells:?} is read as {read:?}"
        );
    }
}
