//! A reference to another object, as a body has it.

/// A reference as a body has it: a URL or a key, unread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentReference(pub(crate) String);

impl SentReference {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq<&str> for SentReference {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}
