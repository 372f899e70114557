//! Plans each row of a chunk, beside the writer.

use edm::{Property, Purpose, Record, Value, user};
use jiff::Timestamp;
use store::{AuditRecord, UserRow};
use uuid::Uuid;

use super::extensions::{self, RowExtensions, SentExtension};
use super::row::{Checked, PASSWORD_HASH, Row};
use super::{Import, OnExisting, Outcome, trail};
use crate::address::{Address, LocalParts};
use crate::passwords::{GoodPassword, PasswordHash};
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::users::change::{Change, check_signs_in_here};
use crate::users::create::check_free;
use crate::users::draft::{Draft, Setting, take_password};
use crate::users::link::Links;
use crate::users::mails;
use crate::users::names::is_external;
use crate::users::new_user::Origin;
use crate::users::row::{self, ACCEPTED, PENDING, RowMeta, UniqueValues};

/// A chunk of rows, ready to be applied.
pub struct PlannedChunk {
    pub(super) rows: Vec<PlannedRow>,
    pub(super) audit: AuditRecord,
}

/// One row of it.
pub(super) struct PlannedRow {
    pub(super) line: u64,
    pub(super) key: Option<String>,
    pub(super) action: RowAction,
}

/// What is to be done.
pub(super) enum RowAction {
    Refuse(Refusal),
    /// The user exists.
    Leave(Uuid),
    Create(Box<PlannedUser>),
    Update(Box<Edit>),
}

pub(super) struct PlannedUser {
    pub(super) row: UserRow,
    pub(super) claims: UniqueValues,
    pub(super) links: Links,
    pub(super) extensions: RowExtensions,
}

pub(super) struct Edit {
    pub(super) id: Uuid,
    pub(super) change: Change,
    pub(super) links: Links,
    pub(super) extensions: RowExtensions,
    pub(super) password_hash: Option<String>,
    /// The hash comes from another directory, so its password was not set here.
    pub(super) imported_hash: bool,
    pub(super) now: Timestamp,
}

impl Import {
    /// Plans a chunk of rows in the order of the file. Nothing is written. Passwords are hashed
    /// here, which takes by far longer than everything else.
    ///
    /// # Errors
    /// When the directory cannot be read. An error in a row is the row's outcome instead.
    pub async fn plan(&self, rows: Vec<Row>) -> Result<PlannedChunk, Refusal> {
        let mut planned = Vec::with_capacity(rows.len());
        for row in rows {
            let line = row.line;
            let (key, action) = match row.key(self.0.rules.key) {
                Err(refusal) => (None, Err(refusal)),
                Ok(key) => {
                    let action = self.row(row, &key).await;
                    (Some(key), action)
                }
            };
            let action = match action {
                // A failure of the server is not the row's outcome.
                Err(refusal @ (Refusal::Unavailable(_) | Refusal::Internal { .. })) => {
                    return Err(refusal);
                }
                Err(refusal) => RowAction::Refuse(refusal),
                Ok(action) => action,
            };
            planned.push(PlannedRow { line, key, action });
        }
        Ok(PlannedChunk {
            rows: planned,
            audit: trail::record(&self.0.actor, self.0.directory.whole_second()),
        })
    }

    async fn row(&self, row: Row, key: &str) -> Result<RowAction, Refusal> {
        let rules = self.0.rules;
        let found = if let Some(existing) = self.0.existing.get() {
            existing.find(key)?
        } else {
            let reader = self.0.directory.store().read(self.0.actor.tenant);
            rules.key.find(&reader, key).await?
        };
        match found {
            Some(found) => match rules.on_existing {
                OnExisting::Skip => Ok(RowAction::Leave(found.id)),
                OnExisting::Fail => Err(Refusal::Exists {
                    property: rules.key.property().name(),
                    owner: found.id,
                }),
                OnExisting::Update => self.edit(row, &found).await,
            },
            None => self.create(row).await,
        }
    }

