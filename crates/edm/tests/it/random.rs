//! Random bodies and instants: nothing panics, and what is read is what any other reader reads.

use edm::{Prop, Purpose, Record, Type, Value, Version, body, document, instant, json, user};
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
        4 => prop::sample::select(user::PROPERTIES.to_vec()).prop_map(|p| p.name().to_owned()),
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

/// A value of that type, null among them, which bodies may send and records hold.
fn value(ty: &Type) -> BoxedStrategy<Value> {
    let one = match ty {
        Type::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Int32 | Type::Int64 => any::<i64>().prop_map(Value::Int).boxed(),
        Type::DateTimeOffset => moments().prop_map(Value::Instant).boxed(),
        Type::Guid => any::<u128>()
            .prop_map(|id| Value::Guid(uuid::Uuid::from_u128(id)))
            .boxed(),
        Type::String | Type::TimeOfDay | Type::Binary | Type::Enum(_) => {
            prop_oneof![any::<String>(), "[a-z\"\\\\{},:\\[\\]]{0,6}"]
                .prop_map(Value::Text)
                .boxed()
        }
        Type::Complex(complex) if complex.open => bodies()
            .prop_filter_map("no JSON", |text| serde_json::from_str(&text).ok())
            .prop_map(Value::Open)
            .boxed(),
        Type::Complex(complex) if complex.properties().next().is_none() => {
            Just(Value::Complex(Record::new())).boxed()
        }
        // The table bounds the depth.
        Type::Complex(complex) => record(complex.properties().collect(), 3)
            .prop_map(Value::Complex)
            .boxed(),
    };
    prop_oneof![6 => one, 1 => Just(Value::Null)].boxed()
}

/// So many of these properties, each with a value or unset.
fn record(properties: Vec<Prop>, most: usize) -> BoxedStrategy<Record> {
    let member = prop::sample::select(properties).prop_flat_map(|property| {
        let value = value(&property.ty);
        let value = if property.collection {
            prop::collection::vec(value, 0..3)
                .prop_map(Value::List)
                .boxed()
        } else {
            value
        };
        value.prop_map(move |value| (property.clone(), value))
    });
    prop::collection::vec(member, 0..=most)
        .prop_map(|members| members.into_iter().collect())
        .boxed()
}

/// What users are stored with: what is computed when it is read stands in no document.
fn stored() -> Vec<Prop> {
    let properties = user::PROPERTIES.iter().copied();
    let stored = properties.filter(|one| *one != &user::CUSTOM_SECURITY_ATTRIBUTES);
    stored.map(Prop::Core).collect()
}

fn moments() -> impl Strategy<Value = jiff::Timestamp> {
    (-62_135_596_800_000_000_i64..253_402_300_800_000_000)
        .prop_map(|micros| jiff::Timestamp::from_microsecond(micros).unwrap())
}

proptest! {
    /// Nothing of a user is lost, doubled or made up by keeping the default set and the rest apart.
    #[test]
    fn the_default_set_and_the_rest_are_the_whole(user in record(stored(), 40)) {
        let whole = document::whole(&user);
        let (brief, rest) = (document::brief(&user, &user::TYPE), document::rest(&user, &user::TYPE));
        let joined = document::joined(&brief, &rest);
        let read = document::parse(&joined, edm::Entity::core(&user::TYPE));
        prop_assert!(read.is_ok(), "{}: {:?}", joined, read);
        prop_assert_eq!(&read, &document::parse(&whole, edm::Entity::core(&user::TYPE)), "{} and {}", joined, whole);
        let read = read.unwrap();
        prop_assert_eq!(document::whole(&read), whole);
        prop_assert_eq!((document::brief(&read, &user::TYPE), document::rest(&read, &user::TYPE)), (brief, rest));
    }

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
            && let Err(error) = body::check(&json, edm::Entity::core(&user::TYPE), Version::Beta, purpose)
        {
            let sent = json.as_object().unwrap().keys().any(|name| name.eq_ignore_ascii_case(error.root()));
            prop_assert!(sent, "{}: {:?}", text, error);
        }
    }

    #[test]
    fn instants_read_back(at in moments()) {
        prop_assert_eq!(instant::parse(&instant::render(at)), Some(at), "{}", instant::render(at));
    }

    #[test]
    fn texts_survive_escaping(text in any::<String>()) {
        let mut json = String::new();
        edm::document::text(&mut json, &text);
        prop_assert_eq!(serde_json::from_str::<String>(&json).ok(), Some(text));
    }
}
