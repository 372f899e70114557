//! The instance folder: keys, database, first start.
