//! The whole HTTP surface, put together from the rooms.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Extension, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method, Uri};
use axum::middleware;
use axum::response::Response;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tower::Service;

use crate::app::{App, Mode};
use crate::http::front::{Entered, front, through_front};
use crate::http::listener::Answering;
use crate::http::request_id::RequestId;
use crate::oauth::discovery;
use crate::{graph, health, mail, oauth, pages, welcome};

/// Everything that is answered. Clones answer the same.
///
/// The Graph reads its paths itself, with a table of its own, so its requests do not pass axum's
/// router: its matches, parameters, extensions and boxed futures were a tenth of the instructions
/// of a read (decision record 0080).
#[derive(Clone)]
pub struct Endpoints {
    app: App,
    others: Router,
}

/// Puts the whole surface together. The listener serves it; tests call it in-process.
///
/// Each request should carry a [`crate::http::origin::Connection`] among its extensions.
pub fn router(app: App) -> Endpoints {
    let mut routes = Router::new()
        .merge(graph::routes())
        .merge(oauth::routes())
        .merge(pages::routes())
        .merge(health::routes())
        .merge(welcome::routes());
    // Where mails go to a real server, there is nothing to look at, and the outbox would show a
    // mailbox that stays empty.
    if app.mode == Mode::Dev && app.directory.policy().keep_letters {
        routes = routes.merge(mail::outbox_routes());
    }
    let others = routes
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(app.clone(), front))
        .with_state(app.clone());
    Endpoints { app, others }
}

impl Endpoints {
    /// Adds routes to the ones that are not the Graph's.
    #[must_use]
    pub fn merge(self, more: Router) -> Self {
        Self {
            others: self.others.merge(more),
            ..self
        }
    }
}

impl Answering for Endpoints {
    fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        match graph::below_version(request.uri().path()) {
            Some(route) if request.method() != Method::CONNECT => {
                let app = self.app.clone();
                async move { answer_graph(&app, route, request).await }.boxed()
            }
            _ => self.others.answer(request),
        }
    }
}

impl Service<Request> for Endpoints {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Neither half ever makes a caller wait.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.answer(request).map(Ok).boxed()
    }
}

/// Answers a request below a version of the Graph.
async fn answer_graph(app: &App, route: &str, request: Request) -> Response {
    let is_head = request.method() == Method::HEAD;
    // Boxed where it is made: otherwise each layer around it would copy it once.
    let handle = |request, entered: Entered| {
        let handled = async move {
            match &entered.origin {
                Some(origin) => graph::dispatch(app, origin, &entered.id, request).await,
                // Without a listed origin only paths for health checks get this far.
                None => graph::nothing_here(app, &entered.id),
            }
        };
        handled.boxed()
    };
    with_length(through_front(app, request, route, handle).await, is_head)
}

/// Says how long the answer is, as axum's router does, and answers HEAD without a body.
fn with_length(mut answer: Response, is_head: bool) -> Response {
    if let Some(bytes) = answer.body().size_hint().exact() {
        answer
            .headers_mut()
            .entry(CONTENT_LENGTH)
            .or_insert_with(|| HeaderValue::from(bytes));
    }
    if is_head {
        *answer.body_mut() = Body::empty();
    }
    answer
}

/// 404 in the form that clients of that part of the server read.
async fn nothing_here(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    uri: Uri,
) -> Response {
    if discovery::is_of_an_authority(uri.path()) {
        discovery::nothing_here(&app, &id)
    } else {
        graph::nothing_here(&app, &id)
    }
}
