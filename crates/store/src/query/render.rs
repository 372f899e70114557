//! From a condition to SQL, node by node along the list, without recursion.
//!
//! What SQL cannot express exactly it expresses too widely, and the documents decide the rest
//! (`odata::eval`). A node means "at least these objects", or under an odd number of `not`
//! "at most these": so the negation of a node that is too wide is not too narrow.

use super::gathered;
use super::keys::{self, NULL};
use super::plan::WholeTokens;
use super::searched;
use crate::Relation;
use crate::query::compose::{BoundValue, Composed};
use crate::query::kind::{Column, IdColumn, KeyedMember, Member, Table};
use edm::{Prop, Property, Type, complex::object_identity, entity, user};
use odata::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Origin, Path, Quantifier,
};
use uuid::Uuid;

/// The left side of a comparison.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ComparedKey<'a> {
    /// A key column.
    Column(&'static Column),
    /// The key of an element: of the table of values, `v`.
    Element(&'a Member),
    /// The key that a walk along the table of values reads, `t`.
    Walked(&'a Member),
}

impl<'a> ComparedKey<'a> {
    pub(crate) fn ty(self) -> &'a Type {
        &self.property().ty
    }

    /// Whose keys they are.
    pub(crate) fn property(self) -> &'a Property {
        match self {
            Self::Column(column) => column.property,
            Self::Element(member) | Self::Walked(member) => member.of(),
        }
    }

    pub(crate) fn push(self, out: &mut Composed) {
        match self {
            Self::Column(column) => out.column(column),
            Self::Element(_) => out.push("v.key"),
            Self::Walked(_) => out.push("t.key"),
        };
    }
}

enum RenderStep {
    Node { at: NodeId, wide: bool },
    Text(&'static str),
}

/// How a condition is rendered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RenderOptions<'a> {
    /// Nodes that the statement expresses elsewhere.
    pub(crate) covered: &'a [NodeId],
    /// All objects are read. Then it pays to gather those with an element first, however many they
    /// are. For a page it does not, because a walk meets those that pass soon.
    pub(crate) gathers: bool,
    /// The objects with a value are gathered where own values have to be null.
    pub(crate) gathers_nulls: bool,
    /// Tokens whose objects are gathered in any case.
    pub(crate) tokens: &'a [String],
    /// Tokens that are looked up for each object.
    pub(crate) whole: &'a [WholeTokens],
}

impl<'a> RenderOptions<'a> {
    /// The tokens of the index that begin with this one, where they are known.
    fn whole(&self, token: &String) -> Option<&'a [Vec<u8>]> {
        let mut known = self.whole.iter();
        let (_, whole) = known.find(|(known, _)| known == token)?;
        Some(whole)
    }
}

/// Renders the condition. Whether it is exact.
pub(crate) fn condition(out: &mut Composed, filter: &Filter, options: RenderOptions<'_>) -> bool {
    let table = out.kind().table;
    let mut exact = true;
    let mut steps = vec![RenderStep::Node {
        at: filter.root(),
        wide: true,
    }];
    while let Some(step) = steps.pop() {
        let (at, wide) = match step {
            RenderStep::Text(text) => {
                out.push(text);
                continue;
            }
            RenderStep::Node { at, wide } => (at, wide),
        };
        if options.covered.contains(&at) {
            truth(out, true);
            continue;
        }
        match filter.node(at) {
            Some(node @ (Node::And(children) | Node::Or(children))) => {
                let between = if matches!(node, Node::And(_)) {
                    " AND "
                } else {
                    " OR "
                };
                steps.push(RenderStep::Text(")"));
                for (nth, child) in children.iter().enumerate().rev() {
                    steps.push(RenderStep::Node { at: *child, wide });
                    steps.push(RenderStep::Text(if nth == 0 { "(" } else { between }));
                }
            }
            Some(Node::Not(child)) => {
                steps.push(RenderStep::Text(")"));
                steps.push(RenderStep::Node {
                    at: *child,
                    wide: !wide,
                });
                steps.push(RenderStep::Text("NOT ("));
            }
            Some(node) if leaf(out, filter, node) => {}
            Some(Node::Tokens { property, tokens })
                if table.has_tokens(property)
                    && !options.gathers
                    && (wide || tokens.iter().all(|token| options.whole(token).is_some())) =>
            {
                // Tokens that are neither looked up nor gathered, or of which only the beginning is
                // kept, are decided by the documents.
                let is_gathered = |token: &&String| options.tokens.contains(token);
                let is_known = |token: &String| {
                    options.whole(token).is_some()
                        || is_gathered(&token) && keys::kept_token(token).len() == token.len()
                };
                exact &= tokens.iter().all(is_known);
                out.push("(");
                gathered::tokens(out, filter, tokens.iter().filter(is_gathered));
                for whole in tokens.iter().filter_map(|token| options.whole(token)) {
                    out.push(" AND ");
                    searched::has(out, whole);
                }
                out.push(")");
            }
            Some(node) if options.gathers && gathered::gathered(out, filter, node) => {}
            Some(node) if options.gathers_nulls && gathered::null_of_own(out, node) => {}
            _ => {
                exact = false;
                truth(out, wide);
            }
        }
    }
    exact
}

