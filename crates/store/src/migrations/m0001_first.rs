//! Version 1. Tenant first in every key, by its number (decision record 0025); ids are 16
//! bytes, instants microseconds since 1970 UTC, JSON is text.
//!
//! Narrow tables are CLUSTERED: one tree instead of two. Rows that carry a document are not,
//! because a clustered row above a quarter of a page overflows it.

pub(super) static STATEMENTS: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS schema_versions ( version bigint NOT NULL PRIMARY KEY )",
    // What stands for a tenant in every key. Rows are never taken away: a number is not given
    // twice.
    "CREATE TABLE IF NOT EXISTS tenant_numbers ( tenant_id bigint NOT NULL PRIMARY KEY, \
     id bytes NOT NULL UNIQUE ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS tenants ( tenant_id bigint NOT NULL PRIMARY KEY REFERENCES tenant_numbers (tenant_id), \
     display_name text NOT NULL, initial_domain text NOT NULL, settings text NOT NULL ) CLUSTERED",
    // A name belongs to one tenant of the instance: the one key that does not start with the
    // tenant.
    "CREATE TABLE IF NOT EXISTS domains ( name text NOT NULL PRIMARY KEY, tenant_id bigint NOT NULL \
     REFERENCES tenants (tenant_id), federated bigint NOT NULL, verified bigint NOT NULL ) CLUSTERED",
    "CREATE INDEX IF NOT EXISTS domains_tenant ON domains (tenant_id, name)",
    "CREATE TABLE IF NOT EXISTS signing_keys ( kid text NOT NULL PRIMARY KEY, sealed_pkcs8 bytes NOT NULL, \
     created_at bigint NOT NULL, state bigint NOT NULL )",
    "CREATE TABLE IF NOT EXISTS settings ( name text NOT NULL PRIMARY KEY, value text NOT NULL ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS apps ( tenant_id bigint NOT NULL REFERENCES tenants (tenant_id), client_id bytes NOT NULL, \
     object_id bytes NOT NULL, display_name text NOT NULL, secret_hash bytes, permissions text NOT NULL, \
     enabled bigint NOT NULL, created_at bigint NOT NULL, PRIMARY KEY (tenant_id, client_id) )",
    "CREATE TABLE IF NOT EXISTS role_assignments ( tenant_id bigint NOT NULL, principal_id bytes NOT NULL, \
     role_template_id bytes NOT NULL, PRIMARY KEY (tenant_id, principal_id, role_template_id) ) CLUSTERED",
    // Kept by object, because that is what is read whole; the uniqueness rule (T-56) is the index
    // beside it, which also answers who holds an address.
    "CREATE TABLE IF NOT EXISTS addresses ( tenant_id bigint NOT NULL, object_id bytes NOT NULL, \
     address_key text NOT NULL, uses bigint NOT NULL, PRIMARY KEY (tenant_id, object_id, address_key) ) CLUSTERED",
    "CREATE UNIQUE INDEX IF NOT EXISTS addresses_key ON addresses (tenant_id, address_key)",
    "CREATE TABLE IF NOT EXISTS identities ( tenant_id bigint NOT NULL, object_id bytes NOT NULL, issuer text NOT NULL, \
     assigned_id text NOT NULL, sign_in_type text NOT NULL, \
     PRIMARY KEY (tenant_id, object_id, issuer, assigned_id) ) CLUSTERED",
    "CREATE UNIQUE INDEX IF NOT EXISTS identities_key ON identities (tenant_id, issuer, assigned_id)",
    "CREATE TABLE IF NOT EXISTS invitations ( tenant_id bigint NOT NULL, id bytes NOT NULL, user_id bytes NOT NULL, \
     address text NOT NULL, address_key text NOT NULL, ticket_hash bytes NOT NULL, redirect_url text NOT NULL, \
     language text, status bigint NOT NULL, send_message bigint NOT NULL, ended_at bigint, expires_at bigint NOT NULL, \
     accepted_at bigint, accepted_session bytes, declined_at bigint, inviter bytes, created_at bigint NOT NULL, \
     document text NOT NULL, PRIMARY KEY (tenant_id, id) )",
    "CREATE INDEX IF NOT EXISTS invitations_user ON invitations (tenant_id, user_id)",
    "CREATE TABLE IF NOT EXISTS pending_members ( tenant_id bigint NOT NULL, id bytes NOT NULL, made bigint NOT NULL, \
     enable bigint NOT NULL, state bigint NOT NULL, asked_by bytes, asked_at bigint NOT NULL, decided_by bytes, \
     decided_at bigint, PRIMARY KEY (tenant_id, id) ) CLUSTERED",
    // A list shows pending members, who are few among all who ever were.
    "CREATE INDEX IF NOT EXISTS pending_members_waiting ON pending_members (tenant_id, id) WHERE state = 1",
    "CREATE TABLE IF NOT EXISTS redemptions ( tenant_id bigint NOT NULL, session_hash bytes NOT NULL, \
     invitation_id bytes NOT NULL, code_mac bytes, code_expires_at bigint, wrong bigint NOT NULL, \
     codes_sent bigint NOT NULL, last_code_at bigint, proven_at bigint, accepted_at bigint, created_at bigint NOT NULL, \
     expires_at bigint NOT NULL, PRIMARY KEY (tenant_id, session_hash, invitation_id) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS attempts ( tenant_id bigint NOT NULL, kind bigint NOT NULL, key text NOT NULL, \
     at bigint NOT NULL, events bigint NOT NULL, PRIMARY KEY (tenant_id, kind, key, at) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS blocked ( tenant_id bigint NOT NULL, address_key text NOT NULL, at bigint NOT NULL, \
     PRIMARY KEY (tenant_id, address_key) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS outbox ( tenant_id bigint NOT NULL, id bytes NOT NULL, kind bigint NOT NULL, \
     state bigint NOT NULL, invitation_id bytes, recipient text NOT NULL, recipient_key text NOT NULL, copy_of bytes, \
     message_id text NOT NULL, attempts bigint NOT NULL, next_at bigint NOT NULL, expires_at bigint NOT NULL, \
     created_at bigint NOT NULL, sent_at bigint, last_error text, sealed bytes, PRIMARY KEY (tenant_id, id) )",
    // Only what waits is in here, so it is as small as the backlog.
    "CREATE INDEX IF NOT EXISTS outbox_due ON outbox (tenant_id, next_at) WHERE state = 1",
    "CREATE INDEX IF NOT EXISTS outbox_newest ON outbox (tenant_id, created_at)",
    "CREATE TABLE IF NOT EXISTS audit ( tenant_id bigint NOT NULL, seq bigint NOT NULL, at bigint NOT NULL, \
     activity text NOT NULL, result bigint NOT NULL, actor_kind bigint NOT NULL, actor_id bytes, \
     target_kind text NOT NULL, target_id bytes, request_id bytes, details text NOT NULL, prev_hash bytes NOT NULL, \
     hash bytes NOT NULL, PRIMARY KEY (tenant_id, seq) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS audit_heads ( tenant_id bigint NOT NULL PRIMARY KEY, seq bigint NOT NULL, \
     hash bytes NOT NULL ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS changes ( tenant_id bigint NOT NULL, lane bigint NOT NULL, seq bigint NOT NULL, \
     object_id bytes NOT NULL, kind bigint NOT NULL, relation bigint, target_id bytes, touched text, \
     PRIMARY KEY (tenant_id, lane, seq) ) CLUSTERED",
    // Tells an object's last change in a round from those before it, and finds objects made after a
    // walk began.
    "CREATE INDEX IF NOT EXISTS changes_object ON changes (tenant_id, lane, object_id, seq)",
    "CREATE TABLE IF NOT EXISTS change_counters ( tenant_id bigint NOT NULL, lane bigint NOT NULL, seq bigint NOT NULL, \
     pruned bigint NOT NULL, generation bigint NOT NULL, PRIMARY KEY (tenant_id, lane) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS change_marks ( tenant_id bigint NOT NULL, lane bigint NOT NULL, at bigint NOT NULL, \
     seq bigint NOT NULL, PRIMARY KEY (tenant_id, lane, at) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS idempotency ( tenant_id bigint NOT NULL, app bytes NOT NULL, route text NOT NULL, \
     key text NOT NULL, body_hash bytes NOT NULL, status bigint NOT NULL, sealed bytes NOT NULL, at bigint NOT NULL, \
     PRIMARY KEY (tenant_id, app, route, key) )",
];
