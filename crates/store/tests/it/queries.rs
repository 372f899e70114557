//! What the store finds is what the reference evaluator says: random conditions, orders and pages
//! over random users.

use crate::fixtures::{TENANT, at, core, store, store_with, write};
use crate::random::own::set_own;
use crate::random::{Filters, Random, id_of, record};
use crate::scale;
use edm::{Prop, Property, Record, document, user};
use odata::eval;
use odata::filter::{Filter, Matching, Node, Order, Origin, Path};
use std::collections::BTreeMap;
use std::time::Duration;
use store::{
    Cursor, Lookup, ObjectKeys, Page, Query, Relation, Store, StoreError, TenantId, UserBrief,
    UserRow, Users,
};
use uuid::Uuid;

pub(crate) fn row(record: &Record, id: Uuid) -> UserRow {
    UserRow {
        id,
        brief: document::brief(record, &user::TYPE),
        rest: document::rest(record, &user::TYPE),
        upn: String::new(),
        ..crate::fixtures::user(1)
    }
}

/// A store with random users; each tenth of them deleted.
async fn populated(count: usize, seed: u64) -> (Store, Vec<Record>) {
    let store = store().await;
    let users = populate(&store, count, seed).await;
    (store, users)
}

async fn populate(store: &Store, count: usize, seed: u64) -> Vec<Record> {
    populate_with(store, count, Random::new(seed)).await
}

pub(crate) async fn populate_with(store: &Store, count: usize, random: Random) -> Vec<Record> {
    populate_in(store, (TENANT, &[]), count, random).await
}

