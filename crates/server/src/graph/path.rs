//! The path of a Graph request: version, names and keys.
//!
//! Own reading instead of the router's, since paths of the protocol are caseless in their names and
//! hold keys in two forms, `/users/KEY` and `/users('KEY')`, which a pattern of slashes cannot say.

use std::borrow::Cow;

use edm::{Property, Version, application, user};
use percent_encoding::percent_decode_str;

/// A part of the path, decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A name, or a key written behind a slash: only the route table can tell.
    Plain(String),
    /// A key in parentheses.
    Key(String),
    /// A name with empty parentheses: a function without parameters.
    Call(String),
}

impl Segment {
    /// The text, as error messages name it.
    pub fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Key(text) | Self::Call(text) => text,
        }
    }
}

/// A part of the path that cannot be read, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

/// Splits off the version. `None` is no Graph path.
pub fn version(path: &str) -> Option<(Version, &str)> {
    split_version(path.strip_prefix('/')?)
}

/// [`version`] for a path that does not begin with a slash.
pub fn split_version(path: &str) -> Option<(Version, &str)> {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let version = [Version::V1, Version::Beta]
        .into_iter()
        .find(|version| version.as_str() == first)?;
    Some((version, rest))
}

/// Splits off the tenant that may stand behind the version: a GUID, a domain, or `myorganization`
/// for that of the token. No entity set is called so.
pub fn tenant(rest: &str) -> (Option<&str>, &str) {
    let (first, after) = rest.split_once('/').unwrap_or((rest, ""));
    let is_id =
        || first.len() == uuid::fmt::Hyphenated::LENGTH && uuid::Uuid::try_parse(first).is_ok();
    if first.eq_ignore_ascii_case(MY_ORGANIZATION) || is_id() || is_domain(first) {
        (Some(first), after)
    } else {
        (None, rest)
    }
}

/// The tenant of the token, whichever it is.
pub const MY_ORGANIZATION: &str = "myorganization";

/// Whether a segment reads as a domain: labels, the last of which is no number, as that of a
/// version is.
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !label.is_empty() && label.bytes().all(allowed)
    };
    let last = text.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()))
        && text.split('.').all(is_label)
}

/// Reads what follows the version. One trailing slash is ignored, as clients add it.
pub fn segments(rest: &str) -> Result<Vec<Segment>, Malformed> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let mut found = Vec::new();
    if rest.is_empty() {
        return Ok(found);
    }
    for sent in rest.split('/') {
        let malformed = || Malformed(sent.to_owned());
        let text = if sent.contains('%') {
            let decoded = percent_decode_str(sent).decode_utf8();
            decoded.map_err(|_| malformed())?
        } else {
            Cow::Borrowed(sent)
        };
        if text.is_empty() {
            return Err(malformed());
        }
        match text.strip_suffix(')').and_then(|open| open.split_once('(')) {
            Some((name, "")) if !name.is_empty() => found.push(Segment::Call(name.to_owned())),
            Some((name, key)) if !name.is_empty() => {
                let key = named_key(name, key).or_else(|| key_in_parentheses(key));
                found.push(Segment::Plain(name.to_owned()));
                found.push(Segment::Key(key.ok_or_else(malformed)?));
            }
            _ => found.push(Segment::Plain(text.into_owned())),
        }
    }
    Ok(found)
}

/// `userPrincipalName='a@b.c'`: the alternate key of a user, or `id=` and a key of any set. A value
/// that is an id is refused as an alternate key, or it would find the user with that id. Also the
/// `appId='…'` of an application.
fn named_key(set: &str, text: &str) -> Option<String> {
    let (name, value) = text.split_once('=')?;
    let key = key_in_parentheses(value)?;
    let is = |property: &Property| name.trim().eq_ignore_ascii_case(property.name());
    let is_user = set.eq_ignore_ascii_case(user::TYPE.set);
    let is_alternate = is_user && is(&user::USER_PRINCIPAL_NAME);
    let is_id = uuid::Uuid::try_parse(&key).is_ok();
    // Both keys of an application are GUIDs. The name `appId` stays in the key, or the client id of
    // one application would find another with the same object id.
    if set.eq_ignore_ascii_case(application::TYPE.set) && is(&application::APP_ID) {
        return Some(format!("{}={key}", application::APP_ID.name()));
    }
    (is(&user::ID) || is_alternate && !is_id).then_some(key)
}

