//! The grammar of the protocol, as data: whether a text is a URL, an expression, a literal, a
//! context, a header of the protocol, with the names of some model.
//!
//! It is written after the published grammar (OASIS, `OData` Version 4.01 ABNF) and judges what the
//! published test cases judge. It is no part of answering requests: the parsers that are
//! (of `odata`) are written by hand, have positions, limits and a tree, and are held against
//! this one by tests. What is recognised and not served is said by `odata::check`.

mod earley;
mod notation;
mod rules;

use notation::{Compiler, NotationError, Production};

/// A grammar with the names of a model.
#[derive(Debug)]
pub struct Grammar {
    /// Rule names in lower case, by number; those that the notation made up have none.
    names: Vec<String>,
    productions: Vec<Production>,
    /// The productions of each rule.
    of_rule: Vec<Vec<usize>>,
    nullable: Vec<bool>,
}

/// Why a text does not follow a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// No rule of that name.
    #[error("no rule {0:?}")]
    NoRule(String),
    /// The text ends too early, or has something else at this byte.
    #[error("mismatch at {0}")]
    At(usize),
}

impl Grammar {
    /// The grammar in which the given rules match the given names and nothing else; for a rule that
    /// is not given, what the published grammar says: any identifier.
    ///
    /// # Errors
    /// Never for the rules of this crate; a mistake in their notation is found by the first test
    /// that runs.
    pub fn with_names<'n>(
        model: impl IntoIterator<Item = (&'n str, Vec<String>)>,
    ) -> Result<Self, NotationError> {
        let mut compiler = Compiler::default();
        for text in rules::ALL {
            compiler.read(text)?;
        }
        for (rule, names) in model {
            compiler.names(rule, names);
        }
        compiler.finish()
    }

    /// Whether the whole text follows the rule; rule names match caselessly.
    pub fn recognise(&self, rule: &str, text: &str) -> Result<(), Mismatch> {
        let wanted = rule.to_ascii_lowercase();
        match self.names.iter().position(|name| *name == wanted) {
            Some(rule) => earley::recognise(self, rule, text).map_err(Mismatch::At),
            None => Err(Mismatch::NoRule(rule.to_owned())),
        }
    }
}
