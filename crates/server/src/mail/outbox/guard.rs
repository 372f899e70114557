//! dev's outbox answers requests of this machine only.

use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::origin::{Connection, Origin};

/// Answers requests from this machine that no other site's page caused; 403 to the rest.
pub(super) async fn this_machine_only(request: Request, next: Next) -> Response {
    if let Some(why) = why_not(request.extensions()) {
        return refused(why);
    }
    if crosses_sites(request.headers()) {
        return refused(
            "The outbox does not answer requests from other sites. Open it by its address.",
        );
    }
    next.run(request).await
}

/// Why the outbox does not answer a request with these extensions, wherever it leads; `None` when
/// it does.
pub(crate) fn why_not(extensions: &Extensions) -> Option<&'static str> {
    let peer = extensions
        .get::<Connection>()
        .map(|connection| connection.peer.ip());
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) {
        return Some("The outbox answers this machine only.");
    }
    // Behind `--public-origin` a tunnel on this machine brings the whole world's requests: its peer
    // is loopback, but the name that was asked for is not.
    let is_own_name = extensions.get::<Origin>().is_some_and(Origin::is_loopback);
    (!is_own_name).then_some("The outbox answers under this machine's own names only.")
}

/// What the browser says about where the request comes from. Programs that are no browsers say
/// nothing.
fn crosses_sites(headers: &HeaderMap) -> bool {
    headers
        .get_all("sec-fetch-site")
        .iter()
        .any(|value| !matches!(value.as_bytes(), b"same-origin" | b"same-site" | b"none"))
}

fn refused(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_other_sites_are_refused() {
        for (site, expected) in [
            (None, false),
            (Some("none"), false),
            (Some("same-origin"), false),
            (Some("same-site"), false),
            (Some("cross-site"), true),
            (Some("whatever comes next"), true),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(site) = site {
                headers.insert("sec-fetch-site", site.parse().unwrap());
            }
            assert_eq!(crosses_sites(&headers), expected, "{site:?}");
        }
    }
}