    async fn create(&self, row: Row) -> Result<RowAction, Refusal> {
        let rules = self.0.rules;
        if rules.key == super::Key::Id && !rules.keep {
            return Err(Refusal::invalid_user(
                user::ID.name(),
                "no user has it; only an import that keeps ids creates users with given ones",
            ));
        }
        self.check_not_a_guest_elsewhere(&row)?;
        let Checked {
            set,
            server_set,
            later,
            links,
            password_hash,
            extensions,
        } = row.check(self.0.actor.schema(), Purpose::Create, rules.keep)?;
        self.check_rights(&set, true)?;
        let extensions = self.extensions(extensions)?;
        self.check_rights(&later, false)?;
        check_server_set(&server_set, self.0.directory.locals())?;
        let setting = Setting {
            tenant: &self.0.tenant,
            id: server_set_id(&server_set)?.unwrap_or_else(|| self.0.directory.new_id()),
            now: self.0.directory.whole_second(),
            locals: self.0.directory.locals(),
            origin: Origin::Import {
                has_hash: password_hash.is_some(),
                is_external: server_set.text(&user::EXTERNAL_USER_STATE).is_some(),
            },
        };
        let mut draft = Draft::of(set, setting)?;
        for (property, value) in later
            .iter()
            .chain(server_set.iter())
            .filter(|(_, value)| !value.is_unset())
        {
            draft.record.set(property, value.clone());
        }
        let claims = UniqueValues::of(&draft.record);
        // A load checks this when it writes: its rows cannot be read before its end.
        if self.0.existing.get().is_none() {
            let reader = self.0.directory.store().read(self.0.actor.tenant);
            reader
                .snapshot(async |on| check_free(on, &claims).await)
                .await?;
        }
        let hash = self.hash(draft.password, password_hash).await?;
        let created_at = draft.record.instant(&user::CREATED_DATE_TIME);
        let meta = RowMeta::of_new(draft.id, created_at.unwrap_or(setting.now), hash);
        Ok(RowAction::Create(Box::new(PlannedUser {
            row: row::row(&draft.record, meta),
            claims,
            links,
            extensions,
        })))
    }

    /// The open extensions of a row as they are kept. Files carry the app that added each. Where
    /// ids are made anew, an app of that id may be another one, so the server adds them.
    fn extensions(&self, sent: Vec<SentExtension>) -> Result<RowExtensions, Refusal> {
        if !sent.is_empty() {
            self.0.actor.may(Operation::WriteExtensions)?;
        }
        extensions::kept(sent, self.0.rules.keep, self.0.directory.now())
    }

    /// Lists of other directories hold their guests as well. Such a guest proved an address there
    /// and not here; only an invitation makes one.
    fn check_not_a_guest_elsewhere(&self, row: &Row) -> Result<(), Refusal> {
        let Ok(name) = row.key(super::Key::UserPrincipalName) else {
            return Ok(());
        };
        let is_of_this_tenant = self.0.rules.keep
            && row.has(&user::EXTERNAL_USER_STATE)
            && name
                .rsplit_once('@')
                .is_some_and(|(_, domain)| self.0.tenant.domain(domain).is_some());
        if !is_external(&name) || is_of_this_tenant {
            return Ok(());
        }
        Err(Refusal::Malformed {
            property: user::USER_PRINCIPAL_NAME.name(),
            why: "#EXT# is the mark of a guest; guests are invited, as with vestibule invite",
        })
    }