/// The same in any tenant, whose users have these properties of its own.
pub(crate) async fn populate_in(
    store: &Store,
    (tenant, own): (TenantId, &[Prop]),
    count: usize,
    mut random: Random,
) -> Vec<Record> {
    let mut users = Vec::new();
    for n in 0..count {
        let id = Uuid::from_u128(u128::from(random.next()) << 64 | u128::from(random.next()));
        let mut user = record(&mut random, id);
        set_own(&mut random, &mut user, own);
        let input = (row(&user, id), ObjectKeys::of_user(&user));
        write!(store, tenant, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
        if n % 10 == 0 {
            // A few share an instant.
            let when = at(9 + i64::try_from(n % 3).unwrap());
            write!(store, tenant, (id, when), tx, gone => tx.soft_delete_user(gone.0, gone.1).await)
                .unwrap();
            user.set(&user::DELETED_DATE_TIME, when);
        }
        users.push(user);
    }
    for (at, user) in users.iter().enumerate() {
        let Some(manager) = users.get(at / 9).and_then(id_of).filter(|_| at > 0) else {
            continue;
        };
        let link = (id_of(user).unwrap(), manager);
        write!(store, tenant, link, tx, link => {
            tx.link(Relation::Manager, link.0, link.1).await
        })
        .unwrap();
    }
    users
}

/// Whom the links say to be the manager, unless they are deleted.
fn managers(users: &[Record]) -> BTreeMap<&str, Uuid> {
    let mut found = BTreeMap::new();
    for (at, user) in users.iter().enumerate().skip(1) {
        let manager = users.get(at / 9).unwrap();
        if !manager.has(&user::DELETED_DATE_TIME) {
            found.insert(user.text(&user::ID).unwrap(), id_of(manager).unwrap());
        }
    }
    found
}

/// Whom a test is about.
fn among(deleted: bool) -> Users {
    if deleted { Users::Deleted } else { Users::Live }
}

/// All pages of a query, one after the other.
pub(crate) async fn walk(store: &Store, among: Users, query: Query) -> Vec<UserBrief> {
    walk_in(store, TENANT, among, query).await
}

async fn walk_in(
    store: &Store,
    tenant: TenantId,
    among: Users,
    mut query: Query,
) -> Vec<UserBrief> {
    let mut found = Vec::new();
    loop {
        let page = store
            .read(tenant)
            .find(UserBrief::among(among), query.clone())
            .await
            .unwrap();
        assert!(page.rows.len() <= usize::try_from(query.limit).unwrap());
        found.extend(page.rows);
        let Some(next) = page.next else { return found };
        // As it comes back in a page token.
        query.after = Some(Cursor::from_bytes(&next.to_bytes()).unwrap());
    }
}

#[tokio::test]
async fn finds_what_the_reference_finds() {
    let (store, users) = populated(1_000, 1).await;
    compare(&store, &users, scale::count("filters")).await;
}

/// Where a walk by id is given up, at once or after a few entries, the others are looked through as
/// they lie.
#[tokio::test]
async fn finds_the_same_the_other_way() {
    for walk in [0, 7, 200] {
        let store = store_with(|options| options.walk = walk).await;
        let users = populate(&store, 500, 1).await;
        compare(&store, &users, 75).await;
    }
}

/// A page is looked for by id among so many entries, then in the order of the file, unless few are
/// left; and an explanation says what was run.
#[tokio::test]
async fn a_walk_goes_as_far_as_entries_are_counted() {
    const BY_ID: &str = "SEARCH u USING INDEX sqlite_autoindex_users_1";
    let nowhere = Filter::new(vec![Node::Text {
        path: Path {
            origin: Origin::Object,
            steps: vec![(&user::CITY).into()],
        },
        how: Matching::StartsWith,
        text: "nowhere at all".into(),
    }]);
    let id = |descending| Order {
        property: (&user::ID).into(),
        descending,
    };
    // Users, entries of the walk; how the plan begins and ends, and how many entries it reads.
    for (users, walk, begins, ends, examined) in [
        (100, 100, BY_ID, BY_ID, 100),
        (100, 40, BY_ID, BY_ID, 100),
        (130, 40, BY_ID, "SCAN u", 170),
        (100, 0, "SCAN u", "SCAN u", 100),
    ] {
        let store = store_with(|options| options.walk = walk).await;
        populate(&store, users, 1).await;
        for descending in [false, true] {
            let query = Query {
                filter: nowhere.clone(),
                order: vec![id(descending)],
                limit: 10,
                ..Query::default()
            };
            let reader = store.read(TENANT);
            let page = reader.find(UserBrief::among(Users::Live), query.clone());
            assert_eq!(page.await.unwrap().rows, []);
            let plan = reader.explain(UserBrief::among(Users::Live), query).await;
            let plan = plan.unwrap();
            assert_eq!(plan.rows_examined, examined, "{plan:?}");
            assert!(plan.lines[0].starts_with(begins), "{plan:?}");
            let is_end = |line: &String| line.starts_with(ends);
            assert!(plan.lines.iter().any(is_end), "{plan:?}");
            let is_scan = |line: &String| line.starts_with("SCAN u");
            assert_eq!(plan.lines.iter().any(is_scan), ends == "SCAN u", "{plan:?}");
        }
    }
}

#[tokio::test]
async fn who_asks_for_too_much_is_told_so_and_keeps_nobody_waiting() {
    let store = store_with(|options| options.read_time = Duration::ZERO).await;
    let users = populate(&store, 1_000, 1).await;
    let reader = store.read(TENANT);
    let nowhere = |how| {
        Filter::new(vec![Node::Text {
            path: Path {
                origin: Origin::Object,
                steps: vec![(&user::CITY).into()],
            },
            how,
            text: "nowhere at all".into(),
        }])
    };
    let everybody = Query {
        filter: nowhere(Matching::Contains),
        limit: 10,
        ..Query::default()
    };
    for _ in 0..3 {
        let page = reader
            .find(UserBrief::among(Users::Live), everybody.clone())
            .await;
        assert_eq!(page, Err(StoreError::Overdue));
        let count = reader
            .count(UserRow::among(Users::Live), everybody.filter.clone())
            .await;
        assert_eq!(count, Err(StoreError::Overdue));
        // On the same connections.
        let few = Page {
            after: None,
            limit: 3,
        };
        assert_eq!(reader.users(few).await.unwrap().len(), 3);
        let id = users[1].text(&user::ID).unwrap().parse().unwrap();
        assert!(reader.user(id).await.unwrap().is_some());
    }
}

/// Each filter gives what the evaluator gives, page by page and counted.
async fn compare(store: &Store, users: &[Record], wanted: usize) {
    compare_with(store, users, wanted, (Random::new(2), true)).await;
}

/// The same with another generator, and ordered or not.
pub(crate) async fn compare_with(
    store: &Store,
    users: &[Record],
    wanted: usize,
    (random, is_ordered): (Random, bool),
) {
    let about = About {
        tenant: TENANT,
        users,
        own: &[],
    };
    compare_about(store, about, wanted, (random, is_ordered)).await;
}

/// Whose users are compared.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) tenant: TenantId,
    pub(crate) users: &'a [Record],
    /// The tenant's own properties.
    pub(crate) own: &'a [Prop],
}

