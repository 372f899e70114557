//! From the keys of an `$orderby` to properties of a type.

use crate::check::path::Names;
use crate::check_error::{CheckResult, OptionErrorKind, not_served};
use crate::filter::Order;
use crate::parse::expression::ExprKind;
use crate::parse::order_by::SortKey;
use edm::{Entity, Kept, Prop, Type, Version};

/// Checks the keys. A second key of one property decides nothing and is left out.
pub(crate) fn check(keys: &[SortKey], ty: Entity<'_>, version: Version) -> CheckResult<Vec<Order>> {
    let mut order: Vec<Order> = Vec::new();
    for key in keys {
        let property = property(key, ty, version)?;
        if order.iter().all(|other| other.property != property) {
            let descending = key.descending;
            order.push(Order {
                property,
                descending,
            });
        }
    }
    Ok(order)
}

fn property(key: &SortKey, ty: Entity<'_>, version: Version) -> CheckResult<Prop> {
    let Some(expr) = key.tree.get(key.root) else {
        return Err((0, OptionErrorKind::NotCondition));
    };
    let at = expr.at;
    if !matches!(expr.kind, ExprKind::Member { call: None, .. }) {
        return Err((at, not_served("$orderby of anything but a property")));
    }
    let tree = &key.tree;
    let target = Names { tree, ty, version }.resolve(key.root, &[])?;
    if target.count || target.path.steps.len() > 1 {
        return Err((
            at,
            not_served("$orderby of anything but a property of the object"),
        ));
    }
    let property = target.property;
    // What has no key beside the document cannot be walked in its order.
    let has_key = property.kept() == Kept::Column;
    if target.collection || matches!(property.ty, Type::Complex(_)) || !has_key {
        return Err((at, OptionErrorKind::Unsupported(property)));
    }
    Ok(property)
}
