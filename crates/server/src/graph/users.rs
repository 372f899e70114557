//! /users and /me: a request to the directory's operation, and its outcome to an answer
//! (P-users-1 to P-users-13).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use directory::{PrefetchedUser, Subject, UserKey};
use edm::{Members, Prop, Purpose, Record, Version, document, user};
use odata::{Checked, OptionName, Selection, Shape};
use store::UserRow;

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::not_served;
use super::operation::operations;
use super::prefer::{PREFERENCE_APPLIED, Prefer, Returns};
use super::render::{self, Context, Dress as _, ENTITY_ID};
use super::{breach, etag, expand, query, reference};

operations! {
    "ReadUser" {
        routes: [GET "users/{key}" => Depends],
        cost: User, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users/{id}"),
            "By id or userPrincipalName, in either form of key, and by the alternate key `users(userPrincipalName='…')`; a cast to a user behind any path that leads to one changes nothing; `ETag`",
            "graph_users"::"a_user_answers_to_every_form_of_key",
        run: one_user
    }
    "UpdateUser" {
        routes: [PATCH "users/{key}" => Depends],
        cost: One, body: Json, leaves: ["Update user"],
        documented: 204, Differs("PATCH /users"),
            "Every writable property ([properties.md](properties.md)): null clears, complex values merge, collections are replaced",
            "graph_property_walk"::"every_writable_property_is_set_changed_merged_and_cleared",
        run: |request, body| update(request, body)
    }
    "DeleteUser" {
        routes: [DELETE "users/{key}" => Needs(DeleteUser)],
        cost: One, body: Nothing, leaves: ["Delete user"],
        documented: 204, Differs("DELETE /users"),
            "Soft: 30 days in deletedItems",
            "graph_users"::"a_deleted_user_is_gone_and_the_name_free",
        run: |request| delete(request)
    }
    "CreateUser" {
        routes: [POST "users" => Needs(CreateUser)],
        cost: One, body: Json, leaves: ["Add user"],
        documented: 201, Differs("POST /users"),
            "Work, social and local identities; `Location`; answers the default set and what was sent, never the password",
            "graph_users"::"the_documented_work_user_is_created_as_printed",
        run: |request, body| create(request, body)
    }
    "ReadMe" {
        routes: [GET "me" => Person],
        cost: User, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users/{id}"),
            "The user of the token",
            "oauth_bearer"::"a_persons_token_acts_as_the_person_for_as_long_as_the_account_is_enabled",
        run: |request| read_me(request)
    }
    "UpdateMe" {
        routes: [PATCH "me" => Person],
        cost: One, body: Json, leaves: ["Update user"],
        documented: 204, Differs("PATCH /users"),
            "What people may change of themselves",
            "graph_ratchet"::"every_route_of_oneself_answers_the_person",
        run: |request, body| update_me(request, body)
    }
    "RevokeSessions" {
        routes: [
            POST "users/{key}/revokeSignInSessions()" => Depends,
            POST "me/revokeSignInSessions()" => Person,
        ],
        cost: One, body: Nothing, leaves: ["Revoke sign-in sessions"],
        documented: 200, Served,
            "`value: true`, as the schema says, and not the 204 of an old note",
            "graph_parts"::"revoking_moves_the_instant_from_which_sessions_count",
        run: |request| revoke_sessions(request)
    }
}

/// The entity set's name, in contexts, links and page tokens.
const SET: &str = user::TYPE.set;

/// GET /users/{key}
pub async fn read(mut request: Authorised<'_>) -> Result<Response, GraphError> {
    let key = UserKey::parse(request.call.key()?);
    let prefetched = request.prefetched.take();
    one(&request, &key, prefetched).await
}

/// GET /me
pub async fn read_me(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = me(request)?;
    one(request, &key, None).await
}

