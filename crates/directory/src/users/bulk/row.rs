//! One row of a file: members as a body would have them, and a password's hash, which no body may
//! have.

use edm::body::{self, Purpose};
use edm::complex::object_identity::{ISSUER_ASSIGNED_ID, SIGN_IN_TYPE};
use edm::{Blank, BodyError, Json, Property, Record, Rule, Schema, Version, user};

use super::extensions::{self, ExtensionBody, SentExtension};
use super::key::Key;
use crate::passwords::StoredHash;
use crate::refusal::Refusal;
use crate::users::UserKey;
use crate::users::link::Links;

/// The name under which a hash stands in a file: a column of CSV, and behind `@vestibule.` an
/// annotation in NDJSON.
pub const PASSWORD_HASH: &str = "passwordHash";
/// Sign-in type of the identity that follows from the userPrincipalName.
const BY_UPN: &str = "userPrincipalName";

/// One row.
#[derive(Clone)]
pub struct Row {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Its members, by the names of properties in any spelling of case.
    pub members: serde_json::Map<String, Json>,
    /// A password hash that another directory made.
    pub password_hash: Option<String>,
    /// The user's open extensions, each as the body that would add it.
    pub extensions: Vec<ExtensionBody>,
}

/// Values and hashes of people do not belong in a log.
impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// A row's values, checked against the property table.
pub(super) struct Checked {
    /// Values that a body may set.
    pub(super) set: Record,
    /// Values that a body may set for an existing user only.
    pub(super) later: Record,
    /// Values that only the server sets, where the import keeps them.
    pub(super) server_set: Record,
    /// Manager and sponsors.
    pub(super) links: Links,
    pub(super) password_hash: Option<String>,
    /// Open extensions.
    pub(super) extensions: Vec<SentExtension>,
}

impl Row {
    /// Its key, as it stands there.
    pub(super) fn key(&self, key: Key) -> Result<String, Refusal> {
        key.of(&self.members)
    }

    /// Whether it has a text for this property.
    pub(super) fn has(&self, property: &Property) -> bool {
        let mut members = self.members.iter();
        members.any(|(name, value)| {
            name.eq_ignore_ascii_case(property.name())
                && value.as_str().is_some_and(|text| !text.is_empty())
        })
    }

    /// Checks the values. Values that only the server sets are ignored, or taken where `keep` says
    /// so: an export has them, and importing it must not need another tool in between.
    pub(super) fn check(
        self,
        schema: &Schema,
        purpose: Purpose,
        keep: bool,
    ) -> Result<Checked, Refusal> {
        let extensions = self.extensions.iter().map(extensions::read);
        let extensions = extensions.collect::<Result<_, _>>()?;
        let ty = schema.entity(&user::TYPE);
        let (mut own, mut later) = (serde_json::Map::new(), serde_json::Map::new());
        let mut servers = Vec::new();
        for (name, value) in self.members {
            let property = ty
                .property(&name, Version::V1)
                .or_else(|| ty.property(&name, Version::Beta));
            match property {
                Some(property) if property.is_read_only() => servers.push((property, value)),
                Some(property) if purpose == Purpose::Create && !property.write.create => {
                    later.insert(name, value);
                }
                _ => {
                    own.insert(name, value);
                }
            }
        }
        // An empty cell is not given; neither is an empty text in a line of JSON, since a file is
        // one table in either form.
        let check = |members, version, purpose| {
            body::check_with(&Json::Object(members), ty, version, purpose, Blank::Absent)
        };
        let body = check(own, Version::V1, purpose)?;
        if let Some((navigation, _)) = body.navigation.first() {
            return Err(Refusal::Body(BodyError {
                target: navigation.property.name().to_owned(),
                resource: user::TYPE.resource,
                property: Some(navigation.property.into()),
                rule: Rule::Unknown,
            }));
        }
        let later = check(later, Version::V1, Purpose::Update)?;
        let mut body = body.map_binds(|sent| user_key(sent.as_str()));
        drop_implied_identity(&mut body.set);
        let mut server_set = Record::new();
        if keep {
            for (property, value) in servers {
                let version = if property.v1 {
                    Version::V1
                } else {
                    Version::Beta
                };
                let one = [(property.name().to_owned(), value)].into_iter().collect();
                let restored = check(one, version, Purpose::Restore)?;
                server_set.merge(restored.set);
            }
        }
        let password_hash = self.password_hash.filter(|text| !text.is_empty());
        if let Some(text) = &password_hash {
            StoredHash::parse(text)
                .map_err(|fault| Refusal::invalid_user(PASSWORD_HASH, fault.to_string()))?;
        }
        Ok(Checked {
            set: body.set,
            later: later.set,
            links: Links::of(&body.binds),
            server_set,
            password_hash,
            extensions,
        })
    }
}

/// The key in a reference: an id or userPrincipalName as it is, or behind the last `/users/` of a
/// URL or of a path. In a file the host is ignored: links lead to users of this directory.
fn user_key(text: &str) -> UserKey {
    let key = text
        .rsplit_once("/users/")
        .map(|(_, key)| key)
        .or_else(|| text.strip_prefix("users/"))
        .unwrap_or(text);
    UserKey::parse(key.trim_end_matches('/'))
}

/// The identity of the userPrincipalName follows from it. An export lists it with the initial
/// domain of its own tenant. If it is the only one and equals the name, it is dropped and made anew
/// with this tenant's domain.
fn drop_implied_identity(set: &mut Record) {
    let [only] = set.list(&user::IDENTITIES) else {
        return;
    };
    let implied = only.as_complex().is_some_and(|entry| {
        entry.text(&SIGN_IN_TYPE) == Some(BY_UPN)
            && entry.text(&ISSUER_ASSIGNED_ID) == set.text(&user::USER_PRINCIPAL_NAME)
    });
    if implied {
        set.remove(&user::IDENTITIES);
    }
}
