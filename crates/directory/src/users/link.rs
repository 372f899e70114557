//! Manager and sponsors: writing, by reference (P-references-3) or inside the body of a user.

use edm::{Navigation, Property, user};
use jiff::Timestamp;
use serde_json::json;
use store::{AuditRecord, ChangeKind, ChangedLink, Loader, Lookup, Relation, Side, Tx, UserRow};
use uuid::Uuid;

use super::{Condition, UserKey};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// Levels of managers that are checked for a circle. No organisation has so many; a longer chain is
/// an error, and each level costs a look-up inside a write.
const MOST_LEVELS: usize = 256;

/// Most sponsors of a user, and one more: enough to see that there are too many.
const SPONSORS: u32 = match user::SPONSORS.max_items {
    Some(most) => most,
    None => 0,
};

/// One change of a user's links.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    SetManager(UserKey),
    UnsetManager,
    AddSponsor(UserKey),
    RemoveSponsor(UserKey),
}

impl Change {
    const fn activity(&self) -> &'static str {
        match self {
            Self::SetManager(_) => "Set user manager",
            Self::UnsetManager => "Remove user manager",
            Self::AddSponsor(_) => "Add user sponsor",
            Self::RemoveSponsor(_) => "Remove user sponsor",
        }
    }
}

/// What the write needs, drawn before it.
struct LinkChange {
    actor: Actor,
    key: UserKey,
    condition: Condition,
    change: Change,
    at: Timestamp,
}

impl Directory {
    /// Makes `manager` the user's manager, in the place of the one there is.
    pub async fn set_manager(
        &self,
        actor: &Actor,
        key: &UserKey,
        manager: UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        self.change_link(actor, key, Change::SetManager(manager), condition)
            .await
    }

    /// Leaves the user without a manager. [`Refusal::NotFound`] when there is none.
    pub async fn unset_manager(
        &self,
        actor: &Actor,
        key: &UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        self.change_link(actor, key, Change::UnsetManager, condition)
            .await
    }

    /// Adds a sponsor. [`Refusal::AlreadyLinked`] when they are one.
    pub async fn add_sponsor(
        &self,
        actor: &Actor,
        key: &UserKey,
        sponsor: UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        self.change_link(actor, key, Change::AddSponsor(sponsor), condition)
            .await
    }

    /// Removes a sponsor. [`Refusal::NotFound`] when they are none.
    pub async fn remove_sponsor(
        &self,
        actor: &Actor,
        key: &UserKey,
        sponsor: UserKey,
        condition: Condition,
    ) -> Result<(), Refusal> {
        self.change_link(actor, key, Change::RemoveSponsor(sponsor), condition)
            .await
    }

    async fn change_link(
        &self,
        actor: &Actor,
        key: &UserKey,
        change: Change,
        condition: Condition,
    ) -> Result<(), Refusal> {
        actor.may(Operation::WriteLinks)?;
        let input = LinkChange {
            actor: actor.clone(),
            key: key.clone(),
            condition,
            change,
            at: self.now(),
        };
        self.store()
            .write(actor.tenant, input, |tx, input| Box::pin(run(tx, input)))
            .await
    }
}

async fn run(tx: &mut Tx, input: &LinkChange) -> Result<(), Refusal> {
    let source = input.key.row(tx).await?;
    input.condition.check(&source)?;
    let target = match &input.change {
        Change::SetManager(key) => {
            let target = key.row(tx).await?.id;
            if !set_manager(tx, source.id, target).await? {
                return Ok(());
            }
            target
        }
        Change::UnsetManager => match unset_manager(tx, source.id).await? {
            Some(target) => target,
            None => {
                return Err(Refusal::NotFound {
                    key: user::MANAGER.name().to_owned(),
                });
            }
        },
        Change::AddSponsor(key) => {
            let target = key.row(tx).await?.id;
            if !add_sponsor(tx, source.id, target).await? {
                return Err(Refusal::AlreadyLinked {
                    property: user::SPONSORS.name(),
                });
            }
            target
        }
        Change::RemoveSponsor(key) => {
            let target = key.row(tx).await?.id;
            if !tx.unlink(Relation::Sponsor, source.id, target).await? {
                return Err(key.not_found());
            }
            record_change(
                tx,
                ChangeKind::Unlinked,
                Relation::Sponsor,
                source.id,
                target,
            );
            target
        }
    };
    tx.audit(record(input, source.id, target));
    Ok(())
}

