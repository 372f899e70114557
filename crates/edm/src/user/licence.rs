//! Licences, plans, and services that beta adds.

use super::ORDER;
use crate::rows::{boolean, of, properties};
use crate::{Op, Type, complex};

properties! {
    ASSIGNED_LICENSES "assignedLicenses" "Licences; assigned by the action assignLicense."
        = of(Type::complex(&complex::assigned_license::TYPE)).list().not_null()
            .filter(&[Op::Eq], &[Op::Not, Op::Count]);
    ASSIGNED_PLANS "assignedPlans" "Plans of the licences."
        = of(Type::complex(&complex::assigned_plan::TYPE)).list().not_null().filter(&[], &[Op::Eq, Op::Not]);
    CLOUD_LICENSING "cloudLicensing" "Licensing by cloud; beta only."
        = of(Type::complex(&complex::cloud_licensing::TYPE)).beta_only().unseeded();
    CLOUD_REALTIME_COMMUNICATION_INFO "cloudRealtimeCommunicationInfo" "Calling; beta only."
        = of(Type::complex(&complex::cloud_realtime_communication::TYPE)).beta_only().unseeded();
    IS_LICENSE_RECONCILIATION_NEEDED "isLicenseReconciliationNeeded" "Licences are out of step; beta only (R-8)."
        = boolean().beta_only().unseeded();
    LICENSE_ASSIGNMENT_STATES "licenseAssignmentStates" "Where each licence comes from."
        = of(Type::complex(&complex::license_assignment_state::TYPE)).list();
    PRINT "print" "Printing."
        = of(Type::complex(&complex::print::TYPE)).unseeded();
    PROVISIONED_PLANS "provisionedPlans" "Plans as their services have set them up."
        = of(Type::complex(&complex::provisioned_plan::TYPE)).list().not_null()
            .filter(&[], &[Op::Eq, Op::Ge, Op::Le, Op::Not]);
    SERVICE_PROVISIONING_ERRORS "serviceProvisioningErrors" "What services could not do for the user."
        = of(Type::complex(&complex::service_provisioning_error::TYPE)).list().filter(&[Op::Eq], &[Op::Not]).unseeded();
}
