//! `vestibule audit`: the audit trail (decisions 43 and 53).

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use store::AuditVerdict;

use super::place::Place;
use super::stopped;
use super::terminal::{self, Failure, Screen};

/// What can be done with the audit trail.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Walks every tenant's audit chain and says whether a record is missing or changed
    Verify(VerifyArgs),
}

/// Walks every tenant's audit chain and says whether a record is missing or changed
#[derive(Args, Debug)]
#[command(
    after_help = "Works with the server running or stopped. Compare the head with the one the \
        server printed to its log, which whoever can write to the database cannot change.

Exit codes: 0 every chain is whole, 1 one is broken."
)]
pub struct VerifyArgs {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(command: AuditCommand) -> Result<(), Failure> {
    let AuditCommand::Verify(args) = command;
    let verdicts = stopped::with_directory(&args.place, async |directory| {
        let tenants = directory
            .tenants()
            .await
            .map_err(|refusal| stopped::refused("cannot read the tenants", &refusal))?;
        let mut verdicts = Vec::new();
        for tenant in tenants {
            let actor = directory.server_actor(tenant.id);
            let verdict = directory.verify_audit(&actor).await;
            verdicts.push((
                tenant.initial_domain,
                verdict
                    .map_err(|refusal| stopped::refused("cannot read the audit trail", &refusal))?,
            ));
        }
        Ok(verdicts)
    })?;
    if args.json {
        let rows: Vec<_> = verdicts
            .iter()
            .map(|(tenant, verdict)| row(tenant, *verdict))
            .collect();
        terminal::print_json(&json!({ "value": rows }))?;
    } else {
        show(&verdicts)?;
    }
    match verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, AuditVerdict::Broken { .. }))
        .count()
    {
        0 => Ok(()),
        broken => Err(Failure::new(format!(
            "{broken} of {} audit chains are broken",
            verdicts.len()
        ))
        .because("a record was changed, removed or added by something other than the server")),
    }
}

fn row(tenant: &str, verdict: AuditVerdict) -> Value {
    match verdict {
        AuditVerdict::Sound(head) => {
            json!({ "tenant": tenant, "sound": true, "records": head.seq, "head": hex(&head.hash) })
        }
        AuditVerdict::Broken { seq } => {
            json!({ "tenant": tenant, "sound": false, "brokenAt": seq })
        }
    }
}

fn show(verdicts: &[(String, AuditVerdict)]) -> std::io::Result<()> {
    let width = verdicts
        .iter()
        .map(|(tenant, _)| tenant.len())
        .max()
        .unwrap_or(0);
    let mut screen = Screen::new(width);
    let style = screen.style();
    for (tenant, verdict) in verdicts {
        screen.row(
            tenant,
            match verdict {
                AuditVerdict::Sound(head) => format!(
                    "{}  {} records, head {}",
                    style.green("whole"),
                    head.seq,
                    hex(&head.hash)
                ),
                AuditVerdict::Broken { seq } => format!("{} at record {seq}", style.red("broken")),
            },
        );
    }
    screen.show()
}

/// Lower-case hexadecimal, as the log prints the head.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| {
        DIGITS
            .get(usize::from(value))
            .map_or('0', |digit| char::from(*digit))
    };
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}
