//! What the documented service would have refused of a query that is answered here.

pub(crate) mod judge;
pub(crate) mod rule;
