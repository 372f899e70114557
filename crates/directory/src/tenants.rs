//! Tenants: an organisation with its domains and settings.

use serde::{Deserialize, Serialize};
use store::{Lookup, TenantId, TenantRow, Tx};
use uuid::Uuid;

use crate::address::{Address, LONGEST_DOMAIN, LocalParts, canonical_domain};
use crate::audit;
use crate::directory::Directory;
use crate::invitations::redirect::{self, AllowedHosts};
use crate::manner::ServiceMode;
use crate::names::one_line;
use crate::refusal::Refusal;

/// Most domains of one tenant; they are all read with every write on users.
const DOMAINS: usize = 100;
/// Most hosts on the list of allowed redirects.
const HOSTS: usize = 500;

/// Characters of the text at the foot of mails: an imprint with a register number and two
/// addresses.
const FOOTER: usize = 500;

/// One domain of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainSetting {
    /// In A-label form, lower case.
    pub name: String,
    /// Its users sign in elsewhere; creating one needs `onPremisesImmutableId`.
    pub federated: bool,
}

/// The settings of a tenant. Absent members have their defaults, so that older rows stay readable.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The redirect of guests who were added without one; our own page until set.
    pub default_redirect: Option<String>,
    /// The address that letters about members name for questions, and that gets a mail when a
    /// member awaits approval; none until set.
    pub inviter_mail: Option<String>,
    /// Hosts that `inviteRedirectUrl` may name, in A-label form, lower case. Empty: any https host;
    /// the consent page then names it (T-14).
    pub redirect_hosts: Vec<String>,
    /// Friendly or strict.
    pub manner: ServiceMode,
    /// Accent colour of pages and mails, `#rrggbb`; adjusted until it is readable.
    pub accent: Option<String>,
    /// Where replies to its mails go; nobody reads them until set.
    pub reply_to: Option<String>,
    /// What stands at the foot of its mails: an imprint, an address.
    pub footer: Option<String>,
    /// Language of pages and mails where the invitation names none; BCP 47.
    pub default_language: Option<String>,
}

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The organisation's name, shown in mails and pages.
    pub display_name: String,
    /// `#EXT#` names, generated names and local identity issuers use it, always.
    pub initial_domain: String,
    /// The verified domains, the initial one among them.
    pub domains: Vec<DomainSetting>,
    /// The settings.
    pub settings: Settings,
}

impl Tenant {
    /// The tenant that these look-ups are bound to; [`Refusal::NotFound`] when there is none.
    pub(crate) async fn read(on: &mut impl Lookup) -> Result<Self, Refusal> {
        let id = on.tenant_id();
        let row = on.tenant_row().await?.ok_or_else(|| Refusal::NotFound {
            key: id.to_string(),
        })?;
        let domains = on.domains().await?.into_iter();
        Ok(Self {
            id,
            display_name: row.display_name,
            initial_domain: row.initial_domain,
            domains: domains
                .filter(|domain| domain.verified)
                .map(|domain| DomainSetting {
                    name: domain.name,
                    federated: domain.federated,
                })
                .collect(),
            settings: serde_json::from_str(&row.settings)
                .map_err(|error| Refusal::internal(format!("tenant settings: {error}")))?,
        })
    }

    /// The domain that people know the organisation by: its first own one, else the initial one.
    pub fn main_domain(&self) -> &str {
        let own = self
            .domains
            .iter()
            .find(|domain| domain.name != self.initial_domain);
        own.map_or(&self.initial_domain, |domain| &domain.name)
    }

    /// The verified domain of that name, in any spelling of case.
    pub fn domain(&self, name: &str) -> Option<&DomainSetting> {
        self.domains
            .iter()
            .find(|domain| domain.name.eq_ignore_ascii_case(name))
    }
}

/// A tenant to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantPlan {
    /// Its id; chosen by the caller, since dev's is fixed.
    pub id: TenantId,
    /// The organisation's name.
    pub display_name: String,
    /// The initial domain.
    pub initial_domain: String,
    /// Further verified domains.
    pub domains: Vec<DomainSetting>,
    /// Settings.
    pub settings: Settings,
}

