//! `invite`: the guests of a file.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::cli_process::{Running, run, vestibule, wait_for};

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
