//! Files as other programs write them, each of which stands under `tests/files`: what they say is
//! what is read.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use server::bulk::input::{Item, Reading, UserFile};
use server::cli::place::InstanceArgs;
use server::cli::stopped;

use crate::cli_import::{TestInstance as Instance, results};
use crate::cli_process::run;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/files")
        .join(name)
}

/// The rows of a file: members, or what is wrong.
fn rows(name: &str) -> Vec<Value> {
    let mut input =
        UserFile::open(&file(name), Reading::default(), edm::Schema::core().into()).unwrap();
    let mut rows = Vec::new();
    while let Some(item) = input.next_row().unwrap() {
        rows.push(match item {
            Item::Row(row) => Value::Object(row.members),
            Item::Fault {
                line,
                why,
                property,
            } => json!([line, property, why]),
        });
    }
    rows
}

/// Every member that the two have in common is the same, and the second has no other.
fn assert_has(name: &str, row: &Value, expected: &Value) {
    for (member, value) in expected.as_object().unwrap() {
        assert_eq!(&row[member], value, "{name}: {member} of {row}");
    }
}

#[test]
fn the_portals_forms_are_read_in_every_language() {
    for (name, department, more) in [
        (
            "form-en.csv",
            json!("Sales"),
            json!({"state": "WA", "mobilePhone": "+1 425 2", "businessPhones": ["+1 425 1"], "officeLocation": "12/3", "postalCode": "98052"}),
        ),
        (
            "form-fr.csv",
            json!("Ventes"),
            json!({"state": "Île-de-France", "streetAddress": "1 rue", "usageLocation": "FR", "givenName": "Ann", "surname": "Open"}),
        ),
        (
            "form-ja.csv",
            json!("営業"),
            json!({"country": "日本", "officeLocation": "12", "city": "港区", "mobilePhone": "090-2", "businessPhones": ["03-1"]}),
        ),
        (
            "form-es.csv",
            json!("Ventas"),
            json!({"givenName": "Ann", "surname": "Open"}),
        ),
        ("form-de.csv", json!("Vertrieb"), json!({})),
        ("form-it.csv", Value::Null, json!({})),
        ("form-pt.csv", Value::Null, json!({})),
    ] {
        let rows = rows(name);
        let password = json!({"password": "xWwvJ]6NMw+bWH-d"});
        let ann = json!({
            "displayName": "Ann Open",
            "userPrincipalName": "ann@contoso.com",
            "passwordProfile": password,
            "accountEnabled": true,
            "department": department,
        });
        assert_has(name, &rows[0], &ann);
        assert_has(name, &rows[0], &more);
        let bob = json!({
            "displayName": "Bob Shut",
            "userPrincipalName": "bob@contoso.com",
            "passwordProfile": password,
            "accountEnabled": false,
        });
        assert_eq!(rows[1], bob, "{name}");
        match name {
            "form-de.csv" => assert_eq!(rows[2]["accountEnabled"], false),
            "form-es.csv" => assert_eq!(rows[2]["accountEnabled"], "Quizás"),
            _ => assert_eq!(rows.len(), 2, "{name}"),
        }
    }
}

