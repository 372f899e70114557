//! Finds the line of the route table that a request means.
//!
//! A part of a pattern is one of:
//!
//! | written | fits |
//! |---|---|
//! | `users`, `$ref` | that name, in any case |
//! | `microsoft.graph.user` | a cast: the qualified name alone, by the namespace or its alias `graph` |
//! | `delta()` | a bound function or action, plain or qualified, with or without its empty parentheses |
//! | `{key}`, `{other}` | a key, behind a slash or in parentheses; there are at most two in a path |
//! | `{property}` | the name of a declared property of a user |
//!
//! A cast to a user where nothing but users can be, as in `users/{key}/graph.user` or
//! `manager/microsoft.graph.user`, changes nothing: the path is looked up without it. A pattern
//! that has the cast itself comes first.
//!
//! Of two patterns that fit, the one whose first differing part is a name is taken: `users/delta`
//! is the function and not somebody's key, `users/{key}/manager` not a property. The verb is asked
//! only then. A pattern of which the version has no line does not fit.

use std::sync::LazyLock;

use axum::http::Method;
use edm::{NAMESPACE, Version, entity, invitation, user};

use super::path::Segment;
use super::routes::{ROUTES, Route};

/// What varies in a path, decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    /// `{key}`: whose.
    pub key: Option<&'a str>,
    /// `{other}`: the object at the other end of a link.
    pub other: Option<&'a str>,
    /// `{property}`, as it was sent.
    pub property: Option<&'a str>,
}

/// What the table says of a request.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// A line, and what varies in its path.
    Found(&'static Route, Params<'a>),
    /// The path is known, the verb is not; these are.
    WrongVerb(Vec<&'static Method>),
    /// The first segment that no line has at its place.
    Unknown(&'a str),
}

/// One part of a pattern. The order is the rank: what stands first is taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Name(&'static str),
    Cast(&'static str),
    Operation(&'static str),
    Property,
    Key,
    Other,
}

impl Part {
    fn parse(text: &'static str) -> Self {
        match text {
            "{key}" => Self::Key,
            "{other}" => Self::Other,
            "{property}" => Self::Property,
            _ => match (text.strip_suffix("()"), unqualified(text)) {
                (Some(name), _) => Self::Operation(name),
                (None, Some(name)) => Self::Cast(name),
                (None, None) => Self::Name(text),
            },
        }
    }

    /// Whether the segment fits; what varies is noted.
    fn fits<'a>(self, segment: &'a Segment, version: Version, params: &mut Params<'a>) -> bool {
        match (self, segment) {
            (Self::Name(name), Segment::Plain(text)) => name.eq_ignore_ascii_case(text),
            (Self::Cast(name), Segment::Plain(text)) => {
                unqualified(text).is_some_and(|text| name.eq_ignore_ascii_case(text))
            }
            (Self::Operation(name), Segment::Plain(text) | Segment::Call(text)) => {
                name.eq_ignore_ascii_case(unqualified(text).unwrap_or(text))
            }
            (Self::Property, Segment::Plain(text)) => {
                params.property = Some(text);
                user::TYPE.property(text, version).is_some()
            }
            (Self::Key, segment) => key(segment, &mut params.key),
            (Self::Other, segment) => key(segment, &mut params.other),
            _ => false,
        }
    }
}

/// A plain segment that begins with `$` is a reserved word and no key: such a UPN needs the
/// parentheses (P-users-1).
fn key<'a>(segment: &'a Segment, place: &mut Option<&'a str>) -> bool {
    match segment {
        Segment::Call(_) => return false,
        Segment::Plain(text) if text.starts_with('$') => return false,
        Segment::Plain(text) | Segment::Key(text) => *place = Some(text),
    }
    true
}

/// The name behind the namespace or its alias.
fn unqualified(text: &str) -> Option<&str> {
    [NAMESPACE, "graph"].into_iter().find_map(|namespace| {
        let (space, name) = text.split_at_checked(namespace.len())?;
        let name = name.strip_prefix('.')?;
        space.eq_ignore_ascii_case(namespace).then_some(name)
    })
}

/// The lines of one pattern.
struct Pattern {
    parts: Vec<Part>,
    routes: Vec<&'static Route>,
}

impl Pattern {
    fn casts(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Cast(_)))
    }
}

/// The table, read once: a pattern each, the most specific first.
struct Table(Vec<Pattern>);

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(&ROUTES));

