//! `export`, as people use it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli_import::TestInstance;
use crate::cli_process::{done, run};

/// Users with something in every corner of the formats.
const CORNERS: &str = r#"{"displayName":"=1+1, \"quoted\"","userPrincipalName":"a@contoso.com","mail":"a@x.example","otherMails":["o'a@x.example"],"businessPhones":["+1; 425\\3"],"employeeOrgData":{"division":"D;1","costCenter":"C"},"employeeHireDate":"2020-01-02T00:00:00Z","onPremisesExtensionAttributes":{"extensionAttribute1":"-x"},"passwordProfile":{"password":"xWwvJ]6NMw+bWH-d"},"streetAddress":"1 Road\nTown"}
{"displayName":"Łukasz 山田","mailNickname":"b","userPrincipalName":"b@contoso.com","accountEnabled":false,"ageGroup":"Adult","jobTitle":"[x]"}
{"displayName":"C","identities":[{"signInType":"federated","issuer":"x.example","issuerAssignedId":"1;\"2\""}]}
"#;

#[test]
fn an_export_is_an_import() {
    let place = TestInstance::new();
    let file = place.write("corners.ndjson", CORNERS);
    let (code, _, err) = run(&mut place.command("import", &file, "--key id"));
    assert_eq!(code, 1, "{err}");
    let (code, out, err) = run(&mut place.command("import", &file, ""));
    // The third has no userPrincipalName to be told by.
    assert_eq!(
        (code, out.contains(" 2\n  refused ")),
        (1, true),
        "{out}{err}"
    );
    let users = place.everybody();
    assert_eq!(users.len(), 2);
    for (name, export, import) in [
        ("all.ndjson", "--include-hashes", "--keep-ids"),
        ("all.csv", "--include-hashes", "--keep-ids"),
        (
            "safe.csv",
            "--include-hashes --guard-formulas",
            "--keep-ids --guard-formulas",
        ),
    ] {
        let exported = place.path(name);
        done(&mut place.command("export", &exported, export));
        let other = TestInstance::new();
        done(&mut other.command("import", &exported, import));
        assert_eq!(other.everybody(), users, "{name}");
    }
    // Without ids and instants of their own, users are the same but for these.
    let exported = place.path("plain.csv");
    done(&mut place.command("export", &exported, ""));
    let other = TestInstance::new();
    done(&mut other.command("import", &exported, ""));
    let without = |users: BTreeMap<String, Value>| -> Vec<Value> {
        users
            .into_values()
            .map(|mut user| {
                for (name, value) in user.as_object_mut().unwrap() {
                    if name == "id" || name.ends_with("DateTime") && name != "employeeHireDate" {
                        *value = Value::Null;
                    }
                }
                user.as_object_mut()
                    .unwrap()
                    .retain(|name, value| !value.is_null() && name != "@vestibule.passwordHash");
                user
            })
            .collect()
    };
    assert_eq!(without(other.everybody()), without(users));
}

#[test]
fn an_export_says_what_it_wrote_and_guards_what_it_holds() {
    use std::os::unix::fs::PermissionsExt;
    let place = TestInstance::new();
    let file = place.write("corners.ndjson", CORNERS);
    run(&mut place.command("import", &file, ""));
    let names = place.path("names.csv");
    let said = done(&mut place.command(
        "export",
        &names,
        "--select mail,DisplayName --guard-formulas --json",
    ));
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["users"], 2);
    let text = fs::read_to_string(&names).unwrap();
    assert!(text.starts_with("displayName,mail\n"), "{text}");
    assert!(
        text.contains("\"'=1+1, \"\"quoted\"\"\",a@x.example\n"),
        "{text}"
    );
    assert!(text.contains("Łukasz 山田,\n"), "{text}");
    let hashes = place.path("hashes.ndjson");
    done(&mut place.command("export", &hashes, "--include-hashes"));
    assert_eq!(
        fs::metadata(&hashes).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // Nothing is overwritten unasked.
    let before = fs::read(&names).unwrap();
    let (code, _, err) = run(&mut place.command("export", &names, ""));
    assert_eq!((code, err.contains("is there already")), (1, true), "{err}");
    assert_eq!(fs::read(&names).unwrap(), before);
    done(&mut place.command("export", &names, "--force"));
    assert!(!fs::read_to_string(&names).unwrap().contains("argon2"));
    // Standard output holds the file alone.
    let stdout = Path::new("-");
    let out = done(&mut place.command("export", stdout, "--select displayName"));
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(
        out.lines()
            .all(|line| line.starts_with("{\"displayName\":")),
        "{out}"
    );
    let out = done(&mut place.command("export", stdout, "--select mail --format csv"));
    // Users come in the order of their ids, which are drawn.
    let mut mails: Vec<_> = out.lines().collect();
    mails.sort_unstable();
    assert_eq!(mails, ["", "a@x.example", "mail"]);
    let (code, _, err) = run(&mut place.command("export", &place.path("users.txt"), ""));
    assert_eq!(
        (code, err.contains("name the file .csv or .ndjson")),
        (2, true),
        "{err}"
    );
    let (code, _, err) = run(&mut place.command("export", &names, "--select shoes"));
    assert_eq!(
        (code, err.contains("shoes is no property of users")),
        (2, true),
        "{err}"
    );
}
