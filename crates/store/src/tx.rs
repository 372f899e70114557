//! One write. The noun modules change the rows; here is what a write leaves for the end of its
//! batch.

use crate::TenantId;
use crate::engine::connection::Connection;
use crate::rows::audit::AuditRecord;
use crate::rows::changes::{Change, ChangeKind, ChangedLink};
use crate::rows::user_counts::Users;
use uuid::Uuid;

/// A write in progress, bound to one tenant. An `Err` out of the write undoes all of it, and
/// nothing else. It may be run more than once, so everything random or timed comes in from
/// outside.
pub struct Tx {
    connection: Connection,
    tenant: TenantId,
    pub(crate) left: Deferred,
}

/// What a write leaves for the end of its batch.
#[derive(Debug, Default)]
pub(crate) struct Deferred {
    pub(crate) audit: Vec<AuditRecord>,
    pub(crate) changes: Vec<Change>,
    pub(crate) users: Users,
}

impl Deferred {
    pub(crate) fn is_empty(&self) -> bool {
        self.audit.is_empty() && self.changes.is_empty() && self.users == Users::default()
    }

    /// Takes over what a write left.
    pub(crate) fn append(&mut self, other: &mut Self) {
        self.audit.append(&mut other.audit);
        self.changes.append(&mut other.changes);
        let users = std::mem::take(&mut other.users);
        self.users.live += users.live;
        self.users.deleted += users.deleted;
    }
}

impl Tx {
    pub(crate) fn new(connection: Connection) -> Self {
        Self {
            connection,
            tenant: TenantId::INSTANCE,
            left: Deferred::default(),
        }
    }

    /// The tenant this write is bound to.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Makes ready for the next write of a batch.
    pub(crate) fn bind(&mut self, tenant: TenantId) {
        self.tenant = tenant;
        self.left = Deferred::default();
    }

    /// Records what happened. Chained at the end of the batch, committed with the change.
    pub fn audit(&mut self, record: AuditRecord) {
        self.left.audit.push(record);
    }

    /// Records a change of a user in which any property may be different. Numbered at the end of
    /// the batch, committed with the change.
    pub fn changed(&mut self, object: Uuid, kind: ChangeKind) {
        self.left.changes.push(Change {
            object,
            kind,
            link: None,
            touched: None,
        });
    }

    /// Records that an object got a link ([`ChangeKind::Linked`]) or lost one
    /// ([`ChangeKind::Unlinked`]).
    pub fn changed_link(&mut self, object: Uuid, kind: ChangeKind, link: ChangedLink) {
        self.left.changes.push(Change {
            object,
            kind,
            link: Some(link),
            touched: Some(String::new()),
        });
    }

    /// Records that only the properties with these names changed. An unset property is shown to
    /// clients that follow changes because its name is here.
    pub fn changed_in(&mut self, object: Uuid, kind: ChangeKind, names: &[&str]) {
        self.left.changes.push(Change {
            object,
            kind,
            link: None,
            touched: Some(names.join(",")),
        });
    }
}
