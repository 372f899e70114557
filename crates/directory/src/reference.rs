//! The outcome of adding to a collection by `POST /users/$ref`, for both documents.

use edm::{Property, Record};
use uuid::Uuid;

use crate::note::Note;

/// A user who is in the collection now.
#[derive(Debug, Clone, PartialEq)]
pub struct Added {
    /// The user's object id.
    pub id: Uuid,
    /// The user's record, if this request made the user. An existing user is only linked; showing
    /// the record would be reading them.
    pub created: Option<Record>,
    /// Properties that the request sent and the server decides.
    pub ignored: Vec<&'static Property>,
    /// Notes for the client.
    pub notes: Vec<Note>,
}

impl Added {
    /// A user who existed.
    pub(crate) fn linked(id: Uuid) -> Self {
        Self {
            id,
            created: None,
            ignored: Vec::new(),
            notes: Vec::new(),
        }
    }
}
