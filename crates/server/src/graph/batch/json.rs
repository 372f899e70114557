//! The envelope of a batch, taken apart without touching what it carries: the body of a step goes
//! on byte by byte, to the same reader as that of a request of its own.

use core::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::body::UNREADABLE;
use super::super::envelope::{Detail, GraphError};

/// Most members of an object of the envelope; a step has eight, and headers are bounded where HTTP
/// has them too.
const MEMBERS: usize = 64;

/// The members of an object. No name comes twice, in any case.
pub(super) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The member of one of these names, in any case.
    pub(super) fn get(&self, names: &[&str]) -> Option<&'a RawValue> {
        let is_named = |own: &str| names.iter().any(|name| own.eq_ignore_ascii_case(name));
        let found = self.0.iter().find(|(own, _)| is_named(own));
        found
            .map(|(_, value)| *value)
            .filter(|value| value.get() != "null")
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        let Pairs(members) = Pairs::deserialize(reader)?;
        let is_repeated = |(at, (name, _)): (usize, &(String, _))| {
            let before = members.iter().take(at);
            before
                .map(|(other, _)| other)
                .any(|other| other.eq_ignore_ascii_case(name))
        };
        if members.iter().enumerate().any(is_repeated) {
            return Err(D::Error::custom("a name stands twice in one object"));
        }
        Ok(Self(members))
    }
}

/// The members of an object as they were sent. Those of `headers` are read so: one client writes a
/// header under two spellings, which HTTP allows.
pub(super) struct Pairs<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(String, &'de RawValue)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if members.len() == MEMBERS {
                        return Err(A::Error::custom("an object has too many members"));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Pairs(members))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// The steps of a batch; of too many, one more than `most`.
pub(super) fn requests(bytes: &[u8], most: usize) -> Result<Vec<Members<'_>>, GraphError> {
    let body = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let batch: Members<'_> = serde_json::from_slice(body)
        .map_err(|error| malformed("batch", format!("not a JSON object of its kind: {error}")))?;
    let Some(requests) = batch.get(&["requests"]) else {
        return Err(malformed("requests", "it is missing"));
    };
    let steps: Vec<&RawValue> = serde_json::from_str(requests.get())
        .map_err(|_| malformed("requests", "it must be an array"))?;
    let steps = steps.into_iter().enumerate().take(most + 1);
    steps.map(|(at, raw)| step(at, raw)).collect()
}

fn step(at: usize, raw: &RawValue) -> Result<Members<'_>, GraphError> {
    serde_json::from_str(raw.get()).map_err(|error| {
        let target = format!("requests[{at}]");
        malformed(&target, format!("not an object of its kind: {error}"))
    })
}

/// 400: the batch itself cannot be read.
pub(super) fn malformed(target: &str, why: impl Into<String>) -> GraphError {
    GraphError::broken(UNREADABLE).detail(Detail::of("InvalidBatch", target, why))
}
