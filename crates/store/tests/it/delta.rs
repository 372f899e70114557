//! Walks and rounds over the change sequence, and what is forgotten of it.

use crate::fixtures::{OTHER, TENANT, at, id, keys, store, user, write};
use store::{ChangeKind, ChangeState, ChangedLink, Following, Page, Relation, Span, Store, Walked};

/// Makes users with these numbers, each in a write of its own.
async fn make(store: &Store, numbers: &[u128]) {
    for n in numbers {
        write!(store, TENANT, *n, tx, n => {
            tx.insert_user(&user(*n), &keys()).await?;
            tx.changed(id(*n), ChangeKind::Created);
            Ok(())
        })
        .unwrap();
    }
}

async fn touch(store: &Store, n: u128, names: &'static [&'static str]) {
    write!(store, TENANT, (n, names), tx, input => {
        tx.changed_in(id(input.0), ChangeKind::Updated, input.1);
        Ok(())
    })
    .unwrap();
}

async fn head(store: &Store) -> i64 {
    store.read(TENANT).change_state().await.unwrap().head
}

async fn walked(store: &Store, which: Walked, head: i64, page: Page) -> Vec<u128> {
    let rows = store
        .read(TENANT)
        .walk_users(following(which), head, page)
        .await;
    rows.unwrap()
        .iter()
        .map(|one| one.row.id.as_u128())
        .collect()
}

/// Without managers.
fn following(which: Walked) -> Following {
    Following {
        which,
        managers: false,
    }
}

/// Number of the object, its place, and what was touched; after a star where it is shown whole.
async fn round(
    store: &Store,
    which: Walked,
    span: Span,
    position: i64,
    limit: u32,
) -> Vec<(u128, i64, Option<String>)> {
    let found = store
        .read(TENANT)
        .followed_users(following(which), span, position, limit)
        .await
        .unwrap();
    found
        .into_iter()
        .map(|one| {
            assert!(!one.touched.is_unknown);
            let names = one.touched.names.join("+");
            let told = match (one.touched.is_whole, names.is_empty()) {
                (true, true) => None,
                (true, false) => Some(format!("*{names}")),
                (false, _) => Some(names),
            };
            (one.id.as_u128(), one.seq, told)
        })
        .collect()
}

const ALL: Page = Page {
    after: None,
    limit: 100,
};

#[tokio::test]
async fn a_walk_leaves_what_came_after_its_head_to_the_round() {
    let store = store().await;
    make(&store, &[1, 5, 9]).await;
    let began = head(&store).await;
    make(&store, &[3]).await;
    touch(&store, 5, &["city"]).await;
    write!(store, tx => {
        tx.soft_delete_user(id(9), at(1)).await?;
        tx.changed(id(9), ChangeKind::Deleted);
        Ok(())
    })
    .unwrap();
    write!(store, tx => { tx.changed(id(1), ChangeKind::Restored); Ok(()) }).unwrap();
    let only = Walked::Only(vec![id(5), id(3), id(9), id(5), id(77)]);
    assert_eq!(walked(&store, Walked::All, began, ALL).await, [5]);
    assert_eq!(walked(&store, only.clone(), began, ALL).await, [5]);
    let now = head(&store).await;
    assert_eq!(walked(&store, Walked::All, now, ALL).await, [1, 3, 5]);
    let second = Page {
        after: Some(id(1)),
        limit: 1,
    };
    assert_eq!(walked(&store, Walked::All, now, second).await, [3]);
    assert_eq!(walked(&store, only.clone(), now, second).await, [3]);
    let span = Span {
        after: began,
        head: now,
    };
    let expected = [
        (3, 4, None),
        (5, 5, Some("city".into())),
        (9, 6, None),
        (1, 7, None),
    ];
    assert_eq!(round(&store, Walked::All, span, began, 100).await, expected);
    assert_eq!(round(&store, only, span, began, 100).await, expected[..3]);
}

