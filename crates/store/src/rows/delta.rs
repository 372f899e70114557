//! Following users: the walk over all of them that a client begins with, and the rounds over what
//! changed since.
//!
//! A walk or round stands on a fixed head, the last number given out when it began. Each page is
//! one statement or one connection's run of look-ups, so that a change and the row it is about are
//! of one moment. A row may be newer than the change it is shown for; then a later round shows it
//! again.

use crate::engine::connection::Connection;
use crate::engine::row::{Columns, Read, only};
use crate::reader::{Page, Reader};
use crate::rows::changes::{ChangeKind, ChangedLink, DIRECTORY, read_link};
use crate::rows::relations::{self, Relation, Side};
use crate::rows::users::{read_user, user_columns};
use crate::sql::statements;
use crate::sql::value::binds;
use crate::{StoreError, TenantId, UserRow};
use uuid::Uuid;

/// A stretch of the change sequence: above `after`, up to `head`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Seen already.
    pub after: i64,
    /// Where it ends.
    pub head: i64,
}

/// An object in a round, at its last change in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// Place of that change.
    pub seq: i64,
    /// The object.
    pub id: Uuid,
    /// Its row as it is now, soft-deleted or not; `None` when it is gone.
    pub row: Option<UserRow>,
    /// What the round's changes made different.
    pub touched: Touched,
    /// The manager, also a deleted one. Set where managers are followed and the object is shown
    /// whole or got another manager.
    pub manager: Option<Uuid>,
}

/// A user in a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkedUser {
    /// Its row.
    pub row: UserRow,
    /// Its manager, also a deleted one, where managers are followed.
    pub manager: Option<Uuid>,
}

/// A user got or lost a manager.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagerChange {
    /// Former managers, each once. Among them may be one who is the manager again, or who came and
    /// went within the round. The client may know any of them, since a row may be newer than the
    /// round in which it was shown.
    pub lost: Vec<Uuid>,
}

/// What the changes of a round made different in one object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Names of properties, each once. The client may know a value that was removed since.
    pub names: Vec<String>,
    /// The object was made, deleted or restored, so it is shown whole. Its names count
    /// nevertheless: for the client a user who was deleted and restored within one round was never
    /// gone, and may have lost a value.
    pub is_whole: bool,
    /// A change may have touched any property.
    pub is_unknown: bool,
    /// The manager changed, perhaps for a while only.
    pub manager: Option<ManagerChange>,
}

/// Which objects are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Walked {
    /// All users.
    All,
    /// These few.
    Only(Vec<Uuid>),
}

/// What is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Following {
    /// Which objects.
    pub which: Walked,
    /// Their managers as well.
    pub managers: bool,
}

statements! {
    Tenant WALK = concat!("SELECT ", user_columns!(), " FROM users u \
        WHERE u.tenant_id = ?1 AND u.id > ?2 AND u.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM changes c \
        WHERE c.tenant_id = ?1 AND c.lane = ?4 AND c.object_id = u.id AND c.seq > ?5 AND c.kind IN (?6, ?7)) \
        ORDER BY u.id LIMIT ?3");
    Tenant ROUND = concat!("SELECT a.seq, a.object_id, u.id IS NOT NULL, ", user_columns!(), " FROM changes a \
        LEFT JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.object_id \
        WHERE a.tenant_id = ?1 AND a.lane = ?2 AND a.seq > ?3 AND a.seq <= ?4 AND NOT EXISTS (SELECT 1 FROM changes l \
        WHERE l.tenant_id = ?1 AND l.lane = ?2 AND l.object_id = a.object_id AND l.seq > a.seq AND l.seq <= ?4) \
        ORDER BY a.seq LIMIT ?5");
    Tenant LAST_OF = "SELECT seq FROM changes WHERE tenant_id = ?1 AND lane = ?2 AND object_id = ?3 AND seq > ?4 \
        AND seq <= ?5 ORDER BY seq DESC LIMIT 1";
    Tenant APPEARED = "SELECT seq FROM changes WHERE tenant_id = ?1 AND lane = ?2 AND object_id = ?3 AND seq > ?4 \
        AND kind IN (?5, ?6) LIMIT 1";
    Tenant ANY_USER = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.tenant_id = ?1 AND u.id = ?2");
    Tenant TOUCHED = "SELECT kind, touched, relation, target_id FROM changes \
        WHERE tenant_id = ?1 AND lane = ?2 AND object_id = ?3 AND seq > ?4 AND seq <= ?5 ORDER BY seq";
}

/// Changes that make or restore an object.
const APPEARS: [ChangeKind; 2] = [ChangeKind::Created, ChangeKind::Restored];

fn read_followed(row: &mut Columns<'_>) -> Result<Followed, StoreError> {
    let (seq, id) = (row.take()?, row.take()?);
    let is_there: bool = row.take()?;
    let row = if is_there {
        Some(read_user(row)?)
    } else {
        None
    };
    Ok(Followed {
        seq,
        id,
        row,
        touched: Touched::default(),
        manager: None,
    })
}

/// A change of one object.
struct OneChange {
    kind: ChangeKind,
    names: Option<String>,
    link: Option<ChangedLink>,
}

const READ_TOUCHED: Read<OneChange> = |row| {
    Ok(OneChange {
        kind: row.take()?,
        names: row.take()?,
        link: read_link(row)?,
    })
};
const READ_FOLLOWED: Read<Followed> = read_followed;

/// Live users by id, without those made or restored after `head`: the next round shows them, so
/// that a new user appears once.
async fn walk(
    on: &mut Connection,
    tenant: TenantId,
    following: Following,
    head: i64,
    page: Page,
) -> Result<Vec<WalkedUser>, StoreError> {
    let rows = walked(on, tenant, following.which, head, page).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let manager = if following.managers {
            manager(on, tenant, row.id).await?
        } else {
            None
        };
        found.push(WalkedUser { row, manager });
    }
    Ok(found)
}

