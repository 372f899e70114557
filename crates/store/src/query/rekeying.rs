//! Making the keys that objects are found by anew, from their documents (decision record 0069).
//!
//! What is made anew: the key columns of `users`, their rows in `user_values`, their search tokens,
//! and the key columns of each other table of objects, which are all that is folded. Keys of
//! addresses and identities are not folded (R-65, T-55): they lower ASCII alone, so no version of
//! Unicode changes them.
//!
//! It happens while the database is opened, before anything else can read or write it. So the rows
//! of a tenant can be removed first and written again afterwards: what the older build called a key
//! need not be known.

use crate::engine::connection::Connection;
use crate::engine::row::Columns;
use crate::query::ObjectKeys;
use crate::query::kind::{self, Stored, Table};
use crate::query::kinds::TABLES;
use crate::rows::row_position::RowPosition;
use crate::rows::user_writes::{self, KEYED_USERS, READ_KEYED};
use crate::rows::{definitions, tenants};
use crate::sql::statements;
use crate::sql::value::{Bind, binds};
use crate::{StoreError, TenantId};
use edm::user;
use uuid::Uuid;

/// Rows that one statement removes: some tens of milliseconds.
const REMOVED: u32 = if cfg!(test) { 70 } else { 20_000 };
/// Users whose keys one transaction makes: some tens of milliseconds, and 4 MB of documents.
const MADE: u32 = if cfg!(test) { 7 } else { 1_000 };

statements! {
    Tenant EMPTY_VALUES = "DELETE FROM user_values WHERE tenant_id = ?1 AND (property, key, object_id) IN \
        (SELECT v.property, v.key, v.object_id FROM user_values v WHERE v.tenant_id = ?1 LIMIT ?2)";
    Tenant EMPTY_TOKENS = "DELETE FROM search_tokens WHERE tenant_id = ?1 AND (token, object_id) IN \
        (SELECT v.token, v.object_id FROM search_tokens v WHERE v.tenant_id = ?1 LIMIT ?2)";
}

/// What keys are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeyVersions {
    /// Of `edm::fold`.
    pub(crate) fold: u32,
    /// Of `query::keys`.
    pub(crate) form: u32,
}

impl KeyVersions {
    /// Those of this program.
    pub(crate) const OURS: Self = Self {
        fold: edm::fold::VERSION,
        form: ObjectKeys::FORM,
    };

    /// Whether keys of `found` can stay. Newer ones are refused: this program would write others
    /// beside them.
    pub(crate) fn accept(self, found: Self) -> Result<bool, StoreError> {
        for (what, found, known) in [
            ("folding", found.fold, self.fold),
            ("form", found.form, self.form),
        ] {
            if found > known {
                return Err(StoreError::NewerKeys { what, found, known });
            }
        }
        Ok(found == self)
    }

    /// The error for a process that may only read, where the keys are older.
    pub(crate) fn older(self, found: Self) -> StoreError {
        if found.fold == self.fold {
            let (found, known) = (found.form, self.form);
            let what = "form";
            StoreError::OldKeys { what, found, known }
        } else {
            let (found, known) = (found.fold, self.fold);
            let what = "folding";
            StoreError::OldKeys { what, found, known }
        }
    }
}

/// How far it came. Stored as text between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    /// Removing the tenant's values.
    Values(TenantId),
    /// Removing the tenant's tokens.
    Tokens(TenantId),
    /// Making the keys of the tenant's users behind this one.
    Users(TenantId, Option<Uuid>),
    /// Making the keys of another table's objects of all tenants, behind this one. The number is
    /// the place of the table in [`TABLES`].
    Others(usize, Option<RowPosition>),
}

/// The place in [`TABLES`] of the first table behind that of the users.
const FIRST_OTHER_TABLE: usize = 1;

