//! The sets of objects that an index can give. A condition offers these sets to begin with.

use super::cut::CutKeys;
use super::keys;
use super::range::{NamedEnds, Range};
use super::render::{self, ComparedKey, equalities};
use crate::Relation;
use crate::query::compose::{BoundValue, Composed};
use crate::query::kind::{Column, IdColumn, Index, KeyedMember, Member, Table};
use crate::sql::{IS_CUT, NULL_KEY};
use edm::Property;
use odata::filter::{Comparison, Filter, Literal, Node, NodeId, Origin, Quantifier};
use uuid::Uuid;

/// A set of objects.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// The objects with one of these ids in that column.
    Ids(&'static IdColumn, Vec<Uuid>),
    /// Objects whose key is one of these.
    Keys(&'static Column, &'static Index, Vec<Vec<u8>>),
    /// Objects whose key is in the range.
    Range(Along, Range),
    /// Objects that a relation leads from to one of these.
    Linked(Relation, Vec<Uuid>),
    /// Objects with a token that begins with this.
    Token(String),
    /// Objects with one of these values.
    Values(KeyedMember, Vec<Vec<u8>>),
    /// Objects with a value for which the node (a comparison, or the body of a lambda) holds; if
    /// the flag is set, also those with a value whose key is cut.
    ValuesWhere(KeyedMember, NodeId, bool),
    /// Objects with any value.
    AnyValue(KeyedMember),
}

/// The keys along which a range is walked.
#[derive(Debug, Clone)]
pub(crate) enum Along {
    /// The keys of a column, in the order of this index.
    Column(&'static Column, &'static Index),
    /// The keys of an own property with a single value, in the table of values.
    Values(KeyedMember),
}

impl PartialEq for Along {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            // Each description of a table is made once.
            (Self::Column(one, _), Self::Column(other, _)) => core::ptr::eq(*one, *other),
            (Self::Values(one), Self::Values(other)) => one == other,
            _ => false,
        }
    }
}

/// Sets that together contain every object for which a node holds.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    /// Whether they contain no other object.
    pub(crate) exact: bool,
}

/// Most sets in one union: as many as a person picker asks of properties, and more.
const MOST: usize = 32;

/// Most tokens of a search that are gathered, each as a set: nobody types more words of a name, and
/// an engine takes a thousand conditions in one expression.
pub(crate) const TOKENS: usize = 8;

/// The sets that each node of the condition offers, one entry a node.
pub(crate) fn of(table: &'static Table, filter: &Filter, cut_keys: &CutKeys) -> Vec<Option<Parts>> {
    let mut found: Vec<Option<Parts>> = Vec::with_capacity(filter.nodes().len());
    for node in filter.nodes() {
        let child = |id: &NodeId| found.get(usize::from(id.0)).and_then(Option::as_ref);
        let parts = match node {
            // One of the conditions is enough to begin with.
            Node::And(children) => children
                .iter()
                .filter_map(child)
                .min_by_key(|parts| parts.parts.iter().map(|part| rank(table, part)).max())
                .map(|parts| Parts {
                    parts: parts.parts.clone(),
                    exact: false,
                }),
            Node::Or(children) => {
                let mut all = Parts {
                    parts: Vec::new(),
                    exact: true,
                };
                let every = children.iter().all(|id| {
                    child(id).is_some_and(|parts| {
                        all.parts.extend(parts.parts.iter().cloned());
                        all.exact &= parts.exact;
                        all.parts.len() <= MOST
                    })
                });
                every.then_some(all)
            }
            leaf => part(table, filter, leaf, cut_keys).map(|(part, exact)| Parts {
                parts: vec![part],
                exact,
            }),
        };
        found.push(parts);
    }
    found
}

/// How many objects a set is likely to have, by its kind: the lower the fewer.
pub(crate) fn rank(table: &Table, part: &Part) -> usize {
    let place = |index: &Index| table.place(index);
    match part {
        Part::Ids(column, _) if column.index.is_none() => 0,
        Part::Ids(..) => 5,
        Part::Keys(_, index, _) if index.is_selective => 10 + place(index),
        // What a tenant defines may be shared by many, as a department is.
        Part::Values(member, _) if member.is_own() => 38,
        Part::Values(..) => 30,
        Part::Linked(..) => 35,
        Part::Keys(_, index, _) => 40 + place(index),
        Part::Token(_) => 60,
        Part::Range(Along::Column(_, index), range) if range.is_closed() => 70 + place(index),
        Part::Range(Along::Values(_), range) if range.is_closed() => 85,
        Part::ValuesWhere(..) => 90,
        Part::Range(Along::Column(_, index), _) => 100 + place(index),
        Part::Range(Along::Values(_), _) => 115,
        Part::AnyValue(_) => 120,
    }
}

