//! Counters for `/metrics`, in the Prometheus text format.
//!
//! Every label is bounded: routes are the patterns of the route table, methods and status classes
//! are short lists. So nobody can grow memory by asking for new paths, and no id or address gets
//! into a label.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use directory::Directory;

use crate::http::listener::Counts;
use crate::http::request_id::RequestId;

/// The name of a route in log and `/metrics`; in the extensions of an answer that a route of a
/// table gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(pub &'static str);

/// Upper bounds of the latency histogram, microseconds: from a cached read to a client that gives
/// up.
const BOUNDS: [u64; 13] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000,
];
/// Methods that are told apart; all others are one.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "other"];
/// Status classes, 1xx to 5xx.
const CLASSES: usize = 5;
/// What a request that no route matched counts under.
pub(crate) const NO_ROUTE: &str = "none";

/// The counters of one process. Clones are the same counters.
#[derive(Clone, Default)]
pub struct Metrics {
    routes: Arc<RwLock<HashMap<Box<str>, Arc<Series>>>>,
    /// What became of connections.
    pub connections: Arc<Counts>,
}

/// What is counted of one route.
#[derive(Default)]
struct Series {
    answers: [[AtomicU64; CLASSES]; METHODS.len()],
    /// One per bound and one above all; not cumulative.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub fn count(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let series = self.series(route);
        let method = METHODS
            .iter()
            .position(|known| *known == method.as_str())
            .unwrap_or(METHODS.len() - 1);
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        let one = |counter: Option<&AtomicU64>| {
            counter.map(|counter| counter.fetch_add(1, Ordering::Relaxed))
        };
        one(series
            .answers
            .get(method)
            .and_then(|classes| classes.get(class)));
        one(series.buckets.get(bucket));
        series.micros.fetch_add(micros, Ordering::Relaxed);
    }

    fn series(&self, route: &str) -> Arc<Series> {
        if let Some(series) = self
            .routes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(route)
        {
            return Arc::clone(series);
        }
        let mut all = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(route.into()).or_default())
    }

    /// Everything counted, as text. Routes stand in alphabetical order, so that two scrapes can be
    /// compared.
    pub fn text(&self) -> String {
        let all = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let mut routes: Vec<_> = all.iter().collect();
        routes.sort_unstable_by_key(|(route, _)| *route);
        let mut out = String::new();
        head(
            &mut out,
            "vestibule_http_requests_total",
            "counter",
            "Answers by route, method and status class.",
        );
        for (route, series) in &routes {
            for (method, classes) in METHODS.iter().zip(&series.answers) {
                for (class, counter) in (1..).zip(classes) {
                    let count = counter.load(Ordering::Relaxed);
                    if count > 0 {
                        let labels =
                            format!("route=\"{route}\",method=\"{method}\",status=\"{class}xx\"");
                        line(&mut out, "vestibule_http_requests_total", &labels, count);
                    }
                }
            }
        }
        head(
            &mut out,
            "vestibule_http_request_seconds",
            "histogram",
            "Time from the request's head to its answer.",
        );
        for (route, series) in &routes {
            series.histogram(route, &mut out);
        }
        for (name, kind, help, value) in self.connections.figures() {
            head(&mut out, name, kind, help);
            line(&mut out, name, "", value);
        }
        out
    }
}

impl Series {
    fn histogram(&self, route: &str, out: &mut String) {
        let mut total = 0;
        let mut bounds = BOUNDS.iter();
        for bucket in &self.buckets {
            total += bucket.load(Ordering::Relaxed);
            let bound = bounds
                .next()
                .map_or_else(|| "+Inf".to_owned(), |micros| seconds(*micros));
            let labels = format!("route=\"{route}\",le=\"{bound}\"");
            line(out, "vestibule_http_request_seconds_bucket", &labels, total);
        }
        let route = format!("route=\"{route}\"");
        line(
            out,
            "vestibule_http_request_seconds_sum",
            &route,
            seconds(self.micros.load(Ordering::Relaxed)),
        );
        line(out, "vestibule_http_request_seconds_count", &route, total);
    }
}

