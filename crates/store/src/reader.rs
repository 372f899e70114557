//! Reading outside a write, on a connection of its own.

use crate::engine::connection::Connection;
use crate::engine::{Lease, read_at_once};
use crate::query;
use crate::rows::{apps, attempts, audit, changes, outbox, relations, users};
use crate::{
    AppRow, AuditRow, BlockedRow, ChangeRow, Found, LetterRow, Letters, Objects, Plan, Query,
    Related, Relation, Side, Snapshot, Spending, Spent, Store, StoreError, TenantId, UserRow,
};
use futures_util::future::BoxFuture;
use odata::filter::Filter;
use uuid::Uuid;

/// A keyset page: the rows with the lowest ids above `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Id of the last row of the page before; `None` for the first page.
    pub after: Option<Uuid>,
    /// At most so many rows.
    pub limit: u32,
}

impl Page {
    /// The id to be above. No object has the nil id, the lowest of all.
    pub(crate) fn after(self) -> Uuid {
        self.after.unwrap_or(Uuid::nil())
    }
}

/// Rows of a page that is worth trying where it is asked for.
const SHORT: u32 = 200;

/// Reads one tenant's rows as last committed. Each call is a snapshot of its own; look-ups that
/// belong together are made in one ([`Reader::snapshot`]).
#[derive(Clone)]
pub struct Reader {
    store: Store,
    tenant: TenantId,
}

impl Reader {
    pub(crate) fn new(store: Store, tenant: TenantId) -> Self {
        Self { store, tenant }
    }

