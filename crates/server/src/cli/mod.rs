//! The command line.

pub mod app;
pub mod audit;
pub mod backup;
pub mod block;
pub mod browse;
pub mod check;
pub mod client;
pub mod clock;
pub mod completions;
pub mod dev;
pub mod dev_env;
mod dev_screen;
pub mod export;
pub mod find;
pub mod form;
pub mod import;
pub mod init;
pub mod invitation;
pub mod invite;
pub mod keys;
pub mod mail;
pub mod mail_test;
pub mod migrate;
pub mod operations;
pub mod output;
pub mod place;
pub mod ready;
pub mod role;
pub mod running;
pub mod serve;
pub mod start;
pub mod stopped;
pub mod token;
pub mod try_invite;
pub mod user;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::terminal::Failure;

/// A user directory and guest-invitation server that speaks the Microsoft Graph API
#[derive(Parser, Debug)]
#[command(
    name = "vestibule",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
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

As an administrator:
  vestibule app list | disable | rotate-secret ...   take back what apps were given
  vestibule invitation list | revoke | resend ...    see to invitations
  vestibule keys rotate, vestibule audit verify      keys and the audit trail
  vestibule config check, mail test, backup DIR      before and while it runs
  vestibule migrate                                  after an upgrade, before the start

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
    /// Register apps, and take back what they were given
    #[command(subcommand, arg_required_else_help = true)]
    App(app::AppCommand),
    /// Give directory roles to apps and users, and take them away
    #[command(subcommand, arg_required_else_help = true)]
    Role(role::RoleCommand),
    /// Show or remove a user
    #[command(subcommand, arg_required_else_help = true)]
    User(user::UserCommand),
    /// List, revoke and resend invitations
    #[command(subcommand, arg_required_else_help = true)]
    Invitation(invitation::InvitationCommand),
    /// Rotate the keys of the instance
    #[command(subcommand, arg_required_else_help = true)]
    Keys(keys::KeysCommand),
    /// See the time by which links end, and turn it back
    #[command(subcommand, arg_required_else_help = true)]
    Clock(clock::ClockCommand),
    /// See and lift what holds addresses back
    #[command(subcommand, arg_required_else_help = true)]
    Block(block::BlockCommand),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Invite(invite::InviteArgs),
    Token(token::TokenArgs),
    Ready(ready::ReadyArgs),
    /// List the audit trail, and verify it
    #[command(subcommand, arg_required_else_help = true)]
    Audit(audit::AuditCommand),
    /// Try a running server out, as a person would
    #[command(subcommand, arg_required_else_help = true)]
    Try(try_invite::TryCommand),
    /// Check a configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(check::ConfigCommand),
    /// Try whether mail leaves
    #[command(subcommand, arg_required_else_help = true)]
    Mail(mail_test::MailCommand),
    Backup(backup::BackupArgs),
    Migrate(migrate::MigrateArgs),
    Completions(completions::CompletionsArgs),
}

/// The whole command line, for tests that walk it.
pub fn command() -> clap::Command {
    Cli::command()
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
        Command::Keys(command) => keys::run(command),
        Command::Import(args) => import::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Invite(args) => invite::run(&args),
        Command::Token(args) => token::run(args),
        Command::Ready(args) => ready::run(&args),
        Command::Audit(command) => audit::run(command),
        Command::Try(command) => try_invite::run(command),
        Command::Block(command) => block::run(command),
        Command::Clock(command) => clock::run(command),
        Command::User(command) => user::run(command),
        Command::Invitation(command) => invitation::run(command),
        Command::Config(command) => check::run(&command),
        Command::Mail(command) => mail_test::run(&command),
        Command::Backup(args) => backup::run(&args),
        Command::Migrate(args) => migrate::run(&args, log),
        Command::Completions(args) => completions::run(&args, Cli::command()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_fit_together() {
        command().debug_assert();
    }
}
