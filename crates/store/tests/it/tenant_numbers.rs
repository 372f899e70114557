//! What stands for a tenant in the database belongs to that tenant and to nobody else, ever.

use crate::fixtures::{KEY, TENANT, at, empty, id, keys, make, record, tenant, user, write};
use std::path::Path;
use store::{
    AddressUses, AttemptKind, AuditHead, AuditVerdict, ChangeKind, ChangeState, Lookup, Options,
    Page, Place, Query, Role, Store, StoreError, TenantId, UserRow, Users,
};
use uuid::Uuid;

const ALL: Page = Page {
    after: None,
    limit: 99,
};

fn open(folder: &Path, role: Role) -> Store {
    let place = Place::File(folder.join("vestibule.db"));
    Store::open(Options::new(place, role, KEY)).unwrap()
}

/// A user with an address, an audit record and a change.
async fn add(store: &Store, tenant: TenantId, n: u128) -> Result<(), StoreError> {
    write!(store, tenant, n, tx, n => {
        tx.insert_user(&user(*n), &keys()).await?;
        tx.claim_addresses(id(*n), &[("zoe@contoso.example", AddressUses::MAIL)]).await?;
        tx.audit(record("Add user"));
        tx.changed(id(*n), ChangeKind::Created);
        Ok(())
    })
}

async fn ids(store: &Store, tenant: TenantId) -> Vec<Uuid> {
    let users = store.read(tenant).users(ALL).await.unwrap();
    users.into_iter().map(|user| user.id).collect()
}

/// Everything that can be asked of a tenant says that there is nothing.
async fn is_nobody(store: &Store, tenant: TenantId) {
    let reader = store.read(tenant);
    assert_eq!(reader.tenant_row().await, Ok(None));
    assert_eq!(reader.domains().await, Ok(vec![]));
    assert_eq!(reader.user(id(1)).await, Ok(None));
    assert_eq!(reader.users(ALL).await, Ok(vec![]));
    assert_eq!(reader.count(UserRow::among(Users::Live), None).await, Ok(0));
    let query = Query {
        limit: 9,
        ..Query::default()
    };
    assert_eq!(
        reader
            .find(UserRow::among(Users::Live), query)
            .await
            .unwrap()
            .rows,
        []
    );
    let key = "zoe@contoso.example";
    assert_eq!(reader.address_owner(key).await, Ok(None));
    assert_eq!(reader.audit(0, 9).await, Ok(vec![]));
    assert_eq!(reader.changes(0, 9).await, Ok(vec![]));
    assert_eq!(reader.change_state().await, Ok(ChangeState::default()));
    assert_eq!(store.instance().tenant(tenant).await, Ok(None));
    let verdict = store.verify_audit(tenant).await;
    assert_eq!(verdict, Ok(AuditVerdict::Sound(AuditHead::START)));
}