/// The link as it is kept, also to a deleted user: restoring that user brings the link back without
/// a change of its own.
async fn manager(
    on: &mut Connection,
    tenant: TenantId,
    of: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let ids = relations::linked_ids(on, tenant, Relation::Manager, Side::Target, of, 1).await?;
    Ok(ids.into_iter().next())
}

async fn walked(
    on: &mut Connection,
    tenant: TenantId,
    which: Walked,
    head: i64,
    page: Page,
) -> Result<Vec<UserRow>, StoreError> {
    let [created, restored] = APPEARS;
    let Walked::Only(mut ids) = which else {
        let binds = binds![
            tenant,
            page.after(),
            page.limit,
            DIRECTORY,
            head,
            created,
            restored
        ];
        return on.rows(&WALK, binds, read_user).await;
    };
    let mut found = Vec::new();
    ids.sort_unstable();
    ids.dedup();
    for id in ids.into_iter().filter(|id| *id > page.after()) {
        if found.len() as u64 >= u64::from(page.limit) {
            break;
        }
        let binds = binds![tenant, DIRECTORY, id, head, created, restored];
        let later: Option<i64> = on.row(&APPEARED, binds, only).await?;
        if later.is_none() {
            let row = on.row(&ANY_USER, binds![tenant, id], read_user).await?;
            found.extend(row.filter(|row| row.deleted_at.is_none()));
        }
    }
    Ok(found)
}

/// Objects whose last change up to `span.head` lies above `position`, in the order of those
/// changes.
async fn round(
    on: &mut Connection,
    tenant: TenantId,
    following: Following,
    span: Span,
    position: i64,
    limit: u32,
) -> Result<Vec<Followed>, StoreError> {
    let mut found = match following.which {
        Walked::All => {
            let binds = binds![tenant, DIRECTORY, position, span.head, limit];
            on.rows(&ROUND, binds, READ_FOLLOWED).await?
        }
        Walked::Only(ids) => some(on, tenant, ids, position, span.head).await?,
    };
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    for one in &mut found {
        let binds = binds![tenant, DIRECTORY, one.id, span.after, span.head];
        one.touched = touched(&on.rows(&TOUCHED, binds, READ_TOUCHED).await?);
        if following.managers && (one.touched.is_whole || one.touched.manager.is_some()) {
            one.manager = manager(on, tenant, one.id).await?;
        }
    }
    Ok(found)
}

/// The effect of these changes of one object, taken in their order.
fn touched(changes: &[OneChange]) -> Touched {
    let mut touched = Touched::default();
    let mut is_new = false;
    for OneChange { kind, names, link } in changes {
        let link = link.filter(|link| link.relation == Relation::Manager);
        if let Some(link) = link {
            let change = touched.manager.get_or_insert_default();
            if *kind == ChangeKind::Unlinked {
                change.lost.push(link.target);
            }
        }
        let comes_or_goes = matches!(
            kind,
            ChangeKind::Created | ChangeKind::Deleted | ChangeKind::Restored | ChangeKind::Purged
        );
        touched.is_whole |= comes_or_goes;
        match (kind, names) {
            (_, Some(list)) => {
                let names = list.split(',').filter(|name| !name.is_empty());
                touched.names.extend(names.map(str::to_owned));
            }
            (ChangeKind::Created, None) => is_new = true,
            // Deleting and restoring change no property, and a link is no property.
            (
                ChangeKind::Deleted
                | ChangeKind::Restored
                | ChangeKind::Purged
                | ChangeKind::Linked
                | ChangeKind::Unlinked,
                None,
            ) => {}
            (ChangeKind::Updated, None) => touched.is_unknown = true,
        }
    }
    if is_new {
        // The object is new, so no client knows an earlier value.
        touched.names.clear();
        touched.is_unknown = false;
        touched.manager = None;
    }
    touched.names.sort_unstable();
    touched.names.dedup();
    if let Some(change) = &mut touched.manager {
        change.lost.sort_unstable();
        change.lost.dedup();
    }
    touched
}

async fn some(
    on: &mut Connection,
    tenant: TenantId,
    mut ids: Vec<Uuid>,
    position: i64,
    head: i64,
) -> Result<Vec<Followed>, StoreError> {
    let mut found = Vec::new();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let binds = binds![tenant, DIRECTORY, id, position, head];
        let Some(seq) = on.row(&LAST_OF, binds, only).await? else {
            continue;
        };
        found.push(Followed {
            seq,
            id,
            row: on.row(&ANY_USER, binds![tenant, id], read_user).await?,
            touched: Touched::default(),
            manager: None,
        });
    }
    found.sort_by_key(|one| one.seq);
    Ok(found)
}

impl Reader {
    /// A page of the walk that a client begins with: live users by id, without those made or
    /// restored after `head`.
    pub async fn walk_users(
        &self,
        following: Following,
        head: i64,
        page: Page,
    ) -> Result<Vec<WalkedUser>, StoreError> {
        self.list(move |on, tenant| Box::pin(walk(on, tenant, following, head, page)))
            .await
    }

    /// A page of a round: each object that changed in `span`, once, at its last change in it; those
    /// above `position` (which begins at `span.after`), `limit` at most.
    pub async fn followed_users(
        &self,
        following: Following,
        span: Span,
        position: i64,
        limit: u32,
    ) -> Result<Vec<Followed>, StoreError> {
        self.list(move |on, tenant| Box::pin(round(on, tenant, following, span, position, limit)))
            .await
    }
}
