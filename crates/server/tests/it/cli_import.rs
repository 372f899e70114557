//! `import`, as people use it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use server::bulk::csv::CsvReader;
use tempfile::TempDir;

use crate::cli_process::{done, run, vestibule, wait_for};

/// An instance without a server.
pub(crate) struct TestInstance {
    dir: TempDir,
}

impl TestInstance {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        done(
            vestibule(
                "init --tenant-name Contoso --initial-domain contoso.onmicrosoft.com --domain contoso.com \
                 --public-origin http://127.0.0.1:1 --listen 127.0.0.1:1 --dir",
            )
            .arg(dir.path()),
        );
        Self { dir }
    }

    /// One that could send mails: guests can be invited, and their mails wait.
    pub(crate) fn with_mail() -> Self {
        let place = Self::new();
        let path = place.path("vestibule.toml");
        let mail = "\n[mail]\nurl = \"smtp://127.0.0.1:1?tls=none\"\nfrom = \"Contoso <invitations@contoso.com>\"\n";
        let text = fs::read_to_string(&path).unwrap() + mail;
        fs::write(&path, text).unwrap();
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn command(&self, verb: &str, file: &Path, more: &str) -> Command {
        let mut command = vestibule(verb);
        command
            .arg(file)
            .arg("--config")
            .arg(self.path("vestibule.toml"))
            .args(more.split_whitespace());
        command
    }

    /// Everybody, by userPrincipalName.
    pub(crate) fn everybody(&self) -> BTreeMap<String, Value> {
        let file = self.path("everybody.ndjson");
        done(&mut self.command("export", &file, "--include-hashes --force"));
        let text = fs::read_to_string(&file).unwrap();
        text.lines()
            .map(|line| {
                let user: Value = serde_json::from_str(line).unwrap();
                (user["userPrincipalName"].as_str().unwrap().to_owned(), user)
            })
            .collect()
    }
}

/// The lines of a results file, without its header.
pub(crate) fn results(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read(path).unwrap();
    let mut reader = CsvReader::new(text.as_slice()).unwrap();
    let mut all = Vec::new();
    while let Some((_, record)) = reader.record().unwrap() {
        all.push(record.unwrap());
    }
    assert_eq!(
        all.remove(0)[..7].join(","),
        "line,key,id,outcome,code,message,property"
    );
    all
}

fn outcomes(path: &Path) -> Vec<String> {
    let lines = results(path).into_iter();
    lines.map(|line| line[3].clone()).collect()
}

#[test]
fn rows_end_by_themselves_and_the_same_file_makes_nobody_twice() {
    let place = TestInstance::new();
    let file = place.write(
        "users.csv",
        "\u{feff}displayName;UserPrincipalName;otherMails;usageLocation\r\n\
         Adèle;adele@contoso.com;\"a@x.example;b@x.example\";US\r\n\
         Bruno;bruno@contoso.com;;us\r\n\
         Chloé;chloe@nowhere.example;;\r\n\
         Adèle;ADELE@contoso.com;;\r\n\
         too few\r\n",
    );
    let dry = run(&mut place.command("import", &file, "--dry-run"));
    assert_eq!(dry.0, 1, "{dry:?}");
    assert_eq!(place.everybody().len(), 0);
    let (code, out, err) = run(&mut place.command("import", &file, ""));
    assert_eq!(code, 1, "{err}");
    assert!(
        err.starts_with("error: 4 of 5 rows were refused\n"),
        "{err}"
    );
    assert!(out.contains("1 user has no password."), "{out}");
    let path = place.path("users.csv.results.csv");
    let lines = results(&path);
    let users = place.everybody();
    let adele = &users["adele@contoso.com"];
    assert_eq!(
        adele["otherMails"],
        serde_json::json!(["a@x.example", "b@x.example"])
    );
    assert_eq!(
        lines[0][..4],
        [
            "2",
            "adele@contoso.com",
            adele["id"].as_str().unwrap(),
            "created"
        ]
    );
    let said: Vec<_> = lines[1..].iter().map(|line| line[3..].join("|")).collect();
    assert_eq!(
        said,
        [
            "refused|Request_BadRequest|Invalid value specified for property 'usageLocation' of resource 'User'. (it must be two capital letters (ISO 3166))|usageLocation",
            "refused|Request_BadRequest|The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization. (not a verified domain)|userPrincipalName",
            "refused|Request_BadRequest|The file has the same userPrincipalName in line 2.|userPrincipalName",
            "refused|Request_BadRequest|A value is required for property 'userPrincipalName' of resource 'User'.|userPrincipalName",
        ]
    );
    let (code, out, _) = run(&mut place.command("import", &file, "--json"));
    let summary: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, &summary["skipped"], &summary["refused"]),
        (1, &1.into(), &4.into())
    );
    assert_eq!(place.everybody(), users);
}

