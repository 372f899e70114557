//! The store: one writer, many readers, one audit key.

use crate::engine::{Engine, Group};
use crate::rows::audit::{self, AuditKey, AuditVerdict, PastKey};
use crate::{Instance, Loader, Options, Place, Reader, Stats, StoreError, TenantId, Tx};
use futures_util::future::BoxFuture;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A database, open. Clones share it; it closes with the last of them, or at [`Store::close`].
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    place: Place,
    audit_key: Arc<AuditKey>,
    read_time: Duration,
}

/// Setting that is written to see whether writing works.
const PROBE: &str = "ready";
/// Bytes that a try writes after trouble: more than the writes that failed, so that a full disk
/// does not count as ready because of one free page.
const PROBE_BYTES: usize = 64 * 1024;
/// A write so short a time ago shows that writing works, so that frequent checks do not load the
/// disk.
const PROBE_EVERY: Duration = Duration::from_secs(1);

impl Store {
    /// Opens, migrates where needed, starts the writer. Refuses anything weaker than WAL with
    /// synchronous=FULL ([`StoreError::Weak`]) and a second server on the same database
    /// ([`StoreError::Locked`]). Blocks: call it at the start or from a blocking thread.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let audit_key = Arc::new(AuditKey::new(&options.audit_key));
        let engine = Engine::open(&options, Arc::clone(&audit_key))?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                place: options.place,
                audit_key,
                read_time: options.read_time,
            }),
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    pub(crate) fn read_time(&self) -> Duration {
        self.inner.read_time
    }

    /// Reads one tenant's rows.
    pub fn read(&self, tenant: TenantId) -> Reader {
        Reader::new(self.clone(), tenant)
    }

    /// Reads what belongs to no tenant.
    pub fn instance(&self) -> Instance {
        Instance::new(self.clone())
    }

    /// Runs a write and answers once it is durable, or refused with nothing changed.
    ///
    /// `work` awaits nothing but the [`Tx`]; it may be run more than once
    /// so everything random or timed is in `input`. If the caller stops waiting the
    /// write happens nevertheless. Nothing can be written for a tenant that does not exist, unless
    /// `work` makes it ([`StoreError::Driver`]).
    ///
    /// For example
    /// `store.write(tenant, id, |tx, id| Box::pin(async move { tx.purge_user(*id).await })).await`.
    pub async fn write<I, T, E, W>(&self, tenant: TenantId, input: I, work: W) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        self.inner.engine.write(tenant, input, work).await
    }

    /// A group whose members' writes happen together or not at all.
    pub fn group(&self, members: usize) -> Group {
        Group::new(self.clone(), members)
    }

    /// A write to what belongs to the instance; its audit records chain under
    /// [`TenantId::INSTANCE`].
    pub async fn write_instance<I, T, E, W>(&self, input: I, work: W) -> Result<T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        W: for<'a> Fn(&'a mut Tx, &'a I) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
    {
        self.write(TenantId::INSTANCE, input, work).await
    }

    /// Walks the audit chain of a tenant in pages, beside running writes; a chain that had one key
    /// for all its life.
    pub async fn verify_audit(&self, tenant: TenantId) -> Result<AuditVerdict, StoreError> {
        self.verify_audit_with(tenant, Vec::new()).await
    }

    /// [`Store::verify_audit`] for a chain that had the keys `past` before the present one, oldest
    /// first.
    pub async fn verify_audit_with(
        &self,
        tenant: TenantId,
        past: Vec<PastKey>,
    ) -> Result<AuditVerdict, StoreError> {
        let key = Arc::clone(&self.inner.audit_key);
        self.inner
            .engine
            .list(None, move |on| {
                Box::pin(async move { audit::verify(on, (&past, &key), tenant).await })
            })
            .await
    }

    /// Ready to serve: a reader reads, the writer gets the write lock, and what it writes comes to
    /// the disk. At most one write a second is made for that.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.instance().setting(PROBE).await?;
        let trouble = self.inner.engine.trouble();
        let probe = match trouble.now() {
            Some(_) => Some("x".repeat(PROBE_BYTES)),
            None if trouble.wrote_within(PROBE_EVERY) => None,
            None => Some(String::new()),
        };
        let written: Result<(), StoreError> = self
            .write_instance(probe, |tx, probe| {
                Box::pin(async move {
                    match probe {
                        Some(text) => tx.put_setting(PROBE, text).await,
                        None => tx.setting(PROBE).await.map(drop),
                    }
                })
            })
            .await;
        written?;
        // Damage is not over because one write went well.
        trouble.now().map_or(Ok(()), Err)
    }

    /// Copies a database that is not open here, whatever its schema.
    pub fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
        crate::engine::copy_file(from, to)
    }

    /// Writes the database as it stands to a new file, while it is in use. Blocks for as long as
    /// that takes.
    pub fn copy_to(&self, to: &Path) -> Result<(), StoreError> {
        self.inner.engine.copy(&self.inner.place, to)
    }

    /// Reads the whole database and compares every index with its table: [`StoreError::Corrupt`]
    /// where they differ. Blocks for as long as that takes.
    pub fn check_whole(&self) -> Result<(), StoreError> {
        self.inner.engine.check_whole(&self.inner.place)
    }

    /// What was done so far.
    pub fn stats(&self) -> Stats {
        self.inner.engine.stats()
    }

    /// Closes this store, for reading as well ([`StoreError::Gone`]), and begins to load users of a
    /// tenant into the database; for a directory with [`crate::LOAD_BESIDE`] users at most. `None`
    /// when that cannot be, because a server has the database open or it lies in memory; then the
    /// store stays open. [`StoreError::Busy`] when another command has it open. Blocks for a
    /// moment.
    pub async fn load(&self, tenant: TenantId) -> Result<Option<Loader>, StoreError> {
        let Inner {
            engine,
            place,
            audit_key,
            ..
        } = &*self.inner;
        let Some(loading) = engine.loading(place).await? else {
            return Ok(None);
        };
        Loader::begin(loading, Arc::clone(audit_key), tenant, place).map(Some)
    }

    /// Takes no more writes, finishes those that wait, and closes the writer. Later writes are
    /// [`StoreError::Gone`].
    pub async fn close(&self) {
        self.inner.engine.close().await;
    }
}
