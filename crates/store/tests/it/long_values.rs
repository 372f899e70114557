//! Values so long that their keys are a beginning and a hash (decision record 0084): what the store
//! finds is what the reference evaluator says of the documents.

use crate::fixtures::{TENANT, at, id, keys, store, user as row_of, write};
use crate::queries::{compare_with, populate_with, row, walk};
use crate::random::{Random, fitting, id_of};
use edm::{Kept, Prop, Record, Type, Value, fold, user};
use odata::eval;
use odata::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use store::{
    Conflict, Cursor, Identity, ObjectKeys, Query, Store, StoreError, UserBrief, UserRow, Users,
};
use uuid::Uuid;

/// The longest texts that properties hold, 1,024 characters, and texts that are just cut and just
/// not, with the same beginning and different ends.
static LONG: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |letter: &str, times: usize, end: &str| letter.repeat(times) + end;
    vec![
        of("猫", 1024, ""),
        of("猫", 1023, "a"),
        of("猫", 1023, "B"),
        of("猫", 341, ""),
        of("猫", 341, "a"),
        of("猫", 341, "b"),
        of("猫", 341, "b犬"),
        of("猫", 256, ""),
        of("😀", 1024, ""),
        of("😀", 1023, "x"),
        of("😀", 255, "x"),
        of("😀", 255, "Y"),
        of("😀", 256, ""),
        of("😀", 257, ""),
        of("\u{1d160}", 256, "x"),
        of("ΐ", 256, "y"),
        of("a", 1023, "é"),
        of("A", 1022, "😀"),
        of("a", 1024, ""),
        of("a", 1023, "猫"),
        of("x猫", 512, ""),
        of("a b ", 256, ""),
        "猫".into(),
        "a".into(),
        "x".into(),
        String::new(),
    ]
});

/// Bytes of a folded text that its key holds of its beginning (decision record 0084).
const WHOLE: usize = 1_024;

async fn populated(count: usize) -> (Store, Vec<Record>) {
    let store = store().await;
    let users = populate_with(&store, count, Random::with(5, &LONG)).await;
    (store, users)
}

async fn found(
    store: &Store,
    among: Users,
    filter: Option<Filter>,
    (order, limit): (Vec<Order>, u32),
) -> Vec<Uuid> {
    let query = Query {
        filter,
        order,
        limit,
        after: None,
        ..Query::default()
    };
    let rows = walk(store, among, query).await.into_iter();
    rows.map(|brief| brief.id).collect()
}

async fn add(store: &Store, document: &Record, keys: &Record) {
    let input = (
        row(document, id_of(document).unwrap()),
        ObjectKeys::of_user(keys),
    );
    write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await).unwrap();
}

/// A user with one property.
fn of_one(n: u128, steps: &[Prop], value: Value) -> Record {
    let mut record = Record::new();
    record.set(&user::ID, Uuid::from_u128(n).to_string());
    let [property, inner @ ..] = steps else {
        return record;
    };
    let value = match inner {
        [] if property.collection => Value::List(vec![value]),
        [] => value,
        [inner, ..] => {
            let mut complex = Record::new();
            complex.set(inner.clone(), value);
            Value::Complex(complex)
        }
    };
    record.set(property.clone(), value);
    record
}

fn text_node(property: &'static edm::Property, how: Matching, text: &str) -> Filter {
    let path = Path {
        origin: Origin::Object,
        steps: vec![property.into()],
    };
    let text = fold::display(text);
    Filter::new(vec![Node::Text { path, how, text }]).unwrap()
}

