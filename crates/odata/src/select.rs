//! `$select`.

use edm::Property;

/// One checked item of a `$select`.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `*`
    Star,
    /// A declared property.
    Declared(&'static Property),
    /// A name nobody declared: ignored and noted (decision 15).
    Ignored(String),
}

/// A checked `$select`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    items: Vec<Item>,
    properties: Vec<&'static Property>,
}

impl Selection {
    /// The declared properties selected, in table order, each once.
    pub fn properties(&self) -> &[&'static Property] {
        &self.properties
    }

    /// What stands in the parentheses of the context: declared names as sent in order, `*` for all.
    pub fn context_names(&self) -> String {
        let _ = &self.items;
        todo!()
    }
}
