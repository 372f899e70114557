//! The new user: the rules of POST /users applied to a body, before anything is hashed or written
//! (P-users-2, P-users-3, R-31 to R-33).

use edm::complex::password_profile::{
    FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN, FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA, PASSWORD,
};
use edm::{Property, Record, Value, user};
use jiff::Timestamp;
use uuid::Uuid;

use super::extensions::check_values;
use super::identities::Identities;
use super::names::Upn;
use super::new_user::{self, NewUser, Origin};
use super::row::GUEST;
use super::text::Policies;
use super::{mails, text};
use crate::address::LocalParts;
use crate::note::Note;
use crate::passwords::{self, Demands, GoodPassword};
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// A user about to be created.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) id: Uuid,
    pub(super) record: Record,
    /// To be hashed; no part of the record.
    pub(super) password: Option<GoodPassword>,
    pub(super) notes: Vec<Note>,
}

impl Origin {
    const fn has_hash(self) -> bool {
        matches!(self, Self::Import { has_hash: true, .. })
    }

    const fn is_external(self) -> bool {
        matches!(
            self,
            Self::Import {
                is_external: true,
                ..
            }
        )
    }
}

/// Where and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) id: Uuid,
    /// In whole seconds, as Graph shows them.
    pub(super) now: Timestamp,
    pub(super) locals: LocalParts,
    pub(super) origin: Origin,
}

/// Properties that a body may set, but not to null when it creates a user.
const NEVER_NULL: [&Property; 6] = [
    &user::ACCOUNT_ENABLED,
    &user::USER_PRINCIPAL_NAME,
    &user::MAIL_NICKNAME,
    &user::DISPLAY_NAME,
    &user::USER_TYPE,
    &user::IDENTITIES,
];

impl Draft {
    /// Applies the rules.
    pub(super) fn of(mut set: Record, setting: Setting<'_>) -> Result<Self, Refusal> {
        new_user::assume(&mut set, setting.origin);
        // On creation a null means the same as an absent member.
        for property in NEVER_NULL {
            if set.get(property) == Some(&Value::Null) {
                set.remove(property);
            }
        }
        text::check(&set)?;
        check_values(&set, &Record::new(), &set)?;
        let policies = Policies::of(&set)?;
        let secret = take_password(&mut set);
        let identities = Identities::of(&set);
        check_required(&set, &identities, secret.is_some(), setting.origin)?;
        identities.check(setting.tenant, setting.locals)?;
        check_local(&set, &identities, policies)?;
        mails::canonicalise(&mut set, setting.locals)?;

        let sent_upn = chosen_upn(&set, &identities)?;
        let upn = match &sent_upn {
            Some(text) => {
                let upn = Upn::parse(text)?;
                if setting.origin.is_external() {
                    upn.in_tenant(setting.tenant)?;
                } else {
                    check_domain(&upn, &set, setting.tenant)?;
                }
                upn
            }
            None => Upn::parse(&format!("{}@{}", setting.id, setting.tenant.initial_domain))?,
        };
        let classes = sent_upn.is_some() && !policies.weak;
        let password = secret
            .map(|secret| {
                passwords::check(
                    &secret,
                    Demands {
                        name: upn.local(),
                        classes,
                    },
                )
            })
            .transpose()?;

        let notes = if set.text(&user::USER_TYPE) == Some(GUEST) && !setting.origin.is_external() {
            vec![Note::InternalGuest]
        } else {
            Vec::new()
        };
        let is_local = identities.has_local();
        let new = NewUser {
            tenant: setting.tenant,
            id: setting.id,
            now: setting.now,
            origin: setting.origin,
            upn: upn.text(),
            nickname: &setting.id.to_string(),
        };
        new_user::complete(&mut set, &new);
        // With the hash of the user's own password there is nothing to change at the next sign-in:
        // nobody else knows it.
        let must_change = !is_local && password.is_some();
        let has_password = password.is_some() || setting.origin.has_hash();
        fill_password_profile(&mut set, has_password, must_change);
        if has_password {
            set.set(&user::LAST_PASSWORD_CHANGE_DATE_TIME, setting.now);
        }
        mails::follow_mail(&mut set, None)?;
        Ok(Self {
            id: setting.id,
            record: set,
            password,
            notes,
        })
    }
}

