//! `/users/{key}/extensions`: open extensions of a user (P-extensions-1 to P-extensions-5), and
//! `$expand=extensions`.

use std::collections::HashMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use directory::{ExtensionFault, OpenExtension, UserKey};
use edm::open_extension::{self, EXTENSION_NAME, ID, Sent, View, shown};
use edm::{Members, user};
use odata::{Checked, Expansion, Item, OptionName, Selection, Shape};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use store::OpenExtensionRow;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::{Detail, GraphError};
use super::errors::not_served;
use super::operation::operations;
use super::page_token::{self, PageOf};
use super::prefer::{PREFERENCE_APPLIED, Prefer, Returns};
use super::render::{self, Context, Dress as _, ENTITY_ID, Page};
use super::users::subject;
use super::{breach, etag, expand, query};
use crate::http::headers::Metadata;

operations! {
    "AddExtension" {
        routes: [
            POST "users/{key}/extensions" => Depends,
            POST "me/extensions" => Person,
        ],
        cost: One, body: Json, leaves: ["Add open extension"],
        documented: 201, Differs("Open extensions"),
            "With `Location` and `ETag`; any JSON up to 2 KB, at most two of one app; names that differ only in case are the same",
            "graph_open_extensions"::"the_documented_example_is_answered_as_printed",
        run: |request, body| add(request, body)
    }
    "ListExtensions" {
        routes: [
            GET "users/{key}/extensions" => Depends,
            GET "me/extensions" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Pages by name; `$select`, `$top`, `$count`, `$filter=id eq '…'`",
            "graph_open_extensions"::"a_list_comes_in_pages_and_is_counted",
        run: |request| list(request)
    }
    "CountExtensions" {
        routes: [
            GET "users/{key}/extensions/$count" => Depends,
            GET "me/extensions/$count" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain; no header needed",
            "graph_open_extensions"::"a_list_comes_in_pages_and_is_counted",
        run: |request| count(request)
    }
    "ReadExtension" {
        routes: [
            GET "users/{key}/extensions/{other}" => Depends,
            GET "me/extensions/{other}" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "By its name in any case, or fully qualified; with `ETag`",
            "graph_open_extensions"::"every_form_of_a_name_and_of_a_user_leads_there",
        run: |request| read(request)
    }
    "ReplaceExtension" {
        routes: [
            PATCH "users/{key}/extensions/{other}" => Depends,
            PUT "users/{key}/extensions/{other}" => Depends,
            PATCH "me/extensions/{other}" => Person,
            PUT "me/extensions/{other}" => Person,
        ],
        cost: One, body: Json, leaves: ["Update open extension"],
        documented: 204, Differs("Open extensions"),
            "Members that are not sent are removed, as documented; `Prefer: return=representation` answers the extension",
            "graph_open_extensions"::"a_change_replaces_everything",
        run: |request, body| replace(request, body)
    }
    "RemoveExtension" {
        routes: [
            DELETE "users/{key}/extensions/{other}" => Depends,
            DELETE "me/extensions/{other}" => Person,
        ],
        cost: One, body: Nothing, leaves: ["Delete open extension"],
        documented: 204, Served,
            "At once and for good",
            "graph_open_extensions"::"what_is_removed_is_gone_and_its_place_is_free",
        run: |request| remove(request)
    }
}

/// Most extensions that one answer with `$expand` shows. With two kilobytes each, these are ten
/// megabytes.
const EXTENSIONS_SHOWN: usize = 5_000;

/// For how many users extensions are read at a time. [`EXTENSIONS_SHOWN`] is checked after each
/// time, so little more is read than an answer may show.
const USERS_AT_A_TIME: usize = 200;

/// The characters of a name that need no percent-encoding in a URL.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The error that clients get, in the words of the documented service where these are known
/// (P-extensions-4).
pub(super) fn refused(fault: ExtensionFault) -> GraphError {
    match fault {
        ExtensionFault::NotFound => {
            let message = "Extension with given id not found.";
            GraphError::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
        }
        ExtensionFault::Exists => {
            let message = "An extension already exists with given id.";
            let detail = Detail::of("ObjectConflict", EXTENSION_NAME.name(), message);
            GraphError::refused(message).detail(detail)
        }
        ExtensionFault::TooMany => {
            let message = "Maximum number of extensions values supported per application is 2.";
            let why = "this app has added two to this user";
            GraphError::broken(message).detail(Detail::of(
                "QuotaExceeded",
                EXTENSION_NAME.name(),
                why,
            ))
        }
        ExtensionFault::TooLarge => {
            let message = "Maximum size supported for each extension is : 2 KB.";
            let why =
                "its name and its members as JSON without white space are longer than 2048 bytes";
            GraphError::broken(message).detail(Detail::of("TooLarge", EXTENSION_NAME.name(), why))
        }
    }
}

/// POST …/extensions
pub async fn add(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let key = subject(request)?;
    let sent = described(call, sent, None).await?;
    let directory = &call.app.directory;
    let added = directory
        .add_open_extension(&request.actor, &key, sent)
        .await?;
    let url = format!("{}/{}", call.base(), own_path(added.user, &added.row.name));
    let returns = Prefer::of(call.headers).returns;
    let answer = if returns == Some(Returns::Minimal) {
        render::no_content().with(ENTITY_ID, &url)
    } else {
        one(call, StatusCode::CREATED, &added, None)
    };
    Ok(preferred(answer, returns).located(&url))
}

/// GET …/extensions/{name}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let ty = request.entity(&open_extension::TYPE);
    let options = query::checked(call.query, ty, call.version, Shape::Single)?;
    let directory = &call.app.directory;
    let found = directory
        .open_extension(&request.actor, &subject(request)?, call.other()?)
        .await?;
    if etag::is_known(call.headers, found.row.version) {
        return Ok(StatusCode::NOT_MODIFIED
            .into_response()
            .versioned(found.row.version));
    }
    Ok(one(call, StatusCode::OK, &found, options.select.as_ref()))
}

/// PATCH and PUT …/extensions/{name}
pub async fn replace(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let key = subject(request)?;
    let name = call.other()?;
    let sent = described(call, sent, Some(name)).await?;
    let condition = etag::condition(call.headers);
    let (directory, actor) = (&call.app.directory, &request.actor);
    let which = (&key, name);
    let replaced = directory.replace_open_extension(actor, which, sent.members, condition);
    let replaced = replaced.await?;
    let returns = Prefer::of(call.headers).returns;
    // The actor may write, but only an actor who may also read gets the representation.
    let is_shown = returns == Some(Returns::Representation)
        && directory
            .open_extension(actor, &UserKey::Id(replaced.user), name)
            .await
            .is_ok();
    if is_shown {
        let answer = one(call, StatusCode::OK, &replaced, None);
        return Ok(preferred(answer, returns));
    }
    let applied = returns.filter(|returns| *returns == Returns::Minimal);
    Ok(preferred(render::no_content(), applied))
}

/// DELETE …/extensions/{name}
pub async fn remove(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let key = subject(request)?;
    let condition = etag::condition(call.headers);
    let directory = &call.app.directory;
    directory
        .remove_open_extension(&request.actor, (&key, call.other()?), condition)
        .await?;
    Ok(render::no_content())
}

/// GET …/extensions
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = options(request, Shape::Collection)?;
    let only = only(&options)?;
    let canonical = options.canonical();
    let bound = format!("{}/{}?{canonical}", call.version, call.path);
    let token = token(request, &bound);
    let directory = &call.app.directory;
    let after = match &options.skip_token {
        Some(sealed) => Some(opened(request, &token, sealed)?),
        None => None,
    };
    let (actor, key) = (&request.actor, subject(request)?);
    let breaches = directory.judge(actor, &options).await?;
    let which = (only.as_deref(), after);
    let found = directory
        .open_extensions(actor, &key, which, options.page_size())
        .await?;
    let count = match (options.count && options.skip_token.is_none(), &only) {
        (false, _) => None,
        (true, Some(_)) => u64::try_from(found.rows.len()).ok(),
        (true, None) => {
            let count = directory.count_open_extensions(actor, &key).await?;
            u64::try_from(count).ok()
        }
    };
    let next = match &found.next {
        Some(last) => Some(call.next_link(call.path, &canonical, &sealed(request, &token, last)?)),
        None => None,
    };
    let selected = names(options.select.as_ref());
    let set = set(found.user);
    let context = Context {
        set: &set,
        selected: selected.as_ref().map(|names| names.join(",")),
        single: false,
    };
    let view = view(call, selected.as_deref());
    let items = found
        .rows
        .iter()
        .map(|row| item(call, found.user, row, view));
    let about = Page {
        count,
        next: next.as_deref(),
    };
    let text = render::page(call, &context, &about, items);
    let notes = breach::notes(&breaches);
    Ok(render::json(call, StatusCode::OK, text).noted(notes.iter().map(String::as_str)))
}

/// GET …/extensions/$count
pub async fn count(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let options = options(request, Shape::Count)?;
    let (directory, actor) = (&request.call.app.directory, &request.actor);
    let key = subject(request)?;
    let breaches = directory.judge(actor, &options).await?;
    let count = match only(&options)? {
        None => directory.count_open_extensions(actor, &key).await?,
        Some(only) => {
            let found = directory.open_extensions(actor, &key, (Some(&only), None), 1);
            i64::try_from(found.await?.rows.len()).unwrap_or(i64::MAX)
        }
    };
    let notes = breach::notes(&breaches);
    Ok(render::count(count).noted(notes.iter().map(String::as_str)))
}

/// `$expand=extensions`: the members to append to each of these users.
pub(super) async fn within(
    request: &Authorised<'_>,
    expansion: &Expansion,
    ids: Vec<Uuid>,
    out: &mut HashMap<Uuid, Members>,
) -> Result<(), GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let selected = names(expansion.select.as_ref());
    let view = view(call, selected.as_deref());
    let name = expansion.navigation.property.name();
    let most = usize::from(expand::MOST);
    let mut left = EXTENSIONS_SHOWN;
    for some in ids.chunks(USERS_AT_A_TIME) {
        // One more than is shown is read: it tells whether the answer needs a link to the rest.
        let found = directory
            .expand_open_extensions(
                &request.actor,
                some.to_vec(),
                expansion.id.as_deref(),
                expand::MOST + 1,
            )
            .await?;
        for (of, rows) in found {
            left = left
                .checked_sub(rows.len().min(most))
                .ok_or_else(too_many)?;
            let mut more = Members::new();
            if call.metadata != Metadata::None {
                let context = format!("{}/$metadata#{}", call.base(), set(of));
                more.text(&format!("{name}@odata.context"), &context);
            }
            let items = rows.iter().take(most);
            more.list(name, items.map(|row| item(call, of, row, view)));
            if let Some(last) = rows.get(most - 1).filter(|_| rows.len() > most) {
                let link = next_of(request, of, expansion, &open_extension::key(&last.name))?;
                more.text(&format!("{name}@odata.nextLink"), &link);
            }
            out.entry(of).or_default().append(&more);
        }
    }
    Ok(())
}

