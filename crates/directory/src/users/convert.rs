//! POST /users/{key}/convertExternalToInternalMemberUser: a guest who signed in elsewhere becomes a
//! member who signs in here.
//!
//! From then on the password opens the account, and the outside mailbox does not. So everything
//! that opened it before ends: identities of other providers, the proof of the address, sessions,
//! open invitations. The outside address may stay in `mail` and as an alias, stated like that of
//! any internal user.

use edm::{Record, user};
use jiff::Timestamp;
use serde_json::json;
use store::{Lookup, Tx, UserRow};
use uuid::Uuid;

use super::change::Change;
use super::draft::take_password;
use super::identities::Identities;
use super::row::{self, MEMBER, RowMeta};
use super::{Condition, UserKey};
use crate::actor::Actor;
use crate::address::{Address, LocalParts};
use crate::audit;
use crate::directory::Directory;
use crate::passwords::PasswordHash;
use crate::permission::Operation;
use crate::refusal::Refusal;
use crate::tenants::Tenant;

/// The activity in the audit trail.
const ACTIVITY: &str = "Convert external user to internal member";

/// Why somebody does not become an internal user. The documents have a sentence for each but the
/// role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversionFault {
    /// The user signs in here already.
    Internal,
    /// The user holds a role.
    Role,
    /// No userPrincipalName was sent.
    NoName,
    /// The userPrincipalName lies in no domain whose users sign in here.
    NameDomain,
    /// No password was sent.
    NoPassword,
    /// `mail` is an empty text.
    EmptyMail,
    /// `mail` lies in none of the tenant's domains.
    MailDomain,
}

/// Who a guest is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// `displayName`
    pub display_name: Option<String>,
    /// `userPrincipalName`
    pub user_principal_name: String,
    /// `mail`
    pub mail: Option<String>,
    /// When it happened, in whole seconds.
    pub at: Timestamp,
}

/// What the write needs, drawn before it.
struct Input {
    actor: Actor,
    key: UserKey,
    id: Uuid,
    condition: Condition,
    tenant: Tenant,
    change: Change,
    password_hash: PasswordHash,
    now: Timestamp,
    second: Timestamp,
}

impl Directory {
    /// Makes an external user an internal member. `set` holds `userPrincipalName`,
    /// `passwordProfile` with a password and, where it is to be another one, `mail`.
    ///
    /// # Errors
    /// [`Refusal::Conversion`], and whatever a PATCH of the same properties is refused for; then
    /// nothing happened.
    pub async fn convert_to_internal(
        &self,
        actor: &Actor,
        key: &UserKey,
        mut set: Record,
        condition: Condition,
    ) -> Result<Converted, Refusal> {
        actor.may(Operation::ConvertToInternal)?;
        let reader = self.store().read(actor.tenant);
        let (row, tenant) = reader
            .snapshot(async |on| {
                let row = key.row(on).await?;
                check_eligible(&row, &on.roles_of(row.id).await?)?;
                condition.check(&row)?;
                Ok::<_, Refusal>((row, Tenant::read(on).await?))
            })
            .await?;
        check_domains(&set, &tenant, self.locals())?;
        let second = self.whole_second();
        let password = take_password(&mut set).ok_or(ConversionFault::NoPassword)?;
        let change = Change::of(set, true, second, self.locals())?;
        let before = internal(&row::record(&row, actor.schema())?, &tenant);
        let good = change.check_password(&password, &before, &tenant)?;
        let input = Input {
            actor: actor.clone(),
            key: key.clone(),
            id: row.id,
            condition,
            tenant,
            change,
            password_hash: self.hasher().hash(good, self.ids().secret()).await?,
            now: self.now(),
            second,
        };
        self.store()
            .write(actor.tenant, input, |tx, input| {
                Box::pin(convert(tx, input))
            })
            .await
    }
}

impl From<ConversionFault> for Refusal {
    fn from(fault: ConversionFault) -> Self {
        Self::Conversion(fault)
    }
}