pub(crate) fn part(
    table: &'static Table,
    filter: &Filter,
    node: &Node,
    cut_keys: &CutKeys,
) -> Option<(Part, bool)> {
    match node {
        Node::Compare { path, .. } | Node::In { path, .. } | Node::Text { path, .. }
            if path.origin == Origin::Object =>
        {
            match path.steps.as_slice() {
                [property] if !property.id().is_own() => property_part(table, property, node),
                steps => member_part(filter, table.member(steps)?, node, cut_keys),
            }
        }
        Node::Linked { navigation, ids } => {
            if let Some(column) = table.id_column(navigation.property) {
                return Some((Part::Ids(column, ids.clone()), true));
            }
            let relation = table.relation(navigation)?;
            Some((Part::Linked(relation, ids.clone()), true))
        }
        Node::Tokens { property, tokens } if table.has_tokens(property) => {
            // The longest is likely to be the rarest.
            let token = tokens.iter().max_by_key(|token| token.len())?;
            let kept = keys::kept_token(token);
            let exact = tokens.len() == 1 && kept.len() == token.len();
            Some((Part::Token(kept.to_owned()), exact))
        }
        Node::Lambda { path, how, body } => {
            if *how == Quantifier::All || path.origin != Origin::Object {
                return None;
            }
            let Some(body) = body else {
                let member = table.member(&path.steps)?;
                return Some((Part::AnyValue(member), true));
            };
            if let Some(found) = equalities(table, filter, path, *how, *body) {
                return Some((Part::Values(found.member, found.keys), found.exact));
            }
            let member = table.member(&path.steps)?;
            Some(if is_about_element(filter, *body) {
                let or_cut = cut_keys.has(&member);
                (Part::ValuesWhere(member, *body, or_cut), true)
            } else {
                (Part::AnyValue(member), false)
            })
        }
        Node::Size { path, op, value } if path.origin == Origin::Object => {
            let above_none = match op {
                Comparison::Eq | Comparison::Ge => *value > 0,
                Comparison::Gt => *value >= 0,
                Comparison::Ne => *value == 0,
                Comparison::Lt | Comparison::Le => false,
            };
            let member = table.member(&path.steps).filter(|_| above_none)?;
            let is_any = matches!((op, value), (Comparison::Ne | Comparison::Gt, 0));
            Some((Part::AnyValue(member), is_any))
        }
        _ => None,
    }
}

/// The set for a comparison with a property that has a column, and whether it is exact.
fn property_part(table: &'static Table, property: &Property, node: &Node) -> Option<(Part, bool)> {
    if let Some(column) = table.id_column(property) {
        return ids(node).map(|ids| (Part::Ids(column, ids), true));
    }
    let column = table.column(property)?;
    column_part(column, column.index?, node)
}

fn ids(node: &Node) -> Option<Vec<Uuid>> {
    match node {
        Node::Compare {
            op: Comparison::Eq,
            value,
            ..
        } => render::guid(value).map(|id| vec![id]),
        Node::In { values, .. } => Some(values.iter().filter_map(render::guid).collect()),
        _ => None,
    }
    .filter(|ids: &Vec<_>| !ids.is_empty())
}

fn column_part(
    column: &'static Column,
    index: &'static Index,
    node: &Node,
) -> Option<(Part, bool)> {
    let target = ComparedKey::Column(column);
    if let Some((range, exact)) = Range::of(target, node) {
        return Some((Part::Range(Along::Column(column, index), range), exact));
    }
    let keys: Vec<_> = match node {
        Node::Compare {
            op: Comparison::Eq,
            value,
            ..
        } => vec![keys::constant(target.ty(), value)?],
        Node::In { values, .. } => values
            .iter()
            .filter_map(|value| keys::constant(target.ty(), value))
            .collect(),
        _ => return None,
    };
    let nulls = keys.iter().any(|key| key == keys::NULL);
    // The objects without a value are too many to begin with, and the sparse indexes do not have
    // them.
    (!keys.is_empty() && !nulls).then_some((Part::Keys(column, index, keys), true))
}

