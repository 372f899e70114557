//! GET /users/delta (P-users-14): exact, and without a gap beside any number of writers.
//!
//! A client begins with a walk over all users and goes on in rounds over what changed. A walk or
//! round ends at the head that the change sequence had when it began, and the next one begins
//! there, so that no change is missed. In a round an object appears once, as it is when the page is
//! read.

use edm::{Prop, Property, document, user};
use store::{ChangeState, Following, Page, Span, Touched, UserRow, Walked};
use uuid::Uuid;

use super::permitted::View;
use super::read::visible;
use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::{Refusal, Resync};

/// The position of a client, which keeps it for us, sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeltaPlace {
    /// Of the change sequence.
    pub generation: i64,
    /// What comes next.
    pub step: DeltaStep,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaStep {
    /// Another page of the first walk.
    Walk {
        /// The head of the sequence when the walk began.
        head: i64,
        /// The last id shown.
        after: Uuid,
    },
    /// Another page of a round.
    Round {
        /// Where the round began.
        after: i64,
        /// Where it ends.
        head: i64,
        /// Place of the last object shown.
        position: i64,
    },
    /// A new round.
    Since {
        /// The last change of the walk or round before.
        after: i64,
    },
}

/// Why a user is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Deleted, and can be restored.
    Changed,
    /// Gone for good.
    Deleted,
}

/// One user of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum DeltaItem {
    /// An existing user.
    There {
        /// The row, cut down to what the actor may see.
        row: Box<UserRow>,
        /// The changes since the client's position; `None` in the first walk.
        touched: Option<Touched>,
        /// The manager, where managers are followed and the client may not know them.
        manager: Option<Uuid>,
    },
    /// A user who is gone.
    Removed {
        /// The user's id.
        id: Uuid,
        /// Why.
        why: Removal,
    },
}

/// The scope of a client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Followed {
    /// These users only; `None`: all users.
    pub only: Option<Vec<Uuid>>,
    /// Whether managers are followed.
    pub managers: Managers,
    /// Only changes of these properties, beside users who come and go; `None`: of every property.
    pub properties: Option<Vec<Prop>>,
}

/// Whether managers are followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Managers {
    /// They are not.
    #[default]
    Left,
    /// Where the actor may read them.
    Offered,
    /// They were asked for by name.
    Asked,
}

/// A page.
#[derive(Debug, Clone, PartialEq)]
pub struct DeltaPage {
    /// Empty, with more to follow, only if a great many users in a row have no followed change.
    pub items: Vec<DeltaItem>,
    /// Where to go on: [`DeltaStep::Since`] once this walk or round is over.
    pub next: DeltaPlace,
}

impl DeltaPlace {
    /// Whether the walk or round is over.
    pub const fn is_end(self) -> bool {
        matches!(self.step, DeltaStep::Since { .. })
    }
}

impl Directory {
    /// The position of a client that wants future changes only.
    pub async fn latest_delta(&self, actor: &Actor) -> Result<DeltaPlace, Refusal> {
        self.may_list(actor).await?;
        let state = self.store().read(actor.tenant).change_state().await?;
        Ok(since(state, state.head))
    }

    /// The next page from `place`, or the first of all; `limit` users at most.
    ///
    /// # Errors
    /// [`Refusal::Resync`] when the changes since then are not known any more; `Denied` also where
    /// managers are asked for that the actor may not read.
    pub async fn users_delta(
        &self,
        actor: &Actor,
        place: Option<DeltaPlace>,
        followed: Followed,
        limit: u16,
    ) -> Result<DeltaPage, Refusal> {
        self.may_list(actor).await?;
        let managers = match followed.managers {
            Managers::Left => false,
            Managers::Offered => actor.may(Operation::ReadLinks).is_ok(),
            Managers::Asked => actor.may(Operation::ReadLinks).map(|()| true)?,
        };
        let state = self.store().read(actor.tenant).change_state().await?;
        let following = Following {
            which: followed.only.map_or(Walked::All, Walked::Only),
            managers,
        };
        let ask = Ask {
            directory: self,
            actor,
            state,
            following,
            properties: followed.properties,
            limit,
        };
        let step = match place {
            Some(place) => ask.check(place)?,
            None => DeltaStep::Walk {
                head: state.head,
                after: Uuid::nil(),
            },
        };
        match step {
            DeltaStep::Walk { head, after } => ask.walk(head, after).await,
            DeltaStep::Round {
                after,
                head,
                position,
            } => ask.round(Span { after, head }, position).await,
            DeltaStep::Since { after } => {
                let span = Span {
                    after,
                    head: state.head,
                };
                ask.round(span, after).await
            }
        }
    }
}

const fn since(state: ChangeState, after: i64) -> DeltaPlace {
    DeltaPlace {
        generation: state.generation,
        step: DeltaStep::Since { after },
    }
}

/// One request for a page.
struct Ask<'a> {
    directory: &'a Directory,
    actor: &'a Actor,
    state: ChangeState,
    following: Following,
    properties: Option<Vec<Prop>>,
    limit: u16,
}

/// Users of a round that one page reads in search of a followed change: so many look-ups stay
/// within the time of a page, whatever the client's `$top` is.
const MOST_LOOKED_AT: usize = 4_000;

