//! Random conditions, written out with every spelling the grammar leaves free, mean what they were
//! made to mean.

use edm::Version::V1;
use edm::complex::employee_org;
use edm::{Record, Value, user};
use odata::eval::holds;
use odata::{Mode, Shape, check, parse};
use oracle::grammar::Grammar;
use proptest::prelude::*;
use std::sync::LazyLock;

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::with_names([]).expect("the rules"));

/// A test of one value, in words and in Rust.
type Leaf = (&'static str, fn(&Record) -> bool);

fn city(record: &Record) -> Option<String> {
    record.text(&user::CITY).map(str::to_lowercase)
}

fn mails(record: &Record) -> Vec<String> {
    record
        .texts(&user::OTHER_MAILS)
        .map(str::to_lowercase)
        .collect()
}

fn division(record: &Record) -> Option<&str> {
    record
        .complex(&user::EMPLOYEE_ORG_DATA)?
        .text(&employee_org::DIVISION)
}

const LEAVES: [Leaf; 16] = [
    ("city eq 'A'", |r| city(r).as_deref() == Some("a")),
    ("'a' ne city", |r| city(r).as_deref() != Some("a")),
    ("city eq null", |r| city(r).is_none()),
    ("city gt 'a'", |r| city(r).is_some_and(|c| c.as_str() > "a")),
    ("'b' ge city", |r| {
        city(r).is_some_and(|c| c.as_str() <= "b")
    }),
    ("startsWith(city,'A')", |r| {
        city(r).is_some_and(|c| c.starts_with('a'))
    }),
    ("contains(city,'B') eq false", |r| {
        !city(r).is_some_and(|c| c.contains('b'))
    }),
    ("city in ('b',null)", |r| city(r).is_none_or(|c| c == "b")),
    ("accountEnabled", |r| {
        r.bool(&user::ACCOUNT_ENABLED) == Some(true)
    }),
    ("accountEnabled ne false", |r| {
        r.bool(&user::ACCOUNT_ENABLED) != Some(false)
    }),
    ("otherMails/any(m:m eq 'A')", |r| {
        mails(r).iter().any(|m| m == "a")
    }),
    ("otherMails/all(m:startsWith(m,'a') or m eq 'b')", |r| {
        mails(r).iter().all(|m| m.starts_with('a') || m == "b")
    }),
    ("otherMails/$count gt 1", |r| mails(r).len() > 1),
    ("otherMails/any()", |r| !mails(r).is_empty()),
    ("employeeOrgData/division ne 'x'", |r| {
        division(r) != Some("x")
    }),
    ("employeeOrgData eq null", |r| {
        r.complex(&user::EMPLOYEE_ORG_DATA).is_none()
    }),
];

#[derive(Clone, Debug)]
enum Condition {
    Leaf(usize),
    Not(Box<Condition>),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Parentheses(Box<Condition>),
}

fn conditions() -> impl Strategy<Value = Condition> {
    let leaf = (0..LEAVES.len()).prop_map(Condition::Leaf);
    leaf.prop_recursive(6, 40, 2, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            2 => inner.clone().prop_map(|c| Condition::Not(Box::new(c))),
            3 => two.clone().prop_map(|(a, b)| Condition::And(Box::new(a), Box::new(b))),
            3 => two.prop_map(|(a, b)| Condition::Or(Box::new(a), Box::new(b))),
            1 => inner.prop_map(|c| Condition::Parentheses(Box::new(c))),
        ]
    })
}

impl Condition {
    fn binding(&self) -> u8 {
        match self {
            Self::Or(..) => 0,
            Self::And(..) => 1,
            Self::Not(_) => 2,
            Self::Leaf(_) | Self::Parentheses(_) => 3,
        }
    }

    /// With no more parentheses than are needed, and those that stand in it.
    fn text(&self, at_least: u8) -> String {
        let text = match self {
            Self::Leaf(at) => LEAVES[*at].0.to_owned(),
            Self::Not(inner) => format!("nOt {}", inner.text(2)),
            Self::And(a, b) => format!("{} and {}", a.text(1), b.text(2)),
            Self::Or(a, b) => format!("{} OR {}", a.text(0), b.text(1)),
            Self::Parentheses(inner) => format!("( {})", inner.text(0)),
        };
        if self.binding() < at_least {
            format!("({text})")
        } else {
            text
        }
    }

    fn holds(&self, record: &Record) -> bool {
        match self {
            Self::Leaf(at) => LEAVES[*at].1(record),
            Self::Not(inner) => !inner.holds(record),
            Self::And(a, b) => a.holds(record) && b.holds(record),
            Self::Or(a, b) => a.holds(record) || b.holds(record),
            Self::Parentheses(inner) => inner.holds(record),
        }
    }
}

fn records() -> impl Strategy<Value = Record> {
    let words = || prop::sample::select(vec!["a", "A", "Ab", "b", "C"]);
    let division = prop::option::of(prop::sample::select(vec!["x", "y"]));
    (
        prop::option::of(words()),
        prop::option::of(any::<bool>()),
        prop::collection::vec(words(), 0..3),
        prop::option::of(division),
    )
        .prop_map(|(city, enabled, mails, org)| {
            let mut record = Record::new();
            record.set(&user::CITY, city.map_or(Value::Null, Value::from));
            if let Some(enabled) = enabled {
                record.set(&user::ACCOUNT_ENABLED, enabled);
            }
            let mails: Vec<_> = mails.into_iter().map(Value::from).collect();
            record.set(&user::OTHER_MAILS, mails);
            if let Some(division) = org {
                let mut org = Record::new();
                if let Some(division) = division {
                    org.set(&employee_org::DIVISION, division);
                }
                record.set(&user::EMPLOYEE_ORG_DATA, org);
            }
            record
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn conditions_mean_what_they_say(condition in conditions(), record in records()) {
        let text = condition.text(0);
        let query = format!("$filter={text}");
        let syntax = parse(&query, V1).expect(&text);
        let checked = check(syntax, edm::Entity::core(&user::TYPE), V1, Shape::Collection, Mode::default()).expect(&text);
        let filter = checked.filter.expect(&text);
        prop_assert_eq!(holds(&filter, &record), condition.holds(&record), "{} {:?}", text, record);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What the parser reads, the grammar has.
    #[test]
    fn the_grammar_has_them(condition in conditions()) {
        let text = condition.text(0);
        prop_assert_eq!(GRAMMAR.recognise("boolCommonExpr", &text), Ok(()), "{}", text);
    }
}
