//! The body of POST /invitations, checked by itself, before the directory is read.

use edm::body::{self, Purpose};
use edm::invitation::{self, email_address, message_info, recipient};
use edm::{Blank, Body, BodyError, Json, Prop, Property, Record, Rule, Schema, Version, user};
use serde_json::Value;
use uuid::Uuid;

use super::language;
use super::stored::Stored;
use crate::address::{Address, AddressFault, LocalParts};
use crate::names::steers;
use crate::refusal::{Refusal, Resource};
use crate::users::UserKey;
use crate::users::extensions::check_values;
use crate::users::link::Links;
use crate::users::text;

/// What an invitation may give the guest, beside what the tenant defines.
pub const GIVEN: [&Property; 9] = [
    &user::DEPARTMENT,
    &user::COMPANY_NAME,
    &user::JOB_TITLE,
    &user::USAGE_LOCATION,
    &user::PREFERRED_LANGUAGE,
    &user::GIVEN_NAME,
    &user::SURNAME,
    &user::MOBILE_PHONE,
    &user::OFFICE_LOCATION,
];

/// The recipient of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) address: Address,
    pub(super) sent: String,
    pub(super) name: Option<String>,
}

/// A checked request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    pub(super) address: Address,
    /// The address and the redirect as sent, for the answer.
    pub(super) sent_address: String,
    pub(super) redirect: String,
    pub(super) display_name: Option<String>,
    pub(super) as_member: bool,
    pub(super) send: bool,
    pub(super) reset: bool,
    pub(super) language: Option<String>,
    pub(super) message: Option<String>,
    pub(super) copy: Option<Copy>,
    /// `invitedUser/id`
    pub(super) existing: Option<Uuid>,
    /// The other members of `invitedUser`.
    pub(super) given: Record,
    /// The users to whom a new guest is linked.
    pub(super) links: Links,
}

impl Request {
    /// An invitation without a message, of which nothing but the address is known.
    pub(super) fn plain(address: Address, redirect: String) -> Self {
        Self {
            sent_address: address.to_string(),
            address,
            redirect,
            display_name: None,
            as_member: false,
            send: false,
            reset: false,
            language: None,
            message: None,
            copy: None,
            existing: None,
            given: Record::new(),
            links: Links::default(),
        }
    }

