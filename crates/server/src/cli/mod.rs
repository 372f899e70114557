//! The command line.

pub mod app;
pub mod audit;
pub mod browse;
pub mod client;
pub mod dev;
pub mod dev_env;
pub mod export;
pub mod form;
pub mod import;
pub mod init;
pub mod invite;
pub mod mail;
pub mod operations;
pub mod place;
pub mod role;
pub mod running;
pub mod serve;
pub mod stopped;
pub mod terminal;
pub mod token;
pub mod try_invite;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use terminal::Failure;

/// A user directory and guest-invitation server that speaks the Microsoft Graph API
#[derive(Parser, Debug)]
#[command(
    name = "vestibule",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "At your desk:
  vestibule dev                              a tenant, an app, a mailbox to look into
  vestibule try invite sam@fabrikam.example  in a second terminal: the whole story
  vestibule token                            an access token for curl and scripts

As a service:
  vestibule init --dir DIR ...               writes configuration, key and database
  vestibule app add --config FILE ...        registers an app, prints its secret once
  vestibule serve --config FILE

Many at a time:
  vestibule import users.csv --dry-run       users from a file, row by row
  vestibule export users.ndjson              and into one
  vestibule invite guests.csv                guests from a file

Exit codes: 0 done, 1 failed, 2 wrong usage."
)]
struct Cli {
    /// What the log shows: error, warn, info, debug, trace, or a list such as `info,server=debug`
    #[arg(
        long,
        global = true,
        env = "VESTIBULE_LOG",
        value_name = "FILTER",
        hide_env_values = true,
        display_order = 900
    )]
    log: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Dev(dev::DevArgs),
    Serve(serve::ServeArgs),
    Init(init::InitArgs),
    /// Apps and their permissions
    #[command(subcommand, arg_required_else_help = true)]
    App(app::AppCommand),
    /// Directory roles of apps and users
    #[command(subcommand, arg_required_else_help = true)]
    Role(role::RoleCommand),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Invite(invite::InviteArgs),
    Token(token::TokenArgs),
    /// The audit trail
    #[command(subcommand, arg_required_else_help = true)]
    Audit(audit::AuditCommand),
    /// Tries a running server out, as a person would
    #[command(subcommand, arg_required_else_help = true)]
    Try(try_invite::TryCommand),
}

/// Reads the arguments, runs the command and reports how it went.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command, cli.log.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn dispatch(command: Command, log: Option<&str>) -> Result<(), Failure> {
    match command {
        Command::Dev(args) => dev::run(&args, log),
        Command::Serve(args) => serve::run(&args, log),
        Command::Init(args) => init::run(&args),
        Command::App(command) => app::run(command),
        Command::Role(command) => role::run(command),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Invite(args) => invite::run(&args),
        Command::Token(args) => token::run(args),
        Command::Audit(command) => audit::run(command),
        Command::Try(command) => try_invite::run(command),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }
}
