//! A letter as the outbox keeps it, sealed.
