//! The tables of objects: one description each.

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::keys;
use crate::engine::row::Read;
use crate::query::kind::{CutIndex, Document, IdColumn, Index, Kind, Rows, Table};
use crate::query::writes::Writes;
use crate::rows::invitations::{self, INVITATION_COLUMNS, read_invitation};
use crate::rows::users::{self, BRIEF_COLUMNS, USER_COLUMNS, document_columns};
use crate::{InvitationRow, Relation, UserBrief, UserRow};
use edm::{Navigation, Property, Type, complex, invitation, user};
use uuid::Uuid;

/// All tables of objects, those of users first.
pub(crate) static TABLES: [&LazyLock<Table>; 2] = [&USERS, &INVITATIONS];

/// Which users are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// Those who are not deleted.
    Live,
    /// The soft-deleted ones.
    Deleted,
    /// Those who are not deleted and whose membership awaits a decision.
    Pending,
}

impl Users {
    /// As a kind of rows.
    pub(crate) fn kind(self) -> Kind {
        Kind {
            table: &USERS,
            rows: match self {
                Self::Live => Rows::Live,
                Self::Deleted => Rows::Deleted,
                Self::Pending => Rows::Pending,
            },
        }
    }
}

/// Objects of a kind, each read as a `T`. [`Reader::find`](crate::Reader::find) finds them.
#[derive(Debug)]
pub struct Objects<T> {
    pub(crate) kind: Kind,
    /// The columns to read, each with its table before it.
    pub(crate) columns: &'static str,
    /// Reads them, and the id.
    pub(crate) read: Read<(Uuid, T)>,
}

impl<T> Clone for Objects<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Objects<T> {}

impl UserRow {
    /// Users, whole.
    pub fn among(users: Users) -> Objects<Self> {
        Objects {
            kind: users.kind(),
            columns: USER_COLUMNS,
            read: |row| {
                let user = users::read_user(row)?;
                Ok((user.id, user))
            },
        }
    }
}

impl UserBrief {
    /// Users with their default set only.
    pub fn among(users: Users) -> Objects<Self> {
        Objects {
            kind: users.kind(),
            columns: BRIEF_COLUMNS,
            read: |row| {
                let brief = users::READ_BRIEF(row)?;
                Ok((brief.id, brief))
            },
        }
    }
}

impl InvitationRow {
    /// Invitations, each of them.
    pub fn all() -> Objects<Self> {
        Objects {
            kind: Kind {
                table: &INVITATIONS,
                rows: Rows::All,
            },
            columns: INVITATION_COLUMNS,
            read: |row| {
                let invitation = read_invitation(row)?;
                Ok((invitation.id, invitation))
            },
        }
    }
}

/// The users' indexes.
///
/// The full ones are what lists are sorted by. The sparse ones are what single users are looked up
/// by. Each costs 60 to 90 bytes for each user in it, and a page write for each new user, so that
/// what is seldom sought (titles, cities, offices, telephones) has none: a common value of those is
/// found by walking, and a rare one costs a walk over everybody.
static USER_INDEXES: &[Index] = &[
    Index::full(&user::USER_PRINCIPAL_NAME, "users_user_principal_name").selective(),
    Index::full(&user::MAIL, "users_mail").selective(),
    Index::sparse(&user::EMPLOYEE_ID, "users_employee_id").selective(),
    Index::sparse(&user::MAIL_NICKNAME, "users_mail_nickname").selective(),
    Index::full(&user::DISPLAY_NAME, "users_display_name").selective(),
    Index::full(&user::SURNAME, "users_surname"),
    Index::full(&user::CREATED_DATE_TIME, "users_created_date_time"),
    Index::full(&user::GIVEN_NAME, "users_given_name"),
    Index::sparse(&user::COMPANY_NAME, "users_company_name"),
    Index::full(&user::DEPARTMENT, "users_department"),
];

static USER_IDS: &[IdColumn] = &[IdColumn {
    property: &user::ID,
    name: "u.id",
    index: None,
}];

static USER_RELATIONS: &[(&Navigation, Relation)] =
    &[(&user::MANAGER_NAVIGATION, Relation::Manager)];

const USER_DOCUMENT: &str = concat!("u.deleted_at, ", document_columns!("u."));

/// Users, the deleted ones among them.
pub(crate) static USERS: LazyLock<Table> = LazyLock::new(|| {
    let columns = Table::key_columns(&user::TYPE, USER_IDS, USER_INDEXES);
    Table {
        name: "users",
        entity: &user::TYPE,
        ids: USER_IDS,
        writes: Writes::of("users", users::FIELDS, USER_DOCUMENT, &columns),
        cut_index: CutIndex::of("users_cut_keys", &columns, keys::may_be_cut),
        columns,
        members: Table::value_members(&user::TYPE, is_kept),
        has_own_values: true,
        tokens: Some(&user::DISPLAY_NAME),
        indexes: USER_INDEXES,
        relations: USER_RELATIONS,
        listed: BRIEF_COLUMNS,
        document: Document {
            columns: USER_DOCUMENT,
            read: users::READ_STORED,
        },
    }
});

/// Whether a member of a complex value has keys. Of an identity only the members that tell users
/// apart: half a directory has the same issuer. Of sign-ins only the instants: nobody searches for
/// a request id, and every sign-in writes all keys anew.
fn is_kept(property: &'static Property, inner: &'static Property) -> bool {
    if property == &user::IDENTITIES {
        return inner == &complex::object_identity::ISSUER_ASSIGNED_ID;
    }
    if property == &user::SIGN_IN_ACTIVITY {
        return matches!(inner.ty, Type::DateTimeOffset);
    }
    inner.ty.is_primitive() && !inner.collection
}

/// The invitations' indexes. An invitation is looked for by the address that was invited.
static INVITATION_INDEXES: &[Index] = &[Index::full(
    &invitation::INVITED_USER_EMAIL_ADDRESS,
    "invitations_invited_user_email_address",
)
.selective()];

static INVITATION_IDS: &[IdColumn] = &[
    IdColumn {
        property: &invitation::ID,
        name: "u.id",
        index: None,
    },
    IdColumn {
        property: &invitation::INVITED_USER,
        name: "u.user_id",
        index: Some("invitations_user"),
    },
];

const INVITATION_DOCUMENT: &str = "u.status, u.document";

/// Invitations.
pub(crate) static INVITATIONS: LazyLock<Table> = LazyLock::new(|| {
    let columns = Table::key_columns(&invitation::TYPE, INVITATION_IDS, INVITATION_INDEXES);
    Table {
        name: "invitations",
        entity: &invitation::TYPE,
        ids: INVITATION_IDS,
        writes: Writes::of(
            "invitations",
            invitations::FIELDS,
            INVITATION_DOCUMENT,
            &columns,
        ),
        cut_index: CutIndex::of("invitations_cut_keys", &columns, keys::may_be_cut),
        columns,
        members: Table::value_members(&invitation::TYPE, |_, _| false),
        has_own_values: false,
        tokens: None,
        indexes: INVITATION_INDEXES,
        relations: &[],
        listed: INVITATION_COLUMNS,
        document: Document {
            columns: INVITATION_DOCUMENT,
            read: invitations::READ_STORED,
        },
    }
});
