//! From the tree of a `$filter` to a [`Filter`], against a type.
//!
//! What is to be done stands on a stack of [`Task`]s: nothing recurses. Nodes are put out in
//! post-order as the tasks come to them. Comparisons are in [`super::comparison`].

use crate::check::issuer;
use crate::check::lengths::{Lengths, of_object};
use crate::check::operators::{
    comparison, matching_function, unserved_function, unserved_operator,
};
use crate::check::path::{Names, ResolvedPath, Variable};
use crate::check_error::{CheckResult, OptionErrorKind, not_served, type_name, types};
use crate::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Origin, Path, Quantifier,
};
use crate::parse::expression::{Argument, BinaryOp, Constant, ExprId, ExprKind, Tree};
use edm::{Entity, Type, Version, user};

/// A checked expression.
pub(crate) struct Condition {
    pub(crate) filter: Filter,
    pub(crate) lengths: Lengths,
}

/// Checks the expression.
pub(crate) fn check(
    tree: &Tree,
    root: ExprId,
    ty: Entity<'_>,
    version: Version,
) -> CheckResult<Condition> {
    let names = Names { tree, ty, version };
    let mut build = Build {
        names,
        nodes: Vec::new(),
        done: Vec::new(),
        variables: Vec::new(),
        tasks: vec![Task::Judge(root)],
        lengths: Lengths::default(),
    };
    while let Some(task) = build.tasks.pop() {
        build.run(task)?;
    }
    let at = tree.get(root).map_or(0, |expr| expr.at);
    let filter = Filter::new(build.nodes).ok_or((at, OptionErrorKind::TooManyTerms))?;
    let lengths = build.lengths;
    Ok(Condition { filter, lengths })
}

/// What is left to do.
pub(super) enum Task {
    /// Put out the condition.
    Judge(ExprId),
    /// So many conditions were put out: connect them.
    Connect {
        and: bool,
        count: usize,
    },
    Negate,
    /// The body of a lambda was put out.
    Close {
        path: Path,
        how: Quantifier,
    },
}

/// The condition as far as it is built.
pub(super) struct Build<'a> {
    pub(super) names: Names<'a>,
    nodes: Vec<Node>,
    /// Roots of what was put out and has no parent yet.
    done: Vec<NodeId>,
    pub(super) variables: Vec<Variable>,
    pub(super) tasks: Vec<Task>,
    pub(super) lengths: Lengths,
}

/// One side of a comparison.
pub(super) enum Side<'a> {
    Path(ResolvedPath),
    Constant(&'a Constant),
    Condition,
}

impl<'a> Build<'a> {
    pub(super) fn run(&mut self, task: Task) -> CheckResult<()> {
        match task {
            Task::Judge(id) => self.judge(id),
            Task::Connect { and, count } => {
                let first = self.done.len().saturating_sub(count);
                let children = self.done.split_off(first);
                self.put(if and {
                    Node::And(children)
                } else {
                    Node::Or(children)
                })
            }
            Task::Negate => match self.done.pop() {
                Some(child) => self.put(Node::Not(child)),
                None => Ok(()),
            },
            Task::Close { path, how } => {
                self.variables.pop();
                let body = self.done.pop();
                self.put(Node::Lambda { path, how, body })
            }
        }
    }

    pub(super) fn put(&mut self, node: Node) -> CheckResult<()> {
        let id = u16::try_from(self.nodes.len()).map_err(|_| (0, OptionErrorKind::TooManyTerms))?;
        self.nodes.push(node);
        self.done.push(NodeId(id));
        Ok(())
    }

    pub(super) fn kind(&self, id: ExprId) -> Option<(usize, &'a ExprKind)> {
        self.names.tree.get(id).map(|expr| (expr.at, &expr.kind))
    }

