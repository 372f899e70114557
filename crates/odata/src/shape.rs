//! What a query is about, and what its headers say.

/// What the query stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Single,
    /// A collection of objects.
    Collection,
    /// A request that changes something: all options are ignored (P-queries-3).
    Write,
    /// The number of objects.
    Count,
}

/// What headers say of the query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mode {
    /// `ConsistencyLevel: eventual` was sent.
    pub eventual: bool,
}

/// Whose changes are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Those of users: `id eq` alone.
    Users,
    /// Those of objects of whatever type: `isof` as well.
    Objects,
}
