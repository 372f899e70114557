//! Composed statements are linted like the fixed texts, and run by the planned index.

mod few_tokens;
mod other_kinds;
#[path = "../../tests/it/random.rs"]
mod random;

use super::compose::Context;
use super::cursor::Cursor;
use super::cut::{self, CutKeys};
use super::dialect::Dialect;
use super::keys;
use super::kinds::Users;
use super::parts::Part;
use super::plan::{self, AccessPath, AccessPlan, Probe};
use super::statement::{self, Judged, Wanted};
use crate::engine::connection::Connection;
use crate::engine::sqlite_for_tests;
use crate::query::kind::Kind;
use crate::rows::users::BRIEF_COLUMNS;
use crate::sql::Scope;
use crate::sql::lint::fault;
use crate::{StoreError, TenantId};
use edm::{Property, user};
use futures_util::FutureExt;
use odata::filter::{
    Comparison, Filter, Literal, Matching, Node, NodeId, Order, Origin, Path, Quantifier,
};
use random::own::{definitions, set_own};
use random::{Filters, Random, record};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));

/// Answers for every set that it is small or not, and that it may be gathered or not.
struct Says(bool, bool, Kind);

impl Probe for Says {
    async fn is_below(
        &mut self,
        filter: &Filter,
        parts: &[Part],
        most: u32,
    ) -> Result<bool, StoreError> {
        let composed = statement::probe(context(self.2), filter, parts, most);
        assert_eq!(
            fault(Scope::Tenant, composed.text()),
            None,
            "{}",
            composed.text()
        );
        Ok(if most == plan::SORTED { self.0 } else { self.1 })
    }

    /// As if many tokens began with each.
    async fn tokens_from(&mut self, _: &str, _: usize) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        Ok(None)
    }
}

fn context(kind: Kind) -> Context {
    Context {
        dialect: Dialect::Sqlite,
        tenant: TENANT,
        kind,
    }
}

fn live() -> Kind {
    Users::Live.kind()
}

fn planned(
    small: bool,
    filter: Option<&Filter>,
    order: &[Order],
    after: Option<&Cursor>,
    kind: Kind,
) -> AccessPlan {
    planned_with(CutKeys::default(), small, filter, order, after, kind)
}

fn planned_with(
    cut_keys: CutKeys,
    small: bool,
    filter: Option<&Filter>,
    order: &[Order],
    after: Option<&Cursor>,
    kind: Kind,
) -> AccessPlan {
    let mut says = Says(small, true, kind);
    plan::plan(&mut says, kind, filter, order, after, cut_keys)
        .now_or_never()
        .unwrap()
        .unwrap()
}

/// SQLite's plan of the statement, which begins with the first table.
fn lines(on: &mut Connection, composed: &crate::query::compose::Composed) -> Vec<String> {
    on.explained(composed).now_or_never().unwrap().unwrap()
}

#[test]
fn composed_texts_keep_the_rules() {
    let mut on = sqlite_for_tests("composed");
    let mut random = Random::new(7);
    let own = definitions(0);
    let mut users: Vec<_> = (1..40)
        .map(|n| record(&mut random, Uuid::from_u128(n)))
        .collect();
    for user in &mut users {
        set_own(&mut random, user, &own);
    }
    let mut filters = Filters {
        random,
        users: &users,
        own: &own,
    };
    for n in 0..600 {
        let (filter, order) = (filters.filter(), filters.order());
        let kind = match n % 10 {
            0 => Users::Deleted.kind(),
            1 => Users::Pending.kind(),
            _ => live(),
        };
        let some = Some(&filter);
        let possible = cut::possible_targets(kind.table, &filter);
        let cut_keys = if n % 3 == 0 {
            possible
        } else {
            CutKeys::default()
        };
        let access = planned_with(cut_keys, n % 2 == 0, some, &order, None, kind);
        let after = Cursor {
            keys: vec![vec![0; 8]; access.sorting.keys.len()],
            id: Uuid::from_u128(5),
        };
        let size = statement::source_size(context(kind), &access, Some(&filter));
        assert_eq!(fault(Scope::Tenant, size.text()), None, "{}", size.text());
        lines(&mut on, &size);
        for wanted in [
            Wanted::Rows("u.id", Judged::BySql),
            Wanted::Count,
            Wanted::CountMany,
            Wanted::CountSource,
        ] {
            for after in [None, Some(&after)] {
                let made =
                    statement::statement(context(kind), &access, Some(&filter), wanted, after, 10)
                        .unwrap();
                let text = made.composed.text();
                assert_eq!(fault(Scope::Tenant, text), None, "{text}");
                // Fails where SQLite cannot go by the index that the text names.
                lines(&mut on, &made.composed);
            }
        }
    }
}

