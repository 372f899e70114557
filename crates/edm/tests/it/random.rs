//! Random bodies and instants: nothing panics, and what is read is what any other reader reads.

use edm::{Purpose, Version, body, instant, json, user};
use proptest::prelude::*;

/// Texts made of what matters in JSON and in our bodies, so that many are JSON and many nearly.
fn bodies() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("[]".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "\"[a-z0-9\\\\nu\u{e9}@.]{0,6}\"",
        "[{}\\[\\]\",:0-9a-z ]{0,4}",
    ];
    let name = prop_oneof![
        4 => prop::sample::select(user::PROPERTIES.to_vec()).prop_map(|p| p.name.to_owned()),
        1 => "[a-bA-B]{1}",
        1 => Just("@odata.type".to_owned()),
    ];
    let value = scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec(("[a-bA-B]{1}", inner), 0..4).prop_map(|v| object(&v)),
        ]
    });
    prop::collection::vec((name, value), 0..4).prop_map(|v| object(&v))
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", members.join(",\n"))
}

proptest! {
    #[test]
    fn json_agrees_with_another_reader(text in bodies()) {
        match (json::parse(text.as_bytes()), serde_json::from_str::<edm::Json>(&text)) {
            (Ok(ours), theirs) => prop_assert_eq!(Some(ours), theirs.ok()),
            (Err(error), Ok(_)) => prop_assert!(
                matches!(error.kind, edm::JsonErrorKind::Duplicate(_)), "{}: {:?}", text, error
            ),
            (Err(error), Err(_)) => prop_assert!(error.offset <= text.len()),
        }
    }

    #[test]
    fn checking_never_panics_and_names_the_fault(text in bodies(), update in any::<bool>()) {
        let purpose = if update { Purpose::Update } else { Purpose::Create };
        if let Ok(json) = json::parse(text.as_bytes())
            && let Err(error) = body::check(&json, &user::TYPE, Version::Beta, purpose)
        {
            let sent = json.as_object().unwrap().keys().any(|name| name.eq_ignore_ascii_case(error.root()));
            prop_assert!(sent, "{}: {:?}", text, error);
        }
    }

    #[test]
    fn instants_read_back(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
        let at = jiff::Timestamp::from_microsecond(micros).unwrap();
        prop_assert_eq!(instant::parse(&instant::render(at)), Some(at), "{}", instant::render(at));
    }

    #[test]
    fn texts_survive_escaping(text in any::<String>()) {
        let mut json = String::new();
        edm::document::text(&mut json, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
    }
}
