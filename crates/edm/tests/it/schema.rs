//! A tenant's own definitions beside the core.

use edm::{
    ComplexType, Entity, Guard, Property, Purpose, Record, Rule, Schema, SchemaError, Type, Value,
    Version, body, document, invitation, metadata, type_names, user,
};
use oracle::definitions::sample as schema;

fn read(text: &str, ty: Entity<'_>, purpose: Purpose) -> Result<Record, (String, Rule)> {
    let json = edm::json::parse(text.as_bytes()).unwrap();
    let body = body::check(&json, ty, Version::V1, purpose);
    body.map(|body| body.set)
        .map_err(|error| (error.target, error.rule))
}

#[test]
fn own_definitions_stand_behind_the_core() {
    let schema = schema();
    let all: Vec<_> = schema.properties(&user::TYPE).collect();
    let (core, own) = all.split_at(user::PROPERTIES.len());
    assert!(
        core.iter()
            .zip(user::PROPERTIES)
            .all(|(one, row)| one == row)
    );
    let names: Vec<_> = own.iter().map(|property| property.name()).collect();
    assert_eq!(names, ["ext1_course", "extension_0a_badge"]);
    let find = |name, version| schema.property(&user::TYPE, name, version);
    assert_eq!(find("EXT1_Course", Version::Beta), Some(own[0].clone()));
    assert_eq!(
        find("displayname", Version::V1).unwrap(),
        user::DISPLAY_NAME
    );
    assert_eq!(find("ext1", Version::V1), None);
    // Of users alone, and in this schema alone.
    let elsewhere = schema.property(&invitation::TYPE, "ext1_course", Version::V1);
    assert_eq!(elsewhere, None);
    let core = Schema::core().property(&user::TYPE, "ext1_course", Version::V1);
    assert_eq!(core, None);
}

#[test]
fn definitions_that_could_be_taken_for_others_are_refused() {
    let add = |number, name: &str| {
        let property = Property::own(number, name, Type::String, "Another.");
        schema().with(&user::TYPE, property).map(|_| ())
    };
    let taken = |name: &str| Err(SchemaError::NameTaken(name.to_owned()));
    assert_eq!(add(9, "shoeSize"), Ok(()));
    assert_eq!(add(9, "CITY"), taken("CITY"));
    assert_eq!(add(9, "Manager"), taken("Manager"));
    assert_eq!(add(9, "EXT1_COURSE"), taken("EXT1_COURSE"));
    assert_eq!(
        add(4, "other"),
        Err(SchemaError::NumberTaken("other".to_owned()))
    );
}

/// What could not hold is refused where it is defined.
#[test]
fn a_guard_that_would_keep_nobody_out_is_refused() {
    let guarded = |guard| {
        let mut property = Property::own(9, "clearance", Type::String, "Level.");
        property.guard = Some(guard);
        property
    };
    let add = |property| schema().with(&user::TYPE, property).map(|_| ());
    assert_eq!(add(guarded(Guard::SecurityAttributes)), Ok(()));
    let set = guarded(Guard::SignIns);
    let refused = SchemaError::NobodySets("clearance".to_owned());
    assert_eq!(add(set), Err(refused));
    let level = Type::Complex(ComplexType::own("level", [guarded(Guard::LifeCycle)]).into());
    let level = Property::own(10, "level", level, "Of a member alone.");
    let refused = SchemaError::GuardedMember("clearance".to_owned());
    assert_eq!(add(level), Err(refused));
}

