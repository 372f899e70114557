//! Version 4: issuers and assigned ids that are longer than keys may be are cut (decision record
//! 0084).

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Part;
use crate::StoreError;
use crate::engine::connection::Connection;
use crate::rows::identity_keys;
use crate::rows::row_position::RowPosition;

pub(super) const PART: Part = Part {
    name: "long identities",
    statements: &[],
    backfill: Some(cut_identities),
};

fn cut_identities(
    on: &mut Connection,
    after: Option<String>,
) -> BoxFuture<'_, Result<Option<String>, StoreError>> {
    async move {
        let after = RowPosition::of_backfill(after.as_deref(), "identities")?;
        let reached = identity_keys::cut_long_identities(on, after).await?;
        Ok(reached.map(RowPosition::text))
    }
    .boxed()
}
