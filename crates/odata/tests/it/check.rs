use edm::Version::{self, Beta, V1};
use edm::{invitation, user};
use odata::Shape::{self, Collection, Count, Single, Write};
use odata::{Changed, CheckError, Checked, Mode, OptionName, limits};

fn check_query(query: &str, version: Version, shape: Shape) -> Result<Checked, CheckError> {
    odata::check(
        odata::parse(query, version).expect(query),
        edm::Entity::core(&user::TYPE),
        version,
        shape,
        Mode::default(),
    )
}

fn list(query: &str) -> Checked {
    check_query(query, V1, Collection).expect(query)
}

#[test]
fn nothing_asked() {
    for query in [
        "",
        "$select=",
        "$select=+",
        "&",
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
        let found: Vec<_> = selection.properties().iter().map(|p| p.name()).collect();
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
    let names = |query: &str, version, shape| -> Vec<String> {
        let selection = check_query(query, version, shape).unwrap().select.unwrap();
        assert!(selection.context_names().starts_with('*'));
        let names = selection.properties().iter();
        names.map(|p| p.name().to_owned()).collect()
    };
    // 81 less the 12 that are read singly and the 3 that need a permission.
    assert_eq!(names("$select=*", V1, Collection).len(), 66);
    assert_eq!(names("$select=*", V1, Single).len(), 78);
    assert_eq!(names("$select=*", Beta, Collection).len(), 74);
    assert!(!names("$select=*", V1, Single).contains(&"signInActivity".to_owned()));
    assert!(
        names("$select=*,signInActivity", V1, Collection).contains(&"signInActivity".to_owned())
    );
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
                check_query(&query, V1, Collection),
                Err(CheckError::SingleOnly(_))
            ),
            "{name}"
        );
        let selection = check_query(&query, V1, Single).unwrap().select.unwrap();
        assert_eq!(selection.properties().len(), 2, "{name}");
    }
    // Lists may select it (P-users-7).
    assert_eq!(list("$select=signInActivity").ignored.len(), 0);
}

#[test]
fn pages() {
    for (query, size) in [("$top=1", 1), ("$top=999", 999), ("%24Top=005", 5)] {
        assert_eq!(list(query).page_size(), size, "{query}");
    }
    for value in ["0", "1000", "99999999999999999999", "00"] {
        let error = check_query(&format!("$top={value}"), V1, Collection).unwrap_err();
        assert_eq!(error, CheckError::PageSize(value.to_owned()));
    }
    for value in ["", "-1", "x", "5+1", "1.0", "٣"] {
        let error = check_query(&format!("$top={value}"), V1, Collection).unwrap_err();
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
        let error = check_query(&format!("$skiptoken={value}"), V1, Collection).unwrap_err();
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
        assert_eq!(check_query(query, V1, shape), expected, "{query}");
        let bare = query.trim_start_matches('$');
        assert_eq!(check_query(bare, Beta, shape), expected, "{bare}");
    };
    check("$skip=5", OptionName::Skip, Collection);
    check("$deltatoken=x", OptionName::DeltaToken, Collection);
    check("$levels=2", OptionName::Levels, Collection);
    check("$search=%22displayName:b%22", OptionName::Search, Single);
    check("$orderBy=displayName", OptionName::OrderBy, Single);
    check("$filter=id+eq+'1'", OptionName::Filter, Single);
}

