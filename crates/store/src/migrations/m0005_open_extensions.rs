//! Version 5: open extensions of users. The index gives an app two slots on each user, so that no
//! writer can add a third (decision record 0093).

use super::Part;

pub(super) const PART: Part = Part::of(
    "open extensions",
    &[
        "CREATE TABLE IF NOT EXISTS open_extensions ( tenant_id bigint NOT NULL, user_id bytes NOT NULL, \
         name_key bytes NOT NULL, name text NOT NULL, version bigint NOT NULL, app_id bytes, slot bigint, \
         members text NOT NULL, PRIMARY KEY (tenant_id, user_id, name_key) )",
        "CREATE UNIQUE INDEX IF NOT EXISTS open_extensions_slots ON open_extensions (tenant_id, user_id, app_id, slot)",
    ],
);