fn too_many() -> GraphError {
    let message = "$expand shows too many extensions in one answer. Ask for a smaller page.";
    let why = "more extensions than one answer shows";
    GraphError::query(message).detail(Detail::of("InvalidQueryOption", "$expand", why))
}

/// The link to those extensions of a user that `$expand` does not show.
fn next_of(
    request: &Authorised<'_>,
    of: Uuid,
    expansion: &Expansion,
    last: &str,
) -> Result<String, GraphError> {
    let call = &request.call;
    let canonical = match &expansion.select {
        Some(selection) => format!("$select={}", selection.canonical_text()),
        None => String::new(),
    };
    let path = format!("{}/{of}/{}", user::TYPE.set, user::EXTENSIONS.name());
    let bound = format!("{}/{path}?{canonical}", call.version);
    let sealed = sealed(request, &token(request, &bound), last)?;
    Ok(call.next_link(&path, &canonical, &sealed))
}

fn token<'a>(request: &Authorised<'_>, bound: &'a str) -> PageOf<'a> {
    PageOf {
        collection: user::EXTENSIONS.name(),
        tenant: request.actor.tenant,
        query: bound,
    }
}

fn sealed(request: &Authorised<'_>, token: &PageOf<'_>, last: &str) -> Result<String, GraphError> {
    let directory = &request.call.app.directory;
    let (keys, nonce) = (directory.keys(), directory.ids().nonce());
    token
        .token(&keys.page, directory.now(), nonce, last.as_bytes())
        .map_err(|error| GraphError::internal(error.to_string()))
}

