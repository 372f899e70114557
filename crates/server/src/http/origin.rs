//! Public origins: which names this server answers to, and which one a request came in by.
//!
//! Links are made from these and nothing else (threat B14): a request names an origin only by
//! choosing one that the configuration lists.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use url::Url;

/// What the listener knows of a connection; it puts this into the extensions of every request on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The other end of the socket.
    pub peer: SocketAddr,
    /// Whether this server itself ended TLS on the connection.
    pub tls: bool,
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
    /// Lists origins; the first is the one in mails and `inviteRedeemUrl` (decision 23).
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
        self.listed
            .iter()
            .find(|origin| origin.is_secure() == secure && origin.authority().eq_ignore_ascii_case(host))
    }

    /// Whether forwarding headers from this peer are believed.
    pub fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(peer))
    }
}
