//! Searches for words that many users have: pages by id and by name, beside other conditions, are
//! what the reference evaluator says, and read little more than they show.

use crate::fixtures::{TENANT, at, store, write};
use crate::queries::{row, walk};
use crate::random::id_of;
use edm::{Record, Value, user};
use odata::eval;
use odata::filter::{Comparison, Filter, Literal, Node, NodeId, Order, Origin, Path};
use std::collections::BTreeSet;
use store::{ObjectKeys, Query, Store, UserBrief, Users};
use uuid::Uuid;

/// Two of three have a surname that begins alike; every eleventh is deleted, some have a name of
/// many.
async fn population() -> (Store, Vec<Record>) {
    let store = store().await;
    let mut users = Vec::new();
    for n in 0..900_u128 {
        let mut user = Record::new();
        let id = Uuid::from_u128((n * 7_919 % 900 + 1) << 64);
        user.set(&user::ID, id.to_string());
        let name = match n % 6 {
            0 | 1 => "Anna Schmidt",
            2 => "Bo Schmidtke",
            3 => "Schmidt Schmidtke",
            _ => "Cem Yılmaz",
        };
        // Twenty surnames more that begin with an S: too many to look for one by one.
        let name = if n % 9 == 0 {
            format!(
                "{name} S{}",
                char::from(b'a' + u8::try_from(n % 20).unwrap())
            )
        } else {
            name.to_owned()
        };
        user.set(&user::DISPLAY_NAME, Value::Text(name));
        user.set(&user::ACCOUNT_ENABLED, Value::Bool(n % 50 != 0));
        let input = (row(&user, id), ObjectKeys::of_user(&user));
        write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
        if n % 11 == 0 {
            write!(store, TENANT, (id, at(9)), tx, gone => tx.soft_delete_user(gone.0, gone.1).await)
                .unwrap();
            user.set(&user::DELETED_DATE_TIME, at(9));
        }
        users.push(user);
    }
    (store, users)
}

fn search(words: &str) -> Node {
    Node::Tokens {
        property: (&user::DISPLAY_NAME).into(),
        tokens: odata::tokens(words),
    }
}

fn by(property: &'static edm::Property, descending: bool) -> Order {
    Order {
        property: property.into(),
        descending,
    }
}

/// Words, alone, negated, and beside a condition that few pass.
fn conditions(words: &str) -> Vec<Filter> {
    let off = Node::Compare {
        path: Path {
            origin: Origin::Object,
            steps: vec![(&user::ACCOUNT_ENABLED).into()],
        },
        op: Comparison::Eq,
        value: Literal::Bool(false),
    };
    let both = |between: Node| Filter::new(vec![search(words), off.clone(), between]).unwrap();
    vec![
        Filter::new(vec![search(words)]).unwrap(),
        Filter::new(vec![search(words), Node::Not(NodeId(0))]).unwrap(),
        both(Node::And(vec![NodeId(0), NodeId(1)])),
        both(Node::Or(vec![NodeId(0), NodeId(1)])),
    ]
}

#[tokio::test]
async fn pages_hold_whom_the_reference_finds() {
    let (store, users) = population().await;
    let orders = [
        vec![],
        vec![by(&edm::entity::ID, true)],
        vec![by(&user::DISPLAY_NAME, false)],
        vec![by(&user::DISPLAY_NAME, true)],
    ];
    for words in [
        "schmidt",
        "Schmidtk",
        "s",
        "schmidt s",
        "anna schm",
        "nobody",
    ] {
        for filter in conditions(words) {
            let wanted: BTreeSet<Uuid> = users
                .iter()
                .filter(|user| !user.has(&user::DELETED_DATE_TIME))
                .filter(|user| eval::holds(&filter, user))
                .map(|user| id_of(user).unwrap())
                .collect();
            for order in &orders {
                let query = Query {
                    filter: Some(filter.clone()),
                    order: order.clone(),
                    limit: 17,
                    ..Query::default()
                };
                let found = walk(&store, Users::Live, query).await;
                let ids: Vec<_> = found.iter().map(|user| user.id).collect();
                assert_eq!(ids.len(), wanted.len(), "{words}: {filter:?} {order:?}");
                assert_eq!(ids.iter().copied().collect::<BTreeSet<_>>(), wanted);
                match order.as_slice() {
                    [] => assert!(ids.is_sorted()),
                    [one] if one.property == edm::entity::ID => {
                        assert!(ids.iter().rev().is_sorted());
                    }
                    _ => {}
                }
            }
        }
    }
}

/// However many have the word, a page by id reads no more entries than it shows, and no documents.
#[tokio::test]
async fn a_page_reads_what_it_shows() {
    let (store, _) = population().await;
    for (words, order) in [
        ("schmidt", vec![]),
        ("schmidtk", vec![]),
        ("schmidt", vec![by(&edm::entity::ID, true)]),
    ] {
        let query = Query {
            filter: Some(Filter::new(vec![search(words)]).unwrap()),
            order,
            limit: 20,
            ..Query::default()
        };
        let objects = UserBrief::among(Users::Live);
        let plan = store.read(TENANT).explain(objects, query).await;
        let plan = plan.unwrap();
        assert_eq!(plan.index.as_deref(), Some("search_tokens"), "{plan:?}");
        assert!(plan.exact && plan.rows_examined < 25, "{plan:?}");
    }
}
