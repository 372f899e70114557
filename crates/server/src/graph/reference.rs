//! References to objects by URL: `@odata.id`, and `@odata.bind` inside bodies (P-references-3).
//!
//! A reference is absolute, under one of the server's own origins or under the documented service's
//! name, which scripts carry as a constant; or relative, with or without a version. It names a user
//! as `/users` does, or any object as `/directoryObjects/{id}`. A tenant may stand behind the
//! version, as some clients write it. The form that the service itself answers, with an internal
//! type name behind the id and the tenant before it, is read too, so that a reference can be sent
//! back as it came.

use directory::UserKey;
use edm::{Body, Json, entity, user};

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::path;
use super::path::{Segment, segments};
use super::tenancy::is_own;
use crate::http::origin::{Origin, Origins};

/// The documented service's own origin.
const DOCUMENTED: &str = "https://graph.microsoft.com";
/// The annotation that carries a reference.
const ID: &str = "@odata.id";
/// The annotation that carries one in the body of a user.
const MANAGER_BIND: &str = "manager@odata.bind";

/// Reads the body of a `$ref` request: one reference.
pub async fn read_reference(
    request: &Authorised<'_>,
    sent: Incoming,
) -> Result<UserKey, GraphError> {
    let (json, _) = body::json(request.call.headers, sent).await?;
    let found = json.as_object().and_then(|members| {
        let named = |name: &&String| name.eq_ignore_ascii_case(ID);
        let name = members.keys().find(named)?;
        members.get(name)
    });
    match found {
        Some(Json::String(text)) => read(request, text, ID).await,
        Some(_) => Err(invalid(ID, "not a text")),
        None => Err(invalid(ID, "the body must hold it")),
    }
}

/// Reads the references of a user's body.
pub async fn resolve(request: &Authorised<'_>, body: Body) -> Result<Body<UserKey>, GraphError> {
    let mut binds = Vec::with_capacity(body.binds.len());
    for (navigation, sent) in &body.binds {
        let target = format!("{}@odata.bind", navigation.property.name());
        let mut keys = Vec::with_capacity(sent.len());
        for reference in sent {
            keys.push(read(request, reference.as_str(), &target).await?);
        }
        binds.push((*navigation, keys));
    }
    Ok(body.with_binds(binds))
}

/// Reads the references in the body of an invitation, also those in its `invitedUser` and its
/// sponsors. There, keys replace the references in the JSON, since these objects are checked later.
pub async fn resolve_invited(
    request: &Authorised<'_>,
    body: Body,
) -> Result<Body<UserKey>, GraphError> {
    let mut body = resolve(request, body).await?;
    for (navigation, json) in &mut body.navigation {
        let is_list = navigation.property.collection;
        let (carries, objects) = match json {
            Json::Array(objects) if is_list => (ID, objects.as_mut_slice()),
            json => (MANAGER_BIND, std::slice::from_mut(json)),
        };
        for members in objects.iter_mut().filter_map(Json::as_object_mut) {
            for (name, json) in members {
                if let (true, Json::String(text)) = (name.eq_ignore_ascii_case(carries), json) {
                    *text = read(request, text, carries).await?.to_string();
                }
            }
        }
    }
    Ok(body)
}

/// The key that a reference names. Where it names a tenant as well, that must be the caller's.
pub(super) async fn read(
    request: &Authorised<'_>,
    text: &str,
    target: &str,
) -> Result<UserKey, GraphError> {
    let app = request.call.app;
    let named = parsed(text, &app.origins).map_err(|why| invalid(target, why))?;
    match named.tenant {
        Some(tenant) if !is_own(app, request.actor.tenant, tenant).await? => {
            Err(invalid(target, "an object of another tenant"))
        }
        _ => Ok(named.key),
    }
}

/// What a reference says.
#[derive(Debug)]
struct ParsedReference<'t> {
    tenant: Option<&'t str>,
    key: UserKey,
}

