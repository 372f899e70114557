//! From the tree of a `$filter` to a [`Filter`], against a type.
//!
//! What is to be done stands on a stack of [`Task`]s: nothing recurses. Nodes are put out in post-order as the tasks
//! come to them.

use crate::expression::{Argument, BinaryOp, Constant, ExprId, Kind, Tree};
use crate::fault::{FaultKind, type_name, types};
use crate::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Origin, Path, Quantifier,
};
use crate::issuer;
use crate::limits;
use crate::linked;
use crate::literal_type::{against, literal, own_literal};
use crate::operators::{
    comparison, known, mirrored, operator_kind, unserved_function, unserved_operator,
};
use crate::resolve::{Found, Names, Target, Variable, not_served};
use crate::written::{Written, of_object};
use edm::{EntityType, Type, Version, fold, user};

/// A checked expression.
pub(crate) struct Condition {
    pub(crate) filter: Filter,
    pub(crate) written: Written,
}

/// Checks the expression.
pub(crate) fn check(
    tree: &Tree,
    root: ExprId,
    ty: &'static EntityType,
    version: Version,
) -> Found<Condition> {
    let names = Names { tree, ty, version };
    let mut build = Build {
        names,
        nodes: Vec::new(),
        done: Vec::new(),
        variables: Vec::new(),
        tasks: vec![Task::Judge(root)],
        written: Written::default(),
    };
    while let Some(task) = build.tasks.pop() {
        build.run(task)?;
    }
    let at = tree.get(root).map_or(0, |expr| expr.at);
    let filter = Filter::new(build.nodes).ok_or((at, FaultKind::TooManyTerms))?;
    let written = build.written;
    Ok(Condition { filter, written })
}

enum Task {
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

struct Build<'a> {
    names: Names<'a>,
    nodes: Vec<Node>,
    /// Roots of what was put out and has no parent yet.
    done: Vec<NodeId>,
    variables: Vec<Variable>,
    tasks: Vec<Task>,
    written: Written,
}

/// One side of a comparison.
enum Side<'a> {
    Path(Target),
    Constant(&'a Constant),
    Condition,
}

