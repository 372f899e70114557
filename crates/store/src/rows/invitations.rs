//! Invitations: one row per link ever issued. Whether the guest accepted is the user's state. The
//! row holds the state of this link and of its mail.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read, only};
use crate::query::ObjectKeys;
use crate::query::keys;
use crate::query::kind::Stored;
use crate::query::kinds::INVITATIONS;
use crate::sql::statements;
use crate::sql::value::{Bind, binds, codes};
use crate::{StoreError, TenantId, Tx};
use edm::{Entity, Record, invitation};
use jiff::Timestamp;
use uuid::Uuid;

codes! {
    /// `status`: delivery only. Kept in step with the outbox in the same write.
    pub enum InvitationStatus {
        /// The message waits.
        InProgress = 1,
        /// Handed over, or none was asked for.
        Completed = 2,
        /// Could not be delivered for good.
        Error = 3,
    }
}

impl InvitationStatus {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Error => "Error",
        }
    }

    /// Its key in `status_key`.
    pub(crate) fn key(self) -> Vec<u8> {
        keys::key(&self.name().into())
    }
}

/// One invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvitationRow {
    /// Invitation id.
    pub id: Uuid,
    /// The guest.
    pub user_id: Uuid,
    /// Where its mails go, as stored (T-7).
    pub address: String,
    /// Its canonical key (T-55).
    pub address_key: String,
    /// SHA-256 of the ticket.
    pub ticket_hash: [u8; 32],
    /// Where the guest goes after accepting.
    pub redirect_url: String,
    /// `messageLanguage`.
    pub language: Option<String>,
    /// Delivery.
    pub status: InvitationStatus,
    /// `sendInvitationMessage`.
    pub send_message: bool,
    /// When a later invitation, a revocation or a deletion ended the link.
    pub ended_at: Option<Timestamp>,
    /// From here on the link answers 410.
    pub expires_at: Timestamp,
    /// When it was accepted; set once.
    pub accepted_at: Option<Timestamp>,
    /// Hash of the session that accepted.
    pub accepted_session: Option<[u8; 32]>,
    /// When the guest first declined; the link goes on working.
    pub declined_at: Option<Timestamp>,
    /// Object id of the inviter.
    pub inviter: Option<Uuid>,
    /// Issue time.
    pub created_at: Timestamp,
    /// JSON. Its member [`ANSWER`] is the answer as given, without the ticket.
    pub document: String,
}

/// The member of [`InvitationRow::document`] that holds the invitation as it is shown. What else
/// the document holds is the directory's own.
pub const ANSWER: &str = "answer";

impl InvitationRow {
    /// The invitation as it reads now: the status is that of the row.
    fn record(&self) -> Result<Record, StoreError> {
        stored(self.status, self.document.clone()).record(Entity::core(&invitation::TYPE))
    }
}

fn stored(status: InvitationStatus, document: String) -> Stored {
    Stored {
        text: document,
        within: Some(ANSWER),
        current: Some((&invitation::STATUS, status.name().into())),
    }
}

/// One attempt to accept.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance {
    /// The invitation.
    pub invitation: Uuid,
    /// Hash of the session, which must have proven the mailbox.
    pub session: [u8; 32],
    /// Now.
    pub now: Timestamp,
}

macro_rules! invitation_columns {
    () => {
        "u.id, u.user_id, u.address, u.address_key, u.ticket_hash, u.redirect_url, u.language, u.status, \
         u.send_message, u.ended_at, u.expires_at, u.accepted_at, u.accepted_session, u.declined_at, u.inviter, \
         u.created_at, u.document"
    };
}

/// The columns of `invitations` behind the tenant that are no keys, in the order in which a row is
/// inserted.
pub(crate) const FIELDS: &str = "id, user_id, address, address_key, ticket_hash, redirect_url, language, status, \
    send_message, ended_at, expires_at, accepted_at, accepted_session, declined_at, inviter, created_at, document";

/// Of the columns `status, document` the document.
pub(crate) const READ_STORED: Read<Stored> = |row| Ok(stored(row.take()?, row.take()?));

