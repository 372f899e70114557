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
        run: |asked| users(asked)
    }
    "FollowObjects" {
        routes: [GET "directoryObjects/delta()" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users/delta"),
            "[Below](#changes); users are the only objects there are",
            "graph_delta_objects"::"objects_are_followed_by_type_and_id",
        run: |asked| objects(asked)
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
pub async fn users(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    changes(asked, Changed::Users).await
}

/// GET /directoryObjects/delta
pub async fn objects(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    changes(asked, Changed::Objects).await
}

/// The set, in contexts and links.
const fn set(of: Changed) -> &'static str {
    match of {
        Changed::Users => user::TYPE.set,
        Changed::Objects => entity::DIRECTORY_OBJECT.set,
    }
}

async fn changes(asked: &Authorised<'_>, of: Changed) -> Result<Response, GraphError> {
    let (call, actor) = (&asked.call, &asked.actor);
    let scope = Scope {
        tenant: actor.tenant,
        version: call.version,
        of,
    };
    let prefer = Prefer::of(call.headers);
    let asking = asking(asked, scope, prefer)?;
    let directory = &call.app.directory;
    let size = match asking.page_size {
        0 => asking.query.top.unwrap_or(PAGE),
        preferred => preferred,
    };
    let page = if asking.latest {
        let items = Vec::new();
        let next = directory.latest_delta(actor).await?;
        DeltaPage { items, next }
    } else {
        directory
            .users_delta(actor, asking.place, followed(&asking.query), size)
            .await
            .map_err(|refusal| begin_anew(call, &asking, refusal))?
    };
    answer(asked, scope, &asking, &page, prefer)
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
fn asking(
    asked: &Authorised<'_>,
    scope: Scope,
    prefer: Prefer,
) -> Result<DeltaRequest, GraphError> {
    let call = &asked.call;
    let ty = asked.entity(&user::TYPE);
    let sent = query::delta(call.query, scope.of, ty, call.version)?;
    let directory = &call.app.directory;
    let mut asking = DeltaRequest {
        of: scope.of,
        place: None,
        latest: false,
        page_size: prefer.page_size.unwrap_or(0),
        minimal: prefer.returns == Some(Returns::Minimal),
        query: sent,
    };
    let said = if let Some(token) = asking.query.skip_token.take() {
        let said = scope.open(directory, false, &token);
        said.map_err(|_| page_token())?
    } else if let Some(token) = asking.query.delta_token.take() {
        match token.as_str() {
            "" => return Ok(asking),
            text if text.eq_ignore_ascii_case(LATEST) => {
                asking.latest = true;
                return Ok(asking);
            }
            token => scope
                .open(directory, true, token)
                .map_err(|useless| match useless {
                    Useless::Foreign => delta_token(),
                    Useless::Expired => {
                        let why = Resync::TooOld;
                        begin_anew(call, &asking, Refusal::Resync { after: 0, why })
                    }
                })?,
        }
    } else {
        return Ok(asking);
    };
    agree(&mut asking, &said, asked)?;
    Ok(asking)
}

/// The options in the token stay in force. Beside a `$skiptoken` only the same ones may be sent;
/// beside a `$deltatoken` a new `$select` or `$top` takes effect, since they change only how the
/// next round is shown.
fn agree(
    asking: &mut DeltaRequest,
    said: &TokenContent,
    asked: &Authorised<'_>,
) -> Result<(), GraphError> {
    let ty = asked.entity(&user::TYPE);
    let held = query::delta(&said.query, asking.of, ty, asked.call.version)?;
    let sent = &asking.query;
    let canonical = sent.canonical();
    let other = !canonical.is_empty() && canonical != said.query;
    let is_filter = sent.only.is_some() || !sent.types.is_empty();
    let filters = is_filter && (&sent.only, &sent.types) != (&held.only, &held.types);
    if said.place.is_end() {
        if filters {
            return Err(delta_token());
        }
    } else if other {
        return Err(page_token());
    }
    let ignores_expand = sent.ignores_expand;
    let sent = std::mem::replace(&mut asking.query, held);
    asking.query.ignores_expand = ignores_expand;
    if sent.select.is_some() {
        asking.query.select = sent.select;
        asking.query.ignored = sent.ignored;
    }
    asking.query.top = sent.top.or(asking.query.top);
    asking.place = Some(said.place);
    if asking.page_size == 0 && sent.top.is_none() {
        asking.page_size = said.page_size;
    }
    asking.minimal |= said.minimal;
    Ok(())
}

fn answer(
    asked: &Authorised<'_>,
    scope: Scope,
    asking: &DeltaRequest,
    page: &DeltaPage,
    prefer: Prefer,
) -> Result<Response, GraphError> {
    let call = &asked.call;
    let query = &asking.query;
    let is_end = page.next.is_end();
    let said = TokenContent {
        place: page.next,
        query: query.canonical(),
        page_size: asking.page_size,
        // Kept until the round ends: the request for the next round sends its own Prefer header.
        minimal: asking.minimal && !is_end,
    };
    let token = scope.seal(&call.app.directory, &said)?;
    let (link, option) = if is_end {
        ("@odata.deltaLink", "$deltatoken")
    } else {
        ("@odata.nextLink", "$skiptoken")
    };
    let url = format!("{}?{option}={token}", url(call, asking.of));
    let shown = shown(query, asked);
    let items = page
        .items
        .iter()
        .map(|one| item(asked, one, &shown, asking));
    let items: Vec<_> = items.collect::<Result<_, _>>()?;
    let context = Context {
        set: set(asking.of),
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
fn shown(query: &DeltaQuery, asked: &Authorised<'_>) -> Vec<Prop> {
    match &query.select {
        Some(selection) => selection.properties().to_vec(),
        None => asked
            .entity(&user::TYPE)
            .properties()
            .filter(|property| property.is_default_in(asked.call.version))
            .collect(),
    }
}

/// The members of one user.
fn item(
    asked: &Authorised<'_>,
    item: &DeltaItem,
    shown: &[Prop],
    asking: &DeltaRequest,
) -> Result<Members, GraphError> {
    let call = &asked.call;
    let ty = asked.entity(&user::TYPE);
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
            return Ok(match asking.of {
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
    let whole = !asking.minimal || touched.is_none_or(|touched| touched.is_whole);
    let mut properties: Vec<&Property> = shown
        .iter()
        .map(AsRef::as_ref)
        .filter(|property| whole || is_touched(property))
        .collect();
    properties.push(&user::ID);
    let record = call.app.directory.record(&asked.actor, row)?;
    let members = document::changes(&record, &properties, is_touched);
    let mut members = match asking.of {
        Changed::Users => render::entity(call, ty, row.id, &members),
        Changed::Objects => render::typed(call, ty, row.id, &members),
    };
    if let Some(managers) = managers(asked, touched, manager) {
        members.append(&managers);
    }
    Ok(members)
}

/// `manager@delta`: former managers as removed, then the present one. `None` where there is
/// neither.
fn managers(
    asked: &Authorised<'_>,
    touched: Option<&Touched>,
    now: Option<Uuid>,
) -> Option<Members> {
    let change = touched.and_then(|touched| touched.manager.as_ref());
    let lost = change.map_or(&[][..], |change| &change.lost);
    let lost = lost.iter().filter(|id| Some(**id) != now);
    let lost = lost.map(|id| (*id, removed(*id, "deleted")));
    let now = now.map(|id| (id, identified(id)));
    let entry = |(id, members)| render::typed(&asked.call, asked.entity(&user::TYPE), id, &members);
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
fn begin_anew(call: &Call<'_>, asking: &DeltaRequest, refusal: Refusal) -> GraphError {
    let is_resync = matches!(refusal, Refusal::Resync { .. });
    let error = GraphError::from(refusal);
    if !is_resync {
        return error;
    }
    let canonical = asking.query.canonical();
    let joint = if canonical.is_empty() { "" } else { "&" };
    error.header(
        LOCATION,
        format!("{}?{canonical}{joint}$deltatoken=", url(call, asking.of)),
    )
}

fn page_token() -> GraphError {
    let message = "The page token is not valid, has expired, or belongs to another query. Begin again with the last \
                   delta link.";
    let mut error = GraphError::query(message);
    error.code = code::EXPIRED_PAGE_TOKEN;
    error
}

fn delta_token() -> GraphError {
    let message = "The delta token is not valid or belongs to another query.";
    GraphError::refused(message).detail(Detail::of("InvalidQueryOption", "$deltatoken", message))
}