/// Asks everything again of the row as it is now: somebody may have converted the user meanwhile,
/// or given them a role.
async fn convert(tx: &mut Tx, input: &Input) -> Result<Converted, Refusal> {
    let row = tx
        .user(input.id)
        .await?
        .ok_or_else(|| input.key.not_found())?;
    check_eligible(&row, &tx.roles_of(row.id).await?)?;
    input.condition.check(&row)?;
    if tx.pending_member(row.id).await?.is_some() {
        return Err(Refusal::Combination {
            property: user::USER_TYPE.name(),
            why: "the joining awaits approval: POST /pendingMembers/{id}/approve",
        });
    }
    let before = row::record(&row, input.actor.schema())?;
    let outside = internal(&before, &input.tenant);
    let after = input.change.apply(&outside, &input.tenant)?;
    let after = after.unwrap_or(outside);
    let meta = RowMeta {
        id: row.id,
        version: row.version,
        created_at: row.created_at,
        password_hash: Some(input.password_hash.0.clone()),
    };
    row::replace(tx, &before, &after, meta).await?;
    tx.state_addresses(row.id).await?;
    tx.void_acceptances_of(row.id, input.now).await?;
    let ended = tx.end_invitations_of(row.id, input.now).await?;
    tx.audit(audit::user_updated(
        &input.actor,
        input.second,
        row.id,
        row::different(&before, &after).into_iter(),
    ));
    let details = json!({ "linksEnded": ended });
    let target = audit::Target::user(row.id);
    tx.audit(audit::record(
        &input.actor,
        input.second,
        ACTIVITY,
        target,
        &details,
    ));
    let text = |property| after.text(property).map(str::to_owned);
    Ok(Converted {
        display_name: text(&user::DISPLAY_NAME),
        user_principal_name: text(&user::USER_PRINCIPAL_NAME).unwrap_or_default(),
        mail: text(&user::MAIL),
        at: input.second,
    })
}

/// Whether the user is an external one. One with a role is not converted, as documented: an app
/// that may convert guests would otherwise hold the password of an administrator.
fn check_eligible(row: &UserRow, roles: &[Uuid]) -> Result<(), Refusal> {
    if row.state.is_none() {
        return Err(ConversionFault::Internal.into());
    }
    if !roles.is_empty() {
        return Err(ConversionFault::Role.into());
    }
    Ok(())
}

/// Name and mail are the organisation's own: an internal user with an outside mail that nobody
/// proved would show somebody else's address as theirs. A malformed name or address is left to the
/// checks of those properties.
fn check_domains(set: &Record, tenant: &Tenant, locals: LocalParts) -> Result<(), Refusal> {
    let name = set.text(&user::USER_PRINCIPAL_NAME);
    let name = name.ok_or(ConversionFault::NoName)?;
    if let Some((_, domain)) = name.rsplit_once('@') {
        let own = tenant.domain(domain).filter(|domain| !domain.federated);
        own.ok_or(ConversionFault::NameDomain)?;
    }
    let mail = set.text(&user::MAIL);
    if let Some(Ok(mail)) = mail.map(|mail| Address::parse(mail, locals)) {
        let own = tenant.domain(mail.domain());
        own.ok_or(ConversionFault::MailDomain)?;
    }
    Ok(())
}

/// The user as a member who signs in with the name they have, before name, mail and password are
/// set.
fn internal(external: &Record, tenant: &Tenant) -> Record {
    let mut record = external.clone();
    record.remove(&user::EXTERNAL_USER_STATE);
    record.remove(&user::EXTERNAL_USER_STATE_CHANGE_DATE_TIME);
    record.set(&user::USER_TYPE, MEMBER);
    let name = external.text(&user::USER_PRINCIPAL_NAME);
    let identities = Identities::of(external).internal(tenant, name.unwrap_or_default());
    record.set(&user::IDENTITIES, identities.value());
    record
}
