//! The Graph API: users, invitations, metadata, under /v1.0 and /beta.

pub mod applications;
pub mod attribute_definitions;
pub mod attribute_sets;
mod authentication;
pub mod batch;
pub mod blocks;
pub mod body;
pub mod breach;
pub mod call;
pub mod conversion;
pub mod deleted;
pub mod delta;
pub mod delta_token;
pub mod envelope;
pub mod errors;
pub mod etag;
pub mod expand;
pub mod extension_properties;
pub mod few;
pub mod invitations;
pub mod links;
pub mod list;
pub mod lookup;
pub mod metadata;
pub mod objects;
pub mod open_extensions;
pub mod operation;
pub mod organization;
pub mod page_token;
pub mod paging;
pub mod path;
pub mod pending_members;
pub mod photos;
pub mod prefer;
pub mod properties;
pub mod query;
pub mod reference;
pub mod references;
pub mod render;
pub mod routes;
pub mod schema_extensions;
mod subscriptions;
pub mod tenancy;
pub mod throttle;
pub mod user_lists;
pub mod users;

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_ENCODING};
use axum::http::{self, StatusCode};
use axum::response::Response;
use directory::{Actor, Subject, UserKey};
use edm::{Entity, Version, user};
use tower::{Layer as _, ServiceExt as _};
use tower_http::decompression::{DecompressionBody, RequestDecompressionLayer};

use self::body::Incoming;
use self::call::{Authorised, Call};
use self::envelope::{GraphError, code};
use self::lookup::{Known, Lookup, Params, lookup};
use self::operation::{Cost, Run};
use self::path::Malformed;
use self::render::Dress as _;
use self::routes::{Access, Label, Route};
use crate::app::App;
use crate::http::cors;
use crate::http::headers::{self, Metadata};
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;

/// Routes beside the API. Whatever stands below a version is answered by [`dispatch`], which knows
/// the table.
pub fn routes() -> Router<App> {
    subscriptions::routes()
}

/// The route that a path below a version counts under until its line of the table is known; `None`
/// for paths outside the API.
pub fn below_version(path: &str) -> Option<&'static str> {
    let rest = path.strip_prefix('/')?;
    Version::ALL.into_iter().find_map(|version| {
        let [whole, slash, below] = match version {
            Version::V1 => ["/v1.0", "/v1.0/", "/v1.0/{*rest}"],
            Version::Beta => ["/beta", "/beta/", "/beta/{*rest}"],
        };
        match rest.strip_prefix(version.as_str())? {
            "" => Some(whole),
            "/" => Some(slash),
            rest => rest.starts_with('/').then_some(below),
        }
    })
}

/// 404 for paths that belong to nothing.
pub fn nothing_here(app: &App, request: &RequestId) -> Response {
    let message = "Nothing is served under this path. Graph requests begin with /v1.0 or /beta.";
    let error = GraphError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message);
    error.respond(request, app.directory.now())
}

/// Answers a Graph request.
pub async fn dispatch(app: &App, origin: &Origin, id: &RequestId, request: Request) -> Response {
    if cors::is_preflight(request.method(), request.headers()) {
        return cors::preflight(request.headers());
    }
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Box::pin(inflated(app, origin, id, request)).await;
    }
    answered(app, origin, id, request).await
}

/// Answers a request whose body comes packed. gzip is inflated; what is not gzip is passed on, for
/// our own 415. How much comes out is bounded where the body is read. Apart from the usual way,
/// since a layer around every request costs each of them several allocations.
async fn inflated(app: &App, origin: &Origin, id: &RequestId, request: Request) -> Response {
    let inner = tower::service_fn(|request: http::Request<DecompressionBody<Body>>| async {
        Ok::<_, Infallible>(answered(app, origin, id, request.map(Body::new)).await)
    });
    let layer = RequestDecompressionLayer::new().pass_through_unaccepted(true);
    match layer.layer(inner).oneshot(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => GraphError::internal(error.to_string()).respond(id, app.directory.now()),
    }
}

/// Answers, with the headers of every Graph answer and the name of the route.
async fn answered(app: &App, origin: &Origin, id: &RequestId, request: Request) -> Response {
    let mut label = None;
    let mut answer = match serve(app, origin, id, request, &mut label).await {
        Ok(answer) => answer,
        Err(error) => error.respond(id, app.directory.now()),
    };
    headers::graph(answer.headers_mut());
    if let Some(label) = label {
        answer.extensions_mut().insert::<Label>(label);
    }
    answer
}