/// What the write needs, drawn before it.
struct CreateTenant {
    row: TenantRow,
    domains: Vec<DomainSetting>,
    audit: store::AuditRecord,
}

impl Directory {
    /// The tenant with its domains and settings; [`Refusal::NotFound`] when there is none.
    pub async fn tenant(&self, id: TenantId) -> Result<Tenant, Refusal> {
        let reader = self.store().read(id);
        reader.snapshot(async |on| Tenant::read(on).await).await
    }

    /// The manner of a tenant.
    pub(crate) async fn manner(&self, id: TenantId) -> Result<ServiceMode, Refusal> {
        Ok(self.tenant(id).await?.settings.manner)
    }

    /// All tenants of the instance.
    pub async fn tenants(&self) -> Result<Vec<Tenant>, Refusal> {
        let mut tenants = Vec::new();
        for row in self.store().instance().tenants().await? {
            tenants.push(self.tenant(row.id).await?);
        }
        Ok(tenants)
    }

    /// The tenant that `text` names: its id, or one of its verified domains in any spelling of
    /// case.
    pub async fn find_tenant(&self, text: &str) -> Result<Tenant, Refusal> {
        let unknown = || Refusal::NotFound {
            key: text.to_owned(),
        };
        if let Ok(id) = Uuid::try_parse(text) {
            return self
                .tenant(TenantId(id))
                .await
                .map_err(|refusal| match refusal {
                    Refusal::NotFound { .. } => unknown(),
                    other => other,
                });
        }
        let name = canonical_domain(text).map_err(|_| unknown())?;
        let domain = self
            .store()
            .instance()
            .domain(&name)
            .await?
            .filter(|domain| domain.verified)
            .ok_or_else(unknown)?;
        self.tenant(domain.tenant).await
    }

    /// Makes a tenant. Only the server itself does that.
    pub async fn add_tenant(&self, plan: TenantPlan) -> Result<Tenant, Refusal> {
        let (domains, settings) = checked(&plan, &self.policy().public_origin)?;
        let id = plan.id;
        let actor = self.server_audit_actor(id);
        let input = CreateTenant {
            row: TenantRow {
                id,
                display_name: plan.display_name,
                initial_domain: domains
                    .first()
                    .map(|domain| domain.name.clone())
                    .unwrap_or_default(),
                settings,
            },
            audit: audit::record(
                &actor,
                self.now(),
                "Create company",
                audit::Target::tenant(id.0),
                &serde_json::json!({ "domains": names(&domains) }),
            ),
            domains,
        };
        self.store()
            .write(id, input, |tx, input| Box::pin(insert(tx, input)))
            .await?;
        self.tenant(id).await
    }

    /// Whether settings are valid.
    ///
    /// # Errors
    /// `Combination`, which names the setting.
    pub fn check_settings(&self, settings: &Settings) -> Result<(), Refusal> {
        check_settings(settings, &self.policy().public_origin)
    }

    /// Replaces a tenant's settings. Only the server itself does that, for the command line.
    pub async fn set_settings(&self, id: TenantId, settings: &Settings) -> Result<(), Refusal> {
        let actor = self.server_audit_actor(id);
        let record = audit::record(
            &actor,
            self.now(),
            "Update company settings",
            audit::Target::tenant(id.0),
            &serde_json::json!({}),
        );
        let origin = &self.policy().public_origin;
        let input = (settings_text(settings, origin)?, record);
        self.store()
            .write(id, input, |tx, (settings, record)| {
                Box::pin(async move {
                    if !tx.set_tenant_settings(settings).await? {
                        return Err(Refusal::NotFound {
                            key: tx.tenant().to_string(),
                        });
                    }
                    tx.audit(record.clone());
                    Ok(())
                })
            })
            .await
    }
}

