//! The merge of a PATCH and its rules (P-users-10), apart from reading and writing, so
//! that the same rules run before the hash and again in the transaction.

use edm::complex::password_profile::{
    FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN, FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA,
};
use edm::{Property, Record, Value, document, user};
use jiff::Timestamp;

use super::draft::{check_domain, check_local, fill_password_profile};
use super::extensions::check_values;
use super::identities::Identities;
use super::names::{Upn, upn_key};
use super::row::{GUEST, PENDING, end_sessions};
use super::text::Policies;
use super::{mails, text};
use crate::address::LocalParts;
use crate::passwords::{self, Demands, GoodPassword};
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// A PATCH whose values passed by themselves; [`Change::apply`] checks what depends on the present
/// state.
#[derive(Debug, Clone)]
pub(super) struct Change {
    set: Record,
    has_password: bool,
    /// In whole seconds.
    now: Timestamp,
    locals: LocalParts,
}

/// Properties that have a value for as long as the user lives.
const NEVER_CLEARED: [&Property; 7] = [
    &user::ACCOUNT_ENABLED,
    &user::DISPLAY_NAME,
    &user::IDENTITIES,
    &user::MAIL_NICKNAME,
    &user::PASSWORD_PROFILE,
    &user::USER_PRINCIPAL_NAME,
    &user::USER_TYPE,
];

impl Change {
    /// Checks each value on its own. The password has been taken out of `set`.
    pub(super) fn of(
        mut set: Record,
        has_password: bool,
        now: Timestamp,
        locals: LocalParts,
    ) -> Result<Self, Refusal> {
        if let Some(property) = NEVER_CLEARED
            .into_iter()
            .find(|property| set.get(property).is_some_and(Value::is_unset))
        {
            return Err(Refusal::invalid_user(
                property.name(),
                "it cannot be cleared",
            ));
        }
        text::check(&set)?;
        Policies::of(&set)?;
        mails::canonicalise(&mut set, locals)?;
        Ok(Self {
            set,
            has_password,
            now,
            locals,
        })
    }

    /// The properties it names.
    pub(super) fn properties(&self) -> impl Iterator<Item = &Property> {
        self.set.properties()
    }

    /// The user after the change; `None` when nothing would be different.
    pub(super) fn apply(
        &self,
        before: &Record,
        tenant: &Tenant,
    ) -> Result<Option<Record>, Refusal> {
        let mut after = before.clone();
        after.merge(self.set.clone());
        check_values(&self.set, before, &after)?;
        drop_empty(&mut after);
        if before.text(&user::USAGE_LOCATION).is_some()
            && after.text(&user::USAGE_LOCATION).is_none()
        {
            tenant.settings.manner.clears_usage_location()?;
        }
        self.apply_identities(before, &mut after, tenant)?;
        apply_upn(before, &mut after, tenant)?;
        self.apply_password(&mut after, tenant)?;
        let identities = Identities::of(&after);
        check_local(&after, &identities, Policies::of(&after)?)?;
        mails::follow_mail(&mut after, before.text(&user::MAIL))?;
        // Compared as they are stored: a null over an absent member is no difference.
        Ok((document::whole(&after) != document::whole(before)).then_some(after))
    }

    /// Checks the password against the changed user.
    pub(super) fn check_password(
        &self,
        password: &str,
        before: &Record,
        tenant: &Tenant,
    ) -> Result<GoodPassword, Refusal> {
        let after = self.apply(before, tenant)?;
        let after = after.as_ref().unwrap_or(before);
        let upn = after.text(&user::USER_PRINCIPAL_NAME).unwrap_or_default();
        let (name, _) = upn.split_once('@').unwrap_or_default();
        // A generated name is the object's id: such an account chose none.
        let is_chosen = after.text(&user::ID) != Some(name);
        let classes = is_chosen && !Policies::of(after)?.weak;
        passwords::check(password, Demands { name, classes })
    }

    /// `identities` replaces the whole collection. The entry of the userPrincipalName must be among
    /// it where it was listed; writing another name there changes the userPrincipalName.
    fn apply_identities(
        &self,
        before: &Record,
        after: &mut Record,
        tenant: &Tenant,
    ) -> Result<(), Refusal> {
        if !self.set.has(&user::IDENTITIES) {
            return Ok(());
        }
        let invalid = |why: &'static str| Err(Refusal::invalid_user(user::IDENTITIES.name(), why));
        let (old, new) = (Identities::of(before), Identities::of(after));
        new.check(tenant, self.locals)?;
        if new.has_local() && !old.has_local() {
            return invalid("a local identity cannot be added to a user that has none");
        }
        let Some(listed) = new.upn() else {
            return if old.upn().is_some() {
                invalid("the userPrincipalName identity must be among them")
            } else {
                Ok(())
            };
        };
        match self.set.text(&user::USER_PRINCIPAL_NAME) {
            Some(upn) if !upn.eq_ignore_ascii_case(listed) => {
                return invalid("the userPrincipalName identity must equal userPrincipalName");
            }
            _ => {}
        }
        if before
            .text(&user::USER_PRINCIPAL_NAME)
            .is_none_or(|upn| !upn.eq_ignore_ascii_case(listed))
        {
            after.set(&user::USER_PRINCIPAL_NAME, listed);
        }
        Ok(())
    }