    /// The request of an earlier invitation, to be sent again. `address` is the stored one.
    pub(super) fn from_stored(
        stored: &Stored,
        address: &str,
        locals: LocalParts,
    ) -> Result<Self, Refusal> {
        let text = |of: &Value, property: &Property| {
            of.get(property.name())
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let answer = Value::Object(stored.answer.clone());
        let info = answer.get(invitation::INVITED_USER_MESSAGE_INFO.name());
        let info = info.cloned().unwrap_or_default();
        let copied = info
            .get(message_info::CC_RECIPIENTS.name())
            .and_then(|all| all.get(0))
            .and_then(|first| first.get(recipient::EMAIL_ADDRESS.name()))
            .cloned()
            .unwrap_or_default();
        let copy = text(&copied, &email_address::ADDRESS)
            .map(|sent| {
                Ok::<_, Refusal>(Copy {
                    address: self::address(&sent, email_address::ADDRESS.name(), locals)?,
                    name: text(&copied, &email_address::NAME),
                    sent,
                })
            })
            .transpose()?;
        let sent_address = invitation::INVITED_USER_EMAIL_ADDRESS.name();
        let address = self::address(address, sent_address, locals)?;
        let redirect = text(&answer, &invitation::INVITE_REDIRECT_URL);
        Ok(Self {
            sent_address: text(&answer, &invitation::INVITED_USER_EMAIL_ADDRESS)
                .unwrap_or_else(|| address.to_string()),
            display_name: text(&answer, &invitation::INVITED_USER_DISPLAY_NAME),
            send: answer
                .get(invitation::SEND_INVITATION_MESSAGE.name())
                .and_then(Value::as_bool)
                .unwrap_or(false),
            language: text(&info, &message_info::MESSAGE_LANGUAGE),
            message: text(&info, &message_info::CUSTOMIZED_MESSAGE_BODY),
            copy,
            ..Self::plain(address, redirect.unwrap_or_default())
        })
    }

    /// Checks a body that passed the property table.
    pub(super) fn of(
        body: &Body<UserKey>,
        schema: &Schema,
        version: Version,
        locals: LocalParts,
    ) -> Result<Self, Refusal> {
        let set = &body.set;
        let sent_address = required(set, &invitation::INVITED_USER_EMAIL_ADDRESS)?;
        let redirect = required(set, &invitation::INVITE_REDIRECT_URL)?;
        let address = address(
            sent_address,
            invitation::INVITED_USER_EMAIL_ADDRESS.name(),
            locals,
        )?;
        let display_name = set
            .text(&invitation::INVITED_USER_DISPLAY_NAME)
            .map(str::to_owned);
        if let Some(name) = &display_name {
            header_text(name, invitation::INVITED_USER_DISPLAY_NAME.name())?;
        }
        let info = set.complex(&invitation::INVITED_USER_MESSAGE_INFO);
        let invited = invited_user(body, schema, version)?;
        let reset = set.bool(&invitation::RESET_REDEMPTION).unwrap_or(false);
        if reset && invited.id.is_none() {
            return Err(missing(path(&invitation::INVITED_USER, &user::ID)));
        }
        Ok(Self {
            sent_address: sent_address.to_owned(),
            redirect: redirect.to_owned(),
            as_member: set.text(&invitation::INVITED_USER_TYPE) == Some(crate::users::row::MEMBER),
            send: set
                .bool(&invitation::SEND_INVITATION_MESSAGE)
                .unwrap_or(false),
            language: info.map(message_language).transpose()?.flatten(),
            message: info.map(message_body).transpose()?.flatten(),
            copy: info.map(|info| copy(info, locals)).transpose()?.flatten(),
            address,
            display_name,
            reset,
            existing: invited.id,
            given: invited.given,
            links: invited.links.with_sponsors(sponsors(body)?),
        })
    }
}

fn required<'r>(set: &'r Record, property: &'static Property) -> Result<&'r str, Refusal> {
    set.text(property)
        .filter(|text| !text.trim().is_empty())
        .ok_or_else(|| missing(property.name().to_owned()))
}

fn missing(property: String) -> Refusal {
    Refusal::Missing {
        resource: Resource::Invitation,
        property,
    }
}

fn invalid(property: impl Into<String>, why: &'static str) -> Refusal {
    Refusal::Invalid {
        resource: Resource::Invitation,
        property: property.into(),
        why: why.into(),
    }
}

fn path(outer: &Property, inner: &Property) -> String {
    format!("{}/{}", outer.name(), inner.name())
}

fn address(text: &str, property: &str, locals: LocalParts) -> Result<Address, Refusal> {
    Address::parse(text, locals).map_err(|fault: AddressFault| Refusal::Invalid {
        resource: Resource::Invitation,
        property: property.to_owned(),
        why: fault.to_string().into(),
    })
}

/// A text that becomes part of a header or a name: one line, not empty (T-19).
fn header_text(text: &str, property: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(invalid(property, "it must not be empty"));
    }
    if text.chars().any(steers) {
        return Err(invalid(
            property,
            "it must not hold line breaks or control characters",
        ));
    }
    Ok(())
}

fn message_language(info: &Record) -> Result<Option<String>, Refusal> {
    let Some(tag) = info.text(&message_info::MESSAGE_LANGUAGE) else {
        return Ok(None);
    };
    if language::is_well_formed(tag) {
        return Ok(Some(tag.to_owned()));
    }
    let property = path(
        &invitation::INVITED_USER_MESSAGE_INFO,
        &message_info::MESSAGE_LANGUAGE,
    );
    Err(invalid(property, "it must be a language tag such as en-US"))
}