#[test]
fn bodies_are_checked_with_them() {
    let schema = schema();
    let ty = schema.entity(&user::TYPE);
    let course = r#"{"EXT1_course":{"Name":"Rust","points":7},"extension_0a_badge":"a-1"}"#;
    let set = read(course, ty, Purpose::Update).unwrap();
    let find = |name| ty.property(name, Version::V1).unwrap();
    assert_eq!(set.text(&find("extension_0a_badge")), Some("a-1"));
    let value = set.complex(&find("ext1_course")).unwrap();
    let values: Vec<_> = value
        .iter()
        .map(|(member, value)| (member.name(), value.clone()))
        .collect();
    assert_eq!(
        values,
        [("name", Value::from("Rust")), ("points", Value::Int(7))]
    );
    let refused = |text, target: &str, rule| {
        let found = read(text, ty, Purpose::Update).unwrap_err();
        assert_eq!(found, (target.to_owned(), rule), "{text}");
    };
    let long = r#"{"extension_0a_badge":"123456789"}"#;
    refused(long, "extension_0a_badge", Rule::TooLong { max: 8 });
    let points = r#"{"ext1_course":{"points":"7"}}"#;
    let expected = "Edm.Int32".to_owned();
    refused(points, "ext1_course/points", Rule::WrongType { expected });
    refused(r#"{"ext1_course":{"x":1}}"#, "ext1_course/x", Rule::Unknown);
    // The core alone knows none of it.
    let unknown = read(course, Entity::core(&user::TYPE), Purpose::Update).unwrap_err();
    assert_eq!(unknown, ("EXT1_course".to_owned(), Rule::Unknown));
}

#[test]
fn documents_hold_them() {
    let schema = schema();
    let ty = schema.entity(&user::TYPE);
    let find = |name| ty.property(name, Version::V1).unwrap();
    let (badge, course) = (find("extension_0a_badge"), find("ext1_course"));
    let text =
        r#"{"city":"Bern","extension_0a_badge":"a-1","ext1_course":{"name":"Rust","points":7}}"#;
    let mut user = read(text, ty, Purpose::Update).unwrap();
    user.set(&user::ID, "1");
    let stored = r#"{"id":"1","city":"Bern","ext1_course":{"name":"Rust","points":7},"extension_0a_badge":"a-1"}"#;
    assert_eq!(document::whole(&user), stored);
    assert_eq!(document::parse(stored, ty).as_ref(), Ok(&user));
    // As it lies in the store: the default set, and the rest, in which they all are.
    let brief = document::brief(&user, &user::TYPE);
    let rest = document::rest(&user, &user::TYPE);
    assert!(!brief.contains("badge") && rest.contains("badge"));
    assert_eq!(
        document::parse(&document::joined(&brief, &rest), ty),
        Ok(user.clone())
    );
    // A change of one member leaves the others.
    let change = read(r#"{"ext1_course":{"points":8}}"#, ty, Purpose::Update).unwrap();
    user.merge(change);
    let shown = document::select(&user, &[&course, &badge, &(&user::CITY).into()], true);
    assert_eq!(
        shown.as_str(),
        r#""city":"Bern","ext1_course":{"name":"Rust","points":8},"extension_0a_badge":"a-1""#
    );
    assert!(
        !document::default_set(&user, ty, Version::V1)
            .as_str()
            .contains("badge")
    );
    let beta = document::default_set(&user, ty, Version::Beta);
    assert!(beta.as_str().contains(r#""extension_0a_badge":"a-1""#));
    // Its type, told where the client wants it.
    let told = type_names::told(&shown, ty, Version::V1).into_text();
    let own = r##""ext1_course":{"@odata.type":"#microsoft.graph.courseValue","name":"Rust","points":8}"##;
    assert!(told.contains(own), "{told}");
    // Read by a schema that has lost the definitions, they stay, and nobody sees them.
    let stored = document::whole(&user);
    let without = document::parse(&stored, Entity::core(&user::TYPE)).unwrap();
    assert_eq!(document::whole(&without), stored);
    let shown = document::default_set(&without, Entity::core(&user::TYPE), Version::Beta);
    assert!(!shown.as_str().contains("badge"));
}

/// A name that was defined anew with another type: the old value is no value of it, and is not lost
/// until a new one takes its place.
#[test]
fn values_of_an_earlier_definition_are_kept() {
    let number = Property::own(5, "extension_0a_badge", Type::Int32, "Now a number.");
    let schema = Schema::default().with(&user::TYPE, number).unwrap();
    let ty = schema.entity(&user::TYPE);
    let badge = ty.property("extension_0a_badge", Version::V1).unwrap();
    let stored = r#"{"id":"1","extension_0a_badge":"a-1"}"#;
    let mut user = document::parse(stored, ty).unwrap();
    assert_eq!(
        (user.get(&badge), document::whole(&user).as_str()),
        (None, stored)
    );
    user.set(&badge, Value::Int(7));
    assert_eq!(
        document::whole(&user),
        r#"{"id":"1","extension_0a_badge":7}"#
    );
    // What is not the tenant's own is not forgiven: the database is damaged.
    assert!(document::parse(r#"{"accountEnabled":"x"}"#, ty).is_err());
}

#[test]
fn metadata_declares_them() {
    for version in Version::ALL {
        assert_eq!(
            metadata::csdl_of(Schema::core(), version),
            metadata::csdl(version)
        );
        let text = metadata::csdl_of(&schema(), version);
        let added: Vec<_> = text
            .lines()
            .filter(|line| !metadata::csdl(version).contains(line))
            .collect();
        assert_eq!(
            added,
            [
                r#"<ComplexType Name="courseValue">"#,
                r#"<Property Name="points" Type="Edm.Int32"/>"#,
                r#"<Property Name="ext1_course" Type="graph.courseValue"/>"#,
                r#"<Property Name="extension_0a_badge" Type="Edm.String"/>"#,
                // Of members whose joining awaits approval.
                r#"<Property Name="ext1_course" Type="graph.courseValue"/>"#,
                r#"<Property Name="extension_0a_badge" Type="Edm.String"/>"#,
            ],
            "{version}"
        );
    }
}
