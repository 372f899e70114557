//! Issuers and assigned ids as `identities` keeps them: long ones as a beginning and a hash,
//! because both stand in one key, and rows of indexes have a longest size (decision record 0084).
//! Only the document has the whole.

use crate::StoreError;
use crate::engine::connection::Connection;
use crate::engine::row::Read;
use crate::rows::row_position::RowPosition;
use crate::sql::statements;
use crate::sql::value::binds;
use aws_lc_rs::digest::{SHA256, digest};
use std::borrow::Cow;
use std::fmt::Write as _;
use uuid::Uuid;

/// Most bytes that are kept whole.
pub(crate) const WHOLE: usize = 966;
/// Most bytes of the beginning of what is cut.
const BEGINNING: usize = 400;
/// Least characters of a cut text. The schema allows issuers and assigned ids of 512 characters, so
/// that no text is taken for the cut form of another.
const CUT: usize = 513;
/// Digits of a hash.
const HASH: usize = 64;

/// Rows cut in one transaction.
const BATCH: u32 = if cfg!(test) { 2 } else { 1_000 };

statements! {
    // Across tenants: they are cut in the order of the table, once.
    Instance LONG_IDENTITIES = "SELECT tenant_id, object_id, issuer, assigned_id FROM identities \
        WHERE (tenant_id, object_id) >= (?1, ?2) AND (OCTET_LENGTH(issuer) > ?3 OR OCTET_LENGTH(assigned_id) > ?3) \
        ORDER BY tenant_id, object_id LIMIT ?4";
    Tenant CUT_IDENTITY = "UPDATE identities SET issuer = ?5, assigned_id = ?6 \
        WHERE tenant_id = ?1 AND object_id = ?2 AND issuer = ?3 AND assigned_id = ?4";
}

/// An issuer or an assigned id as it is kept.
pub(crate) fn kept(text: &str) -> Cow<'_, str> {
    if text.len() <= WHOLE {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(BEGINNING);
    let mut cut = text.get(..end).unwrap_or_default().to_owned();
    let missing = (CUT - HASH).saturating_sub(cut.chars().count());
    cut.extend(std::iter::repeat_n('~', missing));
    for byte in digest(&SHA256, text.as_bytes()).as_ref() {
        // Writing into a String does not fail.
        let _ = write!(cut, "{byte:02x}");
    }
    Cow::Owned(cut)
}

/// Cuts a batch of the identities that an earlier build kept whole, from `after` on; how far it
/// came. `None` when there are no more. What is cut is not long any more, so that it is not cut
/// again.
pub(crate) async fn cut_long_identities(
    on: &mut Connection,
    after: Option<RowPosition>,
) -> Result<Option<RowPosition>, StoreError> {
    type Long = (RowPosition, String, String);
    let RowPosition { tenant, id } = after.unwrap_or(RowPosition {
        tenant: i64::MIN,
        id: Uuid::nil(),
    });
    let read: Read<Long> = |row| {
        let (tenant, id) = (row.take()?, row.take()?);
        Ok((RowPosition { tenant, id }, row.take()?, row.take()?))
    };
    let longest = u32::try_from(WHOLE).unwrap_or(u32::MAX);
    let binds = binds![tenant, id, longest, BATCH];
    let mut reached = None;
    for (at, issuer, assigned) in on.rows(&LONG_IDENTITIES, binds, read).await? {
        let (cut_issuer, cut_assigned) = (kept(&issuer), kept(&assigned));
        let binds = binds![
            at.tenant,
            at.id,
            &issuer,
            &assigned,
            &*cut_issuer,
            &*cut_assigned
        ];
        on.execute(&CUT_IDENTITY, binds).await?;
        reached = Some(at);
    }
    Ok(reached)
}

#[cfg(test)]
mod tests {
    use super::{CUT, WHOLE, kept};
    use edm::complex::object_identity::{ISSUER, ISSUER_ASSIGNED_ID};
    use std::collections::BTreeSet;

    /// No text that the schema allows is what another one is cut to.
    #[test]
    fn no_text_is_the_cut_form_of_another() {
        for property in [&ISSUER, &ISSUER_ASSIGNED_ID] {
            assert_eq!(property.max_len, Some(512));
        }
        let mut cut = BTreeSet::new();
        for letter in ["é", "猫", "😀"] {
            for end in ["a", "b", "\u{ffff}"] {
                let text = letter.repeat(511) + end;
                let kept = kept(&text);
                assert!(kept.len() <= WHOLE, "{}", kept.len());
                assert_eq!(super::kept(&kept), kept);
                if text.len() <= WHOLE {
                    assert_eq!(kept, text);
                } else {
                    assert!(kept.chars().count() >= CUT, "{text}");
                    assert!(cut.insert(kept.into_owned()));
                }
            }
        }
        assert_eq!(cut.len(), 9);
        // The longest beginning is of letters of one byte, the shortest of those of four.
        let ascii = kept(&"a".repeat(2_000)).into_owned();
        assert_eq!((ascii.len(), ascii.chars().count()), (513, 513));
    }
}
