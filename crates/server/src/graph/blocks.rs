//! `/invitationBlocks`: addresses that get no invitation or no code, and lifting that. Not in the
//! documented service.

use axum::http::StatusCode;
use axum::response::Response;
use directory::Quota;
use directory::blocks::Block;
use edm::invitation_block::limit::{LIMIT, UNTIL_DATE_TIME};
use edm::invitation_block::{self, ID, LIMITS, NEVER_AGAIN_SINCE_DATE_TIME};
use edm::{Members, instant};
use serde_json::json;

use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::operation::operations;
use super::render::{self, Context};

operations! {
    "ListBlocks" {
        routes: [GET "invitationBlocks" => Needs(ReadBlocks)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("/invitationBlocks"),
            "Addresses whose owner wants no more invitations, and those that have reached a limit; pages by `after`",
            "graph_blocks"::"what_holds_an_address_back_is_listed_and_lifted",
        run: |request| list(request)
    }
    "LiftBlock" {
        routes: [DELETE "invitationBlocks/{key}" => Needs(LiftBlock)],
        cost: One, body: Nothing, leaves: ["Lift block of external user invites"],
        documented: 204, Ours("/invitationBlocks"),
            "By address; audited. The address can be invited again, and counts from zero",
            "graph_blocks"::"what_holds_an_address_back_is_listed_and_lifted",
        run: |request| lift(request)
    }
}

/// The collection's name, in contexts and links.
const SET: &str = invitation_block::TYPE.set;

/// Rows of a page.
const PAGE: u16 = 100;

/// The one parameter: the address after which the page begins. It stands in next links.
const AFTER: &str = "after";

/// GET /invitationBlocks
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let after = after(call.query)?;
    let found = call
        .app
        .directory
        .blocks(&request.actor, after.as_deref(), PAGE)
        .await?;
    let next = found.next.map(|last| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair(AFTER, &last);
        format!("{}/{SET}?{}", call.base(), query.finish())
    });
    let context = Context {
        set: SET,
        selected: None,
        single: false,
    };
    let items = found.rows.iter().map(members);
    let text = render::collection(call, &context, next.as_deref(), items);
    Ok(render::json(call, StatusCode::OK, text))
}

/// DELETE /invitationBlocks/{address}
pub async fn lift(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let address = request.call.key()?;
    let directory = &request.call.app.directory;
    directory.lift_block(&request.actor, address).await?;
    Ok(render::no_content())
}

fn after(query: &str) -> Result<Option<String>, GraphError> {
    let mut found = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != AFTER || found.is_some() {
            let why = "the list takes `after` once and nothing else";
            let error = GraphError::query("The list of blocks takes no query options.");
            return Err(error.detail(Detail::of("UnknownOption", name, why)));
        }
        found = Some(value.into_owned());
    }
    Ok(found)
}

/// The members of a row.
fn members(block: &Block) -> Members {
    let limits = block.limits.iter().map(|reached| {
        let mut limit = Members::new();
        limit.text(LIMIT.name(), name(reached.quota));
        limit.text(UNTIL_DATE_TIME.name(), &instant::render(reached.until));
        limit
    });
    let mut row = Members::new();
    row.text(ID.name(), &block.address);
    let since = block.never_again_since.map(instant::render);
    row.json(NEVER_AGAIN_SINCE_DATE_TIME.name(), json!(since));
    row.list(LIMITS.name(), limits);
    row
}

/// What a limit counts.
pub const fn name(quota: Quota) -> &'static str {
    match quota {
        Quota::Guesses => "wrongCodes",
        Quota::Codes => "codes",
        Quota::InvitationsPerAddress => "invitations",
        Quota::InvitationsPerTenant => "invitationsOfTheTenant",
    }
}
