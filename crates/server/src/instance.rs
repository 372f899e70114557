//! The instance folder: keys, certificates, database, first start.

pub mod certificates;
pub mod files;
pub mod housekeeping;
pub mod master_key;
pub mod open;
pub mod sample;
pub mod seed;
pub mod watch;

/// The file in dev's folder that shells and tools read to find the server.
pub const DEV_ENV: &str = "dev.env";

/// The master key file, in dev's folder and where `init` makes one.
pub const MASTER_KEY: &str = "master.key";
