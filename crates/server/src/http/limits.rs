//! Sizes and times no request may exceed, each with its reason.

use std::time::Duration;

/// Longest request target, path and query together. Graph's own limit lies between 2 and 8 KiB; a
/// longer one has no use but to make parsers work (T-38).
pub const URL_BYTES: usize = 8 * 1024;

/// Largest request body, as sent and again as inflated. The largest honest body is a user with 250
/// other mail addresses of 250 characters and every text at its maximum: about 100 KiB of ASCII,
/// three times that when each character is escaped.
pub const BODY_BYTES: usize = 512 * 1024;

/// Largest photo: what the directory keeps.
pub const PHOTO_BYTES: usize = directory::PHOTO_BYTES;

/// Largest body of a token request: a client assertion and telemetry fields fit many times over.
pub const TOKEN_BODY_BYTES: usize = 16 * 1024;

/// Longest bearer token looked at. Ours are about 1.5 KiB with every permission; hashing and
/// decoding stop here (RFC 8725 section 2.8).
pub const BEARER_BYTES: usize = 16 * 1024;

/// Longest `client-request-id` that is echoed; a GUID has 36 characters.
pub const CLIENT_REQUEST_ID_BYTES: usize = 128;

/// Longest wait for a request body. 512 KiB in 15 s is slower than any modem still in use, and a
/// client that sends a byte a minute must not hold a handler.
pub const BODY_TIME: Duration = Duration::from_secs(15);

/// Longest stay of a request in the server. Above the 5 s a database statement may take (T-38) and
/// the queue in front of password hashing, below the 100 s after which clients give up.
pub const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Longest stay of a batch's steps: below [`REQUEST_TIME`], so that a step that takes too long is
/// told in its place and the others keep their answers.
pub const BATCH_TIME: Duration = Duration::from_secs(25);

/// `Retry-After` of a 503, seconds. More than 0, which Python clients take for absent, and less
/// than 180, at which they give up.
pub const RETRY_AFTER_UNAVAILABLE: u32 = 2;

/// Largest `Retry-After` sent (see [`RETRY_AFTER_UNAVAILABLE`]); a longer wait is cut to this.
pub const RETRY_AFTER_MAX: u32 = 179;
