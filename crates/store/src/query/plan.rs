//! Decides which index a query begins with. SQLite knows nothing of the values and would guess, so
//! the statement names the index.
//!
//! Without `$orderby` users stand by id, except that a range of an indexed property is walked in
//! its own order: sorting everybody whose name begins with an A by id, to show a hundred, costs the
//! more the larger the directory is.

use super::cursor::Cursor;
use super::cut::CutKeys;
use super::keys;
use super::parts::{self, Along, Part, Parts};
use super::range::Range;
use crate::StoreError;
use crate::query::kind::{Column, Index, KeyedMember, Kind, Rows, Table};
use edm::{Property, PropertyId, entity};
use odata::filter::{Filter, Node, NodeId, Order};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most objects that are read one by one to be sorted: so many take about 30 ms. A larger set is so
/// common that walking in the wanted order meets its members soon.
pub(crate) const SORTED: u32 = 10_000;

/// Where several tokens are searched for and none has few users: most users of a token whose set is
/// gathered, which takes 0.2 s. A token with more has one in ten of a million, and a walk
/// meets them soon.
const GATHERED: u32 = 100_000;

/// Most different tokens of the index that a beginning of a token is looked for as: each costs two
/// look-ups. Who types a whole word means one or two of them.
const WHOLE: usize = 16;

/// A key of the order, before the id.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SortKey {
    Column(&'static Column),
    DeletedAt,
    /// The key in the table of values along which the source walks.
    Value,
}

/// The order of the answer: these keys, then the id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sorting {
    pub(crate) keys: Vec<(SortKey, bool)>,
    pub(crate) id_descending: bool,
}

/// The source of the rows.
#[derive(Debug, Clone)]
pub(crate) enum AccessPath {
    /// All objects, by id.
    AllById,
    /// All objects in the order of the file: several times faster than any other order, where all
    /// have to be read.
    AllInFileOrder,
    /// All deleted objects: by id, or by the instant.
    Deleted { by_time: bool },
    /// All pending members, by id.
    Pending,
    /// All objects, in the order of an index.
    Ordered(&'static Column, &'static Index),
    /// One key of an index, by id.
    Equal(&'static Column, &'static Index, Vec<u8>),
    /// A range of an index, in its order.
    Range(Along, Range),
    /// The objects with a value, by id.
    Value(KeyedMember, Vec<u8>),
    /// The objects with one of these tokens, by id: each token's objects stand by id in the index.
    Tokens(Vec<Vec<u8>>),
    /// A union of small sets.
    Set(Vec<Part>),
    /// The objects whose keys are cut, by id.
    CutKeys,
}

/// A token of the search, and the tokens of the index that begin with it.
pub(crate) type WholeTokens = (String, Vec<Vec<u8>>);

/// How to answer a query.
#[derive(Debug, Clone)]
pub(crate) struct AccessPlan {
    pub(crate) source: AccessPath,
    pub(crate) sorting: Sorting,
    /// Nodes that the source implies.
    pub(crate) covered: Vec<NodeId>,
    /// Tokens of a search whose objects are gathered, because few may have all of them: walking
    /// until a page is full would then be a walk over everything.
    pub(crate) tokens: Vec<String>,
    /// Tokens of the search, each with the few tokens of the index that begin with it: whether an
    /// object has one of these is a look-up each.
    pub(crate) whole: Vec<WholeTokens>,
    /// Whether the objects with a value are gathered where the condition asks for own values that
    /// are null.
    pub(crate) gathers_nulls: bool,
    /// Where the condition needs whole keys and some are cut: documents decide about these objects.
    pub(crate) cut_keys: CutKeys,
    /// Whether only the objects of `cut` are wanted.
    pub(crate) only_cut: bool,
    /// The last id of the current window of a walk by id.
    pub(crate) until: Option<Uuid>,
}

impl AccessPlan {
    fn new(source: AccessPath, sorting: Sorting, covered: Vec<NodeId>) -> Self {
        Self {
            source,
            sorting,
            covered,
            tokens: Vec::new(),
            gathers_nulls: false,
            whole: Vec::new(),
            cut_keys: CutKeys::default(),
            only_cut: false,
            until: None,
        }
    }

    /// The objects that documents decide about, by id. Pending members have no index of those with
    /// a cut key, and are few.
    pub(crate) fn of_cut_keys(kind: Kind, cut_keys: CutKeys) -> Self {
        let source = match kind.rows {
            Rows::Pending => AccessPath::Pending,
            Rows::All | Rows::Live | Rows::Deleted => AccessPath::CutKeys,
        };
        Self {
            cut_keys,
            only_cut: true,
            ..Self::new(source, Sorting::default(), Vec::new())
        }
    }
}

