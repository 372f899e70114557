//! Manager, direct reports and those of all levels, sponsors, whom a user sponsors: read as
//! objects, as references or as a number, and written by reference.

use axum::http::StatusCode;
use axum::response::Response;
use directory::{Relationship, UserKey};
use edm::{entity, user};
use odata::{Checked, Shape};
use store::UserRow;
use uuid::Uuid;

use super::body::Incoming;
use super::call::Authorised;
use super::envelope::GraphError;
use super::operation::operations;
use super::page_token::PageOf;
use super::render::{self, Context, Dress as _};
use super::users::{members, selected, subject};
use super::{breach, etag, query, reference};

operations! {
    "Related(Manager)" {
        routes: [
            GET "users/{key}/manager" => Depends,
            GET "me/manager" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "404 where there is none",
            "graph_links"::"a_manager_is_set_read_replaced_and_removed",
        run: |request| read(request, Relationship::Manager)
    }
    "RelatedRefs(Manager)" {
        routes: [
            GET "users/{key}/manager/$ref" => Depends,
            GET "me/manager/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`@odata.id`",
            "graph_links"::"a_manager_is_set_read_replaced_and_removed",
        run: |request| read_refs(request, Relationship::Manager)
    }
    "Related(DirectReports)" {
        routes: [
            GET "users/{key}/directReports" => Depends,
            GET "me/directReports" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Pages; `$select`, `$top`",
            "graph_links"::"direct_reports_come_in_pages_and_are_counted",
        run: |request| read(request, Relationship::DirectReports)
    }
    "RelatedRefs(DirectReports)" {
        routes: [
            GET "users/{key}/directReports/$ref" => Depends,
            GET "me/directReports/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`@odata.id` of each, in pages",
            "graph_links"::"direct_reports_come_in_pages_and_are_counted",
        run: |request| read_refs(request, Relationship::DirectReports)
    }
    "CountRelated(DirectReports)" {
        routes: [
            GET "users/{key}/directReports/$count" => Depends,
            GET "me/directReports/$count" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain; no header needed",
            "graph_links"::"direct_reports_come_in_pages_and_are_counted",
        run: |request| count(request, Relationship::DirectReports)
    }
    "Related(Sponsors)" {
        routes: [
            GET "users/{key}/sponsors" => Depends,
            GET "me/sponsors" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Pages; `$select`, `$top`",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| read(request, Relationship::Sponsors)
    }
    "RelatedRefs(Sponsors)" {
        routes: [
            GET "users/{key}/sponsors/$ref" => Depends,
            GET "me/sponsors/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`@odata.id` of each, in pages",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| read_refs(request, Relationship::Sponsors)
    }
    "CountRelated(Sponsors)" {
        routes: [
            GET "users/{key}/sponsors/$count" => Depends,
            GET "me/sponsors/$count" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain; no header needed",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| count(request, Relationship::Sponsors)
    }
    "Related(SponsorOf)" {
        routes: [
            GET "users/{key}/sponsorOf" => Depends,
            GET "me/sponsorOf" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Pages; `$select`, `$top`",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| read(request, Relationship::SponsorOf)
    }
    "RelatedRefs(SponsorOf)" {
        routes: [
            GET "users/{key}/sponsorOf/$ref" => Depends,
            GET "me/sponsorOf/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`@odata.id` of each, in pages",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| read_refs(request, Relationship::SponsorOf)
    }
    "CountRelated(SponsorOf)" {
        routes: [
            GET "users/{key}/sponsorOf/$count" => Depends,
            GET "me/sponsorOf/$count" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain; no header needed",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| count(request, Relationship::SponsorOf)
    }
    "Related(TransitiveReports)" {
        routes: [
            GET "users/{key}/transitiveReports" in Beta => Depends,
            GET "me/transitiveReports" in Beta => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /users/{id}/transitiveReports"),
            "The reports of all levels, in pages, each once; the query options of `directReports`",
            "graph_transitive"::"reports_of_all_levels_are_listed_and_counted",
        run: |request| read(request, Relationship::TransitiveReports)
    }
    "RelatedRefs(TransitiveReports)" {
        routes: [
            GET "users/{key}/transitiveReports/$ref" in Beta => Depends,
            GET "me/transitiveReports/$ref" in Beta => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Ours("GET /users/{id}/transitiveReports"),
            "The reports of all levels, in pages, each once; the query options of `directReports`",
            "graph_transitive"::"reports_of_all_levels_are_listed_and_counted",
        run: |request| read_refs(request, Relationship::TransitiveReports)
    }
    "CountRelated(TransitiveReports)" {
        routes: [
            GET "users/{key}/transitiveReports/$count" in Beta => Depends,
            GET "me/transitiveReports/$count" in Beta => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Wider,
            "A number as text/plain, with `$filter`; no header needed",
            "graph_transitive"::"reports_of_all_levels_are_listed_and_counted",
        run: |request| count(request, Relationship::TransitiveReports)
    }
    "SetManager" {
        routes: [
            PUT "users/{key}/manager/$ref" => Needs(WriteLinks),
            PUT "me/manager/$ref" => Person,
        ],
        cost: One, body: Json, leaves: ["Set user manager"],
        documented: 204, Differs("Managers in a circle"),
            "Body `{\"@odata.id\": …}` of any listed origin, of graph.microsoft.com, or relative",
            "graph_links"::"nobody_is_their_own_manager",
        run: |request, body| set_manager(request, body)
    }
    "UnsetManager" {
        routes: [
            DELETE "users/{key}/manager/$ref" => Needs(WriteLinks),
            DELETE "me/manager/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: ["Remove user manager"],
        documented: 204, Served,
            "404 where there is none",
            "graph_links"::"a_manager_is_set_read_replaced_and_removed",
        run: |request| unset_manager(request)
    }
    "AddSponsor" {
        routes: [
            POST "users/{key}/sponsors/$ref" => Needs(WriteLinks),
            POST "me/sponsors/$ref" => Person,
        ],
        cost: One, body: Json, leaves: ["Add user sponsor"],
        documented: 204, Served,
            "Users; groups are not there to be sponsors",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request, body| add_sponsor(request, body)
    }
    "RemoveSponsor" {
        routes: [
            DELETE "users/{key}/sponsors/{other}/$ref" => Needs(WriteLinks),
            DELETE "me/sponsors/{other}/$ref" => Person,
        ],
        cost: One, body: Nothing, leaves: ["Remove user sponsor"],
        documented: 204, Served,
            "",
            "graph_links"::"sponsors_are_added_and_removed_one_by_one",
        run: |request| remove_sponsor(request)
    }
}

/// The set of whatever objects, in contexts.
const SET: &str = entity::DIRECTORY_OBJECT.set;
/// Context of references.
const REFS: &str = "Collection($ref)";
/// Context of one reference.
const REF: &str = "$ref";

/// GET …/{relationship}
pub async fn read(
    request: &Authorised<'_>,
    relationship: Relationship,
) -> Result<Response, GraphError> {
    let call = &request.call;
    if !relationship.property().collection {
        let options = query::checked(
            call.query,
            request.entity(&user::TYPE),
            call.version,
            Shape::Single,
        )?;
        let row = call
            .app
            .directory
            .manager(&request.actor, &subject(request)?)
            .await?;
        let context = Context {
            set: SET,
            selected: selected(&options),
            single: true,
        };
        let id = row.id;
        let members = members(request, row, options.select.as_ref(), true)?;
        let text = render::object(
            call,
            &context,
            &render::typed(call, request.entity(&user::TYPE), id, &members),
        );
        let note = render::ignored_note(&options.ignored);
        return Ok(render::json(call, StatusCode::OK, text).noted(note.as_deref()));
    }
    let Page {
        rows,
        next,
        count,
        options,
        notes,
    } = page(request, relationship).await?;
    let select = options.select.as_ref();
    let item = |row: UserRow| {
        let id = row.id;
        Ok(render::typed(
            call,
            request.entity(&user::TYPE),
            id,
            &members(request, row, select, false)?,
        ))
    };
    let items: Result<Vec<_>, GraphError> = rows.into_iter().map(item).collect();
    let context = Context {
        set: SET,
        selected: selected(&options),
        single: false,
    };
    let about = render::Page {
        count,
        next: next.as_deref(),
    };
    let text = render::page(call, &context, &about, items?);
    let ignored = render::ignored_note(&options.ignored);
    let notes = notes.iter().map(String::as_str).chain(ignored.as_deref());
    Ok(render::json(call, StatusCode::OK, text).noted(notes))
}

/// GET …/{relationship}/$ref
pub async fn read_refs(
    request: &Authorised<'_>,
    relationship: Relationship,
) -> Result<Response, GraphError> {
    let call = &request.call;
    let base = call.base();
    let link = |row: &UserRow| render::link(&format!("{base}/{SET}/{}", row.id));
    let context = |set| Context {
        set,
        selected: None,
        single: false,
    };
    if !relationship.property().collection {
        query::checked(
            call.query,
            request.entity(&user::TYPE),
            call.version,
            Shape::Single,
        )?;
        let row = call
            .app
            .directory
            .manager(&request.actor, &subject(request)?)
            .await?;
        let text = render::object(call, &context(REF), &link(&row));
        return Ok(render::json(call, StatusCode::OK, text));
    }
    let page = page(request, relationship).await?;
    let items: Vec<_> = page.rows.iter().map(link).collect();
    let about = render::Page {
        count: page.count,
        next: page.next.as_deref(),
    };
    let text = render::page(call, &context(REFS), &about, items);
    let notes = page.notes.iter().map(String::as_str);
    Ok(render::json(call, StatusCode::OK, text).noted(notes))
}

/// GET …/{relationship}/$count
pub async fn count(
    request: &Authorised<'_>,
    relationship: Relationship,
) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = query::related(request, Shape::Count, are_reports(relationship))?;
    let key = subject(request)?;
    let (directory, actor) = (&call.app.directory, &request.actor);
    let breaches = directory.judge(actor, &options).await?;
    let count = if options.filter.is_some() || relationship.is_query() {
        let count = directory.count_reports(actor, (&key, relationship), &options);
        let count = count.await?;
        i64::try_from(count).unwrap_or(i64::MAX)
    } else {
        let count = directory.count_related(actor, &key, relationship);
        count.await?
    };
    let notes = breach::notes(&breaches);
    Ok(render::count(count).noted(notes.iter().map(String::as_str)))
}

/// The link to the page after `last` of a user's collection, as `$expand` shows it; `canonical` is
/// the query of that page.
pub(super) fn next_of(
    request: &Authorised<'_>,
    of: Uuid,
    relationship: Relationship,
    canonical: &str,
    last: Uuid,
) -> Result<String, GraphError> {
    let call = &request.call;
    let name = relationship.property().name();
    let path = format!("{}/{of}/{name}", user::TYPE.set);
    let bound = format!("{}/{path}?{canonical}", call.version);
    let token = PageOf {
        collection: name,
        tenant: request.actor.tenant,
        query: &bound,
    };
    let sealed = token.seal(&call.app.directory, last)?;
    Ok(call.next_link(&path, canonical, &sealed))
}

/// Whether conditions are answered: of reports they are.
fn are_reports(relationship: Relationship) -> bool {
    matches!(
        relationship,
        Relationship::DirectReports | Relationship::TransitiveReports
    )
}

/// A page of a collection, with the link to the next one.
struct Page {
    rows: Vec<UserRow>,
    next: Option<String>,
    count: Option<u64>,
    options: Checked,
    notes: Vec<String>,
}

async fn page(request: &Authorised<'_>, relationship: Relationship) -> Result<Page, GraphError> {
    let call = &request.call;
    let options = query::related(request, Shape::Collection, are_reports(relationship))?;
    let canonical = options.canonical();
    // Whose page it is stands in the path, which the token is bound to as it is to the options.
    let bound = format!("{}/{}?{canonical}", call.version, call.path);
    let token = PageOf {
        collection: relationship.property().name(),
        tenant: request.actor.tenant,
        query: &bound,
    };
    let directory = &call.app.directory;
    let (actor, sealed) = (&request.actor, options.skip_token.as_deref());
    let is_query = options.filter.is_some() || !options.order.is_empty() || options.count;
    if is_query || relationship.is_query() {
        let after = sealed.map(|sealed| token.open_cursor(directory, sealed));
        let key = subject(request)?;
        let found =
            directory.find_reports(actor, (&key, relationship), &options, after.transpose()?);
        let found = found.await?;
        let next = match &found.next {
            Some(cursor) => {
                let sealed = token.seal_cursor(directory, cursor)?;
                Some(call.next_link(call.path, &canonical, &sealed))
            }
            None => None,
        };
        return Ok(Page {
            rows: found.rows,
            next,
            count: found.count,
            options,
            notes: breach::notes(&found.breaches),
        });
    }
    let after = match sealed {
        Some(sealed) => Some(token.open(directory, sealed)?),
        None => None,
    };
    let found = directory
        .related(
            &request.actor,
            &subject(request)?,
            relationship,
            after,
            options.page_size(),
        )
        .await?;
    let next = match found.next {
        Some(last) => {
            let sealed = token.seal(directory, last)?;
            Some(call.next_link(call.path, &canonical, &sealed))
        }
        None => None,
    };
    Ok(Page {
        rows: found.rows,
        next,
        count: None,
        options,
        notes: Vec::new(),
    })
}

/// PUT …/manager/$ref
pub async fn set_manager(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let key = subject(request)?;
    let manager = reference::read_reference(request, body).await?;
    let condition = etag::condition(request.call.headers);
    let directory = &request.call.app.directory;
    directory
        .set_manager(&request.actor, &key, manager, condition)
        .await?;
    Ok(render::no_content())
}

/// DELETE …/manager/$ref
pub async fn unset_manager(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = subject(request)?;
    let condition = etag::condition(request.call.headers);
    let directory = &request.call.app.directory;
    directory
        .unset_manager(&request.actor, &key, condition)
        .await?;
    Ok(render::no_content())
}

/// POST …/sponsors/$ref
pub async fn add_sponsor(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let key = subject(request)?;
    let sponsor = reference::read_reference(request, body).await?;
    let condition = etag::condition(request.call.headers);
    let directory = &request.call.app.directory;
    directory
        .add_sponsor(&request.actor, &key, sponsor, condition)
        .await?;
    Ok(render::no_content())
}

/// DELETE …/sponsors/{id}/$ref
pub async fn remove_sponsor(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = subject(request)?;
    let sponsor = UserKey::parse(request.call.other()?);
    let condition = etag::condition(request.call.headers);
    let directory = &request.call.app.directory;
    directory
        .remove_sponsor(&request.actor, &key, sponsor, condition)
        .await?;
    Ok(render::no_content())
}