#[tokio::test]
async fn an_object_is_in_a_round_once_at_its_last_change() {
    let store = store().await;
    make(&store, &[1, 2, 3]).await;
    let began = head(&store).await;
    for (n, names) in [
        (1, &["city", "state"]),
        (2, &["city", "mail"]),
        (1, &["mail", "city"]),
    ] {
        touch(&store, n, names).await;
    }
    let span = Span {
        after: began,
        head: head(&store).await,
    };
    // What comes after the head is for the next round, and hides nothing in this one.
    touch(&store, 2, &["country"]).await;
    let two = (2, 5, Some("city+mail".to_owned()));
    let one = (1, 6, Some("city+mail+state".to_owned()));
    for which in [Walked::All, Walked::Only(vec![id(1), id(2), id(3)])] {
        let whole = round(&store, which.clone(), span, began, 100).await;
        assert_eq!(whole, [two.clone(), one.clone()]);
        assert_eq!(
            round(&store, which.clone(), span, began, 1).await,
            whole[..1]
        );
        // The names are those of the whole round, on its later pages too.
        assert_eq!(round(&store, which, span, 5, 1).await, whole[1..]);
    }
    let all = Span { after: 0, ..span };
    assert_eq!(
        round(&store, Walked::All, all, 0, 100).await[2],
        (1, 6, None)
    );
    let none = Span {
        after: span.head,
        head: span.head,
    };
    assert!(
        round(&store, Walked::All, none, span.head, 100)
            .await
            .is_empty()
    );
}

/// A user who was gone for a moment was never gone for the client, so other values they lost must
/// be shown.
#[tokio::test]
async fn what_comes_back_in_the_same_round_has_lost_what_it_lost() {
    let store = store().await;
    make(&store, &[1]).await;
    let began = head(&store).await;
    touch(&store, 1, &["city"]).await;
    write!(store, tx => {
        tx.changed(id(1), ChangeKind::Deleted);
        tx.changed(id(1), ChangeKind::Restored);
        Ok(())
    })
    .unwrap();
    touch(&store, 1, &["mail"]).await;
    let span = Span {
        after: began,
        head: head(&store).await,
    };
    let told = Some("*city+mail".to_owned());
    assert_eq!(
        round(&store, Walked::All, span, began, 9).await,
        [(1, 5, told)]
    );
    // Nobody knows a value of somebody new.
    let all = Span { after: 0, ..span };
    assert_eq!(round(&store, Walked::All, all, 0, 9).await, [(1, 5, None)]);
    write!(store, tx => { tx.changed(id(1), ChangeKind::Updated); Ok(()) }).unwrap();
    let span = Span { after: 5, head: 6 };
    let found = store
        .read(TENANT)
        .followed_users(following(Walked::All), span, 5, 9)
        .await;
    assert!(found.unwrap()[0].touched.is_unknown);
}

#[tokio::test]
async fn rows_come_as_they_are_now() {
    let store = store().await;
    make(&store, &[1]).await;
    write!(store, tx => {
        tx.soft_delete_user(id(1), at(1)).await?;
        tx.changed(id(1), ChangeKind::Deleted);
        tx.changed(id(2), ChangeKind::Purged);
        Ok(())
    })
    .unwrap();
    let reader = store.read(TENANT);
    let span = Span { after: 0, head: 3 };
    let found = reader
        .followed_users(following(Walked::All), span, 0, 9)
        .await
        .unwrap();
    let rows: Vec<_> = found
        .iter()
        .map(|one| one.row.as_ref().map(|row| row.deleted_at))
        .collect();
    assert_eq!(rows, [Some(Some(at(1))), None]);
    let other = store
        .read(OTHER)
        .followed_users(following(Walked::All), span, 0, 9)
        .await;
    assert!(other.unwrap().is_empty());
}

