//! The identities a user signs in with (P-users-21, R-31, R-32).

use edm::complex::object_identity::{ISSUER, ISSUER_ASSIGNED_ID, SIGN_IN_TYPE};
use edm::{Record, Value, user};
use store::Identity;

use crate::address::{Address, LocalParts};
use crate::names::steers;
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// Signs in with the userPrincipalName.
const BY_UPN: &str = "userPrincipalName";
/// Signs in at a provider.
const FEDERATED: &str = "federated";
/// Issuer of an identity whose proof is a code sent to the mailbox.
pub(crate) const MAILBOX_ISSUER: &str = "mail";
/// Signs in with a name of the directory's own.
const BY_NAME: &str = "userName";
/// Signs in with an address of the directory's own; suffixes tell several apart: `emailAddress1`.
const BY_ADDRESS: &str = "emailAddress";
/// Longest userName.
const NAME: usize = 64;

/// One entry of `identities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    sign_in_type: String,
    issuer: String,
    assigned: String,
}

impl Entry {
    /// The entry that stands for the userPrincipalName.
    pub(crate) fn by_upn(tenant: &Tenant, upn: &str) -> Self {
        Self {
            sign_in_type: BY_UPN.to_owned(),
            issuer: tenant.initial_domain.clone(),
            assigned: upn.to_owned(),
        }
    }

    fn is_upn(&self) -> bool {
        self.sign_in_type == BY_UPN
    }

    fn is_federated(&self) -> bool {
        self.sign_in_type == FEDERATED
    }

    /// Signs in with something of this directory other than the userPrincipalName.
    fn is_local(&self) -> bool {
        !self.is_upn() && !self.is_federated()
    }

    fn is_address(&self) -> bool {
        self.sign_in_type.starts_with(BY_ADDRESS)
    }

    /// The key that is claimed: a name is folded, since people type it in any case; a mailbox goes
    /// by its address key; an id assigned by a provider is taken unchanged.
    fn claim(&self) -> Identity {
        let issuer = self.issuer.to_ascii_lowercase();
        let assigned = if !self.is_federated() {
            self.assigned.to_ascii_lowercase()
        } else if issuer == MAILBOX_ISSUER {
            // A proven mailbox is the same in every spelling (T-55). A text that is no address
            // belongs to nobody.
            Address::parse(&self.assigned, LocalParts::Utf8).map_or_else(
                |_| self.assigned.to_ascii_lowercase(),
                |mailbox| mailbox.key().to_owned(),
            )
        } else {
            self.assigned.clone()
        };
        Identity {
            issuer,
            assigned,
            sign_in_type: self.sign_in_type.clone(),
        }
    }

    fn value(&self) -> Value {
        let mut entry = Record::new();
        entry.set(&SIGN_IN_TYPE, self.sign_in_type.as_str());
        entry.set(&ISSUER, self.issuer.as_str());
        entry.set(&ISSUER_ASSIGNED_ID, self.assigned.as_str());
        Value::Complex(entry)
    }
}

/// All identities of one user, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identities(Vec<Entry>);

impl Identities {
    /// Only the one that stands for the userPrincipalName.
    pub(crate) fn only_upn(tenant: &Tenant, upn: &str) -> Self {
        Self(vec![Entry::by_upn(tenant, upn)])
    }

    /// As a record has them.
    pub(crate) fn of(record: &Record) -> Self {
        let entry = |value: &Value| {
            let entry = value.as_complex()?;
            let part = |property| entry.text(property).unwrap_or_default().to_owned();
            Some(Entry {
                sign_in_type: part(&SIGN_IN_TYPE),
                issuer: part(&ISSUER),
                assigned: part(&ISSUER_ASSIGNED_ID),
            })
        };
        Self(
            record
                .list(&user::IDENTITIES)
                .iter()
                .filter_map(entry)
                .collect(),
        )
    }