/// A source that the query could begin with.
struct Candidate {
    node: NodeId,
    parts: Parts,
}

impl Candidate {
    fn rank(&self, table: &Table) -> usize {
        let most = self
            .parts
            .parts
            .iter()
            .map(|part| parts::rank(table, part))
            .max();
        // A union is as good as the worst of its sets, and its size has to be counted first.
        most.unwrap_or(usize::MAX)
    }

    /// The source that walks it by id without gathering it first.
    fn by_id(&self) -> Option<AccessPath> {
        match self.parts.parts.as_slice() {
            [Part::Ids(column, _)] if column.index.is_none() => {
                Some(AccessPath::Set(self.parts.parts.clone()))
            }
            [Part::Keys(column, index, keys)] => match keys.as_slice() {
                [key] => Some(AccessPath::Equal(column, index, key.clone())),
                _ => None,
            },
            [Part::Values(member, keys)] => match keys.as_slice() {
                [key] => Some(AccessPath::Value(member.clone(), key.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// So few objects that they may be sorted without counting them first.
    fn is_selective(&self, table: &Table) -> bool {
        self.rank(table) <= 30 && matches!(self.parts.parts.as_slice(), [_])
    }

    /// The source that is gathered and sorted.
    fn gathered(&self) -> AccessPath {
        self.by_id()
            .unwrap_or_else(|| AccessPath::Set(self.parts.parts.clone()))
    }

    /// The token, where every object of the set has one that begins with it.
    fn token(&self) -> Option<&str> {
        match self.parts.parts.as_slice() {
            [Part::Token(token)] => Some(token),
            _ => None,
        }
    }

    fn covered(&self) -> Vec<NodeId> {
        if self.parts.exact {
            vec![self.node]
        } else {
            Vec::new()
        }
    }
}

/// What the planner asks of the data.
pub(crate) trait Probe {
    /// Counts the objects of the sets together, up to a limit: `true` when they are fewer.
    async fn is_below(
        &mut self,
        filter: &Filter,
        parts: &[Part],
        most: u32,
    ) -> Result<bool, StoreError>;

    /// The different tokens of the index that begin with this one; `None` when there are more than
    /// `most`.
    async fn tokens_from(
        &mut self,
        token: &str,
        most: usize,
    ) -> Result<Option<Vec<Vec<u8>>>, StoreError>;
}

/// The order asked for, without keys that decide nothing.
fn sorting(
    kind: Kind,
    filter: Option<&Filter>,
    together: &[NodeId],
    order: &[Order],
) -> Result<Sorting, StoreError> {
    let fixed: BTreeSet<PropertyId> = together
        .iter()
        .filter_map(|at| match filter?.node(*at)? {
            Node::Compare {
                path,
                op: odata::filter::Comparison::Eq,
                ..
            } => path.steps.first().map(|property| property.id()),
            _ => None,
        })
        .collect();
    let mut sorting = Sorting::default();
    for Order {
        property,
        descending,
    } in order
    {
        if *property == entity::ID {
            sorting.id_descending = *descending;
            break;
        }
        let key = if *property == entity::DELETED_DATE_TIME {
            if !kind.is_deleted() {
                continue;
            }
            SortKey::DeletedAt
        } else {
            SortKey::Column(sorted(kind.table, property)?)
        };
        if !fixed.contains(&property.id()) {
            sorting.keys.push((key, *descending));
        }
    }
    Ok(sorting)
}

fn sorted(table: &'static Table, property: &Property) -> Result<&'static Column, StoreError> {
    table
        .column(property)
        .ok_or_else(|| StoreError::Driver(format!("no order by {}", property.name())))
}

/// How all objects are read where their order does not matter. The file holds the rows of every
/// tenant: a tenant with few invitations must not pay for another's million. Users are read as they
/// lie, since that is several times as fast for the tenant that has nearly all of them.
pub(crate) fn whole(kind: Kind) -> AccessPath {
    match kind.rows {
        Rows::All => AccessPath::AllById,
        Rows::Live | Rows::Deleted | Rows::Pending => AccessPath::AllInFileOrder,
    }
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

/// For each column or member that is compared with ranges: the intersection of these ranges, and
/// the conditions that are met by everything in it.
fn ranges(candidates: &[Candidate]) -> Vec<(Along, Range, Vec<NodeId>)> {
    let mut found: Vec<(Along, Range, Vec<NodeId>)> = Vec::new();
    for candidate in candidates {
        let [Part::Range(along, range)] = candidate.parts.parts.as_slice() else {
            continue;
        };
        let implied = candidate.covered();
        match found.iter_mut().find(|(other, ..)| other == along) {
            Some((_, all, covered)) => {
                *all = std::mem::take(all).and(range.clone());
                covered.extend(implied);
            }
            None => found.push((along.clone(), range.clone(), implied)),
        }
    }
    found
}

/// Decides what the query begins with. With a cursor the order is that of the page before, whatever
/// the sizes are now. `cut` is what the condition asks of keys that are cut.
pub(crate) async fn plan(
    probe: &mut impl Probe,
    kind: Kind,
    filter: Option<&Filter>,
    order: &[Order],
    after: Option<&Cursor>,
    cut_keys: CutKeys,
) -> Result<AccessPlan, StoreError> {
    let together = filter.map(together).unwrap_or_default();
    let sorting = sorting(kind, filter, &together, order)?;
    // The kinds that are few among the rows of their table have an index that holds them alone.
    let few = match kind.rows {
        Rows::Deleted => Some(AccessPath::Deleted {
            by_time: matches!(sorting.keys.first(), Some((SortKey::DeletedAt, _))),
        }),
        Rows::Pending => Some(AccessPath::Pending),
        Rows::All | Rows::Live => None,
    };
    if let Some(source) = few {
        let access = AccessPlan::new(source, sorting, Vec::new());
        return Ok(AccessPlan { cut_keys, ..access });
    }
    let everybody = |sorting: Sorting| {
        let source = if sorting.keys.is_empty() {
            AccessPath::AllById
        } else {
            whole(kind)
        };
        AccessPlan::new(source, sorting, Vec::new())
    };
    let Some(filter) = filter else {
        return Ok(match sorting.keys.first() {
            Some((SortKey::Column(column), _)) => {
                ordered(column, &sorting).unwrap_or(everybody(sorting))
            }
            _ => everybody(sorting),
        });
    };
    let all = parts::of(kind.table, filter, &cut_keys);
    let mut candidates: Vec<Candidate> = together
        .iter()
        .filter_map(|at| {
            let parts = all.get(usize::from(at.0))?.clone()?;
            Some(Candidate { node: *at, parts })
        })
        .collect();
    candidates.sort_by_key(|candidate| candidate.rank(kind.table));
    let mut access = if sorting.keys.is_empty() {
        // The cursor tells whether the first page went by a range.
        let may_range = order.is_empty() && after.is_none_or(|cursor| !cursor.keys.is_empty());
        let may_id = after.is_none_or(|cursor| cursor.keys.is_empty());
        by_id(probe, filter, &candidates, sorting, (may_id, may_range)).await?
    } else {
        by_order(probe, (kind, filter), &candidates, sorting).await?
    };
    if !matches!(access.source, AccessPath::Set(_)) {
        let tokens = tokens(kind.table, filter);
        access.whole = whole_tokens(probe, &tokens).await?;
        if !matches!(access.source, AccessPath::Tokens(_)) {
            access.tokens = gathered(probe, filter, &tokens, &access.whole).await?;
        }
    }
    access.cut_keys = cut_keys;
    Ok(access)
}

/// The tokens that are searched for.
fn tokens<'a>(table: &Table, filter: &'a Filter) -> Vec<&'a String> {
    let mut tokens: Vec<&String> = Vec::new();
    for node in filter.nodes() {
        if let Node::Tokens {
            property,
            tokens: own,
        } = node
            && table.has_tokens(property)
        {
            tokens.extend(own);
        }
    }
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

/// Those of the tokens that few tokens of the index begin with.
async fn whole_tokens(
    probe: &mut impl Probe,
    tokens: &[&String],
) -> Result<Vec<WholeTokens>, StoreError> {
    let mut found = Vec::new();
    for token in tokens.iter().take(parts::TOKENS) {
        if keys::kept_token(token).len() == token.len()
            && let Some(whole) = probe.tokens_from(token, WHOLE).await?
        {
            found.push(((*token).clone(), whole));
        }
    }
    Ok(found)
}

/// The tokens to gather: of several, those with not too many objects that are not looked up one by
/// one.
async fn gathered(
    probe: &mut impl Probe,
    filter: &Filter,
    tokens: &[&String],
    whole: &[WholeTokens],
) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    if (2..=parts::TOKENS).contains(&tokens.len()) {
        let is_whole = |token: &String| whole.iter().any(|(known, _)| known == token);
        for token in tokens.iter().filter(|token| !is_whole(token)) {
            let part = [Part::Token((*token).clone())];
            if probe.is_below(filter, &part, GATHERED).await? {
                found.push((*token).clone());
            }
        }
    }
    Ok(found)
}

fn ordered(column: &'static Column, sorting: &Sorting) -> Option<AccessPlan> {
    let index = column.index.filter(|index| !index.sparse)?;
    let source = AccessPath::Ordered(column, index);
    Some(AccessPlan::new(source, sorting.clone(), Vec::new()))
}

async fn by_id(
    probe: &mut impl Probe,
    filter: &Filter,
    candidates: &[Candidate],
    sorting: Sorting,
    (may_id, may_range): (bool, bool),
) -> Result<AccessPlan, StoreError> {
    let access = |source, covered| AccessPlan::new(source, sorting.clone(), covered);
    if may_id
        && let Some((candidate, source)) = candidates
            .iter()
            .find_map(|candidate| Some((candidate, candidate.by_id()?)))
    {
        return Ok(access(source, candidate.covered()));
    }
    let mut ranges = if may_range {
        ranges(candidates)
    } else {
        Vec::new()
    };
    ranges.sort_by_key(|(_, range, _)| !range.is_closed());
    let by_range = |(along, range, covered): (Along, Range, _)| {
        let key = match along {
            Along::Column(column, _) => SortKey::Column(column),
            Along::Values(_) => SortKey::Value,
        };
        let sorting = Sorting {
            keys: vec![(key, false)],
            id_descending: false,
        };
        AccessPlan::new(AccessPath::Range(along, range), sorting, covered)
    };
    if let Some(found) = ranges
        .iter()
        .find(|(_, range, _)| range.is_closed() || !may_id)
    {
        return Ok(by_range(found.clone()));
    }
    for candidate in candidates {
        if matches!(candidate.parts.parts.as_slice(), [Part::Range(..)]) {
            continue;
        }
        if may_id
            && let Some(token) = candidate.token()
            && let Some(found) = probe.tokens_from(token, WHOLE).await?
        {
            return Ok(access(AccessPath::Tokens(found), candidate.covered()));
        }
        if probe
            .is_below(filter, &candidate.parts.parts, SORTED)
            .await?
        {
            return Ok(access(
                AccessPath::Set(candidate.parts.parts.clone()),
                candidate.covered(),
            ));
        }
    }
    Ok(match ranges.into_iter().next() {
        Some(found) => by_range(found),
        None => access(AccessPath::AllById, Vec::new()),
    })
}

async fn by_order(
    probe: &mut impl Probe,
    (kind, filter): (Kind, &Filter),
    candidates: &[Candidate],
    sorting: Sorting,
) -> Result<AccessPlan, StoreError> {
    let table = kind.table;
    let access = |source, covered| AccessPlan::new(source, sorting.clone(), covered);
    let first = match sorting.keys.first() {
        Some((SortKey::Column(column), _)) => Some(*column),
        _ => None,
    };
    if let Some(candidate) = candidates
        .iter()
        .find(|candidate| candidate.is_selective(table))
    {
        return Ok(access(candidate.gathered(), candidate.covered()));
    }
    let is_first = |along: &Along| match along {
        Along::Column(column, _) => first.is_some_and(|first| core::ptr::eq(first, *column)),
        Along::Values(_) => false,
    };
    let in_order = ranges(candidates)
        .into_iter()
        .find(|(along, ..)| is_first(along));
    if let Some((along, range, covered)) = in_order {
        return Ok(access(AccessPath::Range(along, range), covered));
    }
    for candidate in candidates {
        if probe
            .is_below(filter, &candidate.parts.parts, SORTED)
            .await?
        {
            return Ok(access(candidate.gathered(), candidate.covered()));
        }
    }
    if let Some(found) = first.and_then(|column| ordered(column, &sorting)) {
        return Ok(found);
    }
    let common = candidates
        .iter()
        .find_map(|candidate| Some((candidate, candidate.by_id()?)));
    Ok(match common {
        Some((candidate, source)) => access(source, candidate.covered()),
        None => access(whole(kind), Vec::new()),
    })
}
