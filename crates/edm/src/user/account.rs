//! The account: on or off, its password, since when its sessions are good.

use super::{LISTED, ORDER};
use crate::rows::{boolean, instant, of, properties, text};
use crate::{Op, Type, complex};

properties! {
    ACCOUNT_ENABLED "accountEnabled" "Whether the user may sign in."
        = boolean().written().required().sensitive().filter(LISTED, &[Op::Ne, Op::Not, Op::Ge, Op::Le]);
    CREATED_DATE_TIME "createdDateTime" "When the user was created."
        = instant().filter(&[Op::Eq, Op::Ge, Op::Le, Op::In], &[Op::Ne, Op::Not]).sorted_in_advanced();
    DEVICE_KEYS "deviceKeys" "Keys registered by devices; beta only."
        = of(Type::complex(&complex::device_key::TYPE)).list().not_null().beta_only();
    IS_MANAGEMENT_RESTRICTED "isManagementRestricted" "Member of a restricted administrative unit."
        = boolean().unseeded();
    LAST_PASSWORD_CHANGE_DATE_TIME "lastPasswordChangeDateTime" "When the password was last set."
        = instant();
    PASSWORD_POLICIES "passwordPolicies" "None, DisableStrongPassword, DisablePasswordExpiration, or the last two with a comma."
        = text().max(128).written().filter(&[], &[Op::Ne, Op::Not, Op::Null]);
    PASSWORD_PROFILE "passwordProfile" "The password, which is never returned, and when it must be changed."
        = of(Type::complex(&complex::password_profile::TYPE)).written().required().sensitive()
            .filter(&[], &[Op::Eq, Op::Ne, Op::Not, Op::In, Op::Null]);
    REFRESH_TOKENS_VALID_FROM_DATE_TIME "refreshTokensValidFromDateTime" "Refresh tokens issued before are void; beta only."
        = instant().beta_only();
    SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME "signInSessionsValidFromDateTime" "Sessions begun before are void; moved by revokeSignInSessions."
        = instant();
}