    /// Checks what a body sent.
    pub(crate) fn check(&self, tenant: &Tenant, locals: LocalParts) -> Result<(), Refusal> {
        for entry in &self.0 {
            check_entry(entry, tenant, locals)?;
        }
        let claims = self.claims();
        let twice = claims.iter().enumerate().any(|(at, claim)| {
            claims.iter().take(at).any(|earlier| {
                (&earlier.issuer, &earlier.assigned) == (&claim.issuer, &claim.assigned)
            })
        });
        if twice {
            return Err(Refusal::invalid_user(
                user::IDENTITIES.name(),
                "an identity stands twice",
            ));
        }
        if self.0.iter().filter(|entry| entry.is_upn()).count() > 1 {
            return Err(Refusal::invalid_user(
                user::IDENTITIES.name(),
                "only one identity can be the userPrincipalName",
            ));
        }
        Ok(())
    }

    /// None at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The userPrincipalName, when one of the identities stands for it.
    pub(crate) fn upn(&self) -> Option<&str> {
        self.0
            .iter()
            .find(|entry| entry.is_upn())
            .map(|entry| entry.assigned.as_str())
    }

    /// Makes the identity that stands for the userPrincipalName follow it.
    pub(crate) fn follow_upn(&mut self, upn: &str) {
        for entry in self.0.iter_mut().filter(|entry| entry.is_upn()) {
            upn.clone_into(&mut entry.assigned);
        }
    }

    /// Those with which somebody signs in here: none of a provider, and the userPrincipalName in
    /// any case.
    pub(crate) fn internal(self, tenant: &Tenant, upn: &str) -> Self {
        let mut kept = self.0;
        kept.retain(|entry| !entry.is_federated());
        if !kept.iter().any(Entry::is_upn) {
            kept.insert(0, Entry::by_upn(tenant, upn));
        }
        Self(kept)
    }

    /// Whether one is a local account's.
    pub(crate) fn has_local(&self) -> bool {
        self.0.iter().any(Entry::is_local)
    }

    /// Whether all are at providers; then the user needs neither name nor password.
    pub(crate) fn all_federated(&self) -> bool {
        !self.is_empty() && self.0.iter().all(Entry::is_federated)
    }

    /// What is claimed in the tenant.
    pub(crate) fn claims(&self) -> Vec<Identity> {
        self.0.iter().map(Entry::claim).collect()
    }

    /// As the record's value.
    pub(crate) fn value(&self) -> Value {
        Value::List(self.0.iter().map(Entry::value).collect())
    }
}

fn check_entry(entry: &Entry, tenant: &Tenant, locals: LocalParts) -> Result<(), Refusal> {
    let invalid = |why: std::borrow::Cow<'static, str>| {
        Err(Refusal::invalid_user(user::IDENTITIES.name(), why))
    };
    if entry.sign_in_type.is_empty() || entry.issuer.is_empty() || entry.assigned.is_empty() {
        return invalid("signInType, issuer and issuerAssignedId are all needed".into());
    }
    let all = [&entry.sign_in_type, &entry.issuer, &entry.assigned];
    if all
        .iter()
        .any(|text| text.chars().any(steers) || text.trim() != text.as_str())
    {
        return invalid(
            "no member may hold control characters or begin or end with a space".into(),
        );
    }
    if !entry.is_federated() && !entry.issuer.eq_ignore_ascii_case(&tenant.initial_domain) {
        return invalid("the issuer of a local identity is the tenant's initial domain".into());
    }
    if entry.is_upn() {
        // The form is checked with the userPrincipalName, whose sentence the refusal has.
        return Ok(());
    }
    if entry.sign_in_type == BY_NAME && !is_name(&entry.assigned) {
        return invalid("a userName begins with a letter or digit, goes on with these, - and _, and has at most 64 characters".into());
    }
    if entry.is_address()
        && let Err(fault) = Address::parse(&entry.assigned, locals)
    {
        return invalid(format!("issuerAssignedId is no address: {fault}").into());
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
