//! The one route table. The dispatcher looks requests up in it; the tests walk it, so that no route
//! is without a denial test and no write without its audit record.

use axum::http::Method;
use directory::permission::Operation;
use edm::Version;

use super::path::Segment;

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The list of entity sets.
    ServiceDocument,
    /// The schema.
    Metadata,
    /// GET /users
    ListUsers,
    /// POST /users
    CreateUser,
    /// GET /users/{key}
    ReadUser,
    /// PATCH /users/{key}
    UpdateUser,
    /// DELETE /users/{key}
    DeleteUser,
    /// GET /me
    ReadMe,
    /// PATCH /me
    UpdateMe,
    /// GET /invitations
    ListInvitations,
    /// POST /invitations
    Invite,
    /// GET /invitations/{key}
    ReadInvitation,
}

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token.
    Open,
    /// The permission is known before the request is read.
    Needs(Operation),
    /// Which permission is needed depends on the object or the properties written; the directory
    /// decides, and a token without any permission is refused.
    Depends,
    /// Signed-in people only; an app gets the documented 400.
    Person,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The verb.
    pub method: Method,
    /// Names and `{key}`, separated by slashes, without the version.
    pub pattern: &'static str,
    /// The whole pattern under each version, as log and `/metrics` name the route: nobody's key is in it.
    labels: [Label; 2],
    /// What it does.
    pub endpoint: Endpoint,
    /// Who may.
    pub access: Access,
}

/// The name of a route in log and `/metrics`; in the extensions of an answer that a route of the table gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub &'static str);

impl Route {
    /// The route's name under a version.
    pub const fn label(&self, version: Version) -> Label {
        let [v1, beta] = self.labels;
        match version {
            Version::V1 => v1,
            Version::Beta => beta,
        }
    }
}

/// A table line.
macro_rules! route {
    ($method:ident $pattern:literal, $endpoint:ident, $access:expr) => {
        Route {
            method: Method::$method,
            pattern: $pattern,
            labels: [
                Label(concat!("/v1.0/", $pattern)),
                Label(concat!("/beta/", $pattern)),
            ],
            endpoint: Endpoint::$endpoint,
            access: $access,
        }
    };
}

/// All routes, under /v1.0 and /beta alike.
pub static ROUTES: [Route; 12] = [
    route!(GET "", ServiceDocument, Access::Open),
    route!(GET "$metadata", Metadata, Access::Open),
    route!(GET "users/{key}", ReadUser, Access::Depends),
    route!(PATCH "users/{key}", UpdateUser, Access::Depends),
    route!(DELETE "users/{key}", DeleteUser, Access::Needs(Operation::DeleteUser)),
    route!(GET "users", ListUsers, Access::Needs(Operation::ListUsers)),
    route!(POST "users", CreateUser, Access::Needs(Operation::CreateUser)),
    route!(GET "me", ReadMe, Access::Person),
    route!(PATCH "me", UpdateMe, Access::Person),
    route!(GET "invitations", ListInvitations, Access::Needs(Operation::ReadInvitations)),
    route!(POST "invitations", Invite, Access::Needs(Operation::Invite)),
    route!(GET "invitations/{key}", ReadInvitation, Access::Needs(Operation::ReadInvitations)),
];

/// The entity sets and singletons of the service document.
pub const SERVICE: [(&str, &str); 3] = [
    ("users", "EntitySet"),
    ("invitations", "EntitySet"),
    ("me", "Singleton"),
];

/// What the table says of a request.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// A line, and the key in the path where the line has one.
    Found(&'static Route, Option<&'a str>),
    /// The path is known, the verb is not; these are.
    WrongVerb(Vec<&'static Method>),
    /// The first segment that no line has at its place.
    Unknown(&'a str),
}

/// Looks a request up. HEAD is answered as GET; the connection drops the body.
pub fn lookup<'a>(method: &Method, segments: &'a [Segment]) -> Lookup<'a> {
    let asked = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    let mut verbs = Vec::new();
    let mut deepest = 0;
    for route in &ROUTES {
        let (depth, key) = matched(route.pattern, segments);
        deepest = deepest.max(depth);
        if depth < segments.len() || pattern_parts(route.pattern).count() != depth {
            continue;
        }
        if route.method == *asked {
            return Lookup::Found(route, key);
        }
        verbs.push(&route.method);
    }
    match segments.get(deepest) {
        Some(unknown) => Lookup::Unknown(unknown.text()),
        None => Lookup::WrongVerb(verbs),
    }
}

fn pattern_parts(pattern: &'static str) -> impl Iterator<Item = &'static str> {
    pattern.split('/').filter(|part| !part.is_empty())
}

/// How many leading segments fit the pattern, and the key among them. A plain segment that begins
/// with `$` is a reserved word and no key: such a UPN needs the parentheses (users.md section 2).
fn matched<'a>(pattern: &'static str, segments: &'a [Segment]) -> (usize, Option<&'a str>) {
    let mut key = None;
    let mut depth = 0;
    for (part, segment) in pattern_parts(pattern).zip(segments) {
        match (part, segment) {
            ("{key}", Segment::Key(text)) => key = Some(text.as_str()),
            ("{key}", Segment::Plain(text)) if !text.starts_with('$') => key = Some(text.as_str()),
            (name, Segment::Plain(text)) if name.eq_ignore_ascii_case(text) => {}
            _ => break,
        }
        depth += 1;
    }
    (depth, key)
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::super::path::segments;
    use super::{Lookup, lookup};

    /// Endpoint and key, the allowed verbs, or the unknown segment, as one text.
    fn told(method: &Method, path: &str) -> String {
        match lookup(method, &segments(path).unwrap()) {
            Lookup::Found(route, key) => format!("{:?} {}", route.endpoint, key.unwrap_or("-")),
            Lookup::WrongVerb(verbs) => format!("405 {verbs:?}"),
            Lookup::Unknown(segment) => format!("unknown {segment}"),
        }
    }

    #[test]
    fn requests_find_their_line() {
        let check = |method: Method, path: &str, expected: &str| {
            assert_eq!(told(&method, path), expected, "{method} {path}");
        };
        check(Method::GET, "", "ServiceDocument -");
        check(Method::GET, "$metadata", "Metadata -");
        check(Method::GET, "Users", "ListUsers -");
        check(Method::HEAD, "users", "ListUsers -");
        check(Method::POST, "users/", "CreateUser -");
        check(Method::GET, "users/me-too", "ReadUser me-too");
        check(Method::GET, "users('$x@c.d')", "ReadUser $x@c.d");
        check(Method::GET, "users/$count", "unknown $count");
        check(Method::GET, "users/a/manager", "unknown manager");
        check(Method::GET, "users('a')/b/c", "unknown b");
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
}