/// The columns of a row of `invitations u`, as [`read_invitation`] reads them.
pub(crate) const INVITATION_COLUMNS: &str = invitation_columns!();

statements! {
    Tenant INVITATION = concat!("SELECT ", invitation_columns!(), " FROM invitations u WHERE u.tenant_id = ?1 AND u.id = ?2");
    Tenant INVITATIONS_OF = concat!("SELECT ", invitation_columns!(), " FROM invitations u \
        WHERE u.tenant_id = ?1 AND u.user_id = ?2 ORDER BY u.created_at DESC, u.id LIMIT ?3");
    Tenant ACCEPTED_OF = "SELECT COUNT(*) FROM invitations \
        WHERE tenant_id = ?1 AND user_id = ?2 AND accepted_at IS NOT NULL";
    Tenant ACCEPTED_AT = "SELECT accepted_at FROM invitations WHERE tenant_id = ?1 AND user_id = ?2 AND address_key = ?3 \
        AND accepted_at IS NOT NULL AND voided_at IS NULL ORDER BY accepted_at DESC LIMIT 1";
    Tenant VOID_ACCEPTANCES = "UPDATE invitations SET voided_at = ?3 \
        WHERE tenant_id = ?1 AND user_id = ?2 AND accepted_at IS NOT NULL AND voided_at IS NULL";
    Tenant END_INVITATIONS = "UPDATE invitations SET ended_at = ?3 \
        WHERE tenant_id = ?1 AND user_id = ?2 AND ended_at IS NULL";
    Tenant END_INVITATION = "UPDATE invitations SET ended_at = ?3 \
        WHERE tenant_id = ?1 AND id = ?2 AND ended_at IS NULL";
    // One statement decides: of two hundred racers one changes a row (T-3, T-4).
    Tenant ACCEPT = "UPDATE invitations SET accepted_at = ?4, accepted_session = ?3 \
        WHERE tenant_id = ?1 AND id = ?2 AND accepted_at IS NULL AND ended_at IS NULL AND expires_at > ?4 \
        AND EXISTS (SELECT 1 FROM redemptions r WHERE r.tenant_id = ?1 AND r.session_hash = ?3 \
        AND r.invitation_id = ?2 AND r.proven_at IS NOT NULL AND r.expires_at > ?4)";
    Tenant MARK_REDEMPTION = "UPDATE redemptions SET accepted_at = ?4 \
        WHERE tenant_id = ?1 AND session_hash = ?3 AND invitation_id = ?2";
    Tenant DECLINE = "UPDATE invitations SET declined_at = ?3 WHERE tenant_id = ?1 AND id = ?2 \
        AND declined_at IS NULL AND accepted_at IS NULL AND ended_at IS NULL AND expires_at > ?3";
    Tenant SET_DOCUMENT = "UPDATE invitations SET document = ?3 WHERE tenant_id = ?1 AND id = ?2";
    Tenant SET_STATUS = "UPDATE invitations SET status = ?3, status_key = ?4 \
        WHERE tenant_id = ?1 AND id = ?2 AND status <> ?3";
}

pub(crate) fn read_invitation(row: &mut Columns<'_>) -> Result<InvitationRow, StoreError> {
    Ok(InvitationRow {
        id: row.take()?,
        user_id: row.take()?,
        address: row.take()?,
        address_key: row.take()?,
        ticket_hash: row.take()?,
        redirect_url: row.take()?,
        language: row.take()?,
        status: row.take()?,
        send_message: row.take()?,
        ended_at: row.take()?,
        expires_at: row.take()?,
        accepted_at: row.take()?,
        accepted_session: row.take()?,
        declined_at: row.take()?,
        inviter: row.take()?,
        created_at: row.take()?,
        document: row.take()?,
    })
}

pub(crate) async fn invitation(
    on: &mut Connection,
    tenant: TenantId,
    id: Uuid,
) -> Result<Option<InvitationRow>, StoreError> {
    on.row(&INVITATION, binds![tenant, id], read_invitation)
        .await
}

pub(crate) async fn latest_invitation_of(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
) -> Result<Option<InvitationRow>, StoreError> {
    on.row(&INVITATIONS_OF, binds![tenant, user, 1u32], read_invitation)
        .await
}

