//! Vestibule's outer layer: HTTP, tokens, Graph rendering, redemption pages, mail and the command
//! line.
//!
//! Everything here turns bytes into a call on [`directory`] and its outcome back into bytes. No
//! rule about users or invitations and no SQL stands in this crate.

pub mod app;

pub mod bulk;
pub mod cli;
pub mod config;
pub mod graph;
pub mod health;
pub mod hex;
pub mod http;
pub mod instance;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod oauth;
pub mod pages;
pub mod router;
mod templates;
pub mod terminal;
mod welcome;

pub use app::{App, Mode};
pub use router::router;
