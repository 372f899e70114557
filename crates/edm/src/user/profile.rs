//! The 13 profile properties: what users say about themselves, read of one user at a
//! time.
//!
//! Two of them are not nullable in CSDL, so that unset they render as the type's first instant, and
//! deviceEnrollmentLimit as the service's default of 5.

use super::{ENTRIES, LINE, NE_NOT, ORDER, PAGE};
use crate::rows::{instant, of, properties, text};
use crate::{Guard, Op, Returned, Type, complex};

/// An instant that is not nullable and was never set.
const FIRST_INSTANT: &str = "\"0001-01-01T00:00:00Z\"";

properties! {
    ABOUT_ME "aboutMe" "Free text about oneself."
        = text().max(PAGE).profile();
    BIRTHDAY "birthday" "Birthday."
        = instant().not_null().unset(FIRST_INSTANT).profile();
    DEVICE_ENROLLMENT_LIMIT "deviceEnrollmentLimit" "How many devices the user may enrol."
        = of(Type::Int32).not_null().unset("5").profile();
    HIRE_DATE "hireDate" "When the user was hired; employeeHireDate is preferred."
        = instant().not_null().unset(FIRST_INSTANT).profile();
    INTERESTS "interests" "What the user likes."
        = text().list().items(ENTRIES).max(LINE).profile();
    MAILBOX_SETTINGS "mailboxSettings" "Settings of the mailbox."
        = of(Type::complex(&complex::mailbox_settings::TYPE)).profile();
    MY_SITE "mySite" "The user's site."
        = text().max(LINE).profile();
    PAST_PROJECTS "pastProjects" "Projects the user worked on."
        = text().list().items(ENTRIES).max(LINE).profile();
    PREFERRED_NAME "preferredName" "The name the user prefers; empty while unset."
        = text().unset("\"\"").max(256).profile();
    RESPONSIBILITIES "responsibilities" "What the user answers for."
        = text().list().items(ENTRIES).max(LINE).profile();
    SCHOOLS "schools" "Schools the user attended."
        = text().list().items(ENTRIES).max(LINE).profile();
    SIGN_IN_ACTIVITY "signInActivity" "When the user last signed in; its own permission reads it, and lists may select it."
        = of(Type::complex(&complex::sign_in_activity::TYPE)).profile().returned(Returned::Select).read_only()
            .guarded(Guard::SignIns).filter(&[Op::Eq, Op::Ge, Op::Le], NE_NOT);
    SKILLS "skills" "What the user can do."
        = text().list().items(ENTRIES).max(LINE).profile();
}
