//! What holds for every request whatever it asks for: origin, ids, limits, headers.

pub mod cors;
pub mod forwarded;
pub mod headers;
pub mod limits;
pub mod listener;
pub mod origin;
pub mod request_id;
