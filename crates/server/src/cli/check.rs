//! `vestibule config`: what `serve` would say of a configuration, without serving.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use directory::Policy;
use serde_json::json;
use store::Role;

use super::output::Shape;
use super::place::read_config;
use super::terminal::{Failure, Style};
use super::{mail, running, serve};
use crate::config::{Config, safety};
use crate::http::tls::Tls;
use crate::instance::open;
use crate::log;
use crate::pages::Pages;

/// What can be done with a configuration.
#[derive(Subcommand, Debug)]
pub enum ConfigCommand {
    /// Check a configuration and everything it names, as `serve` would at its start
    #[command(
        after_help = "Reads the configuration, the master key, the certificate, the templates, the mail settings and the
database, and names all that is wrong. Works beside a running server, whose ports it does not try.

Example:
  vestibule config check --config vestibule.toml

Exit codes: 0 a server would start, 1 it would not, 2 wrong usage."
    )]
    Check(CheckArgs),
}

/// Which configuration.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    shape: Shape,
}

/// Runs the command.
pub fn run(command: &ConfigCommand) -> Result<(), Failure> {
    let ConfigCommand::Check(args) = command;
    let config = read_config(&args.config)?;
    let problems = running::runtime()?.block_on(problems(&config, &args.config));
    let file = args.config.display().to_string();
    let json = json!({ "file": file, "good": problems.is_empty(), "problems": problems });
    if problems.is_empty() {
        return args.shape.show(&json, || {
            format!("{} {file}\n", Style::stdout().green("good:"))
        });
    }
    if args.shape.is_json() {
        args.shape.show(&json, String::new)?;
    }
    let failure = Failure::new(format!("a server would not start with {file}"));
    Err(problems.into_iter().fold(failure, Failure::because))
}

async fn problems(config: &Config, path: &Path) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    found.extend(safety::dangers(config).iter().map(ToString::to_string));
    if let Err(error) = log::check(&config.log.filter) {
        found.push(format!("log.filter: {error}"));
    }
    if let (Some(certificate), Some(key)) = (&config.listen.certificate, &config.listen.key)
        && let Err(error) = Tls::load(certificate, key).map(Arc::new)
    {
        found.push(format!("listen: {error}"));
    }
    if let Err(error) = Pages::load(config.templates_dir.as_deref()) {
        found.push(format!("templates_dir: {error}"));
    }
    if let Err(failure) = mail::of_service(config.mail.as_ref(), "localhost") {
        found.extend(failure.reasons().iter().cloned());
    }
    database(config, path, &mut found).await;
    found
}

async fn database(config: &Config, path: &Path, found: &mut Vec<String>) {
    let key = match open::master_key(&config.data_dir, &config.key_file).await {
        Ok(key) => key,
        Err(error) => return found.push(format!("key_file: {error}")),
    };
    let dangers = safety::dangers_on_disk(config, path, &key);
    found.extend(dangers.iter().map(ToString::to_string));
    if let Err(why) = open::is_there(&config.data_dir) {
        return found.push(format!("data_dir: {why}"));
    }
    let store = match open::store(&config.data_dir, &key, Role::Tool) {
        Ok(store) => store,
        Err(error) => return found.push(format!("data_dir: {error}")),
    };
    let policy = config.origins().map_or_else(
        |_| Policy::idle(),
        |origins| serve::policy(config, &origins),
    );
    let directory = open::directory(store, &key, policy);
    match directory.signing_keys().await {
        Err(error) => found.push(format!("key_file: {error}")),
        Ok(_) => {
            for (name, settings) in &config.tenants {
                let checked = match directory.find_tenant(name).await {
                    Ok(_) => directory.check_settings(&settings.clone().into()),
                    Err(refusal) => Err(refusal),
                };
                if let Err(refusal) = checked {
                    found.push(format!("tenants.{name:?}: {refusal}"));
                }
            }
        }
    }
    directory.store().close().await;
}
