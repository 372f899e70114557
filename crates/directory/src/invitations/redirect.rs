//! Where a guest may be sent after redemption (T-14).
//!
//! The text is judged twice: when the invitation is made and again when the guest accepts, because
//! the tenant's list may have changed in between. Nothing is ever appended to the address, so a
//! query of its own is harmless.

use std::net::Ipv4Addr;

use url::{Host, Url};

use crate::address;

/// Longest redirect in bytes: what browsers and proxies carry in a Location header without trouble.
const MAX_REDIRECT: usize = 2048;
/// Most entries read from a tenant's list; each acceptance compares with all of them.
const MAX_HOSTS: usize = 1000;

/// A redirect that passed the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    target: String,
    host: String,
    http: bool,
}

impl Redirect {
    /// What goes into the Location header: the text as sent where it is ASCII, its serialisation
    /// otherwise.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The host for people to read, with the port where it is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it is plain http, which only loopback hosts may be.
    pub fn is_http(&self) -> bool {
        self.http
    }
}

/// Why a redirect is refused. The public sentence is always the same; the rule goes to its details.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectFault {
    /// Over 2,048 bytes.
    TooLong,
    /// A character no URL holds: white space, control, backslash, quotes, brackets; or a control in
    /// percent form.
    Character,
    /// Not `https://host…`, or `http://` to a host that is not loopback, or not an absolute URL at
    /// all.
    Scheme,
    /// A user name or password before the host.
    UserInfo,
    /// A fragment.
    Fragment,
    /// The host is not written the way the URL parser reads it, or is no host.
    Host,
    /// The tenant lists its hosts and this is none of them.
    NotListed,
}

impl RedirectFault {
    /// The rule in plain words, for `details[]`.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => "it is longer than 2048 bytes",
            Self::Character => "it holds a character that a URL must not hold",
            Self::Scheme => "it must be an absolute https URL, or http to a loopback host",
            Self::UserInfo => "it must not hold a user name or password",
            Self::Fragment => "it must not hold a fragment",
            Self::Host => "its host is not a plain host name",
            Self::NotListed => "its host is not on the tenant's list",
        }
    }
}

/// The hosts a tenant allows. An entry is `host` (the scheme's own port) or `host:port`; no
/// wildcards, because every public wildcard matcher let a neighbour in. A loopback entry without a
/// port allows every port (RFC 8252, 7.3).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Option<Vec<(String, Option<u16>)>>);

impl AllowedHosts {
    /// From the hosts of a tenant's settings; none allows every host. `origin` is our own, where
    /// the last page of an invitation without a redirect stands: every list holds it (T-14).
    pub(crate) fn of(hosts: &[String], origin: &str) -> Self {
        if hosts.is_empty() {
            return Self::any();
        }
        let own = origin
            .split_once("://")
            .map_or(origin, |(_, authority)| authority);
        let listed = hosts.iter().map(String::as_str);
        Self::only(std::iter::once(own).chain(listed))
    }

    /// Every https host (and http loopback) is allowed: the tenant keeps no list, and the consent
    /// page names the host.
    pub fn any() -> Self {
        Self(None)
    }

