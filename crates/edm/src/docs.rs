//! The property table for people to read: `docs/properties.md`.

use core::fmt::Write as _;

use crate::property::{Complex, ComplexType, Type};
use crate::types::EntityType;
use crate::{Guard, Ops, Prop, Property, Returned, Search, Sort, invitation, user};

const HEAD: &str = "\
# Properties

Made from the property table in `crates/edm`; a test keeps it current (`UPDATE_DOCS=1 cargo test -p edm` writes it).

- **Versions** and **Documents**: where it is present; 000 is the document *Add invitedUser* (`microsoft.graph.user`), 001
  *Add pendingMembers* (`Microsoft.DirectoryServices.user`; P-references-1).
- **Write**: C when the object is created, U afterwards, *required* in a create body (of a user without `identities`),
  *sensitive* on administrators; empty is read-only.
- **Returned**: *default* without being asked for, *select* on `$select` (by default in beta, unless a permission is
  named), *single* on `$select` of one object, *never*.
- **$filter**: operators of any query, and those of *advanced* queries (`ConsistencyLevel: eventual` and
  `$count=true`). **Sort**: *any* query or *advanced* ones. **Search**: by *tokens* or as *prefix*.
- Lengths count characters.
";

/// The page.
pub fn properties_markdown() -> String {
    let mut page = Page(HEAD.to_owned());
    for ty in [&user::TYPE, &invitation::TYPE] {
        page.entity(ty);
    }
    page.line("\n## Complex types");
    let mut seen: Vec<Complex> = Vec::new();
    let mut left: Vec<Prop> = user::TYPE
        .properties
        .iter()
        .chain(invitation::TYPE.properties)
        .copied()
        .map(Prop::Core)
        .collect();
    left.reverse();
    while let Some(property) = left.pop() {
        for ty in [Some(&property.ty), property.beta_ty.as_ref()]
            .into_iter()
            .flatten()
        {
            if let Type::Complex(ty) = ty
                && !seen.contains(ty)
            {
                seen.push(ty.clone());
                left.extend(ty.properties());
            }
        }
    }
    seen.sort_by(|one, other| one.name().cmp(other.name()));
    for ty in &seen {
        page.complex(ty);
    }
    page.0
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn entity(&mut self, ty: &EntityType) {
        self.line(&format!(
            "\n## {}\n\n{} properties.\n",
            ty.name,
            ty.properties.len()
        ));
        self.line("| Property | Type | Versions | Documents | Write | Returned | $filter | Sort | Search | What holds |");
        self.line("|---|---|---|---|---|---|---|---|---|---|");
        for property in ty.properties {
            let cells = [
                format!("`{}`", property.name()),
                type_cell(property),
                versions(property).to_owned(),
                seeds(property).to_owned(),
                write_cell(property),
                returned_cell(property),
                filter_cell(property),
                sort_cell(property.sort).to_owned(),
                search_cell(property.search).to_owned(),
                note_cell(property),
            ];
            self.row(&cells);
        }
        self.navigation(ty);
    }

    fn navigation(&mut self, ty: &EntityType) {
        self.line("\n| Navigation property | Leads to | Write | What holds |");
        self.line("|---|---|---|---|");
        for navigation in ty.navigation {
            let property = navigation.property;
            let target = if property.collection {
                format!("[{}]", navigation.target)
            } else {
                navigation.target.to_owned()
            };
            self.row(&[
                format!("`{}`", property.name()),
                target,
                write_cell(property),
                property.note().to_owned(),
            ]);
        }
    }

    fn complex(&mut self, ty: &ComplexType) {
        let open = if ty.open { " (open)" } else { "" };
        self.line(&format!("\n### {}{open}\n", ty.name()));
        if ty.properties().next().is_none() {
            self.line("No declared members.");
            return;
        }
        self.line("| Member | Type | Write | What holds |");
        self.line("|---|---|---|---|");
        for member in ty.properties() {
            let name = format!("`{}`", member.name());
            self.row(&[
                name,
                type_cell(&member),
                write_cell(&member),
                note_cell(&member),
            ]);
        }
    }

    fn row(&mut self, cells: &[String]) {
        for cell in cells {
            // Writing into a String does not fail.
            let _ = write!(self.0, "| {} ", cell.replace('|', "\\|"));
        }
        self.line("|");
    }
}

fn type_cell(property: &Property) -> String {
    let plain = |ty: &Type| {
        let name = ty.csdl_name();
        let name = name.trim_start_matches("Edm.").trim_start_matches("graph.");
        if property.collection {
            format!("[{name}]")
        } else {
            name.to_owned()
        }
    };
    let mut cell = plain(&property.ty);
    if let Some(beta) = &property.beta_ty {
        let _ = write!(cell, " (beta: {})", plain(beta));
    }
    if !property.nullable {
        cell.push_str(", not null");
    }
    cell
}

fn versions(property: &Property) -> &'static str {
    match (property.v1, property.beta) {
        (true, true) => "both",
        (true, false) => "v1.0",
        (false, true) => "beta",
        (false, false) => "none",
    }
}

fn seeds(property: &Property) -> &'static str {
    match (property.seed_000, property.directory_services) {
        (true, true) => "000 001",
        (true, false) => "000",
        (false, true) => "001",
        (false, false) => "",
    }
}

fn write_cell(property: &Property) -> String {
    let write = property.write;
    let mut words = Vec::new();
    match (write.create, write.update) {
        (true, true) => words.push("C U"),
        (true, false) => words.push("C"),
        (false, true) => words.push("U"),
        (false, false) => {}
    }
    if write.required {
        words.push("required");
    }
    if write.sensitive {
        words.push("sensitive");
    }
    words.extend(property.guard.and_then(Guard::writing));
    words.join(", ")
}

fn returned_cell(property: &Property) -> String {
    let when = match property.returned {
        Returned::Default => "default",
        Returned::Select => "select",
        Returned::SelectSingle => "single",
        Returned::Selected => "selected",
        Returned::Never => "never",
    };
    let permission = property.guard.and_then(Guard::reading);
    permission.map_or(when.to_owned(), |permission| {
        format!("{when}, {permission}")
    })
}

fn filter_cell(property: &Property) -> String {
    let words = |ops: Ops| {
        ops.iter()
            .map(crate::Op::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let (default, advanced) = (
        words(property.filter.default),
        words(property.filter.advanced),
    );
    match (default.is_empty(), advanced.is_empty()) {
        (_, true) => default,
        (true, false) => format!("advanced: {advanced}"),
        (false, false) => format!("{default}; advanced: {advanced}"),
    }
}

fn sort_cell(sort: Sort) -> &'static str {
    match sort {
        Sort::No => "",
        Sort::Default => "any",
        Sort::Advanced => "advanced",
    }
}

fn search_cell(search: Search) -> &'static str {
    match search {
        Search::No => "",
        Search::Tokens => "tokens",
        Search::Prefix => "prefix",
    }
}

fn note_cell(property: &Property) -> String {
    let mut cell = property.note().to_owned();
    if let Some(max) = property.max_len {
        let _ = write!(cell, " At most {max} characters.");
    }
    match property.max_items {
        Some(1) => cell.push_str(" At most one element."),
        Some(max) => {
            let _ = write!(cell, " At most {max} elements.");
        }
        None => {}
    }
    cell
}
