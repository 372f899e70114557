//! `$metadata`, derived from the tables: only types that are served, and what their properties
//! need.

use core::fmt::Write as _;
use std::borrow::Cow;
use std::sync::LazyLock;

use crate::complex::conversion_user_details;
use crate::property::{Complex, EnumType, NAMESPACE, Type};
use crate::schema::{Entity, Schema};
use crate::types::{EntityType, Navigation};
use crate::{
    Handle, Prop, Property, Version, allowed_value, application, attribute_definition,
    attribute_set, domain, entity, extension_property, invitation, invitation_block,
    open_extension, organization, pending_member, schema_extension, subscribed_sku, user,
};

/// The vocabulary that every protocol client knows.
const CORE: &str = "Org.OData.Core.V1";

/// The types that have an entity set, in the order of the service document.
pub static ENTITY_SETS: &[&EntityType] = &[
    &entity::DIRECTORY_OBJECT,
    &application::TYPE,
    &schema_extension::TYPE,
    &invitation::TYPE,
    &invitation_block::TYPE,
    &user::TYPE,
    &pending_member::TYPE,
    &domain::TYPE,
    &organization::TYPE,
    &subscribed_sku::TYPE,
];

/// What is one object alone: its name and its type.
pub static SINGLETONS: [(&str, &str); 2] = [("me", "user"), ("directory", "directory")];

/// A function or action that is served, bound to an object or a collection.
struct Operation {
    name: &'static str,
    /// An action; else a function.
    changes: bool,
    on: &'static str,
    takes: &'static [(&'static str, &'static str)],
    returns: &'static str,
    /// The one version that has it; `None` where both do.
    only: Option<Version>,
}

const STRING: &str = "Edm.String";
const STRINGS: &str = "Collection(Edm.String)";
const OBJECT: &str = "graph.directoryObject";
const OBJECTS: &str = "Collection(graph.directoryObject)";
const USER: &str = "graph.user";

/// One that both versions have and that takes nothing.
const fn operation(
    name: &'static str,
    changes: bool,
    on: &'static str,
    returns: &'static str,
) -> Operation {
    Operation {
        name,
        changes,
        on,
        takes: &[],
        returns,
        only: None,
    }
}

static OPERATIONS: &[Operation] = &[
    operation("delta", false, OBJECTS, OBJECTS),
    operation(
        "delta",
        false,
        "Collection(graph.user)",
        "Collection(graph.user)",
    ),
    Operation {
        takes: &[
            (user::USER_PRINCIPAL_NAME.name(), STRING),
            (user::MAIL.name(), STRING),
            (user::PASSWORD_PROFILE.name(), "graph.passwordProfile"),
        ],
        only: Some(Version::Beta),
        ..operation(
            "convertExternalToInternalMemberUser",
            true,
            USER,
            "graph.conversionUserDetails",
        )
    },
    Operation {
        takes: &[("ids", STRINGS), ("types", STRINGS)],
        ..operation("getByIds", true, OBJECTS, OBJECTS)
    },
    Operation {
        takes: &[(
            extension_property::IS_SYNCED_FROM_ON_PREMISES.name(),
            "Edm.Boolean",
        )],
        ..operation(
            "getAvailableExtensionProperties",
            true,
            OBJECTS,
            "Collection(graph.extensionProperty)",
        )
    },
    operation("resend", true, "graph.invitation", "graph.invitation"),
    operation("restore", true, OBJECT, OBJECT),
    operation("revokeSignInSessions", true, USER, "Edm.Boolean"),
];

/// A navigation property whose target lives within the object.
fn contained<'a>(name: &'a str, ty: &'a str) -> [(&'static str, &'a str); 3] {
    [("Name", name), ("Type", ty), ("ContainsTarget", "true")]
}

/// The entity types of the main namespace, base types first. Open extensions have no set: they live
/// within the object they are about; nor have custom security attributes, whose definitions live
/// within the directory.
fn entity_types() -> impl Iterator<Item = &'static EntityType> {
    let is_own = |ty: &&EntityType| ty.set != pending_member::TYPE.set;
    let with_sets = ENTITY_SETS.iter().copied().filter(is_own);
    let contained = [
        &extension_property::TYPE,
        &open_extension::EXTENSION,
        &open_extension::TYPE,
        &attribute_set::TYPE,
        &attribute_definition::TYPE,
        &allowed_value::TYPE,
    ];
    core::iter::once(&entity::ENTITY)
        .chain(with_sets)
        .chain(contained)
}

