//! Conditions on what an object is linked to: on the id alone, since that is all that a link holds.

use crate::check_error::{CheckResult, OptionErrorKind, not_served, types};
use crate::filter::Node;
use crate::parse::expression::{Constant, ExprId, ExprKind, Tree};
use edm::Navigation;
use uuid::Uuid;

/// That the link leads to one of these ids.
pub(crate) fn node(
    tree: &Tree,
    navigation: &'static Navigation,
    items: &[ExprId],
) -> CheckResult<Node> {
    let mut ids = Vec::with_capacity(items.len());
    for item in items {
        let Some(expr) = tree.get(*item) else {
            continue;
        };
        let fail = |kind: OptionErrorKind| Err((expr.at, kind));
        match &expr.kind {
            ExprKind::Constant(Constant::Guid(id)) => ids.push(*id),
            // A text that is no id is nobody's.
            ExprKind::Constant(Constant::Text(text)) => ids.extend(Uuid::try_parse(text).ok()),
            ExprKind::Constant(Constant::Null) => {
                return fail(not_served("null as the id of a related object"));
            }
            ExprKind::Constant(constant) => {
                let (left, right) = ("Edm.String".to_owned(), constant.type_name().to_owned());
                return fail(types("Equal", left, right));
            }
            _ => return fail(not_served("an id of a related object that is no constant")),
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(if ids.is_empty() {
        Node::Constant(false)
    } else {
        Node::Linked { navigation, ids }
    })
}
