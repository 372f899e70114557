//! What a running server does by itself, by the clock: it prints the heads of the audit chains to the log (decision 43)
//! and forgets what nobody needs any more.

use std::time::Duration;

use directory::{Directory, Refusal};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval_at};

use crate::cli::audit::hex;

/// Decision 43: hourly. An attacker who can write to the database and wait longer is still caught by the log.
const EVERY: Duration = Duration::from_hours(1);
/// The first pruning waits, so that a start answers before it cleans; a server that is restarted often prunes too.
const FIRST: Duration = Duration::from_mins(1);

/// Runs until told to stop.
pub async fn run(directory: Directory, mut stop: watch::Receiver<bool>) {
    log_heads(&directory).await;
    let mut tick = interval_at(tokio::time::Instant::now() + FIRST, EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            told = stop.wait_for(|stop| *stop) => {
                drop(told);
                return;
            }
            _ = tick.tick() => {}
        }
        prune(&directory).await;
        log_heads(&directory).await;
    }
}

async fn log_heads(directory: &Directory) {
    if let Err(refusal) = try_log_heads(directory).await {
        tracing::error!(%refusal, "cannot read the audit heads");
    }
}

async fn try_log_heads(directory: &Directory) -> Result<(), Refusal> {
    for tenant in directory.tenants().await? {
        let head = directory
            .audit_head(&directory.server_actor(tenant.id))
            .await?;
        tracing::info!(tenant = %tenant.id.0, records = head.seq, head = hex(&head.hash), "audit head");
    }
    Ok(())
}

async fn prune(directory: &Directory) {
    let tenants = match directory.tenants().await {
        Ok(tenants) => tenants,
        Err(refusal) => return tracing::error!(%refusal, "cannot prune"),
    };
    for tenant in tenants {
        match directory.prune(tenant.id).await {
            Ok(pruned) => tracing::info!(tenant = %tenant.id.0, ?pruned, "pruned"),
            Err(refusal) => tracing::error!(tenant = %tenant.id.0, %refusal, "cannot prune"),
        }
    }
}