    fn judge(&mut self, id: ExprId) -> CheckResult<()> {
        let Some((at, kind)) = self.kind(id) else {
            return Ok(());
        };
        match kind {
            ExprKind::Constant(Constant::Bool(holds)) => self.put(Node::Constant(*holds)),
            ExprKind::Constant(_) | ExprKind::List(_) | ExprKind::Object(_) => {
                Err((at, OptionErrorKind::NotCondition))
            }
            ExprKind::Not(child) => {
                self.tasks.extend([Task::Negate, Task::Judge(*child)]);
                Ok(())
            }
            ExprKind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                ..
            } => {
                self.connect(id, *op);
                Ok(())
            }
            ExprKind::Binary { op, left, right } => match comparison(*op) {
                Some(comparison) => self.compare(at, comparison, *left, *right),
                None => self.other_operator(at, *op, *left, *right),
            },
            ExprKind::In { left, items } => self.membership(at, *left, items),
            ExprKind::Member {
                base: None,
                name,
                call: Some(arguments),
            } => self.function(at, name, arguments),
            ExprKind::Member { .. } => self.flag(id, at),
            ExprKind::Lambda {
                base,
                all,
                variable,
                body,
            } => self.lambda(*base, *all, variable, *body),
            ExprKind::Minus(_) => Err((at, not_served("arithmetic"))),
            ExprKind::Case(_) => Err((at, not_served("the function case"))),
        }
    }

    /// `a and b and c` is one node: the left spine is walked down as long as the operator is the
    /// same.
    fn connect(&mut self, id: ExprId, own: BinaryOp) {
        let mut operands = Vec::new();
        let mut spine = id;
        while let Some((_, ExprKind::Binary { op, left, right })) = self.kind(spine)
            && *op == own
        {
            operands.push(*right);
            spine = *left;
        }
        operands.push(spine);
        self.tasks.push(Task::Connect {
            and: own == BinaryOp::And,
            count: operands.len(),
        });
        // The first operand stands last in the list, and last on the stack.
        self.tasks.extend(operands.into_iter().map(Task::Judge));
    }

    /// A bare boolean property.
    fn flag(&mut self, id: ExprId, at: usize) -> CheckResult<()> {
        let target = self.names.resolve(id, &self.variables)?;
        if target.count || target.collection {
            return Err((at, OptionErrorKind::NotCondition));
        }
        match target.property.ty_in(self.names.version) {
            Type::Boolean => self.put(Node::Compare {
                path: target.path,
                op: Comparison::Eq,
                value: Literal::Bool(true),
            }),
            _ => Err((at, OptionErrorKind::NotCondition)),
        }
    }

    pub(super) fn side(&self, id: ExprId) -> CheckResult<Side<'a>> {
        let Some((at, kind)) = self.kind(id) else {
            return Ok(Side::Constant(&Constant::Null));
        };
        match kind {
            ExprKind::Constant(constant) => Ok(Side::Constant(constant)),
            ExprKind::Member {
                base: None,
                call: Some(_),
                name,
            } if matching_function(name).is_some() => Ok(Side::Condition),
            ExprKind::Member {
                base: None,
                call: Some(_),
                name,
            } => Err((at, unserved_function(name))),
            ExprKind::Member { .. } => self.names.resolve(id, &self.variables).map(Side::Path),
            ExprKind::Binary { op, .. } if !op.is_condition() => Err((at, unserved_operator(*op))),
            ExprKind::Lambda { .. }
            | ExprKind::Not(_)
            | ExprKind::In { .. }
            | ExprKind::Binary { .. } => Ok(Side::Condition),
            ExprKind::Minus(_) => Err((at, not_served("arithmetic"))),
            ExprKind::List(_) | ExprKind::Object(_) => Err((
                at,
                not_served("a comparison with a written-out collection or object"),
            )),
            ExprKind::Case(_) => Err((at, not_served("the function case"))),
        }
    }

    fn other_operator(
        &mut self,
        at: usize,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    ) -> CheckResult<()> {
        match (op, self.kind(right)) {
            (BinaryOp::In, Some((_, ExprKind::List(items)))) => self.membership(at, left, items),
            (BinaryOp::In, _) => Err((at, not_served("in of anything but a list"))),
            _ => Err((at, unserved_operator(op))),
        }
    }

    fn function(&mut self, at: usize, name: &str, arguments: &[Argument]) -> CheckResult<()> {
        let Some((how, own)) = matching_function(name) else {
            return Err((at, unserved_function(name)));
        };
        let [path, text] = arguments else {
            return Err((at, OptionErrorKind::Arguments(own)));
        };
        if path.name.is_some() || text.name.is_some() {
            return Err((at, OptionErrorKind::Arguments(own)));
        }
        match (self.side(path.value)?, self.side(text.value)?) {
            (Side::Path(target), Side::Constant(constant)) => {
                let property = target.property;
                if target.count {
                    return Err((at, OptionErrorKind::Arguments(own)));
                }
                if target.collection && property.attribute().is_none() {
                    return Err((at, OptionErrorKind::Collection(property)));
                }
                let ty = property.ty_in(self.names.version);
                // Beta calls one instant a text; it is kept as an instant all the same.
                if !matches!(
                    (ty, &property.ty),
                    (Type::String | Type::Enum(_), Type::String | Type::Enum(_))
                ) {
                    let operator = own;
                    return Err((at, OptionErrorKind::Operator { operator, property }));
                }
                if how == Matching::StartsWith {
                    let first = target.path.steps.first().unwrap_or(&property);
                    let first = of_object(&self.variables, first).clone();
                    self.lengths.text(&first, own, constant);
                }
                let Constant::Text(text) = constant else {
                    let (left, right) = (type_name(ty), constant.type_name().to_owned());
                    let operator = own;
                    return Err((at, types(operator, left, right)));
                };
                let text = property.compared_text(text);
                let (path, outer) = self.of_elements(target.path, target.collection);
                self.put(Node::Text { path, how, text })?;
                self.close_elements(outer)
            }
            (Side::Constant(_), Side::Path(_)) => {
                let what = format!("{own} with the property in second place");
                Err((at, not_served(&what)))
            }
            (Side::Path(_), Side::Path(_)) => {
                Err((at, not_served("a comparison of two properties")))
            }
            _ => Err((at, OptionErrorKind::Arguments(own))),
        }
    }

    /// A condition on a collection of a custom security attribute is one on any of its elements
    /// (P-extensions-22): the path within, and where the collection is.
    pub(super) fn of_elements(&self, path: Path, is_collection: bool) -> (Path, Option<Path>) {
        if !is_collection {
            return (path, None);
        }
        let depth = u8::try_from(self.variables.len()).unwrap_or(u8::MAX);
        let element = Path {
            origin: Origin::Variable(depth),
            steps: Vec::new(),
        };
        (element, Some(path))
    }

    /// Puts `any` around the condition that was put out last.
    pub(super) fn close_elements(&mut self, collection: Option<Path>) -> CheckResult<()> {
        let Some(path) = collection else {
            return Ok(());
        };
        let (body, how) = (self.done.pop(), Quantifier::Any);
        self.put(Node::Lambda { path, how, body })
    }

    fn lambda(
        &mut self,
        base: ExprId,
        all: bool,
        variable: &str,
        body: Option<ExprId>,
    ) -> CheckResult<()> {
        let at = self.kind(base).map_or(0, |(at, _)| at);
        let target = self.names.resolve(base, &self.variables)?;
        if target.count || !target.collection {
            return Err((at, OptionErrorKind::NotCollection(target.property)));
        }
        // Over the object again, each level would multiply the work by the size of a collection.
        if target.path.origin == Origin::Object && !self.variables.is_empty() {
            return Err((
                at,
                not_served("a collection of the object within any or all"),
            ));
        }
        let how = if all {
            Quantifier::All
        } else {
            Quantifier::Any
        };
        let path = target.path;
        let Some(body) = body else {
            return self.put(Node::Lambda {
                path,
                how,
                body: None,
            });
        };
        let property = target.property;
        let asks_for_id =
            property == user::IDENTITIES && issuer::asks_for_id(self.names.tree, body);
        self.variables.push(Variable {
            name: variable.to_owned(),
            property,
            asks_for_id,
        });
        self.tasks
            .extend([Task::Close { path, how }, Task::Judge(body)]);
        Ok(())
    }
}
