//! `$filter` from the query string to the condition.

use crate::filter_text::filter_text;
use edm::Version::{Beta, V1};
use edm::{Version, user};
use odata::Shape::Collection;
use odata::{CheckError, Checked, Mode, OptionErrorKind};

pub(crate) fn check_filter(filter: &str, version: Version) -> Result<Checked, CheckError> {
    let query = format!("$filter={filter}");
    let syntax = odata::parse(&query, version).unwrap_or_else(|error| panic!("{filter}: {error}"));
    odata::check(
        syntax,
        edm::Entity::core(&user::TYPE),
        version,
        Collection,
        Mode::default(),
    )
}

fn check(filter: &str, expected: &str) {
    let checked = check_filter(filter, V1).unwrap_or_else(|error| panic!("{filter}: {error}"));
    assert_eq!(
        filter_text(&checked.filter.expect(filter)),
        expected,
        "{filter}"
    );
}

#[test]
fn comparisons() {
    check("displayName eq 'Anna'", "displayName Eq anna");
    check(
        "DISPLAYNAME EQ 'let''s %26 go'",
        "displayName Eq let's & go",
    );
    check("displayName ne 'x'", "displayName Ne x");
    check(
        "createdDateTime gt 2024-01-01T00:00:00Z",
        "createdDateTime Gt 2024-01-01T00:00:00Z",
    );
    check(
        "createdDateTime ge 2024-01-01T01:00:00.1234567%2B01:00",
        "createdDateTime Ge 2024-01-01T00:00:00.123456Z",
    );
    // The plus that nobody encoded, and what other clients leave out.
    check(
        "createdDateTime ge 2024-01-01T01:00:00+01:00",
        "createdDateTime Ge 2024-01-01T00:00:00Z",
    );
    check(
        "createdDateTime lt 2024-01-01T00:00Z",
        "createdDateTime Lt 2024-01-01T00:00:00Z",
    );
    check(
        "createdDateTime le 2024-01-01",
        "createdDateTime Le 2024-01-01T00:00:00Z",
    );
    check("accountEnabled eq true", "accountEnabled Eq true");
    check("accountEnabled", "accountEnabled Eq true");
    check("not accountEnabled", "not(accountEnabled Eq true)");
    check("city eq null", "city Eq null");
    check("city gt null", "false");
    check("null ne companyName", "companyName Ne null");
    check("'m' lt surname", "surname Gt m");
    check("$it/displayName eq 'x'", "displayName Eq x");
    check(
        "microsoft.graph.user/displayName eq 'x'",
        "displayName Eq x",
    );
    check(
        "employeeOrgData/costCenter eq 'A'",
        "employeeOrgData/costCenter Eq a",
    );
    check(
        "onPremisesExtensionAttributes/extensionAttribute1 eq null",
        "onPremisesExtensionAttributes/extensionAttribute1 Eq null",
    );
    check("employeeOrgData ne null", "employeeOrgData Ne null");
    check("true", "true");
    check("1 lt 2 and 'a' eq 'A'", "(true and true)");
    check("null eq 1", "false");
}

#[test]
fn precedence() {
    let (a, b, c) = ("city eq 'a'", "city eq 'b'", "city eq 'c'");
    check(
        &format!("{a} or {b} and {c}"),
        "(city Eq a or (city Eq b and city Eq c))",
    );
    check(
        &format!("({a} or {b}) and {c}"),
        "((city Eq a or city Eq b) and city Eq c)",
    );
    check(
        &format!("{a} and {b} and {c}"),
        "(city Eq a and city Eq b and city Eq c)",
    );
    check(
        &format!("{a} OR {b} oR {c}"),
        "(city Eq a or city Eq b or city Eq c)",
    );
    check(
        &format!("not {a} and {b}"),
        "(not(city Eq a) and city Eq b)",
    );
    check(
        &format!("NOT({a} and {b})"),
        "not((city Eq a and city Eq b))",
    );
    check(&format!("not not {a}"), "not(not(city Eq a))");
    check(
        &format!("({a} and {b}) eq false"),
        "not((city Eq a and city Eq b))",
    );
    check("((( city eq 'a' )))", "city Eq a");
}

#[test]
fn sets_and_functions() {
    check("city in ('A', null,'b' , 'B')", "city in (a, null, b)");
    check("city in [\"A\",'b']", "city in (a, b)");
    check("city in ()", "false");
    check(
        "startswith(displayName,'A b')",
        "displayName StartsWith a b",
    );
    check("ENDSWITH( mail , '.com' )", "mail EndsWith .com");
    check(
        "contains(displayName,'x') eq true",
        "displayName Contains x",
    );
    check(
        "startsWith(displayName,'x') ne true",
        "not(displayName StartsWith x)",
    );
    check("startsWith(displayName,'')", "displayName StartsWith ");
}

