//! Version 5: what tenants define for themselves. Deleting a definition only marks it as deleted:
//! its number is not given to another, and when it is restored, it finds the values that were
//! written before.

use super::Part;

pub(super) const PART: Part = Part::of(
    "definitions",
    &[
        "CREATE TABLE IF NOT EXISTS definitions ( tenant_id bigint NOT NULL, number bigint NOT NULL, kind bigint NOT NULL, \
         name text NOT NULL, name_key text NOT NULL, id bytes NOT NULL, app_id bytes, data_type text NOT NULL, \
         multi_valued bigint NOT NULL, targets text NOT NULL, created_at bigint NOT NULL, deleted_at bigint, \
         PRIMARY KEY (tenant_id, number) ) CLUSTERED",
        // A name belongs to one definition of the tenant, deleted ones included.
        "CREATE UNIQUE INDEX IF NOT EXISTS definitions_name ON definitions (tenant_id, name_key)",
        // A tenant that never defined anything has no row.
        "CREATE TABLE IF NOT EXISTS definition_versions ( tenant_id bigint NOT NULL PRIMARY KEY, \
         version bigint NOT NULL ) CLUSTERED",
    ],
);