fn opened(
    request: &Authorised<'_>,
    token: &PageOf<'_>,
    sealed: &str,
) -> Result<String, GraphError> {
    let directory = &request.call.app.directory;
    token
        .position(&directory.keys().page, directory.now(), sealed)
        .and_then(|position| String::from_utf8(position).ok())
        .ok_or_else(page_token::expired)
}

/// The options of a list or a count.
fn options(request: &Authorised<'_>, shape: Shape) -> Result<Checked, GraphError> {
    let ty = request.entity(&open_extension::TYPE);
    let options = query::searched(&request.call, ty, shape)?;
    let sent = [
        (options.search_text.is_some(), OptionName::Search),
        (!options.order.is_empty(), OptionName::OrderBy),
        (options.explain, OptionName::Explain),
    ];
    match sent.into_iter().find(|(sent, _)| *sent) {
        Some((_, option)) => Err(not_served(option.as_str())),
        None => Ok(options),
    }
}

/// The one name that `$filter` asks for.
fn only(options: &Checked) -> Result<Option<String>, GraphError> {
    let Some(text) = &options.filter_text else {
        return Ok(None);
    };
    let is_name = |name: &str| {
        let mut names = [ID.name(), EXTENSION_NAME.name()].into_iter();
        names.any(|own| own.eq_ignore_ascii_case(name))
    };
    match odata::equality(text) {
        Some((name, value)) if is_name(&name) => Ok(Some(value)),
        _ => {
            let why = "extensions are found by id eq '…' alone";
            Err(super::errors::not_served_because(
                OptionName::Filter.as_str(),
                why,
            ))
        }
    }
}

