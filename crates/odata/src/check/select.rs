//! From the terms of a `$select` to properties of a type.

use crate::parse::select::Term;
use crate::percent::encode;
use crate::shape::Shape;
use edm::{Entity, NAMESPACE, Navigation, Prop, Returned, Type, Version};

/// One checked item of a `$select`.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `*`: everything that the caller may read of objects in this shape without a permission of
    /// its own.
    Star,
    /// A declared property. A path into a complex property selects the property.
    Declared(Prop),
    /// A link that change tracking follows; selected there alone.
    Tracked(&'static Navigation),
    /// An undeclared name: ignored and noted.
    Ignored(String),
}

/// A checked `$select`.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    items: Vec<Item>,
    properties: Vec<Prop>,
}

impl Selection {
    /// What the terms mean. `Err` is the property that this shape cannot return.
    pub(crate) fn check(
        terms: Vec<Term>,
        ty: Entity<'_>,
        version: Version,
        shape: Shape,
    ) -> Result<Self, Prop> {
        Self::read(terms, ty, version, shape, &[])
    }

    /// [`Selection::check`] for a delta query, which may name the links that change tracking
    /// follows too.
    pub(crate) fn tracking(
        terms: Vec<Term>,
        ty: Entity<'_>,
        version: Version,
    ) -> Result<Self, Prop> {
        let links = ty.navigation.iter().copied();
        let tracked: Vec<_> = links.filter(|link| link.tracked).collect();
        Self::read(terms, ty, version, Shape::Collection, &tracked)
    }

    fn read(
        terms: Vec<Term>,
        ty: Entity<'_>,
        version: Version,
        shape: Shape,
        links: &[&'static Navigation],
    ) -> Result<Self, Prop> {
        let mut selection = Self {
            items: Vec::new(),
            properties: Vec::new(),
        };
        for term in terms {
            let item = match term {
                Term::Star => {
                    selection.properties.extend(everything(ty, version, shape));
                    Item::Star
                }
                Term::Path(path) => match declared(&path, ty, version) {
                    Some(property)
                        if property.returned == Returned::SelectSingle
                            && shape == Shape::Collection =>
                    {
                        return Err(property);
                    }
                    Some(property) => {
                        selection.properties.push(property.clone());
                        Item::Declared(property)
                    }
                    None => link(&path, links).map_or(Item::Ignored(path), Item::Tracked),
                },
            };
            if !selection.items.contains(&item) {
                selection.items.push(item);
            }
        }
        selection
            .properties
            .sort_by(|one, other| one.place().cmp(&other.place()));
        selection.properties.dedup();
        Ok(selection)
    }

    /// The declared properties selected, in table order, each once. Empty when nobody declared any
    /// of the names.
    pub fn properties(&self) -> &[Prop] {
        &self.properties
    }

    /// What was selected, in the order in which it was sent, each once.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// What stands in the parentheses of the context: declared names in the order in which they
    /// were sent, `*` for all. Empty when nobody declared any of them.
    pub fn context_names(&self) -> String {
        let names: Vec<_> = self
            .items
            .iter()
            .filter_map(|item| match item {
                Item::Star => Some("*"),
                Item::Declared(property) => Some(property.name()),
                Item::Tracked(link) => Some(link.property.name()),
                Item::Ignored(_) => None,
            })
            .collect();
        names.join(",")
    }

    /// Whether changes of the link were asked for by its name.
    pub fn tracks(&self, link: &Navigation) -> bool {
        let is_it = |item: &Item| matches!(item, Item::Tracked(own) if *own == link);
        self.items.iter().any(is_it)
    }

    /// Whether `*` was sent.
    pub fn is_all(&self) -> bool {
        self.items.contains(&Item::Star)
    }

    /// The names nobody declared.
    pub(crate) fn ignored(&self) -> impl Iterator<Item = &str> {
        self.items.iter().filter_map(|item| match item {
            Item::Ignored(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The value as a next link repeats it.
    pub fn canonical_text(&self) -> String {
        let mut out = String::new();
        self.canonical(&mut out);
        out
    }

    /// The value as a next link repeats it: also what is ignored, so that the next page says the
    /// same.
    pub(crate) fn canonical(&self, out: &mut String) {
        for (at, item) in self.items.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            match item {
                Item::Star => out.push('*'),
                Item::Declared(property) => out.push_str(property.name()),
                Item::Tracked(link) => out.push_str(link.property.name()),
                Item::Ignored(name) => encode(out, name),
            }
        }
    }
}

/// What `*` selects.
fn everything(ty: Entity<'_>, version: Version, shape: Shape) -> impl Iterator<Item = Prop> {
    let readable = move |property: &Prop| {
        property.is_in(version)
            && !property.is_guarded()
            && match property.returned {
                Returned::Default | Returned::Select => true,
                Returned::SelectSingle => shape == Shape::Single,
                // As beta's default set: `*` names none of a tenant's schema extensions.
                Returned::Selected | Returned::Never => false,
            }
    };
    let links = ty.ty().navigation.iter();
    let links = links.filter(|link| !link.linked);
    let links = links.map(|link| Prop::Core(link.property));
    ty.properties().chain(links).filter(readable)
}

/// The link of these that a path names.
fn link(path: &str, links: &[&'static Navigation]) -> Option<&'static Navigation> {
    let is_named = |link: &&&Navigation| link.property.name().eq_ignore_ascii_case(path);
    links.iter().find(is_named).copied()
}

/// The property that a path selects: one step names it; further steps must lead into a complex
/// property. A cast to the type itself may stand before it.
fn declared(path: &str, ty: Entity<'_>, version: Version) -> Option<Prop> {
    let mut steps = path.split('/');
    let mut first = steps.next()?;
    if let Some((namespace, name)) = first.rsplit_once('.')
        && (namespace.eq_ignore_ascii_case(NAMESPACE) || namespace.eq_ignore_ascii_case("graph"))
        && name.eq_ignore_ascii_case(ty.name)
    {
        first = steps.next()?;
    }
    let property = ty
        .property(first, version)
        // What is linked is reached by its own URL or by `$expand`.
        .or_else(|| {
            let navigation = ty
                .navigation(first)
                .filter(|navigation| !navigation.linked)?;
            Some(Prop::Core(navigation.property))
        })?;
    let mut within = property.ty_in(version).clone();
    for step in steps {
        within = match &within {
            Type::Complex(complex) if complex.open => return Some(property),
            Type::Complex(complex) => complex.property(step, version)?.ty_in(version).clone(),
            _ => return None,
        };
    }
    Some(property)
}
