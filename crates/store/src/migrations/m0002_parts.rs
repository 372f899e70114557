//! Version 2: which parts of a version a database has. `position` is how far a backfill came,
//! `is_done` whether it is through.

use super::Part;

pub(super) const PART: Part = Part::of(
    "parts",
    &[
        "CREATE TABLE IF NOT EXISTS schema_parts ( version bigint NOT NULL, name text NOT NULL, is_done bigint NOT NULL, \
         position text, PRIMARY KEY (version, name) ) CLUSTERED",
    ],
);
