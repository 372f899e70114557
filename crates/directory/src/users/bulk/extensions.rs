//! Open extensions in files: read out of a user's line, and written with them.
//!
//! A line says what is to be there. An extension of the name that the user has gets the members of
//! the line, another one is added, and those that the line does not name stay.

use edm::open_extension::{self, EXTENSION_NAME, Sent};
use edm::{BodyError, Json};
use jiff::Timestamp;
use store::{ExtensionAdded, Lookup, OpenExtensionRow, OpenExtensions, SLOTS, Tx};
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::{ExtensionFault, Refusal, Resource};
use crate::users::open_extensions::check_size;

/// The annotation that says which app added an extension: its client id.
pub const EXTENSION_APP: &str = "@vestibule.app";

/// The body of an extension, as a line of a file holds it.
#[derive(Clone, Debug)]
pub struct ExtensionBody {
    /// Read.
    pub json: Json,
    /// As it stands in the file, since numbers and the order of members are kept.
    pub text: String,
}

/// A checked body, and the app that added the extension elsewhere.
pub(super) struct SentExtension {
    sent: Sent,
    app: Option<Uuid>,
}

/// A row's extensions with the keys of their names.
pub(super) type RowExtensions = Vec<(String, OpenExtensionRow)>;

/// Checks a body as a request's.
pub(super) fn read(body: &ExtensionBody) -> Result<SentExtension, Refusal> {
    // It is ours, and no name that an extension could have.
    let (mut json, mut text) = (body.json.clone(), body.text.clone());
    let app = json
        .as_object_mut()
        .and_then(|all| all.shift_remove(EXTENSION_APP));
    if app.is_some() {
        text = open_extension::without(&text, EXTENSION_APP);
    }
    let sent = open_extension::check(&json, text.as_bytes(), None);
    let sent = sent.map_err(|fault| {
        Refusal::Body(BodyError {
            target: format!("{}/{}", edm::user::EXTENSIONS.name(), fault.target),
            ..fault
        })
    })?;
    let app = match app {
        None | Some(Json::Null) => None,
        Some(value) => {
            let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
            Some(id.ok_or(Refusal::Malformed {
                property: EXTENSION_APP,
                why: "it must be the client id of an app",
            })?)
        }
    };
    Ok(SentExtension { sent, app })
}

/// The extensions of one row as they are kept; with their apps, where `keep` says so.
pub(super) fn kept(
    all: Vec<SentExtension>,
    keep: bool,
    now: Timestamp,
) -> Result<RowExtensions, Refusal> {
    let mut kept = RowExtensions::with_capacity(all.len());
    for SentExtension { sent, app } in all {
        let name = sent.name.ok_or_else(|| Refusal::Missing {
            resource: Resource::OpenExtension,
            property: EXTENSION_NAME.name().to_owned(),
        })?;
        check_size(&name, &sent.members)?;
        let key = open_extension::key(&name);
        let app = app.filter(|_| keep);
        let has_name = kept.iter().any(|(other, _)| *other == key);
        let of_app = kept
            .iter()
            .filter(|(_, other)| app.is_some() && other.app == app);
        if has_name {
            return Err(Refusal::Extension(ExtensionFault::Exists));
        }
        if of_app.count() >= SLOTS as usize {
            return Err(Refusal::Extension(ExtensionFault::TooMany));
        }
        let row = OpenExtensionRow {
            name,
            version: now.as_microsecond(),
            app,
            members: sent.members,
        };
        kept.push((key, row));
    }
    Ok(kept)
}

/// Writes them to a user; `false` where they were there already.
pub(super) async fn apply(
    tx: &mut Tx,
    user: Uuid,
    extensions: &RowExtensions,
) -> Result<bool, Refusal> {
    let mut is_changed = false;
    for (key, row) in extensions {
        let there = tx.open_extension(user, key).await?;
        if there.as_ref().is_some_and(|one| one.members == row.members) {
            continue;
        }
        let is_written = match there {
            Some(there) => {
                check_size(&there.name, &row.members)?;
                let written = (there.version, row.members.as_str());
                tx.replace_open_extension(user, key, written).await?
            }
            None => match tx.add_open_extension(user, key, row).await? {
                ExtensionAdded::Yes => true,
                ExtensionAdded::Exists => false,
                ExtensionAdded::Full => {
                    return Err(Refusal::Extension(ExtensionFault::TooMany));
                }
            },
        };
        if !is_written {
            // Another writer came between.
            return Err(Refusal::Extension(ExtensionFault::Exists));
        }
        is_changed = true;
    }
    Ok(is_changed)
}

impl Directory {
    /// The open extensions of these users, behind the key `after` and at most so many of each, with
    /// the apps that added them.
    ///
    /// # Errors
    /// `Denied`: who exports them must be allowed to read them, which the basic profile does not
    /// give.
    pub async fn export_open_extensions(
        &self,
        actor: &Actor,
        ids: Vec<Uuid>,
        after: Option<String>,
        limit: u32,
    ) -> Result<Vec<(Uuid, Vec<OpenExtensionRow>)>, Refusal> {
        actor.may(Operation::ListUsers)?;
        actor.may(Operation::ReadExtensions)?;
        let which = OpenExtensions {
            only: None,
            after,
            limit,
        };
        let reader = self.store().read(actor.tenant);
        Ok(reader.open_extensions(ids, which).await?)
    }
}