pub(crate) async fn accepted_invitations_of(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
) -> Result<i64, StoreError> {
    let count = on.row(&ACCEPTED_OF, binds![tenant, user], only).await?;
    Ok(count.unwrap_or(0))
}

pub(crate) async fn accepted_at(
    on: &mut Connection,
    tenant: TenantId,
    user: Uuid,
    address_key: &str,
) -> Result<Option<Timestamp>, StoreError> {
    on.row(&ACCEPTED_AT, binds![tenant, user, address_key], only)
        .await
}

impl Tx {
    /// Inserts an invitation. [`crate::Conflict::Id`] when the id is taken.
    pub async fn insert_invitation(&mut self, row: &InvitationRow) -> Result<(), StoreError> {
        let keys = ObjectKeys::of(&INVITATIONS, &row.record()?);
        let mut binds = binds![
            self.tenant(),
            row.id,
            row.user_id,
            &row.address,
            &row.address_key,
            &row.ticket_hash,
            &row.redirect_url,
            row.language.as_ref(),
            row.status,
            row.send_message,
            row.ended_at,
            row.expires_at,
            row.accepted_at,
            row.accepted_session.as_ref(),
            row.declined_at,
            row.inviter,
            row.created_at,
            &row.document,
        ]
        .to_vec();
        binds.extend(keys.columns.iter().map(|key| Bind::from(&**key)));
        match self
            .connection()
            .execute(&INVITATIONS.writes.insert, &binds)
            .await?
        {
            1 => Ok(()),
            _ => Err(crate::Conflict::Id.into()),
        }
    }

    /// Ends every link of a guest that has not ended; how many there were. Call it before
    /// inserting the new one.
    pub async fn end_invitations_of(
        &mut self,
        user: Uuid,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&END_INVITATIONS, binds![tenant, user, now])
            .await
    }

    /// The guest's acceptances prove nothing any more: their mailbox is chosen anew, or they are no
    /// guest.
    pub async fn void_acceptances_of(
        &mut self,
        user: Uuid,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let tenant = self.tenant();
        self.connection()
            .execute(&VOID_ACCEPTANCES, binds![tenant, user, now])
            .await?;
        Ok(())
    }

    /// Ends one link. `false` when it had ended or does not exist.
    pub async fn end_invitation(&mut self, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&END_INVITATION, binds![tenant, id, now])
            .await?
            == 1)
    }

    /// Accepts, exactly once (T-3, T-4): true only if the invitation was open, not ended, not
    /// expired, and this session has proven the mailbox. On `false` read the row to see which page
    /// to show.
    pub async fn accept_invitation(&mut self, acceptance: &Acceptance) -> Result<bool, StoreError> {
        let Acceptance {
            invitation,
            session,
            now,
        } = acceptance;
        let binds = binds![self.tenant(), *invitation, session, *now];
        let on = self.connection();
        if on.execute(&ACCEPT, binds).await? == 0 {
            return Ok(false);
        }
        on.execute(&MARK_REDEMPTION, binds).await?;
        Ok(true)
    }

    /// Records the first decline of an open invitation; the link goes on working. `false`
    /// when it was declined before or is not open: then there is nothing to audit.
    pub async fn decline_invitation(
        &mut self,
        id: Uuid,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&DECLINE, binds![tenant, id, now])
            .await?
            == 1)
    }

    /// Replaces the stored answer, where something beside it has changed. `false` when there is no
    /// such invitation.
    pub async fn set_invitation_document(
        &mut self,
        id: Uuid,
        document: &str,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&SET_DOCUMENT, binds![tenant, id, document])
            .await?
            == 1)
    }

    /// Sets the delivery status where no letter does it (recipient said "never again"). `false`
    /// when it was so already.
    pub async fn set_invitation_status(
        &mut self,
        id: Uuid,
        status: InvitationStatus,
    ) -> Result<bool, StoreError> {
        let tenant = self.tenant();
        Ok(self
            .connection()
            .execute(&SET_STATUS, binds![tenant, id, status, &status.key()])
            .await?
            == 1)
    }
}
