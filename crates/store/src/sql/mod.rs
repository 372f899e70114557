//! Every fixed SQL text of the crate goes through [`statements!`], which also puts it into the
//! registry that the lint reads; the rest is put together in `query::compose`.

/// Whose rows a statement touches.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One tenant's; `?1` is the tenant.
    Tenant,
    /// Rows that belong to no tenant, or the few look-ups that find the tenant.
    Instance,
}

/// A statement. Connections run nothing else, so a text that is not in the registry cannot be run.
#[derive(Debug)]
pub(crate) struct Sql {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    #[cfg(test)]
    pub(crate) scope: Scope,
}

impl Sql {
    /// A statement about one tenant's rows that is put together once, from the description of a
    /// table. Its texts are kept until the process ends.
    pub(crate) fn of_table(name: String, text: String) -> Self {
        Self {
            name: name.leak(),
            text: text.leak(),
            #[cfg(test)]
            scope: Scope::Tenant,
        }
    }

    /// A statement that is composed at the start, about the rows of all tenants. A test of the
    /// registry lists each by name.
    pub(crate) fn across_tenants(name: String, text: String) -> Self {
        Self {
            name: name.leak(),
            text: text.leak(),
            #[cfg(test)]
            scope: Scope::Instance,
        }
    }
}

/// Declares statements, one `Scope NAME = "text";` each, behind `pub(crate)` where another file
/// runs it too, and the module's list `SQL` of them.
macro_rules! statements {
    ($($vis:vis $scope:ident $name:ident = $text:expr;)*) => {
        $($vis static $name: $crate::sql::Sql = $crate::sql::Sql {
            name: stringify!($name),
            text: $text,
            #[cfg(test)]
            scope: $crate::sql::Scope::$scope,
        };)*
        #[cfg(test)]
        pub(crate) static SQL: &[&$crate::sql::Sql] = &[$(&$name),*];
    };
}
pub(crate) use statements;

/// The key of null as a literal: the predicate of a sparse index names it, and a query that goes by
/// the index must say the same words.
pub(crate) const NULL_KEY: &str = "x'00'";

/// Stands behind the length of a key and asks whether it is cut: longer than any key of a whole
/// value (`query::keys`). The predicates of the indexes over cut keys say the same words, so the
/// number is a literal.
pub(crate) const IS_CUT: &str = " > 1025";

#[cfg(test)]
pub(crate) mod lint;
#[cfg(test)]
mod sources;
pub(crate) mod value;