/// One user. Without options the stored default set is sent as it lies.
pub(super) async fn one(
    request: &Authorised<'_>,
    key: &UserKey,
    prefetched: Option<PrefetchedUser>,
) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::searched(call, request.entity(&user::TYPE), Shape::Single)?;
    if options.explain {
        return Err(not_served(OptionName::Explain.as_str()));
    }
    let directory = &call.app.directory;
    let breaches = directory.judge(&request.actor, &options).await?;
    let row = match prefetched {
        Some(found) => directory.prefetched_user(&request.actor, key, found)?,
        None => Box::pin(directory.user(&request.actor, key)).await?,
    };
    let (id, version) = (row.id, row.version);
    // The version is the user's own: it says nothing of a manager who was changed.
    let is_alone = options.expand.is_empty();
    if is_alone && etag::is_known(call.headers, version) {
        return Ok(StatusCode::NOT_MODIFIED.into_response().versioned(version));
    }
    let context = Context {
        set: SET,
        selected: selected(&options),
        single: true,
    };
    let members = members(request, row, options.select.as_ref(), true)?;
    let mut members = render::whole_entity(call, request.entity(&user::TYPE), id, members);
    if !is_alone && let Some(more) = Box::pin(expand::of_one(request, &options.expand, id)).await? {
        members.append(&more);
    }
    let answer = render::json(
        call,
        StatusCode::OK,
        render::object(call, &context, &members),
    );
    let answer = if is_alone {
        answer.versioned(version)
    } else {
        answer
    };
    let notes = breach::notes(&breaches);
    let ignored = render::ignored_note(&options.ignored);
    let notes = notes.iter().map(String::as_str).chain(ignored.as_deref());
    Ok(answer.noted(notes))
}

/// The members of one user: the stored text where it is what was asked for, else rendered anew.
pub(super) fn members(
    request: &Authorised<'_>,
    row: UserRow,
    select: Option<&Selection>,
    single: bool,
) -> Result<Members, GraphError> {
    let call = &request.call;
    if select.is_none() && call.version == Version::V1 {
        return Ok(Members::stored(row.brief));
    }
    let record = call.app.directory.record(&request.actor, &row)?;
    Ok(match select {
        Some(selection) => document::select(&record, selection.properties(), single),
        None => document::default_set(&record, request.entity(&user::TYPE), call.version),
    })
}

pub(super) fn selected(options: &Checked) -> Option<String> {
    options.select.as_ref().map(Selection::context_names)
}

/// POST /users
pub async fn create(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = request;
    let (headers, version) = (call.headers, call.version);
    let ty = request.entity(&user::TYPE);
    let sent = body::checked(headers, body, ty, version, Purpose::Create).await?;
    let ignored = body::ignored_references(&sent.body);
    let body = reference::resolve(request, sent.body).await?;
    let created = call.app.directory.create_user(actor, body).await?;
    let notes = created
        .notes
        .iter()
        .map(|note| note.text())
        .chain(ignored.as_deref());
    let url = format!("{}/{SET}/{}", call.base(), created.row.id);
    let returns = Prefer::of(headers).returns;
    let answer = if returns == Some(Returns::Minimal) {
        render::no_content().with(ENTITY_ID, &url)
    } else {
        let shown = default_and(version, &created.set);
        write_answer(request, StatusCode::CREATED, &created.record, &shown)
    };
    Ok(preferred(answer, returns).located(&url).noted(notes))
}

/// A user that a write answers.
fn write_answer(
    request: &Authorised<'_>,
    status: StatusCode,
    record: &Record,
    shown: &[Prop],
) -> Response {
    let call = &request.call;
    let context = Context {
        set: SET,
        selected: None,
        single: true,
    };
    let members = document::select(record, shown, true);
    let id = record.text(&user::ID).unwrap_or_default();
    let members = render::entity(call, request.entity(&user::TYPE), id, &members);
    render::json(call, status, render::object(call, &context, &members))
}

/// Says which preference was applied.
fn preferred(answer: Response, applied: Option<Returns>) -> Response {
    match applied {
        Some(returns) => answer.with(PREFERENCE_APPLIED, returns.applied()),
        None => answer,
    }
}