/// The same of any tenant's users, with conditions on the tenant's own properties.
pub(crate) async fn compare_about(
    store: &Store,
    About { tenant, users, own }: About<'_>,
    wanted: usize,
    (random, is_ordered): (Random, bool),
) {
    let mut filters = Filters { random, users, own };
    let managers = managers(users);
    let mut found_some = 0;
    for n in 0..wanted {
        let filter = filters.filter();
        let order = if is_ordered {
            filters.order()
        } else {
            Vec::new()
        };
        let deleted = filters.random.chance(10);
        let mut expected: Vec<&Record> = users
            .iter()
            .filter(|user| {
                let manager = user.text(&user::ID).and_then(|id| managers.get(id));
                user.has(&user::DELETED_DATE_TIME) == deleted
                    && eval::holds_of(&filter, user, manager.copied())
            })
            .collect();
        expected.sort_by(|one, other| eval::compare(one, other, &order));
        let mut expected: Vec<_> = expected
            .iter()
            .map(|user| user.text(&user::ID).unwrap().to_owned())
            .collect();
        let limit = (1 + filters.random.below(60)).max(expected.len() / 5);
        let query = Query {
            filter: Some(filter.clone()),
            order: order.clone(),
            after: None,
            limit: u32::try_from(limit).unwrap(),
            ..Query::default()
        };
        let among = among(deleted);
        let mut found: Vec<_> = walk_in(store, tenant, among, query.clone())
            .await
            .iter()
            .map(|brief| brief.id.to_string())
            .collect();
        if order.is_empty() {
            // By id, or along a range: which, is tested apart.
            found.sort_unstable();
            expected.sort_unstable();
        }
        if found != expected {
            let plan = store
                .read(tenant)
                .explain(UserRow::among(among), query)
                .await
                .unwrap();
            assert_eq!(
                found, expected,
                "filter {n}: {filter:#?}\norder {order:?}\n{plan:#?}"
            );
        }
        let count = store
            .read(tenant)
            .count(UserRow::among(among), Some(filter))
            .await
            .unwrap();
        assert_eq!(
            count,
            u64::try_from(expected.len()).unwrap(),
            "count of {n}"
        );
        found_some += usize::from(!expected.is_empty());
    }
    assert!(found_some * 3 > wanted, "hardly anything was found");
}

#[tokio::test]
async fn orders_everybody() {
    let (store, users) = populated(300, 3).await;
    let mut filters = Filters {
        random: Random::new(4),
        users: &users,
        own: &[],
    };
    for n in 0..200 {
        let order = filters.order();
        let deleted = n % 5 == 0;
        let mut expected: Vec<&Record> = users
            .iter()
            .filter(|user| user.has(&user::DELETED_DATE_TIME) == deleted)
            .collect();
        expected.sort_by(|one, other| eval::compare(one, other, &order));
        let found = walk(
            &store,
            among(deleted),
            Query {
                order: order.clone(),
                limit: 37,
                ..Query::default()
            },
        )
        .await;
        let found: Vec<_> = found.iter().map(|brief| brief.id.to_string()).collect();
        let expected: Vec<_> = expected
            .iter()
            .filter_map(|user| user.text(&user::ID))
            .collect();
        assert_eq!(found, expected, "{order:?}");
    }
    let reader = store.read(TENANT);
    assert_eq!(
        reader.count(UserRow::among(Users::Live), None).await,
        Ok(270)
    );
    assert_eq!(
        reader.count(UserRow::among(Users::Deleted), None).await,
        Ok(30)
    );
}

