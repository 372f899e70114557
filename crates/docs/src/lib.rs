//! The documents that are made from tables, and the tables: what is answered of the documented
//! service, where it differs, and what the strict manner takes. Nothing that answers requests knows
//! this crate.

pub mod conformance;
pub mod differences;
mod generated;
pub mod strict_queries;
