//! Pages of objects that are few in a tenant and read as a whole: conditions are decided on the
//! records, and the order is that of the ids.

use edm::{Record, entity};
use odata::{Breach, Checked, eval};
use store::TenantId;
use uuid::Uuid;

use crate::directory::Directory;
use crate::refusal::Refusal;

/// A page of such objects.
#[derive(Debug, Clone, PartialEq)]
pub struct FewPage {
    /// By id.
    pub rows: Vec<Record>,
    /// The id to go on after; `None` on the last page.
    pub next: Option<Uuid>,
    /// How many there are on all pages, on the first one where it was asked for.
    pub count: Option<u64>,
    /// What the documented service would have refused or ignored.
    pub breaches: Vec<Breach>,
}

impl Directory {
    /// The page of these records that a query asks for.
    ///
    /// # Errors
    /// `Strict`, where the tenant is served as by the documented service; `Unavailable`.
    pub(crate) async fn few(
        &self,
        tenant: TenantId,
        records: Vec<Record>,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        let with_ids = records
            .into_iter()
            .filter_map(|record| Some((id(&record)?, record)));
        let records = with_ids.collect();
        self.few_by(tenant, records, asked, after).await
    }

    /// [`Self::few`] for records whose `id` is no id of an object: each has one of its own.
    pub(crate) async fn few_by(
        &self,
        tenant: TenantId,
        mut records: Vec<(Uuid, Record)>,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        let (mut counts, mut breaches) = (asked.count, Vec::new());
        if !asked.breaches.is_empty() {
            let served = self.manner(tenant).await?.query(asked)?;
            (counts, breaches) = (served.counts, served.breaches);
        }
        if let Some(filter) = &asked.filter {
            records.retain(|(_, record)| eval::holds(filter, record));
        }
        let count = (counts && after.is_none()).then_some(records.len() as u64);
        let mut rows: Vec<_> = records
            .into_iter()
            .filter(|(id, _)| after.is_none_or(|after| *id > after))
            .collect();
        rows.sort_by_key(|(id, _)| *id);
        let more = rows.len() > usize::from(asked.page_size());
        rows.truncate(usize::from(asked.page_size()));
        let next = rows.last().filter(|_| more).map(|(id, _)| *id);
        Ok(FewPage {
            rows: rows.into_iter().map(|(_, record)| record).collect(),
            next,
            count,
            breaches,
        })
    }
}

fn id(record: &Record) -> Option<Uuid> {
    Uuid::try_parse(record.text(&entity::ID)?).ok()
}
