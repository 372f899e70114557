//! Wrong usage: exit code 2, nothing on standard output, and a sentence that says what to write.

use super::cli_process::{done, run, vestibule};

fn check(line: &str, code: i32, words: &[&str]) {
    let (got, out, err) = run(&mut vestibule(line));
    assert_eq!((got, out.as_str()), (code, ""), "{line}\n{err}");
    for word in words {
        assert!(err.contains(word), "{line} does not say {word:?}:\n{err}");
    }
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    check("", 2, &["Usage:"]);
    check("nonsense", 2, &["nonsense"]);
    check(
        "dev --http 0.0.0.0:8080",
        2,
        &["--http 0.0.0.0:8080", "loopback", "127.0.0.1:8080"],
    );
    check("dev --https [::]:8443", 2, &["--https", "loopback"]);
    check(
        "dev --http localhost",
        2,
        &["localhost", "a port, or an address"],
    );
    check("dev --host a/b", 2, &["--host", "write a name"]);
    check("dev --log server=loud", 2, &["server=loud"]);
    check("serve", 2, &["--config"]);
    check("token --dir a --config b", 2, &["cannot be used with"]);
    check(
        "app add --name x --permission Everything",
        2,
        &["Everything", "User.Invite.All"],
    );
    check("app add --name x --permission User.Read", 2, &["User.Read"]);
    check(
        "role add --principal x --role Emperor",
        2,
        &["Emperor", "Guest Inviter"],
    );
    check("try invite", 2, &["ADDRESS"]);
    let init = "init --dir x --tenant-name x --initial-domain x.example --public-origin";
    check(&format!("{init} http://invite.example.com"), 2, &["https"]);
    check(
        &format!("{init} https://invite.example.com/path"),
        2,
        &["not an origin"],
    );
}

#[test]
fn a_missing_instance_is_named_with_the_command_that_makes_one() {
    check(
        "token --dir /nonexistent/v",
        1,
        &["dev.env", "vestibule dev"],
    );
    check(
        "try invite a@b.example --dir /nonexistent/v",
        1,
        &["vestibule dev"],
    );
    check("audit verify --dir /nonexistent/v", 1, &["vestibule dev"]);
    check("serve --config /nonexistent/v", 1, &["/nonexistent/v"]);
}

#[test]
fn help_and_version_are_answers() {
    let version = done(&mut vestibule("--version"));
    assert_eq!(
        version.trim(),
        concat!("vestibule ", env!("CARGO_PKG_VERSION"))
    );
    for line in [
        "dev",
        "serve",
        "init",
        "app add",
        "role add",
        "token",
        "try invite",
    ] {
        let help = done(vestibule(line).arg("--help"));
        assert!(
            help.contains("Usage:") && help.contains("Example"),
            "{help}"
        );
        assert!(!help.contains('\u{1b}'), "no colour into a pipe");
        assert!(
            help.lines().all(|line| line.chars().count() <= 100),
            "{help}"
        );
    }
}

#[test]
fn a_server_that_does_not_answer_is_a_failure() {
    let mut command = vestibule("token");
    // Port 9 (discard) answers nobody.
    command.envs([
        ("BASE_URL", "http://127.0.0.1:9"),
        ("TENANT", "contoso.com"),
        ("CLIENT_ID", "a"),
        ("CLIENT_SECRET", "b"),
    ]);
    let (code, out, err) = run(&mut command);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        err.contains("http://127.0.0.1:9") && err.contains("vestibule dev"),
        "{err}"
    );
}