fn path(property: &'static Property) -> Path {
    Path {
        origin: Origin::Object,
        steps: vec![property.into()],
    }
}

fn equals(property: &'static Property, text: &str) -> Node {
    Node::Compare {
        path: path(property),
        op: Comparison::Eq,
        value: Literal::Text(text.into()),
    }
}

fn starts(property: &'static Property) -> Node {
    Node::Text {
        path: path(property),
        how: Matching::StartsWith,
        text: "an".into(),
    }
}

fn any_equal(property: &'static Property) -> Vec<Node> {
    let element = Path {
        origin: Origin::Variable(0),
        steps: vec![],
    };
    vec![
        Node::Compare {
            path: element,
            op: Comparison::Eq,
            value: Literal::Text("smtp:anna@x.example".into()),
        },
        Node::Lambda {
            path: path(property),
            how: Quantifier::Any,
            body: Some(NodeId(0)),
        },
    ]
}

fn both(one: Node, other: Node) -> Vec<Node> {
    vec![one, other, Node::And(vec![NodeId(0), NodeId(1)])]
}

#[test]
fn queries_go_by_the_index_that_was_planned() {
    let by = |property: &'static Property, descending| Order {
        property: property.into(),
        descending,
    };
    let cases: Vec<(Vec<Node>, Vec<Order>, &str)> = vec![
        (
            vec![starts(&user::DISPLAY_NAME)],
            vec![],
            "SEARCH u USING INDEX users_display_name (tenant_id=? AND display_name_key>? AND display_name_key<?)",
        ),
        (
            both(equals(&user::DEPARTMENT, "x"), equals(&user::CITY, "y")),
            vec![],
            "SEARCH u USING INDEX users_department (tenant_id=? AND department_key=?)",
        ),
        (
            both(
                equals(&user::DEPARTMENT, "x"),
                equals(&user::EMPLOYEE_ID, "y"),
            ),
            vec![],
            "SEARCH u USING INDEX users_employee_id (tenant_id=? AND employee_id_key=?)",
        ),
        (
            any_equal(&user::PROXY_ADDRESSES),
            vec![],
            "SEARCH t USING PRIMARY KEY (tenant_id=? AND property=? AND key=?)",
        ),
        (
            vec![equals(&user::CITY, "y")],
            vec![],
            "SEARCH u USING INDEX sqlite_autoindex_users_1 (tenant_id=?)",
        ),
        (
            vec![equals(&user::CITY, "y")],
            vec![by(&user::SURNAME, false)],
            "SEARCH u USING INDEX users_surname (tenant_id=?)",
        ),
        (
            vec![starts(&user::DISPLAY_NAME)],
            vec![by(&user::DISPLAY_NAME, true)],
            "SEARCH u USING INDEX users_display_name (tenant_id=? AND display_name_key>? AND display_name_key<?)",
        ),
        (
            vec![equals(&user::CITY, "y")],
            vec![by(&user::STATE, false)],
            "SCAN u",
        ),
    ];
    let mut on = sqlite_for_tests("planned");
    for (nodes, order, expected) in cases {
        let filter = Filter::new(nodes).unwrap();
        let access = planned(false, Some(&filter), &order, None, live());
        let made = statement::statement(
            context(live()),
            &access,
            Some(&filter),
            Wanted::Rows("u.id", Judged::BySql),
            None,
            10,
        )
        .unwrap();
        assert!(made.exact);
        let lines = lines(&mut on, &made.composed);
        let found = lines.first().unwrap().replace("COVERING ", "");
        assert_eq!(found, expected, "{lines:#?}");
    }
}

