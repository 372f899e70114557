//! Lists and counts: from a query to the directory's search, and from its result to an answer. One
//! way for users, the deleted, pending members and invitations (P-users-7, P-users-15, P-queries-3
//! to P-queries-7).

use axum::http::StatusCode;
use axum::response::Response;
use directory::{Explained, FoundPage};
use edm::{EntityType, Members};
use odata::{Breach, Checked, OptionName, Shape};
use store::Cursor;

use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::not_served;
use super::page_token::PageOf;
use super::render::{self, Context, Dress as _, Page};
use super::users::selected;
use super::{breach, query};

/// Objects that are listed and counted. Implemented where their handlers stand.
pub trait Listed {
    /// What options are about.
    const ENTITY: &'static EntityType;
    /// Where the list is, behind the version, and what its page tokens belong to.
    const PATH: &'static str = Self::ENTITY.set;

    /// Refuses `$expand`, where it is not served.
    fn check_expand() -> Result<(), GraphError> {
        Err(not_served(OptionName::Expand.as_str()))
    }

    /// A page of them, each as answers show it.
    fn find(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> impl Future<Output = Result<FoundPage<Members>, GraphError>> + Send;

    /// How many there are, and what the documented service would have refused of the question.
    fn count(
        request: &Authorised<'_>,
        options: &Checked,
    ) -> impl Future<Output = Result<(u64, Vec<Breach>), GraphError>> + Send;

    /// How the query would be answered.
    fn explain(
        request: &Authorised<'_>,
        options: &Checked,
        after: Option<Cursor>,
    ) -> impl Future<Output = Result<Explained, GraphError>> + Send;
}

/// The options, checked.
fn checked<L: Listed>(request: &Authorised<'_>, shape: Shape) -> Result<Checked, GraphError> {
    let options = query::searched(&request.call, request.entity(L::ENTITY), shape)?;
    if !options.expand.is_empty() {
        L::check_expand()?;
    }
    Ok(options)
}

/// A page.
pub async fn page<L: Listed>(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked::<L>(request, Shape::Collection)?;
    let canonical = options.canonical();
    let bound = format!("{}?{canonical}", call.version);
    let token = PageOf {
        collection: L::PATH,
        tenant: request.actor.tenant,
        query: &bound,
    };
    let directory = &call.app.directory;
    let after = match &options.skip_token {
        Some(sealed) => Some(token.open_cursor(directory, sealed)?),
        None => None,
    };
    if options.explain {
        return explain::<L>(request, &options, after).await;
    }
    let found = L::find(request, &options, after).await?;
    let next = match &found.next {
        Some(cursor) => {
            let sealed = token.seal_cursor(directory, cursor)?;
            Some(call.next_link(L::PATH, &canonical, &sealed))
        }
        None => None,
    };
    let context = Context {
        set: L::ENTITY.set,
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

/// A number alone.
pub async fn count<L: Listed>(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let options = checked::<L>(request, Shape::Count)?;
    if options.explain {
        return explain::<L>(request, &options, None).await;
    }
    let (count, breaches) = L::count(request, &options).await?;
    let notes = breach::notes(&breaches);
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(render::count(count).noted(notes.iter().map(String::as_str)))
}

/// Answers `$explain`: how the query would be answered.
async fn explain<L: Listed>(
    request: &Authorised<'_>,
    options: &Checked,
    after: Option<Cursor>,
) -> Result<Response, GraphError> {
    let explained = L::explain(request, options, after).await?;
    Ok(render::json(
        &request.call,
        StatusCode::OK,
        explanation(&explained),
    ))
}

fn explanation(explained: &Explained) -> String {
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
