//! What holds for every request whatever it asks for: origin, ids, limits, headers.

pub mod body;
pub mod cors;
pub mod forwarded;
pub mod front;
pub mod headers;
pub mod limits;
pub mod listener;
pub mod origin;
pub mod request_id;
pub mod tls;
