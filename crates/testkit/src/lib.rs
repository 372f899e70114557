//! A whole server in the test's own process: real rules and real store (in memory), with a clock,
//! ids and a mailer that the test holds in its hand.
//!
//! ```no_run
//! # async fn example() {
//! let app = testkit::TestApp::new().await;
//! let token = app.token().await;
//! let reply = app.get("/v1.0/users").bearer(&token).send().await;
//! assert_eq!(reply.status, 200);
//! # }
//! ```
#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up has failed"
)]

mod app;
mod clock;
mod definitions;
pub mod fuzz;
mod ids;
mod mailer;
mod person;
mod reply;
mod request;
mod tenant;

pub use app::{TestApp, signing_key};
pub use clock::FakeClock;
pub use definitions::TestDefinitions;
pub use ids::{AscendingIds, SeededIds};
pub use mailer::CollectingMailer;
pub use reply::Reply;
pub use request::TestRequest;
pub use tenant::TestTenant;
