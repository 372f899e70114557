//! What a running server looks up every second, because a command beside it may have changed it:
//! the signing keys. Apps, permissions, users and invitations are read at every request anyway.

use std::time::Duration;

use directory::Directory;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use super::open::{self, OpenError};
use crate::app::App;

/// A key that was withdrawn is refused after a second. It costs one look at a table of two rows.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until told to stop.
pub async fn run(app: App, mut stop: watch::Receiver<bool>) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            told = stop.wait_for(|stop| *stop) => {
                drop(told);
                return;
            }
            _ = tick.tick() => {}
        }
        let read = refresh(&app).await;
        match &read {
            Ok(true) => tracing::info!(keys = ?app.signing.names(), "signing keys read again"),
            // Told once: a full disk or a held database lasts.
            Err(error) if !failing => tracing::warn!(%error, "cannot read the signing keys"),
            Ok(false) | Err(_) => {}
        }
        failing = read.is_err();
    }
}

/// Reads the signing keys again if others are there; whether it did.
pub async fn refresh(app: &App) -> Result<bool, OpenError> {
    let directory: &Directory = &app.directory;
    if directory.signing_key_names().await? == app.signing.names() {
        return Ok(false);
    }
    app.signing.replace(open::signing_keys(directory).await?);
    Ok(true)
}
