//! A tenant's own definitions as tests give them to a tenant: one sample for all crates.

use edm::{ComplexType, Op, Operators, Ops, Property, Schema, Type, user};

/// A text of at most 8 characters that conditions can name, as directory extensions are, and a
/// complex value with a text and a number, as schema extensions are. Both are of users.
pub fn sample() -> Schema {
    let note = "Number of the badge.";
    let mut badge = Property::own(1, "extension_0a_badge", Type::String, note);
    badge.max_len = Some(8);
    badge.filter = Operators {
        default: Ops::of(&[Op::Eq]),
        advanced: Ops::of(&[Op::Ne]),
    };
    let members = [
        Property::own(2, "name", Type::String, "Name of the course."),
        Property::own(3, "points", Type::Int32, "Points."),
    ];
    let course = Type::Complex(ComplexType::own("courseValue", members).into());
    let course = Property::own(4, "ext1_course", course, "The course.");
    with(with(Schema::default(), course), badge)
}

/// The sample with a property of every type that a definition can have, single and in a list.
pub fn typed() -> Schema {
    let single = [
        ("note", Type::String),
        ("flag", Type::Boolean),
        ("count", Type::Int32),
        ("serial", Type::Int64),
        ("since", Type::DateTimeOffset),
        ("key", Type::Binary),
    ];
    let lists = [
        ("tags", Type::String),
        ("marks", Type::Binary),
        ("flags", Type::Boolean),
        ("counts", Type::Int32),
        ("serials", Type::Int64),
        ("days", Type::DateTimeOffset),
    ];
    let own = |number, (name, ty): (&str, Type)| {
        let name = format!("extension_0a_{name}");
        Property::own(number, name, ty, "One of each type.")
    };
    let mut all: Vec<_> = (10..).zip(single).map(|(at, one)| own(at, one)).collect();
    for (number, list) in (20..).zip(lists) {
        let mut property = own(number, list);
        property.collection = true;
        property.unset = "[]";
        all.push(property);
    }
    all.into_iter().fold(sample(), with)
}

/// The same schema with one more property of users.
///
/// # Panics
/// Where the property does not fit beside the others.
#[expect(
    clippy::expect_used,
    reason = "a test that cannot be set up has failed"
)]
pub fn with(schema: Schema, property: Property) -> Schema {
    schema.with(&user::TYPE, property).expect("a definition")
}
