//! The store by its public face. Nothing here names an engine: the same suite is to pass on every
//! one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod attempts;
mod audit;
mod definitions;
mod delta;
mod durability;
mod fixtures;
mod group;
mod idempotency;
mod invitations;
mod long_values;
mod outbox;
mod own_values;
mod pending_members;
mod queries;
mod random;
mod redemptions;
mod relations;
mod scale;
mod searches;
mod snapshots;
mod tenant_numbers;
mod tenants;
mod user_texts;
mod users;
mod writes;