/// Microseconds as decimal seconds, exactly.
fn seconds(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a String cannot fail.
    let _written = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: impl std::fmt::Display) {
    let _written = if labels.is_empty() {
        writeln!(out, "{name} {value}")
    } else {
        writeln!(out, "{name}{{{labels}}} {value}")
    };
}

/// What the store and the outbox say of themselves.
pub async fn of_directory(directory: &Directory) -> String {
    let store = directory.store();
    let stats = store.stats();
    let mut out = String::new();
    for (name, kind, help, value) in [
        (
            "vestibule_store_writes_total",
            "counter",
            "Writes that were answered.",
            stats.jobs,
        ),
        (
            "vestibule_store_commits_total",
            "counter",
            "Commits, each one flush of the disk.",
            stats.commits,
        ),
        (
            "vestibule_store_reruns_total",
            "counter",
            "Group commits that failed and were run again one by one.",
            stats.reruns,
        ),
        (
            "vestibule_store_largest_commit",
            "gauge",
            "Most writes in one commit so far.",
            stats.largest,
        ),
        (
            "vestibule_store_waiting",
            "gauge",
            "Writes waiting for the writer.",
            stats.waiting,
        ),
    ] {
        head(&mut out, name, kind, help);
        line(&mut out, name, "", value);
    }
    // While the database is away, its other figures are worth more than an empty page.
    if let Ok(waiting) = store.instance().waiting_letters().await {
        head(
            &mut out,
            "vestibule_outbox_waiting",
            "gauge",
            "Mails not yet handed over.",
        );
        line(&mut out, "vestibule_outbox_waiting", "", waiting);
    }
    out
}

/// Counts an answer and writes the access log's line. The route's pattern is logged, never path or
/// query: a path may name a person, the query of a redeem link is its ticket (T-30). `route` is the
/// name where the answer brings none.
pub fn observe(
    metrics: &Metrics,
    asked: &RequestInfo,
    route: &str,
    id: &RequestId,
    answer: &Response,
) {
    // The Graph dispatcher reads the path itself; before that only its beginning is known.
    let label = answer.extensions().get::<Label>();
    let route = label.map_or(route, |label| label.0);
    let took = asked.at.elapsed();
    metrics.count(route, &asked.method, answer.status(), took);
    tracing::info!(
        request_id = %id.id,
        method = asked.method.as_str(),
        route,
        status = answer.status().as_u16(),
        micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "answered"
    );
}

/// What [`observe`] needs of a request once the request itself is gone.
#[derive(Debug)]
pub struct RequestInfo {
    at: Instant,
    method: Method,
}

impl RequestInfo {
    /// Taken when the request comes in.
    pub fn now(request: &Request) -> Self {
        Self {
            at: Instant::now(),
            method: request.method().clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_text() {
        let metrics = Metrics::default();
        let count = |method, status, micros| {
            metrics.count(
                "/v1.0/users/{key}",
                &method,
                status,
                Duration::from_micros(micros),
            );
        };
        count(Method::GET, StatusCode::OK, 250);
        count(Method::GET, StatusCode::NOT_FOUND, 251);
        count(Method::OPTIONS, StatusCode::NO_CONTENT, 9_000_000);
        let text = metrics.text();
        for expected in [
            "vestibule_http_requests_total{route=\"/v1.0/users/{key}\",method=\"GET\",status=\"2xx\"} 1\n",
            "method=\"GET\",status=\"4xx\"} 1\n",
            "method=\"other\",status=\"2xx\"} 1\n",
            "le=\"0.00025\"} 1\n",
            "le=\"0.0005\"} 2\n",
            "le=\"5\"} 2\n",
            "le=\"+Inf\"} 3\n",
            "_sum{route=\"/v1.0/users/{key}\"} 9.000501\n",
            "_count{route=\"/v1.0/users/{key}\"} 3\n",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
    }
}
