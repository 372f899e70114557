//! The directory's rules against a real store in memory, with a clock and ids of the tests' own.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod address;
mod addresses;
mod apps;
mod claims;
mod conversion;
mod create;
mod create_refused;
mod delete;
mod import;
mod invitation;
mod invitation_end;
mod invitation_guest;
mod invitation_list;
mod invitation_quota;
mod invitation_repeat;
mod leases;
mod lives;
mod outbox;
mod permissions;
mod read;
mod redemption;
mod redemption_code;
mod redemption_end;
mod redemption_race;
mod reference;
mod rekey;
mod scene;
mod takeover;
mod tenants;
mod update;
mod update_rights;
mod world;
