//! `vestibule audit`: the audit trail.

mod anchors;
mod list;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use directory::Directory;
use serde_json::{Value, json};
use store::{AuditVerdict, TenantId};

use super::output::OutputArgs;
use super::place::InstanceArgs;
use super::stopped;
use crate::hex::hex;
use crate::terminal::{self, Failure, Screen};

use anchors::Anchors;

/// What can be done with the audit trail.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Walk every audit chain and say whether a record is missing or changed
    Verify(VerifyArgs),
    /// List what was done, newest first
    List(list::ListArgs),
}

/// Walk every audit chain and say whether a record is missing or changed
#[derive(Args, Debug)]
#[command(
    after_help = "Works with the server running or stopped. The chain shows what was changed, taken out or put in by
somebody without the master key. Whoever can write the database can still cut its end off, and then
the chain is whole, only shorter: name a head from outside with --head to see that. A server prints
its heads to the log at its start, every hour and at its end; a backup has them beside it.

Examples:
  vestibule audit verify --config vestibule.toml
  vestibule audit verify --config vestibule.toml --head /var/log/vestibule.log
  vestibule audit verify --config vestibule.toml --json > heads.json

Exit codes: 0 every chain is whole and holds every head named, 1 one does not."
)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: InstanceArgs,
    /// A head that must be in its chain: 64 hexadecimal digits, or a file with heads: a server's
    /// log, what `audit verify --json` printed, or `audit-heads.json` of a backup; may be given
    /// several times
    #[arg(long, value_name = "HASH or FILE")]
    head: Vec<String>,
    #[command(flatten)]
    shape: OutputArgs,
}

/// A chain and what was found.
struct Chain {
    id: TenantId,
    name: String,
    verdict: AuditVerdict,
    /// Heads that are not in it.
    missing: Vec<String>,
}

impl Chain {
    fn is_good(&self) -> bool {
        matches!(self.verdict, AuditVerdict::Sound(_)) && self.missing.is_empty()
    }

    fn json(&self) -> Value {
        let mut value = match self.verdict {
            AuditVerdict::Sound(head) => {
                json!({ "sound": true, "records": head.seq, "head": hex(&head.hash) })
            }
            AuditVerdict::Broken { seq } => json!({ "sound": false, "brokenAt": seq }),
        };
        if let Some(members) = value.as_object_mut() {
            members.insert("tenant".to_owned(), json!(self.name));
            members.insert("tenantId".to_owned(), json!(self.id.0));
            if !self.missing.is_empty() {
                members.insert("missingHeads".to_owned(), json!(self.missing));
            }
        }
        value
    }
}

/// What the chain of the instance itself is called: keys made and changed.
const INSTANCE: &str = "(instance)";

/// Runs the command.
pub fn run(command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Verify(args) => verify(&args),
        AuditCommand::List(args) => list::run(&args),
    }
}

fn verify(args: &VerifyArgs) -> Result<(), Failure> {
    let mut anchors = Anchors::default();
    for text in &args.head {
        anchors.add(text)?;
    }
    let chains = stopped::with_directory(&args.place, async |directory| {
        let mut chains = walk(directory).await?;
        anchors.compare(directory, &mut chains).await?;
        Ok(chains)
    })?;
    if args.shape.is_json() {
        let rows: Vec<_> = chains.iter().map(Chain::json).collect();
        terminal::print_json(&json!({ "value": rows }))?;
    } else {
        show(&chains)?;
    }
    judge(&chains, &anchors)
}

/// The heads of all chains as a document, for who keeps them elsewhere. Fails where one is broken.
pub(super) async fn heads(directory: &Directory) -> Result<Value, Failure> {
    let chains = walk(directory).await?;
    judge(&chains, &Anchors::default())?;
    let rows: Vec<_> = chains.iter().map(Chain::json).collect();
    Ok(json!({ "value": rows }))
}

async fn walk(directory: &Directory) -> Result<Vec<Chain>, Failure> {
    let tenants = directory
        .tenants()
        .await
        .map_err(|refusal| stopped::refused("cannot read the tenants", &refusal))?;
    let mut all = vec![(TenantId::INSTANCE, INSTANCE.to_owned())];
    all.extend(
        tenants
            .into_iter()
            .map(|tenant| (tenant.id, tenant.initial_domain)),
    );
    let mut chains = Vec::with_capacity(all.len());
    for (id, name) in all {
        let actor = stopped::actor(directory, id).await?;
        let verdict = directory.verify_audit(&actor).await;
        let verdict =
            verdict.map_err(|refusal| stopped::refused("cannot read the audit trail", &refusal))?;
        chains.push(Chain {
            id,
            name,
            verdict,
            missing: Vec::new(),
        });
    }
    Ok(chains)
}

fn judge(chains: &[Chain], anchors: &Anchors) -> Result<(), Failure> {
    let lost = anchors.unknown();
    let bad = chains.iter().filter(|chain| !chain.is_good()).count();
    if bad == 0 && lost.is_empty() {
        return Ok(());
    }
    let mut failure = Failure::new(if bad > 0 {
        format!("{bad} of {} audit chains are broken", chains.len())
    } else {
        "a head is in no audit chain".to_owned()
    });
    let broken = |chain: &Chain| matches!(chain.verdict, AuditVerdict::Broken { .. });
    if chains.iter().any(broken) {
        failure = failure
            .because("a record was changed, removed or added by something other than the server");
    }
    let cut = chains.iter().any(|chain| !chain.missing.is_empty());
    if cut || !lost.is_empty() {
        failure = failure.because(
            "a head that was noted outside is not there: records were cut off, or an older copy was put back",
        );
    }
    Err(lost.iter().fold(failure, |failure, head| {
        failure.because(format!("{head} is in no chain"))
    }))
}

fn show(chains: &[Chain]) -> std::io::Result<()> {
    let width = chains
        .iter()
        .map(|chain| chain.name.len())
        .max()
        .unwrap_or(0);
    let mut screen = Screen::new(width);
    let style = screen.style();
    for chain in chains {
        screen.row(
            &chain.name,
            match chain.verdict {
                AuditVerdict::Sound(head) => format!(
                    "{}  {} records, head {}",
                    style.green("whole"),
                    head.seq,
                    hex(&head.hash)
                ),
                AuditVerdict::Broken { seq } => format!("{} at record {seq}", style.red("broken")),
            },
        );
        for missing in &chain.missing {
            screen.row("", format!("{} {missing}", style.red("not there:")));
        }
    }
    screen.show()
}

/// Where a head file lies, as [`Anchors::add`] takes it.
pub(super) fn heads_file(dir: &std::path::Path) -> PathBuf {
    dir.join("audit-heads.json")
}
