//! Friendly or strict. Friendly is this server's own manner: it accepts what makes sense and says so in a note. Strict
//! answers like the documented service, for those who test against it. This is the one file that knows the difference
//! (decision 49).

use crate::actor::{Actor, Subject};

/// How a tenant wants to be served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manner {
    /// Accepts more than the documented service, with notes.
    #[default]
    Friendly,
    /// As the documented service.
    Strict,
}

impl Manner {
    /// Whether `actor` may write the profile properties (aboutMe … skills): people always, apps only in friendly manner
    /// (decision 17).
    pub const fn lets_write_profile(self, actor: &Actor) -> bool {
        !matches!((self, &actor.subject), (Self::Strict, Subject::App { .. }))
    }
}
