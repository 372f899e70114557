//! Request bodies checked against a type: what comes out holds declared properties with typed
//! values only.

mod attributes;

use crate::body_error::{BodyError, Rule};
use crate::columns::Returned;
use crate::extension;
use crate::json::Json;
use crate::property::{ComplexType, Prop, Property, Type};
use crate::record::{Record, Value};
use crate::schema::Entity;
use crate::sent_reference::SentReference;
use crate::types::{Blank, EntityType, Navigation};
use crate::{Version, instant, user};
use base64::Engine as _;
use uuid::Uuid;

/// What a body is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To create an object.
    Create,
    /// To change one.
    Update,
    /// To make an object again as it was elsewhere: what else only the server sets may be sent,
    /// too. For operators alone.
    Restore,
}

/// A checked body. Its references are unread at first, and `R` is what was found that they lead to:
/// who makes links takes them in that form alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Body<R = SentReference> {
    /// What it sets. An explicit null is kept as [`Value::Null`].
    pub set: Record,
    /// What it says of properties that only the server sets, where it changes an object: a client
    /// that sends back what it read says nothing new. Whether it is what the object has, is for
    /// somebody else to compare.
    pub told: Record,
    /// Its annotations, as they were sent: `@odata.type`, `@odata.id`, `manager@odata.bind`. They
    /// are always accepted; those inside complex values are passed over.
    pub annotations: Vec<(String, Json)>,
    /// What it links the object to: the references of `manager@odata.bind` and its like, for the
    /// navigation properties the type declares and lets be written. An empty list is an explicit
    /// null or `[]`.
    pub binds: Vec<(&'static Navigation, Vec<R>)>,
    /// Objects sent for declared navigation properties that are no links, unchecked but for NUL.
    pub navigation: Vec<(&'static Navigation, Json)>,
}

impl<R> Default for Body<R> {
    fn default() -> Self {
        Self {
            set: Record::default(),
            told: Record::default(),
            annotations: Vec::new(),
            binds: Vec::new(),
            navigation: Vec::new(),
        }
    }
}

impl<R> Body<R> {
    /// The same body with these references in the place of its own.
    pub fn with_binds<T>(self, binds: Vec<(&'static Navigation, Vec<T>)>) -> Body<T> {
        Body {
            set: self.set,
            told: self.told,
            annotations: self.annotations,
            binds,
            navigation: self.navigation,
        }
    }

    /// The same body with what each of its references leads to.
    pub fn map_binds<T>(self, lead: impl Fn(&R) -> T) -> Body<T> {
        let binds = self.binds.iter();
        let binds = binds.map(|(navigation, all)| (*navigation, all.iter().map(&lead).collect()));
        let binds = binds.collect();
        self.with_binds(binds)
    }

    /// The annotation of that name, `@odata.id` or `invitedUserSponsors@odata.bind`, in any
    /// spelling of case.
    pub fn annotation(&self, name: &str) -> Option<&Json> {
        self.annotations
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, json)| json)
    }
}

/// Checks a body against the type: names match caselessly, unknown properties are refused, values
/// become typed. Read-only properties are refused as well, unless the body changes an object: then
/// they are kept apart, in [`Body::told`]. `json` is what [`crate::json::parse`] returned; anything
/// but an object has nothing to check and is [`Rule::WrongType`] with an empty target.
pub fn check(
    json: &Json,
    ty: Entity<'_>,
    version: Version,
    purpose: Purpose,
) -> Result<Body, BodyError> {
    check_with(json, ty, version, purpose, ty.blank)
}