    /// The tenant's list. An entry that is not a host matches nothing: a typing error must not open
    /// the door.
    pub fn only<I, T>(entries: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: AsRef<str>,
    {
        let entry = |entry: T| {
            let url = Url::parse(&format!("https://{}/", entry.as_ref())).ok()?;
            let port = entry
                .as_ref()
                .rsplit_once(':')
                .and_then(|(_, port)| port.parse().ok());
            Some((url.host_str()?.to_owned(), port))
        };
        Self(Some(
            entries
                .into_iter()
                .take(MAX_HOSTS)
                .filter_map(entry)
                .collect(),
        ))
    }

    fn hold(&self, url: &Url, loopback: bool) -> bool {
        let Some(entries) = &self.0 else { return true };
        entries.iter().any(|(host, port)| {
            url.host_str() == Some(host)
                && match port {
                    Some(port) => url.port_or_known_default() == Some(*port),
                    None => loopback || url.port().is_none(),
                }
        })
    }
}

/// Whether an entry of a tenant's list has the form `host` or `host:port`, without anything that
/// another parser could read differently.
pub(crate) fn is_host(entry: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-._:[]".contains(c);
    let Ok(url) = Url::parse(&format!("https://{entry}/")) else {
        return false;
    };
    let after_host = if entry.starts_with('[') {
        entry.split_once(']').map(|(_, rest)| rest)
    } else {
        entry.find(':').and_then(|at| entry.get(at..))
    };
    let port = after_host.and_then(|rest| rest.strip_prefix(':'));
    let good_port = port.map_or(after_host.unwrap_or_default().is_empty(), |port| {
        port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    !entry.is_empty() && entry.chars().all(plain) && good_port && url.host_str().is_some()
}

/// Checks a redirect as sent in `inviteRedirectUrl`, or as stored.
///
/// # Errors
/// [`RedirectFault`] for the log.
pub fn check(text: &str, allowed: &AllowedHosts) -> Result<Redirect, RedirectFault> {
    if text.len() > MAX_REDIRECT {
        return Err(RedirectFault::TooLong);
    }
    if text.chars().any(|c| !is_url_character(c)) || holds_encoded_control(text) {
        return Err(RedirectFault::Character);
    }
    let (scheme, rest) = text.split_once("://").ok_or(RedirectFault::Scheme)?;
    let https = scheme.eq_ignore_ascii_case("https");
    if !https && !scheme.eq_ignore_ascii_case("http") {
        return Err(RedirectFault::Scheme);
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(RedirectFault::UserInfo);
    }
    if text.contains('#') {
        return Err(RedirectFault::Fragment);
    }
    let url = Url::parse(text).map_err(|_| RedirectFault::Host)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RedirectFault::UserInfo);
    }
    if !is_host_as_written(authority, &url) {
        return Err(RedirectFault::Host);
    }
    let loopback = is_loopback(&url);
    if !https && !loopback {
        return Err(RedirectFault::Scheme);
    }
    if !allowed.hold(&url, loopback) {
        return Err(RedirectFault::NotListed);
    }
    let name = url.host_str().ok_or(RedirectFault::Host)?;
    let host = url
        .port()
        .map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    let target = if text.is_ascii() {
        text.to_owned()
    } else {
        url.to_string()
    };
    Ok(Redirect {
        target,
        host,
        http: !https,
    })
}

/// RFC 3986 characters, and non-ASCII ones that print. The backslash is out because browsers read
/// it as a slash while others read it as part of the host (`https://good.example\@evil.example`).
fn is_url_character(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c)
    } else {
        !address::is_invisible(c)
    }
}

/// Whether it holds `%00`–`%1f` or `%7f`: the target would decode a control character that was not
/// checked here.
fn holds_encoded_control(text: &str) -> bool {
    text.split('%').skip(1).any(|after| {
        let byte = after
            .get(..2)
            .filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        // A percent sign that encodes nothing is no URL either.
        byte.and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .is_none_or(|byte| byte < 0x20 || byte == 0x7f)
    })
}

