//! A mailer that keeps what it is given.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use directory::{Mail, MailFailure, Mailer};
use futures_util::future::BoxFuture;

/// Keeps messages; fails when told to.
#[derive(Debug, Default)]
pub struct CollectingMailer {
    sent: Mutex<Vec<Mail>>,
    failures: Mutex<VecDeque<MailFailure>>,
}

impl CollectingMailer {
    /// What was handed over, in order.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.sent).clone()
    }

    /// Lets the next delivery fail; several are used up in order.
    pub fn fail_next(&self, failure: MailFailure) {
        lock(&self.failures).push_back(failure);
    }
}

impl Mailer for CollectingMailer {
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>> {
        let outcome = if let Some(failure) = lock(&self.failures).pop_front() {
            Err(failure)
        } else {
            lock(&self.sent).push(mail.clone());
            Ok(())
        };
        Box::pin(std::future::ready(outcome))
    }
}

/// A test that panicked while it held the lock has failed already; what it left is still true.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
