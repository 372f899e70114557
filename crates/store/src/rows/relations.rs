//! Links between users. A link has a source and a target and is found from either end.
//!
//! A link to or from a soft-deleted user stays and is not shown: reading across a link joins the
//! user at its other end. So a restored user has their links again.

use crate::engine::connection::Connection;
use crate::engine::row::only;
use crate::reader::Page;
use crate::rows::users::{read_user, user_columns};
use crate::sql::statements;
use crate::sql::value::{binds, codes};
use crate::{StoreError, TenantId, Tx, UserRow};
use std::collections::HashSet;
use uuid::Uuid;

codes! {
    /// What a link means.
    pub enum Relation {
        /// The target is the source's manager.
        Manager = 1,
        /// The target is a sponsor of the source.
        Sponsor = 2,
    }
}

/// All of them.
pub(crate) const ALL: [Relation; 2] = [Relation::Manager, Relation::Sponsor];

/// An end of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Where it begins.
    Source,
    /// Where it leads.
    Target,
}

/// The users at the other end of a user's links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The user whose links are read.
    pub of: Uuid,
    /// Who is at the other end, by id ascending.
    pub users: Vec<UserRow>,
}

statements! {
    Tenant TARGETS = concat!("SELECT ", user_columns!(), " FROM relations a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.target_id \
        WHERE a.tenant_id = ?1 AND a.kind = ?2 AND a.source_id = ?3 AND a.target_id > ?4 AND u.deleted_at IS NULL \
        ORDER BY a.target_id LIMIT ?5");
    Tenant SOURCES = concat!("SELECT ", user_columns!(), " FROM relations a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.source_id \
        WHERE a.tenant_id = ?1 AND a.kind = ?2 AND a.target_id = ?3 AND a.source_id > ?4 AND u.deleted_at IS NULL \
        ORDER BY a.source_id LIMIT ?5");
    Tenant COUNT_TARGETS = "SELECT count(*) FROM relations a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.target_id \
        WHERE a.tenant_id = ?1 AND a.kind = ?2 AND a.source_id = ?3 AND u.deleted_at IS NULL";
    Tenant COUNT_SOURCES = "SELECT count(*) FROM relations a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.source_id \
        WHERE a.tenant_id = ?1 AND a.kind = ?2 AND a.target_id = ?3 AND u.deleted_at IS NULL";
    Tenant LINKS = "SELECT source_id, target_id FROM relations \
        WHERE tenant_id = ?1 AND kind = ?2 AND (source_id, target_id) > (?3, ?4) \
        ORDER BY source_id, target_id LIMIT ?5";
    Tenant TARGET_IDS = "SELECT target_id FROM relations \
        WHERE tenant_id = ?1 AND kind = ?2 AND source_id = ?3 ORDER BY target_id LIMIT ?4";
    Tenant SOURCE_IDS = "SELECT source_id FROM relations \
        WHERE tenant_id = ?1 AND kind = ?2 AND target_id = ?3 ORDER BY source_id LIMIT ?4";
    Tenant LEADERS = "SELECT a.source_id FROM relations a \
        JOIN users u ON u.tenant_id = a.tenant_id AND u.id = a.source_id \
        WHERE a.tenant_id = ?1 AND a.kind = ?2 AND a.target_id = ?3 AND u.deleted_at IS NULL \
        AND EXISTS (SELECT 1 FROM relations b WHERE b.tenant_id = ?1 AND b.kind = ?2 AND b.target_id = a.source_id) \
        ORDER BY a.source_id LIMIT ?4";
    pub(crate) Tenant LINK = "INSERT INTO relations (tenant_id, kind, source_id, target_id) VALUES (?1, ?2, ?3, ?4) \
        ON CONFLICT DO NOTHING";
    Tenant UNLINK = "DELETE FROM relations WHERE tenant_id = ?1 AND kind = ?2 AND source_id = ?3 AND target_id = ?4";
}

/// A page of the users on `side` of the links whose other end is `of`.
pub(crate) async fn related(
    on: &mut Connection,
    tenant: TenantId,
    (relation, side): (Relation, Side),
    of: Uuid,
    page: Page,
) -> Result<Vec<UserRow>, StoreError> {
    let sql = match side {
        Side::Target => &TARGETS,
        Side::Source => &SOURCES,
    };
    let binds = binds![tenant, relation, of, page.after(), page.limit];
    on.rows(sql, binds, read_user).await
}

