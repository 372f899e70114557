//! From the items of an `$expand` to relationships of a type.

use crate::check::select::Selection;
use crate::check_error::{CheckResult, OptionErrorKind, entity_name, not_served};
use crate::parse::expand::{ExpandItem, Levels};
use crate::shape::Shape;
use edm::{Entity, Navigation, Version};

/// One relationship to show with each object.
#[derive(Clone, Debug, PartialEq)]
pub struct Expansion {
    /// Which.
    pub navigation: &'static Navigation,
    /// What of the related objects; `None` is their default set.
    pub select: Option<Selection>,
    /// How far up; `None` is one step.
    pub levels: Option<Levels>,
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
    if let Some((at, option)) = item.others.first() {
        let what = format!("{} in $expand", option.as_str());
        return Err((*at, not_served(&what)));
    }
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
    })
}