/// Whether the host and port are spelt as the parser understood them. `0x7f.1`, `%65vil.example`,
/// full-width letters, a trailing dot and an empty port are other spellings; people do not write
/// them, attackers do.
fn is_host_as_written(authority: &str, url: &Url) -> bool {
    let Some(parsed) = url.host_str() else {
        return false;
    };
    let ipv6_end = authority.find(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(ipv6_end..).and_then(|tail| tail.find(':')) {
        Some(at) => authority.split_at(ipv6_end + at),
        None => (authority, ""),
    };
    let port_as_written = match port.strip_prefix(':') {
        None => true,
        Some(digits) => {
            !digits.starts_with('0')
                && digits.parse() == Ok(url.port_or_known_default().unwrap_or_default())
        }
    };
    let written = if host.is_ascii() {
        Some(host.to_ascii_lowercase())
    } else {
        address::canonical_domain(host).ok()
    };
    let labels = parsed.split('.').all(|label| !label.is_empty());
    let plain = parsed.starts_with('[')
        || parsed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    port_as_written && labels && plain && written.as_deref() == Some(parsed)
}

/// `localhost`, 127.0.0.0/8 and `[::1]`: compared as parsed hosts, so `localhost.evil.example` is
/// none.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.octets().first() == Ipv4Addr::LOCALHOST.octets().first(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::RedirectFault::{Character, Fragment, Host, NotListed, Scheme, TooLong, UserInfo};
    use super::*;

    fn check_any(text: &str, expected: Result<(&str, &str), RedirectFault>) {
        let found = check(text, &AllowedHosts::any());
        let found = found
            .as_ref()
            .map(|r| (r.target(), r.host()))
            .map_err(|fault| *fault);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn good_redirects_stay_as_sent() {
        for (text, host) in [
            ("https://myapp.contoso.com", "myapp.contoso.com"),
            (
                "https://myapp.contoso.com/a/b?c=d&e=%20f",
                "myapp.contoso.com",
            ),
            ("HTTPS://MyApp.Contoso.com/A", "myapp.contoso.com"),
            ("https://myapp.contoso.com:8443/", "myapp.contoso.com:8443"),
            ("https://myapp.contoso.com:443/", "myapp.contoso.com"),
            ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
            ("https://intranet/", "intranet"),
            ("https://192.0.2.7/", "192.0.2.7"),
            ("https://[2001:db8::1]:8443/x", "[2001:db8::1]:8443"),
            ("http://localhost:3000/done", "localhost:3000"),
            ("http://127.0.0.1:3000/done", "127.0.0.1:3000"),
            ("http://[::1]:3000/done", "[::1]:3000"),
            ("https://a.example/?next=https://b.example/@x", "a.example"),
            ("https://a.example/..//evil.example/", "a.example"),
        ] {
            check_any(text, Ok((text, host)));
        }
        let ascii = (
            "https://xn--bcher-kva.example/%C3%BC",
            "xn--bcher-kva.example",
        );
        check_any("https://bücher.example/ü", Ok(ascii));
    }

    #[test]
    fn hostile_redirects_are_refused() {
        let long = format!("https://a.example/{}", "a".repeat(2048));
        let hostile: &[(&str, RedirectFault)] = &[
            ("", Scheme),
            ("a.example", Scheme),
            ("/done", Scheme),
            ("//evil.example", Scheme),
            ("///evil.example", Scheme),
            ("/\\evil.example", Character),
            ("\\\\evil.example", Character),
            ("https:evil.example", Scheme),
            ("https:/evil.example", Scheme),
            ("https:///evil.example", Host),
            ("https://", Host),
            ("https:///", Host),
            ("https://?x", Host),
            ("http://evil.example/", Scheme),
            ("http://localhost.evil.example/", Scheme),
            ("http://evil-localhost/", Scheme),
            ("http://127.0.0.1.evil.example/", Scheme),
            ("http://127.0.0.1.nip.example/", Scheme),
            ("http://[::ffff:127.0.0.1]/", Host),
            ("http://0.0.0.0/", Scheme),
            ("http://10.0.0.1/", Scheme),
            ("http://127.1/", Host),
            ("http://0x7f.0.0.1/", Host),
            ("http://0177.0.0.1/", Host),
            ("http://2130706433/", Host),
            ("ftp://a.example/", Scheme),
            ("javascript:alert(1)", Scheme),
            ("javascript://a.example/%0aalert(1)", Character),
            ("JavaScript://a.example/alert(1)", Scheme),
            ("data:text/html,x", Scheme),
            ("vbscript://a.example", Scheme),
            ("file:///etc/passwd", Scheme),
            ("blob:https://a.example/x", Scheme),
            ("view-source:https://a.example", Scheme),
            ("myapp://done", Scheme),
            ("ws://a.example", Scheme),
            ("https://user@a.example/", UserInfo),
            ("https://user:pw@a.example/", UserInfo),
            ("https://@a.example/", UserInfo),
            ("https://:@a.example/", UserInfo),
            ("https://localhost:80@evil.example/", UserInfo),
            ("https://a.example%40evil.example/", Host),
            ("https://a.example\\@evil.example/", Character),
            ("https://a.example\\.evil.example/", Character),
            ("https:\\\\evil.example", Character),
            ("https://a.example/#x", Fragment),
            ("https://a.example#@evil.example/", Fragment),
            ("https://a.example/#", Fragment),
            (" https://a.example", Character),
            ("https://a.example ", Character),
            ("https://a .example", Character),
            ("https://a.exa\tmple", Character),
            ("https://a.exa\nmple", Character),
            ("\u{1}https://a.example", Character),
            ("https://a.example/\r\nSet-Cookie: a=b", Character),
            ("https://a.example/\u{85}", Character),
            ("https://a.example/\u{2028}", Character),
            ("https://a.example/\u{202e}moc", Character),
            ("https://a.exa\u{200b}mple/", Character),
            ("https://a.exa\u{ad}mple/", Character),
            ("https://a.example/%0d%0aX: y", Character),
            ("https://a.example/%0d%0aX", Character),
            ("https://a.example/%00", Character),
            ("https://a.example/%", Character),
            ("https://a.example/%zz", Character),
            ("https://a.example/<script>", Character),
            ("https://a.example/\"x", Character),
            ("https://%65vil.example/", Host),
            ("https://evil%2eexample/", Host),
            ("https://evil.example%00.a.example/", Character),
            ("https://ａ.example/", Host),
            ("https://a。example/", Host),
            ("https://fabri\u{212a}am.example/", Host),
            ("https://evil.example./", Host),
            ("https://.evil.example/", Host),
            ("https://a..example/", Host),
            ("https://a.example:/", Host),
            ("https://a.example:0443/", Host),
            ("https://a.example:99999/", Host),
            ("https://a.example:8o/", Host),
            ("https://a_b.example/", Host),
            ("https://*.example/", Host),
            ("https://[::1/", Host),
            ("https://[fe80::1%25eth0]/", Host),
            (&long, TooLong),
        ];
        for (text, fault) in hostile {
            check_any(text, Err(*fault));
        }
        assert!(hostile.len() >= 60, "the table shrank to {}", hostile.len());
    }

    #[test]
    fn a_tenants_list_compares_whole_hosts() {
        let list = AllowedHosts::only([
            "App.Contoso.com",
            "x.com",
            "dev.contoso.com:8443",
            "localhost",
            "*.wild.example",
            "not a host",
        ]);
        for (text, expected) in [
            ("https://app.contoso.com/anything?x=y", None),
            ("https://APP.contoso.com", None),
            ("https://dev.contoso.com:8443/", None),
            ("http://localhost:3000/", None),
            ("https://localhost:8443/", None),
            ("https://evilx.com/", Some(NotListed)),
            ("https://a.x.com/", Some(NotListed)),
            ("https://x.com.evil.example/", Some(NotListed)),
            ("https://app.contoso.com.evil.example/", Some(NotListed)),
            ("https://app.contoso.com:8443/", Some(NotListed)),
            ("https://dev.contoso.com/", Some(NotListed)),
            ("https://appxcontoso.com/", Some(NotListed)),
            ("https://a.wild.example/", Some(NotListed)),
            ("http://127.0.0.1:3000/", Some(NotListed)),
            ("http://app.contoso.com/", Some(Scheme)),
        ] {
            assert_eq!(check(text, &list).err(), expected, "{text}");
        }
        assert_eq!(
            check("https://a.example", &AllowedHosts::only::<[&str; 0], _>([])).err(),
            Some(NotListed)
        );
    }
}