#[test]
fn collections() {
    check("otherMails/any(m:m eq 'A@b')", "any(otherMails: $0 Eq a@b)");
    check(
        "otherMails/any(m:endsWith(m,'.com') or m eq 'x')",
        "any(otherMails: ($0 EndsWith .com or $0 Eq x))",
    );
    check("otherMails/ANY()", "any(otherMails)");
    check("otherMails/all(x:x ne 'a')", "all(otherMails: $0 Ne a)");
    check(
        "assignedLicenses/any(s:s/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)",
        "any(assignedLicenses: $0/skuId Eq 184efa21-98c3-4e5d-95ab-d07053a96e67)",
    );
    check(
        "identities/any(c:c/issuerAssignedId eq 'x' and c/issuer eq 'y')",
        "any(identities: ($0/issuerAssignedId Eq x and ($0/issuer Eq y or $0/signInType Eq emailaddress or $0/signInType Eq username)))",
    );
    // Without an id to ask for, the issuer is looked at.
    check(
        "identities/any(c:c/issuer eq 'google.com')",
        "any(identities: $0/issuer Eq google.com)",
    );
    check(
        "identities/any(c:c/issuerAssignedId eq 'x' or c/issuer eq 'y')",
        "any(identities: ($0/issuerAssignedId Eq x or $0/issuer Eq y))",
    );
    check("otherMails/$count eq 0", "count(otherMails) Eq 0");
    check(
        "0 lt assignedLicenses/$count",
        "count(assignedLicenses) Gt 0",
    );
    check(
        "authorizationInfo/certificateUserIds/any(c:c eq 'x')",
        "any(authorizationInfo/certificateUserIds: $0 Eq x)",
    );
    check(
        "licenseAssignmentStates/any(s:s/state eq 'Active' and s/disabledPlans/any(p:p eq 184efa21-98c3-4e5d-95ab-d07053a96e67))",
        "any(licenseAssignmentStates: ($0/state Eq active and any($0/disabledPlans: $1 Eq 184efa21-98c3-4e5d-95ab-d07053a96e67)))",
    );
    check(
        "licenseAssignmentStates/any(s:s/disabledPlans/$count gt 1)",
        "any(licenseAssignmentStates: count($0/disabledPlans) Gt 1)",
    );
}

#[test]
fn beta() {
    let beta = |filter: &str| filter_text(&check_filter(filter, Beta).unwrap().filter.unwrap());
    let instant = "externalUserStateChangeDateTime Eq 2024-01-01T00:00:00Z";
    assert_eq!(
        beta("externalUserStateChangeDateTime eq '2024-01-01T00:00:00Z'"),
        instant
    );
    assert_eq!(
        beta("externalUserStateChangeDateTime eq 2024-01-01T00:00:00Z"),
        instant
    );
    assert_eq!(
        beta("infoCatalogs/any(i:i eq 'x')"),
        "any(infoCatalogs: $0 Eq x)"
    );
    assert!(check_filter("infoCatalogs/any(i:i eq 'x')", V1).is_err());
}

/// Clients send the first and the last day of their own calendars; nothing is kept beyond ours.
#[test]
fn instants_beyond_the_calendar() {
    let first = "createdDateTime Ge -9999-01-02T01:59:59Z";
    let last = "createdDateTime Ge 9999-12-30T22:00:00.999999Z";
    let min = "createdDateTime Ge 0001-01-01T00:00:00Z";
    for (instant, expected) in [
        ("0001-01-01T00:00:00Z", min),
        ("0001-01-01", min),
        ("9999-12-31T23:59:59.9999999Z", last),
        ("9999-12-31T23:59:59Z", last),
        ("9999-12-31", last),
        ("9999-12-31T00:00:00-14:00", last),
        ("12024-02-29T00:00:00Z", last),
        ("0001-01-01T00:00:00%2B01:00", first),
        ("0000-02-29T00:00:00Z", first),
        ("-0044-03-15", first),
    ] {
        check(&format!("createdDateTime ge {instant}"), expected);
    }
    for none in [
        "2024-13-01",
        "2023-02-29",
        "2100-02-29",
        "12023-02-29",
        "0000-04-31",
        "2024-01-01T24:00:00Z",
        "2024-01-01T23:59:60Z",
        "9999-12-31T23:60:00Z",
        "2024-01-01T00:00:00-99:00",
    ] {
        let said = "no such date or time";
        refused(&format!("createdDateTime ge {none}"), 16, said);
        refused(&format!("createdDateTime in ({none})"), 20, said);
        refused(&format!("{none} lt createdDateTime"), none.len() + 1, said);
    }
}

