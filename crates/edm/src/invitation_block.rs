//! The `invitationBlock` type: an address that gets no invitation or no code. Not in the documented
//! service.

use crate::complex::complex;
use crate::rows::{instant, of, properties, text};
use crate::{Blank, ComplexType, EntityType, Type, entity};

pub use crate::entity::ID;

crate::rows::order! {
    "invitationBlock"
    ID
    NEVER_AGAIN_SINCE_DATE_TIME
    LIMITS
}

properties! {
    NEVER_AGAIN_SINCE_DATE_TIME "neverAgainSinceDateTime" "Since when the owner of the address wants no more invitations."
        = instant().by_default();
    LIMITS "limits" "The limits that the address has reached."
        = of(Type::complex(&limit::TYPE)).list().not_null().by_default();
}

complex! {
    /// A limit that is reached.
    limit "invitationLimit"
    LIMIT "limit" "What it counts: wrongCodes, codes or invitations." = text();
    UNTIL_DATE_TIME "untilDateTime" "When there is room again by itself." = instant();
}

/// `graph.invitationBlock`; the id is the address.
pub static TYPE: EntityType = EntityType {
    name: "invitationBlock",
    resource: "InvitationBlock",
    set: "invitationBlocks",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Refused,
    navigation: &[],
};
