//! What holds for every request whatever it asks for: origin, ids, limits, headers.

pub mod body;
pub mod cors;
pub mod forwarded;
pub mod front;
mod guarded;
pub mod headers;
pub mod limits;
pub mod listener;
pub mod origin;
mod places;
pub mod request_id;
mod rest;
pub mod tls;
mod unread;