#[test]
fn the_portals_form_and_hashes_are_taken() {
    let place = TestInstance::new();
    let form = place.write(
        "form.csv",
        "version:v1.0\n\
         Name [displayName] Required,User name [userPrincipalName] Required,Initial password [passwordProfile] Required,Block sign in (Yes/No) [accountEnabled] Required,Mobile phone [mobile]\n\
         Example: Chris Green,chris@contoso.com,myPassword1234,No,\n\
         Adèle,adele@contoso.com,xWwvJ]6NMw+bWH-d,Yes,+1 425\n",
    );
    assert_eq!(run(&mut place.command("import", &form, "")).0, 0);
    let hash = "{SSHA}TUJSOZXEpsO0ugaXv1z4WCS+DMwAAQIDBAUGBw==";
    let hashed = place.write(
        "hashed.ndjson",
        &format!(
            "{{\"displayName\":\"B\",\"userPrincipalName\":\"bruno@contoso.com\",\"@vestibule.passwordHash\":\"{hash}\"}}\n\
             {{\"displayName\":\"C\",\"userPrincipalName\":\"chloe@contoso.com\",\"@vestibule.passwordHash\":\"$1$x$y\"}}\n"
        ),
    );
    assert_eq!(run(&mut place.command("import", &hashed, "")).0, 1);
    let users = place.everybody();
    let names: Vec<_> = users.keys().map(String::as_str).collect();
    assert_eq!(names, ["adele@contoso.com", "bruno@contoso.com"]);
    let adele = &users["adele@contoso.com"];
    assert_eq!(
        (&adele["accountEnabled"], &adele["mobilePhone"]),
        (&false.into(), &"+1 425".into())
    );
    assert!(
        adele["@vestibule.passwordHash"]
            .as_str()
            .unwrap()
            .starts_with("$argon2id$")
    );
    assert_eq!(users["bruno@contoso.com"]["@vestibule.passwordHash"], hash);
    // No secret gets into the results.
    let said = fs::read_to_string(place.path("hashed.ndjson.results.csv")).unwrap()
        + &fs::read_to_string(place.path("form.csv.results.csv")).unwrap();
    for secret in ["xWwvJ", hash, "$1$x$y"] {
        assert!(!said.contains(secret), "{said}");
    }
}

