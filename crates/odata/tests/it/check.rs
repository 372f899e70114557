use edm::Version::{self, Beta, V1};
use edm::{Property, invitation, user};
use odata::Shape::{self, Collection, Count, Single, Write};
use odata::{CheckError, Checked, Mode, OptionName, limits};

fn asked(query: &str, version: Version, shape: Shape) -> Result<Checked, CheckError> {
    odata::check(
        odata::parse(query, version).expect(query),
        &user::TYPE,
        version,
        shape,
        Mode::default(),
    )
}

fn list(query: &str) -> Checked {
    asked(query, V1, Collection).expect(query)
}

#[test]
fn nothing_asked() {
    for query in [
        "",
        "$select=",
        "$select=+",
        "a=b",
        "select=id",
        "$count=false",
        "$format=json",
    ] {
        assert_eq!(list(query), Checked::default(), "{query}");
    }
    assert_eq!(
        (list("").page_size(), list("").canonical().as_str()),
        (limits::PAGE_DEFAULT, "")
    );
}

#[test]
fn selections() {
    let check = |query: &str, context: &str, names: &str, ignored: &[&str]| {
        let checked = list(query);
        let selection = checked.select.expect(query);
        let found: Vec<_> = selection
            .properties()
            .iter()
            .map(|p: &&Property| p.name)
            .collect();
        assert_eq!(
            (selection.context_names().as_str(), found.join(" ").as_str()),
            (context, names),
            "{query}"
        );
        assert_eq!(checked.ignored, ignored, "{query}");
    };
    // As sent in the context, in table order where it counts.
    check("$select=mail,id", "mail,id", "id mail", &[]);
    check("$select=MAIL,%20Id,mail", "mail,id", "id mail", &[]);
    check(
        "$select=displayName,nope,extension_a_b",
        "displayName",
        "displayName",
        &["nope", "extension_a_b"],
    );
    check("$select=nope,nope,Nope", "", "", &["nope", "Nope"]);
    // Of the other version.
    check("$select=id,deviceKeys", "id", "id", &["deviceKeys"]);
    // Paths.
    check(
        "$select=employeeOrgData/division",
        "employeeOrgData",
        "employeeOrgData",
        &[],
    );
    check(
        "$select=EmployeeOrgData/Nope,id/x",
        "",
        "",
        &["EmployeeOrgData/Nope", "id/x"],
    );
    check(
        "$select=customSecurityAttributes/Set/Name",
        "customSecurityAttributes",
        "customSecurityAttributes",
        &[],
    );
    check(
        "$select=microsoft.graph.user/mail,graph.User/id",
        "mail,id",
        "id mail",
        &[],
    );
    check(
        "$select=microsoft.graph.group/mail,microsoft.graph.user",
        "",
        "",
        &["microsoft.graph.group/mail", "microsoft.graph.user"],
    );
    check("$select=manager", "", "", &["manager"]);
}

#[test]
fn star() {
    let names = |query: &str, version, shape| -> Vec<&str> {
        let selection = asked(query, version, shape).unwrap().select.unwrap();
        assert!(selection.context_names().starts_with('*'));
        selection.properties().iter().map(|p| p.name).collect()
    };
    // 81 less the 12 that are read singly and the 3 that need a permission.
    assert_eq!(names("$select=*", V1, Collection).len(), 66);
    assert_eq!(names("$select=*", V1, Single).len(), 78);
    assert_eq!(names("$select=*", Beta, Collection).len(), 74);
    assert!(!names("$select=*", V1, Single).contains(&"signInActivity"));
    assert!(names("$select=*,signInActivity", V1, Collection).contains(&"signInActivity"));
}

#[test]
fn single_properties() {
    for name in [
        "aboutMe",
        "birthday",
        "mailboxSettings",
        "mailboxSettings/timeZone",
        "deviceEnrollmentLimit",
    ] {
        let query = format!("$select=id,{name}");
        assert!(
            matches!(
                asked(&query, V1, Collection),
                Err(CheckError::SingleOnly(_))
            ),
            "{name}"
        );
        let selection = asked(&query, V1, Single).unwrap().select.unwrap();
        assert_eq!(selection.properties().len(), 2, "{name}");
    }
    // Lists may select it (users.md section 4).
    assert_eq!(list("$select=signInActivity").ignored.len(), 0);
}