/// The fault's text and how far into the filter it is.
fn refused(filter: &str, offset: usize, expected: &str) {
    match check_filter(filter, V1) {
        Err(CheckError::InOption(fault)) => {
            let found = (fault.offset - "$filter=".len(), fault.kind.to_string());
            assert_eq!(found, (offset, expected.to_owned()), "{filter}");
            assert_eq!(fault.option, odata::OptionName::Filter);
        }
        other => panic!("{filter}: {other:?}"),
    }
}

#[test]
fn faults() {
    refused(
        "nope eq 1",
        0,
        "no property \"nope\" on microsoft.graph.user",
    );
    refused(
        "city eq 'x' and %6Eope eq 1",
        16,
        "no property \"nope\" on microsoft.graph.user",
    );
    refused(
        "employeeOrgData/nope eq 1",
        16,
        "no property \"nope\" on microsoft.graph.employeeOrgData",
    );
    refused("city/x eq 1", 5, "no property \"x\" on Edm.String");
    refused(
        "accountEnabled eq 'true'",
        15,
        "Edm.Boolean Equal Edm.String",
    );
    refused("city eq 5", 5, "Edm.String Equal Edm.Int32");
    refused(
        "id eq 184efa21-98c3-4e5d-95ab-d07053a96e67",
        3,
        "Edm.String Equal Edm.Guid",
    );
    refused(
        "createdDateTime gt '2024-01-01T00:00:00Z'",
        16,
        "Edm.DateTimeOffset GreaterThan Edm.String",
    );
    refused("city in ('a',1)", 13, "Edm.String in Edm.Int32");
    refused("startsWith(city,1)", 0, "Edm.String startsWith Edm.Int32");
    refused(
        "employeeOrgData eq 'x'",
        16,
        "microsoft.graph.employeeOrgData Equal Edm.String",
    );
    refused("otherMails/$count eq 'x'", 18, "Edm.Int64 Equal Edm.String");
    refused(
        "startsWith(accountEnabled,'t')",
        0,
        "startsWith of accountEnabled",
    );
    refused("startsWith(city)", 0, "arguments of startsWith");
    refused(
        "aboutMe eq 'x'",
        0,
        "aboutMe is readable of single objects only",
    );
    refused(
        "passwordProfile/password eq 'x'",
        16,
        "password takes no part in queries",
    );
    refused("otherMails eq 'x'", 11, "otherMails is a collection");
    refused("identities/issuer eq 'x'", 11, "identities is a collection");
    refused("city/any(c:c eq 'x')", 0, "city is no collection");
    refused("city/$count eq 1", 5, "city is no collection");
    refused("city", 0, "not a condition");
    refused("'x'", 0, "not a condition");
    refused("city eq 'x' and 5", 16, "not a condition");
    refused("frobnicate(city) eq 1", 0, "no function \"frobnicate\"");
}

#[test]
fn not_served() {
    let check = |filter: &str, what: &str| match check_filter(filter, V1) {
        Err(CheckError::InOption(fault)) => match fault.kind {
            OptionErrorKind::NotServed(found) => assert_eq!(found, what, "{filter}"),
            other => panic!("{filter}: {other}"),
        },
        other => panic!("{filter}: {other:?}"),
    };
    check(
        "deviceEnrollmentLimit add 1 eq 2"
            .replace("deviceEnrollmentLimit", "1")
            .as_str(),
        "arithmetic",
    );
    check("-(1) eq 1", "arithmetic");
    check("tolower(city) eq 'x'", "the function tolower");
    check("length(city) gt 3", "the function length");
    check("now() gt createdDateTime", "the function now");
    check("givenName eq surname", "a comparison of two properties");
    check(
        "startsWith(givenName,surname)",
        "a comparison of two properties",
    );
    check("userType has Sales.Pattern'Yellow'", "the operator has");
    check("microsoft.graph.group/displayName eq 'x'", "a type cast");
    check("isof('microsoft.graph.user')", "the function isof");
    check("city eq @city", "a parameter alias or an annotation");
    check("$root/users eq 1", "$root");
    check(
        "otherMails/$count($filter=x eq 1) gt 1",
        "a condition within $count",
    );
    check(
        "otherMails/any(m:displayName eq 'x')",
        "a property of the object within any or all",
    );
    check(
        "otherMails/any(m:businessPhones/any(b:b eq m))",
        "a property of the object within any or all",
    );
    check(
        "city eq ['a']",
        "a comparison with a written-out collection or object",
    );
    check("case(true:1) eq 1", "the function case");
    check("geo.distance(a,b) lt 1", "the function geo.distance");
}