/// A name that means nothing is refused by its name, whatever stands beside it; in v1.0 those
/// without `$` mean nothing.
#[test]
fn names_that_mean_nothing() {
    let check = |query: &str, version, name: &str, meant: Option<OptionName>| {
        for shape in [Single, Collection, Count] {
            match check_query(query, version, shape) {
                Err(CheckError::Unrecognized(found)) => {
                    assert_eq!((found.name.as_str(), found.meant), (name, meant), "{query}");
                }
                other => panic!("{query}: {other:?}"),
            }
        }
        // Options mean nothing for a write, and are passed over there.
        assert_eq!(
            check_query(query, version, Write),
            Ok(Checked::default()),
            "{query}"
        );
    };
    for option in OptionName::ALL {
        let bare = option.as_str().trim_start_matches('$');
        check(&format!("{bare}=1"), V1, bare, Some(option));
        check(&format!("%20{bare}%0A=1"), V1, bare, Some(option));
    }
    for version in [V1, Beta] {
        check("cache=1", version, "cache", None);
        check("$top=5&api-version=2", version, "api-version", None);
        check(
            "%3F$count=true",
            version,
            "?$count",
            Some(OptionName::Count),
        );
        check("=1", version, "", None);
    }
    let honoured = check_query("filter=id+eq+'1'&TOP=5&count=true", Beta, Collection).unwrap();
    assert_eq!((honoured.top, honoured.count), (Some(5), true));
    assert!(honoured.filter.is_some());
    let error = odata::parse("filter=id+eq+'1'", V1)
        .map(|syntax| {
            odata::check_delta(syntax, Changed::Users, edm::Entity::core(&user::TYPE), V1)
        })
        .unwrap();
    assert!(matches!(error, Err(CheckError::Unrecognized(_))));
}

/// Line ends and other white space stand for blanks wherever blanks may stand, and for themselves
/// within quotes.
#[test]
fn white_space() {
    let blanks = [
        "%20",
        "+",
        "%09",
        "%0A",
        "%0D%0A",
        "%C2%A0",
        "%E3%80%80",
        "%20%0A%20",
    ];
    let queries = [
        "$filter=accountEnabled_eq_true_and_userType_eq_'Member'_",
        "$filter=_startswith(_displayName_,_'a'_)",
        "$filter=_city_in_(_'a'_,_'b'_)_",
        "$filter=not_(_otherMails/any(_m_:_m_eq_'x'_)_)",
        "$select=_id_,_displayName_",
        "$orderby=_displayName_desc_,_mail_",
        "$expand=_manager_(_$select_=_id_,_mail_;_$levels_=_max_)_,_directReports_",
        "$search=_\"displayName:a\"_AND_(_\"mail:b\"_OR_\"mail:c\"_)_",
        "_$count_=_true_&_$top_=_5_&_$format_=_json_&_$explain_=_true_",
        "$skiptoken=_abc_",
    ];
    for query in queries {
        let mut expected = list(&query.replace('_', "%20"));
        for blank in blanks {
            let mut found = list(&query.replace('_', blank));
            // What a next link repeats, it repeats as it was sent.
            for one in [&mut expected, &mut found] {
                (one.filter_text, one.search_text) = (None, None);
            }
            assert_eq!(found, expected, "{blank}: {query}");
        }
    }
    for blank in ["%0A", "%C2%A0", "%09"] {
        let one = list(&format!("$filter=city eq 'a{blank}b'"));
        assert_ne!(one.filter, list("$filter=city eq 'a b'").filter, "{blank}");
        let one = list(&format!("$search=\"mail:a{blank}b\""));
        assert_ne!(one.filter, list("$search=\"mail:a b\"").filter, "{blank}");
    }
    let ids = "$filter=id%0Aeq%0D%0A'00000000-0000-0000-0000-000000000001'%C2%A0or\tid eq '00000000-0000-0000-0000-000000000002'%0A";
    let syntax = odata::parse(ids, V1).unwrap();
    let only = odata::check_delta(syntax, Changed::Users, edm::Entity::core(&user::TYPE), V1)
        .unwrap()
        .only;
    assert_eq!(only.map(|ids| ids.len()), Some(2));
}

