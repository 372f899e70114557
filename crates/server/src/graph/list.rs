//! Lists and counts: from a query to the directory's search, and from its result to an answer. One
//! way for users, the deleted, pending members and invitations (P-users-7, P-users-15, P-queries-3
//! to P-queries-7).

use axum::http::StatusCode;
use axum::response::Response;
use directory::{Among, Explained, FoundPage};
use edm::{EntityType, Members, Version, invitation, pending_member, user};
use odata::{Checked, OptionName, Selection, Shape};
use store::{Cursor, UserRow};

use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::{not_served, not_served_because};
use super::operation::operations;
use super::page_token::PageOf;
use super::render::{self, Context, Dress as _, Page};
use super::users::{members, selected};
use super::{breach, deleted, expand, invitations, pending_members, query};
use crate::http::headers::Metadata;

operations! {
    "ListUsers" {
        routes: [GET "users" => Needs(ListUsers)],
        cost: Users, body: Nothing, leaves: [],
        documented: 200, Differs("GET /users"),
            "Pages of 100, at most 999; absolute next links, never null and never to an empty page",
            "graph_users_list"::"pages_hold_every_user_once_and_end_without_a_link",
        run: |asked| page(asked, Listed::Users)
    }
    "CountUsers" {
        routes: [GET "users/$count" => Needs(ListUsers)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            "graph_query"::"a_number_comes_with_the_first_page_alone",
        run: |asked| count(asked, Listed::Users)
    }
}

/// What is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// GET /users
    Users,
    /// GET /directory/deletedItems/microsoft.graph.user
    Deleted,
    /// GET /pendingMembers
    PendingMembers,
    /// GET /invitations
    Invitations,
}

impl Listed {
    /// What options are about.
    const fn ty(self) -> &'static EntityType {
        match self {
            Self::Users | Self::Deleted => &user::TYPE,
            Self::PendingMembers => &pending_member::TYPE,
            Self::Invitations => &invitation::TYPE,
        }
    }

    /// Where the list is, behind the version, and what its page tokens belong to.
    const fn path(self) -> &'static str {
        match self {
            Self::Deleted => deleted::PATH,
            Self::Users | Self::PendingMembers | Self::Invitations => self.ty().set,
        }
    }

    /// The users among whom it searches; `None` where the objects are not users.
    const fn among(self) -> Option<Among> {
        match self {
            Self::Users => Some(Among::Living),
            Self::Deleted => Some(Among::Deleted),
            Self::PendingMembers => Some(Among::Pending),
            Self::Invitations => None,
        }
    }

    /// The options, checked. Links are expanded of users alone.
    fn checked(self, asked: &Authorised<'_>, shape: Shape) -> Result<Checked, GraphError> {
        let options = query::searched(&asked.call, asked.entity(self.ty()), shape)?;
        if options.expand.is_empty() {
            return Ok(options);
        }
        let option = OptionName::Expand.as_str();
        match self {
            Self::Users => Ok(options),
            Self::Deleted => {
                let why = "the links of a deleted user lead nowhere until they are restored";
                Err(not_served_because(option, why))
            }
            Self::PendingMembers | Self::Invitations => Err(not_served(option)),
        }
    }
}

/// A page.
pub async fn page(asked: &Authorised<'_>, listed: Listed) -> Result<Response, GraphError> {
    let call = &asked.call;
    let options = listed.checked(asked, Shape::Collection)?;
    let path = listed.path();
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
        return explain(asked, listed, &options, after).await;
    }
    let found = match listed.among() {
        Some(among) => users(asked, (listed, among), &options, after).await?,
        None => all_invitations(asked, &options, after).await?,
    };
    let next = match &found.next {
        Some(cursor) => {
            let sealed = token.seal_cursor(directory, cursor)?;
            Some(call.next_link(path, &canonical, &sealed))
        }
        None => None,
    };
    let context = Context {
        set: listed.ty().set,
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
async fn users(
    asked: &Authorised<'_>,
    (listed, among): (Listed, Among),
    options: &Checked,
    after: Option<Cursor>,
) -> Result<FoundPage<Members>, GraphError> {
    let Authorised { call, actor, .. } = asked;
    let directory = &call.app.directory;
    let is_plain = options.select.is_none() && options.expand.is_empty();
    let is_stored = is_plain && call.version == Version::V1 && call.metadata != Metadata::Full;
    if is_stored && listed == Listed::Users {
        let found = directory.find_briefs(actor, options, after).await?;
        return Ok(FoundPage {
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
        let more = expanded.remove(&row.id);
        let mut text = shown(asked, among, row, options.select.as_ref())?;
        if let Some(more) = more {
            text.append(&more);
        }
        rows.push(text);
    }
    Ok(FoundPage {
        rows,
        next: found.next,
        count: found.count,
        breaches: found.breaches,
    })
}

/// A user as the list shows them.
fn shown(
    asked: &Authorised<'_>,
    among: Among,
    row: UserRow,
    select: Option<&Selection>,
) -> Result<Members, GraphError> {
    let call = &asked.call;
    let id = row.id;
    let text = match among {
        Among::Living => members(call, row, select, false)?,
        Among::Deleted => deleted::members(call, &row, select, false)?,
        Among::Pending => return pending_members::members(call, select, &row, false),
    };
    Ok(render::entity(call, &user::TYPE, id, &text))
}

async fn all_invitations(
    asked: &Authorised<'_>,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<FoundPage<Members>, GraphError> {
    let Authorised { call, actor, .. } = asked;
    let directory = &call.app.directory;
    let found = directory.find_invitations(actor, options, after).await?;
    let rows = found.rows.into_iter();
    let rows = rows.map(|row| invitations::members(call, row, options.select.as_ref()));
    Ok(FoundPage {
        rows: rows.collect::<Result<_, _>>()?,
        next: found.next,
        count: found.count,
        breaches: found.breaches,
    })
}

/// A number alone.
pub async fn count(asked: &Authorised<'_>, listed: Listed) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = asked;
    let options = listed.checked(asked, Shape::Count)?;
    if options.explain {
        return explain(asked, listed, &options, None).await;
    }
    let directory = &call.app.directory;
    let (count, breaches) = if let Some(among) = listed.among() {
        directory.count_users(actor, among, &options).await?
    } else {
        let count = directory.count_invitations(actor, options.filter.clone());
        (count.await?, Vec::new())
    };
    let notes = breach::notes(&breaches);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(render::count(count).noted(notes.iter().map(String::as_str)))
}

/// Answers `$explain`: how the query would be answered.
async fn explain(
    asked: &Authorised<'_>,
    listed: Listed,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<Response, GraphError> {
    let Authorised { call, actor, .. } = asked;
    let directory = &call.app.directory;
    let explained = if let Some(among) = listed.among() {
        directory.explain_users(actor, among, options, after).await
    } else {
        directory.explain_invitations(actor, options, after).await
    }?;
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
