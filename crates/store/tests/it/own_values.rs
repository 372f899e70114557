//! Conditions on a tenant's own properties (decision record 0089): what the store finds is what the
//! reference evaluator says of the documents.

use crate::fixtures::{OTHER, TENANT, core, store, write};
use crate::queries::{About, compare_about, populate_in, row};
use crate::random::own::{definitions, set_own};
use crate::random::{Random, id_of};
use crate::scale;
use edm::{Prop, Record, Schema, Value, document, user};
use odata::eval;
use odata::filter::{Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path};
use store::{Lookup as _, ObjectKeys, Plan, Query, Store, TenantId, UserBrief, UserRow, Users};

/// The tenants have definitions of the same numbers and names, and of other types.
const TENANTS: [(TenantId, usize); 2] = [(TENANT, 0), (OTHER, 1)];

#[tokio::test]
async fn finds_what_the_reference_finds() {
    let store = store().await;
    let mut all = Vec::new();
    for (tenant, turn) in TENANTS {
        let own = definitions(turn);
        let random = Random::new(20 + turn as u64);
        let users = populate_in(&store, (tenant, &own), 150, random).await;
        all.push((tenant, own, users));
    }
    for (tenant, own, users) in &all {
        let about = About {
            tenant: *tenant,
            users,
            own,
        };
        let random = Random::new(30);
        compare_about(&store, about, scale::count("filters") / 2, (random, true)).await;
    }
}

/// The user as a change leaves them.
async fn replace(store: &Store, record: &Record, schema: Schema) {
    let id = id_of(record).unwrap();
    let input = (row(record, id), ObjectKeys::of_user(record), schema);
    let done = write!(store, TENANT, input, tx, input => {
        let (row, keys, schema) = input;
        let version = tx.user(row.id).await?.unwrap().version;
        let row = UserRow { version, ..row.clone() };
        tx.replace_user(&row, keys, schema.entity(&user::TYPE)).await
    });
    assert_eq!(done, Ok(true));
}

/// Keys follow the values of a change. While a definition is deleted its values stay and are not
/// read; when it is made anew they are found again.
#[tokio::test]
async fn keys_follow_changes_and_outlive_their_definition() {
    let store = store().await;
    let own = definitions(0);
    let schema = || Schema::with_properties(&user::TYPE, &own);
    let mut random = Random::new(40);
    let mut users = populate_in(&store, (TENANT, &own), 200, Random::new(41)).await;
    let (known, deleted): (Vec<Prop>, Vec<Prop>) =
        (own.iter().cloned()).partition(|one| !one.name().contains("_true"));
    for user in &mut users {
        if user.has(&user::DELETED_DATE_TIME) {
            continue;
        }
        match random.below(4) {
            0 => set_own(&mut random, user, &own),
            1 => {
                for one in &own {
                    user.remove(one);
                }
            }
            // A change that knows some definitions alone.
            2 => {
                let narrow = Schema::with_properties(&user::TYPE, &known);
                let text = document::whole(user);
                let mut read = document::parse(&text, narrow.entity(&user::TYPE)).unwrap();
                assert!(deleted.iter().all(|one| !read.has(one)));
                read.set(&user::CITY, "Bern");
                set_own(&mut random, &mut read, &known);
                replace(&store, &read, narrow).await;
                let whole = document::whole(&read);
                *user = document::parse(&whole, schema().entity(&user::TYPE)).unwrap();
                continue;
            }
            _ => continue,
        }
        replace(&store, user, schema()).await;
    }
    let about = About {
        tenant: TENANT,
        users: &users,
        own: &own,
    };
    let random = Random::new(42);
    compare_about(&store, about, scale::count("filters") / 4, (random, true)).await;
}

fn single(property: &Prop) -> Path {
    Path {
        origin: Origin::Object,
        steps: vec![property.clone()],
    }
}

fn equal(property: &Prop, text: &str) -> Node {
    Node::Compare {
        path: single(property),
        op: Comparison::Eq,
        value: Literal::Text(text.to_owned()),
    }
}

fn starts(property: &Prop, text: &str) -> Node {
    Node::Text {
        path: single(property),
        how: Matching::StartsWith,
        text: text.to_owned(),
    }
}

async fn explained(store: &Store, filter: Filter) -> Plan {
    let query = Query {
        filter: Some(filter),
        limit: 10,
        ..Query::default()
    };
    let reader = store.read(TENANT);
    let users = UserBrief::among(Users::Live);
    reader.explain(users, query).await.unwrap()
}