    async fn edit(&self, row: Row, found: &UserRow) -> Result<RowAction, Refusal> {
        let Checked {
            mut set,
            links,
            password_hash,
            extensions,
            ..
        } = row.check(self.0.actor.schema(), Purpose::Update, false)?;
        self.check_rights(&set, false)?;
        let extensions = self.extensions(extensions)?;
        let now = self.0.directory.whole_second();
        let password = take_password(&mut set);
        let change = Change::of(set, password.is_some(), now, self.0.directory.locals())?;
        let before = row::record(found, self.0.actor.schema())?;
        change.apply(&before, &self.0.tenant)?;
        if password_hash.is_some() {
            check_signs_in_here(&before, &self.0.tenant)?;
        }
        let good = password
            .map(|password| change.check_password(&password, &before, &self.0.tenant))
            .transpose()?;
        let imported_hash = password_hash.is_some();
        Ok(RowAction::Update(Box::new(Edit {
            id: found.id,
            change,
            links,
            extensions,
            password_hash: self.hash(good, password_hash).await?,
            imported_hash,
            now,
        })))
    }

    /// The hash to keep: of the password, or as it came in the file.
    async fn hash(
        &self,
        password: Option<GoodPassword>,
        imported: Option<String>,
    ) -> Result<Option<String>, Refusal> {
        match (password, imported) {
            (Some(_), Some(_)) => Err(Refusal::invalid_user(
                PASSWORD_HASH,
                "a row has a password or the hash of one, not both",
            )),
            (Some(password), None) => {
                let secret = self.0.directory.ids().secret();
                let PasswordHash(text) = self.0.directory.hasher().hash(password, secret).await?;
                Ok(Some(text))
            }
            (None, imported) => Ok(imported),
        }
    }
}

/// Values that only the server sets must be valid as if it had set them: the rest of the program
/// relies on that.
fn check_server_set(server_set: &Record, locals: LocalParts) -> Result<(), Refusal> {
    let invalid = |property: &'static Property, why: &'static str| {
        Err(Refusal::invalid_user(property.name(), why))
    };
    if server_set
        .get(&user::DELETED_DATE_TIME)
        .is_some_and(|value| !value.is_unset())
    {
        return invalid(&user::DELETED_DATE_TIME, "deleted users cannot be imported");
    }
    if server_set
        .text(&user::EXTERNAL_USER_STATE)
        .is_some_and(|state| state != PENDING && state != ACCEPTED)
    {
        return invalid(
            &user::EXTERNAL_USER_STATE,
            "it must be PendingAcceptance or Accepted",
        );
    }
    for proxy in server_set.texts(&user::PROXY_ADDRESSES) {
        let is_prefixed = proxy
            .get(..5)
            .is_some_and(|prefix| prefix.eq_ignore_ascii_case("smtp:"));
        // The name of an invited guest is a primary of its own, and no address that could be
        // written to.
        let is_address = crate::users::names::is_external(proxy)
            || Address::parse(mails::bare(proxy), locals)
                .is_ok_and(|address| address.as_str() == mails::bare(proxy));
        if !(is_prefixed && is_address) {
            return invalid(
                &user::PROXY_ADDRESSES,
                "each must be SMTP: or smtp: and an address",
            );
        }
    }
    Ok(())
}

fn server_set_id(server_set: &Record) -> Result<Option<Uuid>, Refusal> {
    let Some(text) = server_set.get(&user::ID).and_then(Value::as_text) else {
        return Ok(None);
    };
    Uuid::try_parse(text)
        .ok()
        .filter(|id| text.len() == uuid::fmt::Hyphenated::LENGTH && !id.is_nil())
        .filter(|id| id.to_string() == text)
        .map(Some)
        .ok_or_else(|| Refusal::invalid_user(user::ID.name(), "it must be a GUID in lower case"))
}

impl PlannedRow {
    /// Its outcome, when nothing is left to do.
    pub(super) fn outcome(
        &self,
        id: Option<Uuid>,
        result: Result<super::Done, Refusal>,
    ) -> Outcome {
        let no_password =
            matches!(&self.action, RowAction::Create(new) if new.row.password_hash.is_none());
        Outcome {
            line: self.line,
            key: self.key.clone(),
            id,
            no_password: no_password && result == Ok(super::Done::Created),
            result,
        }
    }
}
