use crate::fixtures::{OTHER, TENANT, at, id, invitation, store, write};
use store::{
    Acceptance, Conflict, InvitationRow, InvitationStatus, NewCode, Query, Store, StoreError,
};

async fn proven(store: &Store, invitation: u128, session: [u8; 32]) {
    let code = NewCode {
        session,
        invitation: id(invitation),
        mac: [1; 32],
        now: at(1),
        expires_at: at(601),
        session_expires_at: at(900),
        max_codes: 2,
        min_gap: jiff::SignedDuration::from_secs(60),
    };
    let guess = store::Guess {
        session,
        invitation: id(invitation),
        mac: [1; 32],
        now: at(2),
        max_wrong: 5,
    };
    write!(store, TENANT, (code, guess), tx, input => {
        assert!(tx.issue_code(&input.0).await?);
        assert_eq!(tx.guess_code(&input.1).await?, store::Guessed::Right);
        Ok(())
    })
    .unwrap();
}

async fn accept(store: &Store, invitation: u128, session: [u8; 32], now: i64) -> bool {
    let acceptance = Acceptance {
        invitation: id(invitation),
        session,
        now: at(now),
    };
    write!(store, TENANT, acceptance, tx, acceptance => tx.accept_invitation(acceptance).await)
        .unwrap()
}

#[tokio::test]
async fn row_comes_back_whole() {
    let store = store().await;
    let rows = [
        invitation(1, 10),
        InvitationRow {
            language: None,
            inviter: None,
            ended_at: Some(at(1)),
            accepted_at: Some(at(2)),
            accepted_session: Some([3; 32]),
            declined_at: Some(at(3)),
            status: InvitationStatus::Error,
            send_message: false,
            ..invitation(2, 10)
        },
    ];
    write!(store, TENANT, rows.clone(), tx, rows => {
        for row in rows {
            tx.insert_invitation(row).await?;
        }
        Ok(())
    })
    .unwrap();
    assert_eq!(
        store
            .read(TENANT)
            .find(
                InvitationRow::all(),
                Query {
                    limit: 9,
                    ..Query::default()
                }
            )
            .await
            .unwrap()
            .rows,
        rows
    );
    assert_eq!(store.read(OTHER).invitation(id(1)).await.unwrap(), None);
    let twice = write!(store, tx => tx.insert_invitation(&invitation(1, 10)).await);
    assert_eq!(twice, Err(StoreError::Conflict(Conflict::Id)));
}

/// At most one link of a guest works (R-48).
#[tokio::test]
async fn a_new_invitation_ends_the_earlier_ones() {
    let store = store().await;
    let ended = write!(store, tx => {
        for (n, guest) in [(1, 10), (2, 10), (3, 11)] {
            tx.insert_invitation(&invitation(n, guest)).await?;
        }
        tx.end_invitation(id(2), at(4)).await?;
        let ended = tx.end_invitations_of(id(10), at(5)).await?;
        tx.insert_invitation(&InvitationRow { created_at: at(5), ..invitation(4, 10) }).await?;
        Ok(ended)
    })
    .unwrap();
    assert_eq!(ended, 1);
    let reader = store.read(TENANT);
    for (n, expected) in [(1, Some(at(5))), (2, Some(at(4))), (3, None), (4, None)] {
        assert_eq!(
            reader.invitation(id(n)).await.unwrap().unwrap().ended_at,
            expected,
            "invitation {n}"
        );
    }
    assert_eq!(
        reader
            .latest_invitation_of(id(10))
            .await
            .unwrap()
            .unwrap()
            .id,
        id(4)
    );
    proven(&store, 1, [1; 32]).await;
    assert!(
        !accept(&store, 1, [1; 32], 6).await,
        "an ended link was accepted"
    );
}