fn parsed<'t>(text: &'t str, origins: &Origins) -> Result<ParsedReference<'t>, &'static str> {
    let rest = without_origin(text, origins).ok_or("a URL of another service")?;
    if rest.contains('?') {
        return Err("it must not have a query");
    }
    let (tenant, rest) = without_version(rest);
    let parts = segments(rest).map_err(|_| "not a path of this service")?;
    let is_user = |(_, name): (&str, &str)| name.eq_ignore_ascii_case(user::TYPE.name);
    let is_cast = |part: &Segment| matches!(part, Segment::Plain(name) if name.rsplit_once('.').is_some_and(is_user));
    let parts = match parts.as_slice() {
        [rest @ .., last] if rest.len() == 2 && is_cast(last) => rest,
        all => all,
    };
    let [Segment::Plain(set), Segment::Plain(key) | Segment::Key(key)] = parts else {
        return Err("it names no object");
    };
    let key = UserKey::parse(key);
    let is = |name: &str| name.eq_ignore_ascii_case(set);
    match key {
        _ if is(user::TYPE.set) => Ok(ParsedReference { tenant, key }),
        UserKey::Id(_) if is(entity::DIRECTORY_OBJECT.set) => Ok(ParsedReference { tenant, key }),
        UserKey::Upn(_) if is(entity::DIRECTORY_OBJECT.set) => Err("not an object's id"),
        _ => Err("it names neither users nor directoryObjects"),
    }
}

/// What follows the origin, without a slash before it; `None` for an origin that is not ours.
fn without_origin<'t>(text: &'t str, origins: &Origins) -> Option<&'t str> {
    if !text.contains("://") {
        return Some(text.strip_prefix('/').unwrap_or(text));
    }
    let listed = origins.listed().iter().map(Origin::as_str);
    listed.chain([DOCUMENTED]).find_map(|origin| {
        let (start, rest) = text.split_at_checked(origin.len())?;
        let rest = rest.strip_prefix('/')?;
        start.eq_ignore_ascii_case(origin).then_some(rest)
    })
}

/// The tenant, where one is named, and what follows it: behind `v1.0/` and `beta/`, where it may
/// stand, and behind `v2/`, where it always does.
fn without_version(rest: &str) -> (Option<&str>, &str) {
    let internal = rest.strip_prefix("v2/");
    if let Some((tenant, rest)) = internal.and_then(|rest| rest.split_once('/')) {
        return (Some(tenant), rest);
    }
    let rest = path::split_version(rest).map_or(rest, |(_, rest)| rest);
    path::tenant(rest)
}

fn invalid(target: &str, why: &str) -> GraphError {
    GraphError::refused("Not a valid reference update.").detail(Detail::of(
        "InvalidReference",
        target,
        why,
    ))
}

#[cfg(test)]
mod tests {
    use super::parsed;
    use crate::http::origin::{Origin, Origins};

    #[test]
    fn references_in_every_documented_form() {
        let listed = ["https://localhost:8443", "http://localhost:8080"]
            .map(|text| Origin::parse(text).unwrap());
        let origins = Origins::new(listed.to_vec(), Vec::new()).unwrap();
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        let check = |text: &str, expected: Option<&str>| {
            let text = text.replace("{id}", id);
            let found = parsed(&text, &origins).map(|named| named.key.to_string());
            assert_eq!(found.ok().as_deref(), expected, "{text}");
        };
        for own in [
            "https://localhost:8443/v1.0/users/{id}",
            "http://localhost:8080/beta/users/{id}",
            "https://graph.microsoft.com/v1.0/users/{id}",
            "HTTPS://GRAPH.microsoft.com/v1.0/users/{id}",
            "https://graph.microsoft.com/v1.0/directoryObjects/{id}",
            "https://graph.microsoft.com/v2/0b0b/directoryObjects/{id}/Microsoft.DirectoryServices.User",
            "https://graph.microsoft.com/v1.0/users('{id}')",
            "https://graph.microsoft.com/v1.0/0b0b0b0b-44d7-43e1-9a83-5f2406dee5bd/directoryObjects/{id}",
            "https://graph.microsoft.com/beta/contoso.com/users/{id}",
            "https://localhost:8443/v1.0/myorganization/users('{id}')",
            "/v1.0/users/{id}",
            "v1.0/directoryObjects('{id}')",
            "directoryObjects/{id}",
            "directoryObjects/{id}/microsoft.graph.user",
            "users({id})",
            "Users/{id}/",
        ] {
            check(own, Some(id));
        }
        check("users/a@b.c", Some("a@b.c"));
        check("users('o''neil@b.c')", Some("o'neil@b.c"));
        check("users/a_b%23EXT%23@c.d", Some("a_b#EXT#@c.d"));
        for bad in [
            "https://evil.example/v1.0/users/{id}",
            "https://localhost:8443.evil.example/v1.0/users/{id}",
            "https://localhost:8443",
            "https://graph.microsoft.com/v1.0/groups/{id}",
            "https://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com/v1.0/users/{id}/manager",
            "https://graph.microsoft.com/v1.0/users/{id}?$select=id",
            "directoryObjects/a@b.c",
            "{id}",
            "",
            "users/",
            "users//{id}",
            "javascript://users/{id}",
        ] {
            check(bad, None);
        }
    }
}