/// Always, or never.
pub(crate) fn truth(out: &mut Composed, holds: bool) {
    out.push(if holds { "1 = 1" } else { "1 = 0" });
}

/// Renders a node without children of its own kind; `false`, with nothing rendered, when SQL cannot
/// express it.
fn leaf(out: &mut Composed, filter: &Filter, node: &Node) -> bool {
    let kind = out.kind();
    match node {
        Node::Constant(holds) => truth(out, *holds),
        Node::Compare { path, .. } | Node::In { path, .. } | Node::Text { path, .. } => {
            if path.origin != Origin::Object {
                return false;
            }
            match path.steps.as_slice() {
                [property] if kind.table.id_column(property).is_some() => {
                    return id(out, property, node);
                }
                [property] if *property == entity::DELETED_DATE_TIME => {
                    return deletion(out, node, kind.is_deleted());
                }
                [property] if let Some(column) = kind.table.column(property) => {
                    compared(out, ComparedKey::Column(column), node);
                }
                steps => return member(out, steps, node),
            }
        }
        Node::Linked { navigation, ids } => {
            if let Some(column) = kind.table.id_column(navigation.property) {
                out.push(column.name);
                list(out, ids.iter().copied().map(BoundValue::Id));
            } else if let Some(relation) = kind.table.relation(navigation) {
                linked(out, relation, ids);
            } else {
                return false;
            }
        }
        Node::Lambda {
            path,
            how,
            body: Some(body),
        } => {
            let Some(found) =
                equalities(kind.table, filter, path, *how, *body).filter(|found| found.exact)
            else {
                return false;
            };
            if *how == Quantifier::All {
                out.push("NOT ");
            }
            exists(out, &found.member, &found.keys);
        }
        _ => return false,
    }
    true
}

/// A comparison of a key with constants. Exact, but for keys that are cut ([`keys::needs_whole`]).
pub(crate) fn compared(out: &mut Composed, target: ComparedKey<'_>, node: &Node) {
    match node {
        Node::Compare { op, value, .. } => compare(out, target, *op, value),
        Node::In { values, .. } => {
            let keys: Vec<_> = values
                .iter()
                .filter_map(|value| keys::constant(target.ty(), value))
                .collect();
            if keys.is_empty() {
                return truth(out, false);
            }
            target.push(out);
            list(out, keys.into_iter().map(BoundValue::Bytes));
        }
        Node::Text { how, text, .. } => matching(out, target, *how, text),
        _ => truth(out, false),
    }
}

/// ` IN (?, ?)`
pub(crate) fn list(out: &mut Composed, values: impl Iterator<Item = BoundValue>) {
    for (place, value) in values.enumerate() {
        out.push(if place == 0 { " IN (" } else { ", " })
            .bind(value);
    }
    out.push(")");
}

fn compare(out: &mut Composed, target: ComparedKey<'_>, op: Comparison, value: &Literal) {
    let key = match op {
        Comparison::Eq | Comparison::Ne => keys::constant(target.ty(), value),
        _ => keys::limit(target.ty(), value),
    };
    let Some(key) = key else {
        return truth(out, op == Comparison::Ne);
    };
    let is_null = *value == Literal::Null;
    let sign = match op {
        Comparison::Eq => " = ",
        Comparison::Ne => " <> ",
        _ if is_null => return truth(out, false),
        Comparison::Gt => " > ",
        Comparison::Ge => " >= ",
        Comparison::Lt => " < ",
        Comparison::Le => " <= ",
    };
    let is_below = matches!(op, Comparison::Lt | Comparison::Le);
    if is_below {
        // Nulls stand below everything, and are not less than anything.
        out.push("(");
    }
    target.push(out);
    out.push(sign).bind(BoundValue::Bytes(key));
    if is_below {
        out.push(" AND ");
        target.push(out);
        out.push(" > ")
            .bind(BoundValue::Bytes(NULL.to_vec()))
            .push(")");
    }
}

