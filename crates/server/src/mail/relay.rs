//! Where mail is handed over: the URL an operator writes, read once at start.
//!
//! | URL | means |
//! |---|---|
//! | `smtps://host` | TLS from the first byte; port 465 |
//! | `smtp://host` | STARTTLS or nothing; port 587. `?tls=required` says the same |
//! | `smtp://127.0.0.1:1025?tls=none` | no TLS; port 25; only towards this machine itself |
//!
//! `user:password@` before the host turns AUTH on; both percent-encoded. There is no opportunistic
//! TLS: somebody who strips one line from the server's greeting would read every code and link
//! (T-21).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use percent_encoding::percent_decode_str;
use url::Url;

/// The server that takes our mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Relay {
    /// Host name or address, IPv6 without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) security: Security,
    pub(super) credentials: Option<Credentials>,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// Plain text until STARTTLS; a server that does not offer it gets no mail.
    StartTls,
    /// None. Only towards a loopback address.
    None,
}

/// What AUTH sends.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: String,
    pub(super) password: String,
}

/// Why a relay's URL is refused. Never holds the URL itself: it may contain a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RelayError {
    /// Not a URL at all.
    #[error("not a URL; write smtp://host:port or smtps://host:port")]
    Malformed,
    /// Neither `smtp` nor `smtps`.
    #[error(
        "the scheme {0:?} is not known; write smtp:// (STARTTLS) or smtps:// (TLS from the start)"
    )]
    Scheme(String),
    /// No host.
    #[error("the URL names no host")]
    NoHost,
    /// A `tls` parameter that is neither `required` nor `none`, or `none` under `smtps`.
    #[error("tls={0} is not possible here; smtp:// takes tls=required (the default) or tls=none")]
    Tls(String),
    /// `tls=none` towards another machine.
    #[error("tls=none is allowed only to this machine itself (localhost, 127.0.0.1, [::1])")]
    PlainToElsewhere,
    /// A path, fragment or unknown parameter.
    #[error("{0:?} has no meaning in a relay's URL")]
    Unknown(String),
    /// A user without a password, the reverse, or bytes that are no UTF-8.
    #[error(
        "the URL's user and password are incomplete; write user:password@host, both percent-encoded, or keep the password in a file"
    )]
    Credentials,
}

impl Relay {
    /// This relay with the password from elsewhere, for example a file, so that the URL can
    /// stand in a readable configuration.
    ///
    /// # Errors
    /// [`RelayError::Credentials`] when the URL names no user.
    pub fn with_password(mut self, password: &str) -> Result<Self, RelayError> {
        let credentials = self.credentials.as_mut().ok_or(RelayError::Credentials)?;
        password.clone_into(&mut credentials.password);
        Ok(self)
    }

    /// Whether AUTH would be tried without a password: the URL named a user only, and
    /// [`Self::with_password`] was not called.
    pub fn lacks_password(&self) -> bool {
        self.credentials
            .as_ref()
            .is_some_and(|credentials| credentials.password.is_empty())
    }
}

impl FromStr for Relay {
    type Err = RelayError;

    fn from_str(text: &str) -> Result<Self, RelayError> {
        let url = Url::parse(text).map_err(|_| RelayError::Malformed)?;
        let host = match url.host_str() {
            None | Some("") => return Err(RelayError::NoHost),
            Some(host) => percent_decode_str(host.trim_matches(['[', ']']))
                .decode_utf8()
                .map_err(|_| RelayError::Malformed)?
                .into_owned(),
        };
        if !matches!(url.path(), "" | "/") {
            return Err(RelayError::Unknown(url.path().to_owned()));
        }
        if let Some(fragment) = url.fragment() {
            return Err(RelayError::Unknown(fragment.to_owned()));
        }
        let security = security(&url, &host)?;
        Ok(Self {
            port: url.port().unwrap_or(match security {
                Security::Tls => 465,
                Security::StartTls => 587,
                Security::None => 25,
            }),
            credentials: credentials(&url)?,
            host,
            security,
        })
    }
}

