//! What judges the shipped crates and is no part of them: the grammar of the protocol as data, and
//! the targets for fuzzing with their driver.

pub mod bodies;
pub mod grammar;
pub mod queries;
pub mod replay;

pub use replay::{Target, replay};