#[tokio::test]
async fn marks_let_old_changes_be_forgotten_piece_by_piece() {
    let store = store().await;
    let (day, month) = (86_400, 30 * 86_400);
    let mark = async |now: i64| {
        write!(store, TENANT, now, tx, now => tx.mark_changes(at(*now), at(*now - day)).await)
            .unwrap();
    };
    let prune = async |now: i64| {
        write!(store, TENANT, now, tx, now => tx.prune_changes(at(*now - month), 2).await).unwrap()
    };
    let state = async || store.read(TENANT).change_state().await.unwrap();
    mark(0).await;
    assert_eq!(
        (state().await, prune(month).await),
        (ChangeState::default(), 0)
    );
    make(&store, &[1, 2, 3]).await;
    mark(day - 1).await; // too soon after the first
    mark(day + 1).await;
    make(&store, &[4]).await;
    assert_eq!(prune(month + day).await, 0);
    for (gone, pruned) in [(2, 2), (1, 3), (0, 3), (0, 3)] {
        assert_eq!(prune(month + day + 1).await, gone);
        assert_eq!(
            state().await,
            ChangeState {
                generation: 0,
                head: 4,
                pruned
            }
        );
    }
    assert_eq!(store.read(TENANT).changes(0, 9).await.unwrap().len(), 1);
    write!(store, tx => tx.new_change_generation().await).unwrap();
    assert_eq!(
        state().await,
        ChangeState {
            generation: 1,
            head: 4,
            pruned: 4
        }
    );
    // Numbers go on.
    make(&store, &[5]).await;
    assert_eq!(
        state().await,
        ChangeState {
            generation: 1,
            head: 5,
            pruned: 4
        }
    );
}

/// Who is followed with managers is told whom an object lost and whom it has now; without, neither
/// is looked up.
#[tokio::test]
async fn managers_are_followed_with_their_users() {
    let store = store().await;
    make(&store, &[1, 2, 3]).await;
    let began = head(&store).await;
    let link = async |kind: ChangeKind, relation: Relation, target: u128| {
        write!(store, TENANT, (kind, relation, target), tx, input => {
            let (kind, relation, target) = (input.0, input.1, id(input.2));
            if kind == ChangeKind::Linked {
                tx.link(relation, id(1), target).await?;
            } else {
                tx.unlink(relation, id(1), target).await?;
            }
            tx.changed_link(id(1), kind, ChangedLink { relation, target });
            Ok(())
        })
        .unwrap();
    };
    let found = async |after: i64, managers: bool| {
        let span = Span {
            after,
            head: head(&store).await,
        };
        let following = Following {
            which: Walked::All,
            managers,
        };
        let reader = store.read(TENANT);
        let found = reader.followed_users(following, span, after, 9).await;
        let found = found.unwrap().into_iter().find(|one| one.id == id(1));
        let found = found.unwrap();
        let lost = found.touched.manager.map(|change| change.lost);
        let lost = lost.map(|ids| ids.iter().map(uuid::Uuid::as_u128).collect::<Vec<_>>());
        assert!(found.touched.names.is_empty() && !found.touched.is_unknown);
        (lost, found.manager.map(|id| id.as_u128()))
    };
    link(ChangeKind::Linked, Relation::Sponsor, 3).await;
    assert_eq!(found(began, true).await, (None, None));
    link(ChangeKind::Linked, Relation::Manager, 2).await;
    assert_eq!(found(began, true).await, (Some(vec![]), Some(2)));
    assert_eq!(found(began, false).await, (Some(vec![]), None));
    let before = head(&store).await;
    link(ChangeKind::Unlinked, Relation::Manager, 2).await;
    link(ChangeKind::Linked, Relation::Manager, 3).await;
    assert_eq!(found(before, true).await, (Some(vec![2]), Some(3)));
    // Of a new user no client knows an earlier value.
    assert_eq!(found(0, true).await, (None, Some(3)));
    for (managers, expected) in [(true, Some(id(3))), (false, None)] {
        let following = Following {
            which: Walked::All,
            managers,
        };
        let now = head(&store).await;
        let walked = store.read(TENANT).walk_users(following, now, ALL).await;
        assert_eq!(walked.unwrap()[0].manager, expected);
    }
}
