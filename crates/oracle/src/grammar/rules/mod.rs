//! The rules, by what they are about.

mod context;
mod expression;
mod header;
mod literal;
mod name;
mod option;
mod path;

/// All of them.
pub(super) const ALL: [&str; 7] = [
    name::RULES,
    literal::RULES,
    expression::RULES,
    path::RULES,
    option::RULES,
    context::RULES,
    header::RULES,
];
