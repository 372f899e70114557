//! What the columns of a CSV file are: property names, members of complex values behind a `/`, and
//! the titles that other directories write.

use directory::users::bulk::PASSWORD_HASH;
use edm::complex::password_profile::PASSWORD;
use edm::{ComplexType, Entity, Json, Prop, Property, Type, Version, entity, user};
use serde_json::Map;

use super::csv::unguard;
use super::titles::{self, Title};
use super::words;

/// Where the elements of a collection are parted within a cell.
const BETWEEN: char = ';';
/// How proxy addresses begin, before a colon.
const PROXY_KINDS: [&str; 6] = ["smtp", "sip", "x500", "x400", "eum", "spo"];
/// Takes the meaning from the character behind it.
const ESCAPE: char = '\\';
/// The annotation by which a body links a user to others.
pub const BIND: &str = "@odata.bind";
/// What a column means.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Its cells are left out.
    Ignored,
    /// The hash of a password.
    PasswordHash,
    /// When the user was deleted; nobody who was is made anew.
    Deleted,
    /// Who the user's manager or sponsors are, by id or userPrincipalName.
    Link(&'static Property),
    /// A property, or a member of one.
    Value {
        /// The complex property that it is a member of.
        of: Option<Prop>,
        /// The property or member.
        property: Prop,
        /// How its cells say it.
        cells: Cells,
    },
}

/// How cells say the value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cells {
    /// As it is.
    Same,
    /// Yes for no.
    Opposite,
}

/// Why a cell cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// Which property it is about.
    pub property: String,
    /// What is wrong, without anything of the cell.
    pub why: &'static str,
}

/// A title that names no property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// From 1.
    pub number: usize,
    /// As it stands there.
    pub title: String,
}

impl CellFault {
    /// The export of the file did not hold the value.
    pub(super) fn lost(property: &Property) -> Self {
        Self {
            property: property.name().to_owned(),
            why: "the export of the file did not hold the values, only the name of their type",
        }
    }
}

/// Reads the titles: names of properties that users have in the tenant, and of their members.
pub fn columns(
    titles: &[String],
    users: Entity<'_>,
    ignore_unknown: bool,
) -> Result<Vec<Column>, UnknownColumn> {
    titles
        .iter()
        .enumerate()
        .map(|(at, title)| match column(title, users) {
            Some(column) => Ok(column),
            None if ignore_unknown || title.trim().is_empty() => Ok(Column::Ignored),
            None => Err(UnknownColumn {
                number: at + 1,
                title: title.clone(),
            }),
        })
        .collect()
}

fn column(title: &str, users: Entity<'_>) -> Option<Column> {
    let title = Title::of(title);
    let name = title.name;
    if name.eq_ignore_ascii_case(PASSWORD_HASH) {
        return Some(Column::PasswordHash);
    }
    // A name that the tenant has defined means its property, whatever it means elsewhere.
    if titles::own(name, users).is_none() {
        if title.is_deleted() {
            return Some(Column::Deleted);
        }
        if title.is_nothing() {
            return Some(Column::Ignored);
        }
        if let Some(link) = links(name) {
            return Some(Column::Link(link));
        }
    }
    let (of, property) = named(name, users)?;
    Some(Column::Value {
        cells: if of.is_none() && title.is_opposite(&property) {
            Cells::Opposite
        } else {
            Cells::Same
        },
        of,
        property,
    })
}

/// The property of a name, with the complex property before it where it is a member of one.
pub(super) fn named(name: &str, users: Entity<'_>) -> Option<(Option<Prop>, Prop)> {
    // What stands behind a slash is the member of a complex value, or belongs to a name:
    // `Country/Region`.
    let (property, rest) = match name.split_once('/') {
        Some((first, rest)) => match titles::property(name, users) {
            Some(property) => (property, None),
            None => (titles::property(first.trim(), users)?, Some(rest.trim())),
        },
        None => (titles::property(name, users)?, None),
    };
    let member = match (&property.ty, rest) {
        // The password is all that a form can mean by the profile.
        (Type::Complex(_), None) if property == user::PASSWORD_PROFILE => Prop::Core(&PASSWORD),
        (_, None) => return Some((None, property)),
        (Type::Complex(complex), Some(rest)) if !property.collection => member(complex, rest)?,
        (_, Some(_)) => return None,
    };
    Some((Some(property), member))
}