/// The extension that a body describes.
async fn described(
    call: &Call<'_>,
    sent: Incoming,
    known: Option<&str>,
) -> Result<Sent, GraphError> {
    let (json, bytes) = body::json(call.headers, sent).await?;
    let sent = open_extension::check(&json, &bytes, known);
    Ok(sent.map_err(directory::Refusal::Body)?)
}

/// The selected names, including those that no type declares.
fn names(select: Option<&Selection>) -> Option<Vec<String>> {
    let name = |item: &Item| match item {
        Item::Star => "*".to_owned(),
        Item::Declared(property) => property.name().to_owned(),
        Item::Tracked(link) => link.property.name().to_owned(),
        // After a slash the path goes into the property.
        Item::Ignored(path) => path.split('/').next().unwrap_or(path).to_owned(),
    };
    select.map(|selection| selection.items().iter().map(name).collect())
}

fn view<'a>(call: &Call<'_>, selected: Option<&'a [String]>) -> View<'a> {
    View {
        selected,
        bare: call.metadata == Metadata::None,
    }
}

/// A user's extensions, as an `@odata.context` names them.
fn set(of: Uuid) -> String {
    format!("{}('{of}')/{}", user::TYPE.set, user::EXTENSIONS.name())
}

/// The path of an extension, behind the version.
fn own_path(of: Uuid, name: &str) -> String {
    let quoted = name.replace('\'', "''");
    let name = utf8_percent_encode(&quoted, PLAIN);
    format!(
        "{}/{of}/{}('{name}')",
        user::TYPE.set,
        user::EXTENSIONS.name()
    )
}

fn item(call: &Call<'_>, of: Uuid, row: &OpenExtensionRow, view: View<'_>) -> Members {
    let mut members = Members::new();
    if call.metadata == Metadata::Full {
        let own = own_path(of, &row.name);
        members.text("@odata.id", &format!("{}/{own}", call.base()));
        members.text("@odata.editLink", &own);
    }
    members.append(&shown(&row.name, &row.members, view));
    members
}

fn one(
    call: &Call<'_>,
    status: StatusCode,
    extension: &OpenExtension,
    select: Option<&Selection>,
) -> Response {
    let OpenExtension { user, row } = extension;
    let selected = names(select);
    let set = set(*user);
    let context = Context {
        set: &set,
        selected: selected.as_ref().map(|names| names.join(",")),
        single: true,
    };
    let members = item(call, *user, row, view(call, selected.as_deref()));
    let text = render::object(call, &context, &members);
    render::json(call, status, text).versioned(row.version)
}

/// Says which preference was applied.
fn preferred(answer: Response, applied: Option<Returns>) -> Response {
    match applied {
        Some(returns) => answer.with(PREFERENCE_APPLIED, returns.applied()),
        None => answer,
    }
}
