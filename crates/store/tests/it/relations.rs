//! Links between users, deleted users and photos.

use crate::fixtures::{OTHER, TENANT, at, id, keys, store, user};
use store::{
    ChangeKind, ChangedLink, Page, PendingMemberRow, PhotoRow, Query, Reader, Relation, Side,
    Store, UserRow, Users,
};
use uuid::Uuid;

const FIRST: Page = Page {
    after: None,
    limit: 10,
};

/// Users 1 to 5, of whom 1 manages 2, 3 and 4, and sponsors 2.
async fn peopled() -> Store {
    let store = store().await;
    store
        .write(TENANT, (), |tx, ()| {
            Box::pin(async move {
                for n in 1..=5 {
                    tx.insert_user(&user(n), &keys()).await?;
                }
                for n in [3, 2, 4] {
                    assert!(tx.link(Relation::Manager, id(n), id(1)).await?);
                }
                assert!(!tx.link(Relation::Manager, id(2), id(1)).await?);
                tx.link(Relation::Sponsor, id(2), id(1)).await?;
                Ok::<_, store::StoreError>(())
            })
        })
        .await
        .unwrap();
    store
}

async fn ids(reader: &Reader, side: Side, of: u128, page: Page) -> Vec<Uuid> {
    let found = reader.related(Relation::Manager, side, id(of), page).await;
    found.unwrap().into_iter().map(|row| row.id).collect()
}

#[tokio::test]
async fn links_are_found_from_either_end() {
    let store = peopled().await;
    let reader = store.read(TENANT);
    assert_eq!(ids(&reader, Side::Target, 3, FIRST).await, [id(1)]);
    assert_eq!(
        ids(&reader, Side::Source, 1, FIRST).await,
        [id(2), id(3), id(4)]
    );
    let next = Page {
        after: Some(id(2)),
        limit: 1,
    };
    assert_eq!(ids(&reader, Side::Source, 1, next).await, [id(3)]);
    let page = reader.links(Relation::Manager, None, 2).await.unwrap();
    assert_eq!(page, [(id(2), id(1)), (id(3), id(1))]);
    let page = reader.links(Relation::Manager, Some(page[1]), 2).await;
    assert_eq!(page.unwrap(), [(id(4), id(1))]);
    let sponsored = reader.links(Relation::Sponsor, None, 2).await.unwrap();
    assert_eq!(sponsored, [(id(2), id(1))]);
    let count = reader.count_related(Relation::Manager, Side::Source, id(1));
    assert_eq!(count.await.unwrap(), 3);
    let each = reader
        .related_to_each(Relation::Manager, Side::Source, vec![id(1), id(2)], 2)
        .await
        .unwrap();
    let found: Vec<_> = each.iter().map(|one| (one.of, one.users.len())).collect();
    assert_eq!(found, [(id(1), 2), (id(2), 0)]);
    // Another tenant's links are not there, whatever the ids.
    let other = store.read(OTHER);
    assert!(ids(&other, Side::Source, 1, FIRST).await.is_empty());
}

/// Rules keep links from going in a circle; should there be one all the same, the walk ends.
#[tokio::test]
async fn who_leads_others_is_found_once() {
    let store = peopled().await;
    let link = async |source: u128, target: u128| {
        let linked = store.write(TENANT, (source, target), |tx, ends| {
            Box::pin(async move { tx.link(Relation::Manager, id(ends.0), id(ends.1)).await })
        });
        assert!(linked.await.unwrap());
    };
    let reader = store.read(TENANT);
    let below = async |of: u128, most: u32| {
        let found = reader.leaders_below(Relation::Manager, id(of), most);
        found.await.unwrap().map(|mut ids| {
            ids.sort();
            ids
        })
    };
    assert_eq!(below(1, 9).await, Some(vec![id(1)]));
    assert_eq!(below(5, 9).await, Some(vec![id(5)]));
    link(5, 4).await;
    assert_eq!(below(1, 9).await, Some(vec![id(1), id(4)]));
    assert_eq!(below(1, 2).await, Some(vec![id(1), id(4)]));
    assert_eq!(below(1, 1).await, None);
    link(1, 5).await;
    for of in [1, 4, 5] {
        assert_eq!(below(of, 9).await, Some(vec![id(1), id(4), id(5)]), "{of}");
    }
    let other = store.read(OTHER);
    let alone = other.leaders_below(Relation::Manager, id(1), 9).await;
    assert_eq!(alone.unwrap(), Some(vec![id(1)]));
    // Nobody is led through somebody deleted.
    let gone = store.write(TENANT, (), |tx, ()| {
        Box::pin(async move { tx.soft_delete_user(id(4), at(9)).await })
    });
    assert!(gone.await.unwrap());
    assert_eq!(below(1, 9).await, Some(vec![id(1)]));
}