/// A search is for the beginning of a token: one range of the index of tokens, never a look at its
/// entries for each user. A small range is gathered. In a large one a walk soon meets users who
/// pass, and their documents decide.
#[test]
fn a_search_is_a_range_of_tokens() {
    let mut on = sqlite_for_tests("searched");
    let search = |words: &str| Node::Tokens {
        property: (&user::DISPLAY_NAME).into(),
        tokens: odata::tokens(words),
    };
    let range = "SEARCH v USING PRIMARY KEY (tenant_id=? AND token>? AND token<?)";
    for (words, small, exact) in [
        ("wa", true, true),
        ("wa", false, false),
        ("os ward", true, false),
        // Perhaps no user has both, though many have either: both are gathered.
        ("os ward", false, true),
        (&"x".repeat(300), true, false),
    ] {
        let filter = Filter::new(vec![search(words)]).unwrap();
        let by_name = Order {
            property: (&user::DISPLAY_NAME).into(),
            descending: false,
        };
        for order in [vec![], vec![by_name]] {
            let access = planned(small, Some(&filter), &order, None, live());
            assert_eq!(
                matches!(access.source, AccessPath::Set(_)),
                small,
                "{words}"
            );
            let wanted = Wanted::Rows("u.id", Judged::BySql);
            let made =
                statement::statement(context(live()), &access, Some(&filter), wanted, None, 10)
                    .unwrap();
            assert_eq!(made.exact, exact, "{words}");
            let lines = lines(&mut on, &made.composed);
            let first = lines.first().unwrap();
            assert!(!first.starts_with("SCAN"), "{words}: {lines:?}");
            let is_range = small || words == "os ward";
            assert_eq!(
                lines.iter().any(|line| line == range),
                is_range,
                "{lines:?}"
            );
        }
    }
    // A token of all users is not gathered.
    let common = Filter::new(vec![search("a b")]).unwrap();
    let mut says = Says(false, false, live());
    let access = plan::plan(
        &mut says,
        live(),
        Some(&common),
        &[],
        None,
        CutKeys::default(),
    )
    .now_or_never();
    assert!(access.unwrap().unwrap().tokens.is_empty());
    let counted = Filter::new(vec![search("wa")]).unwrap();
    let made = statement::count_having(context(live()), &counted).unwrap();
    assert_eq!(fault(Scope::Tenant, made.text()), None, "{}", made.text());
    let told = lines(&mut on, &made);
    assert!(told.iter().any(|line| line == range), "{told:?}");
    // Several tokens are counted by the sets that they name, as many as a statement can hold.
    for (words, exact) in [("wa os", true), ("a b c d e f g h i j k", false)] {
        let filter = Filter::new(vec![search(words)]).unwrap();
        assert!(statement::count_having(context(live()), &filter).is_none());
        let mut access = planned(false, Some(&filter), &[], None, live());
        access.source = AccessPath::AllInFileOrder;
        let wanted = Wanted::CountMany;
        let made =
            statement::statement(context(live()), &access, Some(&filter), wanted, None, 0).unwrap();
        assert_eq!(made.exact, exact, "{words}");
        let told = lines(&mut on, &made.composed);
        assert_eq!(told.iter().any(|line| line == range), exact, "{told:?}");
    }
}