impl Table {
    fn of(routes: &'static [Route]) -> Self {
        let mut patterns: Vec<Pattern> = Vec::new();
        for route in routes {
            let parts: Vec<_> = route
                .pattern
                .split('/')
                .filter(|part| !part.is_empty())
                .map(Part::parse)
                .collect();
            match patterns.iter_mut().find(|pattern| pattern.parts == parts) {
                Some(pattern) => pattern.routes.push(route),
                None => patterns.push(Pattern {
                    parts,
                    routes: vec![route],
                }),
            }
        }
        // `Allow` names them in one order, wherever the rows stand.
        let verb = |route: &&Route| {
            const ORDER: [Method; 5] = [
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ];
            ORDER.iter().position(|known| *known == route.method)
        };
        for pattern in &mut patterns {
            pattern.routes.sort_by_key(verb);
        }
        let rank = |part: &Part| match part {
            Part::Name(_) | Part::Cast(_) | Part::Operation(_) => 0,
            Part::Property => 1,
            Part::Key | Part::Other => 2,
        };
        patterns
            .sort_by_cached_key(|pattern| -> Vec<u8> { pattern.parts.iter().map(rank).collect() });
        Self(patterns)
    }

    fn lookup<'a>(&self, method: &Method, segments: &'a [Segment], version: Version) -> Lookup<'a> {
        let sent: Vec<_> = segments.iter().collect();
        let plain = without_casts(&sent);
        let cast = if plain.len() < sent.len() {
            let patterns = self.0.iter().filter(|pattern| pattern.casts());
            Some(fit(patterns, method, &sent, version))
        } else {
            None
        };
        match (cast, fit(self.0.iter(), method, &plain, version)) {
            (Some(cast @ Lookup::Found(..)), _)
            | (Some(cast @ Lookup::WrongVerb(_)), Lookup::Unknown(_)) => cast,
            (_, plain) => plain,
        }
    }
}

/// The path without casts that change nothing.
fn without_casts<'a>(sent: &[&'a Segment]) -> Vec<&'a Segment> {
    let mut kept: Vec<&Segment> = Vec::with_capacity(sent.len());
    for segment in sent.iter().copied() {
        if !(is_user_cast(segment) && holds_users(&kept)) {
            kept.push(segment);
        }
    }
    kept
}

fn is_user_cast(segment: &Segment) -> bool {
    let Segment::Plain(text) = segment else {
        return false;
    };
    unqualified(text).is_some_and(|name| name.eq_ignore_ascii_case(user::TYPE.name))
}

/// Whether a path leads to a user or to users: by the name of what holds them, or by a key behind
/// such a name.
fn holds_users(path: &[&Segment]) -> bool {
    let named = |segment: Option<&&Segment>, further: &[&str]| {
        let Some(Segment::Plain(text)) = segment else {
            return false;
        };
        let own = [
            user::TYPE.set,
            "me",
            "deletedItems",
            user::TRANSITIVE_REPORTS.name(),
            entity::DIRECTORY_OBJECT.set,
        ];
        let links = user::TYPE
            .navigation
            .iter()
            .map(|link| link.property.name());
        own.into_iter()
            .chain(links)
            .chain(further.iter().copied())
            .any(|name| name.eq_ignore_ascii_case(text))
    };
    let before = path.len().checked_sub(2).and_then(|at| path.get(at));
    named(path.last(), &[invitation::INVITED_USER.name()])
        || named(before, &[entity::DIRECTORY_OBJECT.set])
            && path.last().is_some_and(|last| is_key(last))
}

/// Whether a segment can be a key: a name that the schema has for a property of users is none.
fn is_key(segment: &Segment) -> bool {
    match segment {
        Segment::Key(_) => true,
        Segment::Call(_) => false,
        Segment::Plain(text) => {
            !text.starts_with('$') && user::TYPE.property(text, Version::Beta).is_none()
        }
    }
}

/// The line of these patterns, the most specific first, that a path means.
fn fit<'a, 'p>(
    patterns: impl Iterator<Item = &'p Pattern>,
    method: &Method,
    segments: &[&'a Segment],
    version: Version,
) -> Lookup<'a> {
    let mut deepest = 0;
    let has_line = |pattern: &&Pattern| pattern.routes.iter().any(|route| route.is_in(version));
    for pattern in patterns.filter(has_line) {
        let mut params = Params::default();
        let depth = pattern
            .parts
            .iter()
            .zip(segments.iter().copied())
            .take_while(|(part, segment)| part.fits(segment, version, &mut params))
            .count();
        deepest = deepest.max(depth);
        if depth < segments.len() || depth < pattern.parts.len() {
            continue;
        }
        let mut lines = pattern.routes.iter().filter(|route| route.is_in(version));
        return lines
            .clone()
            .find(|route| route.method == *method)
            .map_or_else(
                || Lookup::WrongVerb(lines.by_ref().map(|route| &route.method).collect()),
                |route| Lookup::Found(route, params),
            );
    }
    let unknown = segments.get(deepest).or(segments.last());
    Lookup::Unknown(unknown.map_or("", |segment| segment.text()))
}