/// What the 201 shows: the default set and what the request set, in table order, without the
/// password profile, which stands in beta's default set.
fn default_and(version: Version, set: &[Prop]) -> Vec<Prop> {
    let shown = |property: &Prop| {
        (property.is_default_in(version) || set.contains(property))
            && *property != user::PASSWORD_PROFILE
    };
    user::TYPE
        .properties
        .iter()
        .copied()
        .map(Prop::Core)
        .filter(shown)
        .chain(
            set.iter()
                .filter(|property| property.id().is_own())
                .cloned(),
        )
        .collect()
}

/// PATCH /users/{key}
pub async fn update(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let key = UserKey::parse(request.call.key()?);
    change(request, body, &key).await
}

/// PATCH /me
pub async fn update_me(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let key = me(request)?;
    change(request, body, &key).await
}

async fn change(
    request: &Authorised<'_>,
    body: Incoming,
    key: &UserKey,
) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = request;
    let (headers, version) = (call.headers, call.version);
    let ty = request.entity(&user::TYPE);
    let sent = body::checked(headers, body, ty, version, Purpose::Update).await?;
    let ignored = body::ignored_references(&sent.body);
    let body = reference::resolve(request, sent.body).await?;
    let condition = etag::condition(headers);
    let directory = &call.app.directory;
    let named: Vec<Prop> = body
        .set
        .iter()
        .map(|(property, _)| property.into())
        .collect();
    let told = render::set_by_server_note(body.told.properties());
    let row = directory.update_user(actor, key, body, condition).await?;
    let returns = Prefer::of(headers).returns;
    let answer = match returns {
        Some(Returns::Representation) => represented(request, row, &named)?,
        None | Some(Returns::Minimal) => None,
    };
    // A representation is for whoever may read; to others the preference is not applied, which no
    // client can count on.
    let applied = returns.filter(|returns| answer.is_some() || *returns == Returns::Minimal);
    let answer = answer.unwrap_or_else(render::no_content);
    let notes = ignored.as_deref().into_iter().chain(told.as_deref());
    Ok(preferred(answer, applied).noted(notes))
}

/// The user after a change, with the values it set, if the actor may see them.
fn represented(
    request: &Authorised<'_>,
    row: UserRow,
    set: &[Prop],
) -> Result<Option<Response>, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let Some(row) = directory.visible_to(&request.actor, row)? else {
        return Ok(None);
    };
    let mut shown = default_and(call.version, set);
    // What a permission of its own guards would look cleared to whoever lacks it.
    shown.retain(|property| !property.is_guarded());
    let record = directory.record(&request.actor, &row)?;
    let answer = write_answer(request, StatusCode::OK, &record, &shown);
    Ok(Some(answer.versioned(row.version)))
}

/// DELETE /users/{key}
pub async fn delete(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = UserKey::parse(request.call.key()?);
    let condition = etag::condition(request.call.headers);
    request
        .call
        .app
        .directory
        .delete_user(&request.actor, &key, condition)
        .await?;
    Ok(render::no_content())
}

/// POST …/revokeSignInSessions
pub async fn revoke_sessions(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    directory
        .revoke_sessions(&request.actor, &subject(request)?)
        .await?;
    let text = render::value(call, "Edm.Boolean", "true");
    Ok(render::json(call, StatusCode::OK, text))
}

/// Whom a route is about: the user of its key, or the signed-in person where it has none.
pub(super) fn subject(request: &Authorised<'_>) -> Result<UserKey, GraphError> {
    match request.call.params.key {
        Some(key) => Ok(UserKey::parse(key)),
        None => me(request),
    }
}

/// The signed-in person. An app has none.
fn me(request: &Authorised<'_>) -> Result<UserKey, GraphError> {
    match request.actor.subject {
        Subject::Person { user, .. } => Ok(UserKey::Id(user)),
        Subject::App { .. } | Subject::Guest { .. } | Subject::Server => {
            let message = "/me request is only valid with delegated authentication flow.";
            Err(GraphError::broken(message))
        }
    }
}
