//! `vestibule try invite`: the whole story against a running server, as an app and a guest live it.
//!
//! There is no shortcut: headless, the same pages are fetched that a browser fetches, the forms on
//! them are filled in and sent, and the code is read from the mailbox.

use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use form_urlencoded::byte_serialize;
use serde_json::{Value, json};
use url::Url;

use super::browse::Browser;
use super::client::Client;
use super::place::{Access, InstanceArgs, ORDER};
use super::token;
use crate::terminal::{self, Failure, Style, printable};

/// How long a mail may take to reach dev's mailbox; it takes milliseconds.
const MAIL_WAIT: Duration = Duration::from_secs(10);
/// Between two looks into the mailbox.
const MAIL_PAUSE: Duration = Duration::from_millis(10);

/// What can be tried.
#[derive(Subcommand, Debug)]
pub enum TryCommand {
    /// Invite a guest, show the mail and print the link
    Invite(InviteArgs),
}

/// Invite a guest, show the mail and print the link
#[derive(Args, Debug)]
#[command(
    after_help = format!("With --headless the rest of the story follows: the link is opened, the code \
        asked for, read from the mailbox and typed, the invitation accepted, and the guest read \
        back. The last line is `Accepted`.

{ORDER}

Examples:
  vestibule try invite sam@fabrikam.example
  vestibule try invite sam@fabrikam.example --headless")
)]
pub struct InviteArgs {
    /// Address of the guest
    #[arg(value_name = "ADDRESS")]
    address: String,
    /// Go on as the guest, without a browser
    #[arg(long)]
    headless: bool,
    /// Where the guest goes after accepting [default: a page of the server's own]
    #[arg(long, value_name = "URL")]
    redirect: Option<Url>,
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    credentials: token::Credentials,
}

/// Runs the command.
pub fn run(command: TryCommand) -> Result<(), Failure> {
    let TryCommand::Invite(args) = command;
    let access = args.credentials.clone().over(args.place.access()?)?;
    let story = Story::begin(&access)?;
    let page = if story.client.shows_mails(&story.base)? {
        "/outbox"
    } else {
        "/redeem/done"
    };
    let redirect = args
        .redirect
        .as_ref()
        .map_or_else(|| format!("{}{page}", access.for_people()), Url::to_string);
    let invitation = story.invite(&args.address, &redirect)?;
    let mail = story.mail(&args.address, |mail| {
        text(mail, "redeemUrl") == Some(&invitation.link)
    })?;
    if let Some(mail) = &mail {
        show_mail(mail)?;
    } else {
        let address = printable(&args.address);
        terminal::print(&format!(
            "The mail goes to {address}; this server does not show it.\n"
        ))?;
    }
    if args.headless {
        if mail.is_none() {
            return Err(Failure::new("--headless needs a mailbox that can be read")
                .because("only `vestibule dev` shows its mails"));
        }
        return story.redeem(&args.address, &invitation);
    }
    let style = Style::stdout();
    terminal::print(&format!(
        "\n{}\n  {}\n",
        style.bold("Open this link as the guest"),
        invitation.link
    ))?;
    if mail.is_some() {
        let note = format!(
            "The code it sends arrives at {}/outbox",
            access.for_people()
        );
        terminal::print(&format!("  {}\n", style.dim(&note)))?;
    }
    Ok(())
}

/// An invitation just made.
struct Invitation {
    guest: String,
    link: String,
    redirect: String,
}

/// The app's side: a client with a token, and what it does.
struct Story {
    client: Client,
    base: String,
    token: String,
    started: Instant,
    access: Access,
}

impl Story {
    fn begin(access: &Access) -> Result<Self, Failure> {
        let started = Instant::now();
        let client = Client::new(access.ca_file.as_deref())?;
        let token = token::fetch(&client, access)?;
        let story = Self {
            client,
            base: access.base_url.clone(),
            token,
            started,
            access: access.clone(),
        };
        story.step("token", "the app signed in")?;
        Ok(story)
    }

    /// One line of the story: how long it took so far, what, and a few words.
    fn step(&self, what: &str, words: &str) -> Result<(), Failure> {
        let millis = self.started.elapsed().as_millis();
        let style = Style::stdout();
        Ok(terminal::print(&format!(
            "{}  {what:<9} {words}\n",
            style.dim(&format!("{millis:>5} ms"))
        ))?)
    }

