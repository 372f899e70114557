//! The transaction around a batch, on SQLite.

use super::of;
use crate::engine::batch::Transaction;
use crate::{StoreError, Tx};
use std::time::Duration;

fn control(tx: &mut Tx, text: &str) -> Result<(), StoreError> {
    of(tx.connection()).prepare_cached(text)?.execute([])?;
    Ok(())
}

impl Transaction for Tx {
    async fn wait_at_most(&mut self, wait: Duration) -> Result<(), StoreError> {
        Ok(of(self.connection()).busy_timeout(wait)?)
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        // IMMEDIATE: a transaction that began by reading could not be made a writing one if a tool
        // wrote in between.
        control(self, "BEGIN IMMEDIATE")?;
        self.connection().begun();
        Ok(())
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        control(self, "SAVEPOINT job")
    }

    async fn keep(&mut self) -> Result<(), StoreError> {
        control(self, "RELEASE job")
    }

    async fn undo(&mut self) -> Result<(), StoreError> {
        self.connection().forget_numbers();
        control(self, "ROLLBACK TO job")?;
        control(self, "RELEASE job")
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        control(self, "COMMIT")?;
        self.connection().committed();
        Ok(())
    }

    async fn rollback(&mut self) {
        self.connection().rolled_back();
        if self.is_lost() {
            return;
        }
        if let Err(error) = control(self, "ROLLBACK") {
            // BEGIN will say so again if it is still true.
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn changed_rows(&mut self) -> u64 {
        of(self.connection()).total_changes()
    }

    fn is_lost(&mut self) -> bool {
        of(self.connection()).is_autocommit()
    }
}
