//! The few users who exist before a load, in memory: during the load the directory cannot be read.

use std::collections::HashMap;

use edm::{Schema, user};
use store::{Page, Reader, UserRow};

use super::Key;
use super::key::ambiguous;
use crate::refusal::Refusal;
use crate::users::row;

/// Rows read at a time.
const PAGE: u32 = 500;

/// Those users, by their key for the import.
pub(super) struct ExistingUsers {
    key: Key,
    users: HashMap<String, Vec<UserRow>>,
}

impl ExistingUsers {
    /// All users.
    pub(super) async fn read(reader: &Reader, schema: &Schema, key: Key) -> Result<Self, Refusal> {
        let mut users: HashMap<String, Vec<UserRow>> = HashMap::new();
        let mut after = None;
        loop {
            let page = Page { after, limit: PAGE };
            let rows = reader.users(page).await?;
            let Some(last) = rows.last() else {
                return Ok(Self { key, users });
            };
            after = Some(last.id);
            for row in rows {
                if let Some(value) = value(key, &row, schema)? {
                    users.entry(key.folded(&value)).or_default().push(row);
                }
            }
        }
    }

    /// Finds a user as [`Key::find`] does.
    pub(super) fn find(&self, value: &str) -> Result<Option<UserRow>, Refusal> {
        match self.users.get(&self.key.folded(value)).map(Vec::as_slice) {
            None | Some([]) => Ok(None),
            Some([only]) => Ok(Some(only.clone())),
            Some(_) => Err(ambiguous()),
        }
    }
}

fn value(key: Key, row: &UserRow, schema: &Schema) -> Result<Option<String>, Refusal> {
    Ok(match key {
        Key::UserPrincipalName => Some(row.upn.clone()),
        Key::Id => Some(row.id.to_string()),
        Key::Mail => row::record(row, schema)?
            .text(&user::MAIL)
            .map(str::to_owned),
        Key::EmployeeId => row::record(row, schema)?
            .text(&user::EMPLOYEE_ID)
            .map(str::to_owned),
    })
}
