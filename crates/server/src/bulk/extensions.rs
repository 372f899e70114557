//! Open extensions on their way into a file. Lines of JSON hold them, as `$expand=extensions` shows
//! them and with the app that added each. CSV holds none: what a cell says is a text or a list of
//! texts to spreadsheets, which cut long ones and round numbers.

use std::collections::HashMap;

use directory::users::bulk::EXTENSION_APP;
use directory::{Actor, Directory, Refusal};
use edm::open_extension::{self, View};
use edm::{Members, user};
use store::OpenExtensionRow;
use uuid::Uuid;

/// Users whose extensions are looked up at once.
pub(super) const USERS: usize = 100;
/// How many of each are read with the others: few users have more. 2 KB each.
const FIRST: u32 = 8;
/// How many of one user are read at a time, where there are more.
const MORE: u32 = 100;

/// The first extensions of some users.
pub(super) struct Extensions<'a> {
    directory: &'a Directory,
    actor: &'a Actor,
    first: HashMap<Uuid, Vec<OpenExtensionRow>>,
}

impl<'a> Extensions<'a> {
    /// Reads the first extensions of these users; nothing, where they are not wanted.
    pub(super) async fn of(
        directory: &'a Directory,
        actor: &'a Actor,
        users: Vec<Uuid>,
    ) -> Result<Self, Refusal> {
        let first = directory.export_open_extensions(actor, users, None, FIRST);
        let first = first.await?.into_iter();
        Ok(Self {
            directory,
            actor,
            first: first.filter(|(_, rows)| !rows.is_empty()).collect(),
        })
    }

    /// How many of the users have some.
    pub(super) fn users(&self) -> usize {
        self.first.len()
    }

    /// The member of the user's line, behind a comma; nothing for a user without extensions.
    pub(super) async fn member(&mut self, user: Uuid) -> Result<String, Refusal> {
        let Some(mut rows) = self.first.remove(&user) else {
            return Ok(String::new());
        };
        let mut list = Vec::new();
        let mut limit = FIRST;
        loop {
            let has_more = rows.len() == limit as usize;
            let behind = rows.last().map(|row| open_extension::key(&row.name));
            list.extend(rows.iter().map(shown));
            if !has_more {
                break;
            }
            limit = MORE;
            let next = self
                .directory
                .export_open_extensions(self.actor, vec![user], behind, limit);
            rows = next.await?.into_iter().flat_map(|(_, rows)| rows).collect();
        }
        let mut members = Members::new();
        members.list(user::EXTENSIONS.name(), list);
        Ok(format!(",{}", members.into_text()))
    }
}

fn shown(row: &OpenExtensionRow) -> Members {
    let mut shown = open_extension::shown(&row.name, &row.members, View::default());
    if let Some(app) = row.app {
        shown.text(EXTENSION_APP, &app.to_string());
    }
    shown
}
