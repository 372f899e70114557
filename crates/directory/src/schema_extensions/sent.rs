//! What bodies say of definitions of schema extensions, checked.

use edm::Record;
use edm::extension::DataType;
use edm::schema_extension::{self as ty, Member, Status};
use uuid::Uuid;

use crate::definition_room;
use crate::refusal::{Refusal, Resource};

/// Characters of a name, the domain before it included: what fits into identifiers of the protocol.
const NAME: usize = 128;

pub(super) fn owner(set: &Record) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = set.text(&ty::OWNER) else {
        return Ok(None);
    };
    let id = Uuid::try_parse(text).map_err(|_| invalid(ty::OWNER.name(), "no client id"))?;
    Ok(Some(id))
}

/// A definition begins in development, whatever it will be.
pub(super) fn first_status(set: &Record) -> Result<Status, Refusal> {
    match status(set, Status::InDevelopment)? {
        Status::InDevelopment => Ok(Status::InDevelopment),
        Status::Available | Status::Deprecated => {
            let why = "a definition begins InDevelopment";
            Err(invalid(ty::STATUS.name(), why))
        }
    }
}

/// The status that a body asks for: the present one, which it may repeat, or the next one.
pub(super) fn status(set: &Record, now: Status) -> Result<Status, Refusal> {
    let wanted = set.text(&ty::STATUS).and_then(Status::named);
    match (now, wanted.unwrap_or(now)) {
        (now, wanted) if now == wanted => Ok(now),
        (Status::InDevelopment, Status::Available) | (Status::Available, Status::Deprecated) => {
            Ok(wanted.unwrap_or(now))
        }
        _ => {
            let why = "a definition begins InDevelopment, becomes Available, and then Deprecated";
            Err(invalid(ty::STATUS.name(), why))
        }
    }
}

/// The name that was sent: of letters, digits and underscores, and a letter first. It becomes an
/// identifier in bodies, in URLs and in columns of files.
pub(super) fn sent_name(set: &Record) -> Result<String, Refusal> {
    let name = set.text(&ty::ID).ok_or_else(|| missing(ty::ID.name()))?;
    let is_extension = edm::extension::is_extension(name);
    let is_whole =
        name.split('_').next().is_some_and(|one| !one.is_empty()) && !name.ends_with('_');
    if !is_identifier(name) || is_extension || !is_whole {
        let why =
            "1 to 128 letters, digits and underscores of ASCII, a letter first, and not extension_";
        return Err(invalid(ty::ID.name(), why));
    }
    Ok(name.to_owned())
}

fn is_identifier(name: &str) -> bool {
    let is_taken = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    // The server may put `ext`, eight characters and an underscore before it.
    let most = if name.contains('_') { NAME } else { NAME - 12 };
    (1..=most).contains(&name.len())
        && name.bytes().all(is_taken)
        && name.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The members that a body names, without numbers.
pub(super) fn sent_members(set: &Record) -> Result<Vec<Member>, Refusal> {
    let path = ty::PROPERTIES_OF_VALUES.name();
    let mut members: Vec<Member> = Vec::new();
    for value in set.list(&ty::PROPERTIES_OF_VALUES) {
        let text = |property| value.as_complex().and_then(|one| one.text(property));
        let name = text(&ty::member::NAME).ok_or_else(|| missing(&format!("{path}/name")))?;
        let data_type = text(&ty::member::TYPE_OF_VALUES).and_then(DataType::named);
        let data_type = data_type.ok_or_else(|| missing(&format!("{path}/type")))?;
        if !is_identifier(name) {
            let why = "1 to 128 letters, digits and underscores of ASCII, a letter first";
            return Err(invalid(&format!("{path}/name"), why));
        }
        if named(&members, name).is_some() {
            return Err(invalid(&format!("{path}/name"), "two have this name"));
        }
        members.push(Member {
            number: 0,
            name: name.to_owned(),
            data_type,
        });
    }
    if members.is_empty() {
        return Err(missing(path));
    }
    Ok(members)
}

fn named<'a>(members: &'a [Member], name: &str) -> Option<&'a Member> {
    let mut members = members.iter();
    members.find(|one| one.name.eq_ignore_ascii_case(name))
}

/// The members of before, and those that are added, each with a number. All of before must be
/// there, with their types: values would not fit otherwise.
pub(super) fn extended(before: &[Member], sent: Vec<Member>) -> Result<Vec<Member>, Refusal> {
    let path = ty::PROPERTIES_OF_VALUES.name();
    for old in before {
        match named(&sent, &old.name) {
            None => {
                let why = format!("{} cannot be removed", old.name);
                return Err(invalid_with(path, why));
            }
            Some(new) if new.data_type != old.data_type => {
                let why = format!("{} is {}", old.name, old.data_type.name());
                return Err(invalid_with(path, why));
            }
            Some(_) => {}
        }
    }
    let mut members = before.to_vec();
    let mut last = before
        .iter()
        .map(|one| one.number)
        .max()
        .unwrap_or_default();
    for new in sent {
        if named(before, &new.name).is_none() {
            last = last
                .checked_add(1)
                .ok_or_else(|| invalid(path, "too many members"))?;
            members.push(Member {
                number: last,
                ..new
            });
        }
    }
    Ok(members)
}

/// The targets of before, and those that a body adds.
pub(super) fn extended_targets(before: &[String], set: &Record) -> Result<Vec<String>, Refusal> {
    let path = ty::TARGET_TYPES.name();
    for old in before {
        let mut texts = set.texts(&ty::TARGET_TYPES);
        if !texts.any(|text| text.eq_ignore_ascii_case(old)) {
            return Err(invalid_with(path, format!("{old} cannot be removed")));
        }
    }
    let mut targets = before.to_vec();
    for sent in set.texts(&ty::TARGET_TYPES) {
        let is_it = |one: &str| one.eq_ignore_ascii_case(sent);
        if !ty::TARGETS.into_iter().any(is_it) {
            return Err(invalid(
                path,
                "no kind of objects that has schema extensions",
            ));
        }
        if !targets.iter().any(|one| is_it(one)) {
            targets.push(sent.to_owned());
        }
    }
    if targets.is_empty() {
        return Err(missing(path));
    }
    Ok(targets)
}

pub(super) fn invalid(property: &str, why: &'static str) -> Refusal {
    definition_room::invalid(Resource::SchemaExtension, property, why)
}

fn invalid_with(property: &str, why: String) -> Refusal {
    Refusal::Invalid {
        resource: Resource::SchemaExtension,
        property: property.to_owned(),
        why: why.into(),
    }
}

fn missing(property: &str) -> Refusal {
    Refusal::Missing {
        resource: Resource::SchemaExtension,
        property: property.to_owned(),
    }
}
