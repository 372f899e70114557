//! `vestibule mail`: whether mail leaves.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use directory::address::{Address, LocalParts};
use directory::{Ids as _, Mail, MailFailure, SystemIds};
use serde_json::json;

use super::output::OutputArgs;
use super::place::read_config;
use super::{mail, running};
use crate::terminal::{Failure, printable};

/// What can be done with mail.
#[derive(Subcommand, Debug)]
pub enum MailCommand {
    /// Send a test mail by the relay of the configuration, and say what the relay said
    #[command(
        after_help = "Speaks to the relay itself, with the settings that `serve` uses: a wrong certificate, user or sender is
told here. That the relay took the mail does not say that it arrived: look into the mailbox.

Example:
  vestibule mail test you@contoso.com --config vestibule.toml"
    )]
    Test(TestArgs),
}

/// To whom, by which configuration.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Where the mail goes
    #[arg(value_name = "ADDRESS", value_parser = address)]
    address: Address,
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(flatten)]
    shape: OutputArgs,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text, LocalParts::Utf8).map_err(|fault| fault.to_string())
}

/// Runs the command.
pub fn run(command: &MailCommand) -> Result<(), Failure> {
    let MailCommand::Test(args) = command;
    let config = read_config(&args.config)?;
    let origins = config.origins().map_err(|(setting, why)| {
        Failure::new("the configuration cannot be used").because(format!("{setting}: {why}"))
    })?;
    let hello = origins
        .listed()
        .first()
        .map_or("localhost", |origin| origin.host());
    let mailer = mail::of_service(config.mail.as_ref(), hello)?.ok_or_else(|| {
        Failure::new("the configuration names no mail server")
            .mend(format!("[mail] in {}", args.config.display()))
    })?;
    let origin = origins.first();
    let text = format!(
        "This is a test mail from Vestibule at {origin}.\n\n\
         The mail server took it, so invitations and codes leave by it, too.\n"
    );
    let mail = Mail {
        message_id: format!("{}@{hello}", SystemIds.uuid()),
        to: args.address.as_str().to_owned(),
        from_name: None,
        cc: None,
        reply_to: None,
        unsubscribe: None,
        logo: None,
        subject: "Test mail from Vestibule".to_owned(),
        html: format!("<p>{}</p>", text.trim().replace("\n\n", "</p><p>")),
        text,
        language: "en".to_owned(),
    };
    let sent = running::runtime()?.block_on(mailer.send(&mail));
    let id = &mail.message_id;
    match sent {
        Ok(()) => {
            let json = json!({ "to": mail.to, "messageId": id, "accepted": true });
            args.shape.show(&json, || {
                format!(
                    "the mail server took the mail to {} (Message-ID {id})\n",
                    mail.to
                )
            })
        }
        Err(MailFailure::Later(why)) => Err(Failure::new("the mail did not leave")
            .because(printable(&why))
            .because("an invitation would be tried again for 48 hours")),
        Err(MailFailure::Never(why)) => {
            Err(Failure::new("the mail server refuses this mail").because(printable(&why)))
        }
    }
}
