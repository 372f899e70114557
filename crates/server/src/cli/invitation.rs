//! `vestibule invitation`: lists, shows, revokes and resends invitations.

use clap::{Args, Subcommand};
use directory::invitations::{InvitationState, LinkState, RevokedGuest};
use serde_json::{Value, json};
use uuid::Uuid;

use super::invite;
use super::output::Common;
use super::stopped;
use crate::terminal::{self, Failure, Screen, printable};

/// What can be done with invitations.
#[derive(Subcommand, Debug)]
pub enum InvitationCommand {
    /// List invitations, the open ones unless --all is given
    #[command(after_help = "Examples:
  vestibule invitation list --config vestibule.toml
  vestibule invitation list --config vestibule.toml --all --address sam@fabrikam.example")]
    List(ListArgs),
    /// Show an invitation; never its link
    #[command(after_help = "Example:
  vestibule invitation show ID --config vestibule.toml")]
    Show(OneArgs),
    /// Take an invitation back: its link ends, and a guest who is nothing but invited is deleted
    #[command(
        after_help = "The link answers 410 from the next request on; mails that wait are dropped. A guest who has accepted,
holds a role, or was there before stays.

Example:
  vestibule invitation revoke ID --config vestibule.toml"
    )]
    Revoke(OneArgs),
    /// Send an invitation again, with a new link; the links before it end
    #[command(
        after_help = "The running server sends the mail. --show-link prints the link, for a guest whom mail does not reach:
whoever has it and reads the guest's mail can accept.

Example:
  vestibule invitation resend ID --config vestibule.toml"
    )]
    Resend(ResendArgs),
}

/// Which invitations.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// Accepted, ended and expired ones, too
    #[arg(long)]
    all: bool,
    /// Only those to this mail address
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Which invitation.
#[derive(Args, Debug)]
pub struct OneArgs {
    /// The invitation's id
    #[arg(value_name = "ID")]
    id: Uuid,
    #[command(flatten)]
    common: Common,
}

/// Which invitation, and whether its link is wanted.
#[derive(Args, Debug)]
pub struct ResendArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Print the new link
    #[arg(long)]
    show_link: bool,
}

/// Runs the command.
pub fn run(command: InvitationCommand) -> Result<(), Failure> {
    match command {
        InvitationCommand::List(args) => list(&args),
        InvitationCommand::Show(args) => show(&args),
        InvitationCommand::Revoke(args) => revoke(&args),
        InvitationCommand::Resend(args) => resend(&args),
    }
}

/// Invitations read at a time.
const PAGE: u32 = 500;

fn list(args: &ListArgs) -> Result<(), Failure> {
    let wanted = |one: &InvitationState| {
        (args.all || one.link == LinkState::Open)
            && args
                .address
                .as_ref()
                .is_none_or(|address| address.eq_ignore_ascii_case(&one.address))
    };
    let mut found = args.common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = directory.invitation_states(&actor, after, PAGE).await;
            let page =
                page.map_err(|refusal| stopped::refused("cannot read the invitations", &refusal))?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = Some(last.id);
            found.extend(page.into_iter().filter(wanted));
        }
    })?;
    found.sort_by_key(|one| one.created_at);
    let cells: Vec<_> = found
        .iter()
        .map(|one| {
            vec![
                one.id.to_string(),
                one.address.clone(),
                one.link.word().to_owned(),
                one.delivery.to_owned(),
                one.created_at.strftime("%Y-%m-%d %H:%M").to_string(),
                one.inviter.clone(),
            ]
        })
        .collect();
    let head = ["ID", "ADDRESS", "LINK", "MAIL", "MADE (UTC)", "BY"];
    args.common
        .shape
        .list(found.iter().map(json).collect(), &head, &cells)
}

fn json(one: &InvitationState) -> Value {
    json!({
        "id": one.id,
        "userId": one.user,
        "address": one.address,
        "inviter": one.inviter,
        "link": one.link.word(),
        "mail": one.delivery,
        "created": one.created_at,
        "expires": one.expires_at,
        "accepted": one.accepted_at,
        "ended": one.ended_at,
    })
}

fn show(args: &OneArgs) -> Result<(), Failure> {
    let one = args.common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let one = directory.invitation_state(&actor, args.id).await;
        one.map_err(|refusal| unknown(args.id, &refusal))
    })?;
    if args.common.shape.is_json() {
        return Ok(terminal::print_json(&json(&one))?);
    }
    let mut screen = Screen::new(10);
    screen
        .row("Invitation", one.id.to_string())
        .row("Address", printable(&one.address))
        .row("Guest", one.user.to_string())
        .row("Invited by", printable(&one.inviter))
        .row("Link", one.link.word())
        .row("Mail", one.delivery)
        .row("Made", one.created_at.to_string())
        .row("Expires", one.expires_at.to_string());
    for (label, at) in [("Accepted", one.accepted_at), ("Ended", one.ended_at)] {
        if let Some(at) = at {
            screen.row(label, at.to_string());
        }
    }
    Ok(screen.show()?)
}

fn unknown(id: Uuid, refusal: &directory::Refusal) -> Failure {
    match refusal {
        directory::Refusal::NotFound { .. } => Failure::new(format!("there is no invitation {id}"))
            .mend("vestibule invitation list --all   (shows those there are)"),
        refusal => stopped::refused("the invitation was not changed", refusal),
    }
}

/// An invitation whose guest is gone is found, but cannot be sent again.
fn not_again(id: Uuid) -> Failure {
    Failure::new(format!("the invitation {id} cannot be sent again"))
        .because("there is none with this id, or its guest is not there any more")
        .mend("vestibule invite ADDRESS   (invites anew)")
}

fn revoke(args: &OneArgs) -> Result<(), Failure> {
    let guest = args.common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let guest = directory.revoke_invitation(&actor, args.id).await;
        guest.map_err(|refusal| unknown(args.id, &refusal))
    })?;
    let (revoked, deleted, words) = match guest {
        RevokedGuest::Deleted => (true, true, "revoked; the guest was deleted with it"),
        RevokedGuest::Kept => (true, false, "revoked; the guest stays"),
        RevokedGuest::EndedBefore => (false, false, "had ended before; nothing was changed"),
    };
    let json = json!({ "id": args.id, "revoked": revoked, "guestDeleted": deleted });
    args.common
        .shape
        .show(&json, || format!("{} {words}\n", args.id))
}

fn resend(args: &ResendArgs) -> Result<(), Failure> {
    let common = &args.one.common;
    let policy = invite::policy(&common.place)?;
    let invited = stopped::with_policy(&common.place, policy, async |directory| {
        let tenant = stopped::tenant(directory, common.tenant.as_deref()).await?;
        let actor = stopped::actor(directory, tenant.id).await?;
        let invited = directory.resend_invitation(&actor, args.one.id).await;
        invited.map_err(|refusal| match refusal {
            directory::Refusal::NotFound { .. } => not_again(args.one.id),
            refusal => unknown(args.one.id, &refusal),
        })
    })?;
    let link = args.show_link.then_some(&invited.link);
    let json = json!({ "id": invited.invitation, "userId": invited.user, "link": link });
    common.shape.show(&json, || {
        let mut text = format!("sent again as {}\n", invited.invitation);
        if let Some(link) = link {
            text = text + link + "\n";
        }
        text
    })
}
