//! The user's work.

use super::{ADVANCED_ORDERED, ADVANCED_TEXT, LINE, NE_NOT_NULL, ORDER, ORDERED_TEXT};
use crate::rows::{instant, of, properties, text};
use crate::{Guard, Op, Type, complex};

properties! {
    COMPANY_NAME "companyName" "The company, most useful for guests."
        = text().max(64).written().filter(&[], ADVANCED_TEXT);
    DEPARTMENT "department" "The department."
        = text().max(64).written().filter(ORDERED_TEXT, NE_NOT_NULL);
    EMPLOYEE_HIRE_DATE "employeeHireDate" "When the employee began or will begin."
        = instant().written().filter(&[], ADVANCED_ORDERED);
    EMPLOYEE_ID "employeeId" "Number given by the organisation."
        = text().max(16).written()
            .filter(&[Op::Eq, Op::In, Op::StartsWith], &[Op::Ne, Op::Not, Op::Ge, Op::Le, Op::Null]);
    EMPLOYEE_LEAVE_DATE_TIME "employeeLeaveDateTime" "When the employee left or will leave; its own permission reads and writes it."
        = instant().written().guarded(Guard::LifeCycle).filter(&[], ADVANCED_ORDERED).unseeded();
    EMPLOYEE_ORG_DATA "employeeOrgData" "Division and cost centre."
        = of(Type::complex(&complex::employee_org::TYPE)).written().filter(&[], ADVANCED_ORDERED);
    EMPLOYEE_TYPE "employeeType" "Employee, Contractor, Consultant, Vendor, or any text."
        = text().max(LINE).written()
            .filter(&[], &[Op::Eq, Op::Ne, Op::Not, Op::Ge, Op::Le, Op::In, Op::StartsWith]);
    JOB_TITLE "jobTitle" "The title."
        = text().max(128).written().by_default().filter(ORDERED_TEXT, NE_NOT_NULL);
}
