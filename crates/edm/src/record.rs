//! Typed values, and the sparse record that holds those of one object.

use crate::json::Json;
use crate::{Prop, Property, Returned};
use jiff::Timestamp;
use uuid::Uuid;

/// A checked value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Explicit null.
    Null,
    /// `Edm.Boolean`
    Bool(bool),
    /// `Edm.Int32`, `Edm.Int64`
    Int(i64),
    /// `Edm.String`; also enumeration members, times of day and binary, as their text
    Text(String),
    /// `Edm.DateTimeOffset`
    Instant(Timestamp),
    /// `Edm.Guid`
    Guid(Uuid),
    /// A collection.
    List(Vec<Value>),
    /// A complex value.
    Complex(Record),
    /// A value of an open complex type, as it was sent.
    Open(Json),
}

impl Value {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, when it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The instant, when it is one.
    pub fn as_instant(&self) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(*at),
            _ => None,
        }
    }

    /// The elements, when it is a collection.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The complex value, when it is one.
    pub fn as_complex(&self) -> Option<&Record> {
        match self {
            Self::Complex(record) => Some(record),
            _ => None,
        }
    }

    /// Whether it is a complex value without a single member: of what a tenant defines, that is the
    /// same as null.
    pub fn is_hollow(&self) -> bool {
        matches!(self, Self::Complex(members) if members.is_hollow())
    }

    /// Nothing to keep: null, or an empty collection.
    pub fn is_unset(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(list) => list.is_empty(),
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Timestamp> for Value {
    fn from(at: Timestamp) -> Self {
        Self::Instant(at)
    }
}

/// Some properties of one object (or of one complex value) with their values, in table order.
///
/// Members are told apart by the property's number, so that a record is never asked for a property
/// of another type by accident of the same place in the table.
#[derive(Clone, Default, PartialEq)]
pub struct Record {
    members: Vec<(Prop, Value)>,
    /// The [`Property::index`] of each, side by side: a look-up goes through these alone.
    indexes: Vec<u16>,
    /// Members of a stored document that the schema does not know, by name. Hardly any object has
    /// one.
    unread: Option<Box<serde_json::Map<String, Json>>>,
}

impl Record {
    /// Nothing set.
    pub const fn new() -> Self {
        Self {
            members: Vec::new(),
            indexes: Vec::new(),
            unread: None,
        }
    }

    /// The value of the property; `Some(&Value::Null)` when it is explicitly null, `None` when it
    /// is not set at all.
    pub fn get(&self, property: &Property) -> Option<&Value> {
        let at = self.position(property).ok()?;
        self.members.get(at).map(|(_, value)| value)
    }

    /// Whether the property is set, be it to null.
    pub fn has(&self, property: &Property) -> bool {
        self.position(property).is_ok()
    }

    /// The text of the property, when it is set to one.
    pub fn text(&self, property: &Property) -> Option<&str> {
        self.get(property)?.as_text()
    }

    /// The boolean of the property, when it is set to one.
    pub fn bool(&self, property: &Property) -> Option<bool> {
        self.get(property)?.as_bool()
    }

    /// The instant of the property, when it is set to one.
    pub fn instant(&self, property: &Property) -> Option<Timestamp> {
        self.get(property)?.as_instant()
    }

    /// The elements of the property; empty when it is not set, null or no collection.
    pub fn list(&self, property: &Property) -> &[Value] {
        self.get(property)
            .and_then(Value::as_list)
            .unwrap_or_default()
    }

    /// The texts among the property's elements.
    pub fn texts(&self, property: &Property) -> impl Iterator<Item = &str> {
        self.list(property).iter().filter_map(Value::as_text)
    }

    /// The complex value of the property, when it is set to one.
    pub fn complex(&self, property: &Property) -> Option<&Record> {
        self.get(property)?.as_complex()
    }

    /// Sets the property and returns what it was.
    pub fn set(&mut self, property: impl Into<Prop>, value: impl Into<Value>) -> Option<Value> {
        let (property, value) = (property.into(), value.into());
        // Otherwise the document would have the name twice.
        self.forget_unread_of(&property);
        match self.position(&property) {
            Ok(at) => self
                .members
                .get_mut(at)
                .map(|(_, old)| core::mem::replace(old, value)),
            Err(at) => {
                self.indexes.insert(at, property.index);
                self.members.insert(at, (property, value));
                None
            }
        }
    }

    /// Forgets the property and returns what it was. A stored value of that name which could not be
    /// read is forgotten with it: else a value that was taken back would stand there again once it
    /// can be read.
    pub fn remove(&mut self, property: &Property) -> Option<Value> {
        self.forget_unread_of(property);
        let at = self.position(property).ok()?;
        self.indexes.remove(at);
        Some(self.members.remove(at).1)
    }

    fn forget_unread_of(&mut self, property: &Property) {
        if let Some(unread) = &mut self.unread {
            unread.shift_remove(property.name());
            if unread.is_empty() {
                self.unread = None;
            }
        }
    }

    /// Applies a PATCH: what `changes` does not set stays, null clears, collections are replaced
    /// whole, complex values are merged member by member (P-users-10).
    pub fn merge(&mut self, changes: Record) {
        for (property, value) in changes.members {
            match (value, self.position(&property)) {
                (Value::Complex(new), Ok(at)) => match self.members.get_mut(at) {
                    // Complex types do not contain themselves: the table bounds the depth.
                    Some((_, Value::Complex(old))) => {
                        old.merge(new);
                        // Where all members of a schema extension are null, it is gone
                        // (P-extensions-11).
                        if property.id().is_own() && old.is_hollow() {
                            self.remove(&property);
                        }
                    }
                    Some((_, old)) => *old = Value::Complex(new),
                    None => {}
                },
                (value, _) => {
                    self.set(property, value);
                }
            }
        }
        for (name, json) in changes.unread.into_iter().flat_map(|unread| *unread) {
            self.keep_unread(name, json);
        }
    }

    /// Keeps a member of a stored document that no schema knows: one that a newer build wrote, or
    /// whose definition is gone. It is stored again as it is and shown to nobody.
    pub(crate) fn keep_unread(&mut self, name: String, json: Json) {
        self.unread.get_or_insert_default().insert(name, json);
    }

    /// The members that no schema knows.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&str, &Json)> {
        let unread = self.unread.iter().flat_map(|unread| unread.iter());
        unread.map(|(name, json)| (name.as_str(), json))
    }

    /// Forgets the members that no schema knows, within complex values as well.
    pub fn forget_unread(&mut self) {
        self.unread = None;
        for (_, value) in &mut self.members {
            match value {
                // Complex types do not contain themselves: the table bounds the depth.
                Value::Complex(inner) => inner.forget_unread(),
                Value::List(elements) => {
                    for element in elements {
                        if let Value::Complex(inner) = element {
                            inner.forget_unread();
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether there is nothing in it that is worth storing.
    pub fn is_hollow(&self) -> bool {
        self.unread.is_none() && self.members.iter().all(|(_, value)| value.is_unset())
    }

    /// Nothing is set; there may be members that no schema knows.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// How many properties are set.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The members in table order.
    pub fn iter(&self) -> impl Iterator<Item = (&Prop, &Value)> {
        self.members
            .iter()
            .map(|(property, value)| (property, value))
    }

    /// The properties that are set, in table order.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.members.iter().map(|(property, _)| &**property)
    }

    fn position(&self, property: &Property) -> Result<usize, usize> {
        let start = self
            .indexes
            .partition_point(|index| *index < property.index);
        if self.indexes.get(start) != Some(&property.index) {
            return Err(start);
        }
        // Usually one: a type's core properties have each their own place. Two types' properties
        // may share one, and all of a tenant's own do; among those the names say which is first.
        let run = self.indexes.get(start..).unwrap_or_default();
        let run = run.partition_point(|index| *index == property.index);
        let shared = self.members.get(start..start + run).unwrap_or_default();
        match shared {
            [(found, _)] if found == property => Ok(start),
            shared => shared
                .binary_search_by(|(found, _)| found.place().cmp(&property.place()))
                .map(|at| start + at)
                .map_err(|at| start + at),
        }
    }
}

impl core::fmt::Debug for Record {
    /// Names and values; secrets only as present, because records end up in logs (T-30).
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut map = f.debug_map();
        for (property, value) in self.iter() {
            if property.returned == Returned::Never {
                map.entry(&property.name(), &format_args!("[hidden]"));
            } else {
                map.entry(&property.name(), value);
            }
        }
        for (name, _) in self.unread() {
            map.entry(&name, &format_args!("[unread]"));
        }
        map.finish()
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Self {
        Self::Complex(record)
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::List(list)
    }
}

impl<P: Into<Prop>> FromIterator<(P, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (P, Value)>>(members: I) -> Self {
        let mut record = Self::new();
        for (property, value) in members {
            record.set(property, value);
        }
        record
    }
}