#[test]
fn pages() {
    for (query, size) in [("$top=1", 1), ("$top=999", 999), ("%24Top=005", 5)] {
        assert_eq!(list(query).page_size(), size, "{query}");
    }
    for value in ["0", "1000", "99999999999999999999", "00"] {
        let error = asked(&format!("$top={value}"), V1, Collection).unwrap_err();
        assert_eq!(error, CheckError::PageSize(value.to_owned()));
    }
    for value in ["", "-1", "x", "5+", "1.0", "٣"] {
        let error = asked(&format!("$top={value}"), V1, Collection).unwrap_err();
        assert!(
            matches!(
                error,
                CheckError::Value {
                    option: OptionName::Top,
                    ..
                }
            ),
            "{value}"
        );
    }
    assert_eq!(list("$skiptoken=a%2Bb").skip_token.as_deref(), Some("a+b"));
    for value in [String::new(), "x".repeat(limits::SKIP_TOKEN_BYTES + 1)] {
        let error = asked(&format!("$skiptoken={value}"), V1, Collection).unwrap_err();
        assert!(matches!(
            error,
            CheckError::Value {
                option: OptionName::SkipToken,
                ..
            }
        ));
    }
}

#[test]
fn not_served() {
    let check = |query: &str, option: OptionName, shape| {
        let expected = Err(CheckError::NotServed(option));
        assert_eq!(asked(query, V1, shape), expected, "{query}");
        let bare = query.trim_start_matches('$');
        assert_eq!(asked(bare, Beta, shape), expected, "{bare}");
        assert_eq!(asked(bare, V1, shape), Ok(Checked::default()), "{bare}");
    };
    check("$skip=5", OptionName::Skip, Collection);
    check("$deltatoken=x", OptionName::DeltaToken, Collection);
    check("$levels=2", OptionName::Levels, Collection);
    check("$search=%22displayName:b%22", OptionName::Search, Single);
    check("$orderBy=displayName", OptionName::OrderBy, Single);
    check("$filter=id+eq+'1'", OptionName::Filter, Single);
}

#[test]
fn values() {
    for query in [
        "$format=xml",
        "$format=",
        "$count=maybe",
        "$count=",
        "$explain=1",
    ] {
        assert!(
            matches!(asked(query, V1, Collection), Err(CheckError::Value { .. })),
            "{query}"
        );
    }
    for query in [
        "$format=application/json;odata.metadata=minimal",
        "$format=JSON",
    ] {
        assert_eq!(list(query), Checked::default(), "{query}");
    }
}

#[test]
fn shapes() {
    // One object has no pages, and a count no members.
    for query in ["$top=0", "$skiptoken=", "$count=true"] {
        assert_eq!(asked(query, V1, Single), Ok(Checked::default()), "{query}");
        let mut count = asked(query, V1, Count).expect(query);
        count.breaches.clear();
        assert_eq!(count, Checked::default(), "{query}");
    }
    assert_eq!(asked("$select=aboutMe", V1, Count).unwrap().select, None);
    assert!(asked("$filter=x", V1, Count).is_err());
    assert_eq!(asked("$orderby=displayName", V1, Count).unwrap().order, []);
    // Requests that write ignore all options.
    assert_eq!(
        asked("$select=id&$filter=x&$top=0", V1, Write),
        Ok(Checked::default())
    );
}

#[test]
fn canonical() {
    for (query, expected) in [
        (
            "$top=5&$select=MAIL,id&$skiptoken=x",
            "$select=mail,id&$top=5",
        ),
        ("$top=007", "$top=7"),
        ("$select=*,*,id", "$select=*,id"),
        ("$select=nope/x,%C3%B8l", "$select=nope/x,%C3%B8l"),
        (
            "$select=employeeOrgData/division",
            "$select=employeeOrgData",
        ),
        ("$format=json&a=b", ""),
    ] {
        assert_eq!(list(query).canonical(), expected, "{query}");
    }
}

#[test]
fn invitations() {
    let query = "$select=id,invitedUser,invitedUser/id,status,InvitedUserSponsors";
    let syntax = odata::parse(query, V1).unwrap();
    let checked = odata::check(syntax, &invitation::TYPE, V1, Collection, Mode::default()).unwrap();
    assert_eq!(
        checked.select.unwrap().context_names(),
        "id,invitedUser,status"
    );
    assert_eq!(checked.ignored, ["InvitedUserSponsors"]);
}
