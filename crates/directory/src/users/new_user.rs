//! The values of a new user that the server sets. Every operation that creates users takes them
//! from here: POST /users, POST /users/$ref, an import, an invitation.

use edm::{Property, Record, Value, user};
use jiff::Timestamp;
use uuid::Uuid;

use super::identities::Identities;
use super::row::{self, GUEST, MEMBER};
use crate::tenants::Tenant;

/// `creationType` of a user who was created by an invitation (P-invitations-5).
pub(crate) const BY_INVITATION: &str = "Invitation";
/// `creationType` of a user who signs in here with a local name or address.
const LOCAL_ACCOUNT: &str = "LocalAccount";

/// Which operation creates the user. Defaults and the rule about passwords depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A request: a user who signs in here needs a password.
    Request,
    /// A request for a pending member, who does not sign in yet.
    Joining,
    /// A row of a file, with a password, with the hash of one, or with neither. With neither, the
    /// user cannot sign in until a password is set.
    Import {
        /// The row has the hash of a password.
        has_hash: bool,
        /// The user is an invited guest of another directory, who is taken over unchanged.
        is_external: bool,
    },
    /// An invitation, of a guest or of a member.
    Invitation {
        /// The user becomes a member, not a guest.
        as_member: bool,
    },
}

/// What [`complete`] needs to know about the user who is created.
pub(crate) struct NewUser<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) id: Uuid,
    /// In whole seconds, as Graph shows them.
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
    pub(crate) upn: &'a str,
    pub(crate) nickname: &'a str,
}

/// Sets values that a file or a request for a pending member may leave out, before the rules are
/// checked. The rules require these values, because POST /users does; the portals' own forms do
/// not have them.
pub(super) fn assume(set: &mut Record, origin: Origin) {
    let has_nickname = match origin {
        Origin::Request | Origin::Invitation { .. } => return,
        Origin::Joining => {
            set.set(&user::ACCOUNT_ENABLED, false);
            let nickname = set.get(&user::MAIL_NICKNAME);
            nickname.is_some_and(|value| !value.is_unset())
        }
        Origin::Import { .. } => {
            if !set.has(&user::ACCOUNT_ENABLED) {
                set.set(&user::ACCOUNT_ENABLED, true);
            }
            set.has(&user::MAIL_NICKNAME)
        }
    };
    let upn = set.text(&user::USER_PRINCIPAL_NAME);
    let local = upn.and_then(|upn| match upn.split_once('@') {
        Some((local, _)) => Some(local.to_owned()),
        // A name without a domain will be refused. The error for a row of a file names the missing
        // nickname first, so none is set there.
        None => (origin == Origin::Joining).then(|| upn.to_owned()),
    });
    if let Some(local) = local.filter(|_| !has_nickname) {
        set.set(&user::MAIL_NICKNAME, local);
    }
}

/// Sets the values that only the server sets, and the defaults of values not given (P-users-3).
pub(crate) fn complete(set: &mut Record, new: &NewUser<'_>) {
    let invited = match new.origin {
        Origin::Invitation { as_member: true } => Some(MEMBER),
        Origin::Invitation { as_member: false } => Some(GUEST),
        Origin::Request | Origin::Joining | Origin::Import { .. } => None,
    };
    if invited.is_some() {
        // Their values follow from the invitation, whatever the body says.
        for property in [
            &user::USER_TYPE,
            &user::MAIL_NICKNAME,
            &user::USER_PRINCIPAL_NAME,
            &user::IDENTITIES,
        ] {
            set.remove(property);
        }
    }
    let mut default = |property: &'static Property, value: Value| {
        if !set.has(property) {
            set.set(property, value);
        }
    };
    default(&user::ACCOUNT_ENABLED, true.into());
    default(&user::USER_TYPE, invited.unwrap_or(MEMBER).into());
    default(&user::MAIL_NICKNAME, new.nickname.into());
    default(&user::USER_PRINCIPAL_NAME, new.upn.into());
    if invited.is_some() {
        default(&user::SHOW_IN_ADDRESS_LIST, false.into());
    }
    set.set(&user::ID, new.id.to_string());
    set.set(&user::CREATED_DATE_TIME, new.now);
    row::end_sessions(set, new.now);
    let identities = Identities::of(set);
    if invited.is_some() {
        set.set(&user::CREATION_TYPE, BY_INVITATION);
    } else if identities.has_local() {
        set.set(&user::CREATION_TYPE, LOCAL_ACCOUNT);
    }
    // If identities were sent, none is added for a generated userPrincipalName: that one is implied
    //
    if identities.is_empty() {
        let own = Identities::only_upn(new.tenant, new.upn);
        set.set(&user::IDENTITIES, own.value());
    }
}