impl Position {
    fn parse(text: &str) -> Option<Self> {
        let (stage, after) = text.split_once(' ').unwrap_or((text, ""));
        let mut others = TABLES.iter().enumerate().skip(FIRST_OTHER_TABLE);
        if let Some((at, _)) = others.find(|(_, table)| table.name == stage) {
            let after = match after {
                "" => None,
                after => Some(RowPosition::parse(after)?),
            };
            return Some(Self::Others(at, after));
        }
        let mut words = text.split(' ');
        let stage = words.next()?;
        let tenant = TenantId(words.next()?.parse().ok()?);
        let after = words.next().map(str::parse).transpose().ok()?;
        Some(match (stage, after) {
            ("values", None) => Self::Values(tenant),
            ("tokens", None) => Self::Tokens(tenant),
            ("users", after) => Self::Users(tenant, after),
            _ => return None,
        })
    }

    fn text(self) -> String {
        match self {
            Self::Values(tenant) => format!("values {}", tenant.0),
            Self::Tokens(tenant) => format!("tokens {}", tenant.0),
            Self::Users(tenant, None) => format!("users {}", tenant.0),
            Self::Users(tenant, Some(after)) => format!("users {} {after}", tenant.0),
            Self::Others(at, after) => {
                let table = TABLES.get(at).map_or("", |table| table.name);
                after.map_or(table.to_owned(), |after| {
                    format!("{table} {}", after.text())
                })
            }
        }
    }
}

/// What a batch did.
#[derive(Debug)]
pub(crate) struct Batch {
    /// Where the next one goes on; `None` when all is done.
    pub(crate) position: Option<String>,
    /// Users whose keys it made.
    pub(crate) users: u64,
}

/// One batch. Its position is committed with it: after a kill the next process goes on from there.
pub(crate) async fn batch(
    on: &mut Connection,
    position: Option<&str>,
) -> Result<Batch, StoreError> {
    let at =
        match position {
            Some(text) => Some(Position::parse(text).ok_or_else(|| {
                StoreError::Corrupt(format!("no position among the keys: {text}"))
            })?),
            None => following(on, None).await?.map(Position::Values),
        };
    let (next, users) = match at {
        None => (None, 0),
        Some(Position::Values(tenant)) => {
            let left = on.execute(&EMPTY_VALUES, binds![tenant, REMOVED]).await?;
            let next = if left == 0 {
                Position::Tokens(tenant)
            } else {
                Position::Values(tenant)
            };
            (Some(next), 0)
        }
        Some(Position::Tokens(tenant)) => {
            let left = on.execute(&EMPTY_TOKENS, binds![tenant, REMOVED]).await?;
            let next = if left == 0 {
                Position::Users(tenant, None)
            } else {
                Position::Tokens(tenant)
            };
            (Some(next), 0)
        }
        Some(Position::Users(tenant, after)) => users(on, tenant, after).await?,
        Some(Position::Others(at, after)) => {
            let next = match TABLES.get(at) {
                None => None,
                Some(table) => match rows(on, table, after).await? {
                    Some(reached) => Some(Position::Others(at, Some(reached))),
                    None => start_of_table(at + 1),
                },
            };
            (next, 0)
        }
    };
    Ok(Batch {
        position: next.map(Position::text),
        users,
    })
}

/// The tenant behind this one.
async fn following(
    on: &mut Connection,
    tenant: Option<TenantId>,
) -> Result<Option<TenantId>, StoreError> {
    let all = tenants::tenants(on).await?.into_iter();
    let mut all: Vec<_> = all.map(|row| row.id).collect();
    all.sort_unstable_by_key(|id| id.0);
    Ok(all
        .into_iter()
        .find(|id| tenant.is_none_or(|tenant| id.0 > tenant.0)))
}

/// The beginning of a table behind that of the users.
fn start_of_table(at: usize) -> Option<Position> {
    TABLES.get(at).map(|_| Position::Others(at, None))
}

