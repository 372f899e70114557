//! What the documented service would have refused.

use edm::Version::V1;
use edm::{EntityType, invitation, user};
use odata::{Breach, Mode, Rule, Shape};

fn breaches(query: &str, ty: &'static EntityType, shape: Shape, eventual: bool) -> Vec<Breach> {
    let syntax = odata::parse(query, V1).unwrap_or_else(|error| panic!("{query}: {error}"));
    odata::check(syntax, edm::Entity::core(ty), V1, shape, Mode { eventual })
        .unwrap_or_else(|error| panic!("{query}: {error}"))
        .breaches
}

fn rules(found: &[Breach]) -> Vec<Rule> {
    found.iter().map(|breach| breach.rule).collect()
}

/// Neither header nor `$count=true`; then both.
fn check(query: &str, plain: &[Rule], advanced: &[Rule]) {
    let found = breaches(query, &user::TYPE, Shape::Collection, false);
    assert_eq!(rules(&found), plain, "{query}");
    let query = format!("{query}&$count=true");
    let found = breaches(&query, &user::TYPE, Shape::Collection, true);
    assert_eq!(rules(&found), advanced, "{query}");
}

const A: &[Rule] = &[Rule::AdvancedOperator];
const N: &[Rule] = &[Rule::NotIndexed];

#[test]
fn operators() {
    let filter = |text: &str, plain: &[Rule], advanced: &[Rule]| {
        check(&format!("$filter={text}"), plain, advanced);
    };
    for text in [
        "displayName eq 'x'",
        "startsWith(displayName,'x') and accountEnabled eq true",
        "city in ('a','b')",
        "userType eq 'Guest' or createdDateTime gt 2024-01-01T00:00:00Z",
        "otherMails/any(m:startsWith(m,'x'))",
        "assignedLicenses/any(s:s/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)",
        "accountEnabled",
        "createdDateTime in (2024-01-01)",
        "onPremisesImmutableId eq 'x'",
        "onPremisesImmutableId in ('x')",
        "onPremisesLastSyncDateTime eq 2024-01-01",
        "onPremisesLastSyncDateTime ge 2024-01-01",
        "onPremisesLastSyncDateTime le 2024-01-01",
        "onPremisesLastSyncDateTime in (2024-01-01)",
        "signInActivity/lastSignInDateTime le 2019-06-01T00:00:00Z",
    ] {
        filter(text, &[], &[]);
    }
    for text in [
        "userType ne 'Guest'",
        "not(city eq 'x')",
        "not startsWith(city,'x')",
        "endsWith(mail,'.com')",
        "companyName eq 'x'",
        "city eq null",
        "otherMails/$count eq 0",
        "assignedLicenses/$count ne 0",
        "businessPhones/any(p:startsWith(p,'44'))",
        "proxyAddresses/any(p:endsWith(p,'x'))",
        "not(imAddresses/any(i:i eq 'x'))",
        "onPremisesExtensionAttributes/extensionAttribute1 eq 'x'",
        "businessPhones/any(p:p eq '1')",
        "assignedPlans/any(a:a/capabilityStatus eq 'Enabled')",
        "provisionedPlans/any(a:a/service eq 'x')",
        "passwordPolicies eq null",
    ] {
        filter(text, A, &[]);
    }
    // `ne`, and the comparison with null: two operators.
    filter("companyName ne null", &[A[0], A[0]], &[]);
    for text in [
        "id ge 'a'",
        "endsWith(city,'x')",
        "externalUserState eq null",
        "preferredDataLocation eq 'x'",
        "businessPhones/$count eq 0",
        "passwordPolicies eq 'None'",
        "onPremisesExtensionAttributes/extensionAttribute1 ge 'x'",
        "onPremisesExtensionAttributes/extensionAttribute1 le 'x'",
    ] {
        filter(text, N, N);
    }
    filter(
        "contains(displayName,'x')",
        &[Rule::Contains],
        &[Rule::Contains],
    );
    filter("otherMails/all(m:m eq 'x')", &[Rule::All], &[Rule::All]);
    filter(
        "otherMails/any(m:m ne 'x')",
        &[Rule::NeInLambda],
        &[Rule::NeInLambda],
    );
    filter(
        "otherMails/$count gt 0",
        &[Rule::AdvancedOperator, Rule::CountValue],
        &[Rule::CountValue],
    );
    filter(
        "otherMails/$count eq 2",
        &[Rule::AdvancedOperator, Rule::CountValue],
        &[Rule::CountValue],
    );
    filter(
        "assignedPlans/any(a:a/servicePlanId eq 184efa21-98c3-4e5d-95ab-d07053a96e67 and a/capabilityStatus eq 'Suspended')",
        &[Rule::AdvancedOperator, Rule::AdvancedLambda],
        &[],
    );
    filter(
        "signInActivity/lastSignInDateTime le 2019-06-01 and city eq 'x'",
        &[Rule::SignInActivity],
        &[Rule::SignInActivity],
    );
}

#[test]
fn identities() {
    let filter = |body: &str, expected: &[Rule]| {
        let query = format!("$filter=city eq 'x' and identities/any(i:{body})");
        check(&query, expected, expected);
    };
    filter("i/issuerAssignedId eq 'x' and i/issuer eq 'y'", &[]);
    filter("i/issuerAssignedId eq 'x'", &[Rule::IssuerMissing]);
    filter("i/issuer eq 'contoso.com'", &[Rule::IssuerAlone]);
    filter("i/issuer eq 'Google.com'", &[]);
    filter("i/signInType eq 'userPrincipalName'", &[Rule::SignInType]);
}

