//! Paths of the expression language against a type.

use crate::check_error::{CheckResult, OptionErrorKind, complex_name, entity_name, not_served};
use crate::filter::{Origin, Path};
use crate::limits;
use crate::parse::expression::{ExprId, ExprKind, Tree};
use edm::{Complex, Entity, NAMESPACE, Navigation, Prop, Returned, Type, Version, user};

/// A range variable in scope.
pub(crate) struct Variable {
    pub(crate) name: String,
    /// The collection it runs over.
    pub(crate) property: Prop,
    /// It runs over identities, and the condition asks for an assigned id.
    pub(crate) asks_for_id: bool,
}

/// What a path leads to.
pub(crate) struct ResolvedPath {
    pub(crate) path: Path,
    /// The last property; of a bare range variable, its collection.
    pub(crate) property: Prop,
    /// It is a collection, not one of its elements.
    pub(crate) collection: bool,
    /// `/$count` stands behind it.
    pub(crate) count: bool,
}

/// The type of what stands before a step.
enum Within {
    Entity,
    Complex(Complex),
    Value,
}

/// Steps of a path, each with its place.
type Steps<'p, 's> = &'p [(usize, &'s str)];

pub(crate) struct Names<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) ty: Entity<'a>,
    pub(crate) version: Version,
}