/// Makes the key columns of a batch of rows, those behind `after`; how far it came. `None` when
/// there are no more.
pub(crate) async fn rows(
    on: &mut Connection,
    table: &'static Table,
    after: Option<RowPosition>,
) -> Result<Option<RowPosition>, StoreError> {
    let RowPosition { tenant, id } = after.unwrap_or(RowPosition {
        tenant: i64::MIN,
        id: Uuid::nil(),
    });
    let read = |row: &mut Columns<'_>| {
        let (tenant, id) = (row.take()?, row.take()?);
        let stored: Result<Stored, StoreError> = kind::stored(table, row);
        Ok((RowPosition { tenant, id }, stored))
    };
    let found = on
        .rows(&table.writes.select_all, binds![tenant, id, MADE], read)
        .await?;
    let mut reached = None;
    for (at, stored) in found {
        // An object that cannot be read must not stop the start: it is still found by its id, and
        // reading it tells what is wrong.
        let record = stored
            .and_then(|stored| stored.record(edm::Entity::core(table.entity)))
            .unwrap_or_else(|error| {
                let table = table.name;
                tracing::warn!(table, id = %at.id, %error, "the keys of an object cannot be made");
                edm::Record::new()
            });
        let keys = ObjectKeys::of(table, &record);
        let mut binds = binds![at.tenant, at.id].to_vec();
        binds.extend(keys.columns.iter().map(|key| Bind::from(&**key)));
        on.execute(&table.writes.replace_keys, &binds).await?;
        reached = Some(at);
    }
    Ok(reached)
}

async fn users(
    on: &mut Connection,
    tenant: TenantId,
    after: Option<Uuid>,
) -> Result<(Option<Position>, u64), StoreError> {
    // The empty bytes stand before the first id.
    let from = after.as_ref().map_or(&[][..], |id| id.as_bytes());
    let found = on
        .rows(&KEYED_USERS, binds![tenant, from, MADE], READ_KEYED)
        .await?;
    let schema = definitions::schema_with_deleted(on, tenant).await?;
    let ty = schema.entity(&user::TYPE);
    for user in &found {
        user_writes::make_keys(on, tenant, user, ty).await?;
    }
    let next = match found.last() {
        Some(last) => Some(Position::Users(tenant, Some(last.id))),
        None => match following(on, Some(tenant)).await? {
            Some(tenant) => Some(Position::Values(tenant)),
            None => start_of_table(FIRST_OTHER_TABLE),
        },
    };
    Ok((next, found.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::{KeyVersions, Position, RowPosition};
    use crate::{StoreError, TenantId};
    use uuid::Uuid;

    #[test]
    fn positions_are_read_back() {
        let (tenant, id) = (TenantId(Uuid::from_u128(7)), Uuid::from_u128(9));
        for position in [
            Position::Values(tenant),
            Position::Tokens(tenant),
            Position::Users(tenant, None),
            Position::Users(tenant, Some(id)),
            Position::Others(1, None),
            Position::Others(1, Some(RowPosition { tenant: 3, id })),
        ] {
            assert_eq!(Position::parse(&position.text()), Some(position));
        }
        for text in [
            "",
            "values",
            "users 7",
            "values 7 9",
            "other",
            "invitations 7",
            "invitationsx",
        ] {
            assert_eq!(Position::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_newer_folding_or_form_is_refused() {
        let ours = KeyVersions { fold: 3, form: 5 };
        let of = |fold, form| ours.accept(KeyVersions { fold, form });
        assert_eq!(of(3, 5), Ok(true));
        assert_eq!(of(2, 5), Ok(false));
        assert_eq!(of(3, 4), Ok(false));
        for (fold, form, what, found, known) in [
            (4, 5, "folding", 4, 3),
            (3, 6, "form", 6, 5),
            (1, 6, "form", 6, 5),
        ] {
            let newer = StoreError::NewerKeys { what, found, known };
            assert_eq!(of(fold, form), Err(newer));
        }
    }
}
