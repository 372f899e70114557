//! The one condition that means something else than it says: of an identity of type `userName` or
//! `emailAddress` the issuer is not looked at when its assigned id is asked for (P-queries-6).
//! Clients send any of their domains there, and such an id is the directory's own whichever domain
//! they name.

use crate::filter::{Comparison, Literal, Node, Path};
use crate::parse::expression::{BinaryOp, ExprId, ExprKind, Tree};
use edm::complex::object_identity;

/// The types of identity whose issuer is not looked at, folded.
const LOCAL: [&str; 2] = ["emailaddress", "username"];

/// Whether a condition on an identity asks for its assigned id: one of the conditions joined by
/// `and` compares it by `eq`.
pub(crate) fn asks_for_id(tree: &Tree, body: ExprId) -> bool {
    let mut left = vec![body];
    while let Some(id) = left.pop() {
        match tree.get(id).map(|expr| &expr.kind) {
            Some(ExprKind::Binary {
                op: BinaryOp::And,
                left: one,
                right: other,
            }) => left.extend([*one, *other]),
            Some(ExprKind::Binary {
                op: BinaryOp::Eq,
                left: one,
                right: other,
            }) if [*one, *other].iter().any(|side| is_id(tree, *side)) => return true,
            _ => {}
        }
    }
    false
}

fn is_id(tree: &Tree, id: ExprId) -> bool {
    let own = object_identity::ISSUER_ASSIGNED_ID.name();
    tree.get(id).is_some_and(|expr| match &expr.kind {
        ExprKind::Member { name, .. } => name.eq_ignore_ascii_case(own),
        _ => false,
    })
}

/// What stands beside `issuer eq …`, each of which suffices as well; empty for any other
/// comparison.
pub(crate) fn instead(path: &Path, op: Comparison, value: &Literal) -> Vec<Node> {
    let issuer = path.steps.as_slice() == [&object_identity::ISSUER];
    if !issuer || op != Comparison::Eq || *value == Literal::Null {
        return Vec::new();
    }
    LOCAL
        .into_iter()
        .map(|local| Node::Compare {
            path: Path {
                origin: path.origin,
                steps: vec![(&object_identity::SIGN_IN_TYPE).into()],
            },
            op,
            value: Literal::Text(local.to_owned()),
        })
        .collect()
}
