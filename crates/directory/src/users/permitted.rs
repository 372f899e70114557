//! Which operation of the permission table a property belongs to (spec: users, section 6).

use edm::{Property, Record, user};

use crate::actor::{Actor, Subject};
use crate::manner::Manner;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// What people may change about themselves. No address and nothing that decides who somebody is (decision 35).
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
        (&user::CUSTOM_SECURITY_ATTRIBUTES, Operation::WriteSecurityAttributes),
    ];
    table.into_iter().find(|(own, _)| *own == property).map_or(Operation::UpdateUser, |(_, operation)| operation)
}

/// Whether `actor` may create a user with these properties.
pub(crate) fn create(actor: &Actor, manner: Manner, set: &Record) -> Result<(), Refusal> {
    actor.may(Operation::CreateUser)?;
    for (property, _) in set.iter() {
        check_profile(actor, manner, property, Operation::CreateUser)?;
        // The right to create a user covers everything a user is created with (spec: users, section 3), but for the two
        // properties that a permission of their own guards.
        if matches!(operation(property), own @ (Operation::WriteLeaveDate | Operation::WriteSecurityAttributes) if actor.may(own).is_err()) {
            return Err(Refusal::Denied { operation: operation(property) });
        }
    }
    Ok(())
}

/// Whether `actor` may change these properties; `is_self` when the user is the actor.
pub(crate) fn update(actor: &Actor, manner: Manner, set: &Record, is_self: bool) -> Result<(), Refusal> {
    if set.is_empty() {
        return if is_self { actor.may(Operation::UpdateSelf) } else { actor.may(Operation::UpdateUser) };
    }
    for (property, _) in set.iter() {
        let operation = operation(property);
        check_profile(actor, manner, property, operation)?;
        let is_own = is_self && (property.profile || SELF_SERVICE.contains(&property));
        if !(is_own && actor.may(Operation::UpdateSelf).is_ok()) {
            actor.may(operation)?;
        }
    }
    Ok(())
}

/// Decision 17: an app writes profile properties in friendly manner only.
fn check_profile(actor: &Actor, manner: Manner, property: &Property, operation: Operation) -> Result<(), Refusal> {
    if property.profile && !manner.lets_write_profile(actor) { Err(Refusal::Denied { operation }) } else { Ok(()) }
}

/// What an actor may see of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    /// Nothing but the basic profile: `User.ReadBasic.All` is all there is.
    pub(crate) basic: bool,
    /// `employeeLeaveDateTime`
    pub(crate) leave_date: bool,
    /// `customSecurityAttributes`
    pub(crate) attributes: bool,
}

impl View {
    /// What `actor` may see; `is_self` when the user is the actor.
    pub(crate) fn of(actor: &Actor, is_self: bool) -> Self {
        let (held, own) = match &actor.subject {
            Subject::App { permissions, .. } => (*permissions, false),
            Subject::Person { scopes, .. } => (*scopes, is_self),
            Subject::Guest { .. } | Subject::Server => return Self { basic: false, leave_date: true, attributes: true },
        };
        use crate::permission::Permission as P;
        let full = [P::UserReadAll, P::UserReadWriteAll, P::DirectoryReadAll, P::DirectoryReadWriteAll];
        let own_full = own && (held.contains(P::UserRead) || held.contains(P::UserReadWrite));
        Self {
            basic: !own_full && !full.iter().any(|permission| held.contains(*permission)),
            leave_date: actor.may(Operation::ReadLeaveDate).is_ok(),
            attributes: actor.may(Operation::ReadSecurityAttributes).is_ok(),
        }
    }

    /// Whether `property` may be seen.
    pub(crate) fn shows(self, property: &Property) -> bool {
        const BASIC: [&Property; 6] =
            [&user::ID, &user::DISPLAY_NAME, &user::GIVEN_NAME, &user::SURNAME, &user::MAIL, &user::USER_PRINCIPAL_NAME];
        (!self.basic || BASIC.contains(&property))
            && (self.leave_date || *property != user::EMPLOYEE_LEAVE_DATE_TIME)
            && (self.attributes || *property != user::CUSTOM_SECURITY_ATTRIBUTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::{Permission, TABLE};

    #[test]
    fn properties_with_a_permission_of_their_own_have_an_operation_that_asks_for_it() {
        for property in user::TYPE.properties.iter().filter(|property| property.write.permission.is_some()) {
            let wanted = property.write.permission.and_then(Permission::from_name).expect(property.name);
            let rule = TABLE.iter().find(|rule| rule.operation == operation(property)).unwrap();
            assert_eq!(rule.application, [[wanted]], "{}", property.name);
        }
    }

    #[test]
    fn properties_read_by_a_permission_of_their_own_are_hidden_without_it() {
        let view = View { basic: false, leave_date: false, attributes: false };
        for property in user::TYPE.properties {
            assert_eq!(view.shows(property), property.permission.is_none(), "{}", property.name);
        }
    }
}