/// [`check`] for a caller that says what empty texts in the body mean.
pub fn check_with(
    json: &Json,
    ty: Entity<'_>,
    version: Version,
    purpose: Purpose,
    blank: Blank,
) -> Result<Body, BodyError> {
    let checker = Checker {
        version,
        purpose,
        blank,
        resource: ty.resource,
    };
    // What is told is compared and not set: it may say whatever a stored object can.
    let telling = Checker {
        purpose: Purpose::Restore,
        ..checker
    };
    let mut body = Body::default();
    let Json::Object(members) = json else {
        return Err(checker.fail(
            &Path::default(),
            None,
            wrong_type(&format!("graph.{}", ty.name)),
        ));
    };
    for (name, json) in members {
        if let Some(navigation) = bound(name, ty.ty()) {
            let texts = checker.bind(json, name, &navigation.property.into())?;
            let sent = texts.into_iter().map(SentReference);
            body.binds.push((navigation, sent.collect()));
        } else if is_annotation(name) {
            body.annotations.push((name.clone(), json.clone()));
        } else if let Some(navigation) = ty.navigation(name).filter(|found| found.sent) {
            let path = Path::of(navigation.property.name());
            checker.no_nul(json, &path, &navigation.property.into())?;
            body.navigation.push((navigation, json.clone()));
        } else if user::CUSTOM_SECURITY_ATTRIBUTES
            .name()
            .eq_ignore_ascii_case(name)
            && ty.property(name, version).is_some()
        {
            attributes::read(&checker, json, ty, &mut body.set)?;
        } else {
            let property = ty.property(name, version);
            let is_told = property
                .as_ref()
                .is_some_and(|property| checker.is_told(property));
            let (checker, record) = if is_told {
                (&telling, &mut body.told)
            } else {
                (&checker, &mut body.set)
            };
            if let Some((property, value)) =
                checker.member(name, json, property, &mut Path::default())?
            {
                record.set(property, value);
            }
        }
    }
    Ok(body)
}