/// Looks a request up. HEAD is answered as GET; the connection drops the body.
pub fn lookup<'a>(method: &Method, segments: &'a [Segment], version: Version) -> Lookup<'a> {
    let asked = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    TABLE.lookup(asked, segments, version)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;
    use edm::Version;

    use super::super::path::segments;
    use std::sync::LazyLock;

    use super::super::routes::{Route, of};
    use super::{Lookup, Params, Table, lookup};

    fn told(found: &Lookup<'_>) -> String {
        match found {
            Lookup::Found(route, params) => {
                let Params {
                    key,
                    other,
                    property,
                } = params;
                let mut told = route.operation.name.to_owned();
                for param in [key, other, property].into_iter().flatten() {
                    told = format!("{told} {param}");
                }
                told
            }
            Lookup::WrongVerb(verbs) => format!("405 {verbs:?}"),
            Lookup::Unknown(segment) => format!("unknown {segment}"),
        }
    }

    #[test]
    fn requests_find_their_line() {
        let check = |method: Method, path: &str, expected: &str| {
            let segments = segments(path).unwrap();
            let found = lookup(&method, &segments, Version::V1);
            assert_eq!(told(&found), expected, "{method} {path}");
        };
        check(Method::GET, "", "ServiceDocument");
        check(Method::GET, "$metadata", "Metadata");
        check(Method::GET, "Users", "ListUsers");
        check(Method::HEAD, "users", "ListUsers");
        check(Method::POST, "users/", "CreateUser");
        check(Method::GET, "users/me-too", "ReadUser me-too");
        for (path, expected) in [
            ("users/graph.user", "ListUsers"),
            ("users/microsoft.graph.user/x", "ReadUser x"),
            ("users/x/graph.user", "ReadUser x"),
            (
                "users('x')/Microsoft.Graph.User/city",
                "ReadProperty x city",
            ),
            ("users/x/manager/graph.user", "Related(Manager) x"),
            (
                "users/x/directReports/graph.user",
                "Related(DirectReports) x",
            ),
            (
                "users/x/directReports/graph.user/$count",
                "CountRelated(DirectReports) x",
            ),
            (
                "users/x/sponsors/microsoft.graph.user",
                "Related(Sponsors) x",
            ),
            (
                "users/x/graph.user/sponsors/graph.user/$ref",
                "RelatedRefs(Sponsors) x",
            ),
            ("me/graph.user", "ReadMe"),
            ("me/manager/graph.user", "Related(Manager)"),
            ("directoryObjects/x/graph.user", "ReadObject x"),
            ("directoryObjects/graph.user/x", "ReadObject x"),
            ("directoryObjects/delta", "FollowObjects"),
            ("directoryObjects/delta()", "FollowObjects"),
            ("directoryObjects/microsoft.graph.delta()", "FollowObjects"),
            (
                "directoryObjects/microsoft.graph.user/delta",
                "FollowObjects",
            ),
            ("directoryObjects/graph.user", "unknown directoryObjects"),
            ("users/x/transitiveReports", "unknown transitiveReports"),
            ("invitations/x/invitedUser/graph.user", "ReadInvitedUser x"),
            ("directory/deletedItems/graph.user", "ListDeleted"),
            ("directory/deletedItems/graph.user/$count", "CountDeleted"),
            ("directory/deletedItems/graph.user/x", "ReadDeleted x"),
            ("directory/deletedItems/x/graph.user", "ReadDeleted x"),
            ("invitations/x/graph.user", "unknown graph.user"),
            ("users/x/city/graph.user", "unknown graph.user"),
            ("users/x/graph.group", "unknown graph.group"),
            ("users/x/manager/graph.group", "unknown graph.group"),
        ] {
            check(Method::GET, path, expected);
        }
        check(Method::PATCH, "users/x/graph.user", "UpdateUser x");
        check(
            Method::POST,
            "directory/deletedItems/graph.user/x/restore",
            "Restore x",
        );
        check(
            Method::DELETE,
            "directory/deletedItems/graph.user/x",
            "Purge x",
        );
        check(
            Method::DELETE,
            "directory/deletedItems/x/graph.user",
            "Purge x",
        );
        check(
            Method::PUT,
            "directory/deletedItems/graph.user",
            "405 [GET]",
        );
        check(Method::GET, "users('$x@c.d')", "ReadUser $x@c.d");
        check(Method::GET, "users/a/nothing", "unknown nothing");
        check(Method::GET, "users('a')/b/c", "unknown b");
        check(Method::GET, "users()", "unknown users");
        check(Method::GET, "groups", "unknown groups");
        check(Method::GET, "groups('x')", "unknown groups");
        check(Method::GET, "me('x')", "unknown x");
        check(Method::PUT, "users/a", "405 [GET, PATCH, DELETE]");
        check(Method::POST, "$metadata", "405 [GET]");
        check(Method::DELETE, "invitations", "405 [GET, POST]");
        check(
            Method::GET,
            "invitations('7b92124c')",
            "ReadInvitation 7b92124c",
        );
    }

    /// Lines of a table of its own. Their names stand for others here: what is asked is which line
    /// a path finds.
    mod lines {
        use std::future::ready;

        use super::super::super::envelope::GraphError;
        use super::super::super::operation::operations;

        operations! {
            "ReadUser" {
                routes: [GET "users/{key}" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "UpdateUser" {
                routes: [PATCH "users/{key}" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "ListUsers" {
                routes: [GET "users/$count" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "ListInvitations" {
                routes: [GET "users/delta()" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "ReadMe" {
                routes: [GET "users/{key}/{property}" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "UpdateMe" {
                routes: [GET "users/{key}/{property}/$value" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "CreateUser" {
                routes: [PUT "users/{key}/manager/$ref" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "DeleteUser" {
                routes: [DELETE "users/{key}/sponsors/{other}/$ref" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "Invite" {
                routes: [POST "users/{key}/revoke()" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "Metadata" {
                routes: [GET "directory/items/microsoft.graph.user" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
            "ReadInvitation" {
                routes: [GET "directory/items/{key}" => Depends],
                cost: One, body: Nothing, leaves: [],
                documented: 200, Served, "", "lookup"::"the_most_specific_line_is_taken",
                run: |_asked| ready(Err(GraphError::internal("not called")))
            }
        }

        pub(super) static FILES: &[&[super::super::super::operation::Operation]] = &[OPERATIONS];
    }

    static LINES: LazyLock<Vec<Route>> = LazyLock::new(|| of(lines::FILES));

    #[test]
    fn the_most_specific_line_is_taken() {
        assert_eq!(LINES.len(), lines::DOCUMENTED.len());
        let table = Table::of(&LINES);
        let check = |method: Method, path: &str, expected: &str| {
            let segments = segments(path).unwrap();
            let found = table.lookup(&method, &segments, Version::V1);
            assert_eq!(told(&found), expected, "{method} {path}");
        };
        check(Method::GET, "users/$count", "ListUsers");
        check(Method::GET, "users/$ref", "unknown $ref");
        check(Method::GET, "users/x@c.d", "ReadUser x@c.d");
        for delta in [
            "users/delta",
            "users/delta()",
            "users/Delta()",
            "users/microsoft.graph.delta",
            "users/microsoft.graph.delta()",
            "users/graph.delta()",
        ] {
            check(Method::GET, delta, "ListInvitations");
            check(Method::PATCH, delta, "405 [GET]");
        }
        check(Method::GET, "users('delta')", "ReadUser delta");
        check(Method::GET, "users/other.delta()", "unknown other.delta");
        check(Method::GET, "users/other.delta", "ReadUser other.delta");
        check(Method::GET, "users/x/City", "ReadMe x City");
        check(Method::GET, "users('x')/city/$value", "UpdateMe x city");
        check(Method::GET, "users/x/nothing", "unknown nothing");
        check(Method::GET, "users/x/nothing/$value", "unknown nothing");
        check(Method::GET, "users/x/infoCatalogs", "unknown infoCatalogs");
        check(Method::POST, "users/x/city", "405 [GET]");
        check(Method::PUT, "users/x/manager/$ref", "CreateUser x");
        check(Method::GET, "users/x/manager", "unknown manager");
        check(Method::DELETE, "users/x/sponsors/y/$ref", "DeleteUser x y");
        check(
            Method::DELETE,
            "users('x')/sponsors('y')/$ref",
            "DeleteUser x y",
        );
        check(Method::DELETE, "users/x/sponsors/$ref/$ref", "unknown $ref");
        check(Method::POST, "users/x/revoke", "Invite x");
        check(Method::POST, "users/x/microsoft.graph.REVOKE", "Invite x");
        check(Method::GET, "directory", "unknown directory");
        check(Method::GET, "directory/items", "unknown items");
        check(Method::GET, "directory/items/graph.user", "Metadata");
        check(
            Method::GET,
            "directory/items/Microsoft.Graph.User",
            "Metadata",
        );
        check(Method::GET, "directory/items/user", "ReadInvitation user");
    }

    #[test]
    fn beta_has_properties_of_its_own() {
        let table = Table::of(&LINES);
        let segments = segments("users/x/infoCatalogs").unwrap();
        let found = table.lookup(&Method::GET, &segments, Version::Beta);
        assert_eq!(told(&found), "ReadMe x infoCatalogs");
    }
}
