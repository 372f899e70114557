//! What a synchronised on-premises directory says of the user.

use super::{LISTED, NE_NOT, NE_NOT_NULL, ORDER, ORDERED_TEXT};
use crate::rows::{boolean, instant, of, properties, text};
use crate::{Op, Type, complex};

properties! {
    ON_PREMISES_DISTINGUISHED_NAME "onPremisesDistinguishedName" "Distinguished name there."
        = text();
    ON_PREMISES_DOMAIN_NAME "onPremisesDomainName" "Its domain."
        = text();
    ON_PREMISES_EXTENSION_ATTRIBUTES "onPremisesExtensionAttributes" "Fifteen free texts; read-only when synchronised."
        = of(Type::complex(&complex::extension_attributes::TYPE)).written()
            .filter(&[], &[Op::Eq, Op::Ne, Op::Not, Op::In]);
    ON_PREMISES_IMMUTABLE_ID "onPremisesImmutableId" "Ties the user to an account elsewhere; required when the domain is federated. Unique, without $ and _."
        = text().max(256).written().sensitive()
            .filter(&[Op::Eq, Op::In], &[Op::Ne, Op::Not, Op::Ge, Op::Le]);
    ON_PREMISES_LAST_SYNC_DATE_TIME "onPremisesLastSyncDateTime" "Last synchronisation."
        = instant().filter(&[Op::Eq, Op::Ge, Op::Le, Op::In], &[Op::Ne, Op::Not]);
    ON_PREMISES_PROVISIONING_ERRORS "onPremisesProvisioningErrors" "What synchronisation could not do."
        = of(Type::complex(&complex::provisioning_error::TYPE)).list().filter(&[Op::Eq, Op::Ge, Op::Le], &[Op::Not]);
    ON_PREMISES_SAM_ACCOUNT_NAME "onPremisesSamAccountName" "Account name there."
        = text().filter(&[], &[Op::Eq, Op::Ne, Op::Not, Op::Ge, Op::Le, Op::In, Op::StartsWith]);
    ON_PREMISES_SECURITY_IDENTIFIER "onPremisesSecurityIdentifier" "Security identifier there."
        = text().filter(LISTED, NE_NOT_NULL);
    ON_PREMISES_SIP_INFO "onPremisesSipInfo" "SIP of an on-premises deployment; beta only (R-8)."
        = of(Type::complex(&complex::sip::TYPE)).beta_only().unseeded();
    ON_PREMISES_SYNC_ENABLED "onPremisesSyncEnabled" "True while synchronised, false formerly, null never."
        = boolean().filter(LISTED, &[Op::Ne, Op::Not, Op::Ge, Op::Le, Op::Null]);
    ON_PREMISES_USER_PRINCIPAL_NAME "onPremisesUserPrincipalName" "User principal name there."
        = text().filter(ORDERED_TEXT, NE_NOT);
}
