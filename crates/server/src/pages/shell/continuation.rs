//! Where to go on: what a person came for, as their browser keeps it from page to page.
//!
//! Session and forms know this and no more, so that each room of pages (a guest's invitation today,
//! a sign-in or a consent later) brings its own, and none of them learns another's steps.

use uuid::Uuid;

/// What a person came for.
pub(in crate::pages) trait Continuation: Clone + PartialEq + Eq {
    /// What the names of its cookies begin with.
    const COOKIE: &'static str;
    /// What its cookies are sealed for.
    const PURPOSE: &'static [u8];
    /// First byte of the sealed text; another value is another layout and opens as no visit.
    const LAYOUT: u8;
    /// What stands before the signed text of its forms, before and after the proof.
    const FORMS: [&'static [u8]; 2];

    /// Tells it from others of its kind: in the cookie's name and in the address of each page.
    fn id(&self) -> Uuid;

    /// What its forms are bound to, of one length for all of a kind.
    fn bound_to(&self) -> [u8; 32];

    /// Appends it to the sealed text.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads it back, of all the bytes there are.
    fn read(bytes: &[u8]) -> Option<Self>;
}
