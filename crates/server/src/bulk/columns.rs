//! What the columns of a CSV file are: property names, members of complex values behind a `/`, and the titles of the forms
//! that the Entra portal hands out for creating users in bulk.

use directory::users::bulk::PASSWORD_HASH;
use edm::complex::password_profile::PASSWORD;
use edm::{ComplexType, Json, Property, Type, Version, user};
use serde_json::Map;

use super::csv::unguard;

/// Where the elements of a collection are parted within a cell.
const BETWEEN: char = ';';
/// Takes the meaning from the character behind it.
const ESCAPE: char = '\\';
/// What the portal's forms call what has another name in the API, and the short name for a password.
const ALIASES: [(&str, &Property); 4] = [
    ("physicalDeliveryOfficeName", &user::OFFICE_LOCATION),
    ("telephoneNumber", &user::BUSINESS_PHONES),
    ("mobile", &user::MOBILE_PHONE),
    ("password", &user::PASSWORD_PROFILE),
];
/// The annotation by which a body links a user to others.
pub const BIND: &str = "@odata.bind";
/// How the portal's forms begin the title of the column that says the opposite of its property.
const BLOCKED: &str = "Block sign in";
/// What stands behind the name where the form wants a value.
const REQUIRED: &str = "Required";

/// What a column means.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Its cells are left out.
    Ignored,
    /// The hash of a password.
    PasswordHash,
    /// Who the user's manager or sponsors are, by id or userPrincipalName.
    Link(&'static Property),
    /// A property, or a member of one.
    Value {
        /// Names from the user down: `passwordProfile`, `password`.
        path: Vec<&'static str>,
        /// What the last of them holds.
        property: &'static Property,
        /// The cell says the opposite.
        inverted: bool,
    },
}

/// A title that names no property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// From 1.
    pub number: usize,
    /// As it stands there.
    pub title: String,
}

/// Reads the titles.
pub fn columns(titles: &[String], ignore_unknown: bool) -> Result<Vec<Column>, UnknownColumn> {
    titles
        .iter()
        .enumerate()
        .map(|(at, title)| match column(title) {
            Some(column) => Ok(column),
            None if ignore_unknown || title.trim().is_empty() => Ok(Column::Ignored),
            None => Err(UnknownColumn {
                number: at + 1,
                title: title.clone(),
            }),
        })
        .collect()
}

fn column(title: &str) -> Option<Column> {
    let title = title.trim();
    let (name, inverted) = match portal_name(title) {
        Some(name) => (name, title.starts_with(BLOCKED)),
        None => (title, false),
    };
    if name.eq_ignore_ascii_case(PASSWORD_HASH) {
        return Some(Column::PasswordHash);
    }
    let (first, rest) = match name.split_once('/') {
        Some((first, rest)) => (first.trim(), Some(rest.trim())),
        None => (name, None),
    };
    if let Some(link) = links(name) {
        return Some(Column::Link(link));
    }
    let property = property(first)?;
    let value = |path, property| Column::Value {
        path,
        property,
        inverted,
    };
    match (property.ty, rest) {
        // The password is all that a form can mean by the profile.
        (Type::Complex(_), None) if *property == user::PASSWORD_PROFILE => {
            Some(value(vec![property.name, PASSWORD.name], &PASSWORD))
        }
        (_, None) => Some(value(vec![property.name], property)),
        (Type::Complex(complex), Some(rest)) if !property.collection => {
            let member = member(complex, rest)?;
            Some(value(vec![property.name, member.name], member))
        }
        (_, Some(_)) => None,
    }
}

/// Of the links between users, those that files have.
pub fn links(name: &str) -> Option<&'static Property> {
    [&user::MANAGER, &user::SPONSORS]
        .into_iter()
        .find(|property| property.name.eq_ignore_ascii_case(name))
}

