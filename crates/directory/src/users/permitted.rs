//! Which operation of the permission table a property belongs to (P-users-11).

use edm::{Guard, Property, Record, Schema, user};

use crate::actor::{Actor, Subject};
use crate::manner::ServiceMode;
use crate::permission::{Operation, Permission as P, Permissions};
use crate::refusal::Refusal;

/// Properties that people may change about themselves: no address, and nothing that identifies a
/// person.
const SELF_SERVICE: &[&Property] = &[
    &user::BUSINESS_PHONES,
    &user::CITY,
    &user::COUNTRY,
    &user::FAX_NUMBER,
    &user::MOBILE_PHONE,
    &user::OFFICE_LOCATION,
    &user::POSTAL_CODE,
    &user::PREFERRED_LANGUAGE,
    &user::STATE,
    &user::STREET_ADDRESS,
];

/// The operation that an actor needs to write `property` of another user. An own property without
/// a guard needs the same as most core properties.
fn operation(property: &Property) -> Operation {
    if let Some(guard) = property.guard {
        return writing(guard);
    }
    let table: [(&Property, Operation); 5] = [
        (&user::ACCOUNT_ENABLED, Operation::EnableDisable),
        (&user::OTHER_MAILS, Operation::UpdateOtherMails),
        (&user::BUSINESS_PHONES, Operation::UpdatePhones),
        (&user::MOBILE_PHONE, Operation::UpdatePhones),
        (&user::PASSWORD_PROFILE, Operation::ResetPassword),
    ];
    table
        .into_iter()
        .find(|(own, _)| *own == property)
        .map_or(Operation::UpdateUser, |(_, operation)| operation)
}

/// The operation that an actor needs to write a property with this guard.
const fn writing(guard: Guard) -> Operation {
    match guard {
        Guard::Identities => Operation::ManageIdentities,
        Guard::LifeCycle => Operation::WriteLeaveDate,
        Guard::SecurityAttributes => Operation::WriteSecurityAttributes,
        // The server alone writes them: no body and no definition sets such a property.
        Guard::SignIns => Operation::ReadSignIns,
    }
}

/// The operation that an actor needs to read a property with this guard, beside the right to read
/// the user.
const fn reading(guard: Guard) -> Option<Operation> {
    match guard {
        Guard::Identities => None,
        Guard::LifeCycle => Some(Operation::ReadLeaveDate),
        Guard::SecurityAttributes => Some(Operation::ReadSecurityAttributes),
        Guard::SignIns => Some(Operation::ReadSignIns),
    }
}

/// Whether `actor` may create a user with these properties.
pub(crate) fn create(actor: &Actor, set: &Record) -> Result<(), Refusal> {
    actor.may(Operation::CreateUser)?;
    for (property, _) in set.iter() {
        // The right to create users covers all properties that a new user can have (P-users-3),
        // except guarded ones, which need a permission of their own.
        if property.is_guarded() {
            actor.may(operation(property))?;
        }
    }
    Ok(())
}

/// Whether `actor` may give a guest these properties while adding them. An actor who may create
/// users may give everything that a user is created with. Another one may give what every
/// invitation gives, and beside that only properties that they may change.
pub(crate) fn add_guest(actor: &Actor, set: &Record, given: &[&Property]) -> Result<(), Refusal> {
    if actor.may(Operation::CreateUser).is_ok() {
        return create(actor, set);
    }
    for (property, value) in set.iter() {
        let operation = operation(property);
        if !value.is_unset() && !property.is_one_of(given) && actor.may(operation).is_err() {
            return Err(Refusal::DeniedProperty {
                operation,
                property: property.name().to_owned(),
            });
        }
    }
    Ok(())
}

/// Whether `actor` may change these properties; `is_self` when the user is the actor.
pub(crate) fn update(actor: &Actor, set: &Record, is_self: bool) -> Result<(), Refusal> {
    if set.is_empty() {
        return if is_self {
            actor.may(Operation::UpdateSelf)
        } else {
            actor.may(Operation::UpdateUser)
        };
    }
    for (property, _) in set.iter() {
        let is_own = is_self && (property.profile || property.is_one_of(SELF_SERVICE));
        if !(is_own && actor.may(Operation::UpdateSelf).is_ok()) {
            actor.may(operation(property))?;
        }
    }
    Ok(())
}