/// Paths of every text that has keys: columns, members of complex values, and elements, which a
/// lambda asks for.
fn paths() -> Vec<Vec<Prop>> {
    let mut found: Vec<Vec<Prop>> = Vec::new();
    for property in user::TYPE.properties.iter().copied() {
        match (property.kept(), &property.ty) {
            _ if property == &user::ID => {}
            (Kept::Column | Kept::Values, Type::String) => found.push(vec![property.into()]),
            (Kept::Values, Type::Complex(complex)) if !property.collection => {
                for inner in complex.properties() {
                    if matches!(inner.ty, Type::String) && !inner.collection {
                        found.push(vec![property.into(), inner]);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Every operator with this text.
fn nodes(path: &Path, text: &str, other: &str) -> Vec<Node> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    let text = fold::display(text);
    let mut found: Vec<Node> = [Eq, Ne, Gt, Ge, Lt, Le]
        .map(|op| Node::Compare {
            path: path.clone(),
            op,
            value: Literal::Text(text.clone()),
        })
        .into();
    let length = text.chars().count();
    let end: String = text.chars().skip(length.saturating_sub(1)).collect();
    let beginning: String = text.chars().take(length / 2).collect();
    for (how, text) in [
        (Matching::StartsWith, &beginning),
        (Matching::StartsWith, &text),
        (Matching::EndsWith, &end),
        (Matching::EndsWith, &text),
        (Matching::Contains, &end),
        (Matching::Contains, &beginning),
    ] {
        let (path, text) = (path.clone(), text.clone());
        found.push(Node::Text { path, how, text });
    }
    found.push(Node::In {
        path: path.clone(),
        values: vec![Literal::Text(text), Literal::Text(fold::display(other))],
    });
    found
}

/// The condition, and its negation; of elements, that any and that all pass.
fn filters(node: &Node, lambda: Option<&Path>) -> Vec<Filter> {
    let mut found = Vec::new();
    let quantifiers: &[Option<Quantifier>] = if lambda.is_some() {
        &[Some(Quantifier::Any), Some(Quantifier::All)]
    } else {
        &[None]
    };
    for quantifier in quantifiers {
        let mut nodes = vec![node.clone()];
        if let (Some(path), Some(how)) = (lambda, quantifier) {
            nodes.push(Node::Lambda {
                path: path.clone(),
                how: *how,
                body: Some(NodeId(0)),
            });
        }
        let last = NodeId(u16::try_from(nodes.len() - 1).unwrap());
        found.push(Filter::new(nodes.clone()).unwrap());
        nodes.push(Node::Not(last));
        found.push(Filter::new(nodes).unwrap());
    }
    found
}

/// Each property that can be filtered by, with each operator. Each user has one value, so that what
/// is compared is only a few documents' worth.
#[tokio::test]
async fn every_operator_finds_what_the_documents_say() {
    const EACH: usize = 3;
    let store = store().await;
    let (paths, texts) = (paths(), &*LONG);
    let at = |nth: usize, more: usize| texts.get((nth * 5 + more) % texts.len()).unwrap();
    let mut users = Vec::new();
    for (nth, steps) in paths.iter().enumerate() {
        for more in 0..EACH {
            let last = steps.last().unwrap();
            let value = fitting(last, Value::Text(at(nth, more).clone()));
            let record = of_one((nth * EACH + more + 1) as u128, steps, value);
            add(&store, &record, &record).await;
            users.push(record);
        }
    }
    let (mut asked, mut matched) = (0, 0);
    for (nth, steps) in paths.into_iter().enumerate() {
        let last = steps.last().unwrap().clone();
        let is_collection = last.collection;
        let object = Path {
            origin: Origin::Object,
            steps,
        };
        let element = Path {
            origin: Origin::Variable(0),
            steps: Vec::new(),
        };
        let path = if is_collection { &element } else { &object };
        let lambda = is_collection.then_some(&object);
        // A constant as the property holds it, and one that may be longer than the property is.
        let Value::Text(own) = fitting(&last, Value::Text(at(nth, 1).clone())) else {
            continue;
        };
        let text = if nth % 2 == 0 { &own } else { at(nth, 3) };
        for node in nodes(path, text, at(nth, 2)) {
            for filter in filters(&node, lambda) {
                let expected: BTreeSet<_> = users
                    .iter()
                    .filter(|user| eval::holds_of(&filter, user, None))
                    .filter_map(id_of)
                    .collect();
                let some = Some(filter.clone());
                let rows = found(&store, Users::Live, some.clone(), (Vec::new(), 90)).await;
                let ids: BTreeSet<_> = rows.iter().copied().collect();
                assert_eq!(rows.len(), ids.len(), "one is shown twice: {filter:?}");
                assert!(ids == expected, "{ids:?}, not {expected:?}: {filter:?}");
                let count = store
                    .read(TENANT)
                    .count(UserRow::among(Users::Live), some)
                    .await;
                assert_eq!(count, Ok(expected.len() as u64), "{filter:?}");
                asked += 1;
                matched += usize::from(!expected.is_empty() && expected.len() < users.len());
            }
        }
    }
    assert!(asked > 1_000 && matched * 2 > asked, "{matched} of {asked}");
}

/// One user with a cut key leaves all others to SQL: their documents, which say something else here
/// than their keys, are not asked. Without that user the plan is exact.
#[tokio::test]
async fn documents_decide_only_about_cut_keys() {
    let store = store().await;
    let title = |text: String| of_one(1, &[(&user::JOB_TITLE).into()], Value::Text(text));
    for n in 1..=40 {
        let mut document = title(String::new());
        document.set(&user::ID, Uuid::from_u128(n).to_string());
        add(&store, &document, &title("wanted".into())).await;
    }
    let ends = text_node(&user::JOB_TITLE, Matching::EndsWith, "wanted");
    let starts = text_node(&user::JOB_TITLE, Matching::StartsWith, &"猫".repeat(600));
    let explained = async |filter: &Filter, among| {
        let query = Query {
            filter: Some(filter.clone()),
            limit: 100,
            ..Query::default()
        };
        store
            .read(TENANT)
            .explain(UserRow::among(among), query)
            .await
            .unwrap()
    };
    let plan = explained(&ends, Users::Live).await;
    assert!(plan.exact && explained(&starts, Users::Live).await.exact);
    for (n, text) in [
        (101, "猫".repeat(1_000) + "wanted"),
        (102, "猫".repeat(1_000) + "other"),
        (103, "猫".repeat(1_000) + "wanted"),
    ] {
        let mut record = title(text);
        record.set(&user::ID, Uuid::from_u128(n).to_string());
        add(&store, &record, &record).await;
    }
    write!(store, TENANT, (), tx, _input => {
        tx.soft_delete_user(Uuid::from_u128(103), at(9)).await
    })
    .unwrap();
    for (among, filter, expected) in [
        (Users::Live, &ends, 41),
        (Users::Live, &starts, 2),
        (Users::Deleted, &ends, 1),
        (Users::Pending, &ends, 0),
    ] {
        let some = Some(filter.clone());
        let rows = found(&store, among, some.clone(), (Vec::new(), 7)).await;
        assert_eq!(rows.len(), expected, "{filter:?}");
        let count = store.read(TENANT).count(UserRow::among(among), some).await;
        assert_eq!(count, Ok(expected as u64), "{filter:?}");
    }
    let with_one = explained(&ends, Users::Live).await;
    assert!(!with_one.exact);
    assert_eq!(with_one.lines.first(), plan.lines.first());
    // What is asked of another property is not touched by it.
    let names = text_node(&user::COMPANY_NAME, Matching::Contains, "x");
    assert!(explained(&names, Users::Live).await.exact);
}

/// Many with the same beginning stand side by side, each once, page by page and both ways.
#[tokio::test]
async fn pages_go_through_ties() {
    let store = store().await;
    let steps = [(&user::DISPLAY_NAME).into()];
    let long = "\u{1d160}".repeat(254);
    for n in 1..=40_u128 {
        let record = of_one(n, &steps, Value::Text(format!("{long}{n:02}")));
        add(&store, &record, &record).await;
    }
    for (n, text) in [
        (50, "\u{1d160}".repeat(80)),
        (51, "\u{1d160}".repeat(255) + "z"),
    ] {
        let record = of_one(n, &steps, Value::Text(text));
        add(&store, &record, &record).await;
    }
    let mut both_ways = Vec::new();
    for descending in [false, true] {
        let by_name = Order {
            property: (&user::DISPLAY_NAME).into(),
            descending,
        };
        let by_id = Order {
            property: (&user::ID).into(),
            descending,
        };
        let rows = found(&store, Users::Live, None, (vec![by_name, by_id], 7)).await;
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), 42);
        assert_eq!(rows.len(), 42);
        both_ways.push(rows);
    }
    let [forth, mut back] = <[Vec<Uuid>; 2]>::try_from(both_ways).unwrap();
    back.reverse();
    assert_eq!(forth, back);
    // The shorter name stands before all that it is the beginning of.
    assert_eq!(forth.first(), Some(&Uuid::from_u128(50)));
}

/// A page token of an earlier build, whose keys were whole, goes on where it was, if its key is one
/// that is still whole. A longer key has no place among keys that are cut, and is refused.
#[tokio::test]
async fn an_older_cursor_goes_on_or_is_refused() {
    let store = store().await;
    let steps = [(&user::DISPLAY_NAME).into()];
    let long = "\u{1d160}".repeat(255);
    for (n, end) in [(1, "a"), (2, "b"), (3, "c")] {
        let record = of_one(n, &steps, Value::Text(format!("{long}{end}")));
        add(&store, &record, &record).await;
    }
    let compared = |op, text: &str| {
        let path = Path {
            origin: Origin::Object,
            steps: steps.to_vec(),
        };
        let value = Literal::Text(text.into());
        Filter::new(vec![Node::Compare { path, op, value }])
    };
    let text = fold::display(&format!("{long}b"));
    for op in [Comparison::Ge, Comparison::Le] {
        let after = behind(Uuid::from_u128(2), &text);
        let page = page_behind(&store, compared(op, &text), &after).await;
        assert_eq!(page, Err(StoreError::ExpiredPageToken), "{op:?}");
    }
    // Short keys are as they were. Those with the same beginning stand behind it.
    let after = behind(Uuid::nil(), &fold::display(&"\u{1d160}".repeat(2)));
    let page = page_behind(&store, compared(Comparison::Ge, "b"), &after).await;
    assert_eq!(page, Ok(3));
    // One of another order is refused as such, and not as damage.
    let after = [&[0; 16][..], &[0, 1, 1]].concat();
    let page = page_behind(&store, None, &after).await;
    assert_eq!(page, Err(StoreError::ExpiredPageToken));
}

/// A cursor behind an object and a key, the folded text of which is kept whole.
fn behind(id: Uuid, folded: &str) -> Vec<u8> {
    let key = [&[1], folded.as_bytes()].concat();
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend_from_slice(&u16::try_from(key.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(&key);
    bytes
}

/// How many users the page behind a cursor has.
async fn page_behind(
    store: &Store,
    filter: Option<Filter>,
    after: &[u8],
) -> Result<usize, StoreError> {
    let query = Query {
        filter,
        after: Cursor::from_bytes(after),
        limit: 5,
        ..Query::default()
    };
    let reader = store.read(TENANT);
    let page = reader.find(UserBrief::among(Users::Live), query).await;
    page.map(|page| page.rows.len())
}

#[tokio::test]
async fn conditions_together_find_what_the_documents_say() {
    let (store, users) = populated(60).await;
    compare_with(&store, &users, 150, (Random::with(6, &LONG), false)).await;
}

/// In the order of the values, except for those with the same beginning, which stand together; and
/// each once, page by page.
#[tokio::test]
async fn long_names_stand_in_order_by_their_beginnings() {
    let (store, users) = populated(60).await;
    let live = users
        .iter()
        .filter(|user| !user.has(&user::DELETED_DATE_TIME));
    let begin = |user: &Record, property| {
        let folded = fold::display(user.text(property)?);
        let end = folded.floor_char_boundary(WHOLE);
        let mut begin = folded.as_bytes().get(..end)?.to_vec();
        // What is cut stands behind everything that begins so and is not.
        begin.extend((end < folded.len()).then_some(u8::MAX));
        Some(begin)
    };
    for (property, descending) in [
        (&user::DISPLAY_NAME, false),
        (&user::DISPLAY_NAME, true),
        (&user::JOB_TITLE, false),
        (&user::STREET_ADDRESS, true),
    ] {
        let order = vec![Order {
            property: property.into(),
            descending,
        }];
        let rows = found(&store, Users::Live, None, (order, 7)).await;
        let mut expected: Vec<_> = live.clone().map(|user| begin(user, property)).collect();
        expected.sort();
        if descending {
            expected.reverse();
        }
        let by_id: BTreeMap<_, _> = live.clone().map(|user| (id_of(user), user)).collect();
        let ordered: Vec<_> = rows
            .iter()
            .map(|id| begin(by_id.get(&Some(*id)).unwrap(), property))
            .collect();
        assert!(ordered == expected, "{}: {rows:?}", property.name());
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), by_id.len());
    }
}

/// Two whose issuer and id are longer than a key may be, and alike in the beginning: each has one
/// holder, is found, and is given up.
#[tokio::test]
async fn long_identities_are_told_apart() {
    let store = store().await;
    let long = |end: &str| Identity {
        issuer: "発".repeat(512),
        assigned: "😀".repeat(511) + end,
        sign_in_type: "federated".into(),
    };
    for (n, end) in [(1, "a"), (2, "b")] {
        let input = (row_of(n), long(end));
        write!(store, TENANT, input, tx, input => {
            tx.insert_user(&input.0, &keys()).await?;
            tx.claim_first(input.0.id, &[], std::slice::from_ref(&input.1)).await
        })
        .unwrap();
    }
    let owner = async |identity: &Identity| {
        let reader = store.read(TENANT);
        reader
            .identity_owner(&identity.issuer, &identity.assigned)
            .await
            .unwrap()
    };
    assert_eq!(owner(&long("a")).await, Some(id(1)));
    assert_eq!(owner(&long("b")).await, Some(id(2)));
    assert_eq!(owner(&long("c")).await, None);
    let taken = write!(store, TENANT, (), tx, _input => tx.claim_identities(id(1), &[]).await);
    taken.unwrap();
    assert_eq!(owner(&long("a")).await, None);
    let kept = write!(store, TENANT, long("b"), tx, wanted => {
        tx.claim_identities(id(2), std::slice::from_ref(wanted)).await
    });
    kept.unwrap();
    assert_eq!(owner(&long("b")).await, Some(id(2)));
    let clash = write!(store, TENANT, long("b"), tx, wanted => {
        tx.claim_identities(id(1), std::slice::from_ref(wanted)).await
    });
    assert!(
        matches!(clash, Err(StoreError::Conflict(Conflict::Identity { owner, .. })) if owner == id(2))
    );
}
