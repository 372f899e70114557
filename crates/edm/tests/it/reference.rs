//! The table compared with published metadata and tables, where they are at hand. They are read in
//! place; elsewhere the comparison says "not here".

use crate::xml::{Element, children, elements};
use edm::{ComplexType, Op, Ops, Property, Returned, Type, Version, invitation, user};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// A file of the reference folder, if it is here.
fn reference(file: &str) -> Option<String> {
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(file)).ok();
    if text.is_none() {
        eprintln!("{file}: not here");
    }
    text
}

/// The texts of the reference folder, whatever they are called, if they are here.
fn reference_texts() -> Vec<String> {
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let files = std::fs::read_dir(folder.join("spec")).into_iter().flatten();
    let paths = files.flatten().map(|file| file.path());
    let texts: Vec<String> = paths
        .filter(|path| path.is_file())
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    if texts.is_empty() {
        eprintln!("reference texts: not here");
    }
    texts
}

/// name → (type, nullable)
type Members = BTreeMap<String, (String, bool)>;

fn published(all: &[Element], tag: &str, name: &str) -> Members {
    let properties =
        children(all, (tag, name), "Property").unwrap_or_else(|| panic!("{name} is not published"));
    let member = |e: &Element| {
        let ty = e.get("Type").unwrap().to_owned();
        (
            e.get("Name").unwrap().to_owned(),
            (ty, e.get("Nullable") != Some("false")),
        )
    };
    properties.into_iter().map(member).collect()
}

fn ours(properties: &[&Property], version: Version) -> Members {
    let member = |p: &&Property| (p.name().to_owned(), (p.csdl_type(version), p.nullable));
    properties
        .iter()
        .filter(|p| p.is_in(version))
        .map(member)
        .collect()
}

#[test]
fn published_metadata() {
    for version in Version::ALL {
        let Some(text) = reference(&format!("data/{version}.csdl.xml")) else {
            continue;
        };
        let all = elements(&text);
        for ty in [&user::TYPE, &invitation::TYPE] {
            let mut expected = published(&all, "EntityType", ty.name);
            let mut base = ty.base;
            while let Some(ty) = base {
                expected.extend(published(&all, "EntityType", ty.name));
                base = ty.base;
            }
            assert_eq!(
                ours(ty.properties, version),
                expected,
                "{} in {version}",
                ty.name
            );
            for navigation in ty.navigation {
                let published =
                    children(&all, ("EntityType", ty.name), "NavigationProperty").unwrap();
                let found = published
                    .iter()
                    .find(|e| e.get("Name") == Some(navigation.property.name()))
                    .unwrap();
                let target = format!("graph.{}", navigation.target);
                let target = if navigation.property.collection {
                    format!("Collection({target})")
                } else {
                    target
                };
                assert_eq!(found.get("Type"), Some(target.as_str()));
            }
            complex_types(&all, ty.properties, version);
        }
    }
}

/// The rows of a core type's members.
fn core(ty: &ComplexType) -> Vec<&'static Property> {
    let rows = ty.properties().map(|member| member.core().unwrap());
    rows.collect()
}

fn complex_types(all: &[Element], properties: &[&Property], version: Version) {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut left: Vec<&Property> = properties
        .iter()
        .copied()
        .filter(|p| p.is_in(version))
        .collect();
    while let Some(property) = left.pop() {
        match property.ty_in(version) {
            Type::Complex(ty) if seen.insert(ty.name()) => {
                assert_eq!(
                    ours(&core(ty), version),
                    published(all, "ComplexType", ty.name()),
                    "{}",
                    ty.name()
                );
                open(all, ty);
                left.extend(core(ty));
            }
            Type::Enum(ty) => {
                let members = children(all, ("EnumType", ty.name), "Member").unwrap();
                let members: Vec<_> = members
                    .iter()
                    .map(|e| {
                        (
                            e.get("Name").unwrap(),
                            e.get("Value").unwrap().parse().unwrap(),
                        )
                    })
                    .collect();
                assert_eq!(ty.members, members, "{}", ty.name);
            }
            _ => {}
        }
    }
}

