//! A reference to another object, as it was sent in a body.

/// A reference as it was sent: the text of a URL or a key, not parsed yet.
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