/// The inviter's own words. They go into a body, so line breaks are allowed and other controls are
/// not (T-19). The property table limits their length (T-20).
fn message_body(info: &Record) -> Result<Option<String>, Refusal> {
    let Some(message) = info.text(&message_info::CUSTOMIZED_MESSAGE_BODY) else {
        return Ok(None);
    };
    if message
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        let property = path(
            &invitation::INVITED_USER_MESSAGE_INFO,
            &message_info::CUSTOMIZED_MESSAGE_BODY,
        );
        return Err(invalid(property, "it must not hold control characters"));
    }
    Ok(Some(message.to_owned()).filter(|message| !message.trim().is_empty()))
}

/// The one recipient of a copy. The placeholder with nulls, which answers show, means none.
fn copy(info: &Record, locals: LocalParts) -> Result<Option<Copy>, Refusal> {
    let entry = info
        .list(&message_info::CC_RECIPIENTS)
        .first()
        .and_then(|entry| entry.as_complex());
    let Some(mail) = entry.and_then(|entry| entry.complex(&recipient::EMAIL_ADDRESS)) else {
        return Ok(None);
    };
    let Some(sent) = mail.text(&email_address::ADDRESS) else {
        return Ok(None);
    };
    let property = path(
        &invitation::INVITED_USER_MESSAGE_INFO,
        &message_info::CC_RECIPIENTS,
    );
    let name = mail.text(&email_address::NAME);
    if let Some(name) = name {
        header_text(name, &property)?;
    }
    Ok(Some(Copy {
        address: address(sent, &property, locals)?,
        sent: sent.to_owned(),
        name: name.map(str::to_owned),
    }))
}

/// The content of `invitedUser`.
#[derive(Default)]
struct InvitedUser {
    id: Option<Uuid>,
    given: Record,
    links: Links,
}

/// Reads `invitedUser`: an id, or properties to give a new guest; anything else is refused by name
/// (R-46, T-51).
fn invited_user(
    body: &Body<UserKey>,
    schema: &Schema,
    version: Version,
) -> Result<InvitedUser, Refusal> {
    let sent = body
        .navigation
        .iter()
        .find(|(navigation, _)| *navigation.property == invitation::INVITED_USER);
    let Some((_, sent)) = sent.filter(|(_, json)| !json.is_null()) else {
        return Ok(InvitedUser::default());
    };
    let Json::Object(members) = sent else {
        return Err(refused(
            "",
            None,
            Rule::WrongType {
                expected: "graph.user".to_owned(),
            },
        ));
    };
    let mut members = members.clone();
    let target = path(&invitation::INVITED_USER, &user::ID);
    let id = take_id(&mut members, &target)?;
    // Here too an empty text counts as not given, as everywhere in an invitation.
    let checked = body::check_with(
        &Json::Object(members),
        schema.entity(&user::TYPE),
        version,
        Purpose::Create,
        Blank::Absent,
    )
    .map_err(inside)?;
    if let Some((navigation, _)) = checked
        .binds
        .iter()
        .find(|(navigation, _)| *navigation.property != user::MANAGER)
    {
        let property = navigation.property;
        return Err(refused(
            property.name(),
            Some(property.into()),
            Rule::ReadOnly,
        ));
    }
    if let Some(property) = checked
        .set
        .iter()
        .map(|(property, _)| property)
        .find(|property| !property.is_one_of(&GIVEN) && !property.id().is_own())
    {
        return Err(refused(
            property.name(),
            Some(property.clone()),
            Rule::ReadOnly,
        ));
    }
    text::check(&checked.set)?;
    // Whoever read the references of the body has put keys into the user within it, too.
    let checked = checked.map_binds(UserKey::of_reference);
    check_values(&checked.set, &Record::new(), &checked.set)?;
    let given = checked
        .set
        .iter()
        .filter(|(_, value)| !value.is_unset())
        .map(|(property, value)| (property, value.clone()));
    Ok(InvitedUser {
        id,
        given: given.collect(),
        links: Links::of(&checked.binds),
    })
}

