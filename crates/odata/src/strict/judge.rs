//! What the documented service would have refused about a query that is answered here (P-queries-3
//! to P-queries-7).
//!
//! Friendly manner tells of it, strict manner refuses it; which is whose is not decided here.
//! Everything follows from the checked query and the property table, so that there is one table for
//! both manners.

use crate::check::expand::Expansion;
use crate::check::lengths::Lengths;
use crate::checked::Checked;
use crate::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Origin, Path, Quantifier,
};
use crate::limits;
use crate::parse::expand::Levels;
use crate::shape::{Mode, Shape};
use crate::strict::rule::{Breach, Helps, Hint, Rule};
use edm::complex::object_identity;
use edm::{Op, Prop, Sort, user};

/// What was asked, beside the checked options.
pub(crate) struct QueryContext<'a> {
    pub(crate) mode: Mode,
    pub(crate) shape: Shape,
    /// The condition of `$filter` alone.
    pub(crate) filter: Option<&'a Filter>,
    /// How it was written.
    pub(crate) lengths: &'a Lengths,
    /// The condition of `$search` alone.
    pub(crate) search: Option<&'a Filter>,
}

/// All breaches, each once, in the order of the options: filter, search, count, order, expand.
pub(crate) fn breaches(checked: &Checked, asked: &QueryContext<'_>) -> Vec<Breach> {
    let mut found = Finder {
        eventual: asked.mode.eventual,
        // The segment is the count itself.
        count: checked.count || asked.shape == Shape::Count,
        breaches: Vec::new(),
    };
    if let Some(filter) = asked.filter {
        found.filter(filter);
        for (property, count) in &asked.lengths.lists {
            found.add(Rule::InItems, Some(property), Some("in"), *count);
        }
        for (property, operator) in &asked.lengths.long {
            found.add(Rule::LongText, Some(property), Some(operator), 0);
        }
    }
    if let Some(search) = asked.search {
        if !found.eventual {
            found.add(Rule::SearchHeader, None, None, 0);
        }
        if search
            .nodes()
            .iter()
            .any(|node| matches!(node, Node::Not(_)))
        {
            found.add(Rule::SearchNot, None, Some("NOT"), 0);
        }
    }
    if !found.eventual {
        if asked.shape == Shape::Count {
            found.add(Rule::CountSegment, None, None, 0);
        } else if checked.count {
            found.add(Rule::CountIgnored, None, None, 0);
        }
    }
    found.order(checked, asked.filter.is_some());
    found.expand(checked, asked);
    found.breaches
}

struct Finder {
    eventual: bool,
    count: bool,
    breaches: Vec<Breach>,
}

impl Finder {
    fn advanced(&self) -> bool {
        self.eventual && self.count
    }

    fn add(
        &mut self,
        rule: Rule,
        property: Option<&Prop>,
        operator: Option<&'static str>,
        found: usize,
    ) {
        if rule.is_advanced() && self.advanced() {
            return;
        }
        let header = matches!(rule.helps(), Helps::Advanced | Helps::Header);
        let breach = Breach {
            rule,
            property: property.cloned(),
            operator,
            found,
            hint: Hint {
                eventual: header && !self.eventual,
                count: rule.is_advanced() && !self.count,
                rewrite: rule.rewrite(),
            },
        };
        if !self.breaches.contains(&breach) {
            self.breaches.push(breach);
        }
    }

    /// An operator on a property, by the property's row.
    fn operator(&mut self, property: &Prop, op: Op, written: &'static str) {
        let row = property.filter;
        let (property, written) = (Some(property), Some(written));
        // "not" works, in advanced queries, wherever eq does (P-users-17).
        let negated = op == Op::Not && row.any().has(Op::Eq);
        if row.default.has(op) && op != Op::Not {
            return;
        }
        let rule = if row.any().has(op) || negated {
            Rule::AdvancedOperator
        } else {
            Rule::NotIndexed
        };
        self.add(rule, property, written, 0);
    }