/// One walk, with somebody inserting, changing and deleting between its pages. `stay` are those
/// present throughout, with the same sort keys.
async fn walk_beside_writing(
    store: &Store,
    stay: &[(Uuid, Record)],
    random: &mut Random,
    (property, descending): (&'static Property, bool),
) {
    let mut come_and_go: Vec<Uuid> = Vec::new();
    let mut seen: BTreeMap<Uuid, u32> = BTreeMap::new();
    let mut query = Query {
        order: vec![Order {
            property: property.into(),
            descending,
        }],
        limit: 1 + u32::try_from(random.below(20)).unwrap(),
        ..Query::default()
    };
    loop {
        let page = store
            .read(TENANT)
            .find(UserBrief::among(Users::Live), query.clone())
            .await
            .unwrap();
        for brief in page.rows {
            *seen.entry(brief.id).or_default() += 1;
        }
        let Some(next) = page.next else { break };
        query.after = Some(next);
        let id = Uuid::from_u128(u128::from(random.next()) << 64 | u128::from(random.next()));
        let user = record(random, id);
        let new = (row(&user, id), ObjectKeys::of_user(&user));
        let gone = come_and_go.pop().filter(|_| random.chance(70));
        // The same keys in a new row: another version, another place in the file.
        let (same, known) = random.pick(stay);
        let rewritten = (row(known, *same), ObjectKeys::of_user(known));
        write!(store, TENANT, (new, gone, rewritten), tx, input => {
            let (new, gone, (row, keys)) = input;
            tx.insert_user(&new.0, &new.1).await?;
            if let Some(gone) = gone {
                tx.soft_delete_user(*gone, at(9)).await?;
            }
            let version = tx.user(row.id).await?.map_or(1, |found| found.version);
            let row = UserRow { version, ..row.clone() };
            tx.replace_user(&row, keys, core()).await.map(drop)
        })
        .unwrap();
        come_and_go.push(id);
    }
    for (id, _) in stay {
        assert_eq!(seen.get(id), Some(&1), "{id} by {}", property.name());
    }
    for id in come_and_go {
        write!(store, TENANT, id, tx, id => {
            tx.soft_delete_user(*id, at(9)).await?;
            tx.purge_user(*id).await.map(drop)
        })
        .unwrap();
    }
}

#[tokio::test]
async fn a_walk_beside_writing_sees_everybody_once() {
    let mut random = Random::new(5);
    let orders: [(&'static Property, bool); 5] = [
        (&user::ID, false),
        (&user::DISPLAY_NAME, false),
        (&user::DEPARTMENT, true),
        (&user::CITY, false),
        (&user::CREATED_DATE_TIME, true),
    ];
    let (mut store, mut stay) = those_who_stay(&mut random).await;
    for n in 0..scale::count("walks") {
        // Each walk leaves deleted users behind; a thousand walks' worth of them would be most of
        // what is walked.
        if n % 50 == 49 {
            (store, stay) = those_who_stay(&mut random).await;
        }
        let order = *orders.get(n % orders.len()).unwrap();
        walk_beside_writing(&store, &stay, &mut random, order).await;
    }
}

/// A store with users who are there throughout.
async fn those_who_stay(random: &mut Random) -> (Store, Vec<(Uuid, Record)>) {
    let store = store().await;
    let mut stay = Vec::new();
    for n in 0..120_u128 {
        let id = Uuid::from_u128(u128::from(random.next()) << 64 | n);
        let user = record(random, id);
        let input = (row(&user, id), ObjectKeys::of_user(&user));
        write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
        stay.push((id, user));
    }
    (store, stay)
}
