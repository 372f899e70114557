//! Letters to look at: dev shows its mails.

use jiff::Timestamp;
use store::{LetterRow, LetterState, Letters, TenantId};
use uuid::Uuid;

use super::draft;
use crate::address::{Address, LocalParts};
use crate::directory::Directory;
use crate::letter::Letter;
use crate::refusal::Refusal;

/// A letter that is still readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableLetter {
    /// The letter.
    pub letter: Letter,
    /// Where it stands.
    pub state: LetterState,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was handed over.
    pub sent_at: Option<Timestamp>,
    /// What the mail server said last.
    pub last_error: Option<String>,
}

impl Directory {
    /// The newest `limit` letters of a tenant, newest first, to one address or to all. Empty where
    /// letters are not kept.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn letters(
        &self,
        tenant: TenantId,
        to: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ReadableLetter>, Refusal> {
        if !self.policy().keep_letters {
            return Ok(Vec::new());
        }
        let key = match to.map(|to| Address::parse(to, LocalParts::Utf8)) {
            None => None,
            Some(Ok(address)) => Some(address.key().to_owned()),
            // There are no letters to a text that is no address.
            Some(Err(_)) => return Ok(Vec::new()),
        };
        let which = Letters {
            recipient_key: key.as_deref(),
            before: None,
            limit,
        };
        let rows = self.store().read(tenant).letters(which).await?;
        Ok(rows
            .iter()
            .filter_map(|row| self.readable_letter(tenant, row))
            .collect())
    }

    /// One letter of a tenant; `None` where letters are not kept, and where this one is not
    /// readable any more.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn letter(
        &self,
        tenant: TenantId,
        id: Uuid,
    ) -> Result<Option<ReadableLetter>, Refusal> {
        if !self.policy().keep_letters {
            return Ok(None);
        }
        let row = self.store().read(tenant).letter(id).await?;
        Ok(row.and_then(|row| self.readable_letter(tenant, &row)))
    }

    /// Deletes the letters that were handed over, given up or dropped; how many. Waiting letters
    /// are still sent.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn forget_letters(&self, tenant: TenantId) -> Result<u64, Refusal> {
        if !self.policy().keep_letters {
            return Ok(0);
        }
        let now = self.expiry_now();
        self.store()
            .write::<_, _, Refusal, _>(tenant, (), move |tx, ()| {
                Box::pin(async move { Ok(tx.prune_letters(now).await?) })
            })
            .await
    }

    fn readable_letter(&self, tenant: TenantId, row: &LetterRow) -> Option<ReadableLetter> {
        Some(ReadableLetter {
            letter: draft::open(self, tenant, row)?,
            state: row.state,
            created_at: row.created_at,
            sent_at: row.sent_at,
            last_error: row.last_error.clone(),
        })
    }
}
