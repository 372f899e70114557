//! Version 6: what a definition says that the table has no column for. Each kind of definitions has
//! a text of its own there; directory extensions have none.

use super::Part;

pub(super) const PART: Part = Part::of(
    "definition details",
    &["ALTER TABLE definitions ADD COLUMN IF NOT EXISTS details text"],
);
