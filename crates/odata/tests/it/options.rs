//! `$orderby`, `$search`, `$expand`, and the query string that a next link repeats.

use crate::filter_text::filter_text;
use edm::Version::V1;
use edm::{EntityType, invitation, user};
use odata::Shape::{Collection, Single};
use odata::{CheckError, Checked, Levels, Mode, Shape};

fn check_options(
    query: &str,
    ty: &'static EntityType,
    shape: Shape,
) -> Result<Checked, CheckError> {
    let syntax = odata::parse(query, V1).unwrap_or_else(|error| panic!("{query}: {error}"));
    odata::check(syntax, edm::Entity::core(ty), V1, shape, Mode::default())
}

fn users(query: &str) -> Checked {
    check_options(query, &user::TYPE, Collection).unwrap_or_else(|error| panic!("{query}: {error}"))
}

fn refused(query: &str, ty: &'static EntityType, at: &str, expected: &str) {
    match check_options(query, ty, Collection) {
        Err(CheckError::InOption(fault)) => {
            assert_eq!(fault.kind.to_string(), expected, "{query}");
            assert!(
                query.get(fault.offset..).expect(query).starts_with(at),
                "{query} {fault}"
            );
        }
        other => panic!("{query}: {other:?}"),
    }
}

#[test]
fn orders() {
    let check = |value: &str, expected: &[(&str, bool)]| {
        let checked = users(&format!("$orderby={value}"));
        let found: Vec<_> = checked
            .order
            .iter()
            .map(|key| (key.property.name(), key.descending))
            .collect();
        assert_eq!(found, expected, "{value}");
    };
    check("displayName", &[("displayName", false)]);
    check(
        "DisplayName DESC, mail asc,createdDateTime",
        &[
            ("displayName", true),
            ("mail", false),
            ("createdDateTime", false),
        ],
    );
    check("$it/surname%20desc,surname", &[("surname", true)]);
    let check = |value: &str, at: &str, expected: &str| {
        refused(&format!("$orderby=id,{value}"), &user::TYPE, at, expected);
    };
    check(
        "nope",
        "nope",
        "no property \"nope\" on microsoft.graph.user",
    );
    check(
        "otherMails",
        "otherMails",
        "otherMails takes no part in queries",
    );
    check(
        "employeeOrgData",
        "employeeOrgData",
        "employeeOrgData takes no part in queries",
    );
    check(
        "employeeOrgData/division",
        "/division".get(1..).unwrap(),
        "$orderby of anything but a property of the object is not served",
    );
    check(
        "otherMails/$count",
        "$count",
        "$orderby of anything but a property of the object is not served",
    );
    check(
        "tolower(city)",
        "tolower",
        "$orderby of anything but a property is not served",
    );
    check(
        "aboutMe",
        "aboutMe",
        "aboutMe is readable of single objects only",
    );
}

#[test]
fn searches() {
    let check = |value: &str, expected: &str| {
        let checked = users(&format!("$search={value}"));
        assert_eq!(
            filter_text(&checked.filter.expect(value)),
            expected,
            "{value}"
        );
    };
    check("\"displayName:Anna\"", "displayName has anna");
    check(
        "%22displayName:HelloWorld 1%22",
        "displayName has hello+world+1",
    );
    check("\"MAIL:A@b\"", "mail StartsWith a@b");
    check(
        "\"displayName:a\" AND \"mail:b\" OR \"mail:c\"",
        "((displayName has a and mail StartsWith b) or mail StartsWith c)",
    );
    check(
        "\"mail:a\" \"mail:b\"",
        "(mail StartsWith a and mail StartsWith b)",
    );
    check(
        "\"mail:a\" AND (\"mail:b\" OR \"mail:c\")",
        "(mail StartsWith a and (mail StartsWith b or mail StartsWith c))",
    );
    check(
        "NOT \"mail:a\" AND \"mail:b\"",
        "(not(mail StartsWith a) and mail StartsWith b)",
    );
    check(
        "\"mail:a\" NOT \"mail:b\"",
        "(mail StartsWith a and not(mail StartsWith b))",
    );
    check(
        "\"displayName:a\\\"b\\\\c%5C\\d\"",
        "displayName has a+\"+b+\\+c+d+abcd",
    );
    check("\"mail:a:b\"", "mail StartsWith a:b");
    // With a filter, both hold.
    let both = users("$search=\"mail:a\"&$filter=city eq 'x' or city eq 'y'");
    assert_eq!(
        filter_text(&both.filter.unwrap()),
        "((city Eq x or city Eq y) and mail StartsWith a)"
    );
    let check = |value: &str, expected: &str| {
        let query = format!("$search=\"mail:a\" AND {value}");
        refused(&query, &user::TYPE, value, expected);
    };
    check("blue", "not a clause of a search");
    check("mail:blue", "not a clause of a search");
    check("\"blue\"", "not a clause of a search");
    check("\"nope:x\"", "no property \"nope\" on microsoft.graph.user");
    check("\"aboutMe:x\"", "aboutMe takes no part in queries");
    check("\"otherMails:x\"", "otherMails takes no part in queries");
    check("\"displayName: \"", "nothing to search for");
    check("\"mail: \"", "nothing to search for");
}