async fn insert(tx: &mut Tx, input: &CreateTenant) -> Result<(), Refusal> {
    let taken = |why: &'static str| Refusal::Combination {
        property: "domain",
        why,
    };
    if !tx.insert_tenant(&input.row).await? {
        return Err(Refusal::Combination {
            property: "id",
            why: "the tenant exists",
        });
    }
    for domain in &input.domains {
        if !tx
            .insert_domain(&domain.name, domain.federated, true)
            .await?
        {
            return Err(taken("a tenant of this instance has the domain already"));
        }
    }
    tx.audit(input.audit.clone());
    Ok(())
}

/// The domains in their one form, the initial one first and not federated, and the settings as
/// text.
fn checked(plan: &TenantPlan, origin: &str) -> Result<(Vec<DomainSetting>, String), Refusal> {
    let invalid =
        |property: &'static str, why: &'static str| Refusal::Combination { property, why };
    if !one_line(&plan.display_name) {
        return Err(invalid(
            "displayName",
            "the organisation's name must be one line and not empty",
        ));
    }
    let initial = DomainSetting {
        name: plan.initial_domain.clone(),
        federated: false,
    };
    let mut domains: Vec<DomainSetting> = Vec::new();
    for domain in std::iter::once(&initial).chain(&plan.domains) {
        let name = canonical_domain(&domain.name)
            .map_err(|_| invalid("domain", "a domain is not a domain name"))?;
        if name.len() > LONGEST_DOMAIN {
            return Err(invalid(
                "domain",
                "a domain longer than 48 characters fits into no userPrincipalName",
            ));
        }
        if !domains.iter().any(|earlier| earlier.name == name) {
            domains.push(DomainSetting {
                name,
                federated: domain.federated,
            });
        }
    }
    if domains.len() > DOMAINS {
        return Err(invalid("domain", "a tenant has at most 100 domains"));
    }
    Ok((domains, settings_text(&plan.settings, origin)?))
}

/// Refuses invalid settings: an entry that is no host matches nothing, and a redirect that is not
/// allowed would be noticed by the first guest only. `origin` is our own.
fn check_settings(settings: &Settings, origin: &str) -> Result<(), Refusal> {
    let invalid = |property, why| Refusal::Combination { property, why };
    if settings.redirect_hosts.len() > HOSTS {
        return Err(invalid("redirect_hosts", "at most 500 hosts"));
    }
    if !settings
        .redirect_hosts
        .iter()
        .all(|host| redirect::is_host(host))
    {
        return Err(invalid(
            "redirect_hosts",
            "an entry is a host, or host:port, such as portal.example.com: no scheme, path or wildcard",
        ));
    }
    if let Some(url) = &settings.default_redirect {
        redirect::check(url, &AllowedHosts::of(&settings.redirect_hosts, origin))
            .map_err(|fault| invalid("default_redirect", fault.reason()))?;
    }
    if let Some(mail) = &settings.inviter_mail {
        Address::parse(mail, LocalParts::Ascii).map_err(|_| Refusal::Combination {
            property: "inviter_mail",
            why: "it must be a mail address",
        })?;
    }
    if let Some(mail) = &settings.reply_to {
        Address::parse(mail, LocalParts::Ascii).map_err(|_| Refusal::Combination {
            property: "reply_to",
            why: "it must be a mail address",
        })?;
    }
    let unfit = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{2028}' | '\u{2029}');
    if let Some(footer) = &settings.footer
        && (footer.chars().count() > FOOTER || footer.contains(unfit))
    {
        return Err(Refusal::Combination {
            property: "footer",
            why: "it has at most 500 characters, and no control characters but line ends",
        });
    }
    Ok(())
}

fn settings_text(settings: &Settings, origin: &str) -> Result<String, Refusal> {
    check_settings(settings, origin)?;
    serde_json::to_string(settings)
        .map_err(|error| Refusal::internal(format!("tenant settings: {error}")))
}

fn names(domains: &[DomainSetting]) -> Vec<&str> {
    domains.iter().map(|domain| domain.name.as_str()).collect()
}
