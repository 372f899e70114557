//! GET /users and GET /users/{key}.

use directory::{Permission, Refusal, UserKey};
use uuid::Uuid;

use crate::world::{World, core, refused};

#[tokio::test]
async fn by_id_and_by_name() {
    let world = World::new().await;
    let created = world.work_user("AdeleV", "").await;
    let id = created.row.id.to_string();
    for key in [
        id.as_str(),
        &id.to_uppercase(),
        "AdeleV@contoso.com",
        "adelev@CONTOSO.COM",
    ] {
        let row = world
            .dir
            .user(&world.app(), &UserKey::parse(key))
            .await
            .unwrap();
        assert_eq!(row, created.row, "{key}");
    }
    for key in [
        "nobody@contoso.com",
        "AdeleV",
        "",
        "00000000-0000-0000-0000-000000000001",
        &id.replace('-', ""),
    ] {
        let result = world.dir.user(&world.app(), &UserKey::parse(key)).await;
        assert_eq!(
            result,
            Err(Refusal::NotFound {
                key: key.to_owned()
            })
        );
    }
}

#[tokio::test]
async fn pages_hold_everybody_once() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(world.work_user(&format!("user{number}"), "").await.row.id);
    }
    ids.sort_unstable();
    for limit in [1, 2, 3, 6, 7, 8, 999] {
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = world.dir.users(&world.app(), after, limit).await.unwrap();
            assert!(page.rows.len() <= usize::from(limit));
            seen.extend(page.rows.iter().map(|row| row.id));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids, "{limit}");
        assert_eq!(pages, 7_usize.div_ceil(usize::from(limit)), "{limit}");
    }
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let world = World::new().await;
    let created = world.work_user("AdeleV", "").await;
    let mut foreign = world.app();
    foreign.tenant = store::TenantId(Uuid::from_u128(0xFAB));
    let of = async |key: UserKey| world.dir.user(&foreign, &key).await.unwrap_err();
    assert_eq!(
        of(UserKey::Id(created.row.id)).await,
        Refusal::NotFound {
            key: created.row.id.to_string()
        }
    );
    assert!(matches!(
        of(UserKey::parse("AdeleV@contoso.com")).await,
        Refusal::NotFound { .. }
    ));
    assert!(
        world
            .dir
            .users(&foreign, None, 100)
            .await
            .unwrap()
            .rows
            .is_empty()
    );
}

