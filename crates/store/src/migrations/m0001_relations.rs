//! Version 1: links between users, deleted users, photos.

pub(super) static STATEMENTS: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS relations ( tenant_id bigint NOT NULL, kind bigint NOT NULL, source_id bytes NOT NULL, \
     target_id bytes NOT NULL, PRIMARY KEY (tenant_id, kind, source_id, target_id) ) CLUSTERED",
    "CREATE INDEX IF NOT EXISTS relations_target ON relations (tenant_id, kind, target_id, source_id)",
    // As large as what was deleted in the last 30 days, for the list of it and for the purge.
    "CREATE INDEX IF NOT EXISTS users_deleted ON users (tenant_id, id, deleted_at) WHERE deleted_at IS NOT NULL",
    // For removing the letters to an address. As large as the letters of the last 30 days.
    "CREATE INDEX IF NOT EXISTS outbox_invitation ON outbox (tenant_id, invitation_id) WHERE invitation_id IS NOT NULL",
    "CREATE TABLE IF NOT EXISTS photos ( tenant_id bigint NOT NULL, user_id bytes NOT NULL, version bigint NOT NULL, \
     media_type text NOT NULL, width bigint NOT NULL, height bigint NOT NULL, picture bytes NOT NULL, \
     PRIMARY KEY (tenant_id, user_id) )",
];
