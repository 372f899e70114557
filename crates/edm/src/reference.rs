//! The body of `POST /users/$ref` (P-references-1, R-2, R-40): which of the two documents it
//! follows, and whether it links somebody who exists or describes somebody new.
//!
//! Both documents print read-only properties in their requests. Those of its own table are ignored
//! and named, whatever their value, as long as it is one of the property's type; all else is judged
//! as in any other body.

use core::fmt;

use crate::body::{self, Body, Purpose};
use crate::body_error::{BodyError, Rule};
use crate::json::Json;
use crate::property::Type;
use crate::{Entity, Prop, Property, Version, extension, instant, user};
use serde_json::Map;
use uuid::Uuid;

/// One of the two documents that describe the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// "Add invitedUser": a guest.
    InvitedUser,
    /// "Add pendingMembers": a member whose joining awaits approval.
    PendingMember,
}

impl Document {
    /// The type that `@odata.type` names, without `#`.
    pub const fn type_name(self) -> &'static str {
        match self {
            Self::InvitedUser => "microsoft.graph.user",
            Self::PendingMember => "Microsoft.DirectoryServices.user",
        }
    }

    /// Whether the document's table lists the property.
    pub const fn lists(self, property: &Property) -> bool {
        match self {
            Self::InvitedUser => property.seed_000,
            Self::PendingMember => property.directory_services,
        }
    }

    /// The properties of its table, in table order.
    pub fn properties(self) -> impl Iterator<Item = &'static Property> {
        user::TYPE
            .properties
            .iter()
            .copied()
            .filter(move |property| self.lists(property))
    }

    /// The document whose type has that name, with or without `#`, in any spelling of case: the
    /// workload writes `.User`.
    fn of(name: &str) -> Option<Self> {
        let name = name.strip_prefix('#').unwrap_or(name);
        [Self::InvitedUser, Self::PendingMember]
            .into_iter()
            .find(|document| document.type_name().eq_ignore_ascii_case(name))
    }

    const fn unknown(self) -> Rule {
        match self {
            Self::InvitedUser => Rule::Unknown,
            Self::PendingMember => Rule::Undeclared,
        }
    }
}

/// What a body says.
#[derive(Clone, PartialEq)]
pub struct Reference {
    /// By `@odata.type`; "Add invitedUser" where there is none.
    pub document: Document,
    /// `@odata.type` as it was sent.
    pub sent_type: Option<String>,
    /// Whom it is about.
    pub who: Who,
}

/// Whom a body is about.
#[derive(Clone, PartialEq)]
pub enum Who {
    /// An existing user, by the `id` that was all it sent.
    Id(Uuid),
    /// An existing object, by the `@odata.id` that was all it sent. Nobody has looked whether it is
    /// a URL of ours.
    Url(String),
    /// Somebody described by properties.
    New {
        /// What it sets.
        body: Body,
        /// Read-only properties that it sent too, in the order of the request.
        ignored: Vec<&'static Property>,
    },
}

impl fmt::Debug for Reference {
    /// Without the values, which may be anybody's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reference")
            .field("document", &self.document)
            .finish_non_exhaustive()
    }
}

/// The annotation that names the type.
const TYPE: &str = "@odata.type";
/// The annotation that names an existing object.
const ID: &str = "@odata.id";
/// What the documents print in place of values. Nobody's city is called `String`; a client that
/// sends it has pasted the document.
const PLACEHOLDERS: [&str; 4] = ["String", "String (timestamp)", "Boolean", "Integer"];

/// Checks a body that describes an object of the type. The type is the user type of the tenant's
/// schema: beside the properties that the documents list, a body may hold own properties. Both
/// documents are written for beta, so beta's names are accepted under v1.0 too.
///
/// # Errors
/// [`BodyError`] with the property at fault, as [`body::check`] tells it.
pub fn check(json: &Json, ty: Entity<'_>) -> Result<Reference, BodyError> {
    let Json::Object(members) = json else {
        let expected = "graph.user".to_owned();
        return Err(fault("", None, Rule::WrongType { expected }));
    };
    let (sent_type, document) = document(members)?;
    let who = match link(members)? {
        Some(link) => link,
        None => described(members, document, ty)?,
    };
    Ok(Reference {
        document,
        sent_type,
        who,
    })
}

fn fault(target: &str, property: Option<&'static Property>, rule: Rule) -> BodyError {
    BodyError {
        target: target.to_owned(),
        resource: user::TYPE.resource,
        property: property.map(Prop::Core),
        rule,
    }
}

fn member<'a>(members: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    members
        .iter()
        .find(|(sent, _)| sent.eq_ignore_ascii_case(name))
        .map(|(_, json)| json)
}

