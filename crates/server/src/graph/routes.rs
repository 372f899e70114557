//! The one route table, put together from the rows beside the handlers. The dispatcher looks
//! requests up in it; the tests walk it, so that no route is without a denial test and no write
//! without its audit record.
//!
//! How a pattern is written, and which of two that fit is taken, is said in [`mod@super::lookup`].

use std::sync::LazyLock;

use axum::http::Method;
use edm::Version;

pub use super::operation::{Access, Answer, Documented, Operation, Test};
pub use crate::metrics::Label;

/// The files that have operations. A new operation is a row in one of them; a new file is a name
/// here.
macro_rules! files {
    ($($file:ident,)+) => {
        static FILES: &[&[Operation]] = &[$(super::$file::OPERATIONS,)+];
        const DOCUMENTED: &[&[Documented]] = &[$(super::$file::DOCUMENTED,)+];
    };
}
files! {
    metadata, batch, users, user_lists, delta, links, properties, photos, open_extensions, conversion, deleted, objects,
    invitations, blocks, references, organization, pending_members,
    applications, extension_properties, schema_extensions, attribute_sets, attribute_definitions,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The verb.
    pub method: Method,
    /// Names and places for what varies, separated by slashes, without the version.
    pub pattern: &'static str,
    /// The whole pattern under each version, as log and `/metrics` name the route: nobody's key is
    /// in it.
    labels: [Label; 2],
    /// What it does.
    pub operation: &'static Operation,
    /// Who may.
    pub access: Access,
    /// The one version that has it; `None` where both do.
    pub only: Option<Version>,
    /// The file among [`FILES`], and the row in it.
    row: (usize, usize),
}

impl Route {
    /// The route's name under a version.
    pub const fn label(&self, version: Version) -> Label {
        let [v1, beta] = self.labels;
        match version {
            Version::V1 => v1,
            Version::Beta => beta,
        }
    }

    /// Whether the version has it.
    pub fn is_in(&self, version: Version) -> bool {
        self.only.is_none_or(|only| only == version)
    }

    /// The first version that has it.
    pub fn version(&self) -> Version {
        self.only.unwrap_or(Version::V1)
    }

    /// What the documents say of it. No server asks.
    pub fn documented(&self) -> Documented {
        let (file, row) = self.row;
        let rows = DOCUMENTED.get(file).copied().unwrap_or_default();
        rows.get(row).copied().unwrap_or(UNDOCUMENTED)
    }
}

/// Stands in for a missing row. None is missing, since the macro makes both lists.
const UNDOCUMENTED: Documented = Documented {
    status: 0,
    answer: Answer::Refused,
    says: "",
    test: Test {
        package: "",
        module: "",
        name: "",
    },
    leaves: &[],
};

/// All routes, under /v1.0 and /beta alike but for those that one of them alone has.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| of(FILES));

/// The routes of some files.
pub(super) fn of(files: &'static [&'static [Operation]]) -> Vec<Route> {
    let mut routes = Vec::new();
    for (file, operations) in files.iter().enumerate() {
        for (row, operation) in operations.iter().enumerate() {
            routes.extend(operation.routes.iter().map(|route| Route {
                // Every verb of a row is a token.
                method: Method::from_bytes(route.method.as_bytes()).unwrap_or_default(),
                pattern: route.pattern,
                labels: route.labels,
                operation,
                access: route.access,
                only: route.only,
                row: (file, row),
            }));
        }
    }
    routes
}

/// The entity sets and singletons of the service document, by name and kind. Users come first,
/// since they are what most people look for.
pub fn service() -> impl Iterator<Item = (&'static str, &'static str)> {
    let users = edm::user::TYPE.set;
    let sets = edm::metadata::ENTITY_SETS.iter().map(|ty| ty.set);
    let others = sets.filter(move |set| *set != users);
    let sets = std::iter::once(users).chain(others);
    sets.map(|set| (set, "EntitySet"))
        .chain([("me", "Singleton")])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Access, DOCUMENTED, FILES, ROUTES, service};
    use crate::graph::operation::Run;
    use crate::http::front::body_limit;

    #[test]
    fn every_row_has_its_words_and_one_name() {
        let names: BTreeSet<_> = FILES
            .iter()
            .flat_map(|rows| rows.iter())
            .map(|row| row.name)
            .collect();
        let count: usize = FILES.iter().map(|rows| rows.len()).sum();
        assert_eq!(names.len(), count, "a name twice");
        for (rows, words) in FILES.iter().zip(DOCUMENTED) {
            assert_eq!(rows.len(), words.len());
        }
        assert_eq!(FILES.len(), DOCUMENTED.len());
        for route in ROUTES.iter() {
            assert!(route.documented().status >= 200, "{}", route.pattern);
        }
    }

    /// Only what answers strangers is open to them, and the other way round.
    #[test]
    fn strangers_get_what_is_public() {
        for route in ROUTES.iter() {
            let run = route.operation.run;
            let is_public = matches!(run, Run::Public(_) | Run::PublicOrOwn(..));
            assert_eq!(is_public, route.access == Access::Open, "{}", route.pattern);
        }
    }

    /// The front bounds a body before the route is known, by the path alone: never below what the
    /// row takes.
    #[test]
    fn the_front_lets_through_what_a_row_takes() {
        for route in ROUTES.iter() {
            let path = format!("/v1.0/{}", route.pattern);
            let most = route.operation.takes.most();
            assert!(body_limit(&path) >= most, "{path}");
        }
    }

    #[test]
    fn the_service_document_names_what_there_are_routes_of() {
        let first = |pattern: &'static str| pattern.split('/').next().unwrap_or_default();
        let served: BTreeSet<_> = ROUTES.iter().map(|route| first(route.pattern)).collect();
        for (name, _) in service() {
            assert!(served.contains(name), "{name}");
        }
        let named: BTreeSet<_> = service().map(|(name, _)| name).collect();
        // `directory` is a singleton that only leads on; what begins with a dollar is no set.
        let others = served.iter().filter(|name| !named.contains(**name));
        let others: Vec<_> = others
            .filter(|name| !name.is_empty() && !name.starts_with('$'))
            .collect();
        assert_eq!(others, [&"directory"]);
    }
}