fn record(input: &LinkChange, source: Uuid, target: Uuid) -> AuditRecord {
    audit::record(
        &input.actor,
        input.at,
        input.change.activity(),
        audit::Target::user(source),
        &json!({ "target": target }),
    )
}

fn record_change(tx: &mut Tx, kind: ChangeKind, relation: Relation, source: Uuid, target: Uuid) {
    tx.changed_link(source, kind, ChangedLink { relation, target });
}

/// `false` when they are the manager already.
async fn set_manager(tx: &mut Tx, source: Uuid, target: Uuid) -> Result<bool, Refusal> {
    let before = manager(tx, source).await?;
    if before == Some(target) {
        return Ok(false);
    }
    refuse_circle(tx, source, target).await?;
    unset_manager(tx, source).await?;
    tx.link(Relation::Manager, source, target).await?;
    record_change(tx, ChangeKind::Linked, Relation::Manager, source, target);
    Ok(true)
}

/// The former manager.
async fn unset_manager(tx: &mut Tx, source: Uuid) -> Result<Option<Uuid>, Refusal> {
    let Some(before) = manager(tx, source).await? else {
        return Ok(None);
    };
    tx.unlink(Relation::Manager, source, before).await?;
    record_change(tx, ChangeKind::Unlinked, Relation::Manager, source, before);
    Ok(Some(before))
}

/// The manager, also a deleted one, who would be the manager again after a restore.
async fn manager(tx: &mut Tx, source: Uuid) -> Result<Option<Uuid>, Refusal> {
    let linked = tx.linked_ids(Relation::Manager, Side::Target, source, 1);
    Ok(linked.await?.into_iter().next())
}

/// The user of a key during a load: one loaded so far, or the one being added.
fn loaded(loader: &mut Loader, of: &UserRow, key: &UserKey) -> Result<Uuid, Refusal> {
    let found = match key {
        UserKey::Id(id) if *id == of.id => Some(*id),
        UserKey::Id(id) => loader.is_user(*id)?.then_some(*id),
        UserKey::Upn(upn) => {
            let upn = super::names::upn_key(upn);
            if upn == super::names::upn_key(&of.upn) {
                Some(of.id)
            } else {
                loader.user_by_upn(&upn)
            }
        }
    };
    found.ok_or_else(|| key.not_found())
}

fn own_manager() -> Refusal {
    Refusal::invalid_user(user::MANAGER.name(), "the user would be their own manager")
}

fn too_many_levels() -> Refusal {
    Refusal::invalid_user(user::MANAGER.name(), "there are too many managers above")
}

fn too_many_sponsors() -> Refusal {
    Refusal::invalid_user(
        user::SPONSORS.name(),
        format!("a user has {SPONSORS} sponsors at most"),
    )
}

/// No user is their own manager, directly or through others, so that every walk up the chain ends.
async fn refuse_circle(tx: &mut Tx, source: Uuid, target: Uuid) -> Result<(), Refusal> {
    let mut next = Some(target);
    for _level in 0..MOST_LEVELS {
        match next {
            None => return Ok(()),
            Some(above) if above == source => {
                return Err(own_manager());
            }
            Some(above) => next = manager(tx, above).await?,
        }
    }
    Err(too_many_levels())
}

/// `false` when they are a sponsor already.
async fn add_sponsor(tx: &mut Tx, source: Uuid, target: Uuid) -> Result<bool, Refusal> {
    let held = tx
        .linked_ids(Relation::Sponsor, Side::Target, source, SPONSORS + 1)
        .await?;
    if held.contains(&target) {
        return Ok(false);
    }
    if held.len() >= SPONSORS as usize {
        return Err(too_many_sponsors());
    }
    tx.link(Relation::Sponsor, source, target).await?;
    record_change(tx, ChangeKind::Linked, Relation::Sponsor, source, target);
    Ok(true)
}

