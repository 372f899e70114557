//! `vestibule role`: directory roles of apps and users.

use clap::{Args, Subcommand};
use directory::{Role, RoleAssigned, RoleRemoved};
use serde_json::json;

use super::app::{role, role_name};
use super::find;
use super::output::Common;
use super::stopped;
use crate::terminal::{Failure, printable};

/// What can be done with roles.
#[derive(Subcommand, Debug)]
pub enum RoleCommand {
    /// Give an app or a user a directory role
    #[command(
        after_help = "Works beside a running server; tokens issued from now on carry the role.

Examples:
  vestibule role add --config vestibule.toml --principal Sync --role 'User Administrator'
  vestibule role add --config vestibule.toml --principal adele@contoso.com \\
      --role 'Guest Inviter'"
    )]
    Add(GiveArgs),
    /// Take a directory role from an app or a user
    #[command(
        after_help = "A running server stops honouring it within a second, for tokens that were issued before, too.

Example:
  vestibule role remove --config vestibule.toml --principal Sync --role 'User Administrator'"
    )]
    Remove(GiveArgs),
    /// List who holds which directory role
    #[command(after_help = "Example:
  vestibule role list --config vestibule.toml")]
    List(ListArgs),
}

/// Who, and which role.
#[derive(Args, Debug)]
pub struct GiveArgs {
    #[command(flatten)]
    common: Common,
    /// An app by name, client id or object id; a user by userPrincipalName, mail or object id
    #[arg(long, value_name = "NAME")]
    principal: String,
    /// The role, by name or template id
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
}

/// Which tenant's.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(command: RoleCommand) -> Result<(), Failure> {
    match command {
        RoleCommand::Add(args) => add(&args),
        RoleCommand::Remove(args) => remove(&args),
        RoleCommand::List(args) => list(&args.common),
    }
}

fn add(args: &GiveArgs) -> Result<(), Failure> {
    let (who, outcome) = args.common.within(async |directory, tenant| {
        let who = find::principal(directory, tenant, &args.principal).await?;
        let outcome = directory.add_role(tenant.id, who.object, args.role).await;
        let outcome =
            outcome.map_err(|refusal| stopped::refused("the role was not given", &refusal))?;
        Ok((who, outcome))
    })?;
    let word = match outcome {
        RoleAssigned::Assigned => "now holds",
        RoleAssigned::AlreadyHeld => "held already:",
    };
    say(args, &who, outcome == RoleAssigned::Assigned, word)
}

fn remove(args: &GiveArgs) -> Result<(), Failure> {
    let (who, outcome) = args.common.within(async |directory, tenant| {
        let who = match find::principal(directory, tenant, &args.principal).await {
            Ok(who) => who,
            // Somebody who was deleted since can still be named by the object id that `role list`
            // shows.
            Err(unknown) => find::Principal {
                object: args.principal.parse().map_err(|_| unknown)?,
                name: args.principal.clone(),
            },
        };
        let outcome = directory
            .remove_role(tenant.id, who.object, args.role)
            .await;
        let outcome =
            outcome.map_err(|refusal| stopped::refused("the role was not taken away", &refusal))?;
        Ok((who, outcome))
    })?;
    let word = match outcome {
        RoleRemoved::Removed => "no longer holds",
        RoleRemoved::NotHeld => "did not hold",
    };
    say(args, &who, outcome == RoleRemoved::Removed, word)
}

fn say(args: &GiveArgs, who: &find::Principal, changed: bool, word: &str) -> Result<(), Failure> {
    let name = args.role.name();
    let json = json!({
        "principalId": who.object, "principal": who.name, "role": name,
        "roleTemplateId": args.role.template(), "changed": changed,
    });
    args.common.shape.show(&json, || {
        format!("{} {word} {name}\n", printable(&who.name))
    })
}

fn list(common: &Common) -> Result<(), Failure> {
    let rows = common.within(async |directory, tenant| {
        let unreadable = |refusal| stopped::refused("cannot read the roles", &refusal);
        let apps = directory.apps(tenant.id).await.map_err(unreadable)?;
        let held = directory
            .role_assignments(tenant.id)
            .await
            .map_err(unreadable)?;
        let reader = directory.store().read(tenant.id);
        let mut rows = Vec::with_capacity(held.len());
        for held in held {
            let app = apps.iter().find(|app| app.object == held.principal);
            let (kind, name) = match app {
                Some(app) => ("app", app.display_name.clone()),
                None => match reader.user(held.principal).await {
                    Ok(Some(user)) => ("user", user.upn),
                    Ok(None) => ("gone", String::new()),
                    Err(error) => return Err(unreadable(error.into())),
                },
            };
            rows.push((held, kind, name));
        }
        Ok(rows)
    })?;
    let json = rows
        .iter()
        .map(|(held, kind, name)| {
            json!({
                "principalId": held.principal, "principalKind": kind, "principal": name,
                "role": role_name(&held.template), "roleTemplateId": held.template,
            })
        })
        .collect();
    let cells: Vec<_> = rows
        .iter()
        .map(|(held, kind, name)| {
            vec![
                role_name(&held.template),
                (*kind).to_owned(),
                name.clone(),
                held.principal.to_string(),
            ]
        })
        .collect();
    common
        .shape
        .list(json, &["ROLE", "KIND", "PRINCIPAL", "OBJECT ID"], &cells)
}
