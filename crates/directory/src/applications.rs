//! The apps of a tenant in the API: `GET /applications`. Only the command line registers and
//! changes them.

use edm::{Record, application};
use odata::Checked;
use store::{AppRow, Lookup};
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::few::FewPage;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// How a key begins that is a client id. An object id never begins so: a GUID holds no `=`.
const BY_APP_ID: &str = "appId=";

/// The key by which a path names an application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApplicationKey {
    /// `applications/{id}`: the object id. Here the service principal has the same one.
    Id(Uuid),
    /// `applications(appId='{client id}')`
    AppId(Uuid),
}

impl ApplicationKey {
    /// Reads the key in a path.
    ///
    /// # Errors
    /// `NotFound`, which names the key, if it is no GUID: no application has such a key.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let (make, text): (fn(Uuid) -> Self, _) = match text.strip_prefix(BY_APP_ID) {
            Some(text) => (Self::AppId, text),
            None => (Self::Id, text),
        };
        let id = Uuid::try_parse(text).map_err(|_| Refusal::NotFound {
            key: text.to_owned(),
        })?;
        Ok(make(id))
    }

    const fn id(self) -> Uuid {
        match self {
            Self::Id(id) | Self::AppId(id) => id,
        }
    }

    /// The row of the application.
    pub(crate) async fn row(self, on: &mut impl Lookup) -> Result<AppRow, Refusal> {
        let found = match self {
            Self::Id(id) => on.app_of(id).await?,
            Self::AppId(client_id) => on.app(client_id).await?,
        };
        found.ok_or_else(|| Refusal::NotFound {
            key: self.id().to_string(),
        })
    }
}

impl Directory {
    /// Whether the actor may see what the tenant has defined: those who read applications or list
    /// users, and no guests.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn sees_definitions(&self, actor: &Actor) -> Result<bool, Refusal> {
        let may = |operation| actor.may(operation).is_ok();
        if !may(Operation::ReadApplications) && !may(Operation::ListUsers) {
            return Ok(false);
        }
        let operation = Operation::ReadApplications;
        match self.check_enumeration(actor, operation).await {
            Ok(()) => Ok(true),
            Err(Refusal::Denied { .. }) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// A page of the tenant's applications that meet the query, beginning after the id `after`. A
    /// tenant has few of them, because the command line adds them one by one.
    ///
    /// # Errors
    /// `Denied`, `Strict`, `Unavailable`.
    pub async fn find_applications(
        &self,
        actor: &Actor,
        asked: &Checked,
        after: Option<Uuid>,
    ) -> Result<FewPage, Refusal> {
        actor.may(Operation::ReadApplications)?;
        self.check_enumeration(actor, Operation::ReadApplications)
            .await?;
        let rows = self.store().read(actor.tenant).apps().await?;
        let records = rows.iter().map(shown).collect();
        self.few(actor.tenant, records, asked, after).await
    }

    /// One application.
    ///
    /// # Errors
    /// `NotFound`, also for an application of another tenant; `Denied`, `Unavailable`.
    pub async fn application(&self, actor: &Actor, key: ApplicationKey) -> Result<Record, Refusal> {
        actor.may(Operation::ReadApplications)?;
        let reader = self.store().read(actor.tenant);
        let row = reader.snapshot(async |on| key.row(on).await).await?;
        Ok(shown(&row))
    }
}

fn shown(row: &AppRow) -> Record {
    let mut record = Record::new();
    record.set(&application::ID, row.object_id.to_string());
    record.set(&application::APP_ID, row.client_id.to_string());
    record.set(&application::CREATED_DATE_TIME, row.created_at);
    record.set(&application::DISPLAY_NAME, row.display_name.as_str());
    record
}