/// The set for a comparison with a single value that has keys in the table of values, and whether
/// it is exact. `None` if objects without a value can pass too: they have no key.
fn member_part(
    filter: &Filter,
    member: KeyedMember,
    node: &Node,
    cut_keys: &CutKeys,
) -> Option<(Part, bool)> {
    if !member.is_single() {
        return None;
    }
    // Ranges over core members are sorted by id instead: clients hold page tokens of that order.
    if member.is_own()
        && let Some((range, exact)) = Range::of(ComparedKey::Element(&member), node)
    {
        return Some((Part::Range(Along::Values(member), range), exact));
    }
    let at = filter
        .nodes()
        .iter()
        .position(|other| core::ptr::eq(other, node))?;
    let at = NodeId(u16::try_from(at).ok()?);
    let ty = ComparedKey::Element(&member).ty();
    let part = match node {
        Node::Compare {
            op: Comparison::Eq,
            value,
            ..
        } if *value != Literal::Null => {
            let key = keys::constant(ty, value)?;
            Some(Part::Values(member, vec![key]))
        }
        Node::Compare {
            op: Comparison::Ne,
            value: Literal::Null,
            ..
        } if member.is_own() => Some(Part::AnyValue(member)),
        Node::In { values, .. } if !values.contains(&Literal::Null) => {
            let keys: Vec<_> = values
                .iter()
                .filter_map(|value| keys::constant(ty, value))
                .collect();
            (!keys.is_empty()).then_some(Part::Values(member, keys))
        }
        Node::Compare {
            op: Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le,
            ..
        }
        | Node::Text { .. } => {
            let or_cut = cut_keys.has(&member);
            Some(Part::ValuesWhere(member, at, or_cut))
        }
        _ => None,
    };
    part.map(|part| (part, true))
}

/// The nodes of the subtree under `root`, which stand in a row, `root` last.
pub(crate) fn subtree(filter: &Filter, root: NodeId) -> Option<&[Node]> {
    let mut first = root;
    while let Some(child) = filter.node(first)?.children().first() {
        first = *child;
    }
    filter
        .nodes()
        .get(usize::from(first.0)..=usize::from(root.0))
}

/// Whether the body of an outermost lambda is about the element alone.
pub(crate) fn is_about_element(filter: &Filter, body: NodeId) -> bool {
    subtree(filter, body).is_some_and(|nodes| {
        nodes.iter().all(|node| match node {
            Node::Constant(_) | Node::And(_) | Node::Or(_) | Node::Not(_) => true,
            Node::Compare { path, .. } | Node::In { path, .. } | Node::Text { path, .. } => {
                path.origin == Origin::Variable(0) && path.steps.is_empty()
            }
            Node::Lambda { .. } | Node::Size { .. } | Node::Linked { .. } | Node::Tokens { .. } => {
                false
            }
        })
    })
}

/// Selects the objects with an element of a property.
const VALUES: &str =
    "SELECT v.object_id FROM user_values v WHERE v.tenant_id = ?1 AND v.property = ";

