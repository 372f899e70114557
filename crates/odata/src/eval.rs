//! Whether a condition holds for an object, and which of two objects stands first: the reference
//! that the SQL of both engines is measured against.
//!
//! It reads the values from the record and folds them itself, so that it agrees with no index by
//! construction. A property that is not set is null, whatever answers print for it; a secret is
//! always null, so that no condition can be used to guess one.

use crate::check::literal::against;
use crate::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier,
};
use crate::tokens::tokens;
use core::cmp::Ordering;
use edm::invitation::link;
use edm::{Property, Record, Returned, Value, document, fold, user};
use std::borrow::Cow;
use uuid::Uuid;

/// Whether the condition holds for an object without links.
pub fn holds(filter: &Filter, record: &Record) -> bool {
    holds_of(filter, record, None)
}

/// Whether the condition holds for the object, whose manager has this id. Records hold no links.
pub fn holds_of(filter: &Filter, record: &Record, manager: Option<Uuid>) -> bool {
    Run {
        filter,
        record,
        manager,
        variables: Vec::new(),
    }
    .holds()
}

/// Which of two objects stands first. The id is the last key, so that two objects are never equal
/// unless they are one.
pub fn compare(one: &Record, other: &Record, order: &[Order]) -> Ordering {
    for key in order {
        let found = sorted(one, other, &key.property);
        let found = if key.descending {
            found.reverse()
        } else {
            found
        };
        if found.is_ne() {
            return found;
        }
    }
    one.text(&user::ID).cmp(&other.text(&user::ID))
}

fn sorted(one: &Record, other: &Record, property: &Property) -> Ordering {
    match (member(one, property), member(other, property)) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(one), Some(other)) => literal(&one, Some(property))
            .zip(literal(&other, Some(property)))
            .and_then(|(one, other)| against(&one, &other))
            .unwrap_or(Ordering::Equal),
    }
}

/// What is left to do. The stack of these takes the place of recursion.
enum EvalTask<'a> {
    /// Judge the node.
    Judge(NodeId),
    /// A child of an `And` (or of an `Or`) was judged; these are left.
    Chain { children: &'a [NodeId], and: bool },
    /// The child of a `Not` was judged.
    Negate,
    /// The body was judged for an element; these are left.
    Each {
        elements: &'a [Value],
        /// Whose elements they are.
        of: Option<&'a Property>,
        how: Quantifier,
        body: NodeId,
    },
}

struct Run<'a> {
    filter: &'a Filter,
    record: &'a Record,
    manager: Option<Uuid>,
    /// The elements that the range variables stand for, the outermost first.
    variables: Vec<(&'a Value, Option<&'a Property>)>,
}

impl<'a> Run<'a> {
    fn holds(mut self) -> bool {
        let mut tasks = vec![EvalTask::Judge(self.filter.root())];
        let mut holds = false;
        while let Some(step) = tasks.pop() {
            match step {
                EvalTask::Judge(at) => holds = self.judge(at, &mut tasks),
                EvalTask::Negate => holds = !holds,
                EvalTask::Chain { children, and } => {
                    if holds == and
                        && let [next, rest @ ..] = children
                    {
                        tasks.push(EvalTask::Chain {
                            children: rest,
                            and,
                        });
                        tasks.push(EvalTask::Judge(*next));
                    }
                }
                EvalTask::Each {
                    elements,
                    of,
                    how,
                    body,
                } => {
                    self.variables.pop();
                    if holds == (how == Quantifier::All) {
                        self.each((elements, of), how, body, &mut tasks);
                    }
                }
            }
        }
        holds
    }

    /// Judges a node, as far as it can be without its children; those are put on the stack, and the
    /// result is what holds when there are none.
    fn judge(&mut self, at: NodeId, tasks: &mut Vec<EvalTask<'a>>) -> bool {
        let filter = self.filter;
        match filter.node(at) {
            None => false,
            Some(Node::Constant(holds)) => *holds,
            Some(node @ (Node::And(children) | Node::Or(children))) => {
                let and = matches!(node, Node::And(_));
                tasks.push(EvalTask::Chain { children, and });
                and
            }
            Some(Node::Not(child)) => {
                tasks.push(EvalTask::Negate);
                tasks.push(EvalTask::Judge(*child));
                false
            }
            Some(Node::Compare { path, op, value }) => {
                compared(self.value(path), self.property(path), *op, value)
            }
            Some(Node::In { path, values }) => {
                let (found, property) = (self.value(path), self.property(path));
                let mut values = values.iter();
                values.any(|value| equal(found.as_deref(), property, value))
            }
            Some(Node::Text { path, how, text }) => self
                .value(path)
                .and_then(|value| {
                    let text = value.as_text()?;
                    Some(compared_text(self.property(path), text))
                })
                .is_some_and(|found| matches(&found, *how, text)),
            Some(Node::Lambda { path, how, body }) => {
                let elements = self.list(path);
                match body {
                    Some(body) => {
                        let of = self.property(path);
                        self.each((elements, of), *how, *body, tasks)
                    }
                    None => *how == Quantifier::All || !elements.is_empty(),
                }
            }
            Some(Node::Size { path, op, value }) => {
                let size = i64::try_from(self.list(path).len()).unwrap_or(i64::MAX);
                op.holds(size.cmp(value))
            }
            Some(Node::Linked { navigation, ids }) => {
                let linked = if navigation.linked {
                    self.manager
                        .filter(|_| *navigation == &user::MANAGER_NAVIGATION)
                } else {
                    linked_id(self.record, navigation.property)
                };
                linked.is_some_and(|id| ids.contains(&id))
            }
            Some(Node::Tokens {
                property,
                tokens: wanted,
            }) => member(self.record, property)
                .and_then(|value| value.as_text().map(tokens))
                .is_some_and(|found| {
                    let begins = |token: &String| found.iter().any(|own| own.starts_with(&**token));
                    wanted.iter().all(begins)
                }),
        }
    }

