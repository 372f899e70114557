//! What tests compare the shipped crates with: the grammar of the protocol as data, the targets for
//! fuzzing with their driver, and sample definitions of a tenant. No shipped crate uses it.

pub mod bodies;
pub mod definitions;
pub mod grammar;
pub mod queries;
pub mod replay;

pub use replay::{Target, replay};
