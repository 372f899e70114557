//! Queries that name a tenant's own properties.

use edm::{Entity, Purpose, Record, Schema, Version, body, document, user};
use odata::{CheckError, Checked, Mode, OptionErrorKind, Shape, eval};
use oracle::definitions::sample as schema;

fn check_query(query: &str, ty: Entity<'_>) -> Result<Checked, CheckError> {
    let syntax = odata::parse(query, Version::V1).expect(query);
    odata::check(syntax, ty, Version::V1, Shape::Collection, Mode::default())
}

fn record(ty: Entity<'_>, text: &str) -> Record {
    let json = edm::json::parse(text.as_bytes()).expect(text);
    let body = body::check(&json, ty, Version::V1, Purpose::Update);
    body.expect(text).set
}

#[test]
fn conditions_hold_for_what_was_set() {
    let schema = schema();
    let ty = schema.entity(&user::TYPE);
    let text =
        r#"{"city":"Bern","extension_0a_badge":"A-1","ext1_course":{"name":"Rust","points":7}}"#;
    // As it comes back from the store.
    let user = document::parse(&document::whole(&record(ty, text)), ty).unwrap();
    let check = |filter: &str, expected| {
        let checked = check_query(&format!("$filter={filter}"), ty).expect(filter);
        let filter_of = checked.filter.unwrap();
        assert_eq!(eval::holds(&filter_of, &user), expected, "{filter}");
        let bare = Record::new();
        let without = check_query(&format!("$filter=not({filter})"), ty).expect(filter);
        assert!(eval::holds(&without.filter.unwrap(), &bare), "{filter}");
    };
    check("extension_0a_badge eq 'a-1'", true);
    check("EXTENSION_0A_BADGE eq 'a-2'", false);
    check("startsWith(extension_0a_badge,'a')", true);
    check("ext1_course/points ge 7 and city eq 'bern'", true);
    check("ext1_course/points gt 7", false);
    check("ext1_course/name in ('go','rust')", true);
}

#[test]
fn they_are_selected_and_judged_like_others() {
    let schema = schema();
    let ty = schema.entity(&user::TYPE);
    let checked = check_query(
        "$select=city,EXT1_COURSE/points,extension_0a_badge,nope",
        ty,
    )
    .unwrap();
    let selection = checked.select.unwrap();
    assert_eq!(
        selection.context_names(),
        "city,ext1_course,extension_0a_badge"
    );
    let text = r#"{"ext1_course":{"name":"Rust"}}"#;
    let shown = document::select(&record(ty, text), selection.properties(), false);
    assert_eq!(
        shown.as_str(),
        r#""city":null,"ext1_course":{"name":"Rust","points":null},"extension_0a_badge":null"#
    );
    assert_eq!(checked.ignored, ["nope"]);
    // By the operators of the definition.
    let breaches = |query| check_query(query, ty).unwrap().breaches.len();
    assert_eq!(breaches("$filter=extension_0a_badge eq 'x'"), 0);
    assert_eq!(breaches("$filter=extension_0a_badge ne 'x'"), 1);
    // The store walks in no order that it has no key of.
    let fault = check_query("$orderby=extension_0a_badge", ty).unwrap_err();
    assert!(
        matches!(&fault, CheckError::InOption(fault) if matches!(fault.kind, OptionErrorKind::Unsupported(_))),
        "{fault:?}"
    );
    // Members are those of the definition.
    let fault = check_query("$filter=ext1_course/x eq 1", ty).unwrap_err();
    assert!(
        fault.to_string().contains("microsoft.graph.courseValue"),
        "{fault}"
    );
}

#[test]
fn the_core_alone_knows_none_of_them() {
    let core = Schema::core().entity(&user::TYPE);
    let checked = check_query("$select=extension_0a_badge", core).unwrap();
    assert_eq!(checked.ignored, ["extension_0a_badge"]);
    let fault = check_query("$filter=extension_0a_badge eq 'x'", core).unwrap_err();
    assert!(
        matches!(&fault, CheckError::InOption(fault) if matches!(fault.kind, OptionErrorKind::UnknownProperty { .. })),
        "{fault:?}"
    );
}
