//! `invite`: the guests of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use directory::Policy;
use edm::user;
use server::bulk::csv::CsvReader;
use server::cli::place::InstanceArgs;
use server::cli::stopped;

use crate::cli_process::{Running, done, run, vestibule, wait_for};

#[test]
fn guests_are_invited_once_and_their_links_stay_out_of_the_results() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::dev(dir.path());
    let file = dir.path().join("guests.csv");
    fs::write(
        &file,
        "email,name,redirect,message,language,companyName\n\
         sam@fabrikam.example,Sam,,Welcome,de,Fabrikam\n\
         no address,Nobody,,,,\n\
         SAM@fabrikam.example,Sam again,,,,\n\
         kim@fabrikam.example,,https://portal.example/,,,\n",
    )
    .unwrap();
    let invite = |more: &str| {
        run(vestibule("invite")
            .arg(&file)
            .arg("--dir")
            .arg(dir.path())
            .args(["--redirect", "https://home.example/"])
            .args(more.split_whitespace()))
    };
    let read = || fs::read_to_string(dir.path().join("guests.csv.results.csv")).unwrap();
    let outcomes = |text: &str| -> Vec<String> {
        let lines = text.lines().skip(1);
        lines
            .map(|line| line.split(',').nth(3).unwrap().to_owned())
            .collect()
    };
    let (code, out, err) = invite("");
    assert_eq!(
        (code, err.contains("1 of 4 guests were refused")),
        (1, true),
        "{out}{err}"
    );
    let text = read();
    assert_eq!(
        outcomes(&text),
        ["invited", "refused", "skipped", "invited"],
        "{text}"
    );
    assert!(
        text.contains(",InProgress\n") && !text.contains("ticket="),
        "{text}"
    );
    // The server finds by looking what another process wrote.
    let outbox = format!("{}/outbox/messages", server.env("HTTP_URL"));
    let mails = || server.client().get(&outbox, None).unwrap().text;
    wait_for(|| mails().contains("sam@fabrikam.example") && mails().contains("kim@"));
    assert!(mails().contains(server.env("HTTP_URL")), "{}", mails());
    // The same file again mails nobody twice.
    let (code, ..) = invite("");
    assert_eq!(code, 1);
    assert_eq!(
        outcomes(&read()),
        ["skipped", "refused", "skipped", "skipped"]
    );
    // Links are shown to who asks for them, and to nobody else.
    let (code, _, err) = invite("--again --show-links");
    assert_eq!((code, err.starts_with("warning:")), (1, true), "{err}");
    assert_eq!(read().matches("ticket=").count(), 2);
    let mode = fs::metadata(dir.path().join("guests.csv.results.csv"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Guests and their letters, by address: the guest's id, and how many letters there are to them.
fn invited(dir: &Path) -> BTreeMap<String, (String, usize)> {
    let place = InstanceArgs {
        dir: Some(dir.to_owned()),
        config: None,
    };
    let policy = Policy {
        keep_letters: true,
        ..stopped::policy_without_mail(String::new())
    };
    let all = stopped::with_policy(&place, policy, async |directory| {
        let tenant = stopped::tenant(directory, None).await?;
        let actor = directory.server_actor(tenant.id).await.unwrap();
        let users = directory.export_users(&actor, None, 10_000, false).await;
        let mut all = BTreeMap::new();
        for guest in users.unwrap() {
            if guest.record.text(&user::USER_TYPE) == Some("Guest") {
                let mail = guest.record.text(&user::MAIL).unwrap().to_owned();
                let twin = all.insert(mail, (guest.id.to_string(), 0));
                assert_eq!(twin, None, "there are two guests of one address");
            }
        }
        for kept in directory.letters(tenant.id, None, 10_000).await.unwrap() {
            all.get_mut(&kept.letter.to).unwrap().1 += 1;
        }
        Ok(all)
    });
    all.unwrap()
}

/// As if the owner of the address had said "do not invite me again".
fn say_never(dir: &Path, address: &str) {
    let place = InstanceArgs {
        dir: Some(dir.to_owned()),
        config: None,
    };
    let policy = stopped::policy_without_mail(String::new());
    stopped::with_policy(&place, policy, async |directory| {
        let tenant = stopped::tenant(directory, None).await?;
        let (now, key) = (directory.now(), address.to_owned());
        let done = directory.store().write::<_, _, store::StoreError, _>(
            tenant.id,
            key,
            move |tx, key| Box::pin(async move { tx.block_address(key, now).await }),
        );
        done.await.unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn who_asked_never_to_be_invited_is_counted_apart() {
    let dir = tempfile::tempdir().unwrap();
    drop(Running::dev(dir.path()));
    let file = dir.path().join("guests.csv");
    fs::write(&file, "email\nsam@fabrikam.example\nkim@fabrikam.example\n").unwrap();
    say_never(dir.path(), "sam@fabrikam.example");
    let before = invited(dir.path()).len();
    let invite = |more: &str| {
        let mut command = vestibule("invite --redirect https://home.example/ --dir");
        command.arg(dir.path()).args(more.split_whitespace());
        command
    };
    // Asked again they say the same, whoever was invited meanwhile.
    for invited_then in [1, 0] {
        let (code, out, err) = run(invite("--json").arg(&file));
        assert_eq!(code, 1, "{out}{err}");
        assert!(
            err.contains("1 of 2 guests asked not to be invited"),
            "{err}"
        );
        let said: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (&said["blocked"], &said["invited"]),
            (&1.into(), &invited_then.into())
        );
        let text = fs::read_to_string(dir.path().join("guests.csv.results.csv")).unwrap();
        let sam = text.lines().nth(1).unwrap();
        assert!(
            sam.contains(",blocked,") && sam.contains("asked not to be invited again"),
            "{sam}"
        );
    }
    // No guest and no mail was made of it.
    assert_eq!(invited(dir.path()).len(), before + 1);
    let (code, out, err) = run(&mut invite("sam@fabrikam.example"));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("asked not to be invited again"), "{err}");
}

#[test]
fn a_killed_run_goes_on_and_everybody_is_invited_once() {
    const COUNT: usize = 300;
    for (again, most_skipped) in [("--resume", 0), ("--restart", COUNT)] {
        let dir = tempfile::tempdir().unwrap();
        // Makes the folder. Without the server mails wait, so that they can be counted.
        drop(Running::dev(dir.path()));
        let before = invited(dir.path()).len();
        let file = dir.path().join("guests.csv");
        let mut text = "email,name\n".to_owned();
        for at in 0..COUNT {
            writeln!(text, "guest{at}@fabrikam.example,Guest {at}").unwrap();
        }
        fs::write(&file, text).unwrap();
        let results = dir.path().join("guests.csv.results.csv");
        let state = dir.path().join("guests.csv.results.csv.unfinished");
        let invite = |more: &str| {
            let mut command = vestibule("invite --redirect https://home.example/ --dir");
            command.arg(dir.path()).arg(&file);
            command.args(more.split_whitespace());
            command
        };
        let mut child = invite("")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for(|| fs::metadata(&results).is_ok_and(|file| file.len() > 5_000));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(state.exists(), "it ended before it was killed");
        // As if the machine had gone down before the results reached the disk, in the middle of a
        // line.
        let text = fs::read_to_string(&results).unwrap();
        fs::write(&results, &text[..text.len() / 3]).unwrap();
        let then = invited(dir.path()).len() - before;
        assert!((40..COUNT).contains(&then), "{then}");
        let (code, _, err) = run(&mut invite(""));
        assert_eq!((code, err.contains("--resume goes on")), (1, true), "{err}");
        done(&mut invite(again));
        assert!(!state.exists());

        let mut guests = invited(dir.path());
        guests.retain(|mail, _| mail.starts_with("guest"));
        assert_eq!(guests.len(), COUNT);
        let twice: Vec<_> = guests.iter().filter(|(_, guest)| guest.1 != 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
        let text = fs::read(&results).unwrap();
        let mut reader = CsvReader::new(text.as_slice()).unwrap();
        let mut lines = Vec::new();
        while let Some((_, line)) = reader.record().unwrap() {
            lines.push(line.unwrap());
        }
        let lines = &lines[1..];
        let numbers: Vec<usize> = lines.iter().map(|line| line[0].parse().unwrap()).collect();
        assert_eq!(numbers, (2..COUNT + 2).collect::<Vec<_>>());
        for line in lines {
            assert_eq!(guests[&line[1]].0, line[2], "{line:?}");
        }
        let skipped = lines.iter().filter(|line| line[3] == "skipped").count();
        assert_eq!(skipped, then.min(most_skipped), "{again}");
        let words: BTreeSet<_> = lines.iter().map(|line| line[3].as_str()).collect();
        assert!(
            words.is_subset(&BTreeSet::from(["invited", "skipped"])),
            "{words:?}"
        );
    }
}
