//! Who the user is to the directory: names to sign in with, kind of user, how they came here.

use super::{ADDRESS, LINE, LISTED, NE_NOT, NE_NOT_NULL, ORDER, ORDERED_TEXT};
use crate::rows::{boolean, instant, of, properties, text};
use crate::{Guard, Op, Type, complex};

/// Identities of one user: each is a row under a unique key, and real users have two or three.
const MOST_IDENTITIES: u32 = 20;

properties! {
    AUTHORIZATION_INFO "authorizationInfo" "Certificate bindings, at most 5."
        = of(Type::complex(&complex::authorization::TYPE)).written().unseeded();
    CREATION_TYPE "creationType" "Null, Invitation, LocalAccount, EmailVerified or SelfServiceSignUp."
        = text().filter(LISTED, NE_NOT);
    CUSTOM_SECURITY_ATTRIBUTES "customSecurityAttributes" "Sets of attributes that an organisation defines; their own permission reads and writes them."
        = of(Type::complex(&complex::custom_security_attributes::TYPE)).written().computed()
            .guarded(Guard::SecurityAttributes)
            .filter(&[], &[Op::Eq, Op::Ne, Op::Not, Op::StartsWith]).unseeded();
    EXTERNAL_USER_STATE "externalUserState" "Null, PendingAcceptance or Accepted: whether a guest has accepted (R-43)."
        = text().filter(LISTED, NE_NOT);
    EXTERNAL_USER_STATE_CHANGE_DATE_TIME "externalUserStateChangeDateTime" "When externalUserState last changed. A String in beta, of the same text."
        = instant().beta_type(Type::String).filter(&[Op::Eq], &[Op::Ne, Op::Not, Op::In]);
    IDENTITIES "identities" "The identities the user signs in with. An update replaces them all and must contain the userPrincipalName identity."
        = of(Type::complex(&complex::object_identity::TYPE)).list().items(MOST_IDENTITIES).written()
            .guarded(Guard::Identities).filter(&[Op::Eq], &[]).kept_as_values();
    IDENTITY_GOVERNANCE "identityGovernance" "Lifecycle settings of beta (R-8)."
        = of(Type::complex(&complex::identity_governance::TYPE)).beta_only().unseeded();
    IDENTITY_PARENT_ID "identityParentId" "Parent of an agent identity."
        = text().unseeded();
    IS_RESOURCE_ACCOUNT "isResourceAccount" "Reserved: kept as sent, without effect."
        = boolean().written().filter(&[Op::Eq], NE_NOT);
    MAIL_NICKNAME "mailNickname" "The mail alias: no spaces, no @."
        = text().max(64).written().required().filter(ORDERED_TEXT, NE_NOT_NULL);
    SECURITY_IDENTIFIER "securityIdentifier" "S-1-12-1-…, computed from the id."
        = text().filter(&[Op::Eq], &[Op::Not, Op::Ge, Op::Le, Op::StartsWith]).unseeded().computed();
    USER_PRINCIPAL_NAME "userPrincipalName" "Name to sign in with: local part of at most 64, @, verified domain of at most 48. Unique."
        = text().max(113).written().required().sensitive().by_default()
            .filter(ORDERED_TEXT, &[Op::Ne, Op::Not, Op::EndsWith]).sorted();
    USER_TYPE "userType" "Member or Guest; Member when POST /users does not say."
        = text().one_of(&["Member", "Guest"]).written().filter(LISTED, NE_NOT_NULL);
    MAIL "mail" "The SMTP address. Writing it makes it the primary of proxyAddresses."
        = text().max(ADDRESS).written().by_default()
            .filter(ORDERED_TEXT, &[Op::Ne, Op::Not, Op::EndsWith, Op::Null]);
    OTHER_MAILS "otherMails" "Further addresses of the user."
        = text().list().not_null().items(super::ENTRIES).max(super::MAIL_ENTRY).written().sensitive()
            .filter(ORDERED_TEXT, &[Op::Ne, Op::Not, Op::EndsWith, Op::Count]);
    PROXY_ADDRESSES "proxyAddresses" "SMTP: the primary, smtp: the others. Unique over the directory."
        = text().list().not_null().max(LINE)
            .filter(&[Op::Eq, Op::Ge, Op::Le, Op::StartsWith], &[Op::Not, Op::EndsWith, Op::Null, Op::Count]);
}
