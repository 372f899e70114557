//! Version 6: the sets of custom security attributes. None is ever removed; the attributes in them
//! are definitions.

use super::Part;

pub(super) const PART: Part = Part::of(
    "attribute sets",
    &[
        "CREATE TABLE IF NOT EXISTS attribute_sets ( tenant_id bigint NOT NULL, name_key text NOT NULL, \
         name text NOT NULL, id bytes NOT NULL, description text, max_attributes bigint, created_at bigint NOT NULL, \
         PRIMARY KEY (tenant_id, name_key) ) CLUSTERED",
    ],
);