fn matching(out: &mut Composed, target: ComparedKey<'_>, how: Matching, text: &str) {
    if !keys::is_text(target.ty()) {
        return truth(out, false);
    }
    match how {
        _ if text.is_empty() => {
            target.push(out);
            out.push(" > ").bind(BoundValue::Bytes(NULL.to_vec()));
        }
        Matching::StartsWith => {
            let from = keys::whole(text);
            out.push("(");
            target.push(out);
            if let Some(to) = keys::above(&from) {
                out.push(" < ").bind(BoundValue::Bytes(to)).push(" AND ");
                target.push(out);
            }
            out.push(" >= ").bind(BoundValue::Bytes(from)).push(")");
        }
        Matching::EndsWith => out.dialect().ends_with(out, target, text.as_bytes()),
        Matching::Contains => out.dialect().contains(out, target, text.as_bytes()),
    }
}

/// The GUID that a folded constant spells; ids are kept as bytes, which stand in the order of their
/// text.
pub(crate) fn guid(value: &Literal) -> Option<Uuid> {
    match value {
        Literal::Guid(id) => Some(*id),
        Literal::Text(text) => Uuid::try_parse(text)
            .ok()
            .filter(|id| id.hyphenated().to_string() == *text),
        _ => None,
    }
}

/// A condition on a column that holds ids and is never null.
fn id(out: &mut Composed, property: &Property, node: &Node) -> bool {
    let Some(IdColumn { name: column, .. }) = out.kind().table.id_column(property) else {
        return false;
    };
    match node {
        Node::Compare { op, value, .. } => match (op, guid(value)) {
            (Comparison::Eq, None) => truth(out, false),
            (Comparison::Ne, None) => truth(out, true),
            (_, None) => return false,
            (op, Some(id)) => {
                out.push(column).push(match op {
                    Comparison::Eq => " = ",
                    Comparison::Ne => " <> ",
                    Comparison::Gt => " > ",
                    Comparison::Ge => " >= ",
                    Comparison::Lt => " < ",
                    Comparison::Le => " <= ",
                });
                out.bind(BoundValue::Id(id));
            }
        },
        Node::In { values, .. } => {
            let ids: Vec<_> = values.iter().filter_map(guid).map(BoundValue::Id).collect();
            if ids.is_empty() {
                truth(out, false);
            } else {
                out.push(column);
                list(out, ids.into_iter());
            }
        }
        _ => return false,
    }
    true
}

/// `deletedDateTime` is a column beside the keys: null for live users and for no others.
fn deletion(out: &mut Composed, node: &Node, deleted: bool) -> bool {
    match node {
        Node::Compare { op, value, .. } => match value {
            Literal::Null => truth(out, (*op == Comparison::Eq) != deleted),
            Literal::Instant(at) if deleted => {
                let micros = at.as_nanosecond().div_euclid(1_000);
                out.push(match op {
                    Comparison::Eq => "u.deleted_at = ",
                    Comparison::Ne => "u.deleted_at <> ",
                    Comparison::Gt => "u.deleted_at > ",
                    Comparison::Ge => "u.deleted_at >= ",
                    Comparison::Lt => "u.deleted_at < ",
                    Comparison::Le => "u.deleted_at <= ",
                });
                out.bind(BoundValue::Int(i64::try_from(micros).unwrap_or(i64::MAX)));
            }
            _ => truth(out, *op == Comparison::Ne),
        },
        _ if deleted => return false,
        Node::In { values, .. } => truth(out, values.contains(&Literal::Null)),
        _ => truth(out, false),
    }
    true
}

/// A single value with keys in the table of values, compared with constants other than null: a
/// look-up of its key.
fn member(out: &mut Composed, steps: &[Prop], node: &Node) -> bool {
    let found = out.kind().table.member(steps);
    let Some(member) = found.as_deref().filter(|member| member.is_single()) else {
        return false;
    };
    let target = ComparedKey::Element(member);
    match node {
        Node::Compare {
            op: op @ (Comparison::Eq | Comparison::Ne),
            value,
            ..
        } if *value != Literal::Null => match keys::constant(target.ty(), value) {
            None => truth(out, *op == Comparison::Ne),
            Some(key) => {
                if *op == Comparison::Ne {
                    out.push("NOT ");
                }
                exists(out, member, &[key]);
            }
        },
        Node::In { values, .. } if !values.contains(&Literal::Null) => {
            let keys: Vec<_> = values
                .iter()
                .filter_map(|value| keys::constant(target.ty(), value))
                .collect();
            if keys.is_empty() {
                truth(out, false);
            } else {
                exists(out, member, &keys);
            }
        }
        _ => return false,
    }
    true
}

