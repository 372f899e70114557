//! The operations, made of the rows.

use super::rows::rows;

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident: $delegated:ident, $roles:ident, $application:ident $(or $with_role:ident)?;)*) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }
    };
}
rows!(operations);
