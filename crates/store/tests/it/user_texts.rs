//! A user's texts come back as they were given, whatever their name and instants are, and after
//! changes, deletion and restore.

use crate::fixtures::{TENANT, at, core, id, store, write};
use crate::random::{Random, record};
use edm::{Record, document, user};
use jiff::Timestamp;
use store::{ObjectKeys, Query, Store, UserBrief, UserRow, Users};

/// Of those that a rule lets pass, and of those that a database may hold besides.
fn name(random: &mut Random) -> String {
    let parts = [
        "",
        "a",
        "adele",
        "@",
        "@",
        "contoso.com",
        "Member",
        "\"",
        "\\",
        "null",
        "é",
        "\u{1}",
        "猫",
    ];
    (0..random.below(5)).map(|_| *random.pick(&parts)).collect()
}

fn instant(random: &mut Random) -> Timestamp {
    let second = i64::try_from(random.below(5_000_000_000)).unwrap() - 2_500_000_000;
    let finer = [
        0,
        1,
        100,
        1_000,
        123_456_700,
        500_000_000,
        999_999_900,
        999_999_999,
    ];
    Timestamp::new(second, *random.pick(&finer)).unwrap()
}

/// Says of the user again and again what other columns say.
fn repeat(record: &mut Record, row: &UserRow) {
    record.set(&user::CREATED_DATE_TIME, row.created_at);
    record.set(&user::REFRESH_TOKENS_VALID_FROM_DATE_TIME, row.created_at);
    record.set(&user::USER_PRINCIPAL_NAME, row.upn.clone());
    record.set(&user::MAIL, row.upn.clone());
    let again = format!("{0}\"{0}\\{1}{2}\u{7}", row.upn, row.id, row.created_at);
    record.set(&user::ABOUT_ME, again.clone());
    record.set(&user::DISPLAY_NAME, again);
}

fn said(row: UserRow, record: &Record) -> (UserRow, ObjectKeys) {
    let row = UserRow {
        brief: document::brief(record, &user::TYPE),
        rest: document::rest(record, &user::TYPE),
        ..row
    };
    (row, ObjectKeys::of_user(record))
}

/// Everything that reads texts reads these.
async fn check(store: &Store, row: &UserRow) {
    let reader = store.read(TENANT);
    let texts = |row: UserRow| (row.id, row.brief, row.rest);
    let expected = texts(row.clone());
    let query = Query {
        limit: 9,
        ..Query::default()
    };
    let among = if row.deleted_at.is_some() {
        Users::Deleted
    } else {
        Users::Live
    };
    let found = reader
        .find(UserRow::among(among), query.clone())
        .await
        .unwrap()
        .rows;
    let found: Vec<_> = found.into_iter().map(texts).collect();
    assert_eq!(found, std::slice::from_ref(&expected));
    let briefs = reader
        .find(UserBrief::among(among), query)
        .await
        .unwrap()
        .rows;
    let briefs: Vec<_> = briefs.into_iter().map(|one| (one.id, one.brief)).collect();
    assert_eq!(briefs, [(row.id, row.brief.clone())]);
    let read = match row.deleted_at {
        None => reader.user(row.id).await,
        Some(_) => reader.deleted_user(row.id).await,
    };
    assert_eq!(texts(read.unwrap().unwrap()), expected);
}

#[tokio::test]
async fn texts_come_back() {
    let store = store().await;
    let mut random = Random::new(7);
    for n in 0..150 {
        let own = id(u128::from(random.next()));
        let made = |random: &mut Random, created_at| UserRow {
            upn: name(random),
            created_at,
            ..crate::fixtures::user(n + 1)
        };
        let created_at = instant(&mut random);
        let mut about = record(&mut random, own);
        let mut row = UserRow {
            id: own,
            ..made(&mut random, created_at)
        };
        repeat(&mut about, &row);
        let input = said(row, &about);
        row = input.0.clone();
        write!(store, TENANT, input, tx, input => tx.insert_user(&input.0, &input.1).await)
            .unwrap();
        check(&store, &row).await;
        // Under other names, with texts about the first name or about the true one.
        for round in 0..4 {
            let read = store.read(TENANT).user(own).await.unwrap().unwrap();
            row = UserRow {
                upn: name(&mut random),
                ..read
            };
            if round % 2 == 0 {
                about = record(&mut random, own);
                repeat(&mut about, &row);
            }
            let input = said(row, &about);
            row = input.0.clone();
            assert!(write!(store, TENANT, input, tx, input => tx.replace_user(&input.0, &input.1, core()).await).unwrap());
            check(&store, &row).await;
        }
        assert!(
            write!(store, TENANT, own, tx, own => tx.soft_delete_user(*own, at(9)).await).unwrap()
        );
        row.deleted_at = Some(at(9));
        check(&store, &row).await;
        assert!(write!(store, TENANT, own, tx, own => tx.undelete_user(*own).await).unwrap());
        row.deleted_at = None;
        check(&store, &row).await;
        assert!(
            write!(store, TENANT, own, tx, own => tx.soft_delete_user(*own, at(9)).await).unwrap()
        );
        assert!(write!(store, TENANT, own, tx, own => tx.purge_user(*own).await).unwrap());
        assert_eq!(store.read(TENANT).deleted_user(own).await, Ok(None));
    }
}
