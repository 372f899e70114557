//! Custom security attributes in bodies, documents and answers.

use edm::attribute::{Attribute, AttributeType, property};
use edm::{Body, BodyError, Purpose, Rule, Schema, Value, Version, body, document, json, user};

fn attribute(set: &str, name: &str) -> Attribute {
    Attribute {
        set: set.to_owned(),
        name: name.to_owned(),
        is_available: true,
        allowed: None,
    }
}

fn schema() -> Schema {
    let retired = Attribute {
        is_available: false,
        ..attribute("Engineering", "Retired")
    };
    let retired_list = Attribute {
        is_available: false,
        ..attribute("Engineering", "RetiredList")
    };
    let (text, number) = (AttributeType::String, AttributeType::Integer);
    [
        property(1, attribute("Engineering", "Date"), text, false, true),
        property(2, attribute("Engineering", "Project"), text, true, true),
        property(3, attribute("Engineering", "Vendors"), number, false, true),
        property(4, attribute("Engineering", "Cost"), number, true, true),
        property(
            5,
            attribute("Engineering", "Certified"),
            AttributeType::Boolean,
            false,
            true,
        ),
        property(6, retired, text, false, true),
        property(7, retired_list, text, true, true),
        property(8, attribute("Marketing", "Id"), text, false, true),
    ]
    .into_iter()
    .fold(Schema::default(), |schema, property| {
        schema.with(&user::TYPE, property).unwrap()
    })
}

fn read(schema: &Schema, sets: &str, purpose: Purpose) -> Result<Body, BodyError> {
    let text = format!(r#"{{"CustomSecurityAttributes":{sets}}}"#);
    let json = json::parse(text.as_bytes()).unwrap();
    body::check(&json, schema.entity(&user::TYPE), Version::V1, purpose)
}

fn fault(sets: &str) -> (String, Rule) {
    let fault = read(&schema(), sets, Purpose::Update).unwrap_err();
    (fault.target, fault.rule)
}

#[test]
fn what_was_sent_is_shown_and_stored() {
    let schema = schema();
    let sent = r##"{"engineering":{"@odata.type":"#Microsoft.DirectoryServices.CustomSecurityAttributeValue",
        "date":"2022-10-01","Project@odata.type":"#Collection(String)","Project":["A","B"],
        "Vendors@odata.type":"#Int32","Vendors":5,"Cost@odata.type":"#Collection(Int32)","Cost":[1001,1003],
        "Certified":true},"Marketing":{"Id":"QN26904"}}"##;
    for purpose in [Purpose::Create, Purpose::Update] {
        let body = read(&schema, sent, purpose).unwrap();
        let core = [&user::CUSTOM_SECURITY_ATTRIBUTES];
        let shown = document::select(&body.set, &core, true).object();
        let expected = concat!(
            r##"{"customSecurityAttributes":{"Engineering":{"@odata.type":"#microsoft.graph.customSecurityAttributeValue","##,
            r##""Certified":true,"Cost@odata.type":"#Collection(Int32)","Cost":[1001,1003],"Date":"2022-10-01","##,
            r##""Project@odata.type":"#Collection(String)","Project":["A","B"],"Vendors@odata.type":"#Int32","Vendors":5},"##,
            r##""Marketing":{"@odata.type":"#microsoft.graph.customSecurityAttributeValue","Id":"QN26904"}}}"##
        );
        assert_eq!(shown, expected);
        let stored = document::whole(&body.set);
        let users = schema.entity(&user::TYPE);
        assert_eq!(document::parse(&stored, users).unwrap(), body.set);
        // Who may not see them reads nothing, and writes them back as they were.
        let hidden = schema.without_attributes().entity(&user::TYPE);
        let unseen = document::parse(&stored, hidden).unwrap();
        assert_eq!(
            document::select(&unseen, &core, true).object(),
            r#"{"customSecurityAttributes":null}"#
        );
        let back = document::whole(&unseen);
        assert_eq!(document::parse(&back, users).unwrap(), body.set);
    }
}

