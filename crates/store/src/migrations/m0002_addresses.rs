//! Version 2: by what right an address is somebody's (0 stated, 1 invited-at, 2 proven), and
//! whether an identity was proven.
//!
//! What version 1 knew is read off its invitations: a guest who has not accepted was invited at the
//! address of the newest one; a guest who has accepted proved the address of the one accepted last,
//! if that mailbox is still among the identities. Everything else was written into a property and
//! is merely stated.

use super::Part;

pub(super) const PART: Part = Part::of(
    "addresses",
    &[
        "ALTER TABLE addresses ADD COLUMN IF NOT EXISTS standing bigint NOT NULL DEFAULT 0",
        "ALTER TABLE identities ADD COLUMN IF NOT EXISTS is_proven bigint NOT NULL DEFAULT 0",
        "UPDATE addresses SET standing = 1 WHERE (tenant_id, object_id, address_key) IN (SELECT i.tenant_id, i.user_id, \
         i.address_key FROM invitations i JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id \
         WHERE u.state = 1 AND i.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM invitations n \
         WHERE n.tenant_id = i.tenant_id AND n.user_id = i.user_id AND n.created_at > i.created_at))",
        "UPDATE identities SET is_proven = 1 WHERE sign_in_type = 'federated' AND issuer = 'mail' \
         AND (tenant_id, object_id, assigned_id) IN (SELECT i.tenant_id, i.user_id, i.address_key FROM invitations i \
         JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.user_id \
         WHERE u.state = 2 AND i.accepted_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM invitations n \
         WHERE n.tenant_id = i.tenant_id AND n.user_id = i.user_id AND n.accepted_at > i.accepted_at))",
        "UPDATE addresses SET standing = 2 WHERE (tenant_id, object_id, address_key) IN \
         (SELECT tenant_id, object_id, assigned_id FROM identities WHERE is_proven = 1)",
        // One holder with a claim and one who states it; never two of a kind.
        "DROP INDEX IF EXISTS addresses_key",
        "CREATE UNIQUE INDEX IF NOT EXISTS addresses_claim ON addresses (tenant_id, address_key, \
         (CASE WHEN standing > 0 THEN 1 ELSE 0 END))",
    ],
);
