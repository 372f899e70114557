//! `customSecurityAttributes` in a body: sets, and the attributes within (P-extensions-21). What is
//! not named stays, null and `[]` take away.

use super::{Checker, Path, is_annotation, wrong_type};
use crate::attribute::{is_set_type, is_type, path, told_type};
use crate::body_error::{BodyError, Rule};
use crate::json::Json;
use crate::property::Prop;
use crate::record::{Record, Value};
use crate::schema::Entity;
use crate::type_names;
use crate::user::CUSTOM_SECURITY_ATTRIBUTES;

/// Reads the sets into `set`, each attribute as the property that it is. Null takes away all of
/// them.
pub(super) fn read(
    checker: &Checker,
    json: &Json,
    ty: Entity<'_>,
    set: &mut Record,
) -> Result<(), BodyError> {
    let reading = Reading { checker, ty };
    if ty.hides_attributes() {
        let core = Prop::Core(&CUSTOM_SECURITY_ATTRIBUTES);
        return Err(reading.fail(core.name(), Some(&core), Rule::Hidden));
    }
    match json {
        Json::Null => {
            reading.clear(set, |_| true);
            Ok(())
        }
        Json::Object(sets) => {
            for (name, json) in sets {
                if !is_annotation(name) {
                    reading.one_set(name, json, set)?;
                }
            }
            Ok(())
        }
        _ => {
            let core = Prop::Core(&CUSTOM_SECURITY_ATTRIBUTES);
            let expected = core.csdl_type(checker.version);
            Err(reading.fail(core.name(), Some(&core), wrong_type(&expected)))
        }
    }
}

struct Reading<'a> {
    checker: &'a Checker,
    ty: Entity<'a>,
}

impl Reading<'_> {
    fn fail(&self, target: &str, property: Option<&Prop>, rule: Rule) -> BodyError {
        self.checker.fail(&Path::of(target), property, rule)
    }

    fn unknown(&self, target: &str) -> BodyError {
        self.fail(target, None, Rule::Unknown)
    }

    /// Sets the attributes of these sets to null.
    fn clear(&self, record: &mut Record, is_cleared: impl Fn(&str) -> bool) {
        for own in self.ty.own() {
            let attribute = own.attribute();
            if attribute.is_some_and(|attribute| is_cleared(&attribute.set)) {
                record.set(own.clone(), Value::Null);
            }
        }
    }

    fn one_set(&self, name: &str, json: &Json, record: &mut Record) -> Result<(), BodyError> {
        let target = format!("{}/{name}", CUSTOM_SECURITY_ATTRIBUTES.name());
        let is_it = |set: &str| set.eq_ignore_ascii_case(name);
        let mut own = self.ty.own().filter_map(|own| own.attribute());
        if !own.any(|attribute| is_it(&attribute.set)) {
            return Err(self.unknown(&target));
        }
        let members = match json {
            Json::Null => {
                self.clear(record, is_it);
                return Ok(());
            }
            Json::Object(members) => members,
            _ => {
                let expected = "graph.customSecurityAttributeValue";
                return Err(self.fail(&target, None, wrong_type(expected)));
            }
        };
        for (member, json) in members {
            match member.split_once('@') {
                None => self.assigned(name, member, json, record)?,
                Some((about, term)) if is_type_term(term) => self.told(name, about, json)?,
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// What an annotation says of a set, or of one of its attributes, is what it is.
    fn told(&self, set: &str, about: &str, json: &Json) -> Result<(), BodyError> {
        let target = path(set, &format!("{about}{}", type_names::TYPE));
        let text = json.as_str();
        if about.is_empty() {
            return if text.is_some_and(is_set_type) {
                Ok(())
            } else {
                let expected = "#microsoft.graph.customSecurityAttributeValue";
                Err(self.fail(&target, None, wrong_type(expected)))
            };
        }
        let property = self.ty.attribute(set, about);
        let property = property.ok_or_else(|| self.unknown(&path(set, about)))?;
        let wanted = told_type(&property);
        if text.is_some_and(|text| is_type(text, wanted)) {
            Ok(())
        } else {
            Err(self.fail(&target, Some(&property), wrong_type(wanted)))
        }
    }

    fn assigned(
        &self,
        set: &str,
        name: &str,
        json: &Json,
        record: &mut Record,
    ) -> Result<(), BodyError> {
        let property = self.ty.attribute(set, name);
        let property = property.ok_or_else(|| self.unknown(&path(set, name)))?;
        let is_removed = json.is_null() || json.as_array().is_some_and(Vec::is_empty);
        let is_available = property
            .attribute()
            .is_some_and(|attribute| attribute.is_available);
        if is_removed && (json.is_null() || property.collection) {
            record.set(property, Value::Null);
            return Ok(());
        }
        if !is_available {
            return Err(self.fail(property.name(), Some(&property), Rule::Deactivated));
        }
        let value = self
            .checker
            .member(name, json, Some(property), &mut Path::default())?;
        if let Some((property, value)) = value {
            record.set(property, value);
        }
        Ok(())
    }
}

fn is_type_term(term: &str) -> bool {
    type_names::TYPE
        .strip_prefix('@')
        .is_some_and(|own| own.eq_ignore_ascii_case(term))
}