#[tokio::test]
async fn tenants_one_bit_apart_do_not_see_each_other() {
    let store = empty();
    // In a write that makes a tenant nothing is known of it before.
    let all: Vec<TenantId> = (0..128)
        .step_by(9)
        .map(|bit| TenantId(Uuid::from_u128(TENANT.0.as_u128() ^ 1 << bit)))
        .chain([TENANT])
        .collect();
    for one in &all {
        is_nobody(&store, *one).await;
        make(&store, *one).await;
    }
    for (n, one) in (1..).zip(&all) {
        // The same address in each.
        add(&store, *one, n).await.unwrap();
    }
    for (n, one) in (1..).zip(&all) {
        assert_eq!(ids(&store, *one).await, [id(n)]);
        let owner = store.read(*one).address_owner("zoe@contoso.example").await;
        assert_eq!(owner.unwrap().unwrap().object, id(n));
        let verdict = store.verify_audit(*one).await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Sound(head) if head.seq == 1));
        let row = store.instance().tenant(*one).await.unwrap();
        assert_eq!(row, Some(tenant(*one)));
    }
    let mut sorted = all;
    sorted.sort_unstable();
    let found = store.instance().tenants().await.unwrap();
    assert_eq!(found, sorted.into_iter().map(tenant).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_made_up_tenant_reads_nothing_and_writes_nothing() {
    let store = empty();
    make(&store, TENANT).await;
    add(&store, TENANT, 1).await.unwrap();
    for n in 0..20 {
        let nobody = TenantId(id(0xBAD + n));
        is_nobody(&store, nobody).await;
        // Among writes of others, whose batch is not lost for it.
        let beside: Vec<_> = (0..4)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    write!(store, tx => tx.set_tenant_settings("{\"a\":1}").await)
                })
            })
            .collect();
        let made = add(&store, nobody, 1).await;
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
        let made = write!(store, nobody, (), tx, _none => {
            tx.record_attempt(AttemptKind::CodeSent, "", at(0)).await
        });
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
        // Nothing but what is written at the end of the batch.
        let made = write!(store, nobody, (), tx, _none => {
            tx.audit(record("Sign in"));
            Ok(())
        });
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
        let made = write!(store, nobody, (), tx, _none => {
            tx.changed(id(1), ChangeKind::Updated);
            Ok(())
        });
        assert!(matches!(made, Err(StoreError::Driver(_))), "{made:?}");
        let made = write!(store, nobody, (), tx, _none => {
            Ok((tx.user(id(1)).await?.is_some(), tx.set_tenant_settings("{}").await?))
        });
        assert_eq!(made, Ok((false, false)));
        for other in beside {
            assert_eq!(other.await.unwrap(), Ok(true));
        }
        is_nobody(&store, nobody).await;
    }
    assert_eq!(store.stats().reruns, 0);
}

#[tokio::test]
async fn a_tenant_made_by_another_process_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let server = open(folder.path(), Role::Server);
    let command = open(folder.path(), Role::Tool);
    for n in 0..4 {
        let new = TenantId(id(100 + n));
        // What was looked for in vain is looked for again.
        is_nobody(&server, new).await;
        let written = write!(server, new, (), tx, _none => tx.set_tenant_settings("{}").await);
        assert_eq!(written, Ok(false));
        make(&command, new).await;
        let again = write!(server, new, tenant(new), tx, row => tx.insert_tenant(row).await);
        assert_eq!(again, Ok(false));
        add(&server, new, 1 + n).await.unwrap();
        assert_eq!(ids(&command, new).await, [id(1 + n)]);
        assert_eq!(ids(&server, new).await, [id(1 + n)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_was_undone_shares_no_number() {
    let store = empty();
    // Many at a time, so that those that are undone and those that are not share batches. Each is
    // tried twice.
    for round in 0..2 {
        let makers: Vec<_> = (0..60)
            .map(|n| {
                let store = store.clone();
                let one = TenantId(id(1_000 + n));
                tokio::spawn(async move {
                    let made = write!(store, one, (one, n), tx, input => {
                        let (one, n) = *input;
                        let made = tx.insert_tenant(&tenant(one)).await?;
                        if made {
                            tx.insert_user(&user(n + 1), &keys()).await?;
                            tx.audit(record("Create company"));
                        }
                        match (n % 4, round) {
                            (1, 0) => Err(StoreError::Busy),
                            (2, 0) => panic!("a bug in a rule"),
                            _ => Ok(made),
                        }
                    });
                    // By whoever comes first, be it before the batch of the others ends.
                    let read = store.read(one).users(ALL).await.unwrap();
                    (made, read.len())
                })
            })
            .collect();
        for (n, maker) in (0..60).zip(makers) {
            let undone = round == 0 && (n % 4 == 1 || n % 4 == 2);
            let (made, users) = maker.await.unwrap();
            assert_eq!(made.is_err(), undone, "{n}");
            assert_eq!(users, usize::from(!undone), "{n}");
        }
    }
    for n in 0..60 {
        let one = TenantId(id(1_000 + n));
        assert_eq!(ids(&store, one).await, [id(n + 1)]);
        let verdict = store.verify_audit(one).await.unwrap();
        assert!(matches!(verdict, AuditVerdict::Sound(head) if head.seq == 1));
    }
}
