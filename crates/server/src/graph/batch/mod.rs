//! POST /$batch: several requests in one (P-batch-1, R-70).
//!
//! Each step is taken through the same dispatch as a request of its own: with a request id, a
//! look-up of who calls, its own permission, audit record and line in the log. What a batch adds is
//! order (`dependsOn`) and, by `atomicityGroup`, togetherness.

mod answer;
mod json;
mod order;
mod step;
mod target;

use std::panic::AssertUnwindSafe;

use axum::http::StatusCode;
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::time::{Instant, timeout_at};

use self::answer::{Answer, Changed, Room};
use self::order::Unit;
use self::step::BatchStep;
use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::{GraphError, code};
use super::operation::operations;
use super::render;
use crate::app::App;
use crate::http::limits::{BATCH_TIME, RETRY_AFTER_UNAVAILABLE};
use crate::http::origin::Origin;
use crate::http::request_id::RequestId;
use crate::http::unread;
use crate::metrics::{self, NO_ROUTE, RequestInfo};

operations! {
    "Batch" {
        routes: [POST "$batch" => Steps],
        cost: One, body: Json, leaves: [],
        documented: 200, Differs("POST /$batch"),
            "[Below](#batches)",
            "graph_batch"::"steps_in_every_clients_spelling",
        run: |request, body| run(request, body)
    }
}

/// Most steps of a batch, the documented service's own figure.
const STEPS: usize = 20;

/// Units under way at the same time: about as many as the store has readers. The answers of more
/// would only lie in memory.
const AT_ONCE: usize = 4;

/// In the extensions of a request that is a step of a batch, and may therefore be no batch.
#[derive(Clone, Copy, Debug)]
pub struct Nested;

/// What every step shares.
struct Shared<'a> {
    app: &'a App,
    origin: &'a Origin,
    batch: uuid::Uuid,
    until: Instant,
    room: Room,
}

/// POST /$batch
pub async fn run(request: &Authorised<'_>, body: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    if call.nested {
        return Err(GraphError::broken("A batch cannot be a step of a batch."));
    }
    let bytes = body::json_bytes(call.headers, body).await?;
    let steps = steps(call, &bytes)?;
    let units = order::units(&steps)?;
    let shared = Shared {
        app: call.app,
        origin: call.origin,
        batch: request.actor.request_id,
        until: Instant::now() + BATCH_TIME,
        room: Room::new(call.gathering.clone()),
    };
    let answers = run_units(&shared, steps, units).await;
    Ok(render::json(call, StatusCode::OK, answer::text(&answers)))
}

/// Reads the steps.
fn steps(call: &Call<'_>, bytes: &[u8]) -> Result<Vec<BatchStep>, GraphError> {
    let sent = json::requests(bytes, STEPS)?;
    if sent.len() > STEPS {
        let message =
            format!("Number of batch request steps exceeds the maximum value of {STEPS}.");
        return Err(GraphError::new(
            StatusCode::BAD_REQUEST,
            code::MAXIMUM_EXCEEDED,
            message,
        ));
    }
    sent.iter()
        .enumerate()
        .map(|(at, step)| BatchStep::read(call, at, step))
        .collect()
}

/// Runs the units, each once those it waits for are done; the answers in the order of the steps.
async fn run_units(shared: &Shared<'_>, steps: Vec<BatchStep>, units: Vec<Unit>) -> Vec<Answer> {
    let mut steps: Vec<_> = steps.into_iter().map(Some).collect();
    let mut answers: Vec<Option<Answer>> = steps.iter().map(|_| None).collect();
    let mut waiting = units;
    let mut running = FuturesUnordered::new();
    loop {
        let mut still = Vec::new();
        for unit in waiting {
            let is_answered = |step: &usize| answers.get(*step).is_some_and(Option::is_some);
            if running.len() >= AT_ONCE || !unit.waits_for().all(is_answered) {
                still.push(unit);
                continue;
            }
            let mut members = Vec::with_capacity(unit.members.len());
            for member in &unit.members {
                let failed = member
                    .after
                    .iter()
                    .filter_map(|step| answers.get(*step)?.as_ref())
                    .any(Answer::is_failure);
                if let Some(step) = steps.get_mut(member.step).and_then(Option::take) {
                    members.push((member.step, step, failed));
                }
            }
            running.push(run_unit(shared, members, unit.is_group));
        }
        waiting = still;
        let Some(done) = running.next().await else {
            break;
        };
        for (at, answer) in done {
            if let Some(place) = answers.get_mut(at) {
                *place = Some(answer);
            }
        }
    }
    answers.into_iter().flatten().collect()
}

