//! Users with a manager or sponsors, and their order in a file. A row links to existing users only,
//! so a user comes after those they are linked to.
//!
//! No user is their own manager, directly or through others, but users can be each other's
//! sponsors. Of such a circle one link is set aside and made at the end.

use edm::{Property, user};
use store::Relation;
use uuid::Uuid;

use crate::actor::Actor;
use crate::directory::Directory;
use crate::permission::Operation;
use crate::refusal::Refusal;

/// Links read at a time.
const PAGE: u32 = 10_000;
/// Both kinds, with their properties.
const KINDS: [(Relation, &Property); 2] = [
    (Relation::Manager, &user::MANAGER),
    (Relation::Sponsor, &user::SPONSORS),
];

/// A link of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    source: Uuid,
    kind: u8,
    /// Its target.
    pub target: Uuid,
    /// Whether it closes a circle: its target does not exist yet when its user is written.
    pub is_late: bool,
}

impl Link {
    /// `manager` or `sponsors`.
    pub fn property(&self) -> &'static Property {
        let kind = KINDS.get(usize::from(self.kind));
        kind.map_or(&user::SPONSORS, |(_, property)| property)
    }
}

/// All links of a directory at one moment: some 40 bytes for each.
#[derive(Debug, Default)]
pub struct Linked {
    /// By source.
    links: Vec<Link>,
    /// Where the links of each source begin.
    starts: Vec<u32>,
    /// The sources, as places in `starts`, so that targets come before them.
    order: Vec<u32>,
}

/// How far the walk through the links has come with a user.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Ahead,
    /// Begun and not done: a link back to this user closes a circle.
    Within,
    Done,
}

impl Linked {
    fn of(mut links: Vec<Link>) -> Self {
        links.sort_unstable();
        let mut starts: Vec<u32> = Vec::new();
        let mut before = None;
        for (at, link) in (0_u32..).zip(&links) {
            if before.replace(link.source) != Some(link.source) {
                starts.push(at);
            }
        }
        let mut linked = Self {
            links,
            starts,
            order: Vec::new(),
        };
        linked.put_in_order();
        linked
    }

    /// Depth first: a user comes after all users their links lead to. Without recursion, since a
    /// chain of managers may be long.
    fn put_in_order(&mut self) {
        let mut walks = vec![Walk::Ahead; self.starts.len()];
        let mut order = Vec::with_capacity(self.starts.len());
        let mut path: Vec<(usize, usize)> = Vec::new();
        for first in 0..walks.len() {
            let mut next = Some(first);
            loop {
                if let Some(place) = next.take()
                    && let Some(walk @ Walk::Ahead) = walks.get_mut(place)
                {
                    *walk = Walk::Within;
                    path.push((place, self.range(place).start));
                }
                let Some((place, at)) = path.last_mut() else {
                    break;
                };
                if *at < self.range(*place).end {
                    let target = self.links.get(*at).and_then(|link| self.place(link.target));
                    match target.and_then(|target| walks.get(target)) {
                        Some(Walk::Within) => {
                            if let Some(link) = self.links.get_mut(*at) {
                                link.is_late = true;
                            }
                        }
                        Some(Walk::Ahead) => next = target,
                        Some(Walk::Done) | None => {}
                    }
                    *at += 1;
                } else {
                    if let Some(walk) = walks.get_mut(*place) {
                        *walk = Walk::Done;
                    }
                    order.extend(u32::try_from(*place));
                    path.pop();
                }
            }
        }
        self.order = order;
    }

    /// The links of the source at that place.
    fn range(&self, place: usize) -> std::ops::Range<usize> {
        let at = |place: usize| {
            let start = self.starts.get(place);
            start.map_or(self.links.len(), |start| *start as usize)
        };
        at(place)..at(place + 1)
    }

    fn place(&self, source: Uuid) -> Option<usize> {
        let source_at = |start: &u32| self.links.get(*start as usize).map(|link| link.source);
        self.starts
            .binary_search_by_key(&Some(source), source_at)
            .ok()
    }

    /// The links of a user.
    pub fn links(&self, user: Uuid) -> &[Link] {
        let range = self.place(user).map(|place| self.range(place));
        range
            .and_then(|range| self.links.get(range))
            .unwrap_or_default()
    }

    /// The users with links, each after the targets of their links that are not late; `limit` of
    /// them from place `from` on.
    pub fn in_order(&self, from: usize, limit: usize) -> Vec<Uuid> {
        let places = self.order.iter().skip(from).take(limit);
        let sources = places.map(|place| {
            let start = self.range(*place as usize).start;
            self.links.get(start).map(|link| link.source)
        });
        sources.flatten().collect()
    }

    /// The links that close circles, each with its user.
    pub fn late(&self) -> impl Iterator<Item = (Uuid, Link)> {
        let late = self.links.iter().filter(|link| link.is_late);
        late.map(|link| (link.source, *link))
    }
}

impl Directory {
    /// All links of the `wanted` kinds: manager, sponsors.
    pub async fn export_links(
        &self,
        actor: &Actor,
        wanted: impl Fn(&'static Property) -> bool,
    ) -> Result<Linked, Refusal> {
        actor.may(Operation::ListUsers)?;
        let reader = self.store().read(actor.tenant);
        let mut all = Vec::new();
        for (kind, (relation, property)) in (0_u8..).zip(KINDS) {
            if !wanted(property) {
                continue;
            }
            let mut after = None;
            loop {
                let page = reader.links(relation, after, PAGE).await?;
                let Some(last) = page.last() else {
                    break;
                };
                after = Some(*last);
                all.extend(page.into_iter().map(|(source, target)| Link {
                    source,
                    kind,
                    target,
                    is_late: false,
                }));
            }
        }
        Ok(Linked::of(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of the users in links such as `2>1 3>2`, and those that are late.
    fn ordered(links: &str) -> (Vec<u128>, Vec<(u128, u128)>) {
        let id = |text: &str| Uuid::from_u128(text.parse().unwrap());
        let links = links.split_whitespace().map(|link| {
            let (source, target) = link.split_once('>').unwrap();
            Link {
                source: id(source),
                kind: 1,
                target: id(target),
                is_late: false,
            }
        });
        let linked = Linked::of(links.collect());
        let order = linked.in_order(0, usize::MAX);
        let late = linked
            .late()
            .map(|(source, link)| (source.as_u128(), link.target.as_u128()));
        (order.iter().map(Uuid::as_u128).collect(), late.collect())
    }

    #[test]
    fn targets_come_first_and_circles_are_cut_once() {
        let check = |links: &str, order: &[u128], late: &[(u128, u128)]| {
            assert_eq!(ordered(links), (order.to_vec(), late.to_vec()), "{links}");
        };
        check("", &[], &[]);
        check("2>1", &[2], &[]);
        check("1>2 2>3 3>9", &[3, 2, 1], &[]);
        check("3>2 2>1 1>9 4>1", &[1, 2, 3, 4], &[]);
        check("1>2 1>3 2>4 3>4 4>9", &[4, 2, 3, 1], &[]);
        check("1>1", &[1], &[(1, 1)]);
        check("1>2 2>1", &[2, 1], &[(2, 1)]);
        check("1>2 2>3 3>1 3>9 4>3", &[3, 2, 1, 4], &[(3, 1)]);
    }

    #[test]
    fn long_chains_are_walked_and_all_are_there() {
        let chain: Vec<_> = (1..100_000).map(|n| format!("{n}>{}", n + 1)).collect();
        let (order, late) = ordered(&chain.join(" "));
        assert_eq!((order.len(), order[0], late.len()), (99_999, 99_999, 0));
    }
}