/// User 1 awaits approval.
fn waiting() -> PendingMemberRow {
    PendingMemberRow {
        id: id(1),
        made: true,
        enable: true,
        asked_by: None,
        asked_at: at(4),
    }
}

#[tokio::test]
async fn deletion_hides_links_and_purging_ends_them() {
    let store = peopled().await;
    let reader = store.read(TENANT);
    let photo = PhotoRow {
        version: 1,
        media_type: "image/png".into(),
        width: 1,
        height: 2,
        picture: vec![1, 2, 3],
    };
    let delete = async || {
        store
            .write(TENANT, photo.clone(), |tx, photo| {
                Box::pin(async move {
                    tx.put_photo(id(1), photo).await?;
                    tx.ask_to_join(&waiting()).await?;
                    tx.soft_delete_user(id(1), at(5)).await
                })
            })
            .await
            .unwrap()
    };
    assert!(delete().await);
    assert!(ids(&reader, Side::Target, 3, FIRST).await.is_empty());
    assert_eq!(
        reader
            .count(UserRow::among(Users::Deleted), None)
            .await
            .unwrap(),
        1
    );
    assert!(reader.deleted_before(at(5), 9).await.unwrap().is_empty());
    assert_eq!(reader.deleted_before(at(6), 9).await.unwrap(), [id(1)]);

    let undelete = store.write(TENANT, (), |tx, ()| Box::pin(tx.undelete_user(id(1))));
    assert!(undelete.await.unwrap());
    assert_eq!(ids(&reader, Side::Target, 3, FIRST).await, [id(1)]);
    assert_eq!(reader.photo(id(1)).await.unwrap(), Some(photo.clone()));

    let purge = async || {
        store
            .write(TENANT, (), |tx, ()| Box::pin(tx.purge_user(id(1))))
            .await
            .unwrap()
    };
    assert!(!purge().await, "a live user");
    delete().await;
    assert!(purge().await);
    assert!(!purge().await, "twice");
    let links = reader.linked_ids(Relation::Manager, Side::Source, id(1), 9);
    assert!(links.await.unwrap().is_empty());
    assert_eq!(reader.photo_head(id(1)).await.unwrap(), None);
    assert_eq!(reader.pending_member(id(1)).await.unwrap(), None);
    assert_eq!(
        reader
            .count(UserRow::among(Users::Deleted), None)
            .await
            .unwrap(),
        0
    );
    let everybody = Query {
        limit: 9,
        ..Query::default()
    };
    assert!(
        reader
            .find(UserRow::among(Users::Deleted), everybody)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
}

#[tokio::test]
async fn a_photo_counts_its_versions() {
    let store = store().await;
    let put = async |media_type: &str, picture: Vec<u8>| {
        let photo = PhotoRow {
            version: 1,
            media_type: media_type.into(),
            width: 640,
            height: 480,
            picture,
        };
        store
            .write(TENANT, photo, |tx, photo| {
                Box::pin(tx.put_photo(id(1), photo))
            })
            .await
            .unwrap()
    };
    assert_eq!(put("image/png", vec![1]).await, 1);
    assert_eq!(put("image/jpeg", vec![2, 3]).await, 2);
    let head = store.read(TENANT).photo_head(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (head.version, head.media_type.as_str(), head.picture),
        (2, "image/jpeg", vec![])
    );
    let whole = store.read(TENANT).photo(id(1)).await.unwrap().unwrap();
    assert_eq!(whole.picture, [2, 3]);
    let delete = async || {
        store
            .write(TENANT, (), |tx, ()| Box::pin(tx.delete_photo(id(1))))
            .await
            .unwrap()
    };
    assert!(delete().await);
    assert!(!delete().await);
}

#[tokio::test]
async fn the_change_log_names_the_link() {
    let store = store().await;
    let link = ChangedLink {
        relation: Relation::Manager,
        target: id(9),
    };
    store
        .write(TENANT, link, |tx, link| {
            Box::pin(async move {
                tx.changed_link(id(1), ChangeKind::Linked, *link);
                tx.changed(id(1), ChangeKind::Purged);
                // A write that touches no row leaves nothing.
                tx.link(Relation::Manager, id(1), id(9)).await
            })
        })
        .await
        .unwrap();
    let changes = store.read(TENANT).changes(0, 10).await.unwrap();
    let found: Vec<_> = changes.iter().map(|row| (row.kind, row.link)).collect();
    assert_eq!(
        found,
        [(ChangeKind::Linked, Some(link)), (ChangeKind::Purged, None)]
    );
}
