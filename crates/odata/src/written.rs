//! How a condition was written: what the documented service minds about that, and what the condition itself does not hold any
//! more, since its texts are folded and its lists hold each value once.

use crate::expression::Constant;
use crate::limits;
use crate::resolve::Variable;
use edm::Property;

/// What was noted.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Texts that are too long for a query that is no advanced one: the property of the object, and the operator.
    pub(crate) long: Vec<(&'static Property, &'static str)>,
    /// Lists of `in` that are: the property of the object, and how many values were sent.
    pub(crate) lists: Vec<(&'static Property, usize)>,
}

impl Written {
    /// Notes a text that is too long.
    pub(crate) fn text(&mut self, property: &'static Property, op: &'static str, value: &Constant) {
        if let Constant::Text(text) = value
            && text.chars().count() > limits::DOCUMENTED_TEXT
        {
            self.long.push((property, op));
        }
    }
}

/// The property of the object that a condition on `property` is about: within lambdas the outermost collection.
pub(crate) fn of_object(variables: &[Variable], property: &'static Property) -> &'static Property {
    variables
        .first()
        .map_or(property, |variable| variable.property)
}
