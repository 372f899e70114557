//! Public origins: which names this server answers to, and which one a request came in by.
//!
//! Links are made from these and nothing else (T-37): a request names an origin only by choosing
//! one that the configuration lists.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri};
use url::Url;

use super::forwarded::Seen;

/// What the listener knows of a connection; it puts this into the extensions of every request on
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether this server itself ended TLS on the connection.
    pub tls: bool,
}

impl Connection {
    /// What is assumed of a request that came through no listener: nobody, without TLS. It then
    /// passes for no loopback peer and for no proxy.
    pub const UNKNOWN: Self = Self {
        peer: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        tls: false,
    };
}

/// The address a request counts against: the peer, or what a trusted proxy says the peer was.
/// In every request's extensions, put there before any handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// One public origin: `scheme://host[:port]`, without a trailing slash, default port left out.
/// The request's own origin is in its extensions before any handler runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin(Arc<str>);

/// Why a configured origin is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OriginError {
    /// Nothing was listed.
    #[error("at least one public origin is needed")]
    None,
    /// Not `http(s)://host[:port]` and nothing more.
    #[error("{0:?} is not an origin: write https://host or https://host:port, nothing after it")]
    Malformed(String),
    /// Not `address/bits`.
    #[error("{0:?} is not a network: write address/bits")]
    Network(String),
}

impl Origin {
    /// Reads `scheme://host[:port]`.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let malformed = || OriginError::Malformed(text.to_owned());
        let url = Url::parse(text).map_err(|_| malformed())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !bare || !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(malformed());
        }
        Ok(Self(url.origin().ascii_serialization().into()))
    }

    /// `https://host:port`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scheme is https.
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }

    /// `host[:port]`, as a `Host` header carries it.
    pub fn authority(&self) -> &str {
        self.0.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// Host without the port; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &str {
        let authority = self.authority();
        match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    /// Whether the host is this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost"
            || host.ends_with(".localhost")
            || host
                .trim_matches(['[', ']'])
                .parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
    }
}

/// An address block of proxies whose forwarding headers are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `address/bits`; a bare address is a block of one.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let malformed = || OriginError::Network(text.to_owned());
        let (base, bits) = text.split_once('/').unwrap_or((text, ""));
        let base: IpAddr = base.parse().map_err(|_| malformed())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = if bits.is_empty() {
            width
        } else {
            bits.parse().map_err(|_| malformed())?
        };
        if bits > width {
            return Err(malformed());
        }
        Ok(Self { base, bits })
    }

    /// Whether the block holds the address. An IPv4 address that arrives mapped into IPv6 (a
    /// dual-stack socket) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits);
                shift == 32 || (u32::from(base) ^ u32::from(other)) >> shift == 0
            }
            (IpAddr::V6(base), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                shift == 128 || (u128::from(base) ^ u128::from(other)) >> shift == 0
            }
            _ => false,
        }
    }
}

/// The configured origins in their order, and the proxies that may speak for a client.
#[derive(Clone, Debug)]
pub struct Origins {
    listed: Vec<Origin>,
    proxies: Vec<Network>,
}

impl Origins {
    /// Lists origins; the first is the one in mails and `inviteRedeemUrl`.
    pub fn new(listed: Vec<Origin>, proxies: Vec<Network>) -> Result<Self, OriginError> {
        if listed.is_empty() {
            return Err(OriginError::None);
        }
        Ok(Self { listed, proxies })
    }

    /// The origin that mails and redeem links carry.
    pub fn first(&self) -> &str {
        self.listed.first().map_or("", Origin::as_str)
    }

    /// All of them, in the configured order.
    pub fn listed(&self) -> &[Origin] {
        &self.listed
    }

    /// The listed origin with this scheme and `Host` value, host caseless, default port optional.
    pub fn find(&self, secure: bool, host: &str) -> Option<&Origin> {
        let port = if secure { ":443" } else { ":80" };
        let host = host.strip_suffix(port).unwrap_or(host);
        self.listed.iter().find(|origin| {
            origin.is_secure() == secure && origin.authority().eq_ignore_ascii_case(host)
        })
    }

    /// Whether forwarding headers from this peer are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(peer))
    }

    /// The listed origin a request came in by; `None` is answered 421 (T-37).
    pub fn of(&self, seen: Seen<'_>, uri: &Uri, headers: &HeaderMap) -> Option<&Origin> {
        self.find(seen.secure, requested_host(seen, uri, headers)?)
    }
}