/// Where in what was meant an offset of what was sent is.
#[test]
fn places() {
    let check = |query: &str, offset: usize, expected: Option<(&str, usize)>| {
        let found = odata::position_in_value(query, offset);
        let found = found
            .as_ref()
            .map(|shown| (shown.text.as_str(), shown.position));
        assert_eq!(found, expected, "{query} {offset}");
    };
    check("$filter=a+eq", 8, Some(("a eq", 0)));
    check("$top=1&$filter=%C3%A9%20eq", 24, Some(("é eq", 2)));
    check("$top=1&$filter=%C3%A9%20eq", 26, Some(("é eq", 4)));
    // Within an encoded byte, in a name, and beyond the end.
    check("$top=1&$filter=%C3%A9%20eq", 16, None);
    check("$top=1&$filter=a", 8, None);
    check("$filter=a", 99, None);
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
            matches!(
                check_query(query, V1, Collection),
                Err(CheckError::Value { .. })
            ),
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
        assert_eq!(
            check_query(query, V1, Single),
            Ok(Checked::default()),
            "{query}"
        );
        let mut count = check_query(query, V1, Count).expect(query);
        count.breaches.clear();
        assert_eq!(count, Checked::default(), "{query}");
    }
    assert_eq!(
        check_query("$select=aboutMe", V1, Count).unwrap().select,
        None
    );
    assert!(check_query("$filter=x", V1, Count).is_err());
    assert_eq!(
        check_query("$orderby=displayName", V1, Count)
            .unwrap()
            .order,
        []
    );
    // Requests that write ignore all options.
    assert_eq!(
        check_query("$select=id&$filter=x&$top=0", V1, Write),
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
        ("$format=json&$count=false", ""),
    ] {
        assert_eq!(list(query).canonical(), expected, "{query}");
    }
}

#[test]
fn invitations() {
    let query = "$select=id,invitedUser,invitedUser/id,status,InvitedUserSponsors";
    let syntax = odata::parse(query, V1).unwrap();
    let checked = odata::check(
        syntax,
        edm::Entity::core(&invitation::TYPE),
        V1,
        Collection,
        Mode::default(),
    )
    .unwrap();
    assert_eq!(
        checked.select.unwrap().context_names(),
        "id,invitedUser,status"
    );
    assert_eq!(checked.ignored, ["InvitedUserSponsors"]);
}

/// What a token holds says again what was asked for, and both kinds of clauses are counted
/// together.
#[test]
fn filters_of_changes() {
    let check_query = |filter: &str, of: Changed| {
        let query = format!("$filter={filter}").replace(' ', "%20");
        let syntax = odata::parse(&query, V1).ok()?;
        odata::check_delta(syntax, of, edm::Entity::core(&user::TYPE), V1).ok()
    };
    let id = |number: usize| format!("id eq '00000000-0000-0000-0000-{number:012}'");
    let of = |name: &str| format!("isof('microsoft.graph.{name}')");
    let many = |clauses: usize| {
        let clause = |at: usize| if at == 0 { of("user") } else { id(at) };
        let clauses: Vec<_> = (0..clauses).map(clause).collect();
        clauses.join(" or ")
    };
    for (filter, ids, types) in [
        (of("user"), 0, &["user"][..]),
        (
            format!("{} or {}", of("user"), of("group")),
            0,
            &["group", "user"],
        ),
        (format!("{} or {}", id(2), of("user")), 1, &["user"]),
        (format!("{} or {} or {}", id(2), id(1), id(2)), 2, &[]),
        ("isof ( 'graph.USER' )".to_owned(), 0, &["user"]),
        (many(50), 49, &["user"]),
    ] {
        let query = check_query(&filter, Changed::Objects).expect(&filter);
        let found = query.only.as_ref().map_or(0, Vec::len);
        assert_eq!((found, &query.types[..]), (ids, types), "{filter}");
        let again = odata::parse(&query.canonical(), V1).unwrap();
        let again = odata::check_delta(again, Changed::Objects, edm::Entity::core(&user::TYPE), V1)
            .unwrap();
        assert_eq!(again, query, "{filter}");
        let users = check_query(&filter, Changed::Users);
        assert_eq!(users.is_some(), types.is_empty(), "{filter}");
    }
    for filter in [
        of("calendar"),
        "isof('user')".to_owned(),
        "isof('microsoft.graph.user') or".to_owned(),
        format!("({})", id(1)),
        format!("{} and {}", of("user"), id(1)),
        many(51),
    ] {
        assert_eq!(check_query(&filter, Changed::Objects), None, "{filter}");
    }
}