/// A page costs what it shows, however many users there are and however many of them pass.
#[tokio::test]
async fn a_page_reads_what_it_shows() {
    let store = store().await;
    let own = definitions(0);
    let (badge, other) = (own.first().unwrap(), own.get(10).unwrap());
    for n in 0..600_u128 {
        let mut user = Record::new();
        user.set(&user::ID, uuid::Uuid::from_u128(1 + n).to_string());
        user.set(badge.clone(), Value::Text(format!("Group{}", n % 3)));
        if n == 77 {
            user.set(other.clone(), Value::Text("Rare".to_owned()));
        }
        let input = (
            row(&user, id_of(&user).unwrap()),
            ObjectKeys::of_user(&user),
        );
        write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
    }
    let of = |nodes| Filter::new(nodes).unwrap();
    for (filter, index, examined) in [
        (of(vec![equal(badge, "group1")]), badge, 10),
        (of(vec![starts(badge, "group")]), badge, 10),
        (of(vec![equal(other, "rare")]), other, 1),
        (of(vec![equal(other, "none")]), other, 0),
    ] {
        let plan = explained(&store, filter).await;
        assert_eq!(
            (plan.index.as_deref(), plan.exact, plan.rows_examined),
            (
                Some(&*format!("user_values {}", index.name())),
                true,
                examined
            ),
            "{plan:?}"
        );
        assert!(
            !plan.lines.iter().any(|line| line.contains("TEMP B-TREE")),
            "{plan:?}"
        );
    }
    // A change that knows no definition takes no key.
    let read = store.read(TENANT).user(uuid::Uuid::from_u128(78)).await;
    let read = read.unwrap().unwrap();
    let record = document::parse(&read.doc(), core()).unwrap();
    assert!(!record.has(other));
    replace(&store, &record, Schema::default()).await;
    let plan = explained(&store, of(vec![equal(other, "rare")])).await;
    assert_eq!(plan.rows_examined, 1);
}

/// Users whose own value hardly any of them lacks, and one more that hardly any of them has.
async fn populate_nulls(store: &Store, count: u128, (often, rare): (&Prop, &Prop)) -> Vec<Record> {
    let mut users = Vec::new();
    for n in 0..count {
        let mut user = Record::new();
        user.set(&user::ID, uuid::Uuid::from_u128(1 + n).to_string());
        user.set(&user::CITY, if n % 2 == 0 { "Bern" } else { "Basel" });
        let text = match n {
            // Its key is cut.
            7 => "x".repeat(1_100),
            n => format!("Group{}", n % 3),
        };
        let is_null = n % 300 >= 298;
        let value = if is_null {
            Value::Null
        } else {
            Value::Text(text)
        };
        user.set(often.clone(), value);
        if n == 77 {
            user.set(rare.clone(), Value::Text("Rare".to_owned()));
        }
        let id = id_of(&user).unwrap();
        let input = (row(&user, id), ObjectKeys::of_user(&user));
        write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
        users.push(user);
    }
    users
}

/// Where hardly anybody lacks a value, the documents of the first users are read, and then those
/// with a value are gathered; where many lack it, the page is full by then.
#[tokio::test]
async fn a_page_of_nulls_reads_few_documents() {
    let store = store().await;
    let own = definitions(0);
    let (often, rare) = (own.first().unwrap(), own.get(10).unwrap());
    let users = populate_nulls(&store, 1_800, (often, rare)).await;
    let null = |property: &Prop| Node::Compare {
        path: single(property),
        op: Comparison::Eq,
        value: Literal::Null,
    };
    let contains = |property: &Prop, text: &str| Node::Text {
        path: single(property),
        how: Matching::Contains,
        text: text.to_owned(),
    };
    let city = (&user::CITY).into();
    let two = || Node::And(vec![NodeId(0), NodeId(1)]);
    for (nodes, most) in [
        (vec![null(often)], 1_000),
        (vec![null(rare)], 100),
        (vec![null(often), contains(&city, "bern"), two()], 1_000),
        (vec![null(often), contains(&city, "basel"), two()], 1_000),
        (vec![null(often), null(rare), two()], 1_000),
        (vec![null(rare), Node::Not(NodeId(0))], 1_000),
        // Documents decide about the other half of it, so all are read.
        (vec![null(often), contains(rare, "z"), two()], 1_800),
    ] {
        let filter = Filter::new(nodes).unwrap();
        let passing = users.iter().filter(|user| eval::holds(&filter, user));
        let expected: Vec<_> = passing.map(|user| id_of(user).unwrap()).collect();
        let by_city = Order {
            property: city.clone(),
            descending: true,
        };
        for order in [Vec::new(), vec![by_city]] {
            let mut query = Query {
                filter: Some(filter.clone()),
                limit: 50,
                order,
                ..Query::default()
            };
            let mut found = Vec::new();
            loop {
                let users = UserBrief::among(Users::Live);
                let page = store.read(TENANT).find(users, query.clone()).await.unwrap();
                let examined = page.examined;
                assert!(examined <= most, "{examined} of {most}: {query:?}");
                found.extend(page.rows.iter().map(|brief| brief.id));
                match page.next {
                    None => break,
                    next => query.after = next,
                }
            }
            found.sort_unstable();
            assert_eq!(found, expected, "{query:?}");
        }
    }
    // The plan names both: the documents, and the set.
    let plan = explained(&store, Filter::new(vec![null(often)]).unwrap()).await;
    let gathers = plan.lines.iter().any(|line| line.starts_with("SEARCH v "));
    assert!(plan.exact && gathers, "{plan:?}");
    assert!(plan.rows_examined > 1_800, "{plan:?}");
}