/// Finds the route, then who calls, then calls it. A stranger learns nothing but the public
/// documents: whether a path exists is told after the token was checked.
async fn serve(
    app: &App,
    origin: &Origin,
    id: &RequestId,
    request: Request,
    label: &mut Option<Label>,
) -> Result<Response, GraphError> {
    let (parts, body) = request.into_parts();
    let (version, rest) =
        path::version(parts.uri.path()).ok_or_else(|| unknown(parts.uri.path()))?;
    let (tenant, rest) = path::tenant(rest);
    let segments = path::segments(rest);
    let core = Known {
        version,
        user: Entity::core(&user::TYPE),
    };
    let mut looked = segments
        .as_deref()
        .map(|segments| lookup(&parts.method, segments, core));
    if let Ok(Lookup::Found(route, _)) = &looked {
        *label = Some(route.label(version));
    }
    let mut call = Call {
        app,
        version,
        origin,
        headers: &parts.headers,
        query: parts.uri.query().unwrap_or(""),
        params: Params::default(),
        path: rest,
        metadata: Metadata::of(&parts.headers),
        nested: parts.extensions.get::<batch::Nested>().is_some(),
        gathering: parts.extensions.get().cloned(),
    };
    if let Ok(Lookup::Found(route, _)) = &looked {
        match route.operation.run {
            Run::Public(answer) => return Ok(answer(&call)),
            Run::PublicOrOwn(answer, _) if !parts.headers.contains_key(AUTHORIZATION) => {
                return Ok(answer(&call));
            }
            _ => {}
        }
    }
    let (actor, prefetched) =
        authentication::actor(app, &parts.headers, origin, id, wanted_user(&looked)).await?;
    if tenant.is_some() {
        Box::pin(tenancy::check(app, actor.tenant, tenant)).await?;
    }
    // A name that the core has not may be one of the tenant's own properties. An own name never
    // stands for a line that the core's names have found.
    if let (Ok(Lookup::Unknown(_)), Ok(segments)) = (&looked, &segments)
        && !actor.schema().is_core()
    {
        let user = actor.entity(&user::TYPE);
        looked = Ok(lookup(&parts.method, segments, Known { version, user }));
    }
    let (route, params) = matched_route(looked)?;
    *label = Some(route.label(version));
    call.params = params;
    permitted(route, &actor)?;
    let operation = route.operation;
    let cost = match operation.cost {
        Cost::One | Cost::OnePosted => "1",
        Cost::User => query::resource_units(call.query, call.version, false),
        Cost::Users => query::resource_units(call.query, call.version, true),
    };
    let share = if throttle::reads(&parts.method, operation.cost) {
        app.read_limits.take(&actor, cost, app.directory.now())?
    } else {
        None
    };
    let reader = throttle::reader(&actor);
    let request = Authorised {
        call,
        actor,
        prefetched,
    };
    let mut answer = match operation.run {
        // One user is looked up and no list: the commonest request does without what it has no use
        // for.
        Run::OneUser => users::read(request).await?,
        Run::Authorised(run) => {
            let incoming = Incoming::new(body, operation.takes.most());
            store::on_behalf_of(reader, run(request, incoming)).await?
        }
        Run::Public(answer) => answer(&request.call),
        Run::PublicOrOwn(public, own) => {
            if app.directory.sees_definitions(&request.actor).await? {
                own(&request)
            } else {
                public(&request.call)
            }
        }
    };
    headers::cost(answer.headers_mut(), cost);
    Ok(match share {
        Some(share) => answer.with(throttle::PERCENTAGE, &share),
        None => answer,
    })
}

/// The user that a request will read.
fn wanted_user(looked: &Result<Lookup<'_>, &Malformed>) -> Option<UserKey> {
    match looked {
        Ok(Lookup::Found(route, params)) if matches!(route.operation.run, Run::OneUser) => {
            params.key.map(UserKey::parse)
        }
        _ => None,
    }
}

/// The route, or why there is none.
fn matched_route<'a>(
    looked: Result<Lookup<'a>, &Malformed>,
) -> Result<(&'static Route, Params<'a>), GraphError> {
    match looked {
        Ok(Lookup::Found(route, params)) => Ok((route, params)),
        Ok(Lookup::Unknown(segment)) => Err(unknown(segment)),
        Ok(Lookup::WrongVerb(verbs)) => {
            let message = "Specified HTTP method is not allowed for the request target.";
            let status = StatusCode::METHOD_NOT_ALLOWED;
            let verbs: Vec<_> = verbs.iter().map(|verb| verb.as_str()).collect();
            let error = GraphError::new(status, code::REQUEST_BAD_REQUEST, message);
            Err(error.header(ALLOW, verbs.join(", ")))
        }
        Err(Malformed(segment)) => Err(unknown(segment)),
    }
}

/// 400 naming the segment that is none.
fn unknown(segment: &str) -> GraphError {
    GraphError::broken(format!("Resource not found for the segment '{segment}'."))
}

/// Refuses before the request is read, where the table knows the permission; the directory asks
/// again.
fn permitted(route: &Route, actor: &Actor) -> Result<(), GraphError> {
    match route.access {
        Access::Needs(operation) => Ok(actor.may(operation)?),
        Access::Person if !matches!(actor.subject, Subject::Person { .. }) => Err(
            GraphError::broken("/me request is only valid with delegated authentication flow."),
        ),
        Access::Person | Access::Depends | Access::Steps | Access::Open => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::below_version;

    #[test]
    fn paths_of_the_api_are_recognised() {
        for (path, expected) in [
            ("/v1.0", Some("/v1.0")),
            ("/v1.0/", Some("/v1.0/")),
            ("/v1.0/users", Some("/v1.0/{*rest}")),
            ("/v1.0//", Some("/v1.0/{*rest}")),
            ("/beta", Some("/beta")),
            ("/beta/", Some("/beta/")),
            ("/beta/users('a')", Some("/beta/{*rest}")),
            ("/v1.0x", None),
            ("/v1.0%2fusers", None),
            ("/V1.0/users", None),
            ("/v2.0/users", None),
            ("//v1.0/users", None),
            ("/", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(below_version(path), expected, "{path}");
        }
    }
}
