//! `vestibule user`: one user, looked at or removed.

use clap::{Args, Subcommand};
use directory::{Condition, UserKey};
use edm::{Version, document, user};
use serde_json::{Value, json};

use super::find;
use super::output::Common;
use super::stopped;
use crate::terminal::{self, Failure, Screen, printable};

/// What can be done with a user.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Show a user
    #[command(after_help = "Example:
  vestibule user show sam@fabrikam.example --config vestibule.toml")]
    Show(OneArgs),
    /// Remove a user: a guest who leaves, a colleague who left
    #[command(
        after_help = "The user's tokens stop working at the next request to a running server, open invitations end, and
names and addresses are free again. Within 30 days the user can be restored with
POST /directory/deletedItems/{id}/restore; --permanently leaves nothing to restore.

Example:
  vestibule user remove sam@fabrikam.example --config vestibule.toml"
    )]
    Remove(RemoveArgs),
}

/// Which user.
#[derive(Args, Debug)]
pub struct OneArgs {
    /// userPrincipalName, mail address or object id
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    common: Common,
}

/// Which user, and how thoroughly.
#[derive(Args, Debug)]
pub struct RemoveArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Leave nothing to restore
    #[arg(long)]
    permanently: bool,
}

/// Runs the command.
pub fn run(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Show(args) => show(&args),
        UserCommand::Remove(args) => remove(&args),
    }
}

/// What is shown of a user: the label, and the property.
const SHOWN: [(&str, &str); 9] = [
    ("Name", "displayName"),
    ("Sign-in name", "userPrincipalName"),
    ("Mail", "mail"),
    ("Object id", "id"),
    ("Type", "userType"),
    ("Enabled", "accountEnabled"),
    ("Invitation", "externalUserState"),
    ("Made", "createdDateTime"),
    ("Company", "companyName"),
];

fn show(args: &OneArgs) -> Result<(), Failure> {
    let (value, roles) = args.common.within(async |directory, tenant| {
        let row = find::user(directory, tenant, &args.user).await?;
        let unreadable = |refusal| stopped::refused("cannot read the user", &refusal);
        let actor = stopped::actor(directory, tenant.id).await?;
        let record = directory.record(&actor, &row).map_err(unreadable)?;
        let ty = actor.entity(&user::TYPE);
        let text = document::default_set(&record, ty, Version::Beta).object();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let roles = directory.roles_of(tenant.id, row.id).await;
        Ok((value, roles.map_err(unreadable)?))
    })?;
    let roles: Vec<_> = roles
        .templates()
        .iter()
        .map(super::app::role_name)
        .collect();
    if args.common.shape.is_json() {
        return Ok(terminal::print_json(&value)?);
    }
    let mut screen = Screen::new(12);
    for (label, name) in SHOWN {
        match value.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => {
                screen.row(label, printable(text));
            }
            Some(other) => {
                screen.row(label, other.to_string());
            }
        }
    }
    if !roles.is_empty() {
        screen.row("Roles", roles.join(", "));
    }
    Ok(screen.show()?)
}

fn remove(args: &RemoveArgs) -> Result<(), Failure> {
    let common = &args.one.common;
    let row = common.within(async |directory, tenant| {
        let row = find::user(directory, tenant, &args.one.user).await?;
        let refused = |refusal| stopped::refused("the user was not removed", &refusal);
        let actor = stopped::actor(directory, tenant.id).await?;
        directory
            .delete_user(&actor, &UserKey::Id(row.id), Condition::Any)
            .await
            .map_err(refused)?;
        if args.permanently {
            directory
                .purge_user(&actor, row.id)
                .await
                .map_err(refused)?;
        }
        Ok(row)
    })?;
    let json = json!({
        "id": row.id, "userPrincipalName": row.upn, "removed": true, "permanently": args.permanently,
    });
    common.shape.show(&json, || {
        let how = if args.permanently {
            "for good"
        } else {
            "and can be restored for 30 days"
        };
        format!("{} ({}) removed, {how}\n", printable(&row.upn), row.id)
    })
}
