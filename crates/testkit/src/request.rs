//! A request, said step by step.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use server::http::origin::Connection;
use server::router::Endpoints;
use tower::ServiceExt as _;

use crate::Reply;

/// The host requests name unless told otherwise; it is on the list, under https.
const HOST_NAME: &str = "localhost:8443";

/// A request that has not been sent yet. It comes from 127.0.0.1 over TLS.
#[must_use = "a request does nothing until it is sent"]
pub struct TestRequest {
    router: Endpoints,
    request: Request<Body>,
}

impl TestRequest {
    pub(crate) fn new(router: Endpoints, method: Method, target: &str) -> Self {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = target.parse().expect("a test's target is a URI");
        request
            .headers_mut()
            .insert(HOST, HeaderValue::from_static(HOST_NAME));
        let peer = SocketAddr::from(([127, 0, 0, 1], 40_000));
        request
            .extensions_mut()
            .insert(Connection { peer, tls: true });
        Self { router, request }
    }

    /// Comes over another connection.
    pub fn over(mut self, connection: Connection) -> Self {
        self.request.extensions_mut().insert(connection);
        self
    }

    /// Sets a header, in place of the one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.request.headers_mut().insert(name, value);
        self
    }

    /// Sends a header once more, beside those of the same name.
    pub fn again(mut self, name: &str, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.request.headers_mut().append(name, value);
        self
    }

    /// Leaves a header out.
    pub fn without(mut self, name: &str) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    /// Shows a bearer token.
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// With a body, and no Content-Type.
    pub fn body(mut self, bytes: impl Into<Body>) -> Self {
        *self.request.body_mut() = bytes.into();
        self
    }

    /// With a JSON body.
    pub fn json(self, value: &Value) -> Self {
        self.json_text(&value.to_string())
    }

    /// With a text that calls itself JSON.
    pub fn json_text(self, text: &str) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json")
            .body(text.to_owned())
    }

    /// With a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let text = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.header(CONTENT_TYPE.as_str(), "application/x-www-form-urlencoded")
            .body(text)
    }

    /// Sends it.
    pub async fn send(self) -> Reply {
        let Ok(answer) = self.router.oneshot(self.request).await;
        let (parts, body) = answer.into_parts();
        let bytes = body
            .collect()
            .await
            .expect("an answer in memory is whole")
            .to_bytes();
        Reply::new(axum::http::Response::from_parts(parts, bytes))
    }
}

fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    let name = name.parse().expect("a test's header name is one");
    (
        name,
        HeaderValue::from_bytes(value.as_bytes()).expect("a test's header value is one"),
    )
}
