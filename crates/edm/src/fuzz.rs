//! What every body must hold, whatever it is: targets for fuzzing, each a plain function of bytes
//! and the driver that all crates replay and mutate their corpora with where there is no
//! coverage to be led by.
//!
//! A target ends the process by an assertion when something does not hold. Nothing that answers
//! requests calls one.

use crate::{Body, BodyError, EntityType, Json, Purpose, Record, Version};
use crate::{body, document, invitation, json, reference, user};

/// What a target is.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const TARGETS: [(&str, Target); 3] = [
    ("user_body", user_body),
    ("invitation_body", invitation_body),
    ("reference_body", reference_body),
];

/// The body of POST /users, of PATCH, and a row of an import.
///
/// # Panics
/// As every target: when something does not hold.
pub fn user_body(bytes: &[u8]) {
    against(bytes, &user::TYPE);
}

/// The body of POST /invitations.
pub fn invitation_body(bytes: &[u8]) {
    against(bytes, &invitation::TYPE);
}

/// The body of POST /users/$ref.
///
/// # Panics
/// As every target: when something does not hold.
pub fn reference_body(bytes: &[u8]) {
    let Some(json) = read(bytes) else {
        return;
    };
    match reference::check(&json) {
        Err(error) => sent(&json, &error),
        Ok(reference) => {
            if let reference::Who::New { body, ignored } = reference.who {
                kept(&body, &user::TYPE);
                let known = ignored
                    .iter()
                    .all(|property| reference.document.lists(property));
                assert!(known, "a property of another document was passed over");
            }
        }
    }
}

/// JSON, or the place where it is none.
fn read(bytes: &[u8]) -> Option<Json> {
    match json::parse(bytes) {
        Ok(json) => Some(json),
        Err(error) => {
            assert!(
                error.offset <= bytes.len() && error.line >= 1 && error.column <= bytes.len() + 1,
                "{error:?} is no place in {} bytes",
                bytes.len()
            );
            None
        }
    }
}

fn against(bytes: &[u8], ty: &'static EntityType) {
    let Some(json) = read(bytes) else {
        return;
    };
    for version in Version::ALL {
        for purpose in [Purpose::Create, Purpose::Update, Purpose::Restore] {
            match body::check(&json, ty, version, purpose) {
                Err(error) => sent(&json, &error),
                Ok(body) => kept(&body, ty),
            }
        }
    }
}

/// What is at fault was sent.
fn sent(json: &Json, error: &BodyError) {
    let is_in = |name: &str| {
        let (start, rest) = error
            .target
            .split_at_checked(name.len())
            .unwrap_or(("", "-"));
        start.eq_ignore_ascii_case(name) && (rest.is_empty() || rest.starts_with('/'))
    };
    let named = json
        .as_object()
        .is_some_and(|members| members.keys().any(|name| is_in(name)));
    assert!(named, "nobody sent what is at fault: {error:?}");
}

/// What a body sets is stored as a document that reads back to the same, and shown as JSON.
fn kept(body: &Body, ty: &'static EntityType) {
    let whole = document::whole(&body.set);
    let again = document::parse(&whole, ty).map(|record| document::whole(&record));
    assert!(again.as_ref() == Ok(&whole), "{whole} is read as {again:?}");
    let mut merged = Record::new();
    merged.merge(body.set.clone());
    for version in Version::ALL {
        let shown = document::default_set(&merged, ty, version).object();
        assert!(json::parse(shown.as_bytes()).is_ok(), "{shown}");
    }
}

/// Longest input that the driver makes: beyond it nothing new happens, it only takes longer.
const LONGEST: usize = 2_000;

/// Runs a target on a case of its corpus and on so many mutations of it, in which `words` are
/// strewn. A case is always mutated in the same way, so that a failure comes again.
pub fn replay(target: Target, case: &[u8], words: &[&str], mutations: usize) {
    target(case);
    // FNV-1a of the case: two of them are not mutated alike.
    let seed = case.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut chance = Chance(seed | 1);
    let mut bytes = case.to_vec();
    for _ in 0..mutations {
        mutate(&mut bytes, words, &mut chance);
        bytes.truncate(LONGEST);
        target(&bytes);
        // Now and then from the beginning, lest it all become noise.
        if chance.below(12) == 0 {
            bytes = case.to_vec();
        }
    }
}

/// Xorshift: its state is never zero.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound.max(1) as u64)).unwrap_or(0)
    }
}

fn mutate(bytes: &mut Vec<u8>, words: &[&str], chance: &mut Chance) {
    let at = chance.below(bytes.len() + 1);
    let end = (at + chance.below(8)).min(bytes.len());
    let piece = bytes.get(at..end).unwrap_or_default().to_vec();
    match chance.below(5) {
        0 => {
            bytes.drain(at..end);
        }
        1 => {
            let word = words.get(chance.below(words.len())).unwrap_or(&"");
            bytes.splice(at..at, word.bytes());
        }
        2 => {
            bytes.splice(at..at, piece.repeat(1 + chance.below(6)));
        }
        3 => {
            let byte = u8::try_from(chance.below(256)).unwrap_or(0);
            bytes.splice(at..end, [byte]);
        }
        _ => {
            let to = chance.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
    }
}