/// Of the links between users, those that files have.
pub fn links(name: &str) -> Option<&'static Property> {
    [&user::MANAGER, &user::SPONSORS]
        .into_iter()
        .find(|property| property.name().eq_ignore_ascii_case(name))
}

fn member(complex: &ComplexType, name: &str) -> Option<Prop> {
    complex
        .property(name, Version::V1)
        .or_else(|| complex.property(name, Version::Beta))
}

/// A row's members, and the hash of its password.
pub type Members = (Map<String, Json>, Option<String>);

/// Reads the cells of a row. An empty one says nothing. A cell that is not what its property wants
/// becomes a text, which the property table then refuses by name.
///
/// # Errors
/// Where a cell shows that the export of the file lost the value, or that the user was deleted.
pub fn members(columns: &[Column], cells: &[String], guarded: bool) -> Result<Members, CellFault> {
    let mut members = Map::new();
    let mut password_hash = None;
    for (column, cell) in columns.iter().zip(cells) {
        let cell = if guarded { unguard(cell) } else { cell };
        let has_blanks =
            matches!(column, Column::Value { property, .. } if may_have_blanks(property));
        let cell = if has_blanks { cell } else { cell.trim() };
        if cell.is_empty() {
            continue;
        }
        let about = match column {
            Column::Link(property) => Some(*property),
            Column::Value { property, .. } => Some(&**property),
            Column::Ignored | Column::PasswordHash | Column::Deleted => None,
        };
        if let Some(property) = about.filter(|_| is_name_of_a_type(cell.trim())) {
            return Err(CellFault::lost(property));
        }
        match column {
            Column::Ignored => {}
            Column::PasswordHash => password_hash = Some(cell.to_owned()),
            Column::Deleted => {
                return Err(CellFault {
                    property: entity::DELETED_DATE_TIME.name().to_owned(),
                    why: "the user was deleted where the file comes from",
                });
            }
            Column::Link(property) => {
                let value = if property.collection {
                    split(cell, property)
                        .into_iter()
                        .map(Json::String)
                        .collect()
                } else {
                    Json::String(cell.to_owned())
                };
                members.insert(format!("{}{BIND}", property.name()), value);
            }
            Column::Value {
                of,
                property,
                cells,
            } => {
                put(
                    &mut members,
                    of.as_ref(),
                    property,
                    value(property, cell, *cells),
                );
            }
        }
    }
    Ok((members, password_hash))
}

/// Texts whose rules want no blanks around them: those in a file are the file's own.
const WITHOUT_BLANKS: [&Property; 7] = [
    &user::ID,
    &user::USER_PRINCIPAL_NAME,
    &user::MAIL,
    &user::MAIL_NICKNAME,
    &user::USAGE_LOCATION,
    &user::PREFERRED_LANGUAGE,
    &user::EXTERNAL_USER_STATE,
];

/// Whether blanks around a quoted cell belong to the value. An export quotes a text that has some;
/// without quotes they are gone by now.
pub(super) fn may_have_blanks(property: &Property) -> bool {
    let is_text = matches!(property.ty, Type::String) && !property.collection;
    is_text && property.values.is_any() && !property.is_one_of(&WITHOUT_BLANKS)
}

/// `System.String[]` and the like: what PowerShell writes into CSV for a value with parts. Nobody
/// is called that, and a password of that name would be known to everybody.
pub fn is_name_of_a_type(cell: &str) -> bool {
    const LISTS: [&str; 4] = [
        "System.Collections.",
        "System.Object",
        "Microsoft.Graph.",
        "Microsoft.Open.",
    ];
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "._`[],+".contains(letter);
    let is_array = cell.starts_with("System.") && cell.ends_with("[]");
    (is_array || LISTS.iter().any(|start| cell.starts_with(start))) && cell.chars().all(is_word)
}

/// Puts a value among the members of a user: into the complex value that the property is a member
/// of, and a custom security attribute into its set. Nothing where a cell has given the whole of
/// that already.
pub(super) fn put(
    members: &mut Map<String, Json>,
    of: Option<&Prop>,
    property: &Prop,
    value: Json,
) {
    let name = property
        .attribute()
        .map_or(property.name(), |one| &one.name);
    let into = match (of, property.attribute()) {
        (Some(of), _) => inner(members, of.name()),
        (None, None) => Some(members),
        (None, Some(attribute)) => inner(members, user::CUSTOM_SECURITY_ATTRIBUTES.name())
            .and_then(|sets| inner(sets, &attribute.set)),
    };
    if let Some(into) = into {
        into.insert(name.to_owned(), value);
    }
}

