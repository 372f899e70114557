//! One file for a noun: its rows, its statements, and what can be read and written of it.

pub(crate) mod apps;
pub(crate) mod attempts;
pub(crate) mod attribute_sets;
pub(crate) mod audit;
pub(crate) mod changes;
pub(crate) mod definitions;
pub(crate) mod deleted;
pub(crate) mod delta;
pub(crate) mod idempotency;
pub(crate) mod identity_keys;
pub(crate) mod instance;
pub(crate) mod invitations;
pub(crate) mod open_extensions;
pub(crate) mod outbox;
pub(crate) mod packed;
pub(crate) mod password_hashes;
pub(crate) mod pending_members;
pub(crate) mod photos;
pub(crate) mod redemptions;
pub(crate) mod relations;
pub(crate) mod resealing;
pub(crate) mod row_position;
pub(crate) mod tenants;
pub(crate) mod turning_back;
pub(crate) mod uniqueness;
pub(crate) mod user_counts;
pub(crate) mod user_writes;
pub(crate) mod users;

/// The statements of this folder.
#[cfg(test)]
pub(crate) fn statements() -> Vec<&'static crate::sql::Sql> {
    let declared = [
        apps::SQL,
        attempts::SQL,
        attribute_sets::SQL,
        audit::SQL,
        changes::SQL,
        definitions::SQL,
        deleted::SQL,
        delta::SQL,
        idempotency::SQL,
        identity_keys::SQL,
        invitations::SQL,
        open_extensions::SQL,
        outbox::SQL,
        password_hashes::SQL,
        pending_members::SQL,
        photos::SQL,
        redemptions::SQL,
        relations::SQL,
        resealing::SQL,
        tenants::SQL,
        turning_back::SQL,
        uniqueness::SQL,
        user_counts::SQL,
        user_writes::SQL,
        users::SQL,
    ];
    let made = [&*user_writes::KEYED_USERS];
    declared.concat().into_iter().chain(made).collect()
}