fn open(all: &[Element], ty: &ComplexType) {
    let element = all
        .iter()
        .find(|e| e.name == "ComplexType" && e.get("Name") == Some(ty.name()))
        .unwrap();
    assert_eq!(
        (ty.open, ty.is_abstract),
        (
            element.get("OpenType").is_some(),
            element.get("Abstract").is_some()
        )
    );
    let schema = element.parent.and_then(|at| all.get(at)).unwrap();
    assert_eq!(schema.get("Namespace"), Some(ty.namespace), "{}", ty.name());
}

#[test]
fn our_own_metadata_says_the_same() {
    for version in Version::ALL {
        let all = elements(edm::metadata::csdl(version));
        let mut expected = ours(user::TYPE.properties, version);
        for base in ["entity", "directoryObject"] {
            for name in published(&all, "EntityType", base).keys() {
                expected.remove(name);
            }
        }
        assert_eq!(published(&all, "EntityType", "user"), expected);
    }
}

#[test]
fn listed_properties() {
    let Some(text) = reference("data/user-properties.json") else {
        return;
    };
    let json: edm::Json = serde_json::from_str(&text).unwrap();
    let listed = json["properties"].as_array().unwrap();
    assert_eq!(listed.len(), user::TYPE.properties.len());
    for entry in listed {
        let name = entry["name"].as_str().unwrap();
        let property = user::TYPE
            .property(name, Version::Beta)
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!(property.name(), name);
        let flags = (
            property.v1,
            property.beta,
            property.seed_000,
            property.directory_services,
        );
        let listed = |key: &str| entry[key].as_bool().unwrap();
        assert_eq!(
            flags,
            (
                listed("in_v1"),
                listed("in_beta"),
                listed("in_seed_000"),
                listed("in_seed_001")
            ),
            "{name}"
        );
        assert_eq!(
            (property.collection, property.nullable),
            (listed("collection"), listed("nullable")),
            "{name}"
        );
        assert_eq!(
            property.ty.csdl_name(),
            entry["type"].as_str().unwrap(),
            "{name}"
        );
        if let Some(max) = entry["max_length"].as_u64() {
            assert_eq!(property.max_len.map(u64::from), Some(max), "{name}");
        }
        // onPremisesExtensionAttributes is read-only of synchronised users alone (P-users-17).
        if entry["read_only"].as_bool() == Some(true) && name != "onPremisesExtensionAttributes" {
            assert!(property.is_read_only(), "{name}");
        }
    }
}

/// Where the service was found to take other operators than the table says; the list only shrinks.
const FOUND: &[(&str, &str)] = &[
    ("assignedPlans", "A: eq not"),
    ("businessPhones", "A: eq ge le not startsWith"),
    ("createdDateTime", "D: eq ge le in; A: ne not"),
    ("onPremisesExtensionAttributes", "A: eq ne not in"),
    ("onPremisesImmutableId", "D: eq in; A: ne not ge le"),
    ("onPremisesLastSyncDateTime", "D: eq ge le in; A: ne not"),
    ("passwordPolicies", "A: ne not null"),
    ("provisionedPlans", "A: eq ge le not"),
];

/// One row of a published table, cell by cell.
struct Row<'a>(Vec<&'a str>);