    /// The tenant this reader is bound to.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    pub(crate) async fn lease(&self) -> Result<Lease, StoreError> {
        self.store.engine().lease().await
    }

    /// Makes several look-ups on one connection and in one read transaction, so that they all see
    /// the same commit.
    ///
    /// `work` awaits nothing but its look-ups, as a write awaits nothing but its [`crate::Tx`]
    /// whatever is slow (hashing, a client, a write) comes after it. Work that awaits
    /// something else is refused ([`StoreError::Driver`]), so that no connection is held meanwhile.
    ///
    /// For example `reader.snapshot(async |on| on.user(id).await).await`.
    pub async fn snapshot<T, E: From<StoreError>>(
        &self,
        work: impl AsyncFnOnce(&mut Snapshot) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut snapshot = Snapshot::begin(self.lease().await?, self.tenant)?;
        let read = read_at_once(work(&mut snapshot));
        read.unwrap_or_else(|error| Err(error.into()))
    }

    pub(crate) async fn list<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Connection, TenantId) -> BoxFuture<'a, Result<T, StoreError>>
        + Send
        + 'static,
    ) -> Result<T, StoreError> {
        let tenant = self.tenant;
        let time = self.store.read_time();
        self.store
            .engine()
            .list(Some(time), move |on| work(on, tenant))
            .await
    }

    /// A list that is usually short. It is tried at once on the asking thread; if it takes longer
    /// than a look-up may, it begins again like any other list.
    pub(crate) async fn short_list<T: Send + 'static, W>(&self, work: W) -> Result<T, StoreError>
    where
        W: for<'a> Fn(&'a mut Connection, TenantId) -> BoxFuture<'a, Result<T, StoreError>>
            + Send
            + 'static,
    {
        let tenant = self.tenant;
        let engine = self.store.engine();
        let tried = engine.try_list(self.store.read_time(), |on| work(on, tenant));
        match tried.await? {
            Some(found) => Ok(found),
            None => self.list(work).await,
        }
    }

    /// A page of users that are not deleted, by id.
    pub async fn users(&self, page: Page) -> Result<Vec<UserRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(users::users(on, tenant, page)))
            .await
    }

    /// A page of the users on `side` of links, the other end of which is `of`; by id.
    pub async fn related(
        &self,
        relation: Relation,
        side: Side,
        of: Uuid,
        page: Page,
    ) -> Result<Vec<UserRow>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(relations::related(on, tenant, (relation, side), of, page))
        })
        .await
    }

    /// Of each of several users, the first `limit` users on `side` of their links.
    pub async fn related_to_each(
        &self,
        relation: Relation,
        side: Side,
        of: Vec<Uuid>,
        limit: u32,
    ) -> Result<Vec<Related>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(async move {
                relations::related_to_each(on, tenant, (relation, side), &of, limit).await
            })
        })
        .await
    }

    /// How many users [`Reader::related`] has.
    pub async fn count_related(
        &self,
        relation: Relation,
        side: Side,
        of: Uuid,
    ) -> Result<i64, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(relations::count_related(on, tenant, (relation, side), of))
        })
        .await
    }

    /// `of`, and everybody below by one such link or by several in a row who has others below;
    /// `None` when there are more than `most`. In no order that means anything.
    pub async fn leaders_below(
        &self,
        relation: Relation,
        of: Uuid,
        most: u32,
    ) -> Result<Option<Vec<Uuid>>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(relations::leaders_below(on, tenant, relation, of, most))
        })
        .await
    }

    /// A page of all links of a kind, as source and target and in their order, behind `after`; also
    /// those whose ends are deleted.
    pub async fn links(
        &self,
        relation: Relation,
        after: Option<(Uuid, Uuid)>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
        let after = after.unwrap_or((Uuid::nil(), Uuid::nil()));
        self.list(move |on, tenant| Box::pin(relations::links(on, tenant, relation, after, limit)))
            .await
    }

    /// The live users among these, in the order of the ids.
    pub async fn users_of(&self, ids: Vec<Uuid>) -> Result<Vec<UserRow>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(async move { relations::users_of(on, tenant, &ids).await })
        })
        .await
    }

    /// A page that is tried at once where it is short.
    pub(crate) async fn page<T: Send + 'static, W>(
        &self,
        limit: u32,
        work: W,
    ) -> Result<T, StoreError>
    where
        W: for<'a> Fn(&'a mut Connection, TenantId) -> BoxFuture<'a, Result<T, StoreError>>
            + Send
            + 'static,
    {
        if limit > SHORT {
            return self.list(work).await;
        }
        self.short_list(work).await
    }

    /// The objects of a query.
    pub async fn find<T: Send + 'static>(
        &self,
        objects: Objects<T>,
        query: Query,
    ) -> Result<Found<T>, StoreError> {
        self.page(query.limit, move |on, tenant| {
            Box::pin(query::find_page(on, tenant, objects, query.clone()))
        })
        .await
    }

    /// How many of the objects a condition holds for; exact. Of users who are live or deleted it is
    /// a look-up where there is no condition.
    pub async fn count<T>(
        &self,
        objects: Objects<T>,
        filter: Option<Filter>,
    ) -> Result<u64, StoreError> {
        let kind = objects.kind;
        self.list(move |on, tenant| Box::pin(query::count(on, tenant, kind, filter)))
            .await
    }

    /// How a query is answered. It is run for that.
    pub async fn explain<T>(&self, objects: Objects<T>, query: Query) -> Result<Plan, StoreError> {
        let kind = objects.kind;
        self.list(move |on, tenant| Box::pin(query::explain(on, tenant, kind, query)))
            .await
    }

    /// The users among these that are not deleted, by id. The caller bounds how many it asks for.
    pub async fn users_by_ids(&self, ids: Vec<Uuid>) -> Result<Vec<UserRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(async move { query::by_ids(on, tenant, &ids).await }))
            .await
    }

    /// Letters, newest first.
    pub async fn letters(&self, which: Letters<'_>) -> Result<Vec<LetterRow>, StoreError> {
        let (key, before, limit) = (
            which.recipient_key.map(str::to_owned),
            which.before,
            which.limit,
        );
        self.list(move |on, tenant| {
            Box::pin(async move {
                outbox::letters(
                    on,
                    tenant,
                    Letters {
                        recipient_key: key.as_deref(),
                        before,
                        limit,
                    },
                )
                .await
            })
        })
        .await
    }

    /// Audit records above a sequence, in order.
    pub async fn audit(&self, after: i64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(audit::audit(on, tenant, after, limit)))
            .await
    }

    /// Audit records below a sequence (`None`: from the end), newest first.
    pub async fn latest_audit(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(audit::latest_audit(on, tenant, before, limit)))
            .await
    }

    /// Changes above a sequence, in commit order.
    pub async fn changes(&self, after: i64, limit: u32) -> Result<Vec<ChangeRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(changes::changes(on, tenant, after, limit)))
            .await
    }

    /// Addresses whose owners said "never again", by key, after one of them.
    pub async fn blocked(&self, after: &str, limit: u32) -> Result<Vec<BlockedRow>, StoreError> {
        let after = after.to_owned();
        self.list(move |on, tenant| {
            Box::pin(async move { attempts::blocked(on, tenant, &after, limit).await })
        })
        .await
    }

    /// Keys that have reached a limit, by key.
    pub async fn spent(&self, which: Spending) -> Result<Vec<Spent>, StoreError> {
        self.list(move |on, tenant| {
            Box::pin(async move { attempts::spent(on, tenant, &which).await })
        })
        .await
    }

    /// All apps, by client id.
    pub async fn apps(&self) -> Result<Vec<AppRow>, StoreError> {
        self.list(move |on, tenant| Box::pin(apps::apps(on, tenant)))
            .await
    }
}
