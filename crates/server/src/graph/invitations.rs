//! /invitations (P-invitations-1 to P-invitations-4).

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use directory::invitations::{Idempotency, InvitationAnswer, Invited, RevokedGuest};
use directory::{Explained, FoundPage, UserKey};
use edm::{EntityType, Members, Purpose, invitation};
use odata::{Breach, Checked, Selection, Shape};
use store::Cursor;
use uuid::Uuid;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::{Detail, GraphError};
use super::errors::not_found;
use super::list::{self, Listed};
use super::operation::operations;
use super::render::{self, Context, Dress as _};
use super::{query, reference, references, users};
use crate::http::headers::GUEST;

operations! {
    "ListInvitations" {
        routes: [GET "invitations" => Needs(ReadInvitations)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /invitations"),
            "With `$filter`, `$orderby`, `$count` and `$select`; 404 in the strict manner",
            "graph_lists"::"invitations_are_filtered",
        run: |request| list::page::<Invitations>(request)
    }
    "CountInvitations" {
        routes: [GET "invitations/$count" => Needs(ReadInvitations)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /invitations"),
            "A number as text/plain, with `$filter`",
            "graph_lists"::"lists_are_counted_by_a_number_alone",
        run: |request| list::count::<Invitations>(request)
    }
    "Invite" {
        routes: [POST "invitations" => Needs(Invite)],
        cost: One, body: Json, leaves: ["Add user", "Invite external user"],
        documented: 201, Differs("POST /invitations"),
            "[Below](#invitations); the guest is there at once",
            "graph_invitations"::"the_documented_invitation_is_made_as_printed",
        run: |request, body| create(request, body)
    }
    "ReadInvitation" {
        routes: [GET "invitations/{key}" => Needs(ReadInvitations)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /invitations"),
            "Never the link",
            "graph_invitations"::"the_ticket_is_shown_once",
        run: |request| read(request)
    }
    "RevokeInvitation" {
        routes: [DELETE "invitations/{key}" => Needs(RevokeInvitation)],
        cost: One, body: Nothing, leaves: ["Delete user", "Revoke external user invitation"],
        documented: 204, Ours("DELETE /invitations/{id}"),
            "`x-vestibule-guest` says whether the guest was deleted with it; the link answers 410",
            "graph_invitation_end"::"a_revoked_invitation_takes_its_guest_along",
        run: |request| revoke(request)
    }
    "ResendInvitation" {
        routes: [POST "invitations/{key}/resend()" => Needs(ResendInvitation)],
        cost: One, body: Json, leaves: ["Invite external user"],
        documented: 201, Ours("POST /invitations/{id}/resend"),
            "A new link in the words of the first; the links before it end",
            "graph_invitation_end"::"a_resent_invitation_has_a_new_link",
        run: |request, body| resend(request, body)
    }
    "ReadInvitedUser" {
        routes: [GET "invitations/{key}/invitedUser" => Needs(ReadUser)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /invitations/{id}/invitedUser"),
            "As GET /users/{id}",
            "graph_references"::"an_invited_user_is_a_guest_with_an_invitation",
        run: |request| invited_user(request)
    }
    "ReadInvitedUserReference" {
        routes: [GET "invitations/{key}/invitedUser/$ref" => Needs(ReadUser)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /invitations/{id}/invitedUser"),
            "`@odata.id`",
            "graph_references"::"an_invited_user_is_a_guest_with_an_invitation",
        run: |request| invited_user_reference(request)
    }
}

/// The entity set's name, in contexts, links and page tokens.
const SET: &str = invitation::TYPE.set;

/// GET /invitations
pub struct Invitations;

impl Listed for Invitations {
    const ENTITY: &'static EntityType = &invitation::TYPE;

    async fn find(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<FoundPage<Members>, GraphError> {
        let directory = &request.call.app.directory;
        let found = directory.find_invitations(&request.actor, options, after);
        let found = found.await?;
        let rows = found.rows.into_iter();
        let rows = rows.map(|row| members(request, row, options.select.as_ref()));
        Ok(FoundPage {
            rows: rows.collect::<Result<_, _>>()?,
            next: found.next,
            count: found.count,
            breaches: found.breaches,
        })
    }

    async fn count(
        request: &Authorised<'_>,
        options: &Checked,
    ) -> Result<(u64, Vec<Breach>), GraphError> {
        let directory = &request.call.app.directory;
        let count = directory.count_invitations(&request.actor, options.filter.clone());
        Ok((count.await?, Vec::new()))
    }

    async fn explain(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> Result<Explained, GraphError> {
        let directory = &request.call.app.directory;
        let explained = directory.explain_invitations(&request.actor, options, after);
        Ok(explained.await?)
    }
}

/// Makes the same request safe to send again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Longest such key; clients send GUIDs.
const IDEMPOTENCY_KEY_BYTES: usize = 255;

/// POST /invitations
pub async fn create(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = request;
    let (headers, version) = (call.headers, call.version);
    let ty = request.entity(&invitation::TYPE);
    let sent = body::checked(headers, body, ty, version, Purpose::Create).await?;
    let ignored = body::ignored_references(&sent.body);
    let body = reference::resolve_invited(request, sent.body).await?;
    let idempotency = idempotency(headers, &sent.bytes)?;
    let directory = &call.app.directory;
    let invited = directory.invite(actor, version, &body, idempotency).await?;
    Ok(created_answer(request, &invited, ignored.as_deref()))
}

/// 201 with the invitation, and where it is.
fn created_answer(request: &Authorised<'_>, invited: &Invited, ignored: Option<&str>) -> Response {
    let call = &request.call;
    let context = Context {
        set: SET,
        selected: None,
        single: true,
    };
    let url = format!("{}/{SET}/{}", call.base(), invited.invitation);
    let notes = invited.notes();
    let members = Members::stored(invited.members.clone());
    let members = render::entity(
        call,
        request.entity(&invitation::TYPE),
        invited.invitation,
        &members,
    );
    let text = render::object(call, &context, &members);
    let notes = notes.iter().map(|note| note.text());
    render::json(call, StatusCode::CREATED, text)
        .located(&url)
        .noted(ignored.into_iter().chain(notes))
}

/// DELETE /invitations/{id}: 204, and `x-vestibule-guest` says what became of the guest.
pub async fn revoke(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let directory = &request.call.app.directory;
    let guest = directory
        .revoke_invitation(&request.actor, id(&request.call)?)
        .await?;
    let mut response = render::no_content();
    let word = match guest {
        RevokedGuest::Deleted => HeaderValue::from_static("deleted"),
        RevokedGuest::Kept | RevokedGuest::EndedBefore => HeaderValue::from_static("kept"),
    };
    response.headers_mut().insert(GUEST, word);
    Ok(response)
}

/// POST /invitations/{id}/resend: as POST /invitations, in the words of the first one.
pub async fn resend(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let id = id(call)?;
    body::nothing(call.headers, sent, TAKES_NOTHING).await?;
    let directory = &call.app.directory;
    let invited = directory.resend_invitation(&request.actor, id).await?;
    Ok(created_answer(request, &invited, None))
}

/// Why sending again has no members.
const TAKES_NOTHING: &str = "it takes nothing: the invitation is sent again as it was";

fn id(call: &Call<'_>) -> Result<Uuid, GraphError> {
    let key = call.key()?;
    Uuid::try_parse(key).map_err(|_| not_found(key))
}

fn idempotency(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Idempotency>, GraphError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let key = value
        .to_str()
        .ok()
        .filter(|key| (1..=IDEMPOTENCY_KEY_BYTES).contains(&key.len()));
    let Some(key) = key else {
        let why = "not 1 to 255 printable ASCII characters";
        let error = GraphError::broken("The header 'Idempotency-Key' is not valid.");
        return Err(error.detail(Detail::of("InvalidHeader", "Idempotency-Key", why)));
    };
    let mut body_hash = [0; 32];
    for (to, from) in body_hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    Ok(Some(Idempotency {
        key: key.to_owned(),
        body_hash,
    }))
}

/// GET /invitations/{id}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call: &Call<'_> = &request.call;
    let options = query::checked(
        call.query,
        request.entity(&invitation::TYPE),
        call.version,
        Shape::Single,
    )?;
    let key = call.key()?;
    let id = Uuid::try_parse(key).map_err(|_| not_found(key))?;
    let found = call.app.directory.invitation(&request.actor, id).await?;
    let select = options.select.as_ref();
    let names = select.map(Selection::context_names);
    let context = Context {
        set: SET,
        selected: names,
        single: true,
    };
    let members = members(request, found, select)?;
    let text = render::object(call, &context, &members);
    let note = render::ignored_note(&options.ignored);
    Ok(render::json(call, StatusCode::OK, text).noted(note.as_deref()))
}

/// GET /invitations/{id}/invitedUser: the guest, as GET /users/{id} shows them.
pub async fn invited_user(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let guest = guest(request).await?;
    users::one(request, &UserKey::Id(guest), None).await
}

/// GET /invitations/{id}/invitedUser/$ref
pub async fn invited_user_reference(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let guest = guest(request).await?;
    Ok(references::one(&request.call, guest))
}

async fn guest(request: &Authorised<'_>) -> Result<Uuid, GraphError> {
    let key = request.call.key()?;
    let id = Uuid::try_parse(key).map_err(|_| not_found(key))?;
    Ok(request
        .call
        .app
        .directory
        .invited_user(&request.actor, id)
        .await?)
}

/// An invitation as answers show it.
fn members(
    request: &Authorised<'_>,
    found: InvitationAnswer,
    select: Option<&Selection>,
) -> Result<Members, GraphError> {
    let members = selected(found.members, select)?;
    Ok(render::entity(
        &request.call,
        request.entity(&invitation::TYPE),
        found.id,
        &members,
    ))
}

/// The selected members of an answer. An invitation is kept as the text that was answered, so that
/// a `$select`, which nobody but a curious person sends, takes that text apart.
fn selected(members: String, select: Option<&Selection>) -> Result<Members, GraphError> {
    let Some(selection) = select else {
        return Ok(Members::stored(members));
    };
    let broken = |error: serde_json::Error| GraphError::internal(format!("invitation: {error}"));
    let mut object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&format!("{{{members}}}")).map_err(broken)?;
    object.retain(|name, _| {
        // An annotation goes with its property.
        let name = name.split('@').next().unwrap_or(name);
        selection.properties().iter().any(|one| one.name() == name)
    });
    let mut kept = Members::new();
    for (name, value) in object {
        kept.json(&name, value);
    }
    Ok(kept)
}
