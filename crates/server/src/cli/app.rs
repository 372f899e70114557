//! `vestibule app`: registers apps.

use clap::{Args, Subcommand};
use directory::{AppAdded, AppPlan, Permission, Permissions, Role, Tenant};
use serde_json::json;

use super::place::Place;
use super::stopped;
use super::terminal::{self, Failure, Screen};

/// What can be done with apps.
#[derive(Subcommand, Debug)]
pub enum AppCommand {
    /// Registers an app and prints its client id and its secret, once
    Add(AddArgs),
}

/// Registers an app and prints its client id and its secret, once
#[derive(Args, Debug)]
#[command(
    after_help = "Works beside a running server; the app can be used at once.

Examples:
  vestibule app add --config vestibule.toml --name Onboarding \\
      --permission User.Invite.All
  vestibule app add --config vestibule.toml --name Sync --json \\
      --permission User.ReadWrite.All --role 'User Administrator'"
)]
pub struct AddArgs {
    #[command(flatten)]
    place: Place,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Display name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Application permission, such as User.Invite.All; may be given several times
    #[arg(long = "permission", value_name = "PERMISSION", required = true, value_parser = permission)]
    permissions: Vec<Permission>,
    /// Directory role, by name or template id; may be given several times
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: AppCommand) -> Result<(), Failure> {
    let AppCommand::Add(args) = command;
    let plan = AppPlan {
        client_id: None,
        object: None,
        display_name: args.name.clone(),
        permissions: args.permissions.iter().copied().collect::<Permissions>(),
        secret: None,
    };
    let (tenant, added) = stopped::with_directory(&args.place, async |directory| {
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        let added = directory
            .add_app(tenant.id, plan)
            .await
            .map_err(|refusal| stopped::refused("the app was not added", &refusal))?;
        for role in &args.roles {
            directory
                .add_role(tenant.id, added.app.object, *role)
                .await
                .map_err(|refusal| {
                    stopped::refused("the app was added, but without its role", &refusal)
                })?;
        }
        Ok((tenant, added))
    })?;
    Ok(show(&args, &tenant, &added)?)
}

fn show(args: &AddArgs, tenant: &Tenant, added: &AppAdded) -> std::io::Result<()> {
    let permissions: Vec<_> = added.app.permissions.iter().map(Permission::name).collect();
    let roles: Vec<_> = args.roles.iter().map(|role| role.name()).collect();
    if args.json {
        return terminal::print_json(&json!({
            "tenant": tenant.id.0,
            "clientId": added.app.client_id,
            "objectId": added.app.object,
            "clientSecret": added.secret,
            "displayName": added.app.display_name,
            "permissions": permissions,
            "roles": roles,
        }));
    }
    let mut screen = Screen::new(11);
    screen
        .row(
            "Tenant",
            format!("{}  {}", tenant.initial_domain, tenant.id.0),
        )
        .row("Client id", added.app.client_id.to_string())
        .row("Secret", &added.secret)
        .row("Object id", added.app.object.to_string())
        .row("Permissions", permissions.join(", "));
    if !roles.is_empty() {
        screen.row("Roles", roles.join(", "));
    }
    screen
        .line("")
        .line("The secret is stored as a hash only and cannot be shown again.");
    screen.show()
}

fn permission(text: &str) -> Result<Permission, String> {
    let known = |permission: &Permission| permission.for_apps();
    Permission::from_name(text).filter(known).ok_or_else(|| {
        let names: Vec<_> = Permission::ALL
            .iter()
            .copied()
            .filter(known)
            .map(Permission::name)
            .collect();
        format!(
            "not a permission an app can hold; there are:\n  {}",
            names.join("\n  ")
        )
    })
}

/// Reads a role's name or template id.
pub(super) fn role(text: &str) -> Result<Role, String> {
    Role::from_text(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("not a directory role; there are:\n  {}", names.join("\n  "))
    })
}
