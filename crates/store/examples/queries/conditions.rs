//! The conditions that are measured.

use super::Person;
use edm::{document, user};
use odata::filter::{Comparison, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier};

fn on(property: &'static edm::Property) -> Path {
    Path {
        origin: Origin::Object,
        steps: vec![property.into()],
    }
}

fn equals(property: &'static edm::Property, text: &str) -> Node {
    Node::Compare {
        path: on(property),
        op: Comparison::Eq,
        value: Literal::Text(edm::fold::display(text)),
    }
}

fn starts(property: &'static edm::Property, text: &str) -> Node {
    Node::Text {
        path: on(property),
        how: Matching::StartsWith,
        text: edm::fold::display(text),
    }
}

fn any(property: &'static edm::Property, node: Node) -> Vec<Node> {
    let lambda = Node::Lambda {
        path: on(property),
        how: Quantifier::Any,
        body: Some(NodeId(0)),
    };
    vec![node, lambda]
}

fn element(how: Matching, text: &str) -> Node {
    Node::Text {
        path: Path {
            origin: Origin::Variable(0),
            steps: vec![],
        },
        how,
        text: edm::fold::display(text),
    }
}

/// The conditions that are measured, each for a user of its own.
pub(super) fn conditions(person: &Person) -> Vec<(&'static str, Vec<Node>, Vec<Order>)> {
    let both = |one, other| vec![one, other, Node::And(vec![NodeId(0), NodeId(1)])];
    let either = |one, other| vec![one, other, Node::Or(vec![NodeId(0), NodeId(1)])];
    let enabled = Node::Compare {
        path: on(&user::ACCOUNT_ENABLED),
        op: Comparison::Eq,
        value: Literal::Bool(true),
    };
    let record = document::parse(&person.row.doc(), edm::Entity::core(&user::TYPE)).unwrap();
    let name = record.text(&user::DISPLAY_NAME).unwrap();
    let department = format!("Department {}", person.row.id.as_u128() % 200);
    let address = Node::Compare {
        path: Path {
            origin: Origin::Variable(0),
            steps: vec![],
        },
        op: Comparison::Eq,
        value: Literal::Text(format!("smtp:{}", person.mail)),
    };
    let tokens = |words: &str| Node::Tokens {
        property: (&user::DISPLAY_NAME).into(),
        tokens: odata::tokens(words),
    };
    let order = |property: &'static edm::Property, descending| Order {
        property: property.into(),
        descending,
    };
    let given = name.split(' ').next().unwrap();
    let mut all = vec![
        (
            "upn eq",
            vec![equals(&user::USER_PRINCIPAL_NAME, &person.upn)],
            vec![],
        ),
        (
            "startswith displayName",
            vec![starts(&user::DISPLAY_NAME, given)],
            vec![],
        ),
        (
            "department and enabled",
            both(equals(&user::DEPARTMENT, &department), enabled.clone()),
            vec![],
        ),
        (
            "proxyAddresses any eq",
            any(&user::PROXY_ADDRESSES, address),
            vec![],
        ),
        ("search one name", vec![tokens(given)], vec![]),
        ("search both names", vec![tokens(name)], vec![]),
        (
            "startswith name or mail",
            either(starts(&user::DISPLAY_NAME, name), starts(&user::MAIL, name)),
            vec![],
        ),
        (
            "department by surname",
            vec![equals(&user::DEPARTMENT, &department)],
            vec![order(&user::SURNAME, false)],
        ),
        (
            "guests by name desc",
            vec![equals(&user::USER_TYPE, "Guest")],
            vec![order(&user::DISPLAY_NAME, true)],
        ),
        (
            "department ne, scan",
            vec![Node::Compare {
                path: on(&user::DEPARTMENT),
                op: Comparison::Ne,
                value: Literal::Text(edm::fold::display(&department)),
            }],
            vec![],
        ),
        (
            "city eq none, scan",
            vec![equals(&user::CITY, "Nowhere")],
            vec![],
        ),
    ];
    all.extend(of_elements(enabled));
    all
}

/// Those about the elements of collections.
fn of_elements(enabled: Node) -> Vec<(&'static str, Vec<Node>, Vec<Order>)> {
    vec![
        (
            "otherMails any endswith",
            any(
                &user::OTHER_MAILS,
                element(Matching::EndsWith, "@partner7.example"),
            ),
            vec![],
        ),
        (
            "proxyAddresses any starts",
            any(
                &user::PROXY_ADDRESSES,
                element(Matching::StartsWith, "smtp:user"),
            ),
            vec![],
        ),
        (
            "the same and enabled",
            {
                let mut nodes = any(
                    &user::PROXY_ADDRESSES,
                    element(Matching::StartsWith, "smtp:user"),
                );
                nodes.extend([enabled, Node::And(vec![NodeId(1), NodeId(2)])]);
                nodes
            },
            vec![],
        ),
    ]
}
