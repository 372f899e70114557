//! Version 2: when an acceptance stopped to prove anything. An administrator resets a redemption
//! because the mailbox is lost or in other hands; the acceptance of before must not prove it again
//! when the guest is deleted and restored.

use super::Part;

pub(super) const PART: Part = Part::of(
    "voided",
    &["ALTER TABLE invitations ADD COLUMN IF NOT EXISTS voided_at bigint"],
);
