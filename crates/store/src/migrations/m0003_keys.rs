//! Version 3: by which folding and form keys were made, so that a later build makes them anew
//! where they would be others (decision record 0069). A database without the row has the keys of
//! versions 1 and 2 of the schema: folding 1, form 1.

use super::Part;

pub(super) const PART: Part = Part::of(
    "keys",
    &[
        "CREATE TABLE IF NOT EXISTS made_keys ( kind text NOT NULL PRIMARY KEY, fold bigint NOT NULL, \
         form bigint NOT NULL, position text ) CLUSTERED",
        "INSERT INTO made_keys (kind, fold, form) VALUES ('users', 1, 1) ON CONFLICT DO NOTHING",
    ],
);
