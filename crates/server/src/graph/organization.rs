//! `/organization`, `/domains` and `/subscribedSkus`: what the tenant's settings say, to be read.

use std::future::ready;

use axum::http::StatusCode;
use axum::response::Response;
use edm::{Entity, Members, Record, document, domain, entity, organization, subscribed_sku};
use odata::{Checked, Selection, Shape};
use uuid::Uuid;

use super::call::{Authorised, Call};
use super::envelope::GraphError;
use super::errors::not_found;
use super::operation::operations;
use super::paging::Pages;
use super::query;
use super::render::{self, Context, Dress as _};

operations! {
    "ListDomains" {
        routes: [GET "domains" => Needs(ReadDomains)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "`$select`, and pages",
            "graph_organization"::"domains_are_listed_and_read",
        run: |request| domains(request)
    }
    "ReadDomain" {
        routes: [GET "domains/{key}" => Needs(ReadDomains)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "",
            "graph_organization"::"domains_are_listed_and_read",
        run: |request| read_domain(request)
    }
    "ListOrganizations" {
        routes: [GET "organization" => Needs(ReadOrganization)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Name and domains; for a person with `User.Read` alone nothing beside",
            "graph_organization"::"the_organization_is_its_own_tenant",
        run: |request| organizations(request)
    }
    "ReadOrganization" {
        routes: [GET "organization/{key}" => Needs(ReadOrganization)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Name and domains; for a person with `User.Read` alone nothing beside",
            "graph_organization"::"the_organization_is_its_own_tenant",
        run: |request| read_organization(request)
    }
    "ListLicences" {
        routes: [GET "subscribedSkus" => Needs(ReadLicences)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "There are none",
            "graph_organization"::"there_are_no_licences",
        run: |request| ready(subscribed_skus(request))
    }
}

/// GET /domains
pub async fn domains(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked(call, request.entity(&domain::TYPE), Shape::Collection)?;
    let pages = Pages::of(request, domain::TYPE.set, domain::TYPE.set, &options);
    let after = pages.after(&options)?;
    let directory = &call.app.directory;
    let found = directory
        .domains(&request.actor, after, options.page_size())
        .await?;
    let next = pages.next(found.next)?;
    Ok(list(
        call,
        request.entity(&domain::TYPE),
        &options,
        next.as_deref(),
        &found.rows,
    ))
}

/// GET /domains/{name}
pub async fn read_domain(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked(call, request.entity(&domain::TYPE), Shape::Single)?;
    let directory = &call.app.directory;
    let found = directory.domain(&request.actor, call.key()?).await?;
    Ok(object_answer(
        call,
        request.entity(&domain::TYPE),
        &options,
        &found,
    ))
}

/// GET /organization: a collection with one object in it, as documented.
pub async fn organizations(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked(call, request.entity(&organization::TYPE), Shape::Collection)?;
    let pages = Pages::of(
        request,
        organization::TYPE.set,
        organization::TYPE.set,
        &options,
    );
    let found = call.app.directory.organization(&request.actor).await?;
    // There is no second page; a token for one is not from here.
    let rows = match pages.after(&options)? {
        None => vec![found],
        Some(_) => Vec::new(),
    };
    Ok(list(
        call,
        request.entity(&organization::TYPE),
        &options,
        None,
        &rows,
    ))
}

/// GET /organization/{id}
pub async fn read_organization(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked(call, request.entity(&organization::TYPE), Shape::Single)?;
    let key = call.key()?;
    let found = call.app.directory.organization(&request.actor).await?;
    if Uuid::try_parse(key) != Ok(request.actor.tenant.0) {
        return Err(not_found(key));
    }
    Ok(object_answer(
        call,
        request.entity(&organization::TYPE),
        &options,
        &found,
    ))
}

/// GET /subscribedSkus
pub fn subscribed_skus(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let options = checked(
        call,
        request.entity(&subscribed_sku::TYPE),
        Shape::Collection,
    )?;
    call.app.directory.subscribed_skus(&request.actor)?;
    Ok(list(
        call,
        request.entity(&subscribed_sku::TYPE),
        &options,
        None,
        &[],
    ))
}

fn checked(call: &Call<'_>, ty: Entity<'_>, shape: Shape) -> Result<Checked, GraphError> {
    query::checked(call.query, ty, call.version, shape)
}

fn context(ty: Entity<'_>, options: &Checked, single: bool) -> Context<'static> {
    Context {
        set: ty.ty().set,
        selected: options.select.as_ref().map(Selection::context_names),
        single,
    }
}

fn members(
    call: &Call<'_>,
    ty: Entity<'_>,
    options: &Checked,
    row: &Record,
    single: bool,
) -> Members {
    let members = match &options.select {
        Some(selection) => document::select(row, selection.properties(), single),
        None => document::default_set(row, ty, call.version),
    };
    let id = row.text(&entity::ID).unwrap_or_default();
    render::entity(call, ty, id, &members)
}

fn list(
    call: &Call<'_>,
    ty: Entity<'_>,
    options: &Checked,
    next: Option<&str>,
    rows: &[Record],
) -> Response {
    let items = rows
        .iter()
        .map(|row| members(call, ty, options, row, false));
    let text = render::collection(call, &context(ty, options, false), next, items);
    let note = render::ignored_note(&options.ignored);
    render::json(call, StatusCode::OK, text).noted(note.as_deref())
}

fn object_answer(call: &Call<'_>, ty: Entity<'_>, options: &Checked, row: &Record) -> Response {
    let members = members(call, ty, options, row, true);
    let text = render::object(call, &context(ty, options, true), &members);
    let note = render::ignored_note(&options.ignored);
    render::json(call, StatusCode::OK, text).noted(note.as_deref())
}
