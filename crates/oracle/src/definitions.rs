//! A tenant's own definitions as tests give them to a tenant: one sample for all crates.

use edm::attribute::{self, Attribute, AttributeType};
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

/// Custom security attributes as the documents use them, and one of each kind that differs from
/// them: an attribute that is deactivated, one that conditions cannot name, one without a value
/// that can be assigned any more.
pub fn attributes() -> Schema {
    let any = |set: &str, name: &str| Attribute {
        set: set.to_owned(),
        name: name.to_owned(),
        is_available: true,
        allowed: None,
    };
    let allowed = |values: &[&str]| Some(values.iter().map(ToString::to_string).collect());
    let only = |name: &str, values: &[&str]| Attribute {
        allowed: allowed(values),
        ..any("Engineering", name)
    };
    let gone = Attribute {
        is_available: false,
        ..any("Engineering", "Retired")
    };
    let retired_list = Attribute {
        is_available: false,
        ..any("Engineering", "RetiredList")
    };
    let (boolean, integer, string) = (
        AttributeType::Boolean,
        AttributeType::Integer,
        AttributeType::String,
    );
    let all = [
        (any("Engineering", "ProjectDate"), string, false, true),
        (only("Project", &["Baker", "Cascade"]), string, true, true),
        (any("Engineering", "NumVendors"), integer, false, true),
        (any("Engineering", "CostCenter"), integer, true, true),
        (any("Engineering", "Certification"), boolean, false, true),
        (only("Level", &["1", "2"]), integer, false, true),
        (only("Closed", &[]), string, false, true),
        (any("Engineering", "Note"), string, false, false),
        (gone, string, false, true),
        (retired_list, string, true, true),
        (any("Marketing", "EmployeeId"), string, false, true),
        (any("Marketing", "AppCountry"), string, true, true),
    ];
    let properties =
        (40..)
            .zip(all)
            .map(|(number, (attribute, ty, is_collection, is_searchable))| {
                attribute::property(number, attribute, ty, is_collection, is_searchable)
            });
    properties.fold(sample(), with)
}
