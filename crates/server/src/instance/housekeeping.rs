//! What a running server does by itself, by the clock: it prints the heads of the audit chains to
//! the log and forgets what nobody needs any more.

use std::time::Duration;

use directory::{Directory, KeysUnreadable, Refusal};
use store::TenantId;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, interval_at};

use crate::hex::hex;
use crate::oauth::keys::{Stage, stages};

/// Hourly: somebody who cuts records off the database later than that is still caught by the
/// log.
const EVERY: Duration = Duration::from_hours(1);
/// The first pruning waits, so that a start answers before it cleans; a server that is restarted
/// often prunes too.
const FIRST: Duration = Duration::from_mins(1);

/// How often the time by which codes and links end is kept in the database: what a process that
/// dies may forget of it.
const MARK: Duration = Duration::from_secs(30);

/// Runs until told to stop.
pub async fn run(directory: Directory, mut stop: watch::Receiver<bool>) {
    log_heads(&directory).await;
    let mut tick = interval_at(tokio::time::Instant::now() + FIRST, EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut mark = interval(MARK);
    mark.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // What woke us: `None` is the end, else whether it is the mark of time alone.
        let woken = tokio::select! {
            told = stop.wait_for(|stop| *stop) => {
                drop(told);
                None
            }
            _ = mark.tick() => Some(true),
            _ = tick.tick() => Some(false),
        };
        let Some(is_mark) = woken else {
            // What was recorded since the last line is anchored, too.
            return log_heads(&directory).await;
        };
        if is_mark {
            if let Err(refusal) = directory.save_expiry_clock().await {
                tracing::warn!(%refusal, "the time cannot be kept in the database");
            }
            continue;
        }
        prune(&directory).await;
        forget_keys(&directory).await;
        log_heads(&directory).await;
    }
}

async fn log_heads(directory: &Directory) {
    if let Err(refusal) = try_log_heads(directory).await {
        tracing::error!(%refusal, "cannot read the audit heads");
    }
}

async fn try_log_heads(directory: &Directory) -> Result<(), Refusal> {
    let tenants = directory.tenants().await?;
    let chains = tenants.into_iter().map(|tenant| tenant.id);
    for chain in std::iter::once(TenantId::INSTANCE).chain(chains) {
        let actor = directory.server_actor(chain).await?;
        let head = directory.audit_head(&actor).await?;
        tracing::info!(tenant = %chain.0, records = head.seq, head = hex(&head.hash), "audit head");
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

/// Deletes the signing keys whose last token has ended.
async fn forget_keys(directory: &Directory) {
    let forgotten = async {
        let keys = directory.signing_keys().await?;
        let made: Vec<_> = keys.iter().map(|key| key.created_at).collect();
        let stages = stages(&made, directory.now());
        let gone = keys.into_iter().zip(stages);
        let gone = gone.filter(|(_, stage)| *stage == Stage::Gone);
        directory
            .forget_signing_keys(gone.map(|(key, _)| key.kid).collect())
            .await?;
        Ok::<_, KeysUnreadable>(())
    };
    if let Err(error) = forgotten.await {
        tracing::error!(%error, "cannot forget signing keys that are not used any more");
    }
}
