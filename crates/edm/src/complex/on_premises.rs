//! What a synchronised on-premises directory says.

use super::complex;
use crate::ComplexType;
use crate::rows::{boolean, instant, text};

complex! {
    /// Fifteen free texts.
    extension_attributes "onPremisesExtensionAttributes"
    EXTENSION_ATTRIBUTE_1 "extensionAttribute1" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_2 "extensionAttribute2" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_3 "extensionAttribute3" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_4 "extensionAttribute4" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_5 "extensionAttribute5" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_6 "extensionAttribute6" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_7 "extensionAttribute7" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_8 "extensionAttribute8" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_9 "extensionAttribute9" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_10 "extensionAttribute10" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_11 "extensionAttribute11" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_12 "extensionAttribute12" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_13 "extensionAttribute13" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_14 "extensionAttribute14" "Free text." = text().max(1024).written();
    EXTENSION_ATTRIBUTE_15 "extensionAttribute15" "Free text." = text().max(1024).written();
}

complex! {
    /// What synchronisation could not do.
    provisioning_error "onPremisesProvisioningError"
    CATEGORY "category" "Kind of error: PropertyConflict." = text();
    OCCURRED_DATE_TIME "occurredDateTime" "When it happened." = instant();
    PROPERTY_CAUSING_ERROR "propertyCausingError" "UserPrincipalName or ProxyAddress." = text();
    VALUE "value" "The value at fault." = text();
}

complex! {
    /// SIP of an on-premises deployment; beta only.
    sip "onPremisesSipInfo"
    IS_SIP_ENABLED "isSipEnabled" "SIP is on." = boolean().not_null().unset("false");
    SIP_DEPLOYMENT_LOCATION "sipDeploymentLocation" "Where it is deployed." = text();
    SIP_PRIMARY_ADDRESS "sipPrimaryAddress" "Its address." = text();
}
