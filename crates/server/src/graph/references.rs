//! `/users/$ref`: adding somebody by either document, and the collection of references.

use axum::http::StatusCode;
use axum::response::Response;
use directory::{Added, UserKey};
use edm::reference::{Document, Reference, Who, check};
use edm::{Members, Property, document, invitation, user};
use odata::Shape;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::{Detail, GraphError};
use super::operation::operations;
use super::paging::Pages;
use super::prefer::{PREFERENCE_APPLIED, Prefer, Returns};
use super::render::{self, Context, Dress as _, ENTITY_ID};
use super::{query, reference};
use crate::http::headers::Metadata;

operations! {
    "ListReferences" {
        routes: [GET "users/$ref" => Needs(ListUsers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`@odata.id` of each, in pages",
            "graph_references"::"references_come_in_pages",
        run: |request| list(request)
    }
    "AddReference" {
        routes: [POST "users/$ref" => Depends],
        cost: One, body: Json, leaves: ["Add user", "Invite external user"],
        documented: 204, Differs("POST /users/$ref"),
            "By `@odata.type`: \"Add invitedUser\" or \"Add pendingMembers\"",
            "graph_reference_rows"::"every_row_of_both_tables_with_real_values",
        run: |request, body| add(request, body)
    }
}

/// The entity set's name.
const SET: &str = user::TYPE.set;
/// The collection as page tokens name it: those of GET /users are of another.
const COLLECTION: &str = "users/$ref";

/// POST /users/$ref
pub async fn add(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = request;
    let directory = &call.app.directory;
    let json = body::json(call.headers, body).await?.0;
    let Reference {
        document,
        sent_type,
        who,
    } = check(&json, request.entity(&user::TYPE)).map_err(directory::Refusal::Body)?;
    let (added, ignored) = match (document, who) {
        (document, Who::New { body, ignored }) => {
            let body = reference::resolve(request, body).await?;
            let added = match document {
                Document::InvitedUser => directory.add_invited_user(actor, body).await,
                Document::PendingMember => directory.add_pending_member(actor, body).await,
            };
            (added, ignored)
        }
        (document, link) => {
            let key = match link {
                Who::Url(url) => reference::read(request, &url, "@odata.id").await?,
                Who::Id(id) => UserKey::Id(id),
                Who::New { .. } => return Err(GraphError::internal("a body both new and known")),
            };
            let added = match document {
                Document::InvitedUser => directory.link_invited_user(actor, &key).await,
                Document::PendingMember => directory.link_pending_member(actor, &key).await,
            };
            (added, Vec::new())
        }
    };
    let added = added.map_err(|refusal| by_own_names(refusal.into()))?;
    Ok(answer(call, document, sent_type, &added, &ignored))
}

/// 204, or 201 with the user if the request made them and the client prefers to see them.
fn answer(
    call: &Call<'_>,
    document: Document,
    sent_type: Option<String>,
    added: &Added,
    ignored: &[&'static Property],
) -> Response {
    let url = url_of(call, added.id);
    let answer = match &added.created {
        Some(record) if Prefer::of(call.headers).returns == Some(Returns::Representation) => {
            let shown: Vec<_> = document
                .properties()
                .filter(|property| {
                    property.is_in(call.version) && **property != user::PASSWORD_PROFILE
                })
                .collect();
            let members = document::select(record, &shown, true);
            let context = Context {
                set: SET,
                selected: None,
                single: true,
            };
            let name = sent_type.unwrap_or_else(|| format!("#{}", document.type_name()));
            let mut all = Members::new();
            if call.metadata != Metadata::None {
                all.text("@odata.type", &name);
            }
            all.append(&members);
            let text = render::object(call, &context, &all);
            render::json(call, StatusCode::CREATED, text)
                .with(PREFERENCE_APPLIED, Returns::Representation.applied())
        }
        _ => render::no_content(),
    };
    let note = render::set_by_server_note(ignored.iter().chain(&added.ignored).copied());
    let notes = added.notes.iter().map(|note| note.text());
    answer
        .located(&url)
        .with(ENTITY_ID, &url)
        .noted(notes.chain(note.as_deref()))
}

/// `https://host/v1.0/users('id')`
fn url_of(call: &Call<'_>, id: Uuid) -> String {
    format!("{}/{SET}('{id}')", call.base())
}

/// The rules of invitations tell faults by the names of an invitation; here the address came as
/// `mail`, and the redirect from a setting.
fn by_own_names(mut error: GraphError) -> GraphError {
    for detail in &mut error.details {
        let Some(target) = &mut detail.target else {
            continue;
        };
        if *target == invitation::INVITED_USER_EMAIL_ADDRESS.name() {
            user::MAIL.name().clone_into(target);
        } else if *target == invitation::INVITE_REDIRECT_URL.name() {
            "default_redirect".clone_into(target);
        }
    }
    error
}

/// GET /users/$ref
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&user::TYPE),
        call.version,
        Shape::Collection,
    )?;
    if options.select.is_some() {
        let why = "a reference has no properties to select";
        let error = GraphError::query("The query option '$select' is not supported.");
        return Err(error.detail(Detail::of("InvalidQueryOption", "$select", why)));
    }
    let pages = Pages::of(request, COLLECTION, COLLECTION, &options);
    let after = pages.after(&options)?;
    let directory = &call.app.directory;
    let found = directory
        .users(&request.actor, after, options.page_size())
        .await?;
    let next = pages.next(found.next)?;
    let context = Context {
        set: "Collection($ref)",
        selected: None,
        single: false,
    };
    let items = found
        .rows
        .iter()
        .map(|row| render::link(&url_of(call, row.id)));
    let text = render::collection(call, &context, next.as_deref(), items);
    Ok(render::json(call, StatusCode::OK, text))
}

/// A reference to one user.
pub fn one(call: &Call<'_>, id: Uuid) -> Response {
    let context = Context {
        set: "$ref",
        selected: None,
        single: false,
    };
    let members = render::link(&url_of(call, id));
    render::json(
        call,
        StatusCode::OK,
        render::object(call, &context, &members),
    )
}