/// `'it''s'` or a bare GUID.
fn key_in_parentheses(text: &str) -> Option<String> {
    let Some(quoted) = text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    else {
        return uuid::Uuid::try_parse(text).ok().map(|_| text.to_owned());
    };
    let key = quoted.replace("''", "'");
    // Each quote inside must have been doubled; an odd one would have ended the literal.
    let sent = quoted.matches('\'').count();
    let single = sent != 2 * key.matches('\'').count();
    (!key.is_empty() && !single).then_some(key)
}

#[cfg(test)]
mod tests {
    use edm::Version;

    use super::{Segment, segments, tenant, version};

    #[test]
    fn the_version_comes_first() {
        let check = |path: &str, expected: Option<(Version, &str)>| {
            assert_eq!(version(path), expected, "{path}");
        };
        check("/v1.0/users", Some((Version::V1, "users")));
        check("/beta/users/a/b", Some((Version::Beta, "users/a/b")));
        check("/v1.0", Some((Version::V1, "")));
        check("/v1.0/", Some((Version::V1, "")));
        check("/v2.0/users", None);
        check("/", None);
        check("", None);
    }

    #[test]
    fn a_tenant_may_stand_behind_the_version() {
        let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        for named in [id, "contoso.com", "a-b.onmicrosoft.com", "MyOrganization"] {
            let path = format!("{named}/users/x");
            assert_eq!(tenant(&path), (Some(named), "users/x"), "{named}");
            assert_eq!(tenant(named), (Some(named), ""), "{named}");
        }
        for none in [
            "users/contoso.com",
            "",
            "v1.0/users",
            "$metadata",
            "users('a.b')",
            ".com/users",
            "a..b/users",
            "87d349ed44d743e19a835f2406dee5bd/users",
        ] {
            assert_eq!(tenant(none), (None, none), "{none}");
        }
    }

    #[test]
    fn keys_stand_behind_a_slash_or_in_parentheses() {
        let plain = |text: &str| Segment::Plain(text.to_owned());
        let key = |text: &str| Segment::Key(text.to_owned());
        let check = |rest: &str, expected: Option<Vec<Segment>>| {
            assert_eq!(segments(rest).ok(), expected, "{rest}");
        };
        check("", Some(vec![]));
        check("users", Some(vec![plain("users")]));
        check("users/", Some(vec![plain("users")]));
        check("users//", None);
        check("users//x", None);
        check("users/a%40b.c", Some(vec![plain("users"), plain("a@b.c")]));
        check(
            "users/a_b%23EXT%23@c.d",
            Some(vec![plain("users"), plain("a_b#EXT#@c.d")]),
        );
        check("users('a@b.c')", Some(vec![plain("users"), key("a@b.c")]));
        check(
            "users(%27a@b.c%27)/x",
            Some(vec![plain("users"), key("a@b.c"), plain("x")]),
        );
        check(
            "users('o''neil@b.c')",
            Some(vec![plain("users"), key("o'neil@b.c")]),
        );
        for named in [
            "users(userPrincipalName='o''neil@b.c')",
            "users(UserPrincipalName=%27o%27%27neil%40b.c%27)",
            "users(userPrincipalName%3D'o''neil@b.c')",
            "users(id='o''neil@b.c')",
        ] {
            check(named, Some(vec![plain("users"), key("o'neil@b.c")]));
        }
        check(
            "users(userPrincipalName='a_b%23EXT%23@c.d')/manager",
            Some(vec![plain("users"), key("a_b#EXT#@c.d"), plain("manager")]),
        );
        check("users(userPrincipalName=a@b.c)", None);
        check("users(userPrincipalName='')", None);
        check("users(userPrincipalName='o'neil@b.c')", None);
        check("users(mail='a@b.c')", None);
        check("users(userPrincipalName='a@b.c',mail='a@b.c')", None);
        check("invitations(userPrincipalName='a@b.c')", None);
        check(
            "users(userPrincipalName='87d349ed-44d7-43e1-9a83-5f2406dee5bd')",
            None,
        );
        check("users('o'neil@b.c')", None);
        check("users('')", None);
        check("users(a@b.c)", None);
        let call = |text: &str| Segment::Call(text.to_owned());
        check("users()", Some(vec![call("users")]));
        check("users/a.b()", Some(vec![plain("users"), call("a.b")]));
        check("()", Some(vec![plain("()")]));
        let guid = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        check(
            &format!("users({guid})"),
            Some(vec![plain("users"), key(guid)]),
        );
        check("users/%ff", None);
        check("users/a%2Fb", Some(vec![plain("users"), plain("a/b")]));
        check("users/a+b", Some(vec![plain("users"), plain("a+b")]));
    }
}
