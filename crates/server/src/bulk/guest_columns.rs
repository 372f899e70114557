//! What the columns of a file of guests are: members of an invitation, and properties that it may
//! give a new guest.

use directory::invitations::GIVEN;
use edm::invitation::{self, message_info};
use edm::{Entity, Json, Prop, Property, Type};
use serde_json::Map;

use super::columns::{self, CellFault, Cells, UnknownColumn, is_name_of_a_type, may_have_blanks};
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
#[derive(Clone, Debug, PartialEq)]
pub enum GuestColumn {
    /// Its cells are left out.
    Ignored,
    /// A member of the invitation.
    Invitation(&'static Property),
    /// A member of its message.
    Message(&'static Property),
    /// A property of the guest, or a member of one.
    Guest {
        /// The complex property that it is a member of.
        of: Option<Prop>,
        /// The property or member.
        property: Prop,
    },
}

/// Reads the titles; NDJSON has none. A guest may get what every invitation gives, and what the
/// tenant has defined of its own.
///
/// # Errors
/// Where a title is not known, or none says whom to invite.
pub fn of(
    lines: &Lines,
    users: Entity<'_>,
    ignore_unknown: bool,
) -> Result<Vec<GuestColumn>, FileFault> {
    let titles = lines.titles();
    if titles.is_empty() {
        return Ok(Vec::new());
    }
    let line = lines.line_of_titles();
    let mut columns = Vec::with_capacity(titles.len());
    for (at, title) in titles.iter().enumerate() {
        let column = match column(title, users) {
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

fn column(title: &str, users: Entity<'_>) -> Option<GuestColumn> {
    let title = Title::of(title);
    let name = titles::plain(title.name);
    let of_invitation = TITLES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, property)| *property);
    // A name that the tenant has defined means its property, whatever it means elsewhere.
    if let Some(property) = of_invitation
        && titles::own(title.name, users).is_none()
    {
        let is_of_message = message_info::TYPE.properties().any(|own| own == property);
        return Some(if is_of_message {
            GuestColumn::Message(property)
        } else {
            GuestColumn::Invitation(property)
        });
    }
    let (of, property) = columns::named(title.name, users)?;
    let whole = of.as_ref().unwrap_or(&property);
    let is_given = whole.id().is_own() || whole.is_one_of(&GIVEN);
    is_given.then_some(GuestColumn::Guest { of, property })
}

/// The members of the row's body. An empty cell says nothing.
///
/// # Errors
/// Where a cell shows that the export of the file lost the value.
pub fn members(columns: &[GuestColumn], cells: &[String]) -> Result<Map<String, Json>, CellFault> {
    let (mut members, mut message, mut guest) = (Map::new(), Map::new(), Map::new());
    for (column, cell) in columns.iter().zip(cells) {
        let property = match column {
            GuestColumn::Ignored => continue,
            GuestColumn::Invitation(property) | GuestColumn::Message(property) => *property,
            GuestColumn::Guest { property, .. } => &**property,
        };
        let is_own = matches!(column, GuestColumn::Guest { .. });
        let has_blanks = is_own && may_have_blanks(property)
            || *property == invitation::INVITED_USER_DISPLAY_NAME;
        let cell = if has_blanks { cell } else { cell.trim() };
        if cell.is_empty() || (!is_own && cell.trim().is_empty()) {
            continue;
        }
        if is_name_of_a_type(cell.trim()) {
            return Err(CellFault::lost(property));
        }
        let value = match (&property.ty, words::truth(cell)) {
            _ if is_own => columns::value(property, cell, Cells::Same),
            (Type::Boolean, Some(says)) => Json::Bool(says),
            _ => Json::String(cell.to_owned()),
        };
        match column {
            GuestColumn::Guest { of, property } => {
                columns::put(&mut guest, of.as_ref(), property, value);
            }
            GuestColumn::Message(_) => _ = message.insert(property.name().to_owned(), value),
            _ => _ = members.insert(property.name().to_owned(), value),
        }
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
    use edm::{Schema, user};
    use oracle::definitions::typed;

    fn row(titles: &[&str], cells: &[&str]) -> String {
        row_of(&Schema::default(), titles, cells)
    }

    fn row_of(schema: &Schema, titles: &[&str], cells: &[&str]) -> String {
        let users = schema.entity(&user::TYPE);
        let columns = titles.iter().filter_map(|title| column(title, users));
        let columns: Vec<_> = columns.collect();
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
        let core = Entity::core(&user::TYPE);
        for title in [
            "sam@x.example",
            "Sam",
            "userType",
            "manager",
            "id",
            "[x]",
            "extension_0a_badge",
            "employeeOrgData/division",
        ] {
            assert_eq!(column(title, core), None, "{title}");
        }
    }

    /// Own properties are columns as in files of users, and quoted blanks are theirs.
    #[test]
    fn what_the_tenant_defines_is_a_column() {
        let titles = [
            "Email",
            "EXTENSION_0a_note",
            "Badge [extension_0a_badge]",
            "extension_0a_flag",
            "extension_0a_serial",
            "extension_0a_tags",
            "extension_0a_counts",
            "ext1_course/Name",
            "EXT1_course/points",
            "surname",
        ];
        let cells = [
            " a@x.example ",
            " kept ",
            "",
            "Ja",
            " 9007199254740993",
            "a;b\\;c",
            "[1,-2]",
            "Rust ",
            "7",
            " L\n",
        ];
        assert_eq!(
            row_of(&typed(), &titles, &cells),
            r#"{"invitedUserEmailAddress":"a@x.example","invitedUser":{"extension_0a_note":" kept ","extension_0a_flag":true,"extension_0a_serial":9007199254740993,"extension_0a_tags":["a","b;c"],"extension_0a_counts":[1,-2],"ext1_course":{"name":"Rust ","points":7},"surname":" L\n"}}"#
        );
    }
}
