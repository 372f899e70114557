//! Groups of writes: together or not at all.

use crate::fixtures::{OTHER, TENANT, id, keys, record, store, user, write};
use futures_util::future::join_all;
use store::{ChangeKind, Group, Store, StoreError, TenantId};

/// What a member does.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// Makes a user with this number.
    Make(u128),
    /// Makes one and is refused then.
    MakeAndFail(u128),
    /// Reads, and ends well.
    Read,
    /// Ends badly without a write.
    Fail,
    /// Ends badly after a while, when the others wait already.
    FailLate,
    /// Writes, and writes again.
    Twice(u128),
    /// Writes in another tenant.
    Elsewhere(u128),
}

async fn make(store: &Store, tenant: TenantId, n: u128, fails: bool) -> Result<(), StoreError> {
    write!(store, tenant, (n, fails), tx, input => {
        tx.insert_user(&user(input.0), &keys()).await?;
        tx.changed(id(input.0), ChangeKind::Created);
        tx.audit(record("made"));
        if input.1 { Err(StoreError::Full) } else { Ok(()) }
    })
}

async fn run(store: &Store, does: Does) -> Result<(), StoreError> {
    match does {
        Does::Make(n) => make(store, TENANT, n, false).await,
        Does::MakeAndFail(n) => make(store, TENANT, n, true).await,
        Does::Read => store.read(TENANT).user(id(1)).await.map(drop),
        Does::Fail => Err(StoreError::Busy),
        Does::FailLate => {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            Err(StoreError::Gone)
        }
        Does::Twice(n) => {
            make(store, TENANT, n, false).await?;
            make(store, TENANT, n + 1, false).await
        }
        Does::Elsewhere(n) => make(store, OTHER, n, false).await,
    }
}

/// Runs them all; the answers, and the users that are there then, in the order in which they were
/// made.
async fn group(does: &[Does]) -> (Vec<Result<(), StoreError>>, Vec<u128>, bool) {
    let store = store().await;
    let group = store.group(does.len());
    let member = async |at: usize, one: Does| group.join(at, run(&store, one), Result::is_ok).await;
    let members = does.iter().enumerate().map(|(at, one)| member(at, *one));
    let answers = join_all(members).await;
    let reader = store.read(TENANT);
    let changes = reader.changes(0, 100).await.unwrap();
    let users = changes.iter().map(|change| change.object_id.as_u128());
    let records = reader.audit_head().await.unwrap().seq;
    assert_eq!(usize::try_from(records).unwrap(), changes.len());
    (answers, users.collect(), group.is_committed())
}

#[tokio::test]
async fn together_or_not_at_all() {
    use Does::{Elsewhere, Fail, FailLate, Make, MakeAndFail, Read, Twice};
    let (ok, undone) = (Ok(()), Err(StoreError::Undone));
    let second = || {
        Err(StoreError::Driver(
            "a second write of one member of a group".into(),
        ))
    };
    let cases = [
        (
            vec![Make(5), Make(3), Make(4)],
            vec![ok.clone(); 3],
            vec![5, 3, 4],
        ),
        (
            vec![Make(5), Read, Make(4)],
            vec![ok.clone(); 3],
            vec![5, 4],
        ),
        (vec![Read, Read], vec![ok.clone(); 2], vec![]),
        (
            vec![Make(5), MakeAndFail(3), Make(4)],
            vec![undone.clone(), Err(StoreError::Full), undone.clone()],
            vec![],
        ),
        (
            vec![Make(5), Fail, Make(4)],
            vec![undone.clone(), Err(StoreError::Busy), undone.clone()],
            vec![],
        ),
        (
            vec![Fail, Make(5), Read],
            vec![Err(StoreError::Busy), undone.clone(), ok.clone()],
            vec![],
        ),
        (
            vec![Make(5), FailLate],
            vec![undone.clone(), Err(StoreError::Gone)],
            vec![],
        ),
        // What two members claim, one of them cannot have.
        (
            vec![Make(5), Make(5)],
            vec![
                undone.clone(),
                Err(StoreError::Conflict(store::Conflict::Id)),
            ],
            vec![],
        ),
        // The first writes stand; the second one is a bug that is told.
        (
            vec![Twice(5), Make(3)],
            vec![second(), ok.clone()],
            vec![5, 3],
        ),
        (
            vec![Make(5), Elsewhere(3)],
            vec![
                undone.clone(),
                Err(StoreError::Driver("a group of two tenants".into())),
            ],
            vec![],
        ),
    ];
    for (does, answers, users) in cases {
        let committed = !users.is_empty();
        assert_eq!(group(&does).await, (answers, users, committed), "{does:?}");
    }
}

/// Who waits for a group is not in the way of others, and a member that is dropped takes it along.
#[tokio::test]
async fn others_write_meanwhile() {
    let store = store().await;
    let group: Group = store.group(2);
    let first = group.join(0, make(&store, TENANT, 1, false), Result::is_ok);
    let second = group.join(
        1,
        std::future::pending::<Result<(), StoreError>>(),
        Result::is_ok,
    );
    let others = async {
        make(&store, TENANT, 2, false).await.unwrap();
        make(&store, TENANT, 3, false).await.unwrap();
    };
    let mut first = Box::pin(first);
    let mut second = Box::pin(second);
    tokio::select! {
        biased;
        _ = &mut first => panic!("the group is not whole"),
        _ = &mut second => panic!("nothing ends it"),
        () = others => {}
    }
    drop(second);
    assert_eq!(first.await, Err(StoreError::Undone));
    assert!(group.is_undone() && !group.is_committed());
    assert_eq!(store.read(TENANT).user(id(1)).await.unwrap(), None);
    // A write outside of the group is a write by itself again.
    make(&store, TENANT, 1, false).await.unwrap();
}
