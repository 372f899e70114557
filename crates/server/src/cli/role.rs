//! `vestibule role`: directory roles (decision 8).

use clap::{Args, Subcommand};
use directory::{Role, RoleAssigned};
use uuid::Uuid;

use super::app::role;
use super::place::Place;
use super::stopped;
use super::terminal::{self, Failure};

/// What can be done with roles.
#[derive(Subcommand, Debug)]
pub enum RoleCommand {
    /// Gives an app or a user a directory role
    Add(AddArgs),
}

/// Gives an app or a user a directory role
#[derive(Args, Debug)]
#[command(
    after_help = "Works beside a running server; tokens issued from now on carry the role.

Example:
  vestibule role add --config vestibule.toml --principal OBJECT-ID \\
      --role 'Guest Inviter'"
)]
pub struct AddArgs {
    #[command(flatten)]
    place: Place,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Object id of the user or app; an app's client id does as well
    #[arg(long, value_name = "ID")]
    principal: Uuid,
    /// The role, by name or template id
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
}

/// Runs the command.
pub fn run(command: RoleCommand) -> Result<(), Failure> {
    let RoleCommand::Add(args) = command;
    let outcome = stopped::with_directory(&args.place, async |directory| {
        let refused = |refusal| stopped::refused("the role was not given", &refusal);
        let tenant = stopped::tenant(directory, args.tenant.as_deref()).await?;
        let app = directory
            .app(tenant.id, args.principal)
            .await
            .map_err(refused)?;
        let principal = app.map_or(args.principal, |app| app.object);
        directory
            .add_role(tenant.id, principal, args.role)
            .await
            .map_err(refused)
    })?;
    let name = args.role.name();
    Ok(terminal::print(&match outcome {
        RoleAssigned::Given => format!("{} now holds {name}\n", args.principal),
        RoleAssigned::Had => format!("{} held {name} already\n", args.principal),
    })?)
}