/// [`related`] for several users: the first page of each. Each user costs one look-up in an index,
/// so the caller limits how many they are. All are read in one snapshot.
pub(crate) async fn related_to_each(
    on: &mut Connection,
    tenant: TenantId,
    link: (Relation, Side),
    of: &[Uuid],
    limit: u32,
) -> Result<Vec<Related>, StoreError> {
    let mut found = Vec::with_capacity(of.len());
    for &of in of {
        let page = Page { after: None, limit };
        let users = related(on, tenant, link, of, page).await?;
        found.push(Related { of, users });
    }
    Ok(found)
}

pub(crate) async fn count_related(
    on: &mut Connection,
    tenant: TenantId,
    (relation, side): (Relation, Side),
    of: Uuid,
) -> Result<i64, StoreError> {
    let sql = match side {
        Side::Target => &COUNT_TARGETS,
        Side::Source => &COUNT_SOURCES,
    };
    let count = on.row(sql, binds![tenant, relation, of], only).await?;
    Ok(count.unwrap_or(0))
}

pub(crate) async fn linked_ids(
    on: &mut Connection,
    tenant: TenantId,
    relation: Relation,
    side: Side,
    of: Uuid,
    limit: u32,
) -> Result<Vec<Uuid>, StoreError> {
    let sql = match side {
        Side::Target => &TARGET_IDS,
        Side::Source => &SOURCE_IDS,
    };
    on.rows(sql, binds![tenant, relation, of, limit], only)
        .await
}

/// `of` and everybody below, by one link or by several in a row, who is a target of such links too.
/// Each is looked at once, so the walk ends even if links go in a circle. Deleted users are left
/// out, and so is everybody who is below them alone. `None` when there are more than `most`. One
/// look-up in an index for each of them; all in one snapshot.
pub(crate) async fn leaders_below(
    on: &mut Connection,
    tenant: TenantId,
    relation: Relation,
    of: Uuid,
    most: u32,
) -> Result<Option<Vec<Uuid>>, StoreError> {
    let allowed = usize::try_from(most).unwrap_or(usize::MAX);
    let (mut found, mut seen) = (vec![of], HashSet::from([of]));
    let mut at = 0;
    while let Some(of) = found.get(at).copied() {
        at += 1;
        let binds = binds![tenant, relation, of, most.saturating_add(1)];
        let below: Vec<Uuid> = on.rows(&LEADERS, binds, only).await?;
        found.extend(below.into_iter().filter(|id| seen.insert(*id)));
        if found.len() > allowed {
            return Ok(None);
        }
        on.in_time()?;
    }
    Ok(Some(found))
}

/// A page of all links of a kind, source and target, by them, behind `after`. Links of deleted
/// users are among them.
pub(crate) async fn links(
    on: &mut Connection,
    tenant: TenantId,
    relation: Relation,
    after: (Uuid, Uuid),
    limit: u32,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let binds = binds![tenant, relation, after.0, after.1, limit];
    on.rows(&LINKS, binds, |row| Ok((row.take()?, row.take()?)))
        .await
}

/// Users by their ids, one look-up each, in one snapshot. The caller bounds how many.
pub(crate) async fn users_of(
    on: &mut Connection,
    tenant: TenantId,
    ids: &[Uuid],
) -> Result<Vec<UserRow>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.extend(crate::rows::users::user(on, tenant, *id).await?);
    }
    Ok(found)
}

impl Tx {
    /// Links `source` to `target`; `false` when they are linked already.
    pub async fn link(
        &mut self,
        relation: Relation,
        source: Uuid,
        target: Uuid,
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), relation, source, target];
        Ok(self.connection().execute(&LINK, binds).await? == 1)
    }

    /// Breaks a link; `false` when there is none.
    pub async fn unlink(
        &mut self,
        relation: Relation,
        source: Uuid,
        target: Uuid,
    ) -> Result<bool, StoreError> {
        let binds = binds![self.tenant(), relation, source, target];
        Ok(self.connection().execute(&UNLINK, binds).await? == 1)
    }
}