#[tokio::test]
async fn the_basic_profile_is_all_that_basic_readers_see() {
    let world = World::new().await;
    let created = world
        .work_user(
            "AdeleV",
            r#""jobTitle":"Engineer","mail":"adele@fabrikam.example","department":"North""#,
        )
        .await;
    let reader = world.app_with(&[Permission::UserReadBasicAll], &[]);
    let row = world
        .dir
        .user(&reader, &UserKey::Id(created.row.id))
        .await
        .unwrap();
    for text in [&row.doc(), &row.brief] {
        assert!(
            text.contains("adele@fabrikam.example")
                && !text.contains("Engineer")
                && !text.contains("North"),
            "{text}"
        );
    }
    assert!(row.brief.contains(r#""jobTitle":null"#));
    let page = world.dir.users(&reader, None, 10).await.unwrap();
    assert!(!page.rows[0].doc().contains("Engineer"));
    // The person concerned sees all of their own properties.
    let own = world.person(created.row.id, &[Permission::UserRead], &[]);
    assert!(
        world
            .dir
            .user(&own, &UserKey::Id(created.row.id))
            .await
            .unwrap()
            .doc()
            .contains("Engineer")
    );
}

#[tokio::test]
async fn guarded_properties_need_their_permission() {
    let world = World::new().await;
    let created = world
        .work_user(
            "AdeleV",
            r#""employeeLeaveDateTime":"2027-01-01T00:00:00Z""#,
        )
        .await;
    let reader = world.app_with(&[Permission::UserReadAll], &[]);
    let key = UserKey::Id(created.row.id);
    assert!(
        !world
            .dir
            .user(&reader, &key)
            .await
            .unwrap()
            .doc()
            .contains("employeeLeave")
    );
    let reader = world.app_with(
        &[
            Permission::UserReadAll,
            Permission::UserLifeCycleInfoReadAll,
        ],
        &[],
    );
    assert!(
        world
            .dir
            .user(&reader, &key)
            .await
            .unwrap()
            .doc()
            .contains("employeeLeave")
    );
}

#[tokio::test]
async fn guests_read_whom_they_can_name_but_do_not_enumerate() {
    let world = World::new().await;
    let guest = world
        .work_user("guest", r#""userType":"Guest""#)
        .await
        .row
        .id;
    let member = world.work_user("member", "").await.row.id;
    let before = world.fingerprint().await;
    let as_guest = world.person(guest, &[Permission::UserReadAll], &[]);
    assert!(
        world
            .dir
            .user(&as_guest, &UserKey::Id(member))
            .await
            .is_ok()
    );
    refused(
        &world,
        &before,
        world.dir.users(&as_guest, None, 10).await,
        "ListUsers",
        "guest",
    )
    .await;
    let stranger = world.person(Uuid::from_u128(9), &[Permission::UserReadAll], &[]);
    refused(
        &world,
        &before,
        world.dir.users(&stranger, None, 10).await,
        "ListUsers",
        "stranger",
    )
    .await;
    let as_member = world.person(member, &[Permission::UserReadBasicAll], &[]);
    assert_eq!(
        world
            .dir
            .users(&as_member, None, 10)
            .await
            .unwrap()
            .rows
            .len(),
        2
    );
}

#[tokio::test]
async fn texts_of_an_older_rendering_are_rendered_again() {
    let world = World::new().await;
    let created = world.work_user("AdeleV", "").await;
    let mut old = created.row.clone();
    old.schema = edm::SCHEMA - 1;
    // As if that rendering had not shown empty collections.
    old.brief = old.brief.replace(r#""businessPhones":[],"#, "");
    assert_ne!(old.brief, created.row.brief);
    let keys = store::ObjectKeys::of_user(&created.record);
    let written = world
        .dir
        .store()
        .write(world.tenant, (old, keys), |tx, (old, keys)| {
            Box::pin(async move { tx.replace_user(old, keys, core()).await })
        })
        .await;
    assert_eq!(written, Ok::<_, store::StoreError>(true));
    let row = world
        .dir
        .user(&world.app(), &UserKey::Id(created.row.id))
        .await
        .unwrap();
    assert_eq!((row.schema, &row.brief), (edm::SCHEMA, &created.row.brief));
    let asked = odata::Checked::default();
    let page = world.dir.find_briefs(&world.app(), &asked, None).await;
    assert_eq!(page.unwrap().rows, [created.row.brief]);
}

/// The list without `$select` says of everybody what the whole rows say, page by page, to each
/// reader.
#[tokio::test]
async fn lists_of_default_sets_equal_the_whole_rows() {
    let world = World::new().await;
    for number in 0..5 {
        let more = r#""jobTitle":"Engineer","employeeLeaveDateTime":"2026-05-01T00:00:00Z""#;
        world.work_user(&format!("user{number}"), more).await;
    }
    let guest = world
        .work_user("guest", r#""userType":"Guest""#)
        .await
        .row
        .id;
    let basic = &[Permission::UserReadBasicAll];
    for reader in [
        world.app(),
        world.app_with(&[Permission::UserReadAll], &[]),
        world.app_with(basic, &[]),
        world.app_with(&[Permission::UserInviteAll], &[]),
        world.person(guest, basic, &[]),
    ] {
        for limit in [1, 4, 6, 999] {
            let asked = odata::Checked {
                top: Some(limit),
                ..odata::Checked::default()
            };
            let mut after = None;
            loop {
                let whole = world.dir.users(&reader, after, limit).await;
                let cursor = after.map(store::Cursor::after_id);
                let brief = world.dir.find_briefs(&reader, &asked, cursor).await;
                let (Ok(whole), Ok(brief)) = (&whole, &brief) else {
                    assert_eq!(whole.err(), brief.err());
                    break;
                };
                let texts: Vec<_> = whole.rows.iter().map(|row| row.brief.clone()).collect();
                let next = whole.next.map(store::Cursor::after_id);
                assert_eq!((&brief.rows, &brief.next), (&texts, &next));
                after = whole.next;
                if after.is_none() {
                    break;
                }
            }
        }
    }
}
