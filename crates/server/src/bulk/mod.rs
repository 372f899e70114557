//! Files of many users or guests: what is read, what is written beside them, and how far it has come.

mod ahead;
mod circles;
pub mod columns;
pub mod csv;
pub mod export;
pub mod guests;
pub mod input;
pub mod outgoing;
pub mod progress;
pub mod results;
pub mod run;
