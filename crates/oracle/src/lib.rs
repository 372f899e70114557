//! What judges the shipped crates and is no part of them: the grammar of the protocol as data, the
//! targets for fuzzing with their driver, and a tenant's own definitions as tests use them.

pub mod bodies;
pub mod definitions;
pub mod grammar;
pub mod queries;
pub mod replay;

pub use replay::{Target, replay};
