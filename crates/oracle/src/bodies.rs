//! What every body must hold, whatever it is: targets for fuzzing, each a plain function of bytes
//!
//!
//! A target ends the process by an assertion when something does not hold. Nothing that answers
//! requests calls one.

use std::sync::LazyLock;

use edm::{Body, BodyError, Entity, Json, Purpose, Record, Schema, Version};
use edm::{body, document, extension_property, invitation, json, open_extension, reference, user};

use crate::Target;
use crate::definitions::typed;

/// The targets by name.
pub const TARGETS: [(&str, Target); 6] = [
    ("user_body", user_body),
    ("invitation_body", invitation_body),
    ("reference_body", reference_body),
    ("extension_body", extension_body),
    ("definition_body", definition_body),
    ("own_value_body", own_value_body),
];

/// The body of POST /users, of PATCH, and a row of an import.
///
/// # Panics
/// As every target: when something does not hold.
pub fn user_body(bytes: &[u8]) {
    against(bytes, Entity::core(&user::TYPE));
}

/// The body of POST /invitations.
pub fn invitation_body(bytes: &[u8]) {
    against(bytes, Entity::core(&invitation::TYPE));
}

/// The body of POST /applications/{id}/extensionProperties.
///
/// # Panics
/// As every target: when something does not hold.
pub fn definition_body(bytes: &[u8]) {
    against(bytes, Entity::core(&extension_property::TYPE));
}

/// Values of a tenant's own properties, in the bodies of POST and PATCH /users. The tenant has
/// defined one property of each type, one list of each, and a complex one.
///
/// # Panics
/// As every target: when something does not hold.
pub fn own_value_body(bytes: &[u8]) {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(typed);
    against(bytes, SCHEMA.entity(&user::TYPE));
}

/// The body of POST /users/$ref.
///
/// # Panics
/// As every target: when something does not hold.
pub fn reference_body(bytes: &[u8]) {
    let Some(json) = read(bytes) else {
        return;
    };
    match reference::check(&json, Entity::core(&user::TYPE)) {
        Err(error) => sent(&json, &error),
        Ok(reference) => {
            if let reference::Who::New { body, ignored } = reference.who {
                kept(&body, Entity::core(&user::TYPE));
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
    in_a_line(&json, bytes);
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

/// In a line of a file the same extension is found, and says the same.
fn in_a_line(json: &Json, bytes: &[u8]) {
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut line = b"{\"a\":[{}], \"Extensions\" : [{\"@app\":1}, ".to_vec();
    line.extend_from_slice(body);
    line.extend_from_slice(b" ]}");
    let whole = json::parse_line(&line);
    let listed = whole
        .as_ref()
        .ok()
        .and_then(|whole| whole.pointer("/Extensions/1"));
    assert!(
        listed == Some(json),
        "{json} is read in a line as {whole:?}"
    );
    let texts = open_extension::elements(&line, "extensions");
    assert!(texts.len() == 2, "{texts:?} of {json}");
    let [first, second] = [0, 1].map(|at| texts.get(at).cloned().unwrap_or_default());
    assert!(open_extension::without(&first, "@app") == "{}");
    assert!(open_extension::without(&second, "") == second || json.get("").is_some());
    let alone = open_extension::check(json, bytes, None);
    let within = open_extension::check(json, second.as_bytes(), None);
    assert!(alone == within, "{alone:?} is in a line {within:?}");
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

fn against(bytes: &[u8], ty: Entity<'_>) {
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
fn kept(body: &Body, ty: Entity<'_>) {
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