/// Takes the password out of the body, so that it is in no record from here on.
pub(super) fn take_password(set: &mut Record) -> Option<String> {
    let mut profile = set.complex(&user::PASSWORD_PROFILE)?.clone();
    let password = profile.remove(&PASSWORD);
    set.set(&user::PASSWORD_PROFILE, Value::Complex(profile));
    match password {
        Some(Value::Text(password)) => Some(password),
        _ => None,
    }
}

/// Without identities: all that the table says is required. With them: a name unless all are at
/// providers, and a password for a local account.
fn check_required(
    set: &Record,
    identities: &Identities,
    has_password: bool,
    origin: Origin,
) -> Result<(), Refusal> {
    let absent = |property: &'static Property| set.get(property).is_none();
    if identities.is_empty() {
        // The password has a sentence of its own, and is asked for last.
        if let Some(property) = user::TYPE
            .required()
            .find(|property| **property != user::PASSWORD_PROFILE && absent(property))
        {
            return Err(Refusal::missing_user(property.name()));
        }
    } else if absent(&user::DISPLAY_NAME) && !identities.all_federated() {
        return Err(Refusal::missing_user(user::DISPLAY_NAME.name()));
    }
    let needs_password = origin == Origin::Request && !identities.all_federated();
    if needs_password && !has_password {
        Err(Refusal::PasswordMissing)
    } else {
        Ok(())
    }
}

/// A local account's password does not expire, nor must it be changed at the next sign-in.
pub(super) fn check_local(
    set: &Record,
    identities: &Identities,
    policies: Policies,
) -> Result<(), Refusal> {
    if !identities.has_local() {
        return Ok(());
    }
    if !policies.never_expires {
        return Err(Refusal::Combination {
            property: user::PASSWORD_POLICIES.name(),
            why: "a local account needs DisablePasswordExpiration",
        });
    }
    let forces = |property| {
        set.complex(&user::PASSWORD_PROFILE)
            .and_then(|profile| profile.bool(property))
            .unwrap_or(false)
    };
    if forces(&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN)
        || forces(&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA)
    {
        return Err(Refusal::Combination {
            property: user::PASSWORD_PROFILE.name(),
            why: "a local account cannot be made to change its password at the next sign-in",
        });
    }
    Ok(())
}

/// The userPrincipalName that the body chose, by its property, by an identity, or by both alike.
fn chosen_upn(set: &Record, identities: &Identities) -> Result<Option<String>, Refusal> {
    match (set.text(&user::USER_PRINCIPAL_NAME), identities.upn()) {
        (Some(upn), Some(identity)) if !upn.eq_ignore_ascii_case(identity) => {
            Err(Refusal::invalid_user(
                user::IDENTITIES.name(),
                "the userPrincipalName identity must equal userPrincipalName",
            ))
        }
        (upn, identity) => Ok(upn.or(identity).map(str::to_owned)),
    }
}

/// The domain must be the tenant's; a federated one needs the immutable id.
pub(super) fn check_domain(upn: &Upn, set: &Record, tenant: &Tenant) -> Result<(), Refusal> {
    let domain = upn.domain_in(tenant)?;
    if domain.federated && set.text(&user::ON_PREMISES_IMMUTABLE_ID).is_none() {
        return Err(Refusal::Combination {
            property: user::ON_PREMISES_IMMUTABLE_ID.name(),
            why: "a federated domain needs it",
        });
    }
    Ok(())
}

/// When the password must be changed: at the next sign-in, unless the body or the kind of account
/// says otherwise. Without a password there is nothing to change.
pub(super) fn fill_password_profile(set: &mut Record, has_password: bool, must_change: bool) {
    if !has_password {
        return;
    }
    let mut profile = set
        .complex(&user::PASSWORD_PROFILE)
        .cloned()
        .unwrap_or_default();
    for (property, default) in [
        (&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN, must_change),
        (&FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA, false),
    ] {
        if profile.bool(property).is_none() {
            profile.set(property, default);
        }
    }
    set.set(&user::PASSWORD_PROFILE, Value::Complex(profile));
}
