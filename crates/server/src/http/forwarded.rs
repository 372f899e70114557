//! What a proxy says about the client it speaks for, believed only when the peer is a configured
//! proxy (T-37).

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;
use axum::http::header::HOST;

use super::origin::{Connection, Origins};

/// Hops read from `X-Forwarded-For`: more proxies than anybody chains, fewer than would cost time.
const MAX_HOPS: usize = 16;

/// A request as the outermost trusted hop saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The address limits count against.
    pub client: IpAddr,
    /// Whether the client spoke https.
    pub secure: bool,
    /// The host it asked for, if it named one readable host.
    pub host: Option<&'a str>,
}

/// Reads the forwarding headers where the peer may send them, and the connection itself otherwise.
///
/// Only `X-Forwarded-For`, `-Proto` and `-Host` are read: one set of names, so that a proxy which
/// overwrites those leaves no second way in.
pub fn seen<'a>(connection: Connection, headers: &'a HeaderMap, origins: &Origins) -> Seen<'a> {
    let peer = connection.peer.ip().to_canonical();
    let host = single(headers, HOST.as_str());
    if !origins.trusts(peer) {
        return Seen {
            client: peer,
            secure: connection.tls,
            host,
        };
    }
    let secure = match last(headers, "x-forwarded-proto") {
        Some(scheme) if scheme.eq_ignore_ascii_case("https") => true,
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => false,
        _ => connection.tls,
    };
    Seen {
        client: client(peer, headers, origins),
        secure,
        host: last(headers, "x-forwarded-host").or(host),
    }
}

/// The rightmost address that is not itself a trusted proxy. What cannot be read stops the walk at
/// the peer: an invented header must never lift a limit ("no policy"), at worst it counts against
/// the proxy.
fn client(peer: IpAddr, headers: &HeaderMap, origins: &Origins) -> IpAddr {
    let mut hops = 0;
    for value in headers.get_all("x-forwarded-for").iter().rev() {
        let Ok(value) = value.to_str() else {
            return peer;
        };
        for hop in value.rsplit(',') {
            hops += 1;
            let Some(address) = address(hop.trim()).filter(|_| hops <= MAX_HOPS) else {
                return peer;
            };
            if !origins.trusts(address) {
                return address;
            }
        }
    }
    peer
}

/// `address`, `address:port`, `[address]` or `[address]:port`: proxies write all four.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

/// The last element of a list header, which the nearest proxy wrote.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let value = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    Some(value.rsplit(',').next()?.trim())
}

/// The header's value if it was sent exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;
    use crate::http::origin::{Network, Origin};

    fn check(peer: &str, sent: &[(&'static str, &str)], expected: (&str, bool, Option<&str>)) {
        let origins = Origins::new(
            vec![Origin::parse("https://a.example").unwrap()],
            vec![Network::parse("10.0.0.0/8").unwrap()],
        )
        .unwrap();
        let headers: HeaderMap = sent
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect();
        let connection = Connection {
            peer: format!("{peer}:4711").parse().unwrap(),
            tls: false,
        };
        let seen = seen(connection, &headers, &origins);
        assert_eq!(
            (seen.client.to_string().as_str(), seen.secure, seen.host),
            expected,
            "{peer} {sent:?}"
        );
    }

    const FOR: &str = "x-forwarded-for";
    const PROTO: &str = "x-forwarded-proto";
    const ASKED: &str = "x-forwarded-host";

    #[test]
    fn a_stranger_speaks_only_for_themselves() {
        let all = [
            ("host", "a.example"),
            (FOR, "198.51.100.7"),
            (PROTO, "https"),
            (ASKED, "evil.example"),
        ];
        check(
            "203.0.113.9",
            &all,
            ("203.0.113.9", false, Some("a.example")),
        );
    }

    #[test]
    fn a_trusted_proxy_speaks_for_its_client() {
        let host = ("host", "inner:8080");
        check("10.0.0.1", &[host], ("10.0.0.1", false, Some("inner:8080")));
        check(
            "10.0.0.1",
            &[
                host,
                (FOR, "198.51.100.7"),
                (PROTO, "https"),
                (ASKED, "a.example"),
            ],
            ("198.51.100.7", true, Some("a.example")),
        );
        check(
            "10.0.0.1",
            &[(FOR, "192.0.2.1, 198.51.100.7, 10.0.0.2")],
            ("198.51.100.7", false, None),
        );
        check(
            "10.0.0.1",
            &[(FOR, "192.0.2.1"), (FOR, "198.51.100.7")],
            ("198.51.100.7", false, None),
        );
        check(
            "10.0.0.1",
            &[(FOR, "[2001:db8::7]:443")],
            ("2001:db8::7", false, None),
        );
        check(
            "10.0.0.1",
            &[(FOR, "2001:db8::7")],
            ("2001:db8::7", false, None),
        );
        check(
            "10.0.0.1",
            &[(FOR, "198.51.100.7:9999")],
            ("198.51.100.7", false, None),
        );
        check(
            "10.0.0.1",
            &[(PROTO, "http, https")],
            ("10.0.0.1", true, None),
        );
        check("10.0.0.1", &[(PROTO, "gopher")], ("10.0.0.1", false, None));
    }

    #[test]
    fn what_cannot_be_read_counts_against_the_peer() {
        for value in [
            "",
            "unknown",
            "198.51.100.7, nonsense",
            "198.51.100.7,",
            "1.2.3",
            "_hidden",
        ] {
            check("10.0.0.1", &[(FOR, value)], ("10.0.0.1", false, None));
        }
        let long = vec!["10.0.0.2"; MAX_HOPS + 1].join(",");
        check(
            "10.0.0.1",
            &[(FOR, &format!("198.51.100.7,{long}"))],
            ("10.0.0.1", false, None),
        );
    }

    #[test]
    fn two_hosts_are_none() {
        check(
            "203.0.113.9",
            &[("host", "a.example"), ("host", "b.example")],
            ("203.0.113.9", false, None),
        );
    }
}