/// Who may write profile properties depends on the tenant's mode.
pub(crate) fn profile(actor: &Actor, manner: ServiceMode, set: &Record) -> Result<(), Refusal> {
    let writes_profile = set.iter().any(|(property, _)| property.profile);
    let is_app = matches!(actor.subject, Subject::App { .. });
    if writes_profile && is_app && !manner.lets_apps_write_profile() {
        return Err(Refusal::Denied {
            operation: Operation::UpdateUser,
        });
    }
    Ok(())
}

/// The operation that an actor needs to read `property`, beside the right to read the user; `None`
/// for nearly all properties.
pub(crate) fn guard(property: &Property) -> Option<Operation> {
    property.guard.and_then(reading)
}

/// The properties of a user that an actor may see.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    actor: &'a Actor,
    /// Nothing but the basic profile: `User.ReadBasic.All` is all there is.
    is_basic: bool,
}

impl<'a> View<'a> {
    /// The properties that `actor` may see; `is_self` when the user is the actor.
    pub(crate) fn of(actor: &'a Actor, is_self: bool) -> Self {
        const FULL: [P; 4] = [
            P::UserReadAll,
            P::UserReadWriteAll,
            P::DirectoryReadAll,
            P::DirectoryReadWriteAll,
        ];
        const OWN: [P; 2] = [P::UserRead, P::UserReadWrite];
        let holds =
            |held: Permissions, any: &[P]| any.iter().any(|permission| held.contains(*permission));
        let is_basic = match &actor.subject {
            Subject::App { permissions, .. } => !holds(*permissions, &FULL),
            Subject::Person { scopes, .. } => {
                !(holds(*scopes, &FULL) || is_self && holds(*scopes, &OWN))
            }
            Subject::Guest { .. } | Subject::Server => false,
        };
        Self { actor, is_basic }
    }

    /// What users look like to the actor.
    pub(crate) fn schema(self) -> &'a Schema {
        self.actor.schema()
    }

    /// Whether only the basic profile is shown.
    pub(crate) const fn is_basic(self) -> bool {
        self.is_basic
    }

    /// Whether `property` may be seen.
    pub(crate) fn shows(self, property: &Property) -> bool {
        const BASIC: [&Property; 6] = [
            &user::ID,
            &user::DISPLAY_NAME,
            &user::GIVEN_NAME,
            &user::SURNAME,
            &user::MAIL,
            &user::USER_PRINCIPAL_NAME,
        ];
        (!self.is_basic || BASIC.contains(&property))
            && guard(property).is_none_or(|operation| self.actor.may(operation).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::TABLE;

    #[test]
    fn a_guard_asks_for_the_permissions_that_it_names() {
        let rule = |operation| {
            TABLE
                .iter()
                .find(|rule| rule.operation == operation)
                .unwrap()
        };
        let named = |name: &str| P::from_name(name).unwrap_or_else(|| panic!("{name}"));
        for guard in [
            Guard::Identities,
            Guard::LifeCycle,
            Guard::SecurityAttributes,
            Guard::SignIns,
        ] {
            if let Some(wanted) = guard.writing() {
                let asked = rule(writing(guard)).application;
                assert_eq!(asked, [[named(wanted)]], "{guard:?}");
            }
            let read = guard.reading().map(named);
            assert_eq!(reading(guard).is_some(), read.is_some(), "{guard:?}");
            if let (Some(operation), Some(wanted)) = (reading(guard), read) {
                let asked = rule(operation).application;
                assert!(asked.contains(&[wanted].as_slice()), "{guard:?}");
            }
        }
        for property in user::TYPE.properties {
            let is_unwritten = property
                .guard
                .is_some_and(|guard| guard.writing().is_none());
            assert!(!is_unwritten || property.is_read_only(), "{property:?}");
        }
    }
}
