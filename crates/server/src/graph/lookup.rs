//! Finds the line of the route table that a request means.
//!
//! A part of a pattern is one of:
//!
//! | written | fits |
//! |---|---|
//! | `users`, `$ref` | that name, in any case |
//! | `microsoft.graph.user` | a cast: the qualified name alone, by the namespace or its alias `graph` |
//! | `delta()` | a bound function or action, plain or qualified, with or without its empty parentheses |
//! | `{key}`, `{other}` | a key, behind a slash or in parentheses; there are at most two in a path |
//! | `{property}` | the name of a property of a user, in the schema that the caller gives |
//!
//! A cast to a user where nothing but users can be, as in `users/{key}/graph.user` or
//! `manager/microsoft.graph.user`, changes nothing: the path is looked up without it. A pattern
//! that has the cast itself comes first.
//!
//! Of two patterns that fit, the one whose first differing part is a name is taken: `users/delta`
//! is the function and not somebody's key, `users/{key}/manager` not a property. The verb is asked
//! only then. A pattern of which the version has no line does not fit.

use std::sync::LazyLock;

use axum::http::Method;
use edm::{Entity, NAMESPACE, Version, entity, invitation, user};

use super::path::Segment;
use super::routes::{ROUTES, Route};

/// What varies in a path, decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Params<'a> {
    /// `{key}`: whose.
    pub key: Option<&'a str>,
    /// `{other}`: the object at the other end of a link.
    pub other: Option<&'a str>,
    /// `{property}`, as it was sent.
    pub property: Option<&'a str>,
}

/// What the table says of a request.
#[derive(Debug)]
pub enum Lookup<'a> {
    /// A line, and what varies in its path.
    Found(&'static Route, Params<'a>),
    /// The path is known, the verb is not; these are.
    WrongVerb(Vec<&'static Method>),
    /// The first segment that no line has at its place.
    Unknown(&'a str),
}

/// One part of a pattern. The order is the rank: what stands first is taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Name(&'static str),
    Cast(&'static str),
    Operation(&'static str),
    Property,
    Key,
    Other,
}

impl Part {
    fn parse(text: &'static str) -> Self {
        match text {
            "{key}" => Self::Key,
            "{other}" => Self::Other,
            "{property}" => Self::Property,
            _ => match (text.strip_suffix("()"), unqualified(text)) {
                (Some(name), _) => Self::Operation(name),
                (None, Some(name)) => Self::Cast(name),
                (None, None) => Self::Name(text),
            },
        }
    }

    /// Whether the segment fits; what varies is noted.
    fn fits<'a>(self, segment: &'a Segment, known: Known<'_>, params: &mut Params<'a>) -> bool {
        match (self, segment) {
            (Self::Name(name), Segment::Plain(text)) => name.eq_ignore_ascii_case(text),
            (Self::Cast(name), Segment::Plain(text)) => {
                unqualified(text).is_some_and(|text| name.eq_ignore_ascii_case(text))
            }
            (Self::Operation(name), Segment::Plain(text) | Segment::Call(text)) => {
                name.eq_ignore_ascii_case(unqualified(text).unwrap_or(text))
            }
            (Self::Property, Segment::Plain(text)) => {
                params.property = Some(text);
                known.user.property(text, known.version).is_some()
            }
            (Self::Key, segment) => key(segment, &mut params.key),
            (Self::Other, segment) => key(segment, &mut params.other),
            _ => false,
        }
    }
}

/// What names in a path may mean.
#[derive(Clone, Copy, Debug)]
pub struct Known<'s> {
    /// The version that the path begins with.
    pub version: Version,
    /// The user type in a schema: the core's, or that of the caller's tenant.
    pub user: Entity<'s>,
}

/// A plain segment that begins with `$` is a reserved word and no key: such a UPN needs the
/// parentheses (P-users-1).
fn key<'a>(segment: &'a Segment, place: &mut Option<&'a str>) -> bool {
    match segment {
        Segment::Call(_) => return false,
        Segment::Plain(text) if text.starts_with('$') => return false,
        Segment::Plain(text) | Segment::Key(text) => *place = Some(text),
    }
    true
}

/// The name behind the namespace or its alias.
fn unqualified(text: &str) -> Option<&str> {
    [NAMESPACE, "graph"].into_iter().find_map(|namespace| {
        let (space, name) = text.split_at_checked(namespace.len())?;
        let name = name.strip_prefix('.')?;
        space.eq_ignore_ascii_case(namespace).then_some(name)
    })
}

/// The lines of one pattern.
struct Pattern {
    parts: Vec<Part>,
    routes: Vec<&'static Route>,
}

impl Pattern {
    fn casts(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Cast(_)))
    }
}

/// The table, read once: a pattern each, the most specific first.
struct Table(Vec<Pattern>);

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::of(&ROUTES));