#[tokio::test]
async fn acceptance_asks_for_everything() {
    let store = store().await;
    write!(store, tx => {
        for n in 1..=3 {
            tx.insert_invitation(&invitation(n, n)).await?;
        }
        Ok(())
    })
    .unwrap();
    proven(&store, 1, [1; 32]).await;
    // invitation, session, when, accepted
    let cases = [
        (2, 1, 5, "another invitation than the session proved"),
        (1, 2, 5, "a session that proved nothing"),
        (9, 1, 5, "no invitation"),
        (1, 1, 900, "the session is over"),
        (1, 1, 1000, "the invitation has expired"),
    ];
    for (invitation, session, now, case) in cases {
        assert!(
            !accept(&store, invitation, [session; 32], now).await,
            "{case}"
        );
    }
    assert!(accept(&store, 1, [1; 32], 899).await);
    let row = store.read(TENANT).invitation(id(1)).await.unwrap().unwrap();
    assert_eq!(
        (row.accepted_at, row.accepted_session),
        (Some(at(899)), Some([1; 32]))
    );
    let redemption = store
        .read(TENANT)
        .redemption(&[1; 32], id(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(redemption.accepted_at, Some(at(899)));
    assert!(!accept(&store, 1, [1; 32], 899).await, "accepted twice");
}

/// Of two hundred one accepts (T-4).
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_two_hundred_accepts() {
    let store = store().await;
    write!(store, tx => tx.insert_invitation(&invitation(1, 10)).await).unwrap();
    for session in 0..20 {
        proven(&store, 1, [session; 32]).await;
    }
    let racers: Vec<_> = (0..200u8)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { accept(&store, 1, [n % 20; 32], 5).await })
        })
        .collect();
    let mut accepted = 0;
    for racer in racers {
        accepted += u32::from(racer.await.unwrap());
    }
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn decline_is_recorded_once() {
    let store = store().await;
    let found = write!(store, tx => {
        tx.insert_invitation(&invitation(1, 10)).await?;
        tx.insert_invitation(&InvitationRow { ended_at: Some(at(1)), ..invitation(2, 10) }).await?;
        let open = tx.decline_invitation(id(1), at(3)).await?;
        let again = tx.decline_invitation(id(1), at(4)).await?;
        Ok([open, again, tx.decline_invitation(id(2), at(3)).await?, tx.decline_invitation(id(9), at(3)).await?])
    })
    .unwrap();
    assert_eq!(found, [true, false, false, false]);
    assert_eq!(
        store
            .read(TENANT)
            .invitation(id(1))
            .await
            .unwrap()
            .unwrap()
            .declined_at,
        Some(at(3))
    );
    proven(&store, 1, [1; 32]).await;
    assert!(
        accept(&store, 1, [1; 32], 5).await,
        "who declined may still accept (R-58)"
    );
}

/// A page that is sorted by a name is looked for among all objects, whatever their ids: the first
/// by name may have the last id.
#[tokio::test]
async fn a_sorted_page_with_a_condition_looks_at_all() {
    const ALL: u128 = 1_200;
    let store = store().await;
    // Names in the reverse order of the ids.
    let rows: Vec<_> = (1..=ALL)
        .map(|n| InvitationRow {
            document: format!(
                r#"{{"answer":{{"invitedUserDisplayName":"Guest {:04}"}}}}"#,
                ALL - n
            ),
            ..invitation(n, 10)
        })
        .collect();
    write!(store, TENANT, rows, tx, rows => {
        for row in rows {
            tx.insert_invitation(row).await?;
        }
        Ok(())
    })
    .unwrap();
    let text = "$filter=status%20eq%20'InProgress'&$orderby=invitedUserDisplayName";
    let version = edm::Version::V1;
    let syntax = odata::parse(text, version).unwrap();
    let ty = edm::Entity::core(&edm::invitation::TYPE);
    let mode = odata::Mode { eventual: true };
    let checked = odata::check(syntax, ty, version, odata::Shape::Collection, mode).unwrap();
    let mut query = Query {
        filter: checked.filter,
        order: checked.order,
        limit: 500,
        ..Query::default()
    };
    let mut found = Vec::new();
    loop {
        let reader = store.read(TENANT);
        let page = reader.find(InvitationRow::all(), query.clone());
        let page = page.await.unwrap();
        found.extend(page.rows.into_iter().map(|row| row.id));
        match page.next {
            None => break,
            next => query.after = next,
        }
    }
    let expected: Vec<_> = (1..=ALL).rev().map(id).collect();
    assert_eq!(found, expected);
}
