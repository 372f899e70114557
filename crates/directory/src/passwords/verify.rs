//! Checking a password, for every way to sign in. A hash with another algorithm or other parameters
//! than today's is replaced when the password is at hand; the person does not notice.

use serde_json::json;
use store::{AuditRecord, TenantId, Tx};
use uuid::Uuid;

use super::{GoodPassword, PasswordHash, StoredHash};
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::refusal::Refusal;

/// Longest password that is looked at, in bytes: four times the longest that can be set here.
const LONGEST: usize = 1024;

/// The outcome of a typed password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// Wrong, or there is no such user, or the user has no password.
    Wrong,
    /// Right.
    Right {
        /// The kept hash was another directory's, or computed with lesser parameters, and has been
        /// replaced.
        upgraded: bool,
    },
}

/// What the write needs, drawn before it.
struct Upgrade {
    user: Uuid,
    old: String,
    new: PasswordHash,
    audit: AuditRecord,
}

impl Directory {
    /// Whether `typed` is the password of `user`. Takes the same time for users that do not exist.
    /// Does not check whether the account may sign in, nor limit the number of attempts.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`] when too many passwords wait to be checked.
    pub async fn verify_password(
        &self,
        tenant: TenantId,
        user: Uuid,
        typed: &str,
    ) -> Result<PasswordVerdict, Refusal> {
        let row = self.store().read(tenant).user(user).await?;
        let text = row.and_then(|row| row.password_hash);
        let stored = text
            .as_deref()
            .map(StoredHash::parse)
            .transpose()
            .map_err(|fault| Refusal::internal(format!("password hash of {user}: {fault}")))?
            .filter(|_| typed.len() <= LONGEST);
        let current = stored.as_ref().is_none_or(StoredHash::is_current);
        let name = stored.as_ref().map_or("", StoredHash::name);
        let candidate = if typed.len() <= LONGEST { typed } else { "" };
        let secret = self.ids().secret();
        if !self
            .hasher()
            .verify(candidate.to_owned(), stored, secret)
            .await?
        {
            return Ok(PasswordVerdict::Wrong);
        }
        let upgraded = match text {
            Some(old) if !current => match self.upgrade(tenant, user, (old, name), typed).await {
                Ok(upgraded) => upgraded,
                Err(refusal) => {
                    // The password is right all the same; the hash is replaced at the next sign-in.
                    tracing::warn!(%user, %refusal, "a password hash was not upgraded");
                    false
                }
            },
            _ => false,
        };
        Ok(PasswordVerdict::Right { upgraded })
    }

    /// Replaces the hash, unless the password was changed meanwhile. Nothing that a client sees
    /// changes, so version and change log stay; the audit trail records it.
    async fn upgrade(
        &self,
        tenant: TenantId,
        user: Uuid,
        (old, kind): (String, &'static str),
        typed: &str,
    ) -> Result<bool, Refusal> {
        let good = GoodPassword::proven(typed);
        let new = self.hasher().hash(good, self.ids().secret()).await?;
        let audit = audit::record(
            &self.server_audit_actor(tenant),
            self.whole_second(),
            "Upgrade password hash",
            Target::user(user),
            &json!({ "from": kind, "to": "argon2" }),
        );
        let input = Upgrade {
            user,
            old,
            new,
            audit,
        };
        self.store()
            .write(tenant, input, |tx, input| Box::pin(replace(tx, input)))
            .await
    }
}

async fn replace(tx: &mut Tx, input: &Upgrade) -> Result<bool, Refusal> {
    let replaced = tx
        .replace_password_hash(input.user, &input.old, &input.new.0)
        .await?;
    if replaced {
        tx.audit(input.audit.clone());
    }
    Ok(replaced)
}