impl Table {
    fn of(routes: &'static [Route]) -> Self {
        let mut patterns: Vec<Pattern> = Vec::new();
        for route in routes {
            let parts: Vec<_> = route
                .pattern
                .split('/')
                .filter(|part| !part.is_empty())
                .map(Part::parse)
                .collect();
            match patterns.iter_mut().find(|pattern| pattern.parts == parts) {
                Some(pattern) => pattern.routes.push(route),
                None => patterns.push(Pattern {
                    parts,
                    routes: vec![route],
                }),
            }
        }
        // `Allow` names them in one order, wherever the rows stand.
        let verb = |route: &&Route| {
            const ORDER: [Method; 5] = [
                Method::GET,
                Method::POST,
                Method::PUT,
                Method::PATCH,
                Method::DELETE,
            ];
            ORDER.iter().position(|known| *known == route.method)
        };
        for pattern in &mut patterns {
            pattern.routes.sort_by_key(verb);
        }
        let rank = |part: &Part| match part {
            Part::Name(_) | Part::Cast(_) | Part::Operation(_) => 0,
            Part::Property => 1,
            Part::Key | Part::Other => 2,
        };
        patterns
            .sort_by_cached_key(|pattern| -> Vec<u8> { pattern.parts.iter().map(rank).collect() });
        Self(patterns)
    }

    fn lookup<'a>(&self, method: &Method, segments: &'a [Segment], known: Known<'_>) -> Lookup<'a> {
        let sent: Vec<_> = segments.iter().collect();
        let plain = without_casts(&sent);
        let cast = if plain.len() < sent.len() {
            let patterns = self.0.iter().filter(|pattern| pattern.casts());
            Some(fit(patterns, method, &sent, known))
        } else {
            None
        };
        match (cast, fit(self.0.iter(), method, &plain, known)) {
            (Some(cast @ Lookup::Found(..)), _)
            | (Some(cast @ Lookup::WrongVerb(_)), Lookup::Unknown(_)) => cast,
            (_, plain) => plain,
        }
    }
}

/// The path without casts that change nothing.
fn without_casts<'a>(sent: &[&'a Segment]) -> Vec<&'a Segment> {
    let mut kept: Vec<&Segment> = Vec::with_capacity(sent.len());
    for segment in sent.iter().copied() {
        if !(is_user_cast(segment) && holds_users(&kept)) {
            kept.push(segment);
        }
    }
    kept
}

fn is_user_cast(segment: &Segment) -> bool {
    let Segment::Plain(text) = segment else {
        return false;
    };
    unqualified(text).is_some_and(|name| name.eq_ignore_ascii_case(user::TYPE.name))
}

/// Whether a path leads to a user or to users: by the name of what holds them, or by a key behind
/// such a name.
fn holds_users(path: &[&Segment]) -> bool {
    let named = |segment: Option<&&Segment>, further: &[&str]| {
        let Some(Segment::Plain(text)) = segment else {
            return false;
        };
        let own = [
            user::TYPE.set,
            "me",
            "deletedItems",
            user::TRANSITIVE_REPORTS.name(),
            entity::DIRECTORY_OBJECT.set,
        ];
        let links = user::TYPE
            .navigation
            .iter()
            .filter(|link| !link.contained)
            .map(|link| link.property.name());
        own.into_iter()
            .chain(links)
            .chain(further.iter().copied())
            .any(|name| name.eq_ignore_ascii_case(text))
    };
    let before = path.len().checked_sub(2).and_then(|at| path.get(at));
    named(path.last(), &[invitation::INVITED_USER.name()])
        || named(before, &[entity::DIRECTORY_OBJECT.set])
            && path.last().is_some_and(|last| is_key(last))
}

/// Whether a segment can be a key: a name that the schema has for a property of users is none.
fn is_key(segment: &Segment) -> bool {
    match segment {
        Segment::Key(_) => true,
        Segment::Call(_) => false,
        Segment::Plain(text) => {
            !text.starts_with('$') && user::TYPE.property(text, Version::Beta).is_none()
        }
    }
}

/// The line of these patterns, the most specific first, that a path means.
fn fit<'a, 'p>(
    patterns: impl Iterator<Item = &'p Pattern> + Clone,
    method: &Method,
    segments: &[&'a Segment],
    known: Known<'_>,
) -> Lookup<'a> {
    let version = known.version;
    let has_line = |pattern: &&Pattern| pattern.routes.iter().any(|route| route.is_in(version));
    let depth = |pattern: &Pattern, params: &mut Params<'a>| {
        let parts = pattern.parts.iter().zip(segments.iter().copied());
        parts
            .take_while(|(part, segment)| part.fits(segment, known, params))
            .count()
    };
    let long_enough = |pattern: &&Pattern| pattern.parts.len() == segments.len();
    for pattern in patterns.clone().filter(long_enough).filter(has_line) {
        let mut params = Params::default();
        if depth(pattern, &mut params) < segments.len() {
            continue;
        }
        let mut lines = pattern.routes.iter().filter(|route| route.is_in(version));
        return lines
            .clone()
            .find(|route| route.method == *method)
            .map_or_else(
                || Lookup::WrongVerb(lines.by_ref().map(|route| &route.method).collect()),
                |route| Lookup::Found(route, params),
            );
    }
    // None fits. Only now is it worth a walk through all of them to see how far the best one fits.
    let depths = patterns.filter(has_line);
    let depths = depths.map(|pattern| depth(pattern, &mut Params::default()));
    let deepest = depths.max().unwrap_or(0);
    let unknown = segments.get(deepest).or(segments.last());
    Lookup::Unknown(unknown.map_or("", |segment| segment.text()))
}

/// Looks a request up. HEAD is answered as GET; the connection drops the body.
pub fn lookup<'a>(method: &Method, segments: &'a [Segment], known: Known<'_>) -> Lookup<'a> {
    let request = if *method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    TABLE.lookup(request, segments, known)
}

#[cfg(test)]
mod tests;
