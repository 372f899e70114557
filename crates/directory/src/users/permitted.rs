//! Which operation of the permission table a property belongs to (P-users-11).

use edm::{Property, Record, Schema, user};

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

/// The operation that writing `property` is, when somebody changes another user.
fn operation(property: &Property) -> Operation {
    let table: [(&Property, Operation); 8] = [
        (&user::ACCOUNT_ENABLED, Operation::EnableDisable),
        (&user::OTHER_MAILS, Operation::UpdateOtherMails),
        (&user::BUSINESS_PHONES, Operation::UpdatePhones),
        (&user::MOBILE_PHONE, Operation::UpdatePhones),
        (&user::PASSWORD_PROFILE, Operation::ResetPassword),
        (&user::IDENTITIES, Operation::ManageIdentities),
        (&user::EMPLOYEE_LEAVE_DATE_TIME, Operation::WriteLeaveDate),
        (
            &user::CUSTOM_SECURITY_ATTRIBUTES,
            Operation::WriteSecurityAttributes,
        ),
    ];
    table
        .into_iter()
        .find(|(own, _)| *own == property)
        .map_or(Operation::UpdateUser, |(_, operation)| operation)
}

/// Whether `actor` may create a user with these properties.
pub(crate) fn create(actor: &Actor, set: &Record) -> Result<(), Refusal> {
    actor.may(Operation::CreateUser)?;
    for (property, _) in set.iter() {
        // The right to create a user covers everything a user is created with (P-users-3), but for
        // the two properties that a permission of their own guards.
        let own = operation(property);
        if matches!(
            own,
            Operation::WriteLeaveDate | Operation::WriteSecurityAttributes
        ) {
            actor.may(own)?;
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

/// The operation that reading `property` is, beside reading the user; `None` for nearly all.
pub(crate) fn guard(property: &Property) -> Option<Operation> {
    let table: [(&Property, Operation); 3] = [
        (&user::EMPLOYEE_LEAVE_DATE_TIME, Operation::ReadLeaveDate),
        (
            &user::CUSTOM_SECURITY_ATTRIBUTES,
            Operation::ReadSecurityAttributes,
        ),
        (&user::SIGN_IN_ACTIVITY, Operation::ReadSignIns),
    ];
    table
        .into_iter()
        .find(|(own, _)| *own == property)
        .map(|(_, operation)| operation)
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
    fn properties_with_a_permission_of_their_own_have_an_operation_that_asks_for_it() {
        let rule = |operation| {
            TABLE
                .iter()
                .find(|rule| rule.operation == operation)
                .unwrap()
        };
        for property in user::TYPE.properties {
            if let Some(wanted) = property.write.permission {
                let wanted = P::from_name(wanted).unwrap_or_else(|| panic!("{}", property.name()));
                assert_eq!(
                    rule(operation(property)).application,
                    [[wanted]],
                    "{}",
                    property.name()
                );
            }
            let read = property
                .permission
                .map(|name| P::from_name(name).unwrap_or_else(|| panic!("{}", property.name())));
            assert_eq!(
                guard(property).is_some(),
                read.is_some(),
                "{}",
                property.name()
            );
            if let (Some(operation), Some(wanted)) = (guard(property), read) {
                assert!(
                    rule(operation).application.contains(&[wanted].as_slice()),
                    "{}",
                    property.name()
                );
            }
        }
    }
}
