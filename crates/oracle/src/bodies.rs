//! What every body must hold, whatever it is: targets for fuzzing, each a plain function of bytes
//!
//!
//! A target ends the process by an assertion when something does not hold. Nothing that answers
//! requests calls one.

use edm::{Body, BodyError, EntityType, Json, Purpose, Record, Version};
use edm::{body, document, invitation, json, open_extension, reference, user};

use crate::Target;

/// The targets by name.
pub const TARGETS: [(&str, Target); 4] = [
    ("user_body", user_body),
    ("invitation_body", invitation_body),
    ("reference_body", reference_body),
    ("extension_body", extension_body),
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
    match reference::check(&json, edm::Entity::core(&edm::user::TYPE)) {
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

/// The body of POST /users/{key}/extensions, and of PATCH.
///
/// # Panics
/// As every target: when something does not hold.
pub fn extension_body(bytes: &[u8]) {
    let Some(json) = read(bytes) else {
        return;
    };
    for known in [None, Some("com.contoso.x")] {
        let checked = match open_extension::check(&json, bytes, known) {
            // The error for U+0000 names no member.
            Err(error) if error.target.is_empty() => continue,
            Err(error) => {
                sent(&json, &error);
                continue;
            }
            Ok(checked) => checked,
        };
        let shown = open_extension::shown(
            "com.contoso.x",
            &checked.members,
            open_extension::View::default(),
        );
        let shown = shown.object();
        let again = json::parse(shown.as_bytes());
        assert!(again.is_ok(), "{shown} is read as {again:?}");
        let again = again.unwrap_or_default();
        let own = json.as_object().into_iter().flatten();
        for (name, value) in own.filter(|(name, _)| !name.contains('@')) {
            let is_fixed = ["id", "extensionName"]
                .iter()
                .any(|own| name.eq_ignore_ascii_case(own));
            assert!(
                is_fixed || again.get(name) == Some(value),
                "{name} is lost in {shown}"
            );
        }
        // What was read may be sent back, and says the same.
        let back = open_extension::check(&again, shown.as_bytes(), Some("com.contoso.x"));
        let twice = back.map(|back| {
            let view = open_extension::View::default();
            open_extension::shown("com.contoso.x", &back.members, view).object()
        });
        assert!(
            twice.as_ref() == Ok(&shown),
            "{shown} is sent back as {twice:?}"
        );
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
            match body::check(&json, edm::Entity::core(ty), version, purpose) {
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
    let again =
        document::parse(&whole, edm::Entity::core(ty)).map(|record| document::whole(&record));
    assert!(again.as_ref() == Ok(&whole), "{whole} is read as {again:?}");
    let mut merged = Record::new();
    merged.merge(body.set.clone());
    for version in Version::ALL {
        let shown = document::default_set(&merged, edm::Entity::core(ty), version).object();
        assert!(json::parse(shown.as_bytes()).is_ok(), "{shown}");
    }
}