impl<'a> Build<'a> {
    fn run(&mut self, task: Task) -> Found<()> {
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

    fn put(&mut self, node: Node) -> Found<()> {
        let id = u16::try_from(self.nodes.len()).map_err(|_| (0, FaultKind::TooManyTerms))?;
        self.nodes.push(node);
        self.done.push(NodeId(id));
        Ok(())
    }

    fn kind(&self, id: ExprId) -> Option<(usize, &'a Kind)> {
        self.names.tree.get(id).map(|expr| (expr.at, &expr.kind))
    }

    fn judge(&mut self, id: ExprId) -> Found<()> {
        let Some((at, kind)) = self.kind(id) else {
            return Ok(());
        };
        match kind {
            Kind::Constant(Constant::Bool(holds)) => self.put(Node::Constant(*holds)),
            Kind::Constant(_) | Kind::List(_) | Kind::Object(_) => {
                Err((at, FaultKind::NotCondition))
            }
            Kind::Not(child) => {
                self.tasks.extend([Task::Negate, Task::Judge(*child)]);
                Ok(())
            }
            Kind::Binary {
                op: op @ (BinaryOp::And | BinaryOp::Or),
                ..
            } => {
                self.connect(id, *op);
                Ok(())
            }
            Kind::Binary { op, left, right } => match comparison(*op) {
                Some(comparison) => self.compare(at, comparison, *left, *right),
                None => self.other_operator(at, *op, *left, *right),
            },
            Kind::In { left, items } => self.membership(at, *left, items),
            Kind::Member {
                base: None,
                name,
                call: Some(arguments),
            } => self.function(at, name, arguments),
            Kind::Member { .. } => self.flag(id, at),
            Kind::Lambda {
                base,
                all,
                variable,
                body,
            } => self.lambda(*base, *all, variable, *body),
            Kind::Minus(_) => Err((at, not_served("arithmetic"))),
            Kind::Case(_) => Err((at, not_served("the function case"))),
        }
    }

    /// `a and b and c` is one node: the left spine is walked down as long as the operator is the same.
    fn connect(&mut self, id: ExprId, own: BinaryOp) {
        let mut operands = Vec::new();
        let mut spine = id;
        while let Some((_, Kind::Binary { op, left, right })) = self.kind(spine)
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
    fn flag(&mut self, id: ExprId, at: usize) -> Found<()> {
        let target = self.names.resolve(id, &self.variables)?;
        if target.count || target.collection {
            return Err((at, FaultKind::NotCondition));
        }
        match target.property.ty_in(self.names.version) {
            Type::Boolean => self.put(Node::Compare {
                path: target.path,
                op: Comparison::Eq,
                value: Literal::Bool(true),
            }),
            _ => Err((at, FaultKind::NotCondition)),
        }
    }

    fn side(&self, id: ExprId) -> Found<Side<'a>> {
        let Some((at, kind)) = self.kind(id) else {
            return Ok(Side::Constant(&Constant::Null));
        };
        match kind {
            Kind::Constant(constant) => Ok(Side::Constant(constant)),
            Kind::Member {
                base: None,
                call: Some(_),
                name,
            } if known(name).is_some() => Ok(Side::Condition),
            Kind::Member {
                base: None,
                call: Some(_),
                name,
            } => Err((at, unserved_function(name))),
            Kind::Member { .. } => self.names.resolve(id, &self.variables).map(Side::Path),
            Kind::Binary { op, .. } if !op.is_condition() => Err((at, unserved_operator(*op))),
            Kind::Lambda { .. } | Kind::Not(_) | Kind::In { .. } | Kind::Binary { .. } => {
                Ok(Side::Condition)
            }
            Kind::Minus(_) => Err((at, not_served("arithmetic"))),
            Kind::List(_) | Kind::Object(_) => Err((
                at,
                not_served("a comparison with a written-out collection or object"),
            )),
            Kind::Case(_) => Err((at, not_served("the function case"))),
        }
    }

    /// `manager/id eq '…'`: a link and not a value. `None` where it is something else.
    fn linked(
        &mut self,
        at: usize,
        path: ExprId,
        is_equal: bool,
        items: &[ExprId],
    ) -> Option<Found<()>> {
        let navigation = self.names.linked(path, &self.variables)?;
        if !self.variables.is_empty() {
            let what = "a related object within any or all";
            return Some(Err((at, not_served(what))));
        }
        let node = linked::node(self.names.tree, navigation, items);
        Some(node.and_then(|node| {
            self.put(node)?;
            if is_equal {
                Ok(())
            } else {
                self.run(Task::Negate)
            }
        }))
    }

    fn compare(&mut self, at: usize, op: Comparison, left: ExprId, right: ExprId) -> Found<()> {
        if let Comparison::Eq | Comparison::Ne = op {
            for (path, constant) in [(left, right), (right, left)] {
                if let Some(put) = self.linked(at, path, op == Comparison::Eq, &[constant]) {
                    return put;
                }
            }
        }
        match (self.side(left)?, self.side(right)?) {
            (Side::Path(target), Side::Constant(constant)) => {
                self.compare_path(at, target, op, constant)
            }
            (Side::Constant(constant), Side::Path(target)) => {
                self.compare_path(at, target, mirrored(op), constant)
            }
            (Side::Constant(one), Side::Constant(other))
                if one.is_impossible() || other.is_impossible() =>
            {
                Err((at, FaultKind::NoInstant))
            }
            (Side::Constant(one), Side::Constant(other)) => {
                let mismatch = || {
                    let (left, right) = (one.type_name().to_owned(), other.type_name().to_owned());
                    let operator = operator_kind(op);
                    (at, types(operator, left, right))
                };
                let holds = match (own_literal(one), own_literal(other)) {
                    (Some(Literal::Null), Some(Literal::Null)) => op == Comparison::Eq,
                    (Some(Literal::Null), Some(_)) | (Some(_), Some(Literal::Null)) => {
                        op == Comparison::Ne
                    }
                    (Some(one), Some(other)) => {
                        op.holds(against(&one, &other).ok_or_else(mismatch)?)
                    }
                    _ => return Err(mismatch()),
                };
                self.put(Node::Constant(holds))
            }
            (Side::Condition, Side::Constant(constant)) => {
                self.compare_condition(at, left, op, constant)
            }
            (Side::Constant(constant), Side::Condition) => {
                self.compare_condition(at, right, op, constant)
            }
            (Side::Path(_), Side::Path(_)) => {
                Err((at, not_served("a comparison of two properties")))
            }
            _ => Err((at, not_served("a comparison of two conditions"))),
        }
    }

    /// `startsWith(…) eq true`
    fn compare_condition(
        &mut self,
        at: usize,
        condition: ExprId,
        op: Comparison,
        constant: &Constant,
    ) -> Found<()> {
        let (Constant::Bool(value), Comparison::Eq | Comparison::Ne) = (constant, op) else {
            let (left, right) = ("Edm.Boolean".to_owned(), constant.type_name().to_owned());
            let operator = operator_kind(op);
            return Err((at, types(operator, left, right)));
        };
        if *value != (op == Comparison::Eq) {
            self.tasks.push(Task::Negate);
        }
        self.tasks.push(Task::Judge(condition));
        Ok(())
    }

    fn compare_path(
        &mut self,
        at: usize,
        target: Target,
        op: Comparison,
        constant: &Constant,
    ) -> Found<()> {
        let (path, property) = (target.path, target.property);
        let ty = property.ty_in(self.names.version);
        let mismatch = |left: String| {
            let (operator, right) = (operator_kind(op), constant.type_name().to_owned());
            (at, types(operator, left, right))
        };
        if target.count {
            let Constant::Int(value) = *constant else {
                return Err(mismatch("Edm.Int64".to_owned()));
            };
            return self.put(Node::Size { path, op, value });
        }
        if target.collection {
            return Err((at, FaultKind::Collection(property)));
        }
        if constant.is_impossible() {
            return Err((at, FaultKind::NoInstant));
        }
        let value = literal(property, ty, constant).ok_or_else(|| mismatch(type_name(ty)))?;
        if op == Comparison::Eq {
            let first = path.steps.first().copied().unwrap_or(property);
            self.written
                .text(of_object(&self.variables, first), "eq", constant);
        }
        match (&value, op) {
            (Literal::Null, Comparison::Eq | Comparison::Ne) => {
                self.put(Node::Compare { path, op, value })
            }
            // A comparison with a null is false (decision 54).
            (Literal::Null, _) => self.put(Node::Constant(false)),
            _ => {
                let instead = match self.variables.last() {
                    Some(variable) if variable.asks_for_id => issuer::instead(&path, op, &value),
                    _ => Vec::new(),
                };
                let count = 1 + instead.len();
                self.put(Node::Compare { path, op, value })?;
                if count == 1 {
                    return Ok(());
                }
                for node in instead {
                    self.put(node)?;
                }
                self.run(Task::Connect { and: false, count })
            }
        }
    }

    fn membership(&mut self, at: usize, left: ExprId, items: &[ExprId]) -> Found<()> {
        if let Some(put) = self.linked(at, left, true, items) {
            return put;
        }
        let Side::Path(target) = self.side(left)? else {
            return Err((at, not_served("in of anything but a property")));
        };
        if target.count {
            return Err((at, not_served("in of a /$count")));
        }
        if target.collection {
            return Err((at, FaultKind::Collection(target.property)));
        }
        let ty = target.property.ty_in(self.names.version);
        let first = target.path.steps.first().copied();
        let first = first.unwrap_or(target.property);
        if items.len() > limits::DOCUMENTED_CLAUSES {
            let property = of_object(&self.variables, first);
            self.written.lists.push((property, items.len()));
        }
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let Some((at, kind)) = self.kind(*item) else {
                continue;
            };
            let Kind::Constant(constant) = kind else {
                return Err((at, not_served("a list of anything but constants")));
            };
            if constant.is_impossible() {
                return Err((at, FaultKind::NoInstant));
            }
            self.written
                .text(of_object(&self.variables, first), "in", constant);
            let value = literal(target.property, ty, constant).ok_or_else(|| {
                let (left, right) = (type_name(ty), constant.type_name().to_owned());
                let operator = "in";
                (at, types(operator, left, right))
            })?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if values.is_empty() {
            return self.put(Node::Constant(false));
        }
        self.put(Node::In {
            path: target.path,
            values,
        })
    }

    fn other_operator(
        &mut self,
        at: usize,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    ) -> Found<()> {
        match (op, self.kind(right)) {
            (BinaryOp::In, Some((_, Kind::List(items)))) => self.membership(at, left, items),
            (BinaryOp::In, _) => Err((at, not_served("in of anything but a list"))),
            _ => Err((at, unserved_operator(op))),
        }
    }

    fn function(&mut self, at: usize, name: &str, arguments: &[Argument]) -> Found<()> {
        let Some((how, own)) = known(name) else {
            return Err((at, unserved_function(name)));
        };
        let [path, text] = arguments else {
            return Err((at, FaultKind::Arguments(own)));
        };
        if path.name.is_some() || text.name.is_some() {
            return Err((at, FaultKind::Arguments(own)));
        }
        match (self.side(path.value)?, self.side(text.value)?) {
            (Side::Path(target), Side::Constant(constant)) => {
                let property = target.property;
                if target.count {
                    return Err((at, FaultKind::Arguments(own)));
                }
                if target.collection {
                    return Err((at, FaultKind::Collection(property)));
                }
                let ty = property.ty_in(self.names.version);
                // Beta calls one instant a text; it is kept as an instant all the same.
                if !matches!(
                    (ty, property.ty),
                    (Type::String | Type::Enum(_), Type::String | Type::Enum(_))
                ) {
                    let operator = own;
                    return Err((at, FaultKind::Operator { operator, property }));
                }
                if how == Matching::StartsWith {
                    let first = target.path.steps.first().copied().unwrap_or(property);
                    self.written
                        .text(of_object(&self.variables, first), own, constant);
                }
                let Constant::Text(text) = constant else {
                    let (left, right) = (type_name(ty), constant.type_name().to_owned());
                    let operator = own;
                    return Err((at, types(operator, left, right)));
                };
                self.put(Node::Text {
                    path: target.path,
                    how,
                    text: fold::display(text),
                })
            }
            (Side::Constant(_), Side::Path(_)) => {
                let what = format!("{own} with the property in second place");
                Err((at, not_served(&what)))
            }
            (Side::Path(_), Side::Path(_)) => {
                Err((at, not_served("a comparison of two properties")))
            }
            _ => Err((at, FaultKind::Arguments(own))),
        }
    }

    fn lambda(
        &mut self,
        base: ExprId,
        all: bool,
        variable: &str,
        body: Option<ExprId>,
    ) -> Found<()> {
        let at = self.kind(base).map_or(0, |(at, _)| at);
        let target = self.names.resolve(base, &self.variables)?;
        if target.count || !target.collection {
            return Err((at, FaultKind::NotCollection(target.property)));
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
            property == &user::IDENTITIES && issuer::asks_for_id(self.names.tree, body);
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
