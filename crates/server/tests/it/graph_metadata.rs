//! `$metadata` declares what is served: every route of the table is walked through the schema of
//! its version.

use std::collections::HashMap;

use edm::Version;
use edm::metadata::csdl;
use server::graph::routes::ROUTES;

/// What a schema says, by qualified names.
#[derive(Default)]
struct Schema {
    types: HashMap<String, Declared>,
    /// Entity sets and singletons.
    container: HashMap<String, Place>,
    /// Functions and actions: name, and what they are bound to.
    operations: Vec<(String, Place)>,
}

#[derive(Default)]
struct Declared {
    base: Option<String>,
    has_stream: bool,
    properties: Vec<String>,
    links: HashMap<String, Place>,
}

/// Where a path has led so far.
#[derive(Clone, Debug, PartialEq)]
enum Place {
    Service,
    Many(String),
    One(String),
    /// A value, a number or a reference, behind which nothing follows.
    End,
    /// The value of a property, whose bare form can be asked for.
    Property,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

fn full(name: &str) -> String {
    match name.strip_prefix("graph.") {
        Some(name) => format!("microsoft.graph.{name}"),
        None => name.to_owned(),
    }
}

fn place(ty: &str) -> Place {
    let inner = ty.strip_prefix("Collection(");
    match inner.and_then(|inner| inner.strip_suffix(')')) {
        Some(inner) => Place::Many(full(inner)),
        None => Place::One(full(ty)),
    }
}

impl Schema {
    /// Reads the document, which has a tag a line.
    fn of(version: Version) -> Self {
        let mut schema = Self::default();
        let (mut namespace, mut owner, mut operation) = (String::new(), None, None);
        for tag in csdl(version).lines() {
            let element = tag.trim_start_matches('<');
            let element = element.split([' ', '>', '/']).next().unwrap();
            let name = attribute(tag, "Name");
            let ty = attribute(tag, "Type");
            match element {
                "Schema" => namespace = attribute(tag, "Namespace").unwrap_or(namespace),
                "EntityType" => {
                    let own = format!("{namespace}.{}", name.unwrap());
                    let declared = Declared {
                        base: attribute(tag, "BaseType").map(|base| full(&base)),
                        has_stream: tag.contains("HasStream=\"true\""),
                        ..Declared::default()
                    };
                    schema.types.insert(own.clone(), declared);
                    owner = Some(own);
                }
                "ComplexType" => owner = None,
                "Property" | "NavigationProperty" => {
                    let Some(owner) = owner.as_ref().and_then(|own| schema.types.get_mut(own))
                    else {
                        continue;
                    };
                    if element == "Property" {
                        owner.properties.push(name.unwrap());
                    } else {
                        owner.links.insert(name.unwrap(), place(&ty.unwrap()));
                    }
                }
                "Action" | "Function" => operation = name,
                "Parameter" => {
                    if let Some(operation) = operation.take() {
                        schema.operations.push((operation, place(&ty.unwrap())));
                    }
                }
                "EntitySet" => {
                    let of = Place::Many(attribute(tag, "EntityType").unwrap());
                    schema.container.insert(name.unwrap(), of);
                }
                "Singleton" => {
                    schema.container.insert(name.unwrap(), place(&ty.unwrap()));
                }
                _ => {}
            }
        }
        schema
    }

    /// The type and those it derives from.
    fn bases(&self, ty: &str) -> Vec<&str> {
        let mut found = Vec::new();
        let mut next = self.types.get_key_value(ty);
        while let Some((name, declared)) = next {
            found.push(name.as_str());
            let base = declared.base.as_ref();
            next = base.and_then(|base| self.types.get_key_value(base.as_str()));
        }
        found
    }

    /// The place behind a part of a pattern; `None` where nothing of the schema leads there.
    fn step(&self, at: &Place, part: &str) -> Option<Place> {
        if let Some(name) = part.strip_suffix("()") {
            let bound = |ty: &str| self.bases(ty).into_iter().map(str::to_owned);
            let bound: Vec<_> = match at {
                Place::Many(ty) => bound(ty).map(Place::Many).collect(),
                Place::One(ty) => bound(ty).map(Place::One).collect(),
                _ => return None,
            };
            let is_it = |(own, on): &&(String, Place)| own == name && bound.contains(on);
            return self.operations.iter().find(is_it).map(|_| Place::End);
        }
        match (at, part) {
            (Place::Service, "$metadata" | "$batch")
            | (Place::Many(_), "$count" | "$ref")
            | (Place::One(_), "$ref")
            | (Place::Property, "$value") => Some(Place::End),
            (Place::Service, name) => self.container.get(name).cloned(),
            (Place::Many(ty), "{key}" | "{other}") => Some(Place::One(ty.clone())),
            (Place::Many(ty), cast) => {
                let derives = self.bases(cast).contains(&ty.as_str());
                derives.then(|| Place::Many(cast.to_owned()))
            }
            (Place::One(ty), "{property}") => {
                let any = |ty: &&str| !self.types[*ty].properties.is_empty();
                self.bases(ty).iter().any(any).then_some(Place::Property)
            }
            (Place::One(ty), "$value") => self.types[ty].has_stream.then_some(Place::End),
            (Place::One(ty), cast) if self.types.contains_key(cast) => {
                let derives = self.bases(cast).contains(&ty.as_str());
                derives.then(|| Place::One(cast.to_owned()))
            }
            (Place::One(ty), name) => {
                let mut links = self.bases(ty).into_iter();
                links.find_map(|ty| self.types[ty].links.get(name).cloned())
            }
            (Place::Property | Place::End, _) => None,
        }
    }

    /// The first part of a pattern that the schema does not have.
    fn undeclared<'a>(&self, pattern: &'a str) -> Option<&'a str> {
        let mut at = Place::Service;
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            match self.step(&at, part) {
                Some(next) => at = next,
                None => return Some(part),
            }
        }
        None
    }
}

#[test]
fn every_served_route_is_declared() {
    for version in Version::ALL {
        let schema = Schema::of(version);
        for route in ROUTES.iter().filter(|route| route.is_in(version)) {
            let undeclared = schema.undeclared(route.pattern);
            assert_eq!(undeclared, None, "{version} {}", route.pattern);
        }
        // What is served in one version alone is declared there alone.
        for route in ROUTES.iter().filter(|route| !route.is_in(version)) {
            let undeclared = schema.undeclared(route.pattern);
            assert!(undeclared.is_some(), "{version} {}", route.pattern);
        }
        for (pattern, part) in [
            ("groups", "groups"),
            ("users/{key}/calendar", "calendar"),
            ("users/{key}/reprocess()", "reprocess()"),
            ("users/restore()", "restore()"),
            ("users/{key}/$value", "$value"),
            ("users/{key}/photos/{other}/owner", "owner"),
            ("me/{key}", "{key}"),
            (
                "invitations/{key}/revokeSignInSessions()",
                "revokeSignInSessions()",
            ),
            (
                "directory/deletedItems/microsoft.graph.invitation",
                "microsoft.graph.invitation",
            ),
        ] {
            assert_eq!(schema.undeclared(pattern), Some(part), "{pattern}");
        }
    }
}
