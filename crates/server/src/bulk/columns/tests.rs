use super::*;

fn core() -> Entity<'static> {
    Entity::core(&user::TYPE)
}

fn row(titles: &[&str], cells: &[&str]) -> String {
    let titles: Vec<_> = titles.iter().map(|&title| title.to_owned()).collect();
    let cells: Vec<_> = cells.iter().map(|&cell| cell.to_owned()).collect();
    let columns = columns(&titles, core(), false).unwrap();
    let (members, hash) = match members(&columns, &cells, false) {
        Ok(read) => read,
        Err(fault) => return format!("{}: {}", fault.property, fault.why),
    };
    let hash = hash.map_or_else(String::new, |hash| format!(" {hash}"));
    format!("{}{hash}", Json::Object(members))
}

#[test]
fn cells_become_members() {
    let check = |titles: &[&str], cells: &[&str], expected: &str| {
        assert_eq!(row(titles, cells), expected, "{titles:?} {cells:?}");
    };
    check(
        &["DisplayName", "jobtitle"],
        &["A", ""],
        r#"{"displayName":"A"}"#,
    );
    check(
        &[
            "accountEnabled",
            "accountEnabled",
            "passwordProfile/forceChangePasswordNextSignIn",
        ],
        &["maybe", "YES", "0"],
        r#"{"accountEnabled":true,"passwordProfile":{"forceChangePasswordNextSignIn":false}}"#,
    );
    check(
        &["otherMails", "businessPhones"],
        &[r"a@x.com; b\;c@x.com;", "1"],
        r#"{"otherMails":["a@x.com","b;c@x.com"],"businessPhones":["1"]}"#,
    );
    check(
        &["employeeOrgData/division", "employeeOrgData / costCenter"],
        &["D", "C"],
        r#"{"employeeOrgData":{"division":"D","costCenter":"C"}}"#,
    );
    check(
        &["identities"],
        &[r#"[{"signInType":"federated","issuer":"x","issuerAssignedId":"1"}]"#],
        r#"{"identities":[{"signInType":"federated","issuer":"x","issuerAssignedId":"1"}]}"#,
    );
    check(
        &["identities"],
        &["[nonsense"],
        r#"{"identities":"[nonsense"}"#,
    );
    check(
        &["password"],
        &["pw"],
        r#"{"passwordProfile":{"password":"pw"}}"#,
    );
    check(&["passwordHash"], &["{SSHA}x"], "{} {SSHA}x");
}

#[test]
fn the_portals_form_is_read() {
    let titles = [
        "Name [displayName] Required",
        "User name [userPrincipalName] Required",
        "Initial password [passwordProfile] Required",
        "Block sign in (Yes/No) [accountEnabled] Required",
        "Office [physicalDeliveryOfficeName]",
        "ZIP or postal code [postalCode]",
        "Office phone [telephoneNumber]",
        "Mobile phone [mobile]",
    ];
    let cells = ["A", "a@contoso.com", "pw", "No", "12", "98052", "1", "2"];
    assert_eq!(
        row(&titles, &cells),
        r#"{"displayName":"A","userPrincipalName":"a@contoso.com","passwordProfile":{"password":"pw"},"accountEnabled":true,"officeLocation":"12","postalCode":"98052","businessPhones":["1"],"mobilePhone":"2"}"#
    );
}

#[test]
fn unknown_titles_are_named() {
    let titles = ["displayName".to_owned(), "Shoe size".to_owned()];
    let unknown = columns(&titles, core(), false).unwrap_err();
    assert_eq!((unknown.number, unknown.title.as_str()), (2, "Shoe size"));
    assert_eq!(columns(&titles, core(), true).unwrap()[1], Column::Ignored);
    for title in [
        "displayName/x",
        "otherMails/0",
        "employeeOrgData/x",
        "Name [x]",
    ] {
        assert!(
            columns(&[title.to_owned()], core(), false).is_err(),
            "{title}"
        );
    }
}

#[test]
fn a_name_in_brackets_counts_in_every_language() {
    for (title, cell, expected) in [
        (
            "Block sign in (Yes/No) [accountEnabled] Required",
            "Yes",
            "false",
        ),
        ("Block sign-in (Yes/No) [accountEnabled]", "No", "true"),
        ("BLOCK SIGN IN [ACCOUNTENABLED] *", "yes", "false"),
        (
            "Bloquear inicio de sesión (Sí/No) [accountEnabled] *",
            "Sí",
            "false",
        ),
        (
            "Bloquear inicio de sesión (Sí/No) [accountEnabled] *",
            "No",
            "true",
        ),
        (
            "Bloquer la connexion (Oui/Non) [accountEnabled] Obligatoire",
            "Oui",
            "false",
        ),
        (
            "サインインのブロック (はい/いいえ) [accountEnabled] 必須",
            "いいえ",
            "true",
        ),
        ("[accountEnabled]", "true", "false"),
        ("Sign in [ accountEnabled ]", "0", "true"),
        ("Block sign-in", "true", "false"),
        ("Block credential", "False", "true"),
        // Without brackets the property is what it is.
        ("accountEnabled", "Yes", "true"),
        ("Account enabled", "No", "false"),
        // The table of properties refuses what is neither.
        ("Block sign in [accountEnabled]", "perhaps", "\"perhaps\""),
    ] {
        let expected = format!("{{\"accountEnabled\":{expected}}}");
        assert_eq!(row(&[title], &[cell]), expected, "{title} {cell}");
    }
}

#[test]
fn what_an_export_lost_is_not_taken_for_a_value() {
    for (title, cell) in [
        ("BusinessPhones", "System.String[]"),
        (
            "otherMails",
            "System.Collections.Generic.List`1[System.String]",
        ),
        (
            "identities",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphObjectIdentity1[]",
        ),
        (
            "passwordProfile",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphPasswordProfile",
        ),
        (
            "manager",
            "Microsoft.Graph.PowerShell.Models.MicrosoftGraphDirectoryObject",
        ),
    ] {
        let said = row(&[title], &[cell]);
        assert!(
            said.contains("only the name of their type"),
            "{title}: {said}"
        );
    }
    assert_eq!(
        row(&["companyName"], &["Microsoft.Graph. Consulting"]),
        r#"{"companyName":"Microsoft.Graph. Consulting"}"#
    );
}

#[test]
fn proxy_addresses_of_the_admin_centre_come_apart() {
    assert_eq!(
        row(
            &["Proxy addresses"],
            &["SMTP:a@x.com+smtp:a+news@x.com+sip:a@x.com"]
        ),
        r#"{"proxyAddresses":["SMTP:a@x.com","smtp:a+news@x.com","sip:a@x.com"]}"#
    );
    assert_eq!(
        row(&["proxyAddresses"], &["SMTP:a@x.com;smtp:b@x.com"]),
        r#"{"proxyAddresses":["SMTP:a@x.com","smtp:b@x.com"]}"#
    );
}

#[test]
fn joined_elements_come_apart_again() {
    for elements in [vec!["a", "b"], vec!["a;b", r"c\d", r"\;"], vec!["[1]"]] {
        let joined = join(elements.iter().copied());
        assert_eq!(split(&joined, &user::OTHER_MAILS), elements);
    }
}