/// The members of a complex value; `None` where a cell has given the whole of it already.
fn inner<'m>(members: &'m mut Map<String, Json>, name: &str) -> Option<&'m mut Map<String, Json>> {
    let outer = members
        .entry(name)
        .or_insert_with(|| Json::Object(Map::new()));
    outer.as_object_mut()
}

/// The value that a cell says.
pub(super) fn value(property: &Property, cell: &str, cells: Cells) -> Json {
    let is_json = cell.starts_with(['{', '[']);
    if matches!(property.ty, Type::Complex(_)) {
        // What has members of its own stands in a cell as JSON, as an export writes it.
        return edm_json(cell).unwrap_or_else(|| Json::String(cell.to_owned()));
    }
    if property.collection {
        if is_json && let Some(list @ Json::Array(_)) = edm_json(cell) {
            return list;
        }
        let elements = split(cell, property).into_iter();
        return elements
            .map(|text| single(property, &text, Cells::Same))
            .collect();
    }
    single(property, cell, cells)
}

/// JSON of a cell, by the reader that bodies go through: bounded in depth, without two members of
/// one name.
fn edm_json(cell: &str) -> Option<Json> {
    let wrapped = format!("{{\"cell\":{cell}}}");
    match edm::json::parse(wrapped.as_bytes()) {
        Ok(Json::Object(mut members)) => members.remove("cell"),
        _ => None,
    }
}

fn single(property: &Property, text: &str, cells: Cells) -> Json {
    let as_text = || Json::String(text.to_owned());
    match property.ty {
        Type::Boolean => words::truth(text).map_or_else(as_text, |says| {
            Json::Bool(says != (cells == Cells::Opposite))
        }),
        Type::Int32 | Type::Int64 => text
            .trim()
            .parse::<i64>()
            .map_or_else(|_| as_text(), Json::from),
        // The admin centre leaves the T out.
        Type::DateTimeOffset => Json::String(text.replacen(' ', "T", 1)),
        _ => as_text(),
    }
}

/// The elements of a cell; `\;` is a semicolon within one. The admin centre puts a plus between
/// proxy addresses, each of which begins with its kind.
fn split(cell: &str, property: &Property) -> Vec<String> {
    if *property == user::PROXY_ADDRESSES && is_proxy_address(cell) {
        return split_proxies(cell);
    }
    let mut all = Vec::new();
    let mut element = String::new();
    let mut letters = cell.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ESCAPE => element.extend(letters.next()),
            BETWEEN => all.push(std::mem::take(&mut element)),
            other => element.push(other),
        }
    }
    all.push(element);
    all.into_iter()
        .map(|element| element.trim().to_owned())
        .filter(|element| !element.is_empty())
        .collect()
}

fn is_proxy_address(text: &str) -> bool {
    let kind = text.split_once(':').map(|(kind, _)| kind);
    kind.is_some_and(|kind| PROXY_KINDS.iter().any(|own| own.eq_ignore_ascii_case(kind)))
}

/// A plus within an address is not followed by a kind; a semicolon parts them in files of ours.
fn split_proxies(cell: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for part in cell.split(BETWEEN) {
        let mut is_first = true;
        for piece in part.trim().split('+') {
            match all.last_mut() {
                Some(last) if !is_first && !is_proxy_address(piece) => {
                    last.push('+');
                    last.push_str(piece);
                }
                _ => all.push(piece.to_owned()),
            }
            is_first = false;
        }
    }
    all.retain(|address| !address.is_empty());
    all
}

/// A cell of these elements.
pub fn join<'a>(elements: impl IntoIterator<Item = &'a str>) -> String {
    let mut cell = String::new();
    let mut elements = elements.into_iter().peekable();
    // It would be read as JSON.
    if elements
        .peek()
        .is_some_and(|first| first.starts_with(['{', '[']))
    {
        cell.push(ESCAPE);
    }
    for (at, element) in elements.enumerate() {
        if at > 0 {
            cell.push(BETWEEN);
        }
        for letter in element.chars() {
            if letter == BETWEEN || letter == ESCAPE {
                cell.push(ESCAPE);
            }
            cell.push(letter);
        }
    }
    cell
}

#[cfg(test)]
mod tests;
