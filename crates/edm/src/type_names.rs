//! What `odata.metadata=full` tells of single members: `createdDateTime@odata.type` before
//! `createdDateTime`.
//!
//! JSON tells texts, truth values and whole numbers apart by itself: those carry no type. All else
//! does: instants, ids and enumerations look like texts, collections like each other. A complex
//! value names its type within; null has none.

use core::fmt::Write as _;

use crate::json::Json;
use crate::property::{NAMESPACE, Type};
use crate::{Entity, Members, Prop, Property, Version};

/// The annotation of a type.
pub const TYPE: &str = "@odata.type";

/// The members of an object of that type, as answers show them, with the types of those that need
/// one.
pub fn told(members: &Members, ty: Entity<'_>, version: Version) -> Members {
    match serde_json::from_str(&members.clone().object()) {
        Ok(Json::Object(read)) => typed(read, |name| ty.property(name, version), version),
        // What is shown is an object always.
        _ => members.clone(),
    }
}

/// The value of one property that is answered alone: its type, where it needs one outside the
/// value, and the value.
pub fn told_alone(property: &Property, json: &str, version: Version) -> (Option<String>, String) {
    let Ok(value) = serde_json::from_str(json) else {
        return (None, json.to_owned());
    };
    let name = name(property, &value, version);
    let mut text = String::new();
    written(&mut text, Some(property), value, version);
    (name, text)
}

/// Complex types do not contain themselves: the table bounds the recursion.
fn typed(
    members: serde_json::Map<String, Json>,
    property: impl Fn(&str) -> Option<Prop>,
    version: Version,
) -> Members {
    let mut out = Members::new();
    for (member, value) in members {
        let property = property(&member);
        let property = property.as_deref();
        if let Some(name) = property.and_then(|property| name(property, &value, version)) {
            out.text(&format!("{member}{TYPE}"), &name);
        }
        out.member(&member, |out| written(out, property, value, version));
    }
    out
}

/// The name of the type, where the value does not tell it.
fn name(property: &Property, value: &Json, version: Version) -> Option<String> {
    let ty = property.ty_in(version);
    let full = full_name(ty);
    match (value, ty) {
        (Json::Array(_), _) => Some(format!("#Collection({full})")),
        (Json::Null, _) | (_, Type::String | Type::Boolean | Type::Int32 | Type::Complex(_)) => {
            None
        }
        _ => Some(format!("#{full}")),
    }
}

/// Primitive types go without their namespace.
fn full_name(ty: &Type) -> String {
    let name = ty.csdl_name();
    match (name.strip_prefix("Edm."), name.strip_prefix("graph.")) {
        (Some(primitive), _) => primitive.to_owned(),
        (None, Some(own)) => format!("{NAMESPACE}.{own}"),
        (None, None) => name,
    }
}

fn written(out: &mut String, property: Option<&Property>, value: Json, version: Version) {
    let ty = property.map(|property| property.ty_in(version));
    match (value, ty) {
        (Json::Object(members), Some(Type::Complex(complex))) => {
            let mut all = Members::new();
            // The value of an open type may say it by itself.
            if !members.contains_key(TYPE) {
                all.text(
                    TYPE,
                    &format!("#{}", full_name(&Type::Complex(complex.clone()))),
                );
            }
            let of = |name: &str| complex.property(name, version);
            all.append(&typed(members, of, version));
            out.push_str(&all.object());
        }
        (Json::Array(elements), Some(Type::Complex(complex))) => {
            // The collection has named the type of each.
            let of = |name: &str| complex.property(name, version);
            out.push('[');
            for (at, element) in elements.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                match element {
                    Json::Object(members) => out.push_str(&typed(members, of, version).object()),
                    other => plain(out, &other),
                }
            }
            out.push(']');
        }
        (value, _) => plain(out, &value),
    }
}

fn plain(out: &mut String, value: &Json) {
    // Writing into a String does not fail.
    let _ = write!(out, "{value}");
}