    fn invite(&self, address: &str, redirect: &str) -> Result<Invitation, Failure> {
        let body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": redirect,
            "sendInvitationMessage": true,
        });
        let answer = self.client.post_json(
            &format!("{}/v1.0/invitations", self.base),
            &self.token,
            &body,
        )?;
        if answer.status != 201 {
            return Err(answer.failure("inviting"));
        }
        let json = answer.json();
        let member = |path: &str| {
            json.pointer(path)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        let (Some(guest), Some(link)) = (member("/invitedUser/id"), member("/inviteRedeemUrl"))
        else {
            return Err(Failure::new("the server's answer is no invitation"));
        };
        self.step("invited", &format!("{}, guest {guest}", printable(address)))?;
        Ok(Invitation {
            guest,
            link,
            redirect: redirect.to_owned(),
        })
    }

    /// The newest mail to the address that `wanted` picks; none where the server shows no mails.
    fn mail(
        &self,
        address: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Option<Value>, Failure> {
        let query: String = byte_serialize(address.as_bytes()).collect();
        let url = format!("{}/outbox/messages?to={query}", self.base);
        let until = Instant::now() + MAIL_WAIT;
        while Instant::now() < until {
            let answer = self.client.get(&url, None)?;
            if answer.status == 404 {
                return Ok(None);
            }
            if answer.status != 200 {
                return Err(answer.failure("looking into the mailbox"));
            }
            let json = answer.json();
            let mails = json.get("value").and_then(Value::as_array);
            if let Some(mail) = mails.into_iter().flatten().find(|mail| wanted(mail)) {
                return Ok(Some(mail.clone()));
            }
            std::thread::sleep(MAIL_PAUSE);
        }
        Err(Failure::new(format!(
            "no mail to {} arrived within {} s",
            printable(address),
            MAIL_WAIT.as_secs()
        ))
        .because("the server's log says what became of it"))
    }

    /// The guest's side, in a browser of its own.
    fn redeem(&self, address: &str, invitation: &Invitation) -> Result<(), Failure> {
        let mut browser = Browser::new(self.access.ca_file.as_deref())?;
        browser.open(&invitation.link)?;
        self.step("opened", "the link leads to the landing page")?;
        let before = self.codes(address)?;
        browser.press("code")?;
        self.step("asked", "for a code")?;
        let mail = self.mail(address, |mail| {
            text(mail, "passcode").is_some()
                && !before
                    .iter()
                    .any(|id| Some(id.as_str()) == text(mail, "id"))
        })?;
        let code = mail
            .as_ref()
            .and_then(|mail| text(mail, "passcode"))
            .unwrap_or_default();
        self.step("mail", "the code arrived")?;
        browser.type_code(code)?;
        self.step("proved", "the code was right")?;
        let reached = browser.press("accept")?;
        if reached.as_deref() != Some(invitation.redirect.as_str()) {
            let seen = reached.unwrap_or_else(|| browser.heading());
            return Err(Failure::new("accepting did not lead to the redirect URL")
                .because(printable(&seen)));
        }
        self.step(
            "accepted",
            &format!("and sent to {}", printable(&invitation.redirect)),
        )?;
        self.check_accepted(invitation)?;
        self.step("checked", "the guest's externalUserState")?;
        Ok(terminal::print(&format!(
            "{}\n",
            Style::stdout().green("Accepted")
        ))?)
    }

    /// Ids of the code mails that lie in the mailbox already, from earlier stories.
    fn codes(&self, address: &str) -> Result<Vec<String>, Failure> {
        let query: String = byte_serialize(address.as_bytes()).collect();
        let answer = self
            .client
            .get(&format!("{}/outbox/messages?to={query}", self.base), None)?;
        let json = answer.json();
        let mails = json.get("value").and_then(Value::as_array);
        let codes = mails
            .into_iter()
            .flatten()
            .filter(|mail| text(mail, "passcode").is_some());
        Ok(codes
            .filter_map(|mail| text(mail, "id").map(ToOwned::to_owned))
            .collect())
    }

    fn check_accepted(&self, invitation: &Invitation) -> Result<(), Failure> {
        let url = format!(
            "{}/v1.0/users/{}?$select=id,externalUserState",
            self.base, invitation.guest
        );
        let answer = self.client.get(&url, Some(&self.token))?;
        let json = answer.json();
        match text(&json, "externalUserState") {
            Some("Accepted") => Ok(()),
            _ if answer.status != 200 => Err(answer.failure("reading the guest")),
            state => Err(Failure::new(format!(
                "the guest's externalUserState is {}",
                state.unwrap_or("not there")
            ))),
        }
    }
}

fn text<'a>(json: &'a Value, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Value::as_str)
}

fn show_mail(mail: &Value) -> std::io::Result<()> {
    let style = Style::stdout();
    let field = |name: &str| printable(text(mail, name).unwrap_or_default());
    let mut shown = String::from("\n");
    for (label, value) in [
        ("To", field("to")),
        ("Subject", field("subject")),
        ("Sent", field("sentDateTime")),
    ] {
        shown = shown + "  " + &style.dim(&format!("{label:<8}")) + &value + "\n";
    }
    shown.push('\n');
    for line in field("text").lines() {
        shown = shown + "  " + &style.dim("|") + " " + line + "\n";
    }
    shown.push('\n');
    terminal::print(&shown)
}
