//! What the columns of a file of guests are: members of an invitation, and properties that it may
//! give a new guest.

use directory::invitations::GIVEN;
use edm::invitation::{self, message_info};
use edm::{Entity, Json, Property, Type, user};
use serde_json::Map;

use super::columns::{CellFault, UnknownColumn, is_name_of_a_type};
use super::input::{FileFault, Lines};
use super::titles::{self, Title};
use super::words;

/// The short titles, those of the portal's form in its brackets, and the names of the members;
/// without blanks and in small letters.
const TITLES: [(&str, &Property); 21] = [
    ("email", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("emailaddress", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("mail", &invitation::INVITED_USER_EMAIL_ADDRESS),
    ("inviteeemail", &invitation::INVITED_USER_EMAIL_ADDRESS),
    (
        "inviteduseremailaddress",
        &invitation::INVITED_USER_EMAIL_ADDRESS,
    ),
    ("name", &invitation::INVITED_USER_DISPLAY_NAME),
    ("displayname", &invitation::INVITED_USER_DISPLAY_NAME),
    ("inviteename", &invitation::INVITED_USER_DISPLAY_NAME),
    (
        "inviteduserdisplayname",
        &invitation::INVITED_USER_DISPLAY_NAME,
    ),
    ("redirect", &invitation::INVITE_REDIRECT_URL),
    ("redirecturl", &invitation::INVITE_REDIRECT_URL),
    ("inviteredirecturl", &invitation::INVITE_REDIRECT_URL),
    ("send", &invitation::SEND_INVITATION_MESSAGE),
    ("sendemail", &invitation::SEND_INVITATION_MESSAGE),
    (
        "sendinvitationmessage",
        &invitation::SEND_INVITATION_MESSAGE,
    ),
    ("message", &message_info::CUSTOMIZED_MESSAGE_BODY),
    (
        "customizedmessagebody",
        &message_info::CUSTOMIZED_MESSAGE_BODY,
    ),
    ("language", &message_info::MESSAGE_LANGUAGE),
    ("messagelanguage", &message_info::MESSAGE_LANGUAGE),
    ("invitedusertype", &invitation::INVITED_USER_TYPE),
    ("resetredemption", &invitation::RESET_REDEMPTION),
];

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GuestColumn {
    /// Its cells are left out.
    Ignored,
    /// A member of the invitation.
    Invitation(&'static Property),
    /// A member of its message.
    Message(&'static Property),
    /// A property of the guest.
    Guest(&'static Property),
}

/// Reads the titles; NDJSON has none.
///
/// # Errors
/// Where a title is not known, or none says whom to invite.
pub fn of(lines: &Lines, ignore_unknown: bool) -> Result<Vec<GuestColumn>, FileFault> {
    let titles = lines.titles();
    if titles.is_empty() {
        return Ok(Vec::new());
    }
    let line = lines.line_of_titles();
    let mut columns = Vec::with_capacity(titles.len());
    for (at, title) in titles.iter().enumerate() {
        let column = match column(title) {
            Some(column) => column,
            None if title.trim().is_empty() => GuestColumn::Ignored,
            // A cell with an address is no title, and leaving it out would leave somebody out.
            None if ignore_unknown && !title.contains('@') => GuestColumn::Ignored,
            None => {
                let unknown = UnknownColumn {
                    number: at + 1,
                    title: title.clone(),
                };
                return Err(FileFault::column(line, unknown));
            }
        };
        columns.push(column);
    }
    let address = GuestColumn::Invitation(&invitation::INVITED_USER_EMAIL_ADDRESS);
    if columns.contains(&address) {
        return Ok(columns);
    }
    let why = "no column says whom to invite; name it email";
    Err(FileFault::Header(line, why.to_owned()))
}

fn column(title: &str) -> Option<GuestColumn> {
    let title = Title::of(title);
    let name = titles::plain(title.name);
    let own = TITLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, property)| *property);
    if let Some(property) = own {
        let is_of_message = message_info::TYPE.properties().any(|own| own == property);
        return Some(if is_of_message {
            GuestColumn::Message(property)
        } else {
            GuestColumn::Invitation(property)
        });
    }
    // An invitation gives properties of the core alone.
    let property = titles::property(title.name, Entity::core(&user::TYPE))?;
    GIVEN
        .into_iter()
        .find(|given| property == **given)
        .map(GuestColumn::Guest)
}

/// The members of the row's body. An empty cell says nothing.
///
/// # Errors
/// Where a cell shows that the export of the file lost the value.
pub fn members(columns: &[GuestColumn], cells: &[String]) -> Result<Map<String, Json>, CellFault> {
    let (mut members, mut message, mut guest) = (Map::new(), Map::new(), Map::new());
    for (column, cell) in columns.iter().zip(cells) {
        let cell = cell.trim();
        let (into, property) = match column {
            GuestColumn::Ignored => continue,
            GuestColumn::Invitation(property) => (&mut members, property),
            GuestColumn::Message(property) => (&mut message, property),
            GuestColumn::Guest(property) => (&mut guest, property),
        };
        if cell.is_empty() {
            continue;
        }
        if is_name_of_a_type(cell) {
            return Err(CellFault::lost(property));
        }
        let value = match (&property.ty, words::truth(cell)) {
            (Type::Boolean, Some(says)) => Json::Bool(says),
            _ => Json::String(cell.to_owned()),
        };
        into.insert(property.name().to_owned(), value);
    }
    for (property, inner) in [
        (&invitation::INVITED_USER_MESSAGE_INFO, message),
        (&invitation::INVITED_USER, guest),
    ] {
        if !inner.is_empty() {
            members.insert(property.name().to_owned(), Json::Object(inner));
        }
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(titles: &[&str], cells: &[&str]) -> String {
        let columns: Vec<_> = titles.iter().filter_map(|title| column(title)).collect();
        assert_eq!(columns.len(), titles.len(), "{titles:?}");
        let cells: Vec<_> = cells.iter().map(|&cell| cell.to_owned()).collect();
        match members(&columns, &cells) {
            Ok(members) => Json::Object(members).to_string(),
            Err(fault) => format!("{}: {}", fault.property, fault.why),
        }
    }

    #[test]
    fn titles_of_ours_and_of_the_portal() {
        assert_eq!(
            row(
                &[
                    "email",
                    "name",
                    "redirect",
                    "message",
                    "language",
                    "send",
                    "First name"
                ],
                &[
                    " sam@x.example ",
                    "Sam",
                    "https://y",
                    "Hi",
                    "de",
                    "Nein",
                    "Samuel"
                ],
            ),
            r#"{"invitedUserEmailAddress":"sam@x.example","invitedUserDisplayName":"Sam","inviteRedirectUrl":"https://y","sendInvitationMessage":false,"invitedUserMessageInfo":{"customizedMessageBody":"Hi","messageLanguage":"de"},"invitedUser":{"givenName":"Samuel"}}"#
        );
        assert_eq!(
            row(
                &[
                    "招待するメール アドレス [inviteeEmail] 必須",
                    "Name of invitee [inviteeName]",
                    "リダイレクト URL [inviteRedirectURL] 必須",
                    "招待メッセージの送信 (true または false) [sendEmail]",
                ],
                &["sam@x.example", "Sam", "https://y", "TRUE"],
            ),
            r#"{"invitedUserEmailAddress":"sam@x.example","invitedUserDisplayName":"Sam","inviteRedirectUrl":"https://y","sendInvitationMessage":true}"#
        );
        assert!(row(&["companyName"], &["System.String[]"]).starts_with("companyName: "));
    }

    #[test]
    fn what_an_invitation_does_not_have_is_no_column() {
        for title in ["sam@x.example", "Sam", "userType", "manager", "id", "[x]"] {
            assert_eq!(column(title), None, "{title}");
        }
    }
}
