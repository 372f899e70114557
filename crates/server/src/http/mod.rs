//! What holds for every request whatever it asks for: origin, ids, limits, headers.

pub mod body;
pub mod cors;
mod counts;
pub mod error_body;
pub mod forwarded;
pub mod front;
mod guarded;
pub mod headers;
pub mod limits;
pub mod listener;
pub mod origin;
mod remainder;
pub mod request_id;
mod slots;
pub mod tls;
pub(crate) mod unread;
