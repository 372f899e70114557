//! The scope of a token request, and the resource that the older endpoint takes in its place.
//!
//! Client libraries add the scopes of people's sign-in to every request, that of an app too. They
//! ask for nothing of a resource, so that they are taken in any order and any number, and the rest
//! must name one resource: ours.

use url::Url;
use uuid::Uuid;

use super::claims::{AUDIENCE, AUDIENCE_URL};
use crate::http::origin::{Origin, Origins};

/// Scopes of `OpenID Connect` itself, which belong to no resource.
const OF_PEOPLE: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// Characters of a scope that an error repeats.
const MOST_PRINTED: usize = 200;

/// What is wrong with a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeFault {
    /// There is nothing in it.
    Empty,
    /// No `.default` of any resource; the whole scope.
    NoDefault(String),
    /// `.default` beside a single permission.
    Mixed(String),
    /// `.default` of a resource that is not ours; that scope.
    Unknown(String),
    /// `.default` of ours and of another resource.
    SeveralResources,
}

/// Checks the scope of an app's request.
pub fn check(scope: &str, origins: &Origins) -> Result<(), ScopeFault> {
    let of_people = |one: &&str| OF_PEOPLE.iter().any(|own| own.eq_ignore_ascii_case(one));
    let named: Vec<&str> = scope
        .split_ascii_whitespace()
        .filter(|one| !of_people(one))
        .collect();
    let resources: Vec<&str> = named.iter().copied().filter_map(resource).collect();
    if scope.trim_ascii().is_empty() {
        return Err(ScopeFault::Empty);
    }
    if resources.is_empty() {
        return Err(ScopeFault::NoDefault(printable(scope)));
    }
    if resources.len() < named.len() {
        return Err(ScopeFault::Mixed(printable(scope)));
    }
    let foreign = named
        .iter()
        .zip(&resources)
        .find(|(_, resource)| !is_ours(resource, origins));
    match foreign {
        None => Ok(()),
        // All of one resource, which is not ours, or of two: the second case is the clearer thing
        // to say.
        Some(_) if resources.iter().any(|one| is_ours(one, origins)) => {
            Err(ScopeFault::SeveralResources)
        }
        Some((scope, _)) => Err(ScopeFault::Unknown(printable(scope))),
    }
}

/// What stands before `/.default`.
fn resource(scope: &str) -> Option<&str> {
    const DEFAULT: &str = "/.default";
    let (resource, end) = scope.split_at_checked(scope.len().checked_sub(DEFAULT.len())?)?;
    end.eq_ignore_ascii_case(DEFAULT).then_some(resource)
}

/// Whether a resource is ours: Graph's name, its GUID, or one of our origins, with or without a
/// slash behind it, and with or without the port, which some clients drop.
pub fn is_ours(resource: &str, origins: &Origins) -> bool {
    let resource = resource.strip_suffix('/').unwrap_or(resource);
    if resource.eq_ignore_ascii_case(AUDIENCE_URL) || Uuid::try_parse(resource) == Ok(AUDIENCE) {
        return true;
    }
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let Ok(named) = Origin::parse(&url.origin().ascii_serialization()) else {
        return false;
    };
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    bare && is_origin(&named, url.port().is_none(), origins)
}

/// Whether an origin is listed; one without a port also means the same host at any port.
pub fn is_origin(named: &Origin, portless: bool, origins: &Origins) -> bool {
    let same_host =
        |origin: &Origin| origin.is_secure() == named.is_secure() && origin.host() == named.host();
    let known = |origin: &Origin| origin == named || (portless && same_host(origin));
    origins.listed().iter().any(known)
}

/// A client's text as an error description may carry it (RFC 6749 section 5.2), and not more of it
/// than helps.
pub fn printable(text: &str) -> String {
    let allowed = |letter: char| matches!(letter, ' '..='~') && !matches!(letter, '"' | '\\');
    let safe = |letter: char| if allowed(letter) { letter } else { '?' };
    text.chars().take(MOST_PRINTED).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::{ScopeFault, check, printable};
    use crate::http::origin::{Origin, Origins};

    fn origins() -> Origins {
        let listed = ["https://localhost:8443", "http://localhost:8080"];
        let listed = listed.map(|text| Origin::parse(text).unwrap()).to_vec();
        Origins::new(listed, vec![]).unwrap()
    }

    #[test]
    fn a_scope_is_default_of_ours_beside_those_of_people() {
        let origins = origins();
        for good in [
            "https://graph.microsoft.com/.default",
            "https://graph.microsoft.com//.default",
            "HTTPS://Graph.Microsoft.com/.Default",
            "00000003-0000-0000-c000-000000000000/.default",
            "https://localhost:8443/.default",
            "https://localhost/.default",
            "http://localhost:8080/.default",
            "https://graph.microsoft.com/.default openid profile offline_access",
            "openid profile offline_access https://graph.microsoft.com/.default",
            "openid https://localhost:8443/.default email",
            "Offline_Access  https://localhost/.default OPENID",
            "https://graph.microsoft.com/.default https://graph.microsoft.com/.default openid openid",
            "https://graph.microsoft.com/.default https://localhost:8443/.default",
            " https://graph.microsoft.com/.default ",
        ] {
            assert_eq!(check(good, &origins), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_bad_scope_is_told_by_what_is_wrong_with_it() {
        let origins = origins();
        let fails = |scope: &str, expected: ScopeFault| {
            assert_eq!(check(scope, &origins), Err(expected), "{scope}");
        };
        let unknown = |scope: &str| ScopeFault::Unknown(scope.to_owned());
        for foreign in [
            "https://localhost:9999/.default",
            "https://localhost:8443/path/.default",
            "https://localhost:8443/?x/.default",
            "https://user@localhost:8443/.default",
            "https://evil.example/.default",
            "https://graph.microsoft.com.evil.example/.default",
            "/.default",
        ] {
            fails(foreign, unknown(foreign));
            let beside = format!("openid {foreign} profile");
            fails(&beside, unknown(foreign));
        }
        for none in [
            "openid",
            "openid profile offline_access",
            "https://graph.microsoft.com/User.Read.All",
            "User.Read",
            ".default",
            "https://graph.microsoft.com/.defaults",
        ] {
            fails(none, ScopeFault::NoDefault(none.to_owned()));
        }
        fails("", ScopeFault::Empty);
        fails("  ", ScopeFault::Empty);
        let mixed = "https://graph.microsoft.com/.default User.Read.All";
        fails(mixed, ScopeFault::Mixed(mixed.to_owned()));
        let two = "https://graph.microsoft.com/.default openid https://evil.example/.default";
        fails(two, ScopeFault::SeveralResources);
    }

    #[test]
    fn an_error_repeats_plain_text_only() {
        assert_eq!(printable("a \"b\"\\\r\n\u{2028}ü c"), "a ?b?????? c");
        assert_eq!(printable(&"x".repeat(5_000)).len(), 200);
    }
}
