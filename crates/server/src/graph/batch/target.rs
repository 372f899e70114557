//! Where a step goes: clients write its URL relative to the version, with the version, or whole.

use axum::http::{StatusCode, Uri};
use edm::Version;

use crate::graph::envelope::{Detail, GraphError};
use crate::http::limits::URL_BYTES;
use crate::http::origin::Origins;

/// The step's target on this server. A version in the URL counts, else it is the batch's.
pub(super) fn uri(origins: &Origins, version: Version, url: &str) -> Result<Uri, GraphError> {
    let path = local(origins, url).ok_or_else(|| refused("not a URL of this server"))?;
    if path.contains('#') {
        // What follows would be cut off: half a guest's name, and somebody else's.
        return Err(refused("a '#' must be written as %23"));
    }
    if path.chars().any(char::is_control) {
        return Err(refused("it holds control characters"));
    }
    let slash = if path.starts_with('/') { "" } else { "/" };
    let has_version = Version::ALL.into_iter().any(|own| {
        let rest = path.trim_start_matches('/').strip_prefix(own.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    });
    let mut target = String::with_capacity(path.len() + 8);
    if !has_version {
        target.push('/');
        target.push_str(version.as_str());
    }
    target.push_str(slash);
    escape(&mut target, path);
    if target.len() > URL_BYTES {
        let message = format!("The request URL is longer than the maximum of {URL_BYTES} bytes.");
        let status = StatusCode::URI_TOO_LONG;
        return Err(GraphError::new(status, "RequestUriTooLong", message));
    }
    target.parse().map_err(|_| refused("it cannot be read"))
}

/// Path and query; `None` where the URL names another server.
fn local<'a>(origins: &Origins, url: &'a str) -> Option<&'a str> {
    let url = url.trim();
    let Some((scheme, rest)) = url.split_once("://") else {
        // Two slashes begin another server's name.
        return (!url.starts_with("//")).then_some(url);
    };
    if scheme.contains(['/', '?']) {
        // The colon stands in a query: `/users?$filter=mySite eq 'https://…'`.
        return (!url.starts_with("//")).then_some(url);
    }
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    origins.find(secure, host)?;
    Some(path)
}

/// What may not stand in a URL is encoded: people write filters into batches as they are read.
fn escape(out: &mut String, path: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |at: u8| HEX.get(usize::from(at)).map(|digit| char::from(*digit));
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(digit(byte >> 4));
            out.extend(digit(byte & 15));
        }
    }
}

fn refused(why: &str) -> GraphError {
    GraphError::broken("The URL of a batch step is not valid.").detail(Detail::of(
        "InvalidBatch",
        "url",
        why,
    ))
}

#[cfg(test)]
mod tests {
    use edm::Version;

    use super::uri;
    use crate::http::origin::{Origin, Origins};

    #[test]
    fn urls_of_all_clients() {
        let listed = ["https://id.example:8443", "http://localhost:8080"];
        let listed = listed.map(|text| Origin::parse(text).unwrap()).to_vec();
        let origins = Origins::new(listed, Vec::new()).unwrap();
        let check = |url: &str, expected: Option<&str>| {
            let found = uri(&origins, Version::V1, url).ok();
            assert_eq!(
                found.map(|uri| uri.to_string()).as_deref(),
                expected,
                "{url}"
            );
        };
        check("/users", Some("/v1.0/users"));
        check("users?$top=1", Some("/v1.0/users?$top=1"));
        check("/v1.0/users", Some("/v1.0/users"));
        check("v1.0/users", Some("/v1.0/users"));
        check("/beta/users/a@b.c", Some("/beta/users/a@b.c"));
        check("https://id.example:8443/v1.0/users", Some("/v1.0/users"));
        check(
            "HTTPS://ID.example:8443/beta/users?x",
            Some("/beta/users?x"),
        );
        check("http://localhost:8080/users", Some("/v1.0/users"));
        check(
            "/users?$filter=displayName eq 'Ä \"b\"'",
            Some("/v1.0/users?$filter=displayName%20eq%20'%C3%84%20%22b%22'"),
        );
        check(
            "/users?$filter=mySite eq 'https://x.example'",
            Some("/v1.0/users?$filter=mySite%20eq%20'https://x.example'"),
        );
        check(
            "/users/a_b%23EXT%23@c.d",
            Some("/v1.0/users/a_b%23EXT%23@c.d"),
        );
        check("/v1.0x/users", Some("/v1.0/v1.0x/users"));
        check("", Some("/v1.0/"));
        for bad in [
            "https://evil.example/v1.0/users",
            "https://id.example/v1.0/users",
            "https://id.example:8443@evil.example/users",
            "https://u:p@id.example:8443/users",
            "http://id.example:8443/users",
            "ftp://id.example:8443/users",
            "//evil.example/users",
            "/users/a_b#EXT#@c.d",
            "/users\r\nx: y",
        ] {
            check(bad, None);
        }
        check(&format!("/users?{}", "x".repeat(9_000)), None);
    }
}
