//! The members of one JSON object as text. Everything that answers show is put together here, so
//! that the comma between two members is written in one place: between them, and never where one of
//! the two is missing.

use core::fmt::{Display, Write as _};

use crate::document;

/// Members without the braces around them, in the order in which they were put there. Empty where
/// there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members(String);

impl Members {
    /// None yet.
    pub const fn new() -> Self {
        Self(String::new())
    }

    /// None yet, with room for so many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// Members as [`document::brief`] made them, for a text that was stored.
    pub const fn stored(text: String) -> Self {
        Self(text)
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, as it is stored.
    pub fn into_text(self) -> String {
        self.0
    }

    /// The object that has these members.
    pub fn object(self) -> String {
        let mut text = self.0;
        text.insert(0, '{');
        text.push('}');
        text
    }

    /// A member whose value `write` appends: exactly one JSON value.
    pub fn member(&mut self, name: &str, write: impl FnOnce(&mut String)) {
        self.comma();
        document::text(&mut self.0, name);
        self.0.push(':');
        write(&mut self.0);
    }

    /// A member with a string.
    pub fn text(&mut self, name: &str, value: &str) {
        self.member(name, |out| document::text(out, value));
    }

    /// A member with a value that displays as JSON: a number, a truth value, [`crate::Json`].
    pub fn json(&mut self, name: &str, value: impl Display) {
        self.member(name, |out| {
            // Writing into a String does not fail.
            let _ = write!(out, "{value}");
        });
    }

    /// A member that is an object.
    pub fn nested(&mut self, name: &str, members: &Self) {
        self.member(name, |out| braced(out, members));
    }

    /// A member that is a list of objects.
    pub fn list<I>(&mut self, name: &str, items: I)
    where
        I: IntoIterator,
        I::Item: core::borrow::Borrow<Self>,
    {
        use core::borrow::Borrow as _;
        self.member(name, |out| {
            out.push('[');
            for (at, item) in items.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                braced(out, item.borrow());
            }
            out.push(']');
        });
    }

    /// Further members behind these.
    pub fn append(&mut self, more: &Self) {
        self.append_text(&more.0);
    }

    /// Further members behind these, as they were stored.
    pub fn append_text(&mut self, more: &str) {
        if !more.is_empty() {
            self.comma();
            self.0.push_str(more);
        }
    }

    fn comma(&mut self) {
        if !self.0.is_empty() {
            self.0.push(',');
        }
    }
}

fn braced(out: &mut String, members: &Members) {
    out.push('{');
    out.push_str(&members.0);
    out.push('}');
}

#[cfg(test)]
mod tests {
    use super::Members;

    #[test]
    fn commas_stand_between_members_alone() {
        let mut some = Members::new();
        some.append(&Members::new());
        assert_eq!(some.as_str(), "");
        some.text("a\"b", "c\n");
        some.append(&Members::new());
        some.json("n", 1);
        some.nested("o", &Members::new());
        some.list("l", [Members::new(), Members::stored("\"x\":1".to_owned())]);
        some.list("m", Vec::<Members>::new());
        let text = r#"{"a\"b":"c\n","n":1,"o":{},"l":[{},{"x":1}],"m":[]}"#;
        assert_eq!(some.object(), text);
    }
}