    fn filter(&mut self, filter: &Filter) {
        let tree = Parents::of(filter);
        let mut clauses = vec![0_usize; filter.nodes().len()];
        for (at, node) in filter.nodes().iter().enumerate() {
            let lambda = tree.outermost_lambda(filter, at);
            let property = lambda.or(node.property());
            if let (Some(property), true) = (property, is_test(node)) {
                self.test(node, property, lambda.is_some());
                if tree.is_negated(filter, at) {
                    self.operator(property, Op::Not, "not");
                }
            }
            match node {
                Node::And(_) | Node::Or(_)
                    if lambda.is_some_and(|property| *property != user::IDENTITIES) =>
                {
                    self.add(Rule::AdvancedLambda, lambda, Some("any"), 0);
                }
                _ => {}
            }
            let count = or_clauses(node, &clauses);
            if let Some(place) = clauses.get_mut(at) {
                *place = count;
            }
            let inner = tree.parent_is_or(filter, at);
            if matches!(node, Node::Or(_)) && !inner && count > limits::DOCUMENTED_CLAUSES {
                self.add(Rule::OrClauses, None, Some("or"), count);
            }
            if let Node::Lambda { path, how, body } = node {
                if *how == Quantifier::All {
                    self.add(Rule::All, property, Some("all"), 0);
                }
                if let (Some(body), Some(first)) = (body, path.steps.first())
                    && *first == user::IDENTITIES
                {
                    self.identities(filter, *body);
                }
            }
        }
        let properties = filter.properties();
        if properties.len() > 1 && properties.iter().any(|one| **one == user::SIGN_IN_ACTIVITY) {
            let property = Some(Prop::Core(&user::SIGN_IN_ACTIVITY));
            self.add(Rule::SignInActivity, property.as_ref(), None, 0);
        }
    }

    /// A condition that looks at a value: its operator against the row of the property of the
    /// object.
    fn test(&mut self, node: &Node, property: &Prop, in_lambda: bool) {
        match node {
            Node::Compare { op, value, .. } => {
                let (own, written) = comparison(*op);
                if *op == Comparison::Ne && in_lambda {
                    return self.add(Rule::NeInLambda, Some(property), Some("ne"), 0);
                }
                match (value, op) {
                    (Literal::Null, Comparison::Eq) => self.operator(property, Op::Null, "null"),
                    (Literal::Null, _) => {
                        self.operator(property, own, "ne null");
                        self.operator(property, Op::Null, "null");
                    }
                    _ => self.operator(property, own, written),
                }
            }
            Node::In { values, .. } => {
                self.operator(property, Op::In, "in");
                if values.contains(&Literal::Null) {
                    self.operator(property, Op::Null, "null");
                }
            }
            Node::Text { how, .. } => match how {
                Matching::StartsWith => self.operator(property, Op::StartsWith, "startsWith"),
                Matching::EndsWith => self.operator(property, Op::EndsWith, "endsWith"),
                Matching::Contains => {
                    self.add(Rule::Contains, Some(property), Some("contains"), 0);
                }
            },
            Node::Size { op, value, .. } => {
                self.operator(property, Op::Count, "/$count");
                if *value != 0 || !matches!(op, Comparison::Eq | Comparison::Ne) {
                    let (_, written) = comparison(*op);
                    self.add(Rule::CountValue, Some(property), Some(written), 0);
                }
            }
            _ => {}
        }
    }

    /// The rules on conditions on identities.
    fn identities(&mut self, filter: &Filter, body: NodeId) {
        let end = usize::from(body.0);
        // The body's nodes stand without a gap before it: they are those in which a range variable
        // occurs.
        let tests = filter.nodes().get(..=end).unwrap_or_default().iter().rev();
        let (mut id, mut issuer, mut alone) = (false, false, true);
        let identities = Prop::Core(&user::IDENTITIES);
        for node in tests.take_while(|node| !matches!(node, Node::Lambda { .. })) {
            let Some((path, values)) = constants(node) else {
                continue;
            };
            if path.origin == Origin::Object {
                break;
            }
            match path.steps.last() {
                Some(last) if *last == object_identity::ISSUER_ASSIGNED_ID => id = true,
                Some(last) if *last == object_identity::ISSUER => {
                    issuer = true;
                    alone &= values.iter().all(|value| {
                        let listed = ["google.com", "facebook.com", "mail", "phone"];
                        listed.iter().any(|own| text(value) == Some(*own))
                    });
                }
                Some(last) if *last == object_identity::SIGN_IN_TYPE => {
                    let own = Some("userprincipalname");
                    if values.iter().any(|value| text(value) == own) {
                        self.add(Rule::SignInType, Some(&identities), None, 0);
                    }
                }
                _ => {}
            }
        }
        if id && !issuer {
            self.add(Rule::IssuerMissing, Some(&identities), None, 0);
        }
        if issuer && !id && !alone {
            self.add(Rule::IssuerAlone, Some(&identities), None, 0);
        }
    }

