//! Reading a request body: bounded in size and time.

use std::error::Error;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::limits::BODY_TIME;

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// More bytes than allowed, as sent or as inflated.
    TooLarge,
    /// It did not arrive in time.
    Slow,
    /// The connection broke, or the gzip stream is damaged.
    Unreadable,
}

/// Reads at most `limit` bytes. A body that says it is longer is not waited for: its client may
/// send it only when it has been let.
pub async fn read(body: Body, limit: usize) -> Result<Bytes, BodyFault> {
    if body.size_hint().lower() > limit as u64 {
        return Err(BodyFault::TooLarge);
    }
    let collected = Limited::new(body, limit).collect();
    match tokio::time::timeout(BODY_TIME, collected).await {
        Ok(Ok(bytes)) => Ok(bytes.to_bytes()),
        Ok(Err(error)) if is_length_limit(&*error) => Err(BodyFault::TooLarge),
        Ok(Err(_)) => Err(BodyFault::Unreadable),
        Err(_) => Err(BodyFault::Slow),
    }
}

/// Whether a limit on the way was hit: ours, or the one on the compressed bytes further out, which
/// arrives wrapped, also in an I/O error, whose `source` skips the error it holds.
fn is_length_limit(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    // The chain is as long as the layers wrapped around the body; ten are more than there are.
    for _ in 0..10 {
        let Some(current) = next else { return false };
        if current.is::<LengthLimitError>() {
            return true;
        }
        next = match current
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(held) => Some(held as &(dyn Error + 'static)),
            None => current.source(),
        };
    }
    false
}