/// Runs one unit: a step, or the steps of a group, of each its place in the batch and whether one
/// it waited for failed.
async fn run_unit(
    shared: &Shared<'_>,
    members: Vec<(usize, BatchStep, bool)>,
    is_group: bool,
) -> Vec<(usize, Answer)> {
    let doomed = members.iter().any(|(.., failed)| *failed);
    if doomed {
        let refused = |(at, step, failed): (usize, BatchStep, bool)| {
            let error = if failed {
                dependency_failed()
            } else {
                super::errors::undone()
            };
            (at, Answer::refused(shared, step.id, &error))
        };
        return members.into_iter().map(refused).collect();
    }
    if !is_group {
        return join_all(members.into_iter().map(|(at, step, _)| async move {
            let (id, response) = run_step(shared, step).await;
            (at, Answer::of(shared, id, response).await)
        }))
        .await;
    }
    let group = shared.app.directory.store().group(members.len());
    let steps = members
        .into_iter()
        .enumerate()
        .map(|(place, (at, step, _))| {
            let work = run_step(shared, step);
            let good = |(_, response): &(_, Response)| !is_failure(response.status());
            let member = group.join(place, work, good);
            async move { (at, member.await) }
        });
    let responses = join_all(steps).await;
    // Where the writes stand, whoever failed afterwards failed alone.
    let is_undone = !group.is_committed()
        && responses
            .iter()
            .any(|(_, (_, response))| is_failure(response.status()));
    let mut answers = Vec::with_capacity(responses.len());
    for (at, (id, response)) in responses {
        let answer = if is_undone && !is_failure(response.status()) {
            Answer::refused(shared, id, &super::errors::undone())
        } else {
            Answer::of(shared, id, response).await
        };
        answers.push((at, answer));
    }
    answers
}

fn is_failure(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// Takes one step through the dispatch: its id and its answer, in the time that is left.
async fn run_step(shared: &Shared<'_>, step: BatchStep) -> (String, Response) {
    let BatchStep { id, request, .. } = step;
    let now = || shared.app.directory.now();
    let own = shared.app.directory.ids().uuid();
    let request = match request {
        Ok(request) => request,
        Err(error) => {
            let name = RequestId {
                id: own,
                client: None,
            };
            return (id, error.respond(&name, now()));
        }
    };
    let info = RequestInfo::now(&request);
    let only_reads = unread::only_reads(request.method(), request.uri().path());
    let name = RequestId::new(own, request.headers());
    tracing::debug!(request_id = %name.id, batch = %shared.batch, "a step of a batch");
    let work = AssertUnwindSafe(dispatched(shared, &name, request)).catch_unwind();
    let mut response = match timeout_at(shared.until, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => GraphError::internal("the handler panicked").respond(&name, now()),
        Err(_elapsed) => {
            let log = "the batch took too long";
            GraphError::unavailable(RETRY_AFTER_UNAVAILABLE, log).respond(&name, now())
        }
    };
    name.mark(response.headers_mut());
    if !only_reads {
        response.extensions_mut().insert(Changed);
    }
    metrics::observe(&shared.app.metrics, &info, NO_ROUTE, &name, &response);
    (id, response)
}

/// The dispatch of any request. Its type is named, since it holds the batch, which holds it.
fn dispatched<'a>(
    shared: &'a Shared<'_>,
    name: &'a RequestId,
    request: axum::extract::Request,
) -> BoxFuture<'a, Response> {
    Box::pin(super::answered(shared.app, shared.origin, name, request))
}

/// Status 424: one of the steps it waited for failed.
fn dependency_failed() -> GraphError {
    let message = "The step was not taken, because a step that it depends on failed.";
    GraphError::new(
        StatusCode::FAILED_DEPENDENCY,
        code::FAILED_DEPENDENCY,
        message,
    )
}
