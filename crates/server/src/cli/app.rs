//! `vestibule app`: registers apps, and takes back what they were given.

use clap::{Args, Subcommand};
use directory::{App, AppAdded, AppPlan, Directory, Permission, Permissions, Role, Tenant};
use serde_json::{Value, json};

use super::find;
use super::output::Common;
use super::stopped;
use crate::terminal::{self, Failure, Screen, printable};

/// What can be done with apps.
#[derive(Subcommand, Debug)]
pub enum AppCommand {
    /// Register an app and print its client id and its secret, once
    Add(AddArgs),
    /// List the apps with their permissions
    List(ListArgs),
    /// Show an app, its permissions and its roles
    #[command(after_help = "Example:
  vestibule app show Onboarding --config vestibule.toml")]
    Show(OneArgs),
    /// Disable an app: it gets no tokens, and its tokens stop working
    #[command(after_help = "Takes effect at the next request to a running server.

Example:
  vestibule app disable Onboarding --config vestibule.toml")]
    Disable(OneArgs),
    /// Enable an app that was disabled
    #[command(after_help = "Example:
  vestibule app enable Onboarding --config vestibule.toml")]
    Enable(OneArgs),
    /// Remove an app and its roles for good
    #[command(
        after_help = "Takes effect at the next request to a running server. What the app did stays done.

Example:
  vestibule app remove Onboarding --config vestibule.toml"
    )]
    Remove(OneArgs),
    /// Give an app a new secret, printed once; the old one ends
    #[command(
        after_help = "The old secret gets no token any more, and the tokens that it got are refused at their next request.

Example:
  vestibule app rotate-secret Onboarding --config vestibule.toml"
    )]
    RotateSecret(OneArgs),
    /// Give an app permissions, or take them away
    #[command(subcommand, arg_required_else_help = true)]
    Permission(PermissionCommand),
}

/// What can be done with an app's permissions.
#[derive(Subcommand, Debug)]
pub enum PermissionCommand {
    /// Give an app further permissions
    #[command(after_help = "Tokens issued from now on carry them.

Example:
  vestibule app permission add Onboarding User.Invite.All --config vestibule.toml")]
    Add(PermissionArgs),
    /// Take permissions from an app
    #[command(
        after_help = "Takes effect at the next request to a running server, for tokens that were issued before, too.

Example:
  vestibule app permission remove Onboarding User.ReadWrite.All --config vestibule.toml"
    )]
    Remove(PermissionArgs),
}

/// Register an app and print its client id and its secret, once
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
    common: Common,
    /// Display name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Application permission, such as User.Invite.All; may be given several times
    #[arg(long = "permission", value_name = "PERMISSION", required = true, value_parser = permission)]
    permissions: Vec<Permission>,
    /// Directory role, by name or template id; may be given several times
    #[arg(long = "role", value_name = "ROLE", value_parser = role)]
    roles: Vec<Role>,
}

/// List the apps with their permissions
#[derive(Args, Debug)]
#[command(after_help = "Example:
  vestibule app list --config vestibule.toml")]
pub struct ListArgs {
    #[command(flatten)]
    common: Common,
}

/// Which app.
#[derive(Args, Debug)]
pub struct OneArgs {
    /// Client id, object id or name
    #[arg(value_name = "APP")]
    app: String,
    #[command(flatten)]
    common: Common,
}