#[test]
fn what_cannot_be_read_says_what_mends_it() {
    let place = TestInstance::new();
    let check = |name: &str, text: &str, more: &str, code: i32, expected: &str| {
        let file = place.write(name, text);
        let (found, _, err) = run(&mut place.command("import", &file, more));
        assert_eq!(
            (found, err.contains(expected)),
            (code, true),
            "{name} {more}: {err}"
        );
    };
    check("users.txt", "", "", 2, "name the file .csv or .ndjson");
    check("empty.csv", "", "", 1, "line 1: there is no header");
    let shoes = "displayName,Shoe size,userPrincipalName\nA,42,a@contoso.com\n";
    check(
        "shoes.csv",
        shoes,
        "",
        1,
        "line 1: unknown column \"Shoe size\", the 2nd",
    );
    check("shoes.csv", shoes, "--ignore-unknown", 0, "");
    check(
        "shoes.csv",
        shoes,
        "--resume --ignore-unknown",
        1,
        "there is nothing to go on with",
    );
    check(
        "shoes.csv",
        shoes,
        "--key shoes",
        2,
        "there are: userPrincipalName, id, mail, employeeId",
    );
    check(
        "shoes.csv",
        shoes,
        "--resume --restart",
        2,
        "cannot be used with",
    );
    check(
        "bad.ndjson",
        "{\"a\"\n[1]\n",
        "",
        1,
        "2 of 2 rows were refused",
    );
    let into_itself = format!("--results {}", place.path("./shoes.csv").display());
    check(
        "shoes.csv",
        shoes,
        &into_itself,
        2,
        "it is the file that is read",
    );
    assert_eq!(fs::read_to_string(place.path("shoes.csv")).unwrap(), shoes);
}

fn many(place: &TestInstance, count: usize) -> PathBuf {
    let mut text = "displayName,userPrincipalName,mail,department\n".to_owned();
    for at in 0..count {
        writeln!(text, "User {at},u{at}@contoso.com,u{at}@contoso.com,Sales").unwrap();
    }
    place.write("many.csv", &text)
}

#[test]
fn a_killed_import_goes_on_and_everybody_is_there_once() {
    // Into a directory with somebody who might be changed: batch by batch.
    let place = TestInstance::new();
    let first = place.write(
        "first.csv",
        "displayName,userPrincipalName\nFirst,first@contoso.com\n",
    );
    done(&mut place.command("import", &first, ""));
    let before = killed_and_gone_on_with(&place, "--on-existing update");
    assert!(before > 1, "nothing was written before it was killed");
}

#[test]
fn a_killed_load_never_was_and_goes_on() {
    let before = killed_and_gone_on_with(&TestInstance::new(), "");
    assert_eq!(before, 0, "half a load is there");
}

/// Kills an import in the middle and goes on with it; how many users there were in between.
fn killed_and_gone_on_with(place: &TestInstance, more: &str) -> usize {
    const COUNT: usize = 6000;
    let file = many(place, COUNT);
    let path = place.path("many.csv.results.csv");
    let mut child = place
        .command("import", &file, more)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for(|| fs::metadata(&path).is_ok_and(|file| file.len() > 20_000));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(
        place.path("many.csv.results.csv.unfinished").exists(),
        "it ended before it was killed"
    );
    // As if the machine had gone down before the results reached the disk, in the middle of a line.
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 3]).unwrap();
    let before = place.everybody();
    let (code, _, err) = run(&mut place.command("import", &file, more));
    assert_eq!((code, err.contains("--resume goes on")), (1, true), "{err}");
    let (code, _, err) =
        run(&mut place.command("import", &file, &format!("{more} --resume --key mail")));
    assert_eq!(
        (code, err.contains("begun with other options")),
        (1, true),
        "{err}"
    );
    let (code, out, err) = run(&mut place.command("import", &file, &format!("{more} --resume")));
    // On a slow machine it says how far it has come.
    let is_progress =
        |line: &str| line.contains(" rows  ") || line.starts_with("making the indexes");
    assert_eq!(
        (code, err.lines().all(is_progress)),
        (0, true),
        "{out}{err}"
    );
    let mut after = place.everybody();
    for (name, user) in &before {
        assert_eq!(after[name], *user, "{name} was written once");
    }
    after.remove("first@contoso.com");
    assert_eq!(after.len(), COUNT);
    let lines = results(&path);
    let numbers: Vec<_> = lines
        .iter()
        .map(|line| line[0].parse::<usize>().unwrap())
        .collect();
    assert_eq!(numbers, (2..COUNT + 2).collect::<Vec<_>>());
    for line in &lines {
        assert_eq!(line[3], "created");
        assert_eq!(after[&line[1]]["id"], line[2].as_str());
    }
    let ids: BTreeSet<_> = lines.iter().map(|line| &line[2]).collect();
    assert_eq!(ids.len(), COUNT);
    assert!(!place.path("many.csv.results.csv.unfinished").exists());
    before.len()
}