/// `displayName` of `Name [displayName] Required`.
fn portal_name(title: &str) -> Option<&str> {
    let (before, name) = title
        .trim_end_matches('*')
        .trim_end()
        .trim_end_matches(REQUIRED)
        .trim_end()
        .strip_suffix(']')?
        .rsplit_once('[')?;
    (!before.trim().is_empty()).then(|| name.trim())
}

fn property(name: &str) -> Option<&'static Property> {
    let alias = ALIASES
        .iter()
        .find(|(alias, _)| alias.eq_ignore_ascii_case(name))
        .map(|(_, property)| *property);
    alias
        .or_else(|| user::TYPE.property(name, Version::V1))
        .or_else(|| user::TYPE.property(name, Version::Beta))
}

fn member(complex: &'static ComplexType, name: &str) -> Option<&'static Property> {
    complex
        .property(name, Version::V1)
        .or_else(|| complex.property(name, Version::Beta))
}

/// The row's members, and its hash. An empty cell says nothing. A cell that is not what its property wants becomes a text,
/// which the property table then refuses by name.
pub fn members(
    columns: &[Column],
    cells: &[String],
    guarded: bool,
) -> (Map<String, Json>, Option<String>) {
    let mut members = Map::new();
    let mut password_hash = None;
    for (column, cell) in columns.iter().zip(cells) {
        let cell = if guarded { unguard(cell) } else { cell };
        if cell.is_empty() {
            continue;
        }
        match column {
            Column::Ignored => {}
            Column::PasswordHash => password_hash = Some(cell.to_owned()),
            Column::Link(property) => {
                let value = if property.collection {
                    split(cell).into_iter().map(Json::String).collect()
                } else {
                    Json::String(cell.trim().to_owned())
                };
                members.insert(format!("{}{BIND}", property.name), value);
            }
            Column::Value {
                path,
                property,
                inverted,
            } => put(&mut members, path, value(property, cell, *inverted)),
        }
    }
    (members, password_hash)
}

fn put(members: &mut Map<String, Json>, path: &[&'static str], value: Json) {
    match path {
        [name] => {
            members.insert((*name).to_owned(), value);
        }
        [name, inner] => {
            let outer = members
                .entry(*name)
                .or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(outer) = outer {
                outer.insert((*inner).to_owned(), value);
            }
        }
        _ => {}
    }
}

fn value(property: &Property, cell: &str, inverted: bool) -> Json {
    let is_json = cell.starts_with(['{', '[']);
    if matches!(property.ty, Type::Complex(_)) {
        // What has members of its own stands in a cell as JSON, as an export writes it.
        return edm_json(cell).unwrap_or_else(|| Json::String(cell.to_owned()));
    }
    if property.collection {
        if is_json && let Some(list @ Json::Array(_)) = edm_json(cell) {
            return list;
        }
        let elements = split(cell).into_iter();
        return elements
            .map(|text| single(property, &text, false))
            .collect();
    }
    single(property, cell, inverted)
}

/// JSON of a cell, by the reader that bodies go through: bounded in depth, without two members of one name.
fn edm_json(cell: &str) -> Option<Json> {
    let wrapped = format!("{{\"cell\":{cell}}}");
    match edm::json::parse(wrapped.as_bytes()) {
        Ok(Json::Object(mut members)) => members.remove("cell"),
        _ => None,
    }
}

fn single(property: &Property, text: &str, inverted: bool) -> Json {
    match property.ty {
        Type::Boolean => {
            let is = |words: &[&str]| {
                words
                    .iter()
                    .any(|word| word.eq_ignore_ascii_case(text.trim()))
            };
            if is(&["true", "yes", "1"]) {
                Json::Bool(!inverted)
            } else if is(&["false", "no", "0"]) {
                Json::Bool(inverted)
            } else {
                Json::String(text.to_owned())
            }
        }
        Type::Int32 | Type::Int64 => text
            .trim()
            .parse::<i64>()
            .map_or_else(|_| Json::String(text.to_owned()), Json::from),
        _ => Json::String(text.to_owned()),
    }
}

/// The elements of a cell; `\;` is a semicolon within one.
fn split(cell: &str) -> Vec<String> {
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
mod tests {
    use super::*;

    fn row(titles: &[&str], cells: &[&str]) -> String {
        let titles: Vec<_> = titles.iter().map(|&title| title.to_owned()).collect();
        let cells: Vec<_> = cells.iter().map(|&cell| cell.to_owned()).collect();
        let columns = columns(&titles, false).unwrap();
        let (members, hash) = members(&columns, &cells, false);
        let hash = hash.map_or_else(String::new, |hash| format!(" {hash}"));
        format!("{}{hash}", Json::Object(members))
    }

    #[test]
    fn cells_become_members() {
        let check = |titles: &[&str], cells: &[&str], expected: &str| {
            assert_eq!(row(titles, cells), expected, "{titles:?} {cells:?}");
        };
        check(
            &["DisplayName", "jobtitle"],
            &["A", ""],
            r#"{"displayName":"A"}"#,
        );
        check(
            &[
                "accountEnabled",
                "accountEnabled",
                "passwordProfile/forceChangePasswordNextSignIn",
            ],
            &["maybe", "YES", "0"],
            r#"{"accountEnabled":true,"passwordProfile":{"forceChangePasswordNextSignIn":false}}"#,
        );
        check(
            &["otherMails", "businessPhones"],
            &[r"a@x.com; b\;c@x.com;", "1"],
            r#"{"otherMails":["a@x.com","b;c@x.com"],"businessPhones":["1"]}"#,
        );
        check(
            &["employeeOrgData/division", "employeeOrgData / costCenter"],
            &["D", "C"],
            r#"{"employeeOrgData":{"division":"D","costCenter":"C"}}"#,
        );
        check(
            &["identities"],
            &[r#"[{"signInType":"federated","issuer":"x","issuerAssignedId":"1"}]"#],
            r#"{"identities":[{"signInType":"federated","issuer":"x","issuerAssignedId":"1"}]}"#,
        );
        check(
            &["identities"],
            &["[nonsense"],
            r#"{"identities":"[nonsense"}"#,
        );
        check(
            &["password"],
            &["pw"],
            r#"{"passwordProfile":{"password":"pw"}}"#,
        );
        check(&["passwordHash"], &["{SSHA}x"], "{} {SSHA}x");
    }

    #[test]
    fn the_portals_form_is_read() {
        let titles = [
            "Name [displayName] Required",
            "User name [userPrincipalName] Required",
            "Initial password [passwordProfile] Required",
            "Block sign in (Yes/No) [accountEnabled] Required",
            "Office [physicalDeliveryOfficeName]",
            "ZIP or postal code [postalCode]",
            "Office phone [telephoneNumber]",
            "Mobile phone [mobile]",
        ];
        let cells = ["A", "a@contoso.com", "pw", "No", "12", "98052", "1", "2"];
        assert_eq!(
            row(&titles, &cells),
            r#"{"displayName":"A","userPrincipalName":"a@contoso.com","passwordProfile":{"password":"pw"},"accountEnabled":true,"officeLocation":"12","postalCode":"98052","businessPhones":["1"],"mobilePhone":"2"}"#
        );
    }

    #[test]
    fn unknown_titles_are_named() {
        let titles = ["displayName".to_owned(), "Shoe size".to_owned()];
        let unknown = columns(&titles, false).unwrap_err();
        assert_eq!((unknown.number, unknown.title.as_str()), (2, "Shoe size"));
        assert_eq!(columns(&titles, true).unwrap()[1], Column::Ignored);
        for title in [
            "displayName/x",
            "otherMails/0",
            "employeeOrgData/x",
            "[displayName]",
        ] {
            assert!(columns(&[title.to_owned()], false).is_err(), "{title}");
        }
    }

    #[test]
    fn joined_elements_come_apart_again() {
        for elements in [vec!["a", "b"], vec!["a;b", r"c\d", r"\;"], vec!["[1]"]] {
            assert_eq!(split(&join(elements.iter().copied())), elements);
        }
    }
}