/// The relation leads to one of these, who is not deleted.
fn linked(out: &mut Composed, relation: Relation, ids: &[Uuid]) {
    out.push(
        "EXISTS (SELECT 1 FROM relations r JOIN users m ON m.tenant_id = ?1 AND m.id = r.target_id",
    )
    .push(" WHERE r.tenant_id = ?1 AND r.source_id = u.id AND m.deleted_at IS NULL AND r.kind = ")
    .bind(BoundValue::Relation(relation))
    .push(" AND r.target_id");
    list(out, ids.iter().copied().map(BoundValue::Id));
    out.push(")");
}

/// One of these keys is among the object's keys: a look-up for each.
fn exists(out: &mut Composed, member: &Member, keys: &[Vec<u8>]) {
    out.push("EXISTS (SELECT 1 FROM user_values s WHERE s.tenant_id = ?1 AND s.property = ")
        .bind(BoundValue::Text(member.kept.clone()))
        .push(" AND s.key");
    list(out, keys.iter().cloned().map(BoundValue::Bytes));
    out.push(" AND s.object_id = u.id)");
}

/// The constants that the body of a lambda compares an element with for equality.
pub(crate) struct Equalities {
    pub(crate) member: KeyedMember,
    pub(crate) keys: Vec<Vec<u8>>,
    /// The body has no other condition.
    pub(crate) exact: bool,
}

/// Of `any(v:v eq 'a' or v in ('b','c'))`; of `all(v:v ne 'a')`, which is its negation; and of
/// `identities/any(i:i/issuerAssignedId eq 'a' and …)`, which asks for more.
pub(crate) fn equalities(
    table: &'static Table,
    filter: &Filter,
    path: &Path,
    how: Quantifier,
    body: NodeId,
) -> Option<Equalities> {
    if path.origin != Origin::Object {
        return None;
    }
    if path.steps.as_slice() == [&user::IDENTITIES] {
        let inner = &object_identity::ISSUER_ASSIGNED_ID;
        let member = table.member(&[(&user::IDENTITIES).into(), inner.into()])?;
        let whole = [body];
        let parts = match filter.node(body)? {
            Node::And(children) => children.as_slice(),
            _ => &whole,
        };
        let keys = parts
            .iter()
            .find_map(|part| equal_to(filter.node(*part)?, &[inner], &inner.ty, Comparison::Eq))?;
        return (how == Quantifier::Any).then_some(Equalities {
            member,
            keys,
            exact: false,
        });
    }
    let member = table.member(&path.steps)?;
    let ty = ComparedKey::Element(&member).ty();
    let op = match how {
        Quantifier::Any => Comparison::Eq,
        Quantifier::All => Comparison::Ne,
    };
    let whole = [body];
    let parts = match (filter.node(body)?, how) {
        (Node::Or(children), Quantifier::Any) | (Node::And(children), Quantifier::All) => {
            children.as_slice()
        }
        _ => &whole,
    };
    let mut keys = Vec::new();
    for part in parts {
        keys.extend(equal_to(filter.node(*part)?, &[], ty, op)?);
    }
    (!keys.is_empty()).then_some(Equalities {
        member,
        keys,
        exact: true,
    })
}

/// The keys that the element, or this member of it, must equal (with `Ne`: must not equal).
fn equal_to(
    node: &Node,
    steps: &[&'static Property],
    ty: &Type,
    wanted: Comparison,
) -> Option<Vec<Vec<u8>>> {
    let is_element = |path: &Path| path.origin == Origin::Variable(0) && path.steps == steps;
    match node {
        Node::Compare { path, op, value } if is_element(path) && *op == wanted => {
            (*value != Literal::Null).then(|| keys::constant(ty, value).into_iter().collect())
        }
        Node::In { path, values } if is_element(path) && wanted == Comparison::Eq => {
            (!values.contains(&Literal::Null)).then(|| {
                values
                    .iter()
                    .filter_map(|value| keys::constant(ty, value))
                    .collect()
            })
        }
        _ => None,
    }
}
