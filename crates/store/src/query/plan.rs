//! Decides which index a query begins with. SQLite knows nothing of the values and would guess, so
//! the statement names the index.
//!
//! Without `$orderby` users stand by id, except that a range of an indexed property is walked in its own order: sorting
//! everybody whose name begins with an A by id, to show a hundred, costs the more the larger the directory is.

use super::columns::{self, Column, Index};
use super::cursor::Cursor;
use super::parts::{self, Part, Parts, Range};
use crate::StoreError;
use edm::{Property, user};
use odata::filter::{Filter, Node, NodeId, Order};
use std::collections::BTreeSet;

/// Most users that are read one by one to be sorted: so many take about 30 ms. A larger set is so
/// common that walking in the wanted order meets its members soon.
pub(crate) const SORTED: u32 = 10_000;

/// Where several tokens are searched for and none has few users: most users of a token whose set is
/// gathered, which takes 0.2 s. A token with more users has a tenth of a million users, and a walk
/// meets them soon.
const GATHERED: u32 = 100_000;

/// A key of the order, before the id.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SortKey {
    Column(&'static Column),
    DeletedAt,
}

/// The order of the answer: these keys, then the id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorting {
    pub(crate) keys: Vec<(SortKey, bool)>,
    pub(crate) id_descending: bool,
}

/// The source of the rows.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// All users, by id.
    Walk,
    /// All users in the order of the file: several times faster than any other order, where all
    /// have to be read.
    Heap,
    /// All deleted users: by id, or by the instant.
    Deleted { by_time: bool },
    /// All users, in the order of an index.
    Ordered(&'static Column, &'static Index),
    /// One key of an index, by id.
    Equal(&'static Column, &'static Index, Vec<u8>),
    /// A range of an index, in its order.
    Range(&'static Column, &'static Index, Range),
    /// The users of a value, by id.
    Value(&'static columns::Member, Vec<u8>),
    /// A union of small sets.
    Set(Vec<Part>),
}

/// How to answer a query.
#[derive(Debug, Clone)]
pub(crate) struct Drive {
    pub(crate) source: Source,
    pub(crate) sorting: Sorting,
    /// Nodes that the source implies.
    pub(crate) said: Vec<NodeId>,
    /// Tokens of a search whose users are gathered, because few users may have all of them: walking
    /// until a page is full would then be a walk over all users.
    pub(crate) tokens: Vec<String>,
}

/// A source that the query could begin with.
struct Offer {
    node: NodeId,
    parts: Parts,
}

impl Offer {
    fn rank(&self) -> usize {
        let most = self.parts.parts.iter().map(parts::rank).max();
        // A union is as good as the worst of its sets, and its size has to be counted first.
        most.unwrap_or(usize::MAX)
    }

