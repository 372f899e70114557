//! `vestibule block`: addresses that get no invitation or no code, and lifting that.

use clap::{Args, Subcommand};
use directory::blocks::Block;
use serde_json::{Value, json};

use super::output::Common;
use super::stopped;
use crate::graph::blocks::name as limit_name;
use crate::terminal::{Failure, printable};

/// What can be done with blocks.
#[derive(Subcommand, Debug)]
pub enum BlockCommand {
    /// List addresses that get no invitation or no code, and why
    #[command(after_help = "Example:
  vestibule block list --config vestibule.toml")]
    List(ListArgs),
    /// Lift all that holds an address back
    #[command(
        after_help = "Takes effect at once: \"do not invite me again\" is forgotten, and so are the codes, wrong codes and
invitations that were counted for the address. Ask the owner of the address first.

Example:
  vestibule block remove sam@fabrikam.example --config vestibule.toml"
    )]
    Remove(RemoveArgs),
}

/// Which tenant's.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    common: Common,
}

/// Which address.
#[derive(Args, Debug)]
pub struct RemoveArgs {
    /// The mail address
    #[arg(value_name = "ADDRESS")]
    address: String,
    #[command(flatten)]
    common: Common,
}

/// Runs the command.
pub fn run(command: BlockCommand) -> Result<(), Failure> {
    match command {
        BlockCommand::List(args) => list(&args.common),
        BlockCommand::Remove(args) => remove(&args),
    }
}

/// Addresses read at a time.
const PAGE: u16 = 500;

fn list(common: &Common) -> Result<(), Failure> {
    let blocks = common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let (mut found, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = directory.blocks(&actor, after.as_deref(), PAGE).await;
            let page =
                page.map_err(|refusal| stopped::refused("cannot read the blocks", &refusal))?;
            found.extend(page.rows);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    })?;
    let cells: Vec<_> = blocks
        .iter()
        .map(|block| {
            let never = block
                .never_again_since
                .map(|since| format!("never again, since {since}"));
            let limits = block
                .limits
                .iter()
                .map(|limit| format!("{} until {}", limit_name(limit.quota), limit.until));
            let why: Vec<_> = never.into_iter().chain(limits).collect();
            vec![block.address.clone(), why.join("; ")]
        })
        .collect();
    common.shape.list(
        blocks.iter().map(json).collect(),
        &["ADDRESS", "WHY"],
        &cells,
    )
}

fn json(block: &Block) -> Value {
    let limits: Vec<_> = block
        .limits
        .iter()
        .map(|limit| json!({ "limit": limit_name(limit.quota), "until": limit.until }))
        .collect();
    json!({
        "address": block.address,
        "neverAgainSince": block.never_again_since,
        "limits": limits,
    })
}

fn remove(args: &RemoveArgs) -> Result<(), Failure> {
    let address = &args.address;
    args.common.within(async |directory, tenant| {
        let actor = stopped::actor(directory, tenant.id).await?;
        let lifted = directory.lift_block(&actor, address).await;
        lifted.map_err(|refusal| match refusal {
            directory::Refusal::NotFound { .. } => {
                Failure::new(format!("nothing holds {} back", printable(address)))
                    .mend("vestibule block list   (shows who is held back)")
            }
            refusal => stopped::refused("the block was not lifted", &refusal),
        })
    })?;
    let json = json!({ "address": address, "lifted": true });
    args.common.shape.show(&json, || {
        format!(
            "{} can be invited and get codes again\n",
            printable(address)
        )
    })
}
