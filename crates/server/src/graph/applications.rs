//! `/applications`: the apps of the tenant, to be read. The command line registers them.

use axum::http::StatusCode;
use axum::response::Response;
use directory::ApplicationKey;
use edm::application;

use super::call::Authorised;
use super::envelope::GraphError;
use super::few;
use super::operation::operations;

operations! {
    "ListApplications" {
        routes: [GET "applications" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("/applications"),
            "`$select`, `$filter`, `$count` and pages; made by `vestibule app`",
            "graph_extensions"::"applications_are_listed_and_read",
        run: |request| list(request)
    }
    "ReadApplication" {
        routes: [GET "applications/{key}" => Needs(ReadApplications)],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("/applications"),
            "By id, and as `applications(appId='…')`",
            "graph_extensions"::"applications_are_listed_and_read",
        run: |request| read(request)
    }
}

/// The name of the set in contexts and links.
const SET: &str = application::TYPE.set;

/// GET /applications
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let list = few::List::of(request, &application::TYPE, SET, SET)?;
    let directory = &request.call.app.directory;
    let found = directory.find_applications(&request.actor, list.options(), list.after()?);
    list.answer(SET, &found.await?)
}

/// GET /applications/{key}
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let options = few::single(request, &application::TYPE)?;
    let key = ApplicationKey::parse(request.call.key()?)?;
    let directory = &request.call.app.directory;
    let found = directory.application(&request.actor, key).await?;
    let of = (&application::TYPE, SET);
    Ok(few::one(request, of, &options, StatusCode::OK, &found))
}