/// An app and permissions.
#[derive(Args, Debug)]
pub struct PermissionArgs {
    /// Client id, object id or name
    #[arg(value_name = "APP")]
    app: String,
    /// Application permission, such as User.Invite.All; several may be named
    #[arg(value_name = "PERMISSION", required = true, value_parser = permission)]
    permissions: Vec<Permission>,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(command: AppCommand) -> Result<(), Failure> {
    match command {
        AppCommand::Add(args) => add(&args),
        AppCommand::List(args) => list(&args.common),
        AppCommand::Show(args) => show_one(&args),
        AppCommand::Disable(args) => change(&args, "disabled", async |directory, tenant, app| {
            directory
                .set_app_enabled(tenant.id, app.client_id, false)
                .await
        }),
        AppCommand::Enable(args) => change(&args, "enabled", async |directory, tenant, app| {
            directory
                .set_app_enabled(tenant.id, app.client_id, true)
                .await
        }),
        AppCommand::Remove(args) => change(&args, "removed", async |directory, tenant, app| {
            directory.remove_app(tenant.id, app.client_id).await
        }),
        AppCommand::RotateSecret(args) => rotate_secret(&args),
        AppCommand::Permission(command) => permissions(&command),
    }
}

fn add(args: &AddArgs) -> Result<(), Failure> {
    let plan = AppPlan {
        client_id: None,
        object: None,
        display_name: args.name.clone(),
        permissions: args.permissions.iter().copied().collect::<Permissions>(),
        secret: None,
    };
    let (tenant, added) = args.common.within(async |directory, tenant| {
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
        Ok((tenant.clone(), added))
    })?;
    let roles: Vec<_> = args.roles.iter().map(|role| role.name()).collect();
    Ok(show_secret(&args.common, &tenant, &added, &roles)?)
}

/// An app with its secret, which is shown this once.
fn show_secret(
    common: &Common,
    tenant: &Tenant,
    added: &AppAdded,
    roles: &[&str],
) -> std::io::Result<()> {
    let permissions: Vec<_> = added.app.permissions.iter().map(Permission::name).collect();
    if common.shape.is_json() {
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

fn list(common: &Common) -> Result<(), Failure> {
    let apps = common.within(async |directory, tenant| {
        let apps = directory.apps(tenant.id).await;
        apps.map_err(|refusal| stopped::refused("cannot read the apps", &refusal))
    })?;
    let cells: Vec<_> = apps
        .iter()
        .map(|app| {
            let permissions: Vec<_> = app.permissions.iter().map(Permission::name).collect();
            vec![
                app.client_id.to_string(),
                app.display_name.clone(),
                state(app).to_owned(),
                permissions.join(","),
            ]
        })
        .collect();
    let head = ["CLIENT ID", "NAME", "STATE", "PERMISSIONS"];
    common
        .shape
        .list(apps.iter().map(json).collect(), &head, &cells)
}

const fn state(app: &App) -> &'static str {
    if app.enabled { "enabled" } else { "disabled" }
}

fn json(app: &App) -> Value {
    let permissions: Vec<_> = app.permissions.iter().map(Permission::name).collect();
    json!({
        "clientId": app.client_id,
        "objectId": app.object,
        "displayName": app.display_name,
        "enabled": app.enabled,
        "permissions": permissions,
    })
}

fn show_one(args: &OneArgs) -> Result<(), Failure> {
    let (app, roles) = args.common.within(async |directory, tenant| {
        let app = find::app(directory, tenant, &args.app).await?;
        let held = directory.roles_of(tenant.id, app.object).await;
        let held = held.map_err(|refusal| stopped::refused("cannot read the roles", &refusal))?;
        Ok((app, held))
    })?;
    let roles: Vec<_> = roles.templates().iter().map(role_name).collect();
    let mut value = json(&app);
    if let Some(members) = value.as_object_mut() {
        members.insert("roles".to_owned(), json!(roles));
    }
    if args.common.shape.is_json() {
        return Ok(terminal::print_json(&value)?);
    }
    let permissions: Vec<_> = app.permissions.iter().map(Permission::name).collect();
    let mut screen = Screen::new(11);
    screen
        .row("Name", printable(&app.display_name))
        .row("Client id", app.client_id.to_string())
        .row("Object id", app.object.to_string())
        .row("State", state(&app))
        .row("Permissions", permissions.join(", "))
        .row("Roles", roles.join(", "));
    Ok(screen.show()?)
}

/// A role by name; one that this version does not know by its template id.
pub(super) fn role_name(template: &uuid::Uuid) -> String {
    Role::from_template(*template).map_or_else(|| template.to_string(), |role| role.name().into())
}

fn change(
    args: &OneArgs,
    done: &str,
    work: impl AsyncFnOnce(&Directory, &Tenant, &App) -> Result<App, directory::Refusal>,
) -> Result<(), Failure> {
    let app = args.common.within(async |directory, tenant| {
        let app = find::app(directory, tenant, &args.app).await?;
        let changed = work(directory, tenant, &app).await;
        changed.map_err(|refusal| stopped::refused(&format!("the app was not {done}"), &refusal))
    })?;
    say(&args.common, &app, done)
}

fn say(common: &Common, app: &App, done: &str) -> Result<(), Failure> {
    common.shape.show(&json(app), || {
        format!(
            "{} ({}) {done}\n",
            printable(&app.display_name),
            app.client_id
        )
    })
}

fn rotate_secret(args: &OneArgs) -> Result<(), Failure> {
    let (tenant, added) = args.common.within(async |directory, tenant| {
        let app = find::app(directory, tenant, &args.app).await?;
        let added = directory.change_secret(tenant.id, app.client_id).await;
        let added =
            added.map_err(|refusal| stopped::refused("the secret was not changed", &refusal))?;
        Ok((tenant.clone(), added))
    })?;
    Ok(show_secret(&args.common, &tenant, &added, &[])?)
}

fn permissions(command: &PermissionCommand) -> Result<(), Failure> {
    let (PermissionCommand::Add(args) | PermissionCommand::Remove(args)) = command;
    let these: Permissions = args.permissions.iter().copied().collect();
    let app = args.common.within(async |directory, tenant| {
        let app = find::app(directory, tenant, &args.app).await?;
        let changed = if matches!(command, PermissionCommand::Add(_)) {
            directory
                .grant_permissions(tenant.id, app.client_id, these)
                .await
        } else {
            directory
                .revoke_permissions(tenant.id, app.client_id, these)
                .await
        };
        changed.map_err(|refusal| stopped::refused("the permissions were not changed", &refusal))
    })?;
    let names: Vec<_> = app.permissions.iter().map(Permission::name).collect();
    let done = if names.is_empty() {
        "holds no permission".to_owned()
    } else {
        format!("holds {}", names.join(", "))
    };
    say(&args.common, &app, &done)
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
