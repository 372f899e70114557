//! From the items of an `$expand` to relationships of a type.

use crate::check::select::Selection;
use crate::check_error::{CheckResult, OptionErrorKind, entity_name, not_served};
use crate::option::OptionName;
use crate::parse::expand::{ExpandItem, Levels};
use crate::parse::expression::{self, BinaryOp, Constant, ExprId, ExprKind, Lexer, TokenKind};
use crate::shape::Shape;
use edm::{Entity, Navigation, Version, user};

/// One relationship to show with each object.
#[derive(Clone, Debug, PartialEq)]
pub struct Expansion {
    /// Which.
    pub navigation: &'static Navigation,
    /// What of the related objects; `None` is their default set.
    pub select: Option<Selection>,
    /// How far up; `None` is one step.
    pub levels: Option<Levels>,
    /// The id in `$filter=id eq '…'` within `$expand`: only this object is shown. `None` is all.
    pub id: Option<String>,
}

/// What every user has and `$expand` never shows.
const PHOTO: &str = "photo";

/// Checks the items.
pub(crate) fn check(
    items: Vec<ExpandItem>,
    ty: Entity<'_>,
    version: Version,
) -> CheckResult<Vec<Expansion>> {
    let mut found: Vec<Expansion> = Vec::new();
    for item in items {
        let at = item.at;
        let expansion = one(item, ty, version)?;
        if found
            .iter()
            .any(|other| other.navigation == expansion.navigation)
        {
            return Err((at, not_served("one relationship twice in $expand")));
        }
        found.push(expansion);
    }
    Ok(found)
}

fn one(item: ExpandItem, ty: Entity<'_>, version: Version) -> CheckResult<Expansion> {
    let at = item.at;
    let path = item.path.as_str();
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let navigation = match ty.navigation(name) {
        Some(navigation) if rest.is_empty() => navigation,
        Some(_) => return Err((at, not_served("a path in $expand"))),
        None if name == "*" || name.starts_with('$') || name.contains('.') => {
            return Err((at, not_served(&format!("{name} in $expand"))));
        }
        None if name.eq_ignore_ascii_case(PHOTO) => {
            return Err((at, OptionErrorKind::NotExpanded(PHOTO)));
        }
        None => {
            let kind = match ty.property(name, version) {
                Some(property) => OptionErrorKind::NotNavigation(property),
                None => OptionErrorKind::UnknownProperty {
                    name: name.to_owned(),
                    on: entity_name(ty.ty()),
                },
            };
            return Err((at, kind));
        }
    };
    let filter = item.filter.as_ref();
    let filter = filter.filter(|_| !navigation.contained);
    let filter = filter.map(|(at, _)| (*at, OptionName::Filter));
    // The error names the option that comes first in the text.
    let others = item.others.iter().copied().chain(filter);
    if let Some((at, option)) = others.min_by_key(|(at, _)| *at) {
        let what = format!("{} in $expand", option.as_str());
        return Err((at, not_served(&what)));
    }
    let id = match &item.filter {
        None => None,
        Some((at, text)) => match equality(text) {
            Some((name, id)) if name.eq_ignore_ascii_case(user::ID.name()) => Some(id),
            _ => return Err((*at, not_served("a $filter in $expand other than id eq '…'"))),
        },
    };
    if item.levels.is_some() && navigation.property.collection {
        return Err((at, not_served("$levels of a collection")));
    }
    let select = match item.select {
        terms if terms.is_empty() => None,
        // What is related is read as members of a collection are.
        terms => Some(
            Selection::check(
                terms,
                ty.other(navigation.objects),
                version,
                Shape::Collection,
            )
            .map_err(|property| (at, OptionErrorKind::SingleOnly(property)))?,
        ),
    };
    Ok(Expansion {
        navigation,
        select,
        levels: item.levels,
        id,
    })
}

/// The two sides of a condition that is no more than `name eq 'text'`.
pub fn equality(text: &str) -> Option<(String, String)> {
    let mut lexer = Lexer::new(text);
    let parsed = expression::parse(&mut lexer).ok()?;
    if parsed.next.kind != TokenKind::End {
        return None;
    }
    let kind = |id: ExprId| parsed.tree.get(id).map(|expr| &expr.kind);
    let Some(ExprKind::Binary {
        op: BinaryOp::Eq,
        left,
        right,
    }) = kind(parsed.root)
    else {
        return None;
    };
    match (kind(*left)?, kind(*right)?) {
        (
            ExprKind::Member {
                base: None,
                name,
                call: None,
            },
            ExprKind::Constant(Constant::Text(text)),
        ) => Some((name.clone(), text.clone())),
        _ => None,
    }
}