    /// A reset by an administrator. A user who signs in elsewhere has no password here.
    fn apply_password(&self, after: &mut Record, tenant: &Tenant) -> Result<(), Refusal> {
        if !self.set.has(&user::PASSWORD_PROFILE) {
            return Ok(());
        }
        check_signs_in_here(after, tenant)?;
        if !self.has_password {
            return Ok(());
        }
        let is_local = Identities::of(after).has_local();
        // The present profile was about the present password, so a reset begins with the defaults.
        let mut fresh = Record::new();
        if let Some(sent) = self.set.complex(&user::PASSWORD_PROFILE) {
            for property in [
                &FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN,
                &FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA,
            ] {
                if let Some(force) = sent.bool(property) {
                    fresh.set(property, force);
                }
            }
        }
        after.set(&user::PASSWORD_PROFILE, Value::Complex(fresh));
        fill_password_profile(after, true, !is_local);
        after.set(&user::LAST_PASSWORD_CHANGE_DATE_TIME, self.now);
        end_sessions(after, self.now);
        Ok(())
    }
}

/// Refuses a password for a user who has none here: a guest, or a user of a federated domain.
pub(super) fn check_signs_in_here(after: &Record, tenant: &Tenant) -> Result<(), Refusal> {
    let domain = after
        .text(&user::USER_PRINCIPAL_NAME)
        .and_then(|upn| upn.split_once('@'))
        .map(|(_, domain)| domain);
    let is_federated = domain
        .and_then(|domain| tenant.domain(domain))
        .is_some_and(|domain| domain.federated);
    let is_invited = after.text(&user::USER_TYPE) == Some(GUEST)
        && after.text(&user::EXTERNAL_USER_STATE).is_some();
    if is_federated || is_invited || after.text(&user::EXTERNAL_USER_STATE) == Some(PENDING) {
        return Err(Refusal::Combination {
            property: user::PASSWORD_PROFILE.name(),
            why: "the user signs in elsewhere and has no password here",
        });
    }
    Ok(())
}

/// A new userPrincipalName obeys the same rules as on creation, and its identity follows.
fn apply_upn(before: &Record, after: &mut Record, tenant: &Tenant) -> Result<(), Refusal> {
    let Some(text) = after.text(&user::USER_PRINCIPAL_NAME).map(str::to_owned) else {
        return Ok(());
    };
    let old = before.text(&user::USER_PRINCIPAL_NAME).unwrap_or_default();
    let is_same = upn_key(&text) == upn_key(old);
    if is_same {
        // The immutable id of a user in a federated domain cannot be cleared: their provider knows
        // them by nothing else.
        check_immutable(before, after, tenant)?;
    }
    if text == old {
        return Ok(());
    }
    let upn = Upn::parse(&text)?;
    if !is_same {
        check_domain(&upn, after, tenant)?;
    }
    let mut identities = Identities::of(after);
    identities.follow_upn(&text);
    after.set(&user::IDENTITIES, identities.value());
    Ok(())
}

fn check_immutable(before: &Record, after: &Record, tenant: &Tenant) -> Result<(), Refusal> {
    let had = before.text(&user::ON_PREMISES_IMMUTABLE_ID).is_some();
    if !had || after.text(&user::ON_PREMISES_IMMUTABLE_ID).is_some() {
        return Ok(());
    }
    let domain = after
        .text(&user::USER_PRINCIPAL_NAME)
        .and_then(|upn| upn.split_once('@'))
        .and_then(|(_, domain)| tenant.domain(domain));
    if domain.is_some_and(|domain| domain.federated) {
        return Err(Refusal::Combination {
            property: user::ON_PREMISES_IMMUTABLE_ID.name(),
            why: "a federated domain needs it",
        });
    }
    Ok(())
}

/// A complex value without members is removed, since it would make equal users look different.
fn drop_empty(record: &mut Record) {
    let is_empty = |value: &Value| value.as_complex().is_some_and(edm::Record::is_hollow);
    let empty: Vec<_> = record
        .iter()
        .filter(|(_, value)| is_empty(value))
        .map(|(property, _)| property.clone())
        .collect();
    for property in empty {
        record.remove(&property);
    }
}
