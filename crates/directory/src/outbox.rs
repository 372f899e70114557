//! The outbox: what waits for delivery, what was delivered, what failed.
