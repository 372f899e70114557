//! Version 2: proofs that the part `addresses` did not see. It looked at a guest's newest
//! acceptance alone. A guest who had accepted again at another of their addresses lost the proof of
//! the mailbox that is among their identities, since the second acceptance adds none.
//!
//! Here it is the newest acceptance among those whose mailbox is an identity of the guest.
//! Databases that ran `addresses` before have lived on since, so only a guest without any proof
//! gets one, and only where nobody else has claimed the address meanwhile: that one has been found
//! by it since, and the mailbox's owner decides when they accept.

use super::Part;

/// Tenant, guest and address of the proofs that are missing.
macro_rules! missing {
    () => {
        "(SELECT i.tenant_id, i.user_id, i.address_key FROM invitations i \
         JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id \
         JOIN identities m ON m.tenant_id = i.tenant_id AND m.object_id = i.user_id AND m.assigned_id = i.address_key \
         WHERE u.state = 2 AND u.deleted_at IS NULL AND i.accepted_at IS NOT NULL \
         AND m.sign_in_type = 'federated' AND m.issuer = 'mail' \
         AND NOT EXISTS (SELECT 1 FROM invitations n JOIN identities o ON o.tenant_id = n.tenant_id \
         AND o.object_id = n.user_id AND o.assigned_id = n.address_key WHERE n.tenant_id = i.tenant_id \
         AND n.user_id = i.user_id AND n.accepted_at > i.accepted_at AND o.sign_in_type = 'federated' AND o.issuer = 'mail') \
         AND NOT EXISTS (SELECT 1 FROM identities p WHERE p.tenant_id = i.tenant_id AND p.object_id = i.user_id \
         AND p.is_proven = 1) \
         AND NOT EXISTS (SELECT 1 FROM addresses a WHERE a.tenant_id = i.tenant_id AND a.address_key = i.address_key \
         AND a.object_id <> i.user_id AND a.standing > 0))"
    };
}

pub(super) const PART: Part = Part::of(
    "proofs",
    &[
        // The addresses first: once the identity is proven, nothing is missing any more.
        concat!(
            "UPDATE addresses SET standing = 2 WHERE (tenant_id, object_id, address_key) IN ",
            missing!()
        ),
        concat!(
            "UPDATE identities SET is_proven = 1 WHERE sign_in_type = 'federated' AND issuer = 'mail' \
             AND (tenant_id, object_id, assigned_id) IN ",
            missing!()
        ),
    ],
);
