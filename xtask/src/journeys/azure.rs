//! The Azure CLI, as its package index has it and not changed: it registers this server as a cloud,
//! signs in as an app, and works on users.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::{Instance, clients, snippets};
use crate::report::Outcome;
use crate::shell;

/// The version that was tried.
const PACKAGE: &str = "azure-cli==2.91.0";

/// Runs the journey. It only belongs to the full run: the package is half a gigabyte.
///
/// # Errors
/// The package cannot be had, or a step did not hold.
pub(super) fn run() -> Result<Outcome> {
    if !shell::has("python3") {
        return Ok(Outcome::Skipped("python3 is missing".into()));
    }
    let bin = clients::python_with("azure", PACKAGE)?;
    let temporary = tempfile::tempdir()?;
    let dev = Instance::start(temporary.path(), &[])?;
    let program = temporary.path().join("users.sh");
    snippets::write("Azure CLI", &program)?;
    let path = path(&bin)?;
    let mut document = Command::new("sh");
    document
        .arg("-eu")
        .arg(&program)
        .current_dir(temporary.path())
        .env("PATH", &path);
    snippets::run("Azure CLI", &mut document, &dev)?;

    // It has signed in by the document's own text; what it keeps lies in the folder that the text
    // names.
    let desk = Desk {
        dev: &dev,
        folder: temporary.path(),
        path,
    };
    Ok(Outcome::Passed(format!("ok {}", desk.users()?)))
}

/// The search path with that folder before it.
fn path(bin: &Path) -> Result<std::ffi::OsString> {
    let inherited = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(bin.to_path_buf()).chain(std::env::split_paths(&inherited));
    Ok(std::env::join_paths(folders)?)
}

/// Where the commands run.
struct Desk<'a> {
    dev: &'a Instance,
    folder: &'a Path,
    path: std::ffi::OsString,
}

impl Desk<'_> {
    /// Runs one command, which must do what `holds` says of its output.
    fn az(&self, arguments: &[&str], holds: bool, shows: &str) -> Result<()> {
        let output = Command::new("az")
            .args(arguments)
            .current_dir(self.folder)
            .env("PATH", &self.path)
            .env("AZURE_CONFIG_DIR", self.folder.join("azure"))
            .env("AZURE_CORE_INSTANCE_DISCOVERY", "false")
            .env("AZURE_CORE_COLLECT_TELEMETRY", "false")
            .env("REQUESTS_CA_BUNDLE", self.dev.get("CA_FILE"))
            .output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.success() != holds || !(said.contains(shows) || errors.contains(shows)) {
            bail!(
                "az {}: {}\n{said}{errors}",
                arguments.join(" "),
                output.status
            );
        }
        Ok(())
    }

    /// A user's life by `az ad user`, and an invitation by `az rest`; how many commands held.
    fn users(&self) -> Result<usize> {
        let upn = "grace@contoso.com";
        let url = format!("{}/v1.0/invitations", self.dev.get("BASE_URL"));
        let create: &[&str] = &["ad", "user", "create", "--display-name", "Grace Hopper"];
        let create = [
            create,
            &["--user-principal-name", upn],
            &["--password", "Correct-Horse-7-battery"],
        ]
        .concat();
        let invitation = r#"{"invitedUserEmailAddress":"sam@fabrikam.example","inviteRedirectUrl":"https://app.example"}"#;
        let rest: &[&str] = &["rest", "--method", "post", "--url", &url];
        let rest = [rest, &["--body", invitation]].concat();
        let commands: &[(&[&str], bool, &str)] = &[
            (&create, true, "Grace Hopper"),
            (&["ad", "user", "show", "--id", upn], true, "Grace Hopper"),
            (&["ad", "user", "list", "--upn", upn], true, "Grace Hopper"),
            (
                &["ad", "user", "list", "--display-name", "Gra"],
                true,
                "Grace Hopper",
            ),
            (
                &[
                    "ad",
                    "user",
                    "update",
                    "--id",
                    upn,
                    "--display-name",
                    "G. Hopper",
                ],
                true,
                "",
            ),
            (&["ad", "user", "show", "--id", upn], true, "G. Hopper"),
            (&["ad", "user", "delete", "--id", upn], true, ""),
            (
                &["ad", "user", "show", "--id", upn],
                false,
                "does not exist",
            ),
            (&rest, true, "inviteRedeemUrl"),
        ];
        for (arguments, holds, shows) in commands {
            self.az(arguments, *holds, shows)?;
        }
        Ok(commands.len())
    }
}