    fn order(&mut self, checked: &Checked, filtered: bool) {
        for key in &checked.order {
            let property = Some(&key.property);
            match key.property.sort {
                Sort::No => self.add(Rule::Sort, property, None, 0),
                Sort::Advanced => self.add(Rule::AdvancedSort, property, None, 0),
                Sort::Default => {}
            }
        }
        if filtered && !checked.order.is_empty() {
            self.add(Rule::SortWithFilter, None, None, 0);
        }
    }

    fn expand(&mut self, checked: &Checked, asked: &QueryContext<'_>) {
        let climbs =
            |expansion: &&Expansion| !matches!(expansion.levels, None | Some(Levels::Number(1)));
        if asked.shape == Shape::Collection
            && let Some(expansion) = checked.expand.iter().find(climbs)
        {
            let property = Some(Prop::Core(expansion.navigation.property));
            self.add(Rule::ExpandLevels, property.as_ref(), Some("$levels"), 0);
        }
        if checked.expand.len() > 1 {
            self.add(Rule::ExpandMany, None, None, checked.expand.len());
        }
        if self.advanced() || asked.search.is_some() {
            let plain = checked
                .expand
                .iter()
                .find(|expansion| expansion.levels.is_none());
            if let Some(expansion) = plain {
                let property = Some(Prop::Core(expansion.navigation.property));
                self.add(Rule::ExpandAdvanced, property.as_ref(), None, 0);
            }
        }
    }
}

/// Conditions that look at a value themselves.
fn is_test(node: &Node) -> bool {
    matches!(
        node,
        Node::Compare { .. } | Node::In { .. } | Node::Text { .. } | Node::Size { .. }
    )
}

/// Path and constants of a comparison.
fn constants(node: &Node) -> Option<(&Path, &[Literal])> {
    match node {
        Node::Compare { path, value, .. } => Some((path, core::slice::from_ref(value))),
        Node::In { path, values } => Some((path, values)),
        Node::Text { path, .. } | Node::Size { path, .. } => Some((path, &[])),
        _ => None,
    }
}

fn text(literal: &Literal) -> Option<&str> {
    match literal {
        Literal::Text(text) => Some(text),
        _ => None,
    }
}

/// Clauses joined by OR, those of an OR within an OR among them.
fn or_clauses(node: &Node, before: &[usize]) -> usize {
    match node {
        Node::Or(children) => children
            .iter()
            .filter_map(|child| before.get(usize::from(child.0)))
            .sum(),
        _ => 1,
    }
}

fn comparison(op: Comparison) -> (Op, &'static str) {
    match op {
        Comparison::Eq => (Op::Eq, "eq"),
        Comparison::Ne => (Op::Ne, "ne"),
        Comparison::Gt => (Op::Ge, "gt"),
        Comparison::Ge => (Op::Ge, "ge"),
        Comparison::Lt => (Op::Le, "lt"),
        Comparison::Le => (Op::Le, "le"),
    }
}

/// The parent of each node.
struct Parents(Vec<Option<usize>>);

impl Parents {
    fn of(filter: &Filter) -> Self {
        let mut parents = vec![None; filter.nodes().len()];
        for (at, node) in filter.nodes().iter().enumerate() {
            for child in node.children() {
                if let Some(place) = parents.get_mut(usize::from(child.0)) {
                    *place = Some(at);
                }
            }
        }
        Self(parents)
    }

    /// The nodes around a node, the nearest first. They are never more than the levels of nesting
    /// that a query may have.
    fn ancestors<'a>(&self, filter: &'a Filter, at: usize) -> impl Iterator<Item = &'a Node> {
        let parent = |at: &usize| self.0.get(*at).copied().flatten();
        core::iter::successors(parent(&at), move |at| parent(at))
            .filter_map(|at| filter.nodes().get(at))
    }

    /// The property of the object that the outermost lambda around the node runs over.
    fn outermost_lambda<'a>(&self, filter: &'a Filter, at: usize) -> Option<&'a Prop> {
        self.ancestors(filter, at)
            .filter(|node| matches!(node, Node::Lambda { .. }))
            .last()
            .and_then(Node::property)
    }

    fn is_negated(&self, filter: &Filter, at: usize) -> bool {
        self.ancestors(filter, at)
            .any(|node| matches!(node, Node::Not(_)))
    }

    fn parent_is_or(&self, filter: &Filter, at: usize) -> bool {
        matches!(self.ancestors(filter, at).next(), Some(Node::Or(_)))
    }
}