#[test]
fn lists_of_other_directories_are_read() {
    let ann = json!({
        "displayName": "Ann Open",
        "userPrincipalName": "ann@contoso.com",
        "givenName": "Ann",
        "surname": "Open",
        "jobTitle": "Buyer",
        "department": "Sales",
        "city": "Redmond",
        "country": "United States",
        "officeLocation": "12/3",
        "state": "WA",
        "mobilePhone": "+1 425 2",
        "businessPhones": ["+1 425 1"],
        "postalCode": "98052",
        "streetAddress": "1 Road",
    });
    for (name, more) in [
        (
            "admin-centre.csv",
            json!({
                "accountEnabled": true,
                "id": "15e91f38-3651-425f-810a-56e0fb00287a",
                "usageLocation": "US",
                "preferredLanguage": "en-US",
                "faxNumber": "+1 425 3",
                "createdDateTime": "2022-03-18T19:49:35Z",
                "onPremisesSyncEnabled": false,
                "proxyAddresses": ["SMTP:ann@contoso.com", "smtp:ann+news@contoso.com"],
            }),
        ),
        (
            "admin-centre-form.csv",
            json!({"faxNumber": "+1 425 3", "otherMails": ["ann@home.example"]}),
        ),
        (
            "download-users.csv",
            json!({
                "accountEnabled": true,
                "mail": "ann@contoso.com",
                "otherMails": ["ann@home.example"],
                "companyName": "Contoso",
                "userType": "Member",
                "usageLocation": "US",
            }),
        ),
    ] {
        let rows = rows(name);
        assert_has(name, &rows[0], &ann);
        assert_has(name, &rows[0], &more);
        if name != "admin-centre-form.csv" {
            assert_eq!(rows[1]["accountEnabled"], false, "{name}");
        }
    }
    assert_eq!(
        rows("admin-centre.csv")[2],
        json!([
            4,
            "deletedDateTime",
            "the user was deleted where the file comes from"
        ])
    );
}

#[test]
fn what_programs_make_of_files_is_read() {
    let bob = json!({"displayName": "Bob Größe", "userPrincipalName": "bob@contoso.com", "accountEnabled": false});
    for (name, department) in [
        ("excel-de.csv", "Vertrieb"),
        ("excel-fr.csv", "Ventes"),
        ("unicode-text.csv", "Vertrieb"),
        ("unicode-quoted.csv", "Vertrieb"),
    ] {
        let ann = json!({"displayName": "Ann Open", "userPrincipalName": "ann@contoso.com", "accountEnabled": true, "department": department});
        assert_eq!(rows(name), [ann, bob.clone()], "{name}");
    }
    assert_eq!(
        rows("powershell.csv"),
        [
            json!({"displayName": "Ann Open", "userPrincipalName": "ann@contoso.com", "accountEnabled": true, "department": "Sales", "businessPhones": ["+1 425 1"]}),
            json!({"displayName": "Bob Shut", "userPrincipalName": "bob@contoso.com", "accountEnabled": false}),
            json!([
                5,
                "businessPhones",
                "the export of the file did not hold the values, only the name of their type"
            ]),
        ]
    );
    assert_eq!(
        rows("powershell.ndjson"),
        [json!({"displayName": "Ann Größe", "userPrincipalName": "ann@contoso.com"})]
    );
    assert_eq!(
        rows("ragged.csv"),
        [
            json!({"displayName": "Ann Open", "userPrincipalName": "ann@contoso.com", "accountEnabled": true, "department": "Sales"}),
            json!({"displayName": "Bob Shut", "userPrincipalName": "bob@contoso.com", "accountEnabled": false}),
            json!({"displayName": "Cal Long", "userPrincipalName": "cal@contoso.com", "accountEnabled": true, "department": "Sales"}),
            json!([5, null, "it has 6 fields where the header has 4"]),
        ]
    );
}

#[test]
fn they_are_imported() {
    for (name, code, ends) in [
        ("form-ja.csv", 0, ["created", "created", ""]),
        ("form-es.csv", 1, ["created", "created", "accountEnabled"]),
        ("unicode-text.csv", 0, ["created", "created", ""]),
        (
            "powershell.csv",
            1,
            ["created", "created", "businessPhones"],
        ),
        (
            "admin-centre.csv",
            1,
            ["created", "created", "deletedDateTime"],
        ),
        (
            "download-users.csv",
            1,
            ["created", "created", "userPrincipalName"],
        ),
    ] {
        let place = Instance::new();
        let path = place.path(name);
        fs::copy(file(name), &path).unwrap();
        let (found, out, err) = run(&mut place.command("import", &path, ""));
        assert_eq!(found, code, "{name}: {out}{err}");
        let lines = results(&place.path(&format!("{name}.results.csv")));
        for (line, end) in lines.iter().zip(ends) {
            let property = &line[6];
            let end_of_line = if property.is_empty() {
                &line[3]
            } else {
                property
            };
            assert_eq!(end_of_line, end, "{name}: {line:?}");
            if property == "userPrincipalName" {
                assert!(line[5].contains("#EXT# is the mark of a guest"), "{line:?}");
                assert!(
                    out.contains("line 4 sam_fabrikam.example#EXT#@other"),
                    "{out}"
                );
            }
        }
        let users = place.everybody();
        assert_eq!(users["ann@contoso.com"]["accountEnabled"], true, "{name}");
        assert_eq!(users["bob@contoso.com"]["accountEnabled"], false, "{name}");
        assert_eq!(users.len(), 2, "{name}");
    }
}

