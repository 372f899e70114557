//! Carries letters from the outbox to the mailer.
//!
//! A letter is claimed with a lease, handed over, and marked; the claim and the mark are writes of
//! their own, so nothing is lost when the process dies anywhere between. Killed after the hand-over
//! and before the mark, the letter goes out a second time under the same Message-ID: at least once,
//! never silently not at all. The worker sleeps until a letter is written, or until the next look
//! at what waits for its next attempt.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use directory::address;
use directory::letter::Letter;
use directory::{Directory, Mail, MailFailure, Mailer, Refusal};
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::branding::Branding;
use super::letters;

/// Letters on their way at once. A relay answers in some tens of milliseconds, so four make a
/// hundred a second; small relays refuse more connections from one client than they have fingers.
pub(super) const CONCURRENCY: usize = 4;
/// Between looks at letters that wait for their next attempt: the shortest wait there is (a code's)
/// is five times as long.
const LOOK: Duration = Duration::from_secs(1);
/// Between looks while the store cannot be reached.
const LOOK_LATER: Duration = Duration::from_secs(5);
/// Attempts to mark a letter that was handed over; together about as long as a disk that is full
/// for a moment.
const MARKS: u32 = 5;
/// Before the second attempt to mark; doubled from there on.
const MARK_AGAIN: Duration = Duration::from_millis(100);

/// The worker. One per process; further processes on the same store keep out of each other's way by
/// the leases.
pub struct Worker {
    directory: Directory,
    mailer: Arc<dyn Mailer>,
    branding: Branding,
}

impl Worker {
    /// A worker that hands what the directory's outbox holds to the mailer.
    pub fn new(directory: Directory, mailer: Arc<dyn Mailer>) -> Self {
        Self {
            directory,
            mailer,
            branding: Branding::default(),
        }
    }

    /// Its mails carry what the branding has for their tenants.
    #[must_use]
    pub fn branded(self, branding: Branding) -> Self {
        Self { branding, ..self }
    }

    /// Works until told to stop, then finishes what is on its way and returns. A letter that was
    /// claimed is either marked by then or due again when its lease ends.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        let mut stop = pin!(stop);
        let mut on_their_way = JoinSet::new();
        loop {
            let pause = self.claim(&mut on_their_way).await;
            tokio::select! {
                () = &mut stop => break,
                Some(ended) = on_their_way.join_next() => log_panic(ended),
                // With every hand full there is nothing to claim; the next look is when one is
                // free.
                () = self.directory.letter_written(), if on_their_way.len() < CONCURRENCY => {}
                () = sleep(pause), if on_their_way.len() < CONCURRENCY => {}
            }
        }
        while let Some(ended) = on_their_way.join_next().await {
            log_panic(ended);
        }
    }

    /// Claims and hands over until nothing is due. For tests and for commands that end.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be reached.
    pub async fn run_once(&self) -> Result<usize, Refusal> {
        let mut handled = 0;
        loop {
            let letters = self.directory.outbox_claim(limit(CONCURRENCY)).await?;
            if letters.is_empty() {
                return Ok(handled);
            }
            for letter in letters {
                handled += 1;
                deliver(&self.directory, &*self.mailer, &self.branding, letter).await;
            }
        }
    }

    /// Sends as many due letters on their way as there are free hands. How long to wait before
    /// looking again.
    async fn claim(&self, on_their_way: &mut JoinSet<()>) -> Duration {
        let free = CONCURRENCY.saturating_sub(on_their_way.len());
        if free == 0 {
            return LOOK;
        }
        match self.directory.outbox_claim(limit(free)).await {
            Ok(letters) => {
                for letter in letters {
                    let (directory, mailer) = (self.directory.clone(), Arc::clone(&self.mailer));
                    let branding = self.branding.clone();
                    on_their_way.spawn(async move {
                        deliver(&directory, &*mailer, &branding, letter).await;
                    });
                }
                LOOK
            }
            Err(refusal) => {
                tracing::warn!(?refusal, "the outbox cannot be read; mail waits");
                LOOK_LATER
            }
        }
    }
}

fn limit(free: usize) -> u32 {
    u32::try_from(free).unwrap_or(1)
}

fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        // The letter is due again when its lease ends.
        tracing::error!(%error, "mail delivery task failed");
    }
}

/// Hands one letter over and saves the outcome.
async fn deliver(directory: &Directory, mailer: &dyn Mailer, branding: &Branding, letter: Letter) {
    let outcome = match branding.of(directory, letter.tenant).await {
        Ok(brand) => match letters::write(&letter, &brand) {
            Ok(mail) => mailer.send(&mail).await,
            Err(error) => Err(MailFailure::Never(error.to_string())),
        },
        Err(refusal) => Err(MailFailure::Later(refusal.to_string())),
    };
    if let Err(failure) = &outcome {
        let failure = letter.redacted(&failure.to_string());
        let invitation = letter.invitation.map(tracing::field::display);
        tracing::warn!(
            letter = %letter.id, invitation, address = %address::hash(&letter.to),
            attempt = letter.attempts, %failure, "mail not handed over"
        );
    }
    let mut wait = MARK_AGAIN;
    for _ in 0..MARKS {
        let marked = match &outcome {
            Ok(()) => directory.outbox_delivered(&letter).await,
            Err(failure) => directory.outbox_failed(&letter, failure).await,
        };
        match marked {
            Ok(_) => return,
            Err(refusal) => {
                tracing::warn!(letter = %letter.id, ?refusal, "mail delivery state could not be saved");
                sleep(wait).await;
                wait *= 2;
            }
        }
    }
    tracing::error!(letter = %letter.id, "a mail may be sent again when its lease ends");
}

/// dev's mailbox: takes everything at once. The letters stay readable in the outbox, which
/// is where `/outbox` finds them.
#[derive(Debug, Clone, Copy, Default)]
pub struct DevMailbox;

impl Mailer for DevMailbox {
    fn send<'a>(&'a self, _: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
