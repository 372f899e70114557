//! The instance folder: keys, certificates, database, first start.

pub mod certificates;
pub mod files;
pub mod master_key;
pub mod sample;