/// Guests and their names, by address.
fn guests(place: &Instance) -> Vec<(String, String)> {
    let at = InstanceArgs {
        dir: None,
        config: Some(place.path("vestibule.toml")),
    };
    let policy = stopped::policy_without_mail(String::new());
    let all = stopped::with_policy(&at, policy, async |directory| {
        let tenant = stopped::tenant(directory, None).await?;
        let actor = directory.server_actor(tenant.id).await.unwrap();
        let users = directory.export_users(&actor, None, 100, false).await;
        let text =
            |user: &edm::Record, property| user.text(property).unwrap_or_default().to_owned();
        let names = users.unwrap().into_iter().map(|user| {
            (
                text(&user.record, &edm::user::MAIL),
                text(&user.record, &edm::user::DISPLAY_NAME),
            )
        });
        Ok(names.collect::<Vec<_>>())
    });
    let mut all = all.unwrap();
    all.sort();
    all
}

#[test]
fn files_of_guests_are_read() {
    for (name, expected) in [
        ("guests-form-ja.csv", vec![("sam@fabrikam.example", "sam")]),
        (
            "guests-form-es.csv",
            vec![
                ("kim@fabrikam.example", "kim"),
                ("sam@fabrikam.example", "Sam"),
            ],
        ),
        (
            "guests-unicode.csv",
            vec![("sam@fabrikam.example", "Sam Größe")],
        ),
    ] {
        let place = Instance::with_mail();
        let path = place.path(name);
        fs::copy(file(name), &path).unwrap();
        let more = "--redirect https://home.example/";
        let (code, out, err) = run(&mut place.command("invite", &path, more));
        assert_eq!(code, 0, "{name}: {out}{err}");
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(mail, name)| (mail.to_owned(), name.to_owned()))
            .collect();
        assert_eq!(guests(&place), expected, "{name}");
    }
}

#[test]
fn a_list_that_is_not_understood_asks_nobody() {
    let place = Instance::with_mail();
    for (text, expected) in [
        (
            "sam@fabrikam.example,Sam\nkim@fabrikam.example,Kim\n",
            "line 1: it is a row and not the titles",
        ),
        (
            "sam@fabrikam.example\n",
            "line 1: it is a row and not the titles",
        ),
        (
            "email,Shoe size\nsam@fabrikam.example,42\n",
            "line 1: unknown column \"Shoe size\", the 2nd",
        ),
        (
            "version:v1.0\nemail;userType\nsam@fabrikam.example;Guest\n",
            "line 2: unknown column \"userType\", the 2nd",
        ),
        (
            "name,redirect\nSam,https://x.example\n",
            "line 1: no column says whom to invite",
        ),
        ("", "there is no header"),
    ] {
        let path = place.path("guests.csv");
        fs::write(&path, text).unwrap();
        for more in ["", "--ignore-unknown"] {
            if more.is_empty() || !expected.contains("unknown column") {
                let (code, _, err) = run(&mut place.command("invite", &path, more));
                assert_eq!((code, err.contains(expected)), (1, true), "{text}: {err}");
            }
        }
        assert!(!place.path("guests.csv.results.csv").exists());
    }
    assert_eq!(guests(&place), []);
    // Nor is anybody asked where the file is one of users.
    let path = place.path("users.csv");
    fs::write(&path, "ann@contoso.com,Ann\n").unwrap();
    let (code, _, err) = run(&mut place.command("import", &path, ""));
    assert_eq!(
        (
            code,
            err.contains("line 1: unknown column \"ann@contoso.com\"")
        ),
        (1, true),
        "{err}"
    );
}
