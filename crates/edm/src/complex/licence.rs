//! Licences and plans: kept and shown, assigned by actions alone.

use super::complex;
use crate::rows::{boolean, instant, of, text};
use crate::{ComplexType, Type};

complex! {
    /// A licence of a user.
    assigned_license "assignedLicense"
    DISABLED_PLANS "disabledPlans" "Plans of the licence that are off." = of(Type::Guid).list().not_null();
    SKU_ID "skuId" "The licence." = of(Type::Guid);
}

complex! {
    /// A plan of a user.
    assigned_plan "assignedPlan"
    ASSIGNED_DATE_TIME "assignedDateTime" "When it was assigned." = instant();
    CAPABILITY_STATUS "capabilityStatus" "Enabled, Warning, Suspended, Deleted or LockedOut." = text();
    SERVICE "service" "Name of the service." = text();
    SERVICE_PLAN_ID "servicePlanId" "The plan." = of(Type::Guid);
}

complex! {
    /// A plan as its service has set it up.
    provisioned_plan "provisionedPlan"
    CAPABILITY_STATUS "capabilityStatus" "Enabled, Suspended or Deleted." = text();
    PROVISIONING_STATUS "provisioningStatus" "How far the service has come." = text();
    SERVICE "service" "Name of the service." = text();
}

complex! {
    /// Where a licence comes from.
    license_assignment_state "licenseAssignmentState"
    ASSIGNED_BY_GROUP "assignedByGroup" "Id of the group that assigns it; null when direct." = text();
    DISABLED_PLANS "disabledPlans" "Plans that are off." = of(Type::Guid).list();
    ERROR "error" "Why the assignment failed." = text();
    LAST_UPDATED_DATE_TIME "lastUpdatedDateTime" "Last change." = instant();
    SKU_ID "skuId" "The licence." = of(Type::Guid);
    STATE "state" "Active, ActiveWithError, Disabled or Error." = text();
}

complex! {
    /// What a service could not do for an object.
    service_provisioning_error "serviceProvisioningError" {declared_abstract: true}
    CREATED_DATE_TIME "createdDateTime" "When it happened." = instant();
    IS_RESOLVED "isResolved" "It has been dealt with." = boolean();
    SERVICE_INSTANCE "serviceInstance" "Which service." = text();
}

complex! {
    /// Licensing by cloud; beta only, without members of its own.
    cloud_licensing "userCloudLicensing" {namespace: "microsoft.graph.cloudLicensing"}
}

complex! {
    /// Printing; its members are navigation to what is not served.
    print "userPrint"
}