/// The one name a request asks for. Two different ones (two Host headers, or a Host that
/// contradicts the request target) are how a cache in front is made to store one site's answer as
/// another's.
fn requested_host<'a>(seen: Seen<'a>, uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let mut sent = headers.get_all(HOST).iter();
    let (host, target) = (sent.next(), uri.authority());
    let contradicted = match (host, target) {
        (Some(host), Some(target)) => !target
            .as_str()
            .as_bytes()
            .eq_ignore_ascii_case(host.as_bytes()),
        _ => false,
    };
    if contradicted || sent.next().is_some() {
        return None;
    }
    seen.host.or_else(|| target.map(Authority::as_str))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

    use super::super::forwarded::seen;
    use super::{Connection, Network, Origin, Origins};

    fn origins() -> Origins {
        let listed = [
            "http://localhost:8080",
            "https://id.contoso.com",
            "https://[::1]:8443",
        ];
        let listed = listed.map(|text| Origin::parse(text).unwrap()).to_vec();
        let proxies = ["10.0.0.0/8", "fd00::/8"];
        Origins::new(
            listed,
            proxies.map(|text| Network::parse(text).unwrap()).to_vec(),
        )
        .unwrap()
    }

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let pairs = lines.iter().map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        map
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_only() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(
                Origin::parse(text).ok().as_ref().map(Origin::as_str),
                expected,
                "{text}"
            );
        };
        check("https://id.contoso.com", Some("https://id.contoso.com"));
        check(
            "https://ID.contoso.com:443/",
            Some("https://id.contoso.com"),
        );
        check("http://[::1]:8080", Some("http://[::1]:8080"));
        check("https://id.contoso.com/path", None);
        check("https://id.contoso.com/?q", None);
        check("https://user@id.contoso.com", None);
        check("ftp://id.contoso.com", None);
        check("id.contoso.com", None);
    }

    #[test]
    fn host_and_loopback_are_told_apart_from_ports() {
        let check = |text: &str, host: &str, loopback: bool| {
            let origin = Origin::parse(text).unwrap();
            assert_eq!(
                (origin.host(), origin.is_loopback()),
                (host, loopback),
                "{text}"
            );
        };
        check("http://localhost:8080", "localhost", true);
        check("http://a.localhost", "a.localhost", true);
        check("http://127.0.0.9:1", "127.0.0.9", true);
        check("https://[::1]:8443", "[::1]", true);
        check(
            "https://localhost.contoso.com",
            "localhost.contoso.com",
            false,
        );
    }

    #[test]
    fn only_a_listed_name_under_its_own_scheme_is_served() {
        let check = |tls: bool, uri: &str, sent: &[(&str, &str)], expected: Option<&str>| {
            let (origins, headers) = (origins(), headers(sent));
            let uri: Uri = uri.parse().unwrap();
            let connection = Connection {
                peer: "192.0.2.1:9".parse().unwrap(),
                tls,
            };
            let found = origins.of(seen(connection, &headers, &origins), &uri, &headers);
            assert_eq!(found.map(Origin::as_str), expected, "{uri} {sent:?}");
        };
        check(
            true,
            "/",
            &[("host", "ID.Contoso.com")],
            Some("https://id.contoso.com"),
        );
        check(
            true,
            "/",
            &[("host", "id.contoso.com:443")],
            Some("https://id.contoso.com"),
        );
        check(false, "/", &[("host", "id.contoso.com")], None);
        check(
            false,
            "/",
            &[("host", "localhost:8080")],
            Some("http://localhost:8080"),
        );
        check(false, "/", &[("host", "localhost")], None);
        check(true, "/", &[], None);
        check(
            true,
            "https://id.contoso.com/",
            &[],
            Some("https://id.contoso.com"),
        );
        check(
            true,
            "https://id.contoso.com/",
            &[("host", "evil.example")],
            None,
        );
        check(
            true,
            "/",
            &[("host", "id.contoso.com"), ("host", "evil.example")],
            None,
        );
        let poison = [
            ("host", "evil.example"),
            ("x-forwarded-host", "id.contoso.com"),
        ];
        check(true, "/", &poison, None);
    }

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        let check = |network: &str, address: &str, expected: bool| {
            let network = Network::parse(network).unwrap();
            assert_eq!(
                network.contains(address.parse().unwrap()),
                expected,
                "{network:?} {address}"
            );
        };
        check("10.0.0.0/8", "10.255.0.1", true);
        check("10.0.0.0/8", "11.0.0.1", false);
        check("0.0.0.0/0", "203.0.113.5", true);
        check("::/0", "2001:db8::1", true);
        check("::/0", "203.0.113.5", false);
        check("192.0.2.7", "192.0.2.7", true);
        check("192.0.2.7", "192.0.2.8", false);
        assert!(Network::parse("10.0.0.0/33").is_err());
        assert!(Network::parse("name/8").is_err());
    }
}