#[test]
fn null_and_the_empty_list_take_away() {
    let schema = schema();
    let nulls = |sets: &str| -> Vec<String> {
        let body = read(&schema, sets, Purpose::Update).unwrap();
        let set = body.set.iter();
        set.map(|(property, value)| {
            assert_eq!(*value, Value::Null);
            property.attribute().unwrap().name.clone()
        })
        .collect()
    };
    assert_eq!(nulls("{}"), [""; 0]);
    assert_eq!(nulls(r#"{"Engineering":{}}"#), [""; 0]);
    assert_eq!(
        nulls(r#"{"Engineering":{"Date":null,"Project":[],"Retired":null,"RetiredList":[]}}"#),
        ["Date", "Project", "Retired", "RetiredList"]
    );
    assert_eq!(nulls(r#"{"Marketing":null}"#), ["Id"]);
    assert_eq!(nulls("null").len(), 8);
}

#[test]
fn what_is_wrong_is_named() {
    let wrong = |expected: &str| Rule::WrongType {
        expected: expected.to_owned(),
    };
    let check = |sets: &str, target: &str, rule: Rule| {
        let target = format!("customSecurityAttributes{target}");
        assert_eq!(fault(sets), (target, rule), "{sets}");
    };
    check("7", "", wrong("graph.customSecurityAttributeValue"));
    check(r#"{"Sales":{}}"#, "/Sales", Rule::Unknown);
    check(
        r#"{"Engineering":{"None":1}}"#,
        "/Engineering/None",
        Rule::Unknown,
    );
    check(
        r##"{"Engineering":{"None@odata.type":"#Int32"}}"##,
        "/Engineering/None",
        Rule::Unknown,
    );
    check(
        r#"{"Engineering":{"Date":5}}"#,
        "/Engineering/Date",
        wrong("Edm.String"),
    );
    check(
        r#"{"Engineering":{"Date":[]}}"#,
        "/Engineering/Date",
        wrong("Edm.String"),
    );
    check(
        r#"{"Engineering":{"Date":""}}"#,
        "/Engineering/Date",
        Rule::Empty,
    );
    check(
        r#"{"Engineering":{"Vendors":2147483648}}"#,
        "/Engineering/Vendors",
        wrong("Edm.Int32"),
    );
    check(
        r#"{"Engineering":{"Project":"A"}}"#,
        "/Engineering/Project",
        wrong("Collection(Edm.String)"),
    );
    check(
        r#"{"Engineering":{"Cost":[1,"2"]}}"#,
        "/Engineering/Cost/1",
        wrong("Edm.Int32"),
    );
    let long = "x".repeat(65);
    check(
        &format!(r#"{{"Marketing":{{"Id":"{long}"}}}}"#),
        "/Marketing/Id",
        Rule::TooLong { max: 64 },
    );
    check(
        r#"{"Engineering":{"Retired":"x"}}"#,
        "/Engineering/Retired",
        Rule::Deactivated,
    );
    check(
        r#"{"Engineering":{"RetiredList":["x"]}}"#,
        "/Engineering/RetiredList",
        Rule::Deactivated,
    );
    // An annotation says what the definition says.
    check(
        r##"{"Engineering":{"Vendors@odata.type":"#Int64","Vendors":5}}"##,
        "/Engineering/Vendors@odata.type",
        wrong("#Int32"),
    );
    check(
        r##"{"Engineering":{"Project@odata.type":"#String","Project":["A"]}}"##,
        "/Engineering/Project@odata.type",
        wrong("#Collection(String)"),
    );
    check(
        r##"{"Engineering":{"@odata.type":"#microsoft.graph.user"}}"##,
        "/Engineering/@odata.type",
        wrong("#microsoft.graph.customSecurityAttributeValue"),
    );
    // The path of an attribute is no name of a property.
    let flat = r#"{"customSecurityAttributes/Marketing/Id":"x"}"#;
    let json = json::parse(flat.as_bytes()).unwrap();
    let schema = schema();
    let users = schema.entity(&user::TYPE);
    let refused = body::check(&json, users, Version::V1, Purpose::Update).unwrap_err();
    assert_eq!(refused.rule, Rule::Unknown);
}

/// No name is told from another, whether it is defined or not.
#[test]
fn who_may_not_see_them_learns_no_name() {
    let schema = schema();
    for sets in [
        r#"{"Engineering":{"Date":"x"}}"#,
        r#"{"Engineering":{"None":"x"}}"#,
        r#"{"Sales":{}}"#,
        "null",
        "{}",
    ] {
        for schema in [
            schema.without_attributes(),
            Schema::core().without_attributes(),
        ] {
            let fault = read(schema, sets, Purpose::Update).unwrap_err();
            assert_eq!(fault.rule, Rule::Hidden, "{sets}");
            assert_eq!(fault.target, "customSecurityAttributes");
        }
    }
    let own: Vec<_> = schema
        .without_attributes()
        .entity(&user::TYPE)
        .own()
        .collect();
    assert!(own.is_empty(), "{own:?}");
}
