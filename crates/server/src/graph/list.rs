//! GET /users and GET /users/$count, and the same of the deleted: a query to the directory's
//! search, and what it found to an answer (P-users-7, P-users-15, P-queries-3 to P-queries-7).

use axum::http::StatusCode;
use axum::response::Response;
use directory::{Among, Explained, FoundUsers};
use edm::{Members, Version, user};
use odata::{Checked, OptionName, Shape};
use store::Cursor;

use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::not_served_because;
use super::operation::operations;
use super::page_token::PageOf;
use super::render::{self, Context, Dress as _, Page};
use super::users::{members, selected};
use super::{breach, deleted, expand, query};
use crate::http::headers::Metadata;

operations! {
    "ListUsers" {
        routes: [GET "users" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users"),
            "Pages of 100, at most 999; absolute next links, never null and never to an empty page",
            "graph_users_list"::"pages_hold_every_user_once_and_end_without_a_link",
        run: |asked| list(asked)
    }
    "CountUsers" {
        routes: [GET "users/$count" => Needs(ListUsers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            "graph_query"::"a_number_comes_with_the_first_page_alone",
        run: |asked| count(asked)
    }
}

/// The entity set's name, in contexts.
const SET: &str = user::TYPE.set;

/// GET /users
pub async fn list(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    page(asked, Among::Living, SET).await
}

/// GET /users/$count
pub async fn count(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    count_of(asked, Among::Living).await
}

/// A page of users; `path` is where its next link leads, behind the version.
pub async fn page(
    asked: &Authorised<'_>,
    among: Among,
    path: &'static str,
) -> Result<Response, GraphError> {
    let call = &asked.call;
    let options = query::searched(call, &user::TYPE, Shape::Collection)?;
    if among == Among::Deleted && !options.expand.is_empty() {
        let why = "the links of a deleted user lead nowhere until they are restored";
        return Err(not_served_because(OptionName::Expand.as_str(), why));
    }
    let canonical = options.canonical();
    let bound = format!("{}?{canonical}", call.version);
    let token = PageOf {
        collection: path,
        tenant: asked.actor.tenant,
        query: &bound,
    };
    let directory = &call.app.directory;
    let after = match &options.skip_token {
        Some(sealed) => Some(token.open_cursor(directory, sealed)?),
        None => None,
    };
    if options.explain {
        return explain(asked, among, &options, after).await;
    }
    let found = items(asked, among, &options, after).await?;
    let next = match &found.next {
        Some(cursor) => {
            let sealed = token.seal_cursor(directory, cursor)?;
            Some(call.next_link(path, &canonical, &sealed))
        }
        None => None,
    };
    let context = Context {
        set: SET,
        selected: selected(&options),
        single: false,
    };
    let about = Page {
        count: found.count,
        next: next.as_deref(),
    };
    let text = render::page(call, &context, &about, found.rows);
    let notes = breach::notes(&found.breaches);
    let ignored = render::ignored_note(&options.ignored);
    let notes = notes.iter().map(String::as_str).chain(ignored.as_deref());
    Ok(render::json(call, StatusCode::OK, text).noted(notes))
}

/// The members of a page's users. Where nothing is selected the stored default sets are sent as
/// they lie.
async fn items(
    asked: &Authorised<'_>,
    among: Among,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<FoundUsers<Members>, GraphError> {
    let Authorised { call, actor, .. } = asked;
    let directory = &call.app.directory;
    let is_plain = options.select.is_none() && options.expand.is_empty();
    let is_stored = is_plain && call.version == Version::V1 && call.metadata != Metadata::Full;
    if is_stored && among == Among::Living {
        let found = directory.find_briefs(actor, options, after).await?;
        return Ok(FoundUsers {
            rows: found.rows.into_iter().map(Members::stored).collect(),
            next: found.next,
            count: found.count,
            breaches: found.breaches,
        });
    }
    let found = directory.find_users(actor, among, options, after).await?;
    let ids = found.rows.iter().map(|row| row.id).collect();
    let mut expanded = expand::of_page(asked, &options.expand, ids).await?;
    let mut rows = Vec::with_capacity(found.rows.len());
    for row in found.rows {
        let id = row.id;
        let more = expanded.remove(&id);
        let select = options.select.as_ref();
        let text = match among {
            Among::Living => members(call, row, select, false)?,
            Among::Deleted => deleted::members(call, &row, select, false)?,
        };
        let mut text = render::entity(call, &user::TYPE, id, &text);
        if let Some(more) = more {
            text.append(&more);
        }
        rows.push(text);
    }
    Ok(FoundUsers {
        rows,
        next: found.next,
        count: found.count,
        breaches: found.breaches,
    })
}

/// A number alone.
pub async fn count_of(asked: &Authorised<'_>, among: Among) -> Result<Response, GraphError> {
    let call = &asked.call;
    let options = query::searched(call, &user::TYPE, Shape::Count)?;
    if options.explain {
        return explain(asked, among, &options, None).await;
    }
    let directory = &call.app.directory;
    let (count, breaches) = directory.count_users(&asked.actor, among, &options).await?;
    let notes = breach::notes(&breaches);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(render::count(count).noted(notes.iter().map(String::as_str)))
}

/// Answers `$explain`: how the query would be answered.
async fn explain(
    asked: &Authorised<'_>,
    among: Among,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<Response, GraphError> {
    let call = &asked.call;
    let directory = &call.app.directory;
    let explained = directory
        .explain_users(&asked.actor, among, options, after)
        .await?;
    Ok(render::json(call, StatusCode::OK, told(&explained)))
}

fn told(explained: &Explained) -> String {
    let plan = &explained.plan;
    let reasons: Vec<_> = explained.breaches.iter().map(breach::reason).collect();
    let refuses = explained
        .breaches
        .iter()
        .any(|breach| breach.rule.refuses());
    let mut members = Members::new();
    members.json("plan", serde_json::Value::from(plan.lines.clone()));
    match &plan.index {
        Some(index) => members.text("index", index),
        None => members.json("scan", true),
    }
    members.json("exact", plan.exact);
    members.json("rowsExamined", plan.rows_examined);
    let mut strict = Members::new();
    strict.json("refused", refuses);
    strict.json("reasons", serde_json::Value::from(reasons));
    members.nested("strict", &strict);
    members.object()
}
