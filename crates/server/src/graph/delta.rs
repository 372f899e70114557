//! GET /users/delta and GET /directoryObjects/delta: reads the query and its token, asks the
//! directory for a page, renders it. Users are the only directory objects here, so the second route
//! answers with the same items, each with its type.

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::Response;
use directory::{DeltaItem, DeltaPage, DeltaPlace, Followed, Managers, Refusal, Removal, Resync};
use edm::{Members, Prop, Property, document, entity, user};
use odata::{Changed, DeltaQuery, Selection};
use store::Touched;
use uuid::Uuid;

use super::call::{Authorised, Call};
use super::delta_token::{Scope, TokenContent, Useless};
use super::envelope::{Detail, GraphError, code};
use super::operation::operations;
use super::prefer::{PREFERENCE_APPLIED, Prefer, Returns};
use super::query;
use super::render::{self, Context, Dress as _};

operations! {
    "FollowUsers" {
        routes: [GET "users/delta()" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users/delta"),
            "[Below](#changes)",
            "graph_delta"::"a_walk_then_rounds",
        run: |request| users(request)
    }
    "FollowObjects" {
        routes: [GET "directoryObjects/delta()" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users/delta"),
            "[Below](#changes); users are the only objects there are",
            "graph_delta_objects"::"objects_are_followed_by_type_and_id",
        run: |request| objects(request)
    }
}

/// Users on a page where the client does not say, as the documented service has it.
const PAGE: u16 = 200;

/// Asks for what is still to come, and nothing of what is there.
const LATEST: &str = "latest";

/// What is asked for, once the token was opened.
struct DeltaRequest {
    of: Changed,
    query: DeltaQuery,
    place: Option<DeltaPlace>,
    latest: bool,
    page_size: u16,
    minimal: bool,
}

/// GET /users/delta
pub async fn users(request: &Authorised<'_>) -> Result<Response, GraphError> {
    changes(request, Changed::Users).await
}

/// GET /directoryObjects/delta
pub async fn objects(request: &Authorised<'_>) -> Result<Response, GraphError> {
    changes(request, Changed::Objects).await
}

/// The set, in contexts and links.
const fn set(of: Changed) -> &'static str {
    match of {
        Changed::Users => user::TYPE.set,
        Changed::Objects => entity::DIRECTORY_OBJECT.set,
    }
}

async fn changes(request: &Authorised<'_>, of: Changed) -> Result<Response, GraphError> {
    let (call, actor) = (&request.call, &request.actor);
    let scope = Scope {
        tenant: actor.tenant,
        version: call.version,
        of,
    };
    let prefer = Prefer::of(call.headers);
    let params = params(request, scope, prefer)?;
    let directory = &call.app.directory;
    let size = match params.page_size {
        0 => params.query.top.unwrap_or(PAGE),
        preferred => preferred,
    };
    let page = if params.latest {
        let items = Vec::new();
        let next = directory.latest_delta(actor).await?;
        DeltaPage { items, next }
    } else {
        directory
            .users_delta(actor, params.place, followed(&params.query), size)
            .await
            .map_err(|refusal| begin_anew(call, &params, refusal))?
    };
    answer(request, scope, &params, &page, prefer)
}

/// Whom the client follows. Managers come unless a `$select` leaves them out.
fn followed(query: &DeltaQuery) -> Followed {
    let managers = match &query.select {
        Some(selection) if selection.tracks(&user::MANAGER_NAVIGATION) => Managers::Asked,
        Some(selection) if !selection.is_all() => Managers::Left,
        None | Some(_) => Managers::Offered,
    };
    let selection = query
        .select
        .as_ref()
        .filter(|selection| !selection.is_all());
    // With both ids and types, both must hold: an object is followed if its id is named and its
    // type is.
    let is_of_type = query.types.is_empty() || query.types.contains(&user::TYPE.name);
    Followed {
        only: if is_of_type {
            query.only.clone()
        } else {
            Some(Vec::new())
        },
        managers,
        properties: selection.map(|selection| selection.properties().to_vec()),
    }
}

/// Reads the query, and the one that the token holds.
fn params(
    request: &Authorised<'_>,
    scope: Scope,
    prefer: Prefer,
) -> Result<DeltaRequest, GraphError> {
    let call = &request.call;
    let ty = request.entity(&user::TYPE);
    let sent = query::delta(call.query, scope.of, ty, call.version)?;
    let directory = &call.app.directory;
    let mut params = DeltaRequest {
        of: scope.of,
        place: None,
        latest: false,
        page_size: prefer.page_size.unwrap_or(0),
        minimal: prefer.returns == Some(Returns::Minimal),
        query: sent,
    };
    let token_content = if let Some(token) = params.query.skip_token.take() {
        let token_content = scope.open(directory, false, &token);
        token_content.map_err(|_| expired_page_token())?
    } else if let Some(token) = params.query.delta_token.take() {
        match token.as_str() {
            "" => return Ok(params),
            text if text.eq_ignore_ascii_case(LATEST) => {
                params.latest = true;
                return Ok(params);
            }
            token => scope
                .open(directory, true, token)
                .map_err(|useless| match useless {
                    Useless::Foreign => invalid_delta_token(),
                    Useless::Expired => {
                        let why = Resync::TooOld;
                        begin_anew(call, &params, Refusal::Resync { after: 0, why })
                    }
                })?,
        }
    } else {
        return Ok(params);
    };
    agree(&mut params, &token_content, request)?;
    Ok(params)
}

/// The options in the token stay in force. Beside a `$skiptoken` only the same ones may be sent;
/// beside a `$deltatoken` a new `$select` or `$top` takes effect, since they change only how the
/// next round is shown.
fn agree(
    params: &mut DeltaRequest,
    token_content: &TokenContent,
    request: &Authorised<'_>,
) -> Result<(), GraphError> {
    let ty = request.entity(&user::TYPE);
    let token_query = query::delta(&token_content.query, params.of, ty, request.call.version)?;
    let sent = &params.query;
    let canonical = sent.canonical();
    let other = !canonical.is_empty() && canonical != token_content.query;
    let is_filter = sent.only.is_some() || !sent.types.is_empty();
    let filters = is_filter && (&sent.only, &sent.types) != (&token_query.only, &token_query.types);
    if token_content.place.is_end() {
        if filters {
            return Err(invalid_delta_token());
        }
    } else if other {
        return Err(expired_page_token());
    }
    let ignores_expand = sent.ignores_expand;
    let sent = std::mem::replace(&mut params.query, token_query);
    params.query.ignores_expand = ignores_expand;
    if sent.select.is_some() {
        params.query.select = sent.select;
        params.query.ignored = sent.ignored;
    }
    params.query.top = sent.top.or(params.query.top);
    params.place = Some(token_content.place);
    if params.page_size == 0 && sent.top.is_none() {
        params.page_size = token_content.page_size;
    }
    params.minimal |= token_content.minimal;
    Ok(())
}

fn answer(
    request: &Authorised<'_>,
    scope: Scope,
    params: &DeltaRequest,
    page: &DeltaPage,
    prefer: Prefer,
) -> Result<Response, GraphError> {
    let call = &request.call;
    let query = &params.query;
    let is_end = page.next.is_end();
    let token_content = TokenContent {
        place: page.next,
        query: query.canonical(),
        page_size: params.page_size,
        // Kept until the round ends: the request for the next round sends its own Prefer header.
        minimal: params.minimal && !is_end,
    };
    let token = scope.seal(&call.app.directory, &token_content)?;
    let (link, option) = if is_end {
        ("@odata.deltaLink", "$deltatoken")
    } else {
        ("@odata.nextLink", "$skiptoken")
    };
    let url = format!("{}?{option}={token}", url(call, params.of));
    let tracked = tracked_properties(query, request);
    let items = page
        .items
        .iter()
        .map(|one| item(request, one, &tracked, params));
    let items: Vec<_> = items.collect::<Result<_, _>>()?;
    let context = Context {
        set: set(params.of),
        selected: query.select.as_ref().map(Selection::context_names),
        single: false,
    };
    let text = render::tracked(call, &context, (link, &url), &items);
    let expand = "$expand was ignored: a manager is told as manager@delta";
    let notes = render::ignored_note(&query.ignored);
    let notes = notes
        .as_deref()
        .into_iter()
        .chain(query.ignores_expand.then_some(expand));
    let answer = render::json(call, StatusCode::OK, text).noted(notes);
    let mut applied = Vec::new();
    if let Some(size) = prefer.page_size {
        applied.push(format!("odata.maxpagesize={size}"));
    }
    if prefer.returns == Some(Returns::Minimal) {
        applied.push("return=minimal".to_owned());
    }
    Ok(if applied.is_empty() {
        answer
    } else {
        answer.with(PREFERENCE_APPLIED, &applied.join(", "))
    })
}

/// The properties that are tracked for this query.
fn tracked_properties(query: &DeltaQuery, request: &Authorised<'_>) -> Vec<Prop> {
    match &query.select {
        Some(selection) => selection.properties().to_vec(),
        None => request
            .entity(&user::TYPE)
            .properties()
            .filter(|property| property.is_default_in(request.call.version))
            .collect(),
    }
}

/// The members of one user.
fn item(
    request: &Authorised<'_>,
    item: &DeltaItem,
    tracked: &[Prop],
    params: &DeltaRequest,
) -> Result<Members, GraphError> {
    let call = &request.call;
    let ty = request.entity(&user::TYPE);
    let (row, touched, manager) = match item {
        DeltaItem::There {
            row,
            touched,
            manager,
        } => (row, touched.as_ref(), *manager),
        DeltaItem::Removed { id, why } => {
            let reason = match why {
                Removal::Changed => "changed",
                Removal::Deleted => "deleted",
            };
            let gone = removed(*id, reason);
            return Ok(match params.of {
                Changed::Users => gone,
                Changed::Objects => render::typed(call, ty, *id, &gone),
            });
        }
    };
    let is_touched = |property: &Property| {
        touched.is_some_and(|touched| {
            touched.is_unknown || touched.names.iter().any(|name| name == property.name())
        })
    };
    let whole = !params.minimal || touched.is_none_or(|touched| touched.is_whole);
    let mut properties: Vec<&Property> = tracked
        .iter()
        .map(AsRef::as_ref)
        .filter(|property| whole || is_touched(property))
        .collect();
    properties.push(&user::ID);
    let record = call.app.directory.record(&request.actor, row)?;
    let members = document::changes(&record, &properties, is_touched);
    let mut members = match params.of {
        Changed::Users => render::entity(call, ty, row.id, &members),
        Changed::Objects => render::typed(call, ty, row.id, &members),
    };
    if let Some(managers) = managers(request, touched, manager) {
        members.append(&managers);
    }
    Ok(members)
}

/// `manager@delta`: former managers as removed, then the present one. `None` where there is
/// neither.
fn managers(
    request: &Authorised<'_>,
    touched: Option<&Touched>,
    now: Option<Uuid>,
) -> Option<Members> {
    let change = touched.and_then(|touched| touched.manager.as_ref());
    let lost = change.map_or(&[][..], |change| &change.lost);
    let lost = lost.iter().filter(|id| Some(**id) != now);
    let lost = lost.map(|id| (*id, removed(*id, "deleted")));
    let now = now.map(|id| (id, identified(id)));
    let entry =
        |(id, members)| render::typed(&request.call, request.entity(&user::TYPE), id, &members);
    let entries: Vec<_> = lost.chain(now).map(entry).collect();
    if entries.is_empty() {
        return None;
    }
    let mut members = Members::new();
    members.list(&format!("{}@delta", user::MANAGER.name()), entries);
    Some(members)
}

/// The id alone.
fn identified(id: Uuid) -> Members {
    let mut members = Members::new();
    members.text(user::ID.name(), &id.to_string());
    members
}

/// Somebody who is gone, and how.
fn removed(id: Uuid, reason: &str) -> Members {
    let mut why = Members::new();
    why.text("reason", reason);
    let mut members = identified(id);
    members.nested("@removed", &why);
    members
}

/// `https://host/v1.0/users/delta`
fn url(call: &Call<'_>, of: Changed) -> String {
    format!("{}/{}/delta", call.base(), set(of))
}

/// A refusal; where the client has to begin anew, with the URL to begin at.
fn begin_anew(call: &Call<'_>, params: &DeltaRequest, refusal: Refusal) -> GraphError {
    let is_resync = matches!(refusal, Refusal::Resync { .. });
    let error = GraphError::from(refusal);
    if !is_resync {
        return error;
    }
    let canonical = params.query.canonical();
    let joint = if canonical.is_empty() { "" } else { "&" };
    error.header(
        LOCATION,
        format!("{}?{canonical}{joint}$deltatoken=", url(call, params.of)),
    )
}

fn expired_page_token() -> GraphError {
    let message = "The page token is not valid, has expired, or belongs to another query. Begin again with the last \
                   delta link.";
    let mut error = GraphError::query(message);
    error.code = code::EXPIRED_PAGE_TOKEN;
    error
}

fn invalid_delta_token() -> GraphError {
    let message = "The delta token is not valid or belongs to another query.";
    GraphError::refused(message).detail(Detail::of("InvalidQueryOption", "$deltatoken", message))
}