impl Ask<'_> {
    /// Whether all changes since `place` are known. A walk too needs the changes since its head, to
    /// know which users existed when it began.
    fn check(&self, place: DeltaPlace) -> Result<DeltaStep, Refusal> {
        let (after, reach) = match place.step {
            DeltaStep::Walk { head, .. } => (head, head),
            DeltaStep::Round { after, head, .. } => (after, head),
            DeltaStep::Since { after } => (after, after),
        };
        if reach > self.state.head {
            let why = Resync::Reset;
            return Err(Refusal::Resync { after, why });
        }
        refuse_outdated(after, place.generation, self.state)?;
        Ok(place.step)
    }

    /// Checked again after a page was read: changes deleted meanwhile may be missing in it.
    async fn still_known(&self, after: i64) -> Result<(), Refusal> {
        let reader = self.directory.store().read(self.actor.tenant);
        refuse_outdated(after, self.state.generation, reader.change_state().await?)
    }

    /// One more than asked for tells whether more follows.
    fn one_more(&self) -> u32 {
        u32::from(self.limit) + 1
    }

    fn place_at(&self, step: DeltaStep) -> DeltaPlace {
        DeltaPlace {
            generation: self.state.generation,
            step,
        }
    }

    async fn walk(self, head: i64, after: Uuid) -> Result<DeltaPage, Refusal> {
        let page = Page {
            after: Some(after),
            limit: self.one_more(),
        };
        let reader = self.directory.store().read(self.actor.tenant);
        let following = self.following.clone();
        let mut found = reader.walk_users(following, head, page).await?;
        self.still_known(head).await?;
        let has_next = found.len() > usize::from(self.limit);
        found.truncate(usize::from(self.limit));
        let next = match found.last().filter(|_| has_next) {
            Some(last) => DeltaStep::Walk {
                head,
                after: last.row.id,
            },
            None => DeltaStep::Since { after: head },
        };
        let items = found
            .into_iter()
            .map(|one| self.present_item(one.row, None, one.manager));
        Ok(DeltaPage {
            items: items.collect::<Result<_, _>>()?,
            next: self.place_at(next),
        })
    }

    async fn round(self, span: Span, mut position: i64) -> Result<DeltaPage, Refusal> {
        let reader = self.directory.store().read(self.actor.tenant);
        let mut items = Vec::new();
        let mut looked_at = 0;
        let next = loop {
            let mut found = reader
                .followed_users(self.following.clone(), span, position, self.one_more())
                .await?;
            self.still_known(span.after).await?;
            let has_next = found.len() > usize::from(self.limit);
            found.truncate(usize::from(self.limit));
            looked_at += found.len();
            position = found.last().map_or(position, |last| last.seq);
            for one in found {
                items.extend(self.round_item(one)?);
            }
            if !has_next {
                break DeltaStep::Since { after: span.head };
            }
            if !items.is_empty() || looked_at >= MOST_LOOKED_AT {
                break DeltaStep::Round {
                    after: span.after,
                    head: span.head,
                    position,
                };
            }
        };
        Ok(DeltaPage {
            items,
            next: self.place_at(next),
        })
    }

    /// The item of a round for an object; `None` where nothing changed that is followed.
    fn round_item(&self, mut one: store::Followed) -> Result<Option<DeltaItem>, Refusal> {
        Ok(Some(match one.row {
            Some(row) if row.deleted_at.is_none() => {
                if !self.is_seen(&row, &mut one.touched) {
                    return Ok(None);
                }
                if !self.is_followed(&row, &one.touched) {
                    return Ok(None);
                }
                self.present_item(row, Some(one.touched), one.manager)?
            }
            Some(row) => removed(row.id, Removal::Changed),
            None => removed(one.id, Removal::Deleted),
        }))
    }

    /// Whether something changed that the actor may learn of: of values behind a guard they must
    /// not even learn that they changed (T-54).
    fn is_seen(&self, row: &UserRow, touched: &mut Touched) -> bool {
        let view = View::of(self.actor, self.actor.is_person(row.id));
        let users = self.actor.entity(&user::TYPE);
        let before = touched.names.len();
        touched.names.retain(|name| {
            // Changes of custom security attributes are not tracked (P-extensions-23).
            if edm::attribute::is_path(name) {
                return false;
            }
            let property = users.stored(name);
            property.is_none_or(|property| !property.is_guarded() || view.shows(&property))
        });
        let is_all_hidden = touched.names.is_empty() && before > 0;
        !is_all_hidden || touched.is_whole || touched.is_unknown || touched.manager.is_some()
    }

    /// Whether the client follows and may see a change: of others it must not even learn that there
    /// was one (T-54).
    fn is_followed(&self, row: &UserRow, touched: &Touched) -> bool {
        let Some(properties) = &self.properties else {
            return true;
        };
        if touched.is_whole || touched.is_unknown {
            return true;
        }
        if self.following.managers && touched.manager.is_some() {
            return true;
        }
        let view = View::of(self.actor, self.actor.is_person(row.id));
        let is_touched =
            |property: &Property| touched.names.iter().any(|name| name == property.name());
        properties.iter().any(|property| {
            let mut sources = document::sources(property).iter();
            view.shows(property)
                && (is_touched(property) || sources.any(|source| is_touched(source)))
        })
    }

    fn present_item(
        &self,
        row: UserRow,
        mut touched: Option<Touched>,
        manager: Option<Uuid>,
    ) -> Result<DeltaItem, Refusal> {
        if let Some(touched) = touched.as_mut().filter(|_| !self.following.managers) {
            touched.manager = None;
        }
        let view = View::of(self.actor, self.actor.is_person(row.id));
        let row = Box::new(visible(row, view)?);
        Ok(DeltaItem::There {
            row,
            touched,
            manager,
        })
    }
}

fn refuse_outdated(after: i64, generation: i64, state: ChangeState) -> Result<(), Refusal> {
    let why = if generation != state.generation {
        Resync::Reset
    } else if after < state.pruned {
        Resync::TooOld
    } else {
        return Ok(());
    };
    Err(Refusal::Resync { after, why })
}

const fn removed(id: Uuid, why: Removal) -> DeltaItem {
    DeltaItem::Removed { id, why }
}