    /// Goes on with the next element. Without one, no element has decided yet: `Any` does not hold,
    /// `All` does.
    fn each(
        &mut self,
        (elements, of): (&'a [Value], Option<&'a Property>),
        how: Quantifier,
        body: NodeId,
        tasks: &mut Vec<EvalTask<'a>>,
    ) -> bool {
        if let [next, rest @ ..] = elements {
            self.variables.push((next, of));
            tasks.push(EvalTask::Each {
                elements: rest,
                of,
                how,
                body,
            });
            tasks.push(EvalTask::Judge(body));
        }
        how == Quantifier::All
    }

    /// The value; `None` is null.
    fn value(&self, path: &Path) -> Option<Cow<'a, Value>> {
        let mut steps = path.steps.iter();
        let mut value = match path.origin {
            Origin::Object => member(self.record, steps.next()?)?,
            Origin::Variable(depth) => match self.variables.get(usize::from(depth))? {
                (Value::Null, _) => return None,
                (value, _) => Cow::Borrowed(*value),
            },
        };
        for step in steps {
            // What is computed is no complex value.
            let Cow::Borrowed(Value::Complex(record)) = value else {
                return None;
            };
            value = member(record, step)?;
        }
        Some(value)
    }

    /// What the path leads to: its last step, or whose element the range variable is.
    fn property(&self, path: &'a Path) -> Option<&'a Property> {
        match (path.steps.last(), path.origin) {
            (Some(last), _) => Some(last.as_ref()),
            (None, Origin::Object) => None,
            (None, Origin::Variable(depth)) => self.variables.get(usize::from(depth))?.1,
        }
    }

    fn list(&self, path: &Path) -> &'a [Value] {
        match self.value(path) {
            Some(Cow::Borrowed(Value::List(elements))) => elements,
            _ => &[],
        }
    }
}

/// The id of the object that the record itself says it belongs to.
fn linked_id(record: &Record, property: &'static Property) -> Option<Uuid> {
    let link = record.complex(property)?;
    Uuid::try_parse(link.text(&link::ID)?).ok()
}

/// The member's value; `None` is null.
fn member<'a>(record: &'a Record, property: &Property) -> Option<Cow<'a, Value>> {
    if property.returned == Returned::Never {
        return None;
    }
    match document::computed(record, property) {
        Some(value) => Some(Cow::Owned(value)),
        None => match record.get(property)? {
            Value::Null => None,
            value => Some(Cow::Borrowed(value)),
        },
    }
}

/// The text as constants that it is compared with are.
fn compared_text(property: Option<&Property>, text: &str) -> String {
    property.map_or_else(
        || fold::display(text),
        |property| property.compared_text(text),
    )
}

fn matches(found: &str, how: Matching, text: &str) -> bool {
    match how {
        Matching::StartsWith => found.starts_with(text),
        Matching::EndsWith => found.ends_with(text),
        Matching::Contains => found.contains(text),
    }
}

/// A comparison with a null is false, and `ne` is the negation of `eq`.
fn compared(
    found: Option<Cow<'_, Value>>,
    property: Option<&Property>,
    op: Comparison,
    value: &Literal,
) -> bool {
    match op {
        Comparison::Eq => equal(found.as_deref(), property, value),
        Comparison::Ne => !equal(found.as_deref(), property, value),
        Comparison::Gt | Comparison::Ge | Comparison::Lt | Comparison::Le => found
            .and_then(|found| against(&literal(&found, property)?, value))
            .is_some_and(|found| op.holds(found)),
    }
}

fn equal(found: Option<&Value>, property: Option<&Property>, value: &Literal) -> bool {
    match (found, value) {
        (None, value) => *value == Literal::Null,
        (Some(_), Literal::Null) => false,
        (Some(found), value) => {
            let found = literal(found, property);
            found.and_then(|found| against(&found, value)) == Some(Ordering::Equal)
        }
    }
}

/// A stored value as a constant would write it; `None` for what no constant can be.
fn literal(value: &Value, property: Option<&Property>) -> Option<Literal> {
    match value {
        Value::Bool(value) => Some(Literal::Bool(*value)),
        Value::Int(value) => Some(Literal::Int(*value)),
        Value::Text(text) => Some(Literal::Text(compared_text(property, text))),
        Value::Instant(at) => Some(Literal::Instant(*at)),
        Value::Guid(id) => Some(Literal::Guid(*id)),
        Value::Null | Value::List(_) | Value::Complex(_) | Value::Open(_) => None,
    }
}