/// A count over all users gathers those with such an element, and reads no documents.
#[test]
fn elements_are_counted_by_the_set_of_who_has_them() {
    let element = |how| Node::Text {
        path: Path {
            origin: Origin::Variable(0),
            steps: vec![],
        },
        how,
        text: "smtp:a".into(),
    };
    let lambda = |how| Node::Lambda {
        path: path(&user::PROXY_ADDRESSES),
        how,
        body: Some(NodeId(0)),
    };
    let not = Node::Not(NodeId(1));
    let mut on = sqlite_for_tests("gathered");
    let alone = vec![element(Matching::StartsWith), lambda(Quantifier::Any)];
    let filter = Filter::new(alone.clone()).unwrap();
    let made = statement::count_having(context(live()), &filter).unwrap();
    assert_eq!(fault(Scope::Tenant, made.text()), None, "{}", made.text());
    let lines_of_it = lines(&mut on, &made);
    assert!(
        lines_of_it.contains(
            &"SEARCH v USING PRIMARY KEY (tenant_id=? AND property=? AND key>? AND key<?)"
                .to_owned()
        ) && lines_of_it.iter().any(|line| line
            .starts_with("SEARCH u USING COVERING INDEX users_deleted (tenant_id=? AND id=?")),
        "{lines_of_it:?}"
    );
    let mut both = alone;
    both.extend([
        equals(&user::CITY, "y"),
        Node::And(vec![NodeId(1), NodeId(2)]),
    ]);
    for (nodes, sign) in [
        (both, "u.id IN (SELECT v.object_id"),
        (
            vec![element(Matching::Contains), lambda(Quantifier::All)],
            "u.id NOT IN (SELECT v.object_id",
        ),
        (
            vec![element(Matching::EndsWith), lambda(Quantifier::Any), not],
            "NOT (u.id IN (SELECT v.object_id",
        ),
    ] {
        let filter = Filter::new(nodes).unwrap();
        let mut access = planned(false, Some(&filter), &[], None, live());
        assert!(matches!(access.source, AccessPath::AllById), "{sign}");
        access.source = AccessPath::AllInFileOrder;
        let made = |wanted| {
            statement::statement(context(live()), &access, Some(&filter), wanted, None, 0).unwrap()
        };
        assert!(!made(Wanted::Count).exact, "{sign}");
        let many = made(Wanted::CountMany);
        assert!(many.exact && many.composed.text().contains(sign), "{sign}");
        let lines = lines(&mut on, &many.composed);
        assert_eq!(
            lines.first().map(String::as_str),
            Some("SCAN u"),
            "{lines:?}"
        );
        let values = lines.iter().find(|line| line.starts_with("SEARCH v"));
        assert!(values.unwrap().contains("property=?"), "{lines:?}");
    }
}

/// Decision record 0028: such a page is read from neighbouring entries, and not from a page of the
/// table for each user.
#[test]
fn default_sets_by_name_are_read_from_the_index_alone() {
    let mut on = sqlite_for_tests("by name");
    let name = Order {
        property: (&user::DISPLAY_NAME).into(),
        descending: false,
    };
    let mut check = |nodes: Vec<Node>, order: &[Order], expected: &str| {
        let filter = Some(nodes).filter(|nodes| !nodes.is_empty());
        let filter = filter.map(|nodes| Filter::new(nodes).unwrap());
        let access = planned(false, filter.as_ref(), order, None, live());
        let wanted = Wanted::Rows(BRIEF_COLUMNS, Judged::BySql);
        let made =
            statement::statement(context(live()), &access, filter.as_ref(), wanted, None, 10);
        let lines = lines(&mut on, &made.unwrap().composed);
        assert!(
            lines.len() == 1 && lines[0].starts_with(expected),
            "{lines:?}"
        );
    };
    let alone = "SEARCH u USING COVERING INDEX users_display_name (tenant_id=?";
    check(vec![starts(&user::DISPLAY_NAME)], &[], alone);
    check(vec![], &[name], alone);
    let also_elsewhere = both(starts(&user::DISPLAY_NAME), equals(&user::CITY, "y"));
    let table = "SEARCH u USING INDEX users_display_name (tenant_id=?";
    check(also_elsewhere, &[], table);
}

#[test]
fn a_later_page_enters_the_index_at_its_cursor() {
    let mut on = sqlite_for_tests("later");
    let filter = Filter::new(vec![starts(&user::DISPLAY_NAME)]).unwrap();
    let after = Cursor {
        keys: vec![keys::text("anna")],
        id: Uuid::from_u128(5),
    };
    let access = planned(false, Some(&filter), &[], Some(&after), live());
    let made = statement::statement(
        context(live()),
        &access,
        Some(&filter),
        Wanted::Rows("u.id", Judged::BySql),
        Some(&after),
        10,
    )
    .unwrap();
    let lines = lines(&mut on, &made.composed);
    let found = lines.first().unwrap().replace("COVERING ", "");
    assert_eq!(
        found,
        "SEARCH u USING INDEX users_display_name (tenant_id=? AND (display_name_key,id)>(?,?) AND display_name_key<?)"
    );
    assert_eq!(lines.len(), 1, "sorts: {lines:?}");
}