/// The CSDL of that version, as XML.
pub fn csdl(version: Version) -> &'static str {
    static V1: LazyLock<String> = LazyLock::new(|| document(Schema::core(), Version::V1));
    static BETA: LazyLock<String> = LazyLock::new(|| document(Schema::core(), Version::Beta));
    match version {
        Version::V1 => &V1,
        Version::Beta => &BETA,
    }
}

/// [`csdl`] with what a tenant may have defined of its own.
pub fn csdl_of(schema: &Schema, version: Version) -> Cow<'static, str> {
    if schema.is_core() {
        Cow::Borrowed(csdl(version))
    } else {
        Cow::Owned(document(schema, version))
    }
}

fn document(schema: &Schema, version: Version) -> String {
    let named = Named::reached(schema, version);
    let mut schemas = Xml::default();
    for namespace in named.namespaces() {
        schemas.schema(namespace, &named, schema, version);
    }
    schemas.directory_services(schema, version);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<edmx:Edmx Version=\"4.0\" \
         xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\">\n<edmx:DataServices>\n{}</edmx:DataServices>\n\
         </edmx:Edmx>\n",
        schemas.0
    )
}

/// The complex and enumeration types that the version's properties reach, by name.
#[derive(Default)]
struct Named {
    complex: Vec<Complex>,
    enums: Vec<&'static EnumType>,
}

impl Named {
    fn reached(schema: &Schema, version: Version) -> Self {
        let mut found = Self::default();
        let mut left: Vec<Prop> = entity_types()
            .flat_map(|ty| schema.properties(ty))
            .collect();
        while let Some(property) = left.pop() {
            if !property.is_in(version) {
                continue;
            }
            match property.ty_in(version) {
                Type::Complex(ty) if !found.complex.contains(ty) => {
                    found.complex.push(ty.clone());
                    left.extend(ty.properties());
                }
                Type::Enum(ty) if !found.enums.iter().any(|seen| seen.name == ty.name) => {
                    found.enums.push(ty);
                }
                _ => {}
            }
        }
        // No property has this type; an action returns it.
        if version == Version::Beta {
            found
                .complex
                .push(Handle::Core(&conversion_user_details::TYPE));
        }
        found
            .complex
            .sort_by(|one, other| one.name().cmp(other.name()));
        found.enums.sort_by_key(|ty| ty.name);
        found
    }

    fn namespaces(&self) -> Vec<&'static str> {
        let mut all = vec![NAMESPACE];
        for ty in &self.complex {
            if !all.contains(&ty.namespace) {
                all.push(ty.namespace);
            }
        }
        all
    }
}

/// XML under construction.
#[derive(Default)]
struct Xml(String);

impl Xml {
    fn schema(
        &mut self,
        namespace: &'static str,
        named: &Named,
        schema: &Schema,
        version: Version,
    ) {
        let alias: &[(&str, &str)] = if namespace == NAMESPACE {
            &[("Alias", "graph")]
        } else {
            &[]
        };
        let xmlns = ("xmlns", "http://docs.oasis-open.org/odata/ns/edm");
        self.open(
            "Schema",
            &[&[("Namespace", namespace)], alias, &[xmlns]].concat(),
        );
        if namespace == NAMESPACE {
            for ty in &named.enums {
                self.enumeration(ty);
            }
        }
        for ty in named.complex.iter().filter(|ty| ty.namespace == namespace) {
            self.open(
                "ComplexType",
                &type_attributes(ty.name(), None, ty.is_abstract, ty.open),
            );
            for property in ty.properties() {
                self.property(&property, version);
            }
            self.close("ComplexType");
        }
        if namespace == NAMESPACE {
            for ty in entity_types() {
                self.entity(schema.entity(ty), version);
            }
            self.photo_and_directory();
            let is_in = |one: &&Operation| one.only.is_none_or(|only| only == version);
            for operation in OPERATIONS.iter().filter(is_in) {
                self.operation(operation);
            }
            self.container(version);
        }
        self.close("Schema");
    }

