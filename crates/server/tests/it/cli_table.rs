//! Every command: its help, what it says of bad arguments, and its JSON.

use std::collections::BTreeSet;

use clap::Command;
use serde_json::Value;

use super::cli_process::{done, run, vestibule};

/// Every command that does something, by its words.
fn leaves(command: &Command, path: &str, into: &mut Vec<(String, Command)>) {
    for sub in command.get_subcommands() {
        let words = format!("{path} {}", sub.get_name()).trim().to_owned();
        if sub.has_subcommands() {
            leaves(sub, &words, into);
        } else {
            into.push((words, sub.clone()));
        }
    }
}

fn all() -> Vec<(String, Command)> {
    let mut found = Vec::new();
    leaves(&server::cli::command(), "", &mut found);
    assert!(found.len() > 25, "{}", found.len());
    found
}

#[test]
fn every_command_has_help_with_an_example_and_refuses_what_it_does_not_know() {
    for (words, _) in all() {
        let help = done(vestibule(&words).arg("--help"));
        assert!(
            help.contains("Usage:") && help.contains("Example"),
            "{words}: {help}"
        );
        let long = help.lines().find(|line| line.chars().count() > 110);
        assert_eq!(long, None, "{words}");
        let (code, out, err) = run(vestibule(&words).arg("--no-such-flag"));
        assert_eq!((code, out.as_str()), (2, ""), "{words}: {err}");
        assert!(err.contains("--no-such-flag"), "{words}: {err}");
    }
    let help = done(&mut vestibule("help app add"));
    assert!(help.contains("--permission"), "{help}");
    assert!(done(&mut vestibule("help")).contains("completions"));
}

/// `Prints …` describes; `Print …` says what to do.
#[test]
fn help_is_in_the_imperative() {
    fn walk(command: &Command, path: &str, found: &mut Vec<String>) {
        let mut texts: Vec<String> = command
            .get_about()
            .map(ToString::to_string)
            .into_iter()
            .collect();
        for argument in command.get_arguments() {
            // Values are named by what they are; flags by what they do.
            if argument
                .get_num_args()
                .is_some_and(|values| !values.takes_values())
            {
                texts.extend(argument.get_help().map(ToString::to_string));
            }
        }
        for text in texts {
            let first = text.split([' ', ',']).next().unwrap_or_default();
            if first.ends_with('s') && !["Guess", "Pass"].contains(&first) && first.len() > 3 {
                found.push(format!("{path}: {text}"));
            }
        }
        for sub in command.get_subcommands() {
            walk(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }
    let mut found = Vec::new();
    walk(&server::cli::command(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = done(vestibule("completions").arg(shell));
        assert!(script.contains("rotate-secret"), "{shell}");
    }
    let (code, _, err) = run(&mut vestibule("completions dos"));
    assert_eq!((code, err.contains("bash")), (2, true), "{err}");
}

/// A line for each command that prints JSON, in an order in which each finds what it needs. `…` is
/// a folder to write into.
const JSON: &[&str] = &[
    "app add --name Sync --permission User.Read.All",
    "app list",
    "app show Sync",
    "app disable Sync",
    "app enable Sync",
    "app permission add Sync User.Invite.All",
    "app permission remove Sync User.Invite.All",
    "app rotate-secret Sync",
    "role add --principal Sync --role Reports\u{a0}Reader",
    "role list",
    "role remove --principal Sync --role Reports\u{a0}Reader",
    "app remove Sync",
    "keys list",
    "keys rotate",
    "user show nora@contoso.com",
    "user remove nora@contoso.com",
    "invitation list",
    "block list",
    "clock show",
    "audit list",
    "audit verify",
    "backup …",
];

/// Commands whose JSON other tests read, because they need a server, a mail or a file.
const ELSEWHERE: &[&str] = &[
    "invitation show",
    "invitation revoke",
    "invitation resend",
    "config check",
    "mail test",
    "block remove",
    "clock turn-back",
    "migrate",
    "import",
    "export",
    "invite",
];

#[test]
fn every_command_that_prints_json_prints_one_document() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("dev");
    // A start makes the sample tenant.
    let server = super::cli_process::Running::dev(&dir);
    let mut seen = BTreeSet::new();
    for line in JSON {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.env_clear();
        let backup = home.path().join("backup");
        for word in line.split(' ') {
            command.arg(match word {
                "…" => backup.to_str().unwrap().to_owned(),
                word => word.replace('\u{a0}', " "),
            });
        }
        let out = done(command.args(["--output", "json", "--dir"]).arg(&dir));
        let value: Value =
            serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}\n{out}"));
        assert!(value.is_object(), "{line}: {out}");
        seen.insert((*line).to_owned());
    }
    // A certificate that is not trusted is told with the flag that helps.
    let mut token = vestibule("token");
    for name in ["BASE_URL", "TENANT", "CLIENT_ID", "CLIENT_SECRET"] {
        token.env(name, server.env(name));
    }
    let (code, _, err) = run(&mut token);
    assert_eq!((code, err.contains("--ca-file")), (1, true), "{err}");
    for (words, command) in all() {
        let prints = command
            .get_arguments()
            .any(|one| one.get_long() == Some("output"));
        let tried = seen.iter().any(|line| line.starts_with(&words));
        assert_eq!(
            prints,
            tried || (prints && ELSEWHERE.contains(&words.as_str())),
            "{words}"
        );
    }
    drop(server);
}