fn security(url: &Url, host: &str) -> Result<Security, RelayError> {
    let mut tls = None;
    for (name, value) in url.query_pairs() {
        if name != "tls" || tls.is_some() {
            return Err(RelayError::Unknown(name.into_owned()));
        }
        tls = Some(value.into_owned());
    }
    match (url.scheme(), tls.as_deref()) {
        ("smtps", None | Some("required")) => Ok(Security::Tls),
        ("smtp", None | Some("required")) => Ok(Security::StartTls),
        ("smtp", Some("none")) if is_loopback(host) => Ok(Security::None),
        ("smtp", Some("none")) => Err(RelayError::PlainToElsewhere),
        ("smtp" | "smtps", Some(other)) => Err(RelayError::Tls(other.to_owned())),
        (scheme, _) => Err(RelayError::Scheme(scheme.to_owned())),
    }
}

fn credentials(url: &Url) -> Result<Option<Credentials>, RelayError> {
    let decode = |text: &str| {
        percent_decode_str(text)
            .decode_utf8()
            .map(std::borrow::Cow::into_owned)
            .map_err(|_| RelayError::Credentials)
    };
    match (url.username(), url.password()) {
        ("", None) => Ok(None),
        ("", Some(_)) => Err(RelayError::Credentials),
        (user, password) => Ok(Some(Credentials {
            user: decode(user)?,
            password: decode(password.unwrap_or_default())?,
        })),
    }
}

/// Whether a host names this machine. `localhost` is believed here and checked again against the
/// addresses it resolves to.
fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .field("authenticates", &self.credentials.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(host: &str, port: u16, security: Security, login: Option<(&str, &str)>) -> Relay {
        Relay {
            host: host.to_owned(),
            port,
            security,
            credentials: login.map(|(user, password)| Credentials {
                user: user.to_owned(),
                password: password.to_owned(),
            }),
        }
    }

    #[test]
    fn urls_that_work() {
        for (url, expected) in [
            (
                "smtp://mail.example",
                relay("mail.example", 587, Security::StartTls, None),
            ),
            (
                "smtp://mail.example:25?tls=required",
                relay("mail.example", 25, Security::StartTls, None),
            ),
            (
                "smtps://mail.example/",
                relay("mail.example", 465, Security::Tls, None),
            ),
            (
                "smtps://a%40b:p%3Aw@mail.example",
                relay("mail.example", 465, Security::Tls, Some(("a@b", "p:w"))),
            ),
            (
                "smtp://127.0.0.1:1025?tls=none",
                relay("127.0.0.1", 1025, Security::None, None),
            ),
            (
                "smtp://localhost?tls=none",
                relay("localhost", 25, Security::None, None),
            ),
            (
                "smtp://[::1]:1025?tls=none",
                relay("::1", 1025, Security::None, None),
            ),
        ] {
            assert_eq!(url.parse::<Relay>().unwrap(), expected, "{url}");
        }
    }

    #[test]
    fn urls_that_do_not() {
        for (url, expected) in [
            ("mail.example", RelayError::Malformed),
            ("smtp://", RelayError::NoHost),
            ("smtp:mail.example", RelayError::NoHost),
            ("http://mail.example", RelayError::Scheme("http".into())),
            ("smtp://mail.example?tls=none", RelayError::PlainToElsewhere),
            (
                "smtp://127.0.0.1.evil.example?tls=none",
                RelayError::PlainToElsewhere,
            ),
            (
                "smtp://mail.example?tls=opportunistic",
                RelayError::Tls("opportunistic".into()),
            ),
            ("smtps://127.0.0.1?tls=none", RelayError::Tls("none".into())),
            (
                "smtp://127.0.0.1?tls=required&tls=none",
                RelayError::Unknown("tls".into()),
            ),
            (
                "smtp://mail.example/hello",
                RelayError::Unknown("/hello".into()),
            ),
            (
                "smtp://mail.example?timeout=3",
                RelayError::Unknown("timeout".into()),
            ),
            ("smtp://:secret@mail.example", RelayError::Credentials),
        ] {
            assert_eq!(url.parse::<Relay>().unwrap_err(), expected, "{url}");
        }
    }

    #[test]
    fn a_password_can_come_from_elsewhere_and_is_never_printed() {
        let relay: Relay = "smtp://user@mail.example".parse().unwrap();
        assert!(relay.lacks_password());
        let relay = relay.with_password("hunter2").unwrap();
        assert!(!relay.lacks_password());
        assert!(!format!("{relay:?}").contains("hunter2"));
        let nobody: Relay = "smtp://mail.example".parse().unwrap();
        assert_eq!(nobody.with_password("x"), Err(RelayError::Credentials));
    }
}
