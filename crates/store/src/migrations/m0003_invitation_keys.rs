//! Version 3: the keys that invitations are found and sorted by, as users are.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Part;
use crate::StoreError;
use crate::engine::connection::Connection;
use crate::query::kinds::INVITATIONS;
use crate::query::rekeying;
use crate::rows::row_position::RowPosition;

pub(super) const PART: Part = Part {
    name: "invitation keys",
    statements: &[
        "ALTER TABLE invitations ADD COLUMN IF NOT EXISTS invited_user_display_name_key bytes NOT NULL DEFAULT NULL_KEY",
        "ALTER TABLE invitations ADD COLUMN IF NOT EXISTS invited_user_email_address_key bytes NOT NULL DEFAULT NULL_KEY",
        "ALTER TABLE invitations ADD COLUMN IF NOT EXISTS send_invitation_message_key bytes NOT NULL DEFAULT NULL_KEY",
        "ALTER TABLE invitations ADD COLUMN IF NOT EXISTS status_key bytes NOT NULL DEFAULT NULL_KEY",
        "ALTER TABLE invitations ADD COLUMN IF NOT EXISTS invited_user_type_key bytes NOT NULL DEFAULT NULL_KEY",
        "CREATE INDEX IF NOT EXISTS invitations_invited_user_email_address ON invitations (tenant_id, \
         invited_user_email_address_key, id)",
    ],
    backfill: Some(fill),
};

fn fill(
    on: &mut Connection,
    after: Option<String>,
) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
    async move {
        let after = RowPosition::of_backfill(after.as_deref(), "invitations")?;
        let reached = rekeying::rows(on, &INVITATIONS, after).await?;
        Ok(reached.map(RowPosition::text))
    }
    .boxed()
}
