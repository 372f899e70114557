//! Comparisons of a `$filter`: which sides they may have, and against what a value is compared.

use crate::check::filter::{Build, Side, Task};
use crate::check::lengths::of_object;
use crate::check::literal::{against, literal, own_literal};
use crate::check::operators::{mirrored, operator_kind};
use crate::check::path::ResolvedPath;
use crate::check::{issuer, linked};
use crate::check_error::{CheckResult, OptionErrorKind, not_served, type_name, types};
use crate::filter::{Comparison, Literal, Node, Path, Quantifier};
use crate::limits;
use crate::parse::expression::{Constant, ExprId, ExprKind};

impl Build<'_> {
    /// `manager/id eq '…'`: a link and not a value. `None` where it is something else.
    fn linked(
        &mut self,
        at: usize,
        path: ExprId,
        is_equal: bool,
        items: &[ExprId],
    ) -> Option<CheckResult<()>> {
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

    pub(super) fn compare(
        &mut self,
        at: usize,
        op: Comparison,
        left: ExprId,
        right: ExprId,
    ) -> CheckResult<()> {
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
                Err((at, OptionErrorKind::NoInstant))
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
    ) -> CheckResult<()> {
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
        target: ResolvedPath,
        op: Comparison,
        constant: &Constant,
    ) -> CheckResult<()> {
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
        let is_attribute = property.attribute().is_some();
        if target.collection && !is_attribute {
            return Err((at, OptionErrorKind::Collection(property)));
        }
        if constant.is_impossible() {
            return Err((at, OptionErrorKind::NoInstant));
        }
        let value = literal(&property, ty, constant).ok_or_else(|| mismatch(type_name(ty)))?;
        if op == Comparison::Eq {
            let first = path.steps.first().unwrap_or(&property);
            let first = of_object(&self.variables, first).clone();
            self.lengths.text(&first, "eq", constant);
        }
        if target.collection {
            return self.compare_elements(path, op, value);
        }
        match (&value, op) {
            (Literal::Null, Comparison::Eq | Comparison::Ne) => {
                self.put(Node::Compare { path, op, value })
            }
            // A comparison with a null is false.
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

    /// A comparison with a collection of a custom security attribute: `eq` holds where an element
    /// equals the value, `ne` where none does, and null is the empty collection.
    fn compare_elements(&mut self, path: Path, op: Comparison, value: Literal) -> CheckResult<()> {
        if value == Literal::Null {
            let (how, body) = (Quantifier::Any, None);
            match op {
                Comparison::Ne => return self.put(Node::Lambda { path, how, body }),
                Comparison::Eq => self.put(Node::Lambda { path, how, body })?,
                _ => return self.put(Node::Constant(false)),
            }
            return self.run(Task::Negate);
        }
        let (path, outer) = self.of_elements(path, true);
        let is_negated = op == Comparison::Ne;
        let op = if is_negated { Comparison::Eq } else { op };
        self.put(Node::Compare { path, op, value })?;
        self.close_elements(outer)?;
        if is_negated {
            self.run(Task::Negate)
        } else {
            Ok(())
        }
    }

    pub(super) fn membership(
        &mut self,
        at: usize,
        left: ExprId,
        items: &[ExprId],
    ) -> CheckResult<()> {
        if let Some(put) = self.linked(at, left, true, items) {
            return put;
        }
        let Side::Path(target) = self.side(left)? else {
            return Err((at, not_served("in of anything but a property")));
        };
        if target.count {
            return Err((at, not_served("in of a /$count")));
        }
        if target.collection && target.property.attribute().is_none() {
            return Err((at, OptionErrorKind::Collection(target.property)));
        }
        let ty = target.property.ty_in(self.names.version);
        let first = target.path.steps.first().unwrap_or(&target.property);
        let first = of_object(&self.variables, first).clone();
        if items.len() > limits::DOCUMENTED_CLAUSES {
            self.lengths.lists.push((first.clone(), items.len()));
        }
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let Some((at, kind)) = self.kind(*item) else {
                continue;
            };
            let ExprKind::Constant(constant) = kind else {
                return Err((at, not_served("a list of anything but constants")));
            };
            if constant.is_impossible() {
                return Err((at, OptionErrorKind::NoInstant));
            }
            self.lengths.text(&first, "in", constant);
            let value = literal(&target.property, ty, constant).ok_or_else(|| {
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
        let has_null = values.contains(&Literal::Null);
        if target.collection && has_null {
            let what = "null in a list for a collection";
            return Err((at, not_served(what)));
        }
        let (path, outer) = self.of_elements(target.path, target.collection);
        self.put(Node::In { path, values })?;
        self.close_elements(outer)
    }
}
