//! A checked condition on objects: what `$filter` and `$search` come to.
//!
//! The nodes stand in post-order in one flat list: children before their parent, each subtree
//! without a gap, the whole condition last. The evaluator and the SQL go along the list and need no
//! recursion, however the request was nested.
//!
//! A comparison with a null is false and `ne` is its negation; a function on a null is false
//! . So every node is true or false and `not` is plain negation. Texts are folded already
//! ([`edm::fold::display`]); they compare by their code points.

use edm::{Navigation, Prop};
use jiff::Timestamp;
use uuid::Uuid;

/// Place of a node in its [`Filter`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u16);

/// A condition. Never empty: one that is always true is a [`Node::Constant`].
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    nodes: Vec<Node>,
}

/// One step of a condition.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Always so.
    Constant(bool),
    /// All of these; two or more.
    And(Vec<NodeId>),
    /// One of these at least; two or more.
    Or(Vec<NodeId>),
    /// Not so.
    Not(NodeId),
    /// A single value against a constant. With [`Literal::Null`] only `Eq` and `Ne` occur.
    Compare {
        /// The value.
        path: Path,
        /// How.
        op: Comparison,
        /// Against what; of the path's type, or null.
        value: Literal,
    },
    /// `path in (…)`: one of the constants, null among them or not.
    In {
        /// The value.
        path: Path,
        /// The constants; one or more.
        values: Vec<Literal>,
    },
    /// `startsWith`, `endsWith`, `contains` on a text.
    Text {
        /// The value.
        path: Path,
        /// Which of the three.
        how: Matching,
        /// The folded constant; empty matches every text but null.
        text: String,
    },
    /// `path/any(v:…)` and `path/all(v:…)`.
    Lambda {
        /// The collection.
        path: Path,
        /// Which.
        how: Quantifier,
        /// The condition on an element, in which [`Origin::Variable`] of this lambda's depth is the
        /// element; `None` for `any()`, which asks whether there is an element at all.
        body: Option<NodeId>,
    },
    /// `path/$count` against a number.
    Size {
        /// The collection.
        path: Path,
        /// How.
        op: Comparison,
        /// The number.
        value: i64,
    },
    /// What the object's only link of a kind leads to is one of these objects: `manager/id eq '…'`.
    Linked {
        /// The link.
        navigation: &'static Navigation,
        /// The objects; one or more.
        ids: Vec<Uuid>,
    },
    /// `$search` on a tokenised property: each of the tokens begins one of the value's tokens, in
    /// any order. Tokens as `$search` makes them.
    Tokens {
        /// The property.
        property: Prop,
        /// One or more.
        tokens: Vec<String>,
    },
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// At the object.
    Object,
    /// At the range variable of the lambda of this depth: 0 is the outermost around the node.
    Variable(u8),
}

/// A property, a member of a complex one, or a range variable itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub origin: Origin,
    /// The steps; none means the range variable itself. At an object there is at least one. All but
    /// the last are single complex values.
    pub steps: Vec<Prop>,
}

/// `eq`, `ne`, `gt`, `ge`, `lt`, `le`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal; null equals null.
    Eq,
    /// The negation of `Eq`.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// How a text is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matching {
    /// `startsWith`
    StartsWith,
    /// `endsWith`
    EndsWith,
    /// `contains`
    Contains,
}

/// Of how many elements a condition must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// One at least; false for the empty collection.
    Any,
    /// Every one; true for the empty collection.
    All,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`; false is less
    Bool(bool),
    /// A whole number
    Int(i64),
    /// Folded text
    Text(String),
    /// An instant, to the microsecond
    Instant(Timestamp),
    /// A GUID, ordered as its lower-case text is
    Guid(Uuid),
}

impl Filter {
    /// Of nodes in post-order. `None` when they are not: empty, a child that does not stand before
    /// its parent, a subtree with gaps, or more than 65,535 of them.
    pub fn new(nodes: Vec<Node>) -> Option<Self> {
        // The roots of the finished subtrees so far; each parent takes the last ones.
        let mut open: Vec<NodeId> = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let children = node.children();
            let rest = open.len().checked_sub(children.len())?;
            if open.get(rest..)? != children {
                return None;
            }
            open.truncate(rest);
            open.push(NodeId(u16::try_from(at).ok()?));
        }
        (open.len() == 1).then_some(Self { nodes })
    }

    /// Both conditions together; this one stands first.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let shift = u16::try_from(self.nodes.len()).ok()?;
        let mut nodes = self.nodes;
        let first = NodeId(shift.checked_sub(1)?);
        for mut node in other.nodes {
            node.shift(shift)?;
            nodes.push(node);
        }
        let second = NodeId(u16::try_from(nodes.len()).ok()?.checked_sub(1)?);
        nodes.push(Node::And(vec![first, second]));
        Self::new(nodes)
    }

    /// The nodes in post-order; the last one is the condition.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The condition itself.
    pub fn root(&self) -> NodeId {
        NodeId(u16::try_from(self.nodes.len().saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// A node.
    pub fn node(&self, at: NodeId) -> Option<&Node> {
        self.nodes.get(usize::from(at.0))
    }

    /// Whether the condition looks at links between objects, which the asker must be allowed to
    /// read. What an object's own record says of another is no such link.
    pub fn follows_links(&self) -> bool {
        let follows =
            |node: &Node| matches!(node, Node::Linked { navigation, .. } if navigation.linked);
        self.nodes.iter().any(follows)
    }

    /// The properties of the object that the condition looks at, in table order, each once: what
    /// the asker must be allowed to read.
    pub fn properties(&self) -> Vec<&Prop> {
        let mut found: Vec<_> = self.nodes.iter().filter_map(Node::property).collect();
        found.sort_by(|one, other| one.place().cmp(&other.place()));
        found.dedup();
        found
    }
}

impl Node {
    /// Its children, in order.
    pub fn children(&self) -> &[NodeId] {
        match self {
            Self::And(children) | Self::Or(children) => children,
            Self::Not(child)
            | Self::Lambda {
                body: Some(child), ..
            } => core::slice::from_ref(child),
            _ => &[],
        }
    }

    fn shift(&mut self, by: u16) -> Option<()> {
        let shifted = |id: &mut NodeId| id.0.checked_add(by).map(|at| id.0 = at);
        match self {
            Self::And(children) | Self::Or(children) => children.iter_mut().try_for_each(shifted),
            Self::Not(child)
            | Self::Lambda {
                body: Some(child), ..
            } => shifted(child),
            _ => Some(()),
        }
    }

    /// The property of the object that the node looks at, if it looks at one itself.
    pub fn property(&self) -> Option<&Prop> {
        match self {
            Self::Compare { path, .. }
            | Self::In { path, .. }
            | Self::Text { path, .. }
            | Self::Lambda { path, .. }
            | Self::Size { path, .. } => match path.origin {
                Origin::Object => path.steps.first(),
                Origin::Variable(_) => None,
            },
            Self::Tokens { property, .. } => Some(property),
            Self::Constant(_) | Self::And(_) | Self::Or(_) | Self::Not(_) | Self::Linked { .. } => {
                None
            }
        }
    }
}

/// One key of `$orderby`. Text sorts by its folded code points; nulls stand first ascending;
/// descending is ascending reversed. The object's id is always the last key, ascending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub property: Prop,
    /// The other way round.
    pub descending: bool,
}
