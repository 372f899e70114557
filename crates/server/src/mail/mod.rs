//! Mail: letters, delivery, dev's readable outbox.
//!
//! ```text
//! outbox row ──claim──► Worker ──letters::write──► Mail ──Mailer::send──► SmtpMailer or dev's
//! mailbox ──mark──► outbox row
//! ```

mod branding;
mod connection;
mod languages;
mod letters;
mod mime;
mod outbox;
mod relay;
mod samples;
mod smtp;
mod templates;
mod worker;

pub use branding::{Brand, Branding, LOGO_BYTES, picture};
pub use letters::write;
pub use outbox::outbox_routes;
pub(crate) use outbox::why_not;
pub use relay::{Relay, RelayError, Security};
pub use smtp::{SmtpError, SmtpMailer, SmtpOptions};
pub use templates::TemplateError;
pub use worker::{DevMailbox, Worker};
