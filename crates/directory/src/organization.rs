//! The organisation and its domains, as clients read them: `GET /organization`, `/domains` and
//! `/subscribedSkus`. All of it comes from the tenant's settings and is read-only.

use aws_lc_rs::digest::{SHA256, digest};
use edm::{Record, Value, domain, entity, organization};
use uuid::Uuid;

use crate::actor::{Actor, Subject};
use crate::address::canonical_domain;
use crate::directory::Directory;
use crate::permission::{Operation, Permission};
use crate::refusal::Refusal;
use crate::tenants::{DomainSetting, Tenant};

/// A page of domains.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainPage {
    /// In the order of their places.
    pub rows: Vec<Record>,
    /// The place to go on after; `None` on the last page.
    pub next: Option<Uuid>,
}

impl Directory {
    /// The tenant's domains whose places follow `after`, `limit` at most.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn domains(
        &self,
        actor: &Actor,
        after: Option<Uuid>,
        limit: u16,
    ) -> Result<DomainPage, Refusal> {
        actor.may(Operation::ReadDomains)?;
        let tenant = self.tenant(actor.tenant).await?;
        let mut found: Vec<_> = tenant
            .domains
            .iter()
            .map(|domain| (place(domain), domain))
            .filter(|(place, _)| after.is_none_or(|after| *place > after))
            .collect();
        found.sort_by_key(|(place, _)| *place);
        let more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        let next = found.last().filter(|_| more).map(|(place, _)| *place);
        let rows = found
            .iter()
            .map(|(_, domain)| domain_record(&tenant, domain));
        Ok(DomainPage {
            rows: rows.collect(),
            next,
        })
    }

    /// One of them, by its name in any spelling.
    ///
    /// # Errors
    /// `NotFound`, also for another tenant's.
    pub async fn domain(&self, actor: &Actor, name: &str) -> Result<Record, Refusal> {
        actor.may(Operation::ReadDomains)?;
        let tenant = self.tenant(actor.tenant).await?;
        let canonical = canonical_domain(name).ok();
        let found = canonical.and_then(|name| tenant.domain(&name));
        found
            .map(|domain| domain_record(&tenant, domain))
            .ok_or_else(|| Refusal::NotFound {
                key: name.to_owned(),
            })
    }

    /// The actor's own organisation.
    ///
    /// # Errors
    /// `Denied`, `Unavailable`.
    pub async fn organization(&self, actor: &Actor) -> Result<Record, Refusal> {
        actor.may(Operation::ReadOrganization)?;
        let tenant = self.tenant(actor.tenant).await?;
        let mut record = Record::new();
        record.set(&entity::ID, tenant.id.0.to_string());
        record.set(&organization::DISPLAY_NAME, tenant.display_name.clone());
        let domains = tenant.domains.iter().map(|domain| brief(&tenant, domain));
        record.set(
            &organization::VERIFIED_DOMAINS,
            Value::List(domains.collect()),
        );
        if !reads_little(actor) {
            record.set(&organization::TENANT_TYPE, "AAD".to_owned());
        }
        Ok(record)
    }

    /// Whether the actor may know which licences the organisation has; it has none.
    ///
    /// # Errors
    /// `Denied`.
    pub fn subscribed_skus(&self, actor: &Actor) -> Result<(), Refusal> {
        actor.may(Operation::ReadLicences)
    }
}

/// Whether somebody may only read themselves. They see the properties that the documents list, and
/// null for the rest.
fn reads_little(actor: &Actor) -> bool {
    const MORE: [Permission; 4] = [
        Permission::OrganizationReadAll,
        Permission::OrganizationReadWriteAll,
        Permission::DirectoryReadAll,
        Permission::DirectoryReadWriteAll,
    ];
    match &actor.subject {
        Subject::Person { scopes, .. } => !MORE.iter().any(|one| scopes.contains(*one)),
        _ => false,
    }
}

/// The place of a domain in the list: a number made from its name alone, so that paging stays right
/// when domains are added or removed meanwhile.
fn place(domain: &DomainSetting) -> Uuid {
    let hash = digest(&SHA256, domain.name.as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(hash.as_ref()) {
        *to = *from;
    }
    Uuid::from_bytes(bytes)
}

const fn authentication(domain: &DomainSetting) -> &'static str {
    if domain.federated {
        "Federated"
    } else {
        "Managed"
    }
}

/// The domain as an object of its own.
fn domain_record(tenant: &Tenant, domain: &DomainSetting) -> Record {
    let is_below = |other: &DomainSetting| {
        let above = domain.name.strip_suffix(other.name.as_str());
        above.is_some_and(|labels| labels.ends_with('.'))
    };
    let mut record = Record::new();
    record.set(&entity::ID, domain.name.clone());
    record.set(
        &domain::AUTHENTICATION_TYPE,
        authentication(domain).to_owned(),
    );
    record.set(&domain::IS_ADMIN_MANAGED, true);
    record.set(&domain::IS_DEFAULT, domain.name == tenant.main_domain());
    record.set(&domain::IS_INITIAL, domain.name == tenant.initial_domain);
    record.set(&domain::IS_ROOT, !tenant.domains.iter().any(is_below));
    record.set(&domain::IS_VERIFIED, true);
    record
}

/// The domain as the organisation shows it.
fn brief(tenant: &Tenant, domain: &DomainSetting) -> Value {
    use organization::verified_domain as short;
    let mut record = Record::new();
    record.set(&short::IS_DEFAULT, domain.name == tenant.main_domain());
    record.set(&short::IS_INITIAL, domain.name == tenant.initial_domain);
    record.set(&short::NAME, domain.name.clone());
    record.set(&short::KIND, authentication(domain).to_owned());
    Value::Complex(record)
}
