//! Random queries: nothing panics, and what a next link repeats means the same.

use edm::{Version, user};
use odata::{Checked, Mode, Shape, check, parse};
use proptest::prelude::*;

fn whole(query: &str, version: Version, shape: Shape) -> Option<Checked> {
    check(
        parse(query, version).ok()?,
        edm::Entity::core(&user::TYPE),
        version,
        shape,
        Mode::default(),
    )
    .ok()
}

fn versions() -> impl Strategy<Value = Version> {
    prop_oneof![Just(Version::V1), Just(Version::Beta)]
}

/// Queries that are mostly right, with what is special in the grammar strewn in.
fn queries() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        4 => prop::sample::select(user::PROPERTIES.to_vec()).prop_map(|p| p.name().to_owned()),
        1 => "[a-zA-Z_][a-zA-Z0-9_.-]{0,12}",
        1 => "\\PC{0,4}",
        1 => Just("*".to_owned()),
        1 => Just("employeeOrgData/division".to_owned()),
    ];
    let select =
        prop::collection::vec(name, 0..6).prop_map(|names| format!("$select={}", names.join(",")));
    let option = prop_oneof![
        4 => select,
        2 => (0..1100_u32).prop_map(|top| format!("%24top={top}")),
        1 => "[a-z$%=+&]{0,12}",
        1 => "\\$skiptoken=[a-zA-Z0-9%+]{0,8}",
    ];
    prop::collection::vec(option, 0..4).prop_map(|options| options.join("&"))
}

proptest! {
    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), version in versions()) {
        let query = String::from_utf8_lossy(&bytes);
        for shape in [Shape::Single, Shape::Collection, Shape::Write, Shape::Count] {
            whole(&query, version, shape);
        }
    }

    #[test]
    fn errors_point_into_the_query(query in queries(), version in versions()) {
        if let Err(error) = parse(&query, version) {
            prop_assert!(error.offset <= query.len() && query.is_char_boundary(error.offset), "{}: {:?}", query, error);
        }
    }

    #[test]
    fn the_canonical_query_is_the_query(query in queries(), version in versions()) {
        if let Some(mut checked) = whole(&query, version, Shape::Collection) {
            let canonical = checked.canonical();
            checked.skip_token = None;
            prop_assert_eq!(whole(&canonical, version, Shape::Collection), Some(checked), "{}", canonical);
        }
    }
}
