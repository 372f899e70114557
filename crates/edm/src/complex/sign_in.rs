//! Identities, credentials and what else belongs to one person's account.

use super::complex;
use crate::rows::{boolean, instant, of, text};
use crate::{ComplexType, Type};

complex! {
    /// How a user signs in with a password of this directory.
    password_profile "passwordProfile"
    FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN "forceChangePasswordNextSignIn"
        "The password must be changed at the next sign-in." = boolean().written();
    FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA "forceChangePasswordNextSignInWithMfa"
        "As forceChangePasswordNextSignIn, after a second factor." = boolean().written();
    PASSWORD "password"
        "The password, write-only. Its length is judged with its other rules (R-33), so that every failure has the one documented text."
        = text().written().secret();
}

complex! {
    /// One of the identities a user signs in with.
    object_identity "objectIdentity"
    SIGN_IN_TYPE "signInType"
        "userPrincipalName, emailAddress, userName, federated, or a custom text." = text().max(64).written();
    ISSUER "issuer"
        "The tenant's initial domain, or the federated provider." = text().max(512).written();
    ISSUER_ASSIGNED_ID "issuerAssignedId"
        "Unique with issuer in the tenant." = text().max(512).written();
}

complex! {
    /// Certificate bindings.
    authorization "authorizationInfo"
    CERTIFICATE_USER_IDS "certificateUserIds"
        "Each of the form X509:<…>; at most 5." = text().list().items(5).max(1024).written();
}

complex! {
    /// Open: sets of attributes that an organisation defines itself.
    custom_security_attributes "customSecurityAttributeValue" {open: true}
}

complex! {
    /// Open: lifecycle settings of beta.
    identity_governance "identityGovernanceUserSettings" {open: true}
}

complex! {
    /// Where in the organisation an employee stands.
    employee_org "employeeOrgData"
    DIVISION "division" "Name of the division." = text().max(1024).written();
    COST_CENTER "costCenter" "Cost centre." = text().max(1024).written();
}

complex! {
    /// When a user last signed in, by which request.
    sign_in_activity "signInActivity"
    LAST_SIGN_IN_DATE_TIME "lastSignInDateTime" "Last interactive attempt." = instant();
    LAST_SIGN_IN_REQUEST_ID "lastSignInRequestId" "Its request." = text();
    LAST_NON_INTERACTIVE_SIGN_IN_DATE_TIME "lastNonInteractiveSignInDateTime" "Last attempt by a client on the user's behalf." = instant();
    LAST_NON_INTERACTIVE_SIGN_IN_REQUEST_ID "lastNonInteractiveSignInRequestId" "Its request." = text();
    LAST_SUCCESSFUL_SIGN_IN_DATE_TIME "lastSuccessfulSignInDateTime" "Last sign-in that succeeded." = instant();
    LAST_SUCCESSFUL_SIGN_IN_REQUEST_ID "lastSuccessfulSignInRequestId" "Its request." = text();
}

complex! {
    /// A key registered by a device; beta only.
    device_key "deviceKey"
    KEY_TYPE "keyType" "Kind of key." = text();
    KEY_MATERIAL "keyMaterial" "The public key." = of(Type::Binary);
    DEVICE_ID "deviceId" "The device." = of(Type::Guid);
}

complex! {
    /// Calling; beta only.
    cloud_realtime_communication "cloudRealtimeCommunicationInfo"
    IS_SIP_ENABLED "isSipEnabled" "SIP is on." = boolean();
}

complex! {
    /// Who a converted guest is now; answered by beta's conversion alone.
    conversion_user_details "conversionUserDetails"
    CONVERTED_TO_INTERNAL_USER_DATE_TIME "convertedToInternalUserDateTime" "When it happened." = instant().not_null();
    DISPLAY_NAME "displayName" "The user's name." = text();
    MAIL "mail" "The user's mail." = text();
    USER_PRINCIPAL_NAME "userPrincipalName" "The name to sign in with." = text().not_null();
}