fn document(members: &Map<String, Json>) -> Result<(Option<String>, Document), BodyError> {
    let Some(json) = member(members, TYPE) else {
        return Ok((None, Document::InvitedUser));
    };
    let Json::String(name) = json else {
        let expected = "Edm.String".to_owned();
        return Err(fault(TYPE, None, Rule::WrongType { expected }));
    };
    let expected = "microsoft.graph.user or Microsoft.DirectoryServices.user";
    let document =
        Document::of(name).ok_or_else(|| fault(TYPE, None, Rule::Malformed { expected }))?;
    Ok((Some(name.clone()), document))
}

/// `id` or `@odata.id` alone links.
fn link(members: &Map<String, Json>) -> Result<Option<Who>, BodyError> {
    let (name, property) = if member(members, ID).is_some() {
        (ID, None)
    } else {
        (user::ID.name(), Some(&user::ID))
    };
    let Some(json) = member(members, name) else {
        return Ok(None);
    };
    let others = members
        .keys()
        .any(|sent| !sent.eq_ignore_ascii_case(name) && !body::is_annotation(sent));
    if others {
        let expected = "the only property: it links a user who exists";
        return Err(fault(name, property, Rule::Malformed { expected }));
    }
    let Json::String(text) = json else {
        let expected = "Edm.String".to_owned();
        return Err(fault(name, property, Rule::WrongType { expected }));
    };
    if name == ID {
        return Ok(Some(Who::Url(text.clone())));
    }
    let id = Uuid::try_parse(text)
        .ok()
        .filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH);
    let expected = "a GUID";
    id.map(|id| Some(Who::Id(id)))
        .ok_or_else(|| fault(name, property, Rule::Malformed { expected }))
}

fn described(
    members: &Map<String, Json>,
    document: Document,
    ty: Entity<'_>,
) -> Result<Who, BodyError> {
    let mut written = Map::new();
    let mut ignored = Vec::new();
    for (name, json) in members {
        if body::is_annotation(name) {
            written.insert(name.clone(), json.clone());
            continue;
        }
        let property = match ty.property(name, Version::Beta) {
            Some(Prop::Core(property)) if document.lists(property) => property,
            Some(own) if own.id().is_own() => {
                written.insert(name.clone(), json.clone());
                continue;
            }
            _ if extension::is_extension(name) => {
                return Err(fault(name, None, Rule::Undeclared));
            }
            _ => return Err(fault(name, None, document.unknown())),
        };
        if holds_placeholder(json) {
            let expected = "a value: the document prints this as a placeholder";
            return Err(fault(
                property.name(),
                Some(property),
                Rule::Malformed { expected },
            ));
        }
        if property.write.create {
            written.insert(name.clone(), json.clone());
        } else {
            check_kind(json, property)?;
            ignored.push(property);
        }
    }
    let body = body::check(&Json::Object(written), ty, Version::Beta, Purpose::Create)?;
    Ok(Who::New { body, ignored })
}

/// Looks into the value without recursion: how deep it goes is the client's choice.
fn holds_placeholder(json: &Json) -> bool {
    let mut left = vec![json];
    while let Some(json) = left.pop() {
        match json {
            Json::String(text) if PLACEHOLDERS.contains(&text.as_str()) => return true,
            Json::Array(elements) => left.extend(elements),
            Json::Object(members) => left.extend(members.values()),
            _ => {}
        }
    }
    false
}

/// A value that is going to be ignored must still be of its type: what is not, is a mistake worth
/// telling. Null says no more than an absent member.
fn check_kind(json: &Json, property: &'static Property) -> Result<(), BodyError> {
    let ty = property.ty_in(Version::Beta);
    let fits = match json {
        Json::Null => true,
        Json::Array(elements) if property.collection => {
            elements.iter().all(|element| is_kind(element, ty))
        }
        json => !property.collection && is_kind(json, ty),
    };
    if fits {
        return Ok(());
    }
    let expected = property.csdl_type(Version::Beta);
    Err(fault(
        property.name(),
        Some(property),
        Rule::WrongType { expected },
    ))
}

fn is_kind(json: &Json, ty: &Type) -> bool {
    match (ty, json) {
        (Type::Complex(_), json) => json.is_object(),
        (Type::Boolean, json) => json.is_boolean(),
        (Type::Int32 | Type::Int64, json) => json.is_i64(),
        (Type::DateTimeOffset, Json::String(text)) => instant::parse(text).is_some(),
        (Type::DateTimeOffset, _) => false,
        (Type::String | Type::TimeOfDay | Type::Guid | Type::Binary | Type::Enum(_), json) => {
            json.is_string()
        }
    }
}