/// The manager in a body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum NewManager {
    /// Nothing.
    #[default]
    Kept,
    /// Null: the manager is removed.
    Unset,
    /// This one.
    Set(UserKey),
}

/// The links that the body of a user asks for: `manager@odata.bind`, `sponsors@odata.bind`. A
/// manager replaces the present one, null removes them; sponsors are added to the present ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Links {
    manager: NewManager,
    sponsors: Vec<UserKey>,
    /// The sponsor of a new guest for whom none was named.
    inviter: Option<Uuid>,
}

/// The targets of a new user's links.
pub(crate) struct LinkTargets {
    pub(crate) manager: Option<Uuid>,
    /// Each once.
    pub(crate) sponsors: Vec<Uuid>,
}

impl Links {
    /// The links that the references of a body ask for.
    pub(crate) fn of(binds: &[(&'static Navigation, Vec<UserKey>)]) -> Self {
        let mut links = Self::default();
        for (navigation, keys) in binds {
            let mut keys = keys.iter().cloned();
            if *navigation.property == user::MANAGER {
                links.manager = keys.next().map_or(NewManager::Unset, NewManager::Set);
            } else if *navigation.property == user::SPONSORS {
                links.sponsors.extend(keys);
            }
        }
        links
    }

    /// Adds the sponsors that an invitation names.
    pub(crate) fn with_sponsors(mut self, sponsors: Vec<UserKey>) -> Self {
        self.sponsors.extend(sponsors);
        self
    }

    /// Makes the inviter the sponsor, if the invitation names none.
    pub(crate) const fn invited_by(mut self, inviter: Option<Uuid>) -> Self {
        self.inviter = inviter;
        self
    }

    /// Whether the body names no links.
    pub(crate) fn is_empty(&self) -> bool {
        self.manager == NewManager::Kept && self.sponsors.is_empty()
    }

    /// The properties it names.
    pub(crate) fn properties(&self) -> impl Iterator<Item = &Property> {
        let manager = (self.manager != NewManager::Kept).then_some(&user::MANAGER);
        let sponsors = (!self.sponsors.is_empty()).then_some(&user::SPONSORS);
        manager.into_iter().chain(sponsors)
    }

    /// Their targets, for a user of a load, who does not exist yet.
    pub(crate) fn targets(
        &self,
        of: &UserRow,
        loader: &mut Loader,
    ) -> Result<LinkTargets, Refusal> {
        let manager = match &self.manager {
            NewManager::Kept | NewManager::Unset => None,
            NewManager::Set(key) => Some(loaded(loader, of, key)?),
        };
        if let Some(manager) = manager {
            if manager == of.id {
                return Err(own_manager());
            }
            // A new user has no reports, so there can be no circle. Only the depth is limited, to
            // what `refuse_circle` can walk.
            if loader.managers_above(manager) + 2 > MOST_LEVELS {
                return Err(too_many_levels());
            }
        }
        let mut sponsors = Vec::new();
        for key in &self.sponsors {
            let sponsor = loaded(loader, of, key)?;
            if sponsors.contains(&sponsor) {
                continue;
            }
            if sponsors.len() >= SPONSORS as usize {
                return Err(too_many_sponsors());
            }
            sponsors.push(sponsor);
        }
        Ok(LinkTargets { manager, sponsors })
    }

    /// Makes and breaks the links; whether anything changed.
    pub(crate) async fn apply(&self, tx: &mut Tx, source: Uuid) -> Result<bool, Refusal> {
        let mut changed = match &self.manager {
            NewManager::Kept => false,
            NewManager::Unset => unset_manager(tx, source).await?.is_some(),
            NewManager::Set(key) => {
                let target = key.row(tx).await?.id;
                set_manager(tx, source, target).await?
            }
        };
        for key in &self.sponsors {
            let target = key.row(tx).await?.id;
            changed |= add_sponsor(tx, source, target).await?;
        }
        // A sponsor who was deleted since the request began is left out; the guest is invited all
        // the same.
        if let Some(inviter) = self.inviter.filter(|_| self.sponsors.is_empty())
            && tx.user(inviter).await?.is_some()
        {
            changed |= add_sponsor(tx, source, inviter).await?;
        }
        Ok(changed)
    }
}
