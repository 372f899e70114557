//! Which line of the table a request finds.

use axum::http::Method;
use edm::{Entity, Version, user};

use super::super::path::segments;
use std::sync::LazyLock;

use super::super::routes::{Route, of};
use super::{Known, Lookup, Params, Table, lookup};

fn core(version: Version) -> Known<'static> {
    Known {
        version,
        user: Entity::core(&user::TYPE),
    }
}

fn describe(found: &Lookup<'_>) -> String {
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
        let found = lookup(&method, &segments, core(Version::V1));
        assert_eq!(describe(&found), expected, "{method} {path}");
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
        let found = table.lookup(&method, &segments, core(Version::V1));
        assert_eq!(describe(&found), expected, "{method} {path}");
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
    let found = table.lookup(&Method::GET, &segments, core(Version::Beta));
    assert_eq!(describe(&found), "ReadMe x infoCatalogs");
}