#[test]
fn limits() {
    let or = |count: usize| vec!["city eq 'x'"; count].join(" or ");
    let query = |filter: &str| format!("$filter={filter}");
    check(&query(&or(15)), &[], &[]);
    check(&query(&or(16)), &[Rule::OrClauses], &[Rule::OrClauses]);
    let nested = format!("({}) or ({})", or(8), or(8));
    check(&query(&nested), &[Rule::OrClauses], &[Rule::OrClauses]);
    let found = breaches(&query(&or(18)), &user::TYPE, Shape::Collection, false);
    assert_eq!(found[0].found, 18);
    let items = |count: usize| {
        let items: Vec<_> = (0..count).map(|at| format!("'{at}'")).collect();
        query(&format!("city in ({})", items.join(",")))
    };
    check(&items(15), &[], &[]);
    check(&items(16), &[Rule::InItems], &[]);
    // Counted as they were sent.
    let same = query(&format!("city in ({})", ["'x'"; 16].join(",")));
    check(&same, &[Rule::InItems], &[]);
    let found = breaches(&same, &user::TYPE, Shape::Collection, false);
    assert_eq!(found[0].found, 16);
}

/// Texts of more than 120 characters need an advanced query, where they are compared by what works
/// in any.
#[test]
fn long_texts() {
    for (length, plain) in [(120, &[][..]), (121, &[Rule::LongText][..])] {
        // Characters as they were sent: folded, they are twice as many.
        let text = "ß".repeat(length);
        for filter in [
            format!("displayName eq '{text}'"),
            format!("'{text}' eq displayName"),
            format!("startsWith(displayName,'{text}')"),
            format!("displayName in ('a','{text}')"),
            format!("proxyAddresses/any(p:p eq '{text}')"),
            format!("displayName eq '{text}' or displayName eq '{text}'"),
        ] {
            check(&format!("$filter={filter}"), plain, &[]);
        }
    }
    let text = "x".repeat(121);
    let found = breaches(
        &format!("$filter=proxyAddresses/any(p:startsWith(p,'{text}'))"),
        &user::TYPE,
        Shape::Collection,
        false,
    );
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.property.as_ref().unwrap().name(), one.operator))
        .collect();
    assert_eq!(found, [("proxyAddresses", Some("startsWith"))]);
}

#[test]
fn orders() {
    check("$orderby=displayName", &[], &[]);
    check("$orderby=userPrincipalName asc", &[], &[]);
    check("$orderby=displayName desc", &[], &[]);
    check("$orderby=createdDateTime", &[Rule::AdvancedSort], &[]);
    for property in [
        "city",
        "mail",
        "department",
        "surname",
        "accountEnabled",
        "employeeHireDate",
    ] {
        let query = format!("$orderby={property}");
        check(&query, &[Rule::Sort], &[Rule::Sort]);
    }
    check(
        "$filter=city eq 'x'&$orderby=displayName",
        &[Rule::SortWithFilter],
        &[],
    );
}

#[test]
fn searches_and_counts() {
    check("$search=\"mail:x\"", &[Rule::SearchHeader], &[]);
    check(
        "$search=NOT \"mail:x\"",
        &[Rule::SearchHeader, Rule::SearchNot],
        &[Rule::SearchNot],
    );
    let found =
        |query: &str, shape, eventual| rules(&breaches(query, &user::TYPE, shape, eventual));
    assert_eq!(
        found("$count=true", Shape::Collection, false),
        [Rule::CountIgnored]
    );
    assert_eq!(found("", Shape::Count, false), [Rule::CountSegment]);
    assert_eq!(found("", Shape::Count, true), []);
    // The segment is the count that advanced queries need.
    assert_eq!(found("$filter=endsWith(mail,'x')", Shape::Count, true), []);
    // The header suffices for a search.
    assert_eq!(found("$search=\"mail:x\"", Shape::Collection, true), []);
    assert_eq!(
        found("$filter=endsWith(mail,'x')", Shape::Collection, true),
        A
    );
    assert!(!Rule::CountIgnored.refuses() && Rule::Sort.refuses());
}

#[test]
fn expansions() {
    let found = |query: &str, eventual| {
        rules(&breaches(
            query,
            &invitation::TYPE,
            Shape::Collection,
            eventual,
        ))
    };
    assert_eq!(found("$expand=invitedUser", false), []);
    assert_eq!(
        found("$expand=invitedUser&$count=true", true),
        [Rule::ExpandAdvanced]
    );
    assert_eq!(
        found("$expand=invitedUser($levels=max)&$count=true", true),
        [Rule::ExpandLevels]
    );
    assert_eq!(found("$expand=invitedUser($levels=1)", false), []);
    let single = |query: &str| rules(&breaches(query, &user::TYPE, Shape::Single, true));
    assert_eq!(single("$expand=manager($levels=max)&$count=true"), []);
    assert_eq!(single("$expand=manager($levels=2)"), []);
}

#[test]
fn hints() {
    let one =
        |query: &str, eventual| breaches(query, &user::TYPE, Shape::Collection, eventual).remove(0);
    let both = one("$filter=city ne 'x'", false);
    assert_eq!(
        (both.hint.eventual, both.hint.count, both.hint.rewrite),
        (true, true, None)
    );
    assert_eq!(
        (both.property.unwrap().name(), both.operator),
        ("city", Some("ne"))
    );
    let count = one("$filter=city ne 'x'", true);
    assert_eq!((count.hint.eventual, count.hint.count), (false, true));
    let header = one("$filter=city ne 'x'&$count=true", false);
    assert_eq!((header.hint.eventual, header.hint.count), (true, false));
    let never = one("$filter=contains(city,'x')", true);
    assert_eq!((never.hint.eventual, never.hint.count), (false, false));
    assert!(never.hint.rewrite.is_some());
}