/// A file of 2,100 rows, a few of which cannot be.
fn mixed(place: &TestInstance) -> PathBuf {
    let mut text =
        "id,displayName,userPrincipalName,mail,otherMails,manager,sponsors,createdDateTime\n"
            .to_owned();
    for at in 0..2_100 {
        let id = uuid::Uuid::from_u128(u128::from(at * 7_919_u32) << 64 | 1);
        let mail = match at {
            // Somebody else's, and one's own twice.
            70 => "u69@contoso.com".to_owned(),
            71 => "U71@contoso.com".to_owned(),
            _ => format!("m{at}@contoso.com"),
        };
        let manager = match at {
            0 => String::new(),
            // One who is not there yet, one who is nobody, and oneself.
            80 => "u81@contoso.com".to_owned(),
            81 => "nobody@contoso.com".to_owned(),
            82 => "U82@contoso.com".to_owned(),
            _ => format!("u{}@contoso.com", (at - 1) / 3),
        };
        let sponsors = match at {
            90 => "u1@contoso.com;u2@contoso.com;U1@contoso.com",
            91 => {
                "u1@contoso.com;u2@contoso.com;u3@contoso.com;u4@contoso.com;u5@contoso.com;u6@contoso.com"
            }
            _ => "",
        };
        // One id that another has.
        let id = if at == 95 {
            uuid::Uuid::from_u128(1)
        } else {
            id
        };
        writeln!(
            text,
            "{id},User {at},u{at}@contoso.com,{mail},o{at}@x.example,{manager},{sponsors},2026-01-02T03:04:05Z"
        )
        .unwrap();
    }
    place.write("mixed.csv", &text)
}

#[test]
fn a_load_ends_as_an_import_of_the_same_file() {
    let (loaded, imported) = (TestInstance::new(), TestInstance::new());
    let all = mixed(&loaded);
    let (code, ..) = run(&mut loaded.command("import", &all, "--keep-ids --json"));
    assert_eq!(code, 1);
    // The same file in two halves is no load, since neither has enough rows.
    let text = fs::read_to_string(&all).unwrap();
    let (header, rows) = text.split_once('\n').unwrap();
    let rows: Vec<_> = rows.lines().collect();
    let mut ends = Vec::new();
    for (half, rows) in rows.chunks(1_050).enumerate() {
        let name = format!("half{half}.csv");
        let file = imported.write(&name, &format!("{header}\n{}\n", rows.join("\n")));
        run(&mut imported.command("import", &file, "--keep-ids"));
        ends.extend(results(&imported.path(&format!("{name}.results.csv"))));
    }
    let loads = results(&loaded.path("mixed.csv.results.csv"));
    let without_line = |lines: Vec<Vec<String>>| -> Vec<Vec<String>> {
        lines.into_iter().map(|line| line[1..].to_vec()).collect()
    };
    let (loads, ends) = (without_line(loads), without_line(ends));
    let refused = loads.iter().filter(|line| line[2] == "refused").count();
    assert!(refused >= 6, "{refused}");
    for (load, end) in loads.iter().zip(&ends) {
        assert_eq!(load, end);
    }
    assert_eq!(loads.len(), ends.len());
    // But for the instants at which they were made.
    let everybody = |place: &TestInstance| -> Vec<Value> {
        let mut all: Vec<_> = place.everybody().into_values().collect();
        for user in &mut all {
            let members = user.as_object_mut().unwrap();
            members.retain(|name, _| !name.ends_with("DateTime") || name == "createdDateTime");
        }
        all
    };
    for (load, import) in everybody(&loaded).iter().zip(&everybody(&imported)) {
        assert_eq!(load, import);
    }
    assert_eq!(loaded.everybody().len(), imported.everybody().len());
}

