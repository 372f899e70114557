use core::cmp::Ordering;
use edm::complex::{assigned_license, employee_org, license_assignment_state, password_profile};
use edm::{Prop, Property, Record, Value, user};
use odata::eval::{compare, holds};
use odata::filter::Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
use odata::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier,
};
use uuid::Uuid;

fn at(steps: &[&'static Property]) -> Path {
    Path {
        origin: Origin::Object,
        steps: steps.iter().copied().map(Prop::Core).collect(),
    }
}

fn variable(depth: u8, steps: &[&'static Property]) -> Path {
    Path {
        origin: Origin::Variable(depth),
        steps: steps.iter().copied().map(Prop::Core).collect(),
    }
}

fn text(text: &str) -> Literal {
    Literal::Text(text.to_owned())
}

fn instant(text: &str) -> jiff::Timestamp {
    text.parse().expect(text)
}

fn check(record: &Record, nodes: Vec<Node>, expected: bool) {
    let shown = format!("{nodes:?}");
    let filter = Filter::new(nodes).expect(&shown);
    assert_eq!(holds(&filter, record), expected, "{shown}");
}

fn anna() -> Record {
    let mut anna = Record::new();
    anna.set(&user::ID, "00000000-0000-0000-0000-000000000001");
    anna.set(&user::DISPLAY_NAME, "Ænna STRASSE");
    anna.set(&user::ACCOUNT_ENABLED, true);
    anna.set(&user::CITY, Value::Null);
    anna.set(&user::AGE_GROUP, "Adult");
    anna.set(
        &user::CREATED_DATE_TIME,
        instant("2024-05-01T10:00:00.1234567Z"),
    );
    anna.set(
        &user::OTHER_MAILS,
        vec![Value::from("A@x.example"), Value::from("b@y.example")],
    );
    let mut org = Record::new();
    org.set(&employee_org::DIVISION, "North");
    anna.set(&user::EMPLOYEE_ORG_DATA, org);
    let mut profile = Record::new();
    profile.set(&password_profile::PASSWORD, "secret");
    anna.set(&user::PASSWORD_PROFILE, profile);
    let licence = |sku: u128, disabled: &[u128]| {
        let mut licence = Record::new();
        licence.set(
            &license_assignment_state::SKU_ID,
            Value::Guid(Uuid::from_u128(sku)),
        );
        let disabled: Vec<_> = disabled
            .iter()
            .map(|id| Value::Guid(Uuid::from_u128(*id)))
            .collect();
        licence.set(&license_assignment_state::DISABLED_PLANS, disabled);
        Value::from(licence)
    };
    anna.set(
        &user::LICENSE_ASSIGNMENT_STATES,
        vec![licence(1, &[]), licence(2, &[7, 8])],
    );
    anna
}

#[test]
fn comparisons() {
    let anna = anna();
    let compared = |steps: &[&'static Property], op: Comparison, value: Literal, expected| {
        check(
            &anna,
            vec![Node::Compare {
                path: at(steps),
                op,
                value,
            }],
            expected,
        );
    };
    let name: &[&'static Property] = &[&user::DISPLAY_NAME];
    compared(name, Eq, text("ænna strasse"), true);
    compared(name, Ne, text("ænna strasse"), false);
    compared(name, Gt, text("zz"), true);
    compared(name, Lt, text("æo"), true);
    compared(name, Eq, Literal::Null, false);
    compared(name, Ne, Literal::Null, true);
    // Null: unset and explicit. Every comparison is false but `ne`.
    for property in [&user::CITY, &user::COUNTRY] {
        for op in [Eq, Gt, Ge, Lt, Le] {
            compared(&[property], op, text("x"), false);
        }
        compared(&[property], Ne, text("x"), true);
        compared(&[property], Eq, Literal::Null, true);
        compared(&[property], Ne, Literal::Null, false);
    }
    compared(&[&user::ACCOUNT_ENABLED], Ge, Literal::Bool(true), true);
    compared(&[&user::ACCOUNT_ENABLED], Gt, Literal::Bool(false), true);
    // To the microsecond.
    let created: &[&'static Property] = &[&user::CREATED_DATE_TIME];
    let to = |value: &str| Literal::Instant(instant(value));
    compared(created, Eq, to("2024-05-01T10:00:00.123456Z"), true);
    compared(created, Gt, to("2024-05-01T10:00:00.123456Z"), false);
    compared(created, Ge, to("2024-05-01T10:00:00.123457Z"), false);
    compared(
        &[&user::EMPLOYEE_ORG_DATA, &employee_org::DIVISION],
        Eq,
        text("north"),
        true,
    );
    compared(
        &[&user::EMPLOYEE_ORG_DATA, &employee_org::COST_CENTER],
        Eq,
        Literal::Null,
        true,
    );
    compared(&[&user::EMPLOYEE_ORG_DATA], Ne, Literal::Null, true);
    compared(&[&user::AUTHORIZATION_INFO], Eq, Literal::Null, true);
    // A secret is null, so that nobody guesses it letter by letter.
    compared(
        &[&user::PASSWORD_PROFILE, &password_profile::PASSWORD],
        Eq,
        Literal::Null,
        true,
    );
    // Computed.
    compared(
        &[&user::LEGAL_AGE_GROUP_CLASSIFICATION],
        Eq,
        text("adult"),
        true,
    );
    compared(
        &[&user::SECURITY_IDENTIFIER],
        Eq,
        text("s-1-12-1-0-0-0-16777216"),
        true,
    );
    // Of another type: no comparison.
    compared(name, Eq, Literal::Int(1), false);
    compared(name, Ge, Literal::Int(1), false);
}

#[test]
fn sets_and_texts() {
    let anna = anna();
    let listed = |property, values: &[Literal], expected| {
        let node = Node::In {
            path: at(&[property]),
            values: values.to_vec(),
        };
        check(&anna, vec![node], expected);
    };
    listed(&user::CITY, &[text("x"), Literal::Null], true);
    listed(&user::CITY, &[text("x")], false);
    listed(
        &user::DISPLAY_NAME,
        &[Literal::Null, text("ænna strasse")],
        true,
    );
    let matched = |property, how, text: &str, expected| {
        let node = Node::Text {
            path: at(&[property]),
            how,
            text: text.to_owned(),
        };
        check(&anna, vec![node.clone()], expected);
        check(&anna, vec![node, Node::Not(NodeId(0))], !expected);
    };
    matched(&user::DISPLAY_NAME, Matching::StartsWith, "æn", true);
    matched(&user::DISPLAY_NAME, Matching::EndsWith, "asse", true);
    matched(&user::DISPLAY_NAME, Matching::Contains, "a s", true);
    matched(&user::DISPLAY_NAME, Matching::StartsWith, "", true);
    matched(&user::CITY, Matching::StartsWith, "", false);
    let searched = |property: &'static Property, wanted: &[&str], expected| {
        let node = Node::Tokens {
            property: property.into(),
            tokens: wanted.iter().map(|token| (*token).to_owned()).collect(),
        };
        check(&anna, vec![node], expected);
    };
    searched(&user::DISPLAY_NAME, &["strasse", "ænna"], true);
    searched(&user::DISPLAY_NAME, &["stras", "æ"], true);
    searched(&user::DISPLAY_NAME, &["trasse"], false);
    searched(&user::DISPLAY_NAME, &["strassen"], false);
    searched(&user::CITY, &["x"], false);
}

fn any(path: Path, body: Option<NodeId>) -> Node {
    Node::Lambda {
        path,
        how: Quantifier::Any,
        body,
    }
}

fn all(path: Path, body: NodeId) -> Node {
    Node::Lambda {
        path,
        how: Quantifier::All,
        body: Some(body),
    }
}

#[test]
fn lambdas() {
    let anna = anna();
    let mail = |how, text: &str| Node::Text {
        path: variable(0, &[]),
        how,
        text: text.to_owned(),
    };
    let mails = || at(&[&user::OTHER_MAILS]);
    let (first, second) = (NodeId(0), NodeId(1));
    let ends = || mail(Matching::EndsWith, ".example");
    check(
        &anna,
        vec![mail(Matching::StartsWith, "b@"), any(mails(), Some(first))],
        true,
    );
    check(
        &anna,
        vec![mail(Matching::StartsWith, "c@"), any(mails(), Some(first))],
        false,
    );
    check(&anna, vec![ends(), all(mails(), first)], true);
    check(
        &anna,
        vec![mail(Matching::StartsWith, "a"), all(mails(), first)],
        false,
    );
    check(&anna, vec![any(mails(), None)], true);
    // The empty collection.
    let phones = || at(&[&user::BUSINESS_PHONES]);
    check(&anna, vec![any(phones(), None)], false);
    check(&anna, vec![ends(), any(phones(), Some(first))], false);
    check(&anna, vec![ends(), all(phones(), first)], true);
    let size = |path, op, value| vec![Node::Size { path, op, value }];
    check(&anna, size(mails(), Eq, 2), true);
    check(&anna, size(mails(), Gt, 2), false);
    check(&anna, size(phones(), Eq, 0), true);
    // Nested; the inner one also sees the outer variable.
    let plan = |id: u128| Node::Compare {
        path: variable(1, &[]),
        op: Eq,
        value: Literal::Guid(Uuid::from_u128(id)),
    };
    let sku = |id: u128| Node::Compare {
        path: variable(0, &[&license_assignment_state::SKU_ID]),
        op: Eq,
        value: Literal::Guid(Uuid::from_u128(id)),
    };
    let disabled = || variable(0, &[&license_assignment_state::DISABLED_PLANS]);
    let states = || at(&[&user::LICENSE_ASSIGNMENT_STATES]);
    let nested = |id, of| {
        vec![
            sku(of),
            plan(id),
            Node::And(vec![first, second]),
            any(disabled(), Some(NodeId(2))),
            any(states(), Some(NodeId(3))),
        ]
    };
    check(&anna, nested(8, 2), true);
    check(&anna, nested(8, 1), false);
    check(&anna, nested(9, 2), false);
    // A property of another type is not there.
    let other = Node::Compare {
        path: variable(0, &[&assigned_license::SKU_ID]),
        op: Ne,
        value: Literal::Null,
    };
    check(&anna, vec![other, any(states(), Some(first))], false);
}

#[test]
fn connectives() {
    let anna = anna();
    let fixed = Node::Constant;
    let (a, b, c) = (NodeId(0), NodeId(1), NodeId(2));
    for (x, y) in [(false, false), (false, true), (true, false), (true, true)] {
        check(
            &anna,
            vec![fixed(x), fixed(y), Node::And(vec![a, b])],
            x && y,
        );
        check(
            &anna,
            vec![fixed(x), fixed(y), Node::Or(vec![a, b])],
            x || y,
        );
        let both = vec![fixed(x), fixed(y), Node::Or(vec![a, b]), Node::Not(c)];
        check(&anna, both, !(x || y));
    }
    // As deep as it gets, without a stack of calls.
    let mut deep = vec![fixed(true)];
    deep.extend((0..60_000).map(|at| Node::Not(NodeId(at))));
    check(&anna, deep, true);
}

#[test]
fn orders() {
    let named = |id: &str, name: Option<&str>, enabled: bool| {
        let mut record = Record::new();
        record.set(&user::ID, id);
        record.set(&user::ACCOUNT_ENABLED, enabled);
        if let Some(name) = name {
            record.set(&user::DISPLAY_NAME, name);
        }
        record
    };
    let up = |property: &'static Property| Order {
        property: property.into(),
        descending: false,
    };
    let down = |property: &'static Property| Order {
        property: property.into(),
        descending: true,
    };
    let check = |one: &Record, other: &Record, order: &[Order], expected: Ordering| {
        assert_eq!(
            compare(one, other, order),
            expected,
            "{one:?} {other:?} {order:?}"
        );
        assert_eq!(compare(other, one, order), expected.reverse());
    };
    let (a, b, null) = (
        named("1", Some("anna"), true),
        named("2", Some("Berta"), true),
        named("3", None, false),
    );
    check(&a, &b, &[], Ordering::Less);
    check(&a, &b, &[up(&user::DISPLAY_NAME)], Ordering::Less);
    check(&a, &b, &[down(&user::DISPLAY_NAME)], Ordering::Greater);
    check(&null, &a, &[up(&user::DISPLAY_NAME)], Ordering::Less);
    check(&null, &a, &[down(&user::DISPLAY_NAME)], Ordering::Greater);
    check(
        &a,
        &named("2", Some("ANNA"), true),
        &[down(&user::DISPLAY_NAME)],
        Ordering::Less,
    );
    let keys = [up(&user::ACCOUNT_ENABLED), down(&user::DISPLAY_NAME)];
    check(&null, &a, &keys, Ordering::Less);
    check(&b, &a, &keys, Ordering::Less);
    check(&a, &a, &keys, Ordering::Equal);
}
