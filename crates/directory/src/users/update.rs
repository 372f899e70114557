//! PATCH /users/{key} (P-users-10): absent members stay, null clears, collections are replaced
//! whole.

use edm::{Body, Record, document, user};
use store::{AuditRecord, Lookup, Tx, UserRow};
use uuid::Uuid;

use super::change::Change;
use super::draft::take_password;
use super::link::Links;
use super::row::{self, RowMeta};
use super::{Condition, UserKey, outranks, own_row, pending, permitted};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::passwords::PasswordHash;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// What the write needs, drawn before it.
struct Input {
    actor: Actor,
    key: UserKey,
    id: Uuid,
    condition: Condition,
    tenant: Tenant,
    change: Change,
    links: Links,
    /// The rank for a reset, or that for any other sensitive property.
    sensitive: Sensitive,
    password_hash: Option<PasswordHash>,
    audit: AuditRecord,
}

/// Which rank the change needs over somebody with roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sensitive {
    No,
    /// Nothing but a password reset, which two lesser roles may do as well.
    Reset,
    Yes,
}

impl Directory {
    /// Changes a user; returns the row as it is now, also for actors who may not read it (see
    /// [`Directory::visible_to`]). A change that changes nothing writes nothing.
    pub async fn update_user(
        &self,
        actor: &Actor,
        key: &UserKey,
        body: Body<UserKey>,
        condition: Condition,
    ) -> Result<UserRow, Refusal> {
        let mut set = body.set;
        let links = Links::of(&body.binds);
        if !links.is_empty() {
            actor.may(Operation::WriteLinks)?;
        }
        let sensitive = sensitive(&set);
        let reader = self.store().read(actor.tenant);
        let (row, tenant) = reader
            .snapshot(async |on| {
                let row = match permitted::update(actor, &set, false) {
                    Ok(()) => key.row(on).await?,
                    Err(denied) => own_row(actor, key, on, denied).await?,
                };
                permitted::update(actor, &set, actor.is_person(row.id))?;
                let tenant = Tenant::read(on).await?;
                permitted::profile(actor, tenant.settings.manner, &set)?;
                check_rank(actor, row.id, on.roles_of(row.id).await?, sensitive)?;
                Ok::<_, Refusal>((row, tenant))
            })
            .await?;
        condition.check(&row)?;
        self.check_told(actor, &row, &body.told)?;

        let now = self.whole_second();
        let password = take_password(&mut set);
        let change = Change::of(set, password.is_some(), now, self.locals())?;
        let before = row::record(&row, actor.schema())?;
        change.apply(&before, &tenant)?;
        let password_hash = match password {
            Some(password) => {
                let good = change.check_password(&password, &before, &tenant)?;
                Some(self.hasher().hash(good, self.ids().secret()).await?)
            }
            None => None,
        };
        let set = change.properties().chain(links.properties());
        let audit = audit::user_updated(actor, now, row.id, set);
        let input = Input {
            actor: actor.clone(),
            key: key.clone(),
            id: row.id,
            condition,
            tenant,
            change,
            links,
            sensitive,
            password_hash,
            audit,
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(update(tx, input)))
            .await
    }
}

impl Directory {
    /// A client may send back read-only values as it read them; they are ignored, because clients
    /// send whole objects. Another value is refused. So is every value that the actor may not see,
    /// since the answer would tell whether it is the right one (T-54).
    fn check_told(&self, actor: &Actor, row: &UserRow, told: &Record) -> Result<(), Refusal> {
        if told.is_empty() {
            return Ok(());
        }
        let seen = self.visible_to(actor, row.clone())?;
        let record = seen
            .map(|row| row::record(&row, actor.schema()))
            .transpose()?;
        let is_shown = |property, value| {
            record
                .as_ref()
                .is_some_and(|record| document::shows(record, property, value))
        };
        match told
            .iter()
            .find(|(property, value)| !is_shown(property, value))
        {
            None => Ok(()),
            Some((property, _)) => Err(Refusal::ReadOnly {
                property: property.name().to_owned(),
            }),
        }
    }
}

/// Checks everything again with the row as it is now: it may have been changed, or given a role,
/// since it was read.
async fn update(tx: &mut Tx, input: &Input) -> Result<UserRow, Refusal> {
    let row = tx
        .user(input.id)
        .await?
        .ok_or_else(|| input.key.not_found())?;
    input.condition.check(&row)?;
    check_rank(
        &input.actor,
        row.id,
        tx.roles_of(row.id).await?,
        input.sensitive,
    )?;
    let before = row::record(&row, input.actor.schema())?;
    let linked = input.links.apply(tx, row.id).await?;
    let after = match input.change.apply(&before, &input.tenant)? {
        Some(after) => after,
        None if input.password_hash.is_some() => before.clone(),
        None => {
            // Links are no part of the user, so the version stays.
            if linked {
                tx.audit(input.audit.clone());
            }
            return Ok(row);
        }
    };
    pending::refuse_enabling(tx, &row, &after).await?;
    let password_hash = input
        .password_hash
        .as_ref()
        .map(|hash| hash.0.clone())
        .or(row.password_hash);
    let meta = RowMeta {
        id: row.id,
        version: row.version,
        created_at: row.created_at,
        password_hash,
    };
    let replaced = row::replace(tx, &before, &after, meta).await?;
    tx.audit(input.audit.clone());
    Ok(UserRow {
        version: row.version + 1,
        ..replaced
    })
}

fn sensitive(set: &edm::Record) -> Sensitive {
    let others = set.iter().any(|(property, _)| {
        *property != user::PASSWORD_PROFILE
            && (property.write.sensitive || *property == user::IDENTITIES)
    });
    match (others, set.has(&user::PASSWORD_PROFILE)) {
        (true, _) => Sensitive::Yes,
        (false, true) => Sensitive::Reset,
        (false, false) => Sensitive::No,
    }
}

fn check_rank(
    actor: &Actor,
    target: Uuid,
    roles: Vec<Uuid>,
    sensitive: Sensitive,
) -> Result<(), Refusal> {
    let (operation, is_reset) = match sensitive {
        Sensitive::No => return Ok(()),
        Sensitive::Reset => (Operation::ResetPassword, true),
        Sensitive::Yes => (Operation::UpdateUser, false),
    };
    if outranks(actor, target, roles, is_reset) {
        Ok(())
    } else {
        Err(Refusal::Denied { operation })
    }
}