/// `@odata.…`, of the object or of one of its properties.
pub fn is_annotation(name: &str) -> bool {
    const PREFIX: &str = "odata.";
    name.split_once('@')
        .and_then(|(_, term)| term.get(..PREFIX.len()))
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// The navigation property that `name`, as in `manager@odata.bind`, links to something.
fn bound(name: &str, ty: &'static EntityType) -> Option<&'static Navigation> {
    let (property, term) = name.split_once('@')?;
    let navigation = ty.navigation(property)?;
    (navigation.linked && term.eq_ignore_ascii_case("odata.bind")).then_some(navigation)
}

fn wrong_type(expected: &str) -> Rule {
    Rule::WrongType {
        expected: expected.to_owned(),
    }
}

/// Steps to the value at hand, for error targets.
#[derive(Default)]
struct Path(Vec<String>);

impl Path {
    fn of(step: &str) -> Self {
        Self(vec![step.to_owned()])
    }
}

/// What becomes of an empty text.
enum Empty {
    Refused,
    Absent,
    /// As null.
    Unset,
    /// The type's own rules say.
    Judged,
}

#[derive(Clone, Copy)]
struct Checker {
    version: Version,
    purpose: Purpose,
    blank: Blank,
    resource: &'static str,
}

impl Checker {
    /// Whether a value of the property may be sent back, but not set.
    fn is_told(&self, property: &Property) -> bool {
        self.purpose == Purpose::Update && !property.write.update
    }

    fn fail(&self, path: &Path, property: Option<&Prop>, rule: Rule) -> BodyError {
        BodyError {
            target: path.0.join("/"),
            resource: self.resource,
            property: property.cloned(),
            rule,
        }
    }

    /// The references of a bind: a text, or a list of them where the navigation property is a
    /// collection.
    fn bind(&self, json: &Json, name: &str, property: &Prop) -> Result<Vec<String>, BodyError> {
        let path = Path::of(name);
        let fail = |rule| Err(self.fail(&path, Some(property), rule));
        if property.is_read_only() {
            return fail(Rule::ReadOnly);
        }
        self.no_nul(json, &path, property)?;
        match json {
            Json::Null => Ok(Vec::new()),
            Json::String(text) if !property.collection => Ok(vec![text.clone()]),
            Json::Array(elements) if property.collection => {
                if let Some(max) = property.max_items
                    && elements.len() > max as usize
                {
                    return fail(Rule::TooMany { max });
                }
                let texts = elements.iter().map(|json| json.as_str().map(str::to_owned));
                let texts: Option<Vec<_>> = texts.collect();
                texts.map_or_else(|| fail(wrong_type("Collection(Edm.String)")), Ok)
            }
            _ if property.collection => fail(wrong_type("Collection(Edm.String)")),
            _ => fail(wrong_type("Edm.String")),
        }
    }

    /// One member of an object or of a complex value; `None` for one that is not given.
    fn member(
        &self,
        name: &str,
        json: &Json,
        property: Option<Prop>,
        path: &mut Path,
    ) -> Result<Option<(Prop, Value)>, BodyError> {
        let Some(property) = property else {
            // The documents have a sentence for extensions that nobody defined.
            let rule = if path.0.is_empty() && extension::is_extension(name) {
                Rule::Undeclared
            } else {
                Rule::Unknown
            };
            path.0.push(name.to_owned());
            return Err(self.fail(path, None, rule));
        };
        path.0.push(property.name().to_owned());
        let writable = match self.purpose {
            Purpose::Create => property.write.create,
            // Within a value that is set nothing is compared: there null alone says nothing new.
            Purpose::Update => property.write.update || json.is_null(),
            Purpose::Restore => true,
        };
        if !writable {
            return Err(self.fail(path, Some(&property), Rule::ReadOnly));
        }
        let value = match json {
            Json::String(text) if text.is_empty() && !property.collection => {
                match self.empty(&property) {
                    Empty::Refused => return Err(self.fail(path, Some(&property), Rule::Empty)),
                    Empty::Absent => {
                        path.0.pop();
                        return Ok(None);
                    }
                    Empty::Unset => Value::Null,
                    Empty::Judged => self.single(json, &property, path)?,
                }
            }
            Json::Null if property.nullable => Value::Null,
            Json::Null => return Err(self.fail(path, Some(&property), Rule::NotNullable)),
            Json::Array(elements) if property.collection => {
                self.collection(elements, &property, path)?
            }
            _ if property.collection => {
                let rule = wrong_type(&property.csdl_type(self.version));
                return Err(self.fail(path, Some(&property), rule));
            }
            json => self.single(json, &property, path)?,
        };
        path.0.pop();
        Ok(Some((property, value)))
    }

    /// What an empty text means for the property.
    fn empty(&self, property: &Property) -> Empty {
        let is_text = matches!(property.ty_in(self.version), Type::String);
        match self.blank {
            // Answers show it where nothing is set, and what was read may be sent back.
            _ if property.unset == "\"\"" => Empty::Unset,
            Blank::Absent => Empty::Absent,
            // A password has rules and a sentence of its own.
            Blank::Refused if is_text && property.returned != Returned::Never => Empty::Refused,
            Blank::Refused => Empty::Judged,
        }
    }

    fn collection(
        &self,
        elements: &[Json],
        property: &Prop,
        path: &mut Path,
    ) -> Result<Value, BodyError> {
        if let Some(max) = property.max_items
            && elements.len() > max as usize
        {
            return Err(self.fail(path, Some(property), Rule::TooMany { max }));
        }
        let mut list = Vec::with_capacity(elements.len());
        for (at, json) in elements.iter().enumerate() {
            path.0.push(at.to_string());
            if json.is_null() {
                return Err(self.fail(path, Some(property), Rule::NotNullable));
            }
            let is_empty = json.as_str().is_some_and(str::is_empty);
            match if is_empty {
                self.empty(property)
            } else {
                Empty::Judged
            } {
                Empty::Refused => return Err(self.fail(path, Some(property), Rule::Empty)),
                Empty::Absent | Empty::Unset => {}
                Empty::Judged => list.push(self.single(json, property, path)?),
            }
            path.0.pop();
        }
        Ok(Value::List(list))
    }

    /// One value, or one element of a collection; not null.
    fn single(&self, json: &Json, property: &Prop, path: &mut Path) -> Result<Value, BodyError> {
        let ty = property.ty_in(self.version);
        match (ty, json) {
            (Type::Complex(complex), json) if complex.open && json.is_object() => {
                self.no_nul(json, path, property)?;
                Ok(Value::Open(json.clone()))
            }
            // Complex types do not contain themselves: the table bounds the recursion, not the
            // input.
            (Type::Complex(complex), Json::Object(members)) => self.complex(members, complex, path),
            (ty, json) => {
                primitive(ty, json, property).map_err(|rule| self.fail(path, Some(property), rule))
            }
        }
    }

    fn complex(
        &self,
        members: &serde_json::Map<String, Json>,
        complex: &ComplexType,
        path: &mut Path,
    ) -> Result<Value, BodyError> {
        let mut record = Record::new();
        for (name, json) in members {
            if !is_annotation(name) {
                let property = complex.property(name, self.version);
                if let Some((property, value)) = self.member(name, json, property, path)? {
                    record.set(property, value);
                }
            }
        }
        Ok(Value::Complex(record))
    }

    /// JSON that is taken as it is must still hold no NUL, which no store and no protocol carries
    /// safely.
    fn no_nul(&self, json: &Json, path: &Path, property: &Prop) -> Result<(), BodyError> {
        let mut left = vec![json];
        while let Some(json) = left.pop() {
            let found = match json {
                Json::String(text) => text.contains('\0'),
                Json::Array(elements) => {
                    left.extend(elements);
                    false
                }
                Json::Object(members) => {
                    left.extend(members.values());
                    members.keys().any(|name| name.contains('\0'))
                }
                _ => false,
            };
            if found {
                return Err(self.fail(path, Some(property), NUL));
            }
        }
        Ok(())
    }
}

const NUL: Rule = Rule::Malformed {
    expected: "a text without NUL",
};

fn primitive(ty: &Type, json: &Json, property: &Prop) -> Result<Value, Rule> {
    let expected = || Rule::WrongType {
        expected: ty.csdl_name(),
    };
    match ty {
        Type::Boolean => json.as_bool().map(Value::Bool).ok_or_else(expected),
        Type::Int32 => json
            .as_i64()
            .filter(|n| i32::try_from(*n).is_ok())
            .map(Value::Int)
            .ok_or_else(expected),
        Type::Int64 => json.as_i64().map(Value::Int).ok_or_else(expected),
        Type::Complex(_) => Err(expected()),
        _ => written(ty, json.as_str().ok_or_else(expected)?, property),
    }
}

/// A value that JSON writes as a string.
fn written(ty: &Type, text: &str, property: &Prop) -> Result<Value, Rule> {
    if text.contains('\0') {
        return Err(NUL);
    }
    let malformed = |expected| Rule::Malformed { expected };
    match ty {
        Type::DateTimeOffset => instant::parse(text)
            .map(Value::Instant)
            .ok_or(malformed("an instant such as 2014-01-01T00:00:00Z")),
        Type::TimeOfDay if !instant::is_time_of_day(text) => {
            Err(malformed("a time such as 08:00:00"))
        }
        // The parser knows more forms; in JSON a GUID has the one with hyphens.
        Type::Guid => Uuid::try_parse(text)
            .ok()
            .filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH)
            .map(Value::Guid)
            .ok_or(malformed("a GUID")),
        Type::Binary => {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(text)
                .map_err(|_| malformed("base64"))?;
            match property.max_len {
                Some(max) if bytes.len() > max as usize => Err(Rule::TooManyBytes { max }),
                _ => Ok(Value::Text(text.to_owned())),
            }
        }
        Type::Enum(ty) if !ty.members.iter().any(|(name, _)| *name == text) => {
            Err(malformed("a member of the enumeration"))
        }
        _ => {
            if let Some(max) = property.max_len
                && text.chars().take(max as usize + 1).count() > max as usize
            {
                return Err(Rule::TooLong { max });
            }
            if !property.values.take(text) {
                return Err(Rule::NotAllowed {
                    allowed: property.values.iter().map(str::to_owned).collect(),
                });
            }
            Ok(Value::Text(text.to_owned()))
        }
    }
}
