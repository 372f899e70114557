//! Files of many users or guests: what is read, what is written beside them, and how far it has
//! come.

mod ahead;
mod circles;
pub mod columns;
pub mod csv;
pub mod export;
mod extensions;
pub mod guest_columns;
pub mod guests;
pub mod input;
pub mod outgoing;
mod preamble;
pub mod progress;
pub mod reasons;
pub mod results;
pub mod run;
mod source;
mod titles;
pub mod words;
