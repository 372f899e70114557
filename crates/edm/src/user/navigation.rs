//! To whom the user is linked. The links are kept apart from the users: no record holds one.

use super::{ORDER, TYPE};
use crate::rows::{of, properties};
use crate::{Navigation, Property, Type, entity, invitation, open_extension};

properties! {
    DIRECT_REPORTS "directReports" "Whose manager the user is. Follows from their manager."
        = of(Type::complex(&invitation::link::TYPE)).list();
    EXTENSIONS "extensions" "The user's open extensions, each with a name."
        = of(Type::complex(&invitation::link::TYPE)).list();
    MANAGER "manager" "The user's manager."
        = of(Type::complex(&invitation::link::TYPE)).written();
    SPONSOR_OF "sponsorOf" "Whose sponsor the user is. Follows from their sponsors."
        = of(Type::complex(&invitation::link::TYPE)).list();
    SPONSORS "sponsors" "Who answers for the user, a guest as a rule; five at most."
        = of(Type::complex(&invitation::link::TYPE)).list().items(5).written();
    TRANSITIVE_REPORTS "transitiveReports" "Whose manager the user is, or the manager of whose manager, and so on."
        = of(Type::complex(&invitation::link::TYPE)).list().beta_only();
}

const fn to_users(property: &'static Property) -> Navigation {
    Navigation {
        property,
        target: entity::DIRECTORY_OBJECT.name,
        set: entity::DIRECTORY_OBJECT.set,
        objects: &TYPE,
        linked: true,
        sent: false,
        tracked: false,
        contained: false,
    }
}

/// The navigation property `directReports`.
pub static DIRECT_REPORTS_NAVIGATION: Navigation = to_users(&DIRECT_REPORTS);
/// The navigation property `extensions`.
pub static EXTENSIONS_NAVIGATION: Navigation = Navigation {
    target: open_extension::EXTENSION.name,
    set: open_extension::EXTENSION.set,
    objects: &open_extension::TYPE,
    contained: true,
    ..to_users(&EXTENSIONS)
};
/// The navigation property `manager`.
pub static MANAGER_NAVIGATION: Navigation = Navigation {
    tracked: true,
    ..to_users(&MANAGER)
};
/// The navigation property `sponsorOf`.
pub static SPONSOR_OF_NAVIGATION: Navigation = to_users(&SPONSOR_OF);
/// The navigation property `sponsors`.
pub static SPONSORS_NAVIGATION: Navigation = to_users(&SPONSORS);

/// The navigation property `transitiveReports`: read by its own URL alone, so that it is none of
/// `NAVIGATION`, whose links can be expanded.
pub static TRANSITIVE_REPORTS_NAVIGATION: Navigation = to_users(&TRANSITIVE_REPORTS);

/// Those that stand in an answer or in `$expand`.
pub(super) static NAVIGATION: &[&Navigation] = &[
    &DIRECT_REPORTS_NAVIGATION,
    &EXTENSIONS_NAVIGATION,
    &MANAGER_NAVIGATION,
    &SPONSOR_OF_NAVIGATION,
    &SPONSORS_NAVIGATION,
];
