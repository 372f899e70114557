//! Lengths that the documented service limits: those of texts and of the lists of `in`.
//!
//! They are noted while a condition is checked, because the checked condition does not tell them
//! any more: its texts are folded, and its lists hold each value once.

use crate::check::path::Variable;
use crate::limits;
use crate::parse::expression::Constant;
use edm::Prop;

/// What exceeds the documented limits.
#[derive(Debug, Default)]
pub(crate) struct Lengths {
    /// Texts of more than [`limits::DOCUMENTED_TEXT`] characters: the property of the object, and
    /// the operator.
    pub(crate) long: Vec<(Prop, &'static str)>,
    /// Lists of more than [`limits::DOCUMENTED_CLAUSES`] values: the property of the object, and
    /// how many were sent.
    pub(crate) lists: Vec<(Prop, usize)>,
}

impl Lengths {
    /// Notes a text that is too long.
    pub(crate) fn text(&mut self, property: &Prop, op: &'static str, value: &Constant) {
        if let Constant::Text(text) = value
            && text.chars().count() > limits::DOCUMENTED_TEXT
        {
            self.long.push((property.clone(), op));
        }
    }
}

/// The property of the object that a condition on `property` is about: within lambdas the outermost
/// collection.
pub(crate) fn of_object<'a>(variables: &'a [Variable], property: &'a Prop) -> &'a Prop {
    variables
        .first()
        .map_or(property, |variable| &variable.property)
}
