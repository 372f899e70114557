//! What a new user has that nobody gave them. Every way that makes a user takes it from here:
//! POST /users, POST /users/$ref, a file, an invitation.

use edm::{Property, Record, Value, user};
use jiff::Timestamp;
use uuid::Uuid;

use super::identities::Identities;
use super::row::{self, GUEST, MEMBER};
use crate::tenants::Tenant;

/// `creationType` of a user whom an invitation made (P-invitations-5).
pub(crate) const BY_INVITATION: &str = "Invitation";
/// Made here, signs in here with a name or address of its own.
const LOCAL_ACCOUNT: &str = "LocalAccount";

/// How a new user comes here. It decides about defaults and about the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A request: a user who signs in here needs a password.
    Request,
    /// A request for a pending member, who does not sign in yet.
    Joining,
    /// A file, with a password, with its hash, or with neither: then the user cannot sign in until
    /// one is set.
    Import {
        /// Its hash comes along.
        has_hash: bool,
        /// An invited guest, taken over unchanged.
        is_external: bool,
    },
    /// An invitation, of a guest or of a member.
    Invitation {
        /// Of a member.
        as_member: bool,
    },
}

/// What is known of a user about to be made.
pub(crate) struct NewUser<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) id: Uuid,
    /// In whole seconds, as Graph shows them.
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
    pub(crate) upn: &'a str,
    pub(crate) nickname: &'a str,
}

/// Sets what counts as given before the rules are checked. The rules demand it of POST /users; the
/// portals' own forms, and who asks for somebody to join, leave it out.
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
        // No name without a domain is good. Of a row of a file the missing nickname is told first.
        None => (origin == Origin::Joining).then(|| upn.to_owned()),
    });
    if let Some(local) = local.filter(|_| !has_nickname) {
        set.set(&user::MAIL_NICKNAME, local);
    }
}

/// Sets what the server sets by itself (P-users-3).
pub(crate) fn complete(set: &mut Record, new: &NewUser<'_>) {
    let invited = match new.origin {
        Origin::Invitation { as_member: true } => Some(MEMBER),
        Origin::Invitation { as_member: false } => Some(GUEST),
        Origin::Request | Origin::Joining | Origin::Import { .. } => None,
    };
    if invited.is_some() {
        // An invitation decides these itself, whatever else it gives.
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
    // Sent identities stay as they are: the one of a generated userPrincipalName is implied.
    if identities.is_empty() {
        let own = Identities::only_upn(new.tenant, new.upn);
        set.set(&user::IDENTITIES, own.value());
    }
}