/// Open extensions of a file that is loaded are there to the digit, each with its app.
#[test]
fn a_load_has_open_extensions() {
    let place = TestInstance::new();
    let extension = |name: &str, members: &str| {
        format!(
            r##"{{"@odata.type":"#microsoft.graph.openTypeExtension","id":"{name}","extensionName":"{name}",{members}}}"##
        )
    };
    let app = r#""@vestibule.app":"00000000-0000-4000-8000-000000000009""#;
    let mut sent = BTreeMap::new();
    let mut text = String::new();
    for at in 0..2_000 {
        let upn = format!("u{at}@contoso.com");
        let all: Vec<_> = (0..at % 4)
            .map(|one| match one {
                0 => extension("a.one", &format!(r#""n":{at}.50,{app}"#)),
                1 => extension("b.two", &format!(r#""n":9007199254740993123{at},{app}"#)),
                _ => extension("c.three", r#""of":"no app""#),
            })
            .collect();
        let list = all.join(",");
        writeln!(
            text,
            r#"{{"userPrincipalName":"{upn}","displayName":"U","extensions":[{list}]}}"#
        )
        .unwrap();
        sent.insert(upn, list);
    }
    let file = place.write("load.ndjson", &text);
    done(&mut place.command("import", &file, "--keep-ids"));
    let out = place.path("out.ndjson");
    let select = "--select userPrincipalName,extensions";
    done(&mut place.command("export", &out, select));
    let text = fs::read_to_string(&out).unwrap();
    assert_eq!(text.lines().count(), sent.len());
    for line in text.lines() {
        let user: Value = serde_json::from_str(line).unwrap();
        let upn = user["userPrincipalName"].as_str().unwrap();
        let expected = match sent[upn].as_str() {
            "" => format!(r#"{{"userPrincipalName":"{upn}"}}"#),
            list => format!(r#"{{"userPrincipalName":"{upn}","extensions":[{list}]}}"#),
        };
        assert_eq!(line, expected);
    }
    // CSV says what it leaves out, in either form of its summary.
    let csv = place.path("out.csv");
    let (_, out, _) = run(&mut place.command("export", &csv, ""));
    assert!(out.contains("open extensions of 1,500 users"), "{out}");
    let (_, out, _) = run(&mut place.command("export", &csv, "--force --json"));
    let summary: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(summary["usersWithExtensionsLeftOut"], 1_500);
    // In a directory with users it is imported, and finds them as they are.
    let more = "--keep-ids --on-existing update --restart";
    done(&mut place.command("import", &file, more));
    let ends = outcomes(&place.path("load.ndjson.results.csv"));
    assert!(ends.iter().all(|end| end == "skipped"), "{ends:?}");
}

#[test]
fn a_changed_file_is_not_gone_on_with() {
    let place = TestInstance::new();
    let file = many(&place, 1);
    let state = place.path("many.csv.results.csv.unfinished");
    done(&mut place.command("import", &file, ""));
    fs::write(
        &state,
        r#"{"run":"00000000-0000-4000-8000-000000000001","sha256":"00","tenant":"00000000-0000-4000-8000-000000000001","options":"","started":"2026-01-01T00:00:00Z"}"#,
    )
    .unwrap();
    let (code, _, err) = run(&mut place.command("import", &file, "--resume"));
    assert_eq!(
        (code, err.contains("the file was changed since")),
        (1, true),
        "{err}"
    );
    done(&mut place.command("import", &file, "--restart"));
    assert_eq!(outcomes(&place.path("many.csv.results.csv")), ["skipped"]);
    assert!(!state.exists());
}
