//! What a slow machine does otherwise than a quick one: nothing but take longer.

use super::of;
use crate::query;
use crate::{
    ObjectKeys, Options, Place, Plan, Query, Role, Store, StoreError, TenantId, TenantRow,
    UserBrief, UserRow, Users,
};
use edm::{Record, document, user};
use jiff::Timestamp;
use odata::filter::{Filter, Matching, Node, Origin, Path};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const USERS: u128 = 300;

pub(super) fn tenant(id: TenantId) -> TenantRow {
    TenantRow {
        id,
        display_name: "Contoso".into(),
        initial_domain: "contoso.example".into(),
        settings: "{}".into(),
    }
}

pub(super) fn row(id: Uuid, record: &Record) -> UserRow {
    UserRow {
        id,
        version: 1,
        schema: edm::SCHEMA,
        enabled: true,
        user_type: None,
        upn: String::new(),
        state: None,
        created_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
        password_hash: None,
        immutable_id: None,
        brief: document::brief(record, &user::TYPE),
        rest: document::rest(record, &user::TYPE),
    }
}

async fn filled(walk: u32) -> Store {
    let place = Place::Memory(format!("slow {walk}"));
    let mut options = Options::new(place, Role::Server, [1; 32]);
    options.walk = walk;
    let store = Store::open(options).unwrap();
    let made = store.write(TENANT, tenant(TENANT), |tx, tenant| {
        Box::pin(async move {
            tx.insert_tenant(tenant).await?;
            for n in 1..=USERS {
                let id = Uuid::from_u128(n);
                let mut record = Record::new();
                record.set(&user::ID, id.to_string());
                record.set(&user::CITY, if n == USERS { "Bergen" } else { "Oslo" });
                let keys = ObjectKeys::of_user(&record);
                tx.insert_user(&row(id, &record), &keys).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    made.await.unwrap();
    store
}

/// The plan, and the user it leads to, on a connection that pauses again and again; and how often
/// it did.
async fn asked(store: &Store, pause: Duration) -> ((Plan, Vec<UserBrief>), u32) {
    let filter = Filter::new(vec![Node::Text {
        path: Path {
            origin: Origin::Object,
            steps: vec![(&user::CITY).into()],
        },
        how: Matching::StartsWith,
        text: "bergen".into(),
    }]);
    let query = Query {
        filter,
        limit: 10,
        ..Query::default()
    };
    let pauses = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&pauses);
    let work = store.engine().list(None, move |on| {
        Box::pin(async move {
            let wait = move || {
                counted.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(pause);
                false
            };
            of(on).progress_handler(50, Some(wait))?;
            let kind = Users::Live.kind();
            let plan = query::explain(on, TENANT, kind, query.clone()).await?;
            let users = UserBrief::among(Users::Live);
            let found = query::find_page(on, TENANT, users, query).await?;
            Ok((plan, found.rows))
        })
    });
    let found = work.await.unwrap();
    (found, pauses.load(Ordering::Relaxed))
}

/// Whether a walk by id is given up is decided by what it counts (decision record 0079).
#[tokio::test]
async fn a_slow_connection_takes_the_plan_of_a_quick_one() {
    for (walk, goes_by_file) in [(Options::WALK, false), (40, true)] {
        let store = filled(walk).await;
        let (quick, _) = asked(&store, Duration::ZERO).await;
        let (slow, pauses) = asked(&store, Duration::from_millis(10)).await;
        assert!(pauses > 60, "it paused {pauses} times");
        assert_eq!(slow, quick, "{walk}");
        let (plan, found) = quick;
        assert_eq!(found.len(), 1);
        let is_scan = |line: &String| line.starts_with("SCAN u");
        assert_eq!(plan.lines.iter().any(is_scan), goes_by_file, "{plan:?}");
    }
}
