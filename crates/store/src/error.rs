//! What can go wrong below the rules. No status codes and no sentences for users: the layers above
//! choose those.

use uuid::Uuid;

/// A claim that somebody else holds already; decided by the database's own constraint, never by an
/// earlier look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The address key is held by another object (UPN, mail, other mails and proxy addresses share
    /// one space, T-56).
    #[error("address held by another object")]
    Address {
        /// The folded address that was asked for.
        key: String,
        /// The object that holds it.
        owner: Uuid,
    },
    /// The (issuer, assigned id) pair belongs to another object.
    #[error("identity held by another object")]
    Identity {
        /// The issuer of the identity.
        issuer: String,
        /// The id the issuer assigned.
        assigned: String,
        /// The object that holds it.
        owner: Uuid,
    },
    /// A row with this id exists.
    #[error("id in use")]
    Id,
    /// `onPremisesImmutableId` belongs to another object.
    #[error("immutable id held by another object")]
    ImmutableId {
        /// The object that holds it.
        owner: Uuid,
    },
}

/// Every failure of this crate. The texts are for the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// A uniqueness rule of the directory; the caller's fault, or a race lost.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Too much is waiting, or another process holds the database; a later attempt may pass.
    #[error("store busy")]
    Busy,
    /// A read took longer than reads may ([`crate::Options::read_time`]) and was broken off; a
    /// narrower one may pass.
    #[error("read broken off: it took too long")]
    Overdue,
    /// No room on the disk. Reading goes on; writing resumes when there is room, without a restart.
    #[error("store full")]
    Full,
    /// A page token of an order in which its query is no longer answered: the build that made it
    /// planned it differently. The walk has to begin anew.
    #[error("the cursor is of another order")]
    ExpiredPageToken,
    /// A stored value or page is not what this version wrote.
    #[error("store corrupt: {0}")]
    Corrupt(String),
    /// Another write of the same all-or-nothing group was refused, or never came; nothing of the
    /// group happened.
    #[error("undone with its group")]
    Undone,
    /// The store was closed.
    #[error("store closed")]
    Gone,
    /// Another server has this database open (the lock file beside it).
    #[error("database is open in another server")]
    Locked,
    /// The database was written by a newer version of the program.
    #[error(
        "database has schema {found}, this program knows up to {known}; a newer build wrote it"
    )]
    Newer {
        /// Schema version in the database.
        found: u32,
        /// Highest version this program can write.
        known: u32,
    },
    /// The schema would have to be brought up to date first, which [`crate::Role::Look`] does not
    /// do.
    #[error("database has an older schema: version {found} of {known}, or not all parts of it")]
    Outdated {
        /// Schema version in the database.
        found: u32,
        /// The version this program writes.
        known: u32,
    },
    /// The database has a part of the schema that this program does not know: a newer build wrote
    /// it.
    #[error(
        "database has the part {part:?} of schema {version}, which this program does not know; a newer build wrote it"
    )]
    NewerPart {
        /// The version that the part belongs to.
        version: u32,
        /// Its name.
        part: String,
    },
    /// The keys that objects are found by would have to be made anew first, which
    /// [`crate::Role::Look`] does not do.
    #[error("database has keys of {what} {found}, this program makes those of {known}")]
    OldKeys {
        /// What is older: the folding, or the form of keys.
        what: &'static str,
        /// Its version in the database.
        found: u32,
        /// The version this program has.
        known: u32,
    },
    /// The keys that objects are found by are being made anew, or the process that made them was
    /// ended before it was done; [`crate::Role::Look`] does not go on with it.
    #[error("the search keys are made anew only in part; the next start goes on")]
    UnfinishedKeys,
    /// The keys that objects are found by were made by a newer build.
    #[error(
        "database has keys of {what} {found}, this program knows up to {known}; a newer build made them"
    )]
    NewerKeys {
        /// What is newer: the folding, or the form of keys.
        what: &'static str,
        /// Its version in the database.
        found: u32,
        /// The version this program has.
        known: u32,
    },
    /// The database says version 1, or no version, but is not what version 1 was when it was
    /// closed.
    #[error(
        "database was made by a development build before version 1 of the schema was closed ({0}); no build can upgrade it"
    )]
    Unclosed(String),
    /// The engine refused a durability setting; we do not run weaker than WAL with
    /// synchronous=FULL.
    #[error("engine refuses {0}")]
    Weak(String),
    /// The master key of this database was changed since this process read it: its records would
    /// break the audit chain.
    #[error("the master key was changed")]
    OtherKey,
    /// Anything else the engine says: disk errors, bugs.
    #[error("engine: {0}")]
    Driver(String),
}
