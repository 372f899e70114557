//! The schema, one numbered file per version. Each statement can be run twice: an engine without transactional definitions
//! may have been killed after any of them. Types are those of `engine::dialect`.

mod m0001_first;
mod m0001_relations;
mod m0001_users;

/// Statements of version 1, 2, …; those of one version in files by what they are about.
pub(crate) static ALL: &[&[&[&str]]] = &[&[
    m0001_first::STATEMENTS,
    m0001_users::STATEMENTS,
    m0001_relations::STATEMENTS,
]];

/// The version this program writes: the number of entries above.
pub(crate) const LATEST: u32 = 1;