#[test]
fn expansions() {
    let expand =
        |value: &str, shape| check_options(&format!("$expand={value}"), &invitation::TYPE, shape);
    let one = expand("InvitedUser($select=id,MAIL,nope;$levels=max)", Single).unwrap();
    let [expansion] = one.expand.as_slice() else {
        panic!("{one:?}");
    };
    assert_eq!(expansion.navigation.property.name(), "invitedUser");
    assert_eq!(expansion.levels, Some(Levels::Max));
    assert_eq!(
        expansion.select.as_ref().unwrap().context_names(),
        "id,mail"
    );
    assert_eq!(one.ignored, ["nope"]);
    let levels = |value: &str| expand(value, Collection).unwrap().expand[0].levels;
    assert_eq!(levels("invitedUser"), None);
    assert_eq!(levels("invitedUser($levels=3)"), Some(Levels::Number(3)));
    let check = |value: &str, at: &str, expected: &str| {
        refused(&format!("$expand={value}"), &invitation::TYPE, at, expected);
    };
    check(
        "nope",
        "nope",
        "no property \"nope\" on microsoft.graph.invitation",
    );
    check("status", "status", "status is no relationship");
    check("*", "*", "* in $expand is not served");
    check(
        "invitedUser/$ref",
        "invitedUser",
        "a path in $expand is not served",
    );
    check(
        "invitedUser($top=1)",
        "$top",
        "$top in $expand is not served",
    );
    check(
        "invitedUser($filter=startsWith(mail,'a;b'))",
        "$filter",
        "$filter in $expand is not served",
    );
    check(
        "invitedUser($select=aboutMe)",
        "invitedUser",
        "aboutMe is readable of single objects only",
    );
    check(
        "invitedUser,invitedUser($levels=1)",
        "invitedUser($",
        "one relationship twice in $expand is not served",
    );
}

#[test]
fn related_users() {
    let found = |value: &str| {
        let checked = users(&format!("$expand={value}"));
        let one = |own: &odata::Expansion| {
            let select = own.select.as_ref().map(odata::Selection::context_names);
            (own.navigation.property.name(), select, own.levels)
        };
        checked.expand.iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(found("manager"), [("manager", None, None)]);
    assert_eq!(
        found("Manager($levels=max;$select=id,displayName),directReports($select=mail),sponsors"),
        [
            (
                "manager",
                Some("id,displayName".to_owned()),
                Some(Levels::Max)
            ),
            ("directReports", Some("mail".to_owned()), None),
            ("sponsors", None, None),
        ]
    );
    let refused = |value: &str, at: &str, expected: &str| {
        refused(&format!("$expand={value}"), &user::TYPE, at, expected);
    };
    refused(
        "directReports($levels=2)",
        "directReports",
        "$levels of a collection is not served",
    );
    refused(
        "memberOf",
        "memberOf",
        "no property \"memberOf\" on microsoft.graph.user",
    );
    refused(
        "displayName",
        "displayName",
        "displayName is no relationship",
    );
    let id = "00000000-0000-0000-0000-000000000001";
    let check = |filter: &str, expected: &str| {
        let checked = users(&format!("$filter={filter}"));
        assert_eq!(
            filter_text(&checked.filter.expect(filter)),
            expected,
            "{filter}"
        );
    };
    let is_one = format!("manager is [{id}]");
    check(&format!("manager/id eq '{id}'"), &is_one);
    check(&format!("MANAGER/Id eq {id}"), &is_one);
    check(&format!("'{id}' eq manager/id"), &is_one);
    check(&format!("manager/id in ('{id}','{id}','x')"), &is_one);
    check(&format!("manager/id ne '{id}'"), &format!("not({is_one})"));
    check("manager/id eq 'x'", "false");
    // Other conditions on related objects are no part of what is served.
    for (filter, at, what) in [
        (
            "manager/displayName eq 'x'",
            "manager",
            "a condition on a related object",
        ),
        (
            "manager/id ge 'x'",
            "manager",
            "a condition on a related object",
        ),
        (
            "manager/id eq null",
            "null",
            "null as the id of a related object",
        ),
        (
            "directReports/id eq 'x'",
            "directReports",
            "a condition on a related object",
        ),
        (
            "otherMails/any(m:manager/id eq 'x')",
            "eq",
            "a related object within any or all",
        ),
    ] {
        let query = format!("$filter={filter}");
        super::options::refused(&query, &user::TYPE, at, &format!("{what} is not served"));
    }
}

#[test]
fn canonical() {
    let check = |query: &str, ty: &'static EntityType, expected: &str| {
        let checked = check_options(query, ty, Collection).expect(query);
        assert_eq!(checked.canonical(), expected, "{query}");
        assert_eq!(
            check_options(expected, ty, Collection),
            Ok(Checked {
                skip_token: None,
                ..checked
            }),
            "{query}"
        );
    };
    check(
        "$top=5&$skiptoken=x&$filter=city+eq+'%C3%98%26%2B'&$orderBy=mail+desc,CITY&$count=TRUE&$explain=true&$search=%22mail:x%22&$select=id",
        &user::TYPE,
        "$select=id&$filter=city%20eq%20%27%C3%98%26%2B%27&$search=%22mail%3Ax%22&$orderby=mail%20desc,city&$count=true&$top=5&$explain=true",
    );
    check(
        "$expand=invitedUser($levels=2;$select=mail,nope)",
        &invitation::TYPE,
        "$expand=invitedUser($select=mail,nope%3B$levels=2)",
    );
}
