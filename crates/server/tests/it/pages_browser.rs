//! A browser without scripts: cookies by hand, forms as the page has them, no redirect followed
//! unasked.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;
use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use server::http::origin::Connection;
use server::router::Endpoints;
use tower::ServiceExt as _;

/// What came back.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Page {
    pub(crate) fn header(&self, name: &header::HeaderName) -> &str {
        self.headers
            .get(name)
            .unwrap_or_else(|| panic!("no {name}: {} {}", self.status, self.html))
            .to_str()
            .unwrap()
    }

    pub(crate) fn location(&self) -> &str {
        self.header(&header::LOCATION)
    }

    /// The action of the form whose action begins so.
    pub(crate) fn action(&self, path: &str) -> String {
        let start = format!("action=\"{path}");
        let (_, rest) = self
            .html
            .split_once(&start)
            .unwrap_or_else(|| panic!("no form {path}: {}", self.html));
        let action = format!("{path}{}", rest.split('"').next().unwrap());
        action.replace("&amp;", "&")
    }

    /// The hidden token.
    pub(crate) fn csrf(&self) -> String {
        let (_, rest) = self
            .html
            .split_once("name=\"csrf\" value=\"")
            .unwrap_or_else(|| panic!("no token: {}", self.html));
        rest.split('"').next().unwrap().to_owned()
    }
}

/// One browser.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Endpoints,
    pub(crate) peer: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub(crate) fn new(router: Endpoints) -> Self {
        Self {
            router,
            peer: "127.0.0.1:50000".parse().unwrap(),
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    /// This browser with one more request header.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name, value.to_owned()));
        other
    }

    pub(crate) async fn get(&mut self, target: &str) -> Page {
        self.ask(Method::GET, target, None).await
    }

    pub(crate) async fn head(&mut self, target: &str) -> Page {
        self.ask(Method::HEAD, target, None).await
    }

    /// Posts fields, percent-encoded here.
    pub(crate) async fn post(&mut self, target: &str, fields: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.ask(Method::POST, target, Some(body)).await
    }

    /// Posts the page's form whose action begins so, with its token and further fields.
    pub(crate) async fn submit(
        &mut self,
        page: &Page,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Page {
        let token = page.csrf();
        let all = [&[("csrf", token.as_str())], fields].concat();
        self.post(&page.action(path), &all).await
    }

    /// Follows one redirect on this server.
    pub(crate) async fn follow(&mut self, page: &Page) -> Page {
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.html);
        let target = page.location().to_owned();
        self.get(&target).await
    }

    pub(crate) async fn ask(&mut self, method: Method, target: &str, body: Option<String>) -> Page {
        // Absolute links carry the origin; the request line does not.
        let path = target
            .strip_prefix("http://localhost:8080")
            .unwrap_or(target);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8080");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        request.extensions_mut().insert(Connection {
            peer: self.peer,
            tls: false,
        });
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookies
                .insert(name.to_owned(), rest.split(';').next().unwrap().to_owned());
        }
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        Page {
            status: parts.status,
            headers: parts.headers,
            html,
        }
    }
}