/// Renders the ids of a set as a SELECT; an id may come twice.
pub(crate) fn select(out: &mut Composed, filter: &Filter, part: &Part) {
    match part {
        Part::Ids(column, ids) => {
            out.push("SELECT u.id FROM ").table().push(" u");
            if let Some(index) = column.index {
                out.by_index().push(index);
            }
            out.push(" WHERE u.tenant_id = ?1 AND ").push(column.name);
            render::list(out, ids.iter().copied().map(BoundValue::Id));
        }
        Part::Keys(column, index, keys) => {
            through(out, column, index);
            out.push(" AND ").column(column);
            render::list(out, keys.iter().cloned().map(BoundValue::Bytes));
        }
        Part::Range(Along::Column(column, index), range) => {
            through(out, column, index);
            self::range(out, ComparedKey::Column(column), range, NamedEnds::BOTH);
        }
        Part::Range(Along::Values(member), range) => {
            values(out, member);
            self::range(out, ComparedKey::Element(member), range, NamedEnds::BOTH);
        }
        Part::Linked(relation, ids) => {
            // A link to a deleted user is kept for a restore, and does not count meanwhile.
            out.push(
                "SELECT a.source_id FROM relations a JOIN users m ON m.tenant_id = ?1 AND m.id = a.target_id \
                 WHERE a.tenant_id = ?1 AND m.deleted_at IS NULL AND a.kind = ",
            )
            .bind(BoundValue::Relation(*relation))
            .push(" AND a.target_id");
            render::list(out, ids.iter().copied().map(BoundValue::Id));
        }
        Part::Token(token) => {
            out.push(
                "SELECT v.object_id FROM search_tokens v WHERE v.tenant_id = ?1 AND v.token >= ",
            )
            .bind(BoundValue::Bytes(token.as_bytes().to_vec()));
            if let Some(end) = keys::above(token.as_bytes()) {
                out.push(" AND v.token < ").bind(BoundValue::Bytes(end));
            }
        }
        Part::Values(member, keys) => {
            values(out, member).push(" AND v.key");
            render::list(out, keys.iter().cloned().map(BoundValue::Bytes));
        }
        Part::ValuesWhere(member, node, or_cut) => {
            values(out, member).push(" AND ");
            if *or_cut {
                out.push("(length(v.key)").push(IS_CUT).push(" OR (");
            }
            element(out, filter, member, *node);
            if *or_cut {
                out.push("))");
            }
        }
        Part::AnyValue(member) => {
            values(out, member);
        }
    }
}

/// Selects the objects with a key of this member.
pub(crate) fn values<'a>(out: &'a mut Composed, member: &Member) -> &'a mut Composed {
    out.push(VALUES).bind(BoundValue::Text(member.kept.clone()))
}

/// `SELECT … WHERE` over the kind's rows, by an index.
fn through(out: &mut Composed, column: &'static Column, index: &'static Index) {
    let condition = out.kind().condition();
    out.push("SELECT u.id FROM ").table().push(" u");
    out.by_index().push(index.name);
    out.push(" WHERE u.tenant_id = ?1").push(condition);
    present(out, column, index);
}

/// The predicate of a sparse index, word for word: SQLite uses the index only then.
pub(crate) fn present(out: &mut Composed, column: &'static Column, index: &'static Index) {
    if index.sparse {
        out.push(" AND ").column(column).push(" <> ");
        out.push(NULL_KEY);
    }
}

/// ` AND` the column is in the range, at these ends of it.
pub(crate) fn range(out: &mut Composed, key: ComparedKey<'_>, range: &Range, ends: NamedEnds) {
    if ends.lower {
        out.push(" AND ");
        key.push(out);
        out.push(" >= ").bind(BoundValue::Bytes(range.from.clone()));
    }
    if ends.upper
        && let Some(to) = &range.to
    {
        out.push(" AND ");
        key.push(out);
        out.push(" < ").bind(BoundValue::Bytes(to.clone()));
    }
}

/// Renders a condition on the element `v`.
pub(crate) fn element(out: &mut Composed, filter: &Filter, member: &Member, root: NodeId) {
    enum RenderStep {
        Node(NodeId),
        Text(&'static str),
    }
    let mut steps = vec![RenderStep::Node(root)];
    while let Some(step) = steps.pop() {
        let at = match step {
            RenderStep::Text(text) => {
                out.push(text);
                continue;
            }
            RenderStep::Node(at) => at,
        };
        match filter.node(at) {
            Some(node @ (Node::And(children) | Node::Or(children))) => {
                let between = if matches!(node, Node::And(_)) {
                    " AND "
                } else {
                    " OR "
                };
                steps.push(RenderStep::Text(")"));
                for (place, child) in children.iter().enumerate().rev() {
                    steps.push(RenderStep::Node(*child));
                    steps.push(RenderStep::Text(if place == 0 { "(" } else { between }));
                }
            }
            Some(Node::Not(child)) => {
                steps.push(RenderStep::Text(")"));
                steps.push(RenderStep::Node(*child));
                steps.push(RenderStep::Text("NOT ("));
            }
            Some(Node::Constant(holds)) => render::truth(out, *holds),
            Some(node) => render::compared(out, ComparedKey::Element(member), node),
            None => render::truth(out, false),
        }
    }
}
