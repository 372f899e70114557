//! What adding to a collection by `POST /users/$ref` comes to, for both documents (spec: ref-adds, section 4).

use edm::{Property, Record};
use uuid::Uuid;

use crate::note::Note;

/// Somebody who is in the collection now.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// The user's object id.
    pub id: Uuid,
    /// What the user says, where this request made him: somebody who existed is only linked, and telling what he says would
    /// be reading him.
    pub made: Option<Record>,
    /// Properties that the request sent and the server decides.
    pub ignored: Vec<&'static Property>,
    /// What the client should know.
    pub notes: Vec<Note>,
}

impl Added {
    /// Somebody who existed.
    pub(crate) fn linked(id: Uuid) -> Self {
        Self {
            id,
            made: None,
            ignored: Vec::new(),
            notes: Vec::new(),
        }
    }
}