    /// The directory workload's own namespace: members whose joining awaits approval, and what
    /// decides it.
    fn directory_services(&mut self, schema: &Schema, version: Version) {
        let xmlns = ("xmlns", "http://docs.oasis-open.org/odata/ns/edm");
        let namespace = ("Namespace", pending_member::NAMESPACE);
        self.open("Schema", &[namespace, xmlns]);
        self.entity(schema.entity(&pending_member::TYPE), version);
        for action in ["approve", "decline"] {
            self.open("Action", &[("Name", action), ("IsBound", "true")]);
            let ty = qualified(&pending_member::TYPE);
            self.empty("Parameter", &[("Name", "bindingParameter"), ("Type", &ty)]);
            self.close("Action");
        }
        self.close("Schema");
    }

    fn enumeration(&mut self, ty: &EnumType) {
        self.open("EnumType", &[("Name", ty.name)]);
        for (name, value) in ty.members {
            self.empty("Member", &[("Name", name), ("Value", &value.to_string())]);
        }
        self.close("EnumType");
    }

    fn entity(&mut self, ty: Entity<'_>, version: Version) {
        let base = ty.base.map(|base| format!("graph.{}", base.name));
        self.open(
            "EntityType",
            &type_attributes(ty.name, base.as_deref(), ty.is_abstract, ty.open),
        );
        if ty.base.is_none() {
            self.open("Key", &[]);
            self.empty("PropertyRef", &[("Name", entity::ID.name())]);
            self.close("Key");
        }
        let inherited = ty.base.map_or(&[][..], |base| base.properties);
        // By name: some types have a row of their own for what their base declares.
        let is_inherited = |own: &Prop| inherited.iter().any(|base| base.name() == own.name());
        for property in ty.properties().filter(|own| !is_inherited(own)) {
            self.property(&property, version);
        }
        for navigation in navigation(ty.ty(), version) {
            let target = if navigation.property.collection {
                format!("Collection(graph.{})", navigation.target)
            } else {
                format!("graph.{}", navigation.target)
            };
            let attributes = contained(navigation.property.name(), &target);
            let declared = if navigation.contained { 3 } else { 2 };
            self.empty(
                "NavigationProperty",
                attributes.get(..declared).unwrap_or_default(),
            );
        }
        if is_user(ty.ty()) {
            for (name, target) in [
                ("photo", "graph.profilePhoto"),
                ("photos", "Collection(graph.profilePhoto)"),
            ] {
                self.empty("NavigationProperty", &contained(name, target));
            }
        }
        if core::ptr::eq(ty.ty(), &raw const application::TYPE) {
            let target = "Collection(graph.extensionProperty)";
            let extensions = contained(application::EXTENSION_PROPERTIES, target);
            self.empty("NavigationProperty", &extensions);
        }
        if !ty.alternate_keys.is_empty() {
            self.alternate_keys(ty.alternate_keys);
        }
        self.close("EntityType");
    }

    /// In the vocabulary's own words: each alternate key is a list of the properties that make it
    /// up.
    fn alternate_keys(&mut self, keys: &[&Property]) {
        let term = format!("{CORE}.AlternateKeys");
        self.open("Annotation", &[("Term", &term)]);
        self.open("Collection", &[]);
        for key in keys {
            self.open("Record", &[("Type", &format!("{CORE}.AlternateKey"))]);
            self.open("PropertyValue", &[("Property", "Key")]);
            self.open("Collection", &[]);
            self.open("Record", &[("Type", &format!("{CORE}.PropertyRef"))]);
            self.empty(
                "PropertyValue",
                &[("Property", "Name"), ("PropertyPath", key.name())],
            );
            self.empty(
                "PropertyValue",
                &[("Property", "Alias"), ("String", key.name())],
            );
            self.close("Record");
            self.close("Collection");
            self.close("PropertyValue");
            self.close("Record");
        }
        self.close("Collection");
        self.close("Annotation");
    }

    fn property(&mut self, property: &Property, version: Version) {
        if property.is_in(version) {
            let ty = property.csdl_type(version);
            let mut attributes = vec![("Name", property.name()), ("Type", ty.as_str())];
            if !property.nullable {
                attributes.push(("Nullable", "false"));
            }
            self.empty("Property", &attributes);
        }
    }

