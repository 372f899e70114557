use std::collections::BTreeMap;

use edm::complex::{extension_attributes as attributes, password_profile};
use edm::{Prop, Property, PropertyId, Record, Type, Value, invitation, user};
use proptest::prelude::*;

#[test]
fn sparse_and_in_table_order() {
    let mut record = Record::new();
    assert!(record.is_empty());
    assert_eq!(record.set(&user::USER_TYPE, "Guest"), None);
    assert_eq!(record.set(&user::ID, "1"), None);
    assert_eq!(record.set(&user::MAIL, Value::Null), None);
    assert_eq!(
        record.set(&user::USER_TYPE, "Member"),
        Some(Value::from("Guest"))
    );
    let names: Vec<_> = record.properties().map(edm::Property::name).collect();
    assert_eq!(names, ["id", "mail", "userType"]);
    assert_eq!(record.get(&user::MAIL), Some(&Value::Null));
    assert_eq!(record.text(&user::MAIL), None);
    assert_eq!(record.text(&user::USER_TYPE), Some("Member"));
    assert_eq!(record.get(&user::CITY), None);
    assert_eq!(record.remove(&user::MAIL), Some(Value::Null));
    assert!(!record.has(&user::MAIL));
    assert_eq!(record.len(), 2);
}

#[test]
fn another_types_property_at_the_same_place_is_another_member() {
    let record: Record = [(&user::ABOUT_ME, Value::from("x"))].into_iter().collect();
    assert_eq!(
        user::ABOUT_ME.index,
        invitation::INVITED_USER_DISPLAY_NAME.index
    );
    assert_eq!(record.get(&invitation::INVITED_USER_DISPLAY_NAME), None);
}

#[test]
fn a_tenants_own_property_is_never_one_of_the_core() {
    let city = Prop::from(Property::own(7, "city", Type::String, "Another city."));
    assert_ne!(city, user::CITY);
    assert!(city.id().is_own() && !user::CITY.id().is_own());
    let mut record: Record = [(&user::CITY, Value::from("Oslo"))].into_iter().collect();
    assert_eq!(record.text(&city), None);
    record.set(&city, "Bergen");
    assert_eq!(
        (record.text(&user::CITY), record.text(&city)),
        (Some("Oslo"), Some("Bergen"))
    );
    // The number alone says which property it is.
    let again = Prop::from(Property::own(7, "city", Type::String, "Defined again."));
    assert_eq!((&city, record.text(&again)), (&again, Some("Bergen")));
    // Behind the core, whatever the name.
    let names: Vec<_> = record.iter().map(|(property, _)| property.id()).collect();
    assert_eq!(names, [user::CITY.id(), city.id()]);
}

#[test]
fn merging() {
    let inner =
        |pairs: &[(&'static edm::Property, Value)]| -> Record { pairs.iter().cloned().collect() };
    let mut record = inner(&[
        (&user::CITY, Value::from("Oslo")),
        (
            &user::OTHER_MAILS,
            Value::List(vec![Value::from("a@b.c"), Value::from("d@e.f")]),
        ),
        (
            &user::ON_PREMISES_EXTENSION_ATTRIBUTES,
            Value::Complex(inner(&[
                (&attributes::EXTENSION_ATTRIBUTE_1, Value::from("one")),
                (&attributes::EXTENSION_ATTRIBUTE_2, Value::from("two")),
            ])),
        ),
    ]);
    record.merge(inner(&[
        (&user::CITY, Value::Null),
        (&user::STATE, Value::from("Viken")),
        (&user::OTHER_MAILS, Value::List(vec![])),
        (
            &user::ON_PREMISES_EXTENSION_ATTRIBUTES,
            Value::Complex(inner(&[
                (&attributes::EXTENSION_ATTRIBUTE_2, Value::Null),
                (&attributes::EXTENSION_ATTRIBUTE_3, Value::from("three")),
            ])),
        ),
    ]));
    assert_eq!(
        edm::document::whole(&record),
        r#"{"onPremisesExtensionAttributes":{"extensionAttribute1":"one","extensionAttribute3":"three"},"state":"Viken"}"#
    );
    // Null clears a complex value whole, and a value takes the place of null.
    record.merge(inner(&[(
        &user::ON_PREMISES_EXTENSION_ATTRIBUTES,
        Value::Null,
    )]));
    assert_eq!(edm::document::whole(&record), r#"{"state":"Viken"}"#);
    let again = inner(&[(&attributes::EXTENSION_ATTRIBUTE_1, Value::from("one"))]);
    record.merge(inner(&[(
        &user::ON_PREMISES_EXTENSION_ATTRIBUTES,
        Value::Complex(again),
    )]));
    assert!(edm::document::whole(&record).contains("extensionAttribute1"));
}

#[test]
fn debugging_hides_secrets() {
    let profile: Record = [(&password_profile::PASSWORD, Value::from("hunter2hunter2"))]
        .into_iter()
        .collect();
    let record: Record = [(&user::PASSWORD_PROFILE, Value::Complex(profile))]
        .into_iter()
        .collect();
    let text = format!("{record:?}");
    assert!(
        !text.contains("hunter2") && text.contains("[hidden]"),
        "{text}"
    );
}

/// What a map would hold a property under.
fn key_of(property: &Property) -> (u16, String, PropertyId) {
    let (place, name, id) = property.place();
    (place, name.to_owned(), id)
}

/// Properties of three types, which share their places in the tables, and of a tenant, which share
/// one place and even a name.
fn any_property() -> impl Strategy<Value = Prop> {
    let types = [&user::TYPE.properties, &invitation::TYPE.properties];
    let all = types.into_iter().flat_map(|all| all.iter().copied());
    let attributes = [
        &attributes::EXTENSION_ATTRIBUTE_1,
        &attributes::EXTENSION_ATTRIBUTE_2,
    ];
    let own = [(1, "shoeSize"), (2, "badge"), (3, "badge"), (4, "city")];
    let own = own.map(|(number, name)| Property::own(number, name, Type::String, "Its own."));
    let all = all.chain(attributes).map(Prop::Core);
    prop::sample::select(all.chain(own.map(Prop::from)).collect::<Vec<_>>())
}

proptest! {
    /// However it came about, a record holds what a map by place, name and number would hold, in
    /// its order.
    #[test]
    fn a_record_is_a_map(steps in prop::collection::vec((any_property(), 0..4_u8, any::<u8>()), 0..120)) {
        let mut map = BTreeMap::new();
        let (mut record, mut changes) = (Record::new(), Record::new());
        for (property, step, value) in steps {
            let key = key_of(&property);
            let value = Value::Int(value.into());
            match step {
                0 => prop_assert_eq!(record.remove(&property), map.remove(&key)),
                1 => {
                    changes.set(&property, value);
                }
                2 => {
                    for (property, value) in changes.iter() {
                        map.insert(key_of(property), value.clone());
                    }
                    record.merge(std::mem::take(&mut changes));
                }
                _ => prop_assert_eq!(record.set(&property, value.clone()), map.insert(key.clone(), value)),
            }
            prop_assert_eq!(record.get(&property), map.get(&key));
            prop_assert_eq!(record.len(), map.len());
            let held: Vec<_> = record.iter().map(|(property, value)| (key_of(property), value.clone())).collect();
            prop_assert_eq!(&held, &map.clone().into_iter().collect::<Vec<_>>());
            let again: Record = record.iter().map(|(property, value)| (property, value.clone())).collect();
            prop_assert!(again == record);
        }
    }
}