impl Names<'_> {
    /// The steps of a path, first to last, each with its place.
    fn steps(&self, last: ExprId) -> CheckResult<Vec<(usize, &str)>> {
        let mut steps = Vec::new();
        let mut at = Some(last);
        while let Some(expr) = at.and_then(|id| self.tree.get(id)) {
            let place = expr.at;
            match &expr.kind {
                ExprKind::Member { name, call, .. } if call.is_some() => {
                    return Err((place, function_in_path(name)));
                }
                ExprKind::Member { base, name, .. } => {
                    steps.push((place, name.as_str()));
                    at = *base;
                }
                _ => return Err((place, not_served("a path that begins at a value"))),
            }
            if steps.len() > limits::PATH_STEPS {
                return Err((place, OptionErrorKind::TooManyTerms));
            }
        }
        steps.reverse();
        Ok(steps)
    }

    /// The link that the path leads over to the id of the object behind it: `manager/id`.
    pub(crate) fn linked(
        &self,
        last: ExprId,
        variables: &[Variable],
    ) -> Option<&'static Navigation> {
        let member = |id: ExprId| match self.tree.get(id).map(|expr| &expr.kind) {
            Some(ExprKind::Member {
                base,
                name,
                call: None,
            }) => Some((*base, name.as_str())),
            _ => None,
        };
        let (link, id) = member(last)?;
        let (None, name) = member(link?)? else {
            return None;
        };
        let is_variable = |variable: &Variable| variable.name.eq_ignore_ascii_case(name);
        if !id.eq_ignore_ascii_case(user::ID.name()) || variables.iter().any(is_variable) {
            return None;
        }
        let navigation = self.ty.navigation(name)?;
        (!navigation.property.collection).then_some(navigation)
    }

    /// What the path leads to. In a lambda, paths begin at range variables.
    pub(crate) fn resolve(
        &self,
        last: ExprId,
        variables: &[Variable],
    ) -> CheckResult<ResolvedPath> {
        let steps = self.steps(last)?;
        let mut left = steps.as_slice();
        let start = left.first().map_or(0, |(at, _)| *at);
        let mut path = Path {
            origin: Origin::Object,
            steps: Vec::new(),
        };
        let mut target: Option<Prop> = None;
        let mut element = false;
        let variable = left.first().and_then(|(_, name)| {
            variables
                .iter()
                .rposition(|variable| variable.name.eq_ignore_ascii_case(name))
        });
        if let Some(depth) = variable {
            path.origin = Origin::Variable(u8::try_from(depth).unwrap_or(u8::MAX));
            target = variables
                .get(depth)
                .map(|variable| variable.property.clone());
            element = true;
            left = left.get(1..).unwrap_or_default();
        } else {
            left = self.after_object(left)?;
        }
        if let Some((property, rest)) = self.attribute(left, variable.is_some())? {
            path.steps.push(property.clone());
            target = Some(property);
            left = rest;
        }
        for (at, name) in left {
            if name.eq_ignore_ascii_case("$count") {
                let property = target.ok_or((*at, not_served("/$count of the objects")))?;
                let last = left.last().is_some_and(|(end, _)| end == at);
                if element || !property.collection || !last {
                    return Err((*at, OptionErrorKind::NotCollection(property)));
                }
                return Ok(ResolvedPath {
                    path,
                    property,
                    collection: true,
                    count: true,
                });
            }
            let property = self.step(*at, name, target.as_ref(), element)?;
            path.steps.push(property.clone());
            target = Some(property);
            element = false;
        }
        let property = target.ok_or((start, not_served("the object itself as a value")))?;
        if path.origin == Origin::Object && !variables.is_empty() {
            let what = "a property of the object within any or all";
            return Err((start, not_served(what)));
        }
        let collection = property.collection && !element;
        Ok(ResolvedPath {
            path,
            property,
            collection,
            count: false,
        })
    }

    /// The custom security attribute that the path begins with, and the steps behind its name: its
    /// property's name, its set's and its own are three steps to one property.
    fn attribute<'p, 's>(
        &self,
        left: Steps<'p, 's>,
        is_variable: bool,
    ) -> CheckResult<Option<(Prop, Steps<'p, 's>)>> {
        let own = user::CUSTOM_SECURITY_ATTRIBUTES.name();
        let [(_, first), (at, set), rest @ ..] = left else {
            return Ok(None);
        };
        let is_it =
            first.eq_ignore_ascii_case(own) && self.ty.property(first, self.version).is_some();
        if is_variable || !is_it {
            return Ok(None);
        }
        // Those who may not see them learn of no name whether it is one.
        if self.ty.hides_attributes() {
            let property = Prop::Core(&user::CUSTOM_SECURITY_ATTRIBUTES);
            return Err((*at, OptionErrorKind::Hidden(property)));
        }
        let on = format!("{NAMESPACE}.customSecurityAttributeValue");
        let unknown = |name: String| {
            (
                *at,
                OptionErrorKind::UnknownProperty {
                    name,
                    on: on.clone(),
                },
            )
        };
        let [(_, name), rest @ ..] = rest else {
            return Err(unknown((*set).to_owned()));
        };
        let property = self.ty.attribute(set, name);
        let property = property.ok_or_else(|| unknown(format!("{set}/{name}")))?;
        if property.filter.any().is_empty() {
            return Err((*at, OptionErrorKind::Unsupported(property)));
        }
        Ok(Some((property, rest)))
    }

    /// Passes over `$it` and a cast to the type itself.
    fn after_object<'p, 's>(&self, mut left: Steps<'p, 's>) -> CheckResult<Steps<'p, 's>> {
        if let [(_, first), rest @ ..] = left
            && first.eq_ignore_ascii_case("$it")
        {
            left = rest;
        }
        if let [(_, first), rest @ ..] = left
            && let Some((namespace, name)) = first.rsplit_once('.')
            && (namespace.eq_ignore_ascii_case(NAMESPACE)
                || namespace.eq_ignore_ascii_case("graph"))
            && name.eq_ignore_ascii_case(self.ty.name)
            && !rest.is_empty()
        {
            left = rest;
        }
        match left {
            [(at, first), ..] if first.starts_with('@') => {
                Err((*at, not_served("a parameter alias or an annotation")))
            }
            [(at, first), ..] if first.eq_ignore_ascii_case("$root") => {
                Err((*at, not_served("$root")))
            }
            [(at, first), ..] if first.eq_ignore_ascii_case("$this") => {
                Err((*at, not_served("$this")))
            }
            left => Ok(left),
        }
    }

    fn step(
        &self,
        at: usize,
        name: &str,
        before: Option<&Prop>,
        element: bool,
    ) -> CheckResult<Prop> {
        let within = match before {
            None => Within::Entity,
            Some(before) => match before.ty_in(self.version) {
                Type::Complex(_) if before.collection && !element => {
                    return Err((at, OptionErrorKind::Collection(before.clone())));
                }
                Type::Complex(complex) => Within::Complex(complex.clone()),
                _ => Within::Value,
            },
        };
        let unknown = |on: String| {
            let name = name.to_owned();
            (at, OptionErrorKind::UnknownProperty { name, on })
        };
        if name.starts_with('@') {
            return Err((at, not_served("an annotation")));
        }
        if name.starts_with('$') {
            return Err((at, not_served(&format!("the segment {name}"))));
        }
        let property = match &within {
            Within::Entity => self.ty.property(name, self.version),
            Within::Complex(complex) if complex.open && complex.properties().next().is_none() => {
                let what = before.map_or("", |before| before.name());
                return Err((at, not_served(&format!("a condition on members of {what}"))));
            }
            Within::Complex(complex) => complex.property(name, self.version),
            Within::Value => None,
        };
        match (property, within) {
            (Some(property), _) if property.returned == Returned::Never => {
                Err((at, OptionErrorKind::Unsupported(property)))
            }
            (Some(property), _) if property.returned == Returned::SelectSingle => {
                Err((at, OptionErrorKind::SingleOnly(property)))
            }
            (Some(property), _) => Ok(property),
            (None, _) if name.contains('.') => Err((at, not_served("a type cast"))),
            (None, Within::Entity) if self.ty.navigation(name).is_some() => {
                Err((at, not_served("a condition on a related object")))
            }
            (None, Within::Entity) => Err(unknown(entity_name(self.ty.ty()))),
            (None, Within::Complex(complex)) => Err(unknown(complex_name(&complex))),
            (None, Within::Value) => {
                let on = before
                    .map_or_else(String::new, |before| before.ty_in(self.version).csdl_name());
                Err(unknown(on))
            }
        }
    }
}

fn function_in_path(name: &str) -> OptionErrorKind {
    match name {
        "" => not_served("a key"),
        name if name.starts_with('$') => not_served(&format!("a condition within {name}")),
        name if name.contains('.') => not_served("a bound function"),
        name => OptionErrorKind::UnknownFunction(name.to_owned()),
    }
}