impl Row<'_> {
    fn check(&self) {
        let cell = |at: usize| self.0[at];
        let property = user::TYPE
            .property(cell(0), Version::Beta)
            .unwrap_or_else(|| panic!("{}", cell(0)));
        let name = property.name();
        assert_eq!(property.nullable, cell(2) == "Y", "{name}");
        let collection = cell(1).starts_with('[');
        assert_eq!(property.collection, collection, "{name}");
        let ty = property.ty.csdl_name();
        let plain = ty
            .trim_start_matches("Edm.")
            .trim_start_matches("graph.")
            .trim_start_matches("microsoft.graph.");
        assert_eq!(plain, cell(1).trim_matches(['[', ']']), "{name}");
        self.check_write(property);
        let returned = match cell(4).split(' ').next().unwrap() {
            "yes" => Returned::Default,
            "sel" => Returned::Select,
            "sel1" => Returned::SelectSingle,
            other => panic!("{other}"),
        };
        assert_eq!(property.returned, returned, "{name}");
        let listed = operators(cell(5));
        let found = FOUND.iter().find(|(found, _)| *found == name);
        match found.map(|(_, text)| operators(text)) {
            Some(found) => {
                assert_ne!(found, listed, "{name}: no difference any more");
                assert_eq!(property.filter, found, "{name}");
            }
            None => assert_eq!(property.filter, listed, "{name}"),
        }
        let present = [
            property.v1,
            property.beta,
            property.seed_000,
            property.directory_services,
        ];
        assert_eq!(
            present.map(|p| if p { "y" } else { "-" }),
            [cell(7), cell(8), cell(9), cell(10)],
            "{name}"
        );
    }

    /// The profile properties are written by R-35, the reserved ones are kept as sent; the rest as
    /// the column says.
    fn check_write(&self, property: &Property) {
        let cell = self.0[3];
        let words: Vec<_> = cell.split(' ').collect();
        if property.profile || words[0] == "reserved" {
            assert_eq!(
                property.is_read_only(),
                property.name() == "signInActivity",
                "{}",
                property.name()
            );
            return;
        }
        // Those who may assign custom security attributes do so at creation too (decision record
        // 0094).
        let is_created = property.name() == "customSecurityAttributes";
        let create = is_created || words.iter().any(|word| word.starts_with('C'));
        let update = words.iter().any(|word| word.starts_with('U'));
        assert_eq!(
            (property.write.create, property.write.update),
            (create, update),
            "{}",
            property.name()
        );
        assert_eq!(
            property.write.required,
            cell.contains("C(req)"),
            "{}",
            property.name()
        );
        assert_eq!(
            property.write.sensitive,
            cell.contains("U*"),
            "{}",
            property.name()
        );
    }
}

/// `D: eq ge; A: ne`
fn operators(cell: &str) -> edm::Operators {
    let mut filter = edm::Operators::NONE;
    for part in cell.split(';').filter(|part| *part != "-") {
        let (mode, words) = part.trim().split_once(':').unwrap();
        let ops: Vec<Op> = words.split_whitespace().filter_map(op).collect();
        let ops = Ops::of(&ops);
        match mode {
            "D" => filter.default = ops,
            "A" => filter.advanced = ops,
            other => panic!("{other}"),
        }
    }
    filter
}

fn op(word: &str) -> Option<Op> {
    // `/$count 0` is two words.
    if word == "0" {
        None
    } else {
        Some(
            Op::ALL
                .into_iter()
                .find(|op| op.as_str() == word)
                .expect(word),
        )
    }
}

#[test]
fn the_specifications_table() {
    let texts = reference_texts();
    let head = "## 11. Full property table";
    let section = texts.iter().find_map(|text| text.split_once(head));
    assert!(
        texts.is_empty() || section.is_some(),
        "no text has {head:?}"
    );
    let Some((_, section)) = section else {
        return;
    };
    let (table, _) = section.split_once("Property sources:").unwrap();
    let rows: Vec<Row<'_>> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| Row(line.split(" | ").map(str::trim).collect()))
        .filter(|row| row.0.len() == 11 && row.0[0] != "Property")
        .collect();
    // The table does not have three properties of beta.
    assert_eq!(rows.len(), user::TYPE.properties.len() - 3);
    rows.iter().for_each(Row::check);
}