    fn container(&mut self, version: Version) {
        self.open("EntityContainer", &[("Name", "GraphService")]);
        for ty in ENTITY_SETS.iter().copied() {
            self.open(
                "EntitySet",
                &[("Name", ty.set), ("EntityType", &qualified(ty))],
            );
            self.bindings(ty, version);
            self.close("EntitySet");
        }
        for (name, ty) in SINGLETONS {
            let attributes = [("Name", name), ("Type", &format!("{NAMESPACE}.{ty}"))];
            if ty == user::TYPE.name {
                self.open("Singleton", &attributes);
                self.bindings(&user::TYPE, version);
                self.close("Singleton");
            } else {
                self.empty("Singleton", &attributes);
            }
        }
        self.close("EntityContainer");
    }

    /// Where the links of a type lead.
    fn bindings(&mut self, ty: &'static EntityType, version: Version) {
        for navigation in navigation(ty, version).filter(|link| !link.contained) {
            let binding = [
                ("Path", navigation.property.name()),
                ("Target", navigation.set),
            ];
            self.empty("NavigationPropertyBinding", &binding);
        }
    }

    /// Two types that hold nothing but what is reached through them: no table describes their few
    /// properties.
    fn photo_and_directory(&mut self) {
        let base = ("BaseType", "graph.entity");
        let photo = [("Name", "profilePhoto"), base, ("HasStream", "true")];
        self.open("EntityType", &photo);
        for name in ["height", "width"] {
            self.empty("Property", &[("Name", name), ("Type", "Edm.Int32")]);
        }
        self.close("EntityType");
        self.open("EntityType", &[("Name", "directory"), base]);
        let ty = "Collection(graph.directoryObject)";
        self.empty("NavigationProperty", &contained("deletedItems", ty));
        for (name, ty) in [
            ("attributeSets", attribute_set::TYPE.name),
            (
                "customSecurityAttributeDefinitions",
                attribute_definition::TYPE.name,
            ),
        ] {
            let ty = format!("Collection(graph.{ty})");
            self.empty("NavigationProperty", &contained(name, &ty));
        }
        self.close("EntityType");
    }

    fn operation(&mut self, operation: &Operation) {
        let element = if operation.changes {
            "Action"
        } else {
            "Function"
        };
        self.open(element, &[("Name", operation.name), ("IsBound", "true")]);
        let bound = ("bindingParameter", operation.on);
        for (name, ty) in core::iter::once(&bound).chain(operation.takes) {
            self.empty("Parameter", &[("Name", name), ("Type", ty)]);
        }
        self.empty("ReturnType", &[("Type", operation.returns)]);
        self.close(element);
    }

    fn open(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.tag(element, attributes, ">\n");
    }

    fn empty(&mut self, element: &str, attributes: &[(&str, &str)]) {
        self.tag(element, attributes, "/>\n");
    }

    fn close(&mut self, element: &str) {
        // Writing into a String does not fail.
        let _ = writeln!(self.0, "</{element}>");
    }

    fn tag(&mut self, element: &str, attributes: &[(&str, &str)], end: &str) {
        self.0.push('<');
        self.0.push_str(element);
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            escape(&mut self.0, value);
            self.0.push('"');
        }
        self.0.push_str(end);
    }
}

/// The type's name with its namespace. Only one type has another than the usual one.
pub fn qualified(ty: &'static EntityType) -> String {
    let namespace = if core::ptr::eq(ty, &raw const pending_member::TYPE) {
        pending_member::NAMESPACE
    } else {
        NAMESPACE
    };
    format!("{namespace}.{}", ty.name)
}

/// The links of a type, those too that have their own URL and stand in no answer.
fn navigation(
    ty: &'static EntityType,
    version: Version,
) -> impl Iterator<Item = &'static Navigation> {
    let own = is_user(ty).then_some(&user::TRANSITIVE_REPORTS_NAVIGATION);
    let all = ty.navigation.iter().copied().chain(own);
    all.filter(move |navigation| navigation.property.is_in(version))
}

fn is_user(ty: &'static EntityType) -> bool {
    core::ptr::eq(ty, &raw const user::TYPE)
}

fn type_attributes<'a>(
    name: &'a str,
    base: Option<&'a str>,
    is_abstract: bool,
    open: bool,
) -> Vec<(&'static str, &'a str)> {
    let mut attributes = vec![("Name", name)];
    attributes.extend(base.map(|base| ("BaseType", base)));
    attributes.extend(is_abstract.then_some(("Abstract", "true")));
    attributes.extend(open.then_some(("OpenType", "true")));
    attributes
}

/// An attribute's value.
fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
}
