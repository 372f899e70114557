//! The transaction around a batch, on SQLite.

use super::of;
use crate::engine::batch::Transaction;
use crate::{StoreError, Tx};
use std::time::Duration;

fn control(tx: &mut Tx, text: &str) -> Result<(), StoreError> {
    of(tx.session()).prepare_cached(text)?.execute([])?;
    Ok(())
}

impl Transaction for Tx {
    async fn wait_at_most(&mut self, wait: Duration) -> Result<(), StoreError> {
        Ok(of(self.session()).busy_timeout(wait)?)
    }

    async fn begin(&mut self) -> Result<(), StoreError> {
        // IMMEDIATE: a transaction that began by reading could not be made a writing one if a tool
        // wrote in between.
        control(self, "BEGIN IMMEDIATE")?;
        self.session().begun();
        Ok(())
    }

    async fn savepoint(&mut self) -> Result<(), StoreError> {
        control(self, "SAVEPOINT job")
    }

    async fn keep(&mut self) -> Result<(), StoreError> {
        control(self, "RELEASE job")
    }

    async fn undo(&mut self) -> Result<(), StoreError> {
        self.session().forget_numbers();
        control(self, "ROLLBACK TO job")?;
        control(self, "RELEASE job")
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        control(self, "COMMIT")?;
        self.session().committed();
        Ok(())
    }

    async fn rollback(&mut self) {
        self.session().rolled_back();
        if self.is_lost() {
            return;
        }
        if let Err(error) = control(self, "ROLLBACK") {
            // BEGIN will say so again if it is still true.
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn changed_rows(&mut self) -> u64 {
        of(self.session()).total_changes()
    }

    fn is_lost(&mut self) -> bool {
        of(self.session()).is_autocommit()
    }
}