    /// The source that walks it by id without gathering it first.
    fn by_id(&self) -> Option<Source> {
        match self.parts.parts.as_slice() {
            [Part::Ids(_)] => Some(Source::Set(self.parts.parts.clone())),
            [Part::Keys(column, index, keys)] => match keys.as_slice() {
                [key] => Some(Source::Equal(column, index, key.clone())),
                _ => None,
            },
            [Part::Values(member, keys)] => match keys.as_slice() {
                [key] => Some(Source::Value(member, key.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// So few users that they may be sorted without counting them first.
    fn is_narrow(&self) -> bool {
        self.rank() <= 30 && matches!(self.parts.parts.as_slice(), [_])
    }

    /// The source that is gathered and sorted.
    fn gathered(&self) -> Source {
        self.by_id()
            .unwrap_or_else(|| Source::Set(self.parts.parts.clone()))
    }

    fn said(&self) -> Vec<NodeId> {
        if self.parts.exact {
            vec![self.node]
        } else {
            Vec::new()
        }
    }
}

/// Counts the users of the sets together, up to a limit: `true` when they are fewer.
pub(crate) trait Probe {
    async fn is_below(
        &mut self,
        filter: &Filter,
        parts: &[Part],
        most: u32,
    ) -> Result<bool, StoreError>;
}

/// The order asked for, without keys that decide nothing.
fn sorting(
    filter: Option<&Filter>,
    together: &[NodeId],
    order: &[Order],
    deleted: bool,
) -> Result<Sorting, StoreError> {
    let fixed: BTreeSet<u16> = together
        .iter()
        .filter_map(|at| match filter?.node(*at)? {
            Node::Compare {
                path,
                op: odata::filter::Comparison::Eq,
                ..
            } => path.steps.first().map(|property| property.index),
            _ => None,
        })
        .collect();
    let mut sorting = Sorting::default();
    for Order {
        property,
        descending,
    } in order
    {
        if *property == &user::ID {
            sorting.id_descending = *descending;
            break;
        }
        let key = if *property == &user::DELETED_DATE_TIME {
            if !deleted {
                continue;
            }
            SortKey::DeletedAt
        } else {
            SortKey::Column(sorted(property)?)
        };
        if !fixed.contains(&property.index) {
            sorting.keys.push((key, *descending));
        }
    }
    Ok(sorting)
}

fn sorted(property: &'static Property) -> Result<&'static Column, StoreError> {
    columns::column(property)
        .ok_or_else(|| StoreError::Driver(format!("no order by {}", property.name)))
}

/// The conditions that must all hold.
fn together(filter: &Filter) -> Vec<NodeId> {
    let (mut left, mut found) = (vec![filter.root()], Vec::new());
    while let Some(at) = left.pop() {
        match filter.node(at) {
            Some(Node::And(children)) => left.extend(children),
            _ => found.push(at),
        }
    }
    found.sort_unstable();
    found
}

/// The widest range of an indexed column that all of the conditions leave, and the conditions that
/// it implies.
fn ranges(offers: &[Offer]) -> Vec<(&'static Column, &'static Index, Range, Vec<NodeId>)> {
    let mut found: Vec<(&'static Column, &'static Index, Range, Vec<NodeId>)> = Vec::new();
    for offer in offers {
        let [Part::Range(column, index, range)] = offer.parts.parts.as_slice() else {
            continue;
        };
        if !offer.parts.exact {
            continue;
        }
        match found
            .iter_mut()
            .find(|(other, ..)| core::ptr::eq(*other, *column))
        {
            Some((_, _, all, said)) => {
                *all = std::mem::take(all).and(range.clone());
                said.push(offer.node);
            }
            None => found.push((column, index, range.clone(), vec![offer.node])),
        }
    }
    found
}

/// Decides what the query begins with. With a cursor the order is that of the page before, whatever
/// the sizes are now.
pub(crate) async fn plan(
    probe: &mut impl Probe,
    filter: Option<&Filter>,
    order: &[Order],
    after: Option<&Cursor>,
    deleted: bool,
) -> Result<Drive, StoreError> {
    let together = filter.map(together).unwrap_or_default();
    let sorting = sorting(filter, &together, order, deleted)?;
    if deleted {
        let by_time = matches!(sorting.keys.first(), Some((SortKey::DeletedAt, _)));
        return Ok(Drive {
            source: Source::Deleted { by_time },
            sorting,
            said: Vec::new(),
            tokens: Vec::new(),
        });
    }
    let everybody = |sorting: Sorting| Drive {
        source: if sorting.keys.is_empty() {
            Source::Walk
        } else {
            Source::Heap
        },
        sorting,
        said: Vec::new(),
        tokens: Vec::new(),
    };
    let Some(filter) = filter else {
        return Ok(match sorting.keys.first() {
            Some((SortKey::Column(column), _)) => {
                ordered(column, &sorting).unwrap_or(everybody(sorting))
            }
            _ => everybody(sorting),
        });
    };
    let all = parts::of(filter);
    let mut offers: Vec<Offer> = together
        .iter()
        .filter_map(|at| {
            let parts = all.get(usize::from(at.0))?.clone()?;
            Some(Offer { node: *at, parts })
        })
        .collect();
    offers.sort_by_key(Offer::rank);
    let mut drive = if sorting.keys.is_empty() {
        // The cursor tells whether the first page went by a range.
        let may_range = order.is_empty() && after.is_none_or(|cursor| !cursor.keys.is_empty());
        let may_id = after.is_none_or(|cursor| cursor.keys.is_empty());
        by_id(probe, filter, &offers, sorting, (may_id, may_range)).await?
    } else {
        by_order(probe, filter, &offers, sorting).await?
    };
    if !matches!(drive.source, Source::Set(_)) {
        drive.tokens = gathered(probe, filter).await?;
    }
    Ok(drive)
}

/// The tokens to gather: of several, those with not too many users.
async fn gathered(probe: &mut impl Probe, filter: &Filter) -> Result<Vec<String>, StoreError> {
    let mut tokens: Vec<&String> = Vec::new();
    for node in filter.nodes() {
        if let Node::Tokens {
            property,
            tokens: own,
        } = node
            && *property == &user::DISPLAY_NAME
        {
            tokens.extend(own);
        }
    }
    tokens.sort_unstable();
    tokens.dedup();
    let mut found = Vec::new();
    if (2..=parts::TOKENS).contains(&tokens.len()) {
        for token in tokens {
            let part = [Part::Token(token.clone())];
            if probe.is_below(filter, &part, GATHERED).await? {
                found.push(token.clone());
            }
        }
    }
    Ok(found)
}

fn ordered(column: &'static Column, sorting: &Sorting) -> Option<Drive> {
    let index = column.index.filter(|index| !index.sparse)?;
    Some(Drive {
        source: Source::Ordered(column, index),
        sorting: sorting.clone(),
        said: Vec::new(),
        tokens: Vec::new(),
    })
}

async fn by_id(
    probe: &mut impl Probe,
    filter: &Filter,
    offers: &[Offer],
    sorting: Sorting,
    (may_id, may_range): (bool, bool),
) -> Result<Drive, StoreError> {
    let drive = |source, said| Drive {
        source,
        sorting: sorting.clone(),
        said,
        tokens: Vec::new(),
    };
    if may_id
        && let Some((offer, source)) = offers
            .iter()
            .find_map(|offer| Some((offer, offer.by_id()?)))
    {
        return Ok(drive(source, offer.said()));
    }
    let mut ranges = if may_range {
        ranges(offers)
    } else {
        Vec::new()
    };
    ranges.sort_by_key(|(.., range, _)| !range.is_closed());
    let by_range = |(column, index, range, said): (_, _, Range, _)| Drive {
        source: Source::Range(column, index, range),
        sorting: Sorting {
            keys: vec![(SortKey::Column(column), false)],
            id_descending: false,
        },
        said,
        tokens: Vec::new(),
    };
    if let Some(found) = ranges
        .iter()
        .find(|(.., range, _)| range.is_closed() || !may_id)
    {
        return Ok(by_range(found.clone()));
    }
    for offer in offers {
        if matches!(offer.parts.parts.as_slice(), [Part::Range(..)]) {
            continue;
        }
        if probe.is_below(filter, &offer.parts.parts, SORTED).await? {
            return Ok(drive(Source::Set(offer.parts.parts.clone()), offer.said()));
        }
    }
    Ok(match ranges.into_iter().next() {
        Some(found) => by_range(found),
        None => drive(Source::Walk, Vec::new()),
    })
}

async fn by_order(
    probe: &mut impl Probe,
    filter: &Filter,
    offers: &[Offer],
    sorting: Sorting,
) -> Result<Drive, StoreError> {
    let drive = |source, said| Drive {
        source,
        sorting: sorting.clone(),
        said,
        tokens: Vec::new(),
    };
    let first = match sorting.keys.first() {
        Some((SortKey::Column(column), _)) => Some(*column),
        _ => None,
    };
    if let Some(offer) = offers.iter().find(|offer| offer.is_narrow()) {
        return Ok(drive(offer.gathered(), offer.said()));
    }
    let along = ranges(offers)
        .into_iter()
        .find(|(column, ..)| first.is_some_and(|first| core::ptr::eq(first, *column)));
    if let Some((column, index, range, said)) = along {
        return Ok(drive(Source::Range(column, index, range), said));
    }
    for offer in offers {
        if probe.is_below(filter, &offer.parts.parts, SORTED).await? {
            return Ok(drive(offer.gathered(), offer.said()));
        }
    }
    if let Some(found) = first.and_then(|column| ordered(column, &sorting)) {
        return Ok(found);
    }
    let common = offers
        .iter()
        .find_map(|offer| Some((offer, offer.by_id()?)));
    Ok(match common {
        Some((offer, source)) => drive(source, offer.said()),
        None => drive(Source::Heap, Vec::new()),
    })
}