/// The sponsors of a new guest: those of `invitedUserSponsors@odata.bind`, or objects, of which
/// only the id counts.
fn sponsors(body: &Body<UserKey>) -> Result<Vec<UserKey>, Refusal> {
    let property = &invitation::INVITED_USER_SPONSORS;
    let bound = body
        .binds
        .iter()
        .filter(|(link, _)| *link.property == *property);
    let mut keys: Vec<_> = bound.flat_map(|(_, keys)| keys.iter().cloned()).collect();
    let sent = body
        .navigation
        .iter()
        .filter(|(link, _)| *link.property == *property);
    for (_, json) in sent {
        let fail = |place: String, rule| Err(at(place, Some(property.into()), rule));
        let objects = match json {
            Json::Null => continue,
            Json::Array(objects) => objects,
            _ => {
                let expected = property.csdl_type(Version::V1);
                return fail(property.name().to_owned(), Rule::WrongType { expected });
            }
        };
        for (place, object) in objects.iter().enumerate() {
            keys.push(sponsor(object, &format!("{}/{place}", property.name()))?);
        }
    }
    let max = property.max_items.unwrap_or(0);
    if keys.len() > max as usize {
        return Err(at(
            property.name().to_owned(),
            Some(property.into()),
            Rule::TooMany { max },
        ));
    }
    Ok(keys)
}

/// One sponsor. A member beside the id is refused: if it were ignored, the sender would think it
/// was kept.
fn sponsor(object: &Json, place: &str) -> Result<UserKey, Refusal> {
    let Json::Object(members) = object else {
        let expected = "graph.directoryObject".to_owned();
        return Err(at(place.to_owned(), None, Rule::WrongType { expected }));
    };
    let mut members = members.clone();
    let within = |name: &str| format!("{place}/{name}");
    let id = take_id(&mut members, &within(user::ID.name()))?;
    let reference = members
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("@odata.id"))
        .and_then(|(_, json)| json.as_str());
    if let Some(name) = members.keys().find(|name| !body::is_annotation(name)) {
        return Err(at(within(name), None, Rule::Unknown));
    }
    match (id, reference) {
        (Some(id), _) => Ok(UserKey::Id(id)),
        (None, Some(key)) => Ok(UserKey::parse(key)),
        (None, None) => Err(missing(within(user::ID.name()))),
    }
}

/// The id is taken out before the table sees it: in a user's own body it is read-only.
fn take_id(
    members: &mut serde_json::Map<String, Json>,
    target: &str,
) -> Result<Option<Uuid>, Refusal> {
    let Some(name) = members
        .keys()
        .find(|name| name.eq_ignore_ascii_case(user::ID.name()))
        .cloned()
    else {
        return Ok(None);
    };
    match members.shift_remove(&name) {
        Some(Json::String(text)) => match Uuid::try_parse(&text) {
            Ok(id) if text.len() == uuid::fmt::Hyphenated::LENGTH => Ok(Some(id)),
            _ if text.is_empty() => Ok(None),
            _ => {
                let rule = Rule::Malformed { expected: "a GUID" };
                Err(at(target.to_owned(), Some((&user::ID).into()), rule))
            }
        },
        Some(Json::Null) | None => Ok(None),
        Some(_) => {
            let expected = "Edm.String".to_owned();
            let rule = Rule::WrongType { expected };
            Err(at(target.to_owned(), Some((&user::ID).into()), rule))
        }
    }
}

fn refused(member: &str, property: Option<Prop>, rule: Rule) -> Refusal {
    let target = if member.is_empty() {
        invitation::INVITED_USER.name().to_owned()
    } else {
        format!("{}/{member}", invitation::INVITED_USER.name())
    };
    at(target, property, rule)
}

/// An error of the body at that place.
fn at(target: String, property: Option<Prop>, rule: Rule) -> Refusal {
    Refusal::Body(BodyError {
        target,
        resource: invitation::TYPE.resource,
        property,
        rule,
    })
}

/// An error of the user's table, told as one of `invitedUser`.
fn inside(error: BodyError) -> Refusal {
    refused(&error.target, error.property, error.rule)
}
