//! An answer beside a published example: status, context, names, JSON types, and the values that
//! follow from the request or from the objects that were made after the example. A shortened
//! example may lack members; ids, links and instants are the server's own.

use serde_json::Value;
use testkit::Reply;

use crate::graph_documented::Example;

/// Members whose values are the server's own, or of the service's own hosts.
pub(crate) const OWN: &[&str] = &["id", "inviteRedeemUrl", "@odata.context"];

/// Differences between what is printed and what was answered, each with its place.
pub(crate) struct Comparison<'a> {
    example: &'a Example,
    /// Where, and what.
    pub(crate) found: Vec<(String, String)>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn of(example: &'a Example, reply: &Reply) -> Self {
        let found = Vec::new();
        let mut own = Self { example, found };
        own.answer(reply);
        own
    }

    fn differs(&mut self, at: &str, what: impl Into<String>) {
        self.found.push((at.to_owned(), what.into()));
    }

    /// Compares level by level, without a call of its own.
    fn all(&mut self, printed: &Value, answered: &Value) {
        let mut left = vec![(String::new(), printed, answered)];
        while let Some((at, printed, answered)) = left.pop() {
            match (printed, answered) {
                (Value::Object(printed), Value::Object(answered)) => {
                    let within = |name: &str| match at.as_str() {
                        "" => name.to_owned(),
                        at => format!("{at}/{name}"),
                    };
                    for (name, value) in printed {
                        match answered.get(name) {
                            Some(own) => left.push((within(name), value, own)),
                            None => self.differs(&within(name), format!("missing; {value}")),
                        }
                    }
                    // What was selected is not shortened.
                    let is_whole = self.example.target.contains("$select");
                    let more = answered.iter().filter(|(name, _)| {
                        is_whole && !name.starts_with('@') && !printed.contains_key(*name)
                    });
                    for (name, value) in more {
                        self.differs(&within(name), format!("not printed; {value}"));
                    }
                }
                (Value::Array(printed), Value::Array(answered)) => {
                    for (place, item) in printed.iter().enumerate() {
                        if !item.is_object() {
                            // Texts and numbers have no name to be found by.
                            match answered.get(place) {
                                Some(own) => left.push((at.clone(), item, own)),
                                None => self.differs(&at, format!("without {item}")),
                            }
                            continue;
                        }
                        let name = &item["displayName"];
                        let mut own = answered.iter();
                        match own.find(|own| name.is_null() || own["displayName"] == *name) {
                            Some(own) => left.push((at.clone(), item, own)),
                            None => self.differs(&at, format!("without {item}")),
                        }
                    }
                }
                _ => self.value(&at, printed, answered),
            }
        }
    }

    fn value(&mut self, at: &str, printed: &Value, answered: &Value) {
        let name = at.rsplit('/').next().unwrap_or(at);
        if name == "@odata.context" {
            let printed = printed
                .as_str()
                .unwrap()
                .split_once("/$metadata")
                .unwrap()
                .1;
            if !answered
                .as_str()
                .unwrap()
                .ends_with(&format!("/$metadata{printed}"))
            {
                self.differs(at, format!("{answered} and not {printed}"));
            }
            return;
        }
        let is_own = OWN.contains(&name);
        if !is_own && self.follows(at) {
            if printed != answered {
                self.differs(at, format!("{answered} and not {printed}"));
            }
            return;
        }
        let is_open = !is_own && (printed.is_null() || answered.is_null());
        if !is_open && std::mem::discriminant(printed) != std::mem::discriminant(answered) {
            self.differs(at, format!("{answered} and not of the type of {printed}"));
        }
    }

    /// Whether a value follows from the request or from what was made before. What a created user
    /// is printed with beyond what was sent is an illustration; of an invitation, everything
    /// follows.
    fn follows(&self, at: &str) -> bool {
        let example = self.example;
        let is_sent = example.body.pointer(&format!("/{at}")).is_some();
        example.is_query() || is_sent || example.target.ends_with("/invitations")
    }

    fn answer(&mut self, reply: &Reply) {
        let answer = &self.example.answer;
        let expected = answer["status"].as_u64().unwrap_or(200);
        if u64::from(reply.status.as_u16()) != expected {
            return self.differs("status", format!("{} {}", reply.status, reply.text()));
        }
        match &answer["body"] {
            Value::Null if answer.is_null() => self.unprinted(reply),
            Value::Null if reply.body.is_empty() => {}
            Value::Number(_) if reply.text().parse::<u64>().is_ok() => {}
            Value::Null | Value::Number(_) => self.differs("body", reply.text()),
            printed => self.all(printed, &reply.json()),
        }
        for (name, printed) in answer["headers"].as_object().into_iter().flatten() {
            let own = reply.header(name);
            let is_kind = name.eq_ignore_ascii_case("content-type");
            if is_kind && !own.starts_with(printed.as_str().unwrap()) {
                self.differs(name, own);
            }
        }
    }

    /// Of a query whose answer no document prints, the condition must find some and not all.
    fn unprinted(&mut self, reply: &Reply) {
        let found = reply.json()["value"].as_array().map_or(0, Vec::len);
        if self.example.target.contains("$filter") && !(1..EVERYBODY).contains(&found) {
            self.differs("value", format!("{found} of {EVERYBODY}"));
        }
    }
}

/// How many there are where nobody is printed.
pub(crate) const EVERYBODY: usize = 4;
