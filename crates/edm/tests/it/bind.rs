//! References to other objects inside a body.

use crate::body::{read, refused, wrong};
use edm::{Purpose, Rule, Version, user};

#[test]
fn binds_are_read_by_the_navigation_they_name() {
    let check = |text: &str, expected: &[&str]| {
        let body = read(text, &user::TYPE, Version::V1, Purpose::Update).expect(text);
        let [(navigation, texts)] = body.binds.as_slice() else {
            panic!("{text}: {:?}", body.binds);
        };
        assert!(navigation.linked && body.annotations.is_empty(), "{text}");
        assert_eq!(texts, expected, "{text}");
    };
    check(r#"{"manager@odata.bind":"users/1"}"#, &["users/1"]);
    check(r#"{"MANAGER@OData.bind":"users/1"}"#, &["users/1"]);
    check(r#"{"manager@odata.bind":null}"#, &[]);
    check(r#"{"sponsors@odata.bind":["a","b"]}"#, &["a", "b"]);
    check(r#"{"sponsors@odata.bind":[]}"#, &[]);
}

#[test]
fn binds_of_another_form_are_refused() {
    let check = |text: &str, target: &str, rule: Rule| {
        let result = read(text, &user::TYPE, Version::V1, Purpose::Update);
        refused(result, target, rule);
    };
    let one = "manager@odata.bind";
    check(r#"{"manager@odata.bind":["a"]}"#, one, wrong("Edm.String"));
    check(r#"{"manager@odata.bind":7}"#, one, wrong("Edm.String"));
    let several = "sponsors@odata.bind";
    for bad in [r#""a""#, "[7]", "{}"] {
        check(
            &format!(r#"{{"sponsors@odata.bind":{bad}}}"#),
            several,
            wrong("Collection(Edm.String)"),
        );
    }
    let many = r#"{"sponsors@odata.bind":["1","2","3","4","5","6"]}"#;
    check(many, several, Rule::TooMany { max: 5 });
    for derived in ["directReports@odata.bind", "sponsorOf@odata.bind"] {
        check(
            &format!(r#"{{"{derived}":["a"]}}"#),
            derived,
            Rule::ReadOnly,
        );
    }
}
