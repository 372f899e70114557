use crate::fixtures::{OTHER, TENANT, at, empty, id, tenant, write};
use store::{AppRow, DomainRow, KeyState, SigningKeyRow, StoreError, TenantId};

#[tokio::test]
async fn tenants_and_domains() {
    let store = empty();
    for id in [TENANT, OTHER] {
        assert!(write!(store, id, id, tx, id => tx.insert_tenant(&tenant(*id)).await).unwrap());
    }
    assert!(!write!(store, tx => tx.insert_tenant(&tenant(TENANT)).await).unwrap());
    let foreign = write!(store, tx => tx.insert_tenant(&tenant(TenantId(id(77)))).await);
    assert!(
        matches!(foreign, Err(StoreError::Driver(_))),
        "a tenant made in another's write"
    );
    // Its number has no row that says whose it is, which a foreign key asks for.
    let none = write!(store, TenantId::INSTANCE, (), tx, _none => {
        tx.insert_tenant(&tenant(TenantId::INSTANCE)).await
    });
    assert!(
        matches!(none, Err(StoreError::Driver(_))),
        "the instance as a tenant"
    );

    assert!(write!(store, tx => tx.insert_domain("contoso.com", false, true).await).unwrap());
    assert!(
        !write!(store, OTHER, (), tx, _none => tx.insert_domain("contoso.com", true, true).await)
            .unwrap(),
        "a domain of two tenants"
    );
    let row = DomainRow {
        name: "contoso.com".into(),
        tenant: TENANT,
        federated: false,
        verified: true,
    };
    let instance = store.instance();
    assert_eq!(
        instance.domain("contoso.com").await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(
        store.read(TENANT).domain("contoso.com").await.unwrap(),
        Some(row.clone())
    );
    assert_eq!(store.read(OTHER).domain("contoso.com").await.unwrap(), None);
    assert!(write!(store, tx => tx.set_domain("contoso.com", true, false).await).unwrap());
    assert!(
        !write!(store, OTHER, (), tx, _none => tx.set_domain("contoso.com", false, true).await)
            .unwrap()
    );
    let changed = DomainRow {
        federated: true,
        verified: false,
        ..row
    };
    assert_eq!(store.read(TENANT).domains().await.unwrap(), [changed]);

    assert!(write!(store, tx => tx.set_tenant_settings("{\"a\":1}").await).unwrap());
    assert_eq!(
        instance.tenant(TENANT).await.unwrap().unwrap().settings,
        "{\"a\":1}"
    );
    assert_eq!(
        store.read(OTHER).tenant_row().await.unwrap(),
        Some(tenant(OTHER))
    );
    assert_eq!(instance.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn apps_and_roles() {
    let store = empty();
    let app = AppRow {
        client_id: id(1),
        object_id: id(2),
        display_name: "dev".into(),
        secret_hash: Some(vec![1, 2]),
        permissions: "[\"User.Invite.All\"]".into(),
        enabled: true,
        created_at: at(0),
    };
    write!(store, TENANT, app.clone(), tx, app => {
        tx.insert_tenant(&tenant(TENANT)).await?;
        tx.add_app(app).await
    })
    .unwrap();
    let reader = store.read(TENANT);
    assert_eq!(reader.app(id(1)).await.unwrap(), Some(app.clone()));
    assert_eq!(store.read(OTHER).app(id(1)).await.unwrap(), None);
    let off = AppRow {
        enabled: false,
        secret_hash: None,
        ..app.clone()
    };
    assert!(!write!(store, TENANT, off.clone(), tx, app => tx.add_app(app).await).unwrap());
    let replaced = async |before: &AppRow, after: &AppRow| {
        let input = (before.clone(), after.clone());
        write!(store, TENANT, input, tx, input => tx.replace_app(&input.0, &input.1).await).unwrap()
    };
    assert!(replaced(&app, &off).await);
    assert_eq!(reader.apps().await.unwrap(), std::slice::from_ref(&off));
    // Whoever read the app before that changes nothing: the secret that was taken stays taken.
    let granted = AppRow {
        permissions: "[\"User.Read.All\"]".into(),
        ..app.clone()
    };
    assert!(!replaced(&app, &granted).await);
    assert_eq!(reader.apps().await.unwrap(), std::slice::from_ref(&off));
    let on = AppRow {
        secret_hash: Some(vec![3]),
        ..off.clone()
    };
    assert!(replaced(&off, &on).await && !replaced(&off, &app).await);
    assert_eq!(reader.apps().await.unwrap(), [on]);

    assert!(write!(store, tx => tx.assign_role(id(5), id(62)).await).unwrap());
    assert!(!write!(store, tx => tx.assign_role(id(5), id(62)).await).unwrap());
    assert!(write!(store, tx => tx.assign_role(id(5), id(61)).await).unwrap());
    assert_eq!(reader.roles_of(id(5)).await.unwrap(), [id(61), id(62)]);
    assert!(store.read(OTHER).roles_of(id(5)).await.unwrap().is_empty());
    assert!(write!(store, tx => tx.remove_role(id(5), id(61)).await).unwrap());
    assert!(!write!(store, tx => tx.remove_role(id(5), id(61)).await).unwrap());
    assert_eq!(reader.roles_of(id(5)).await.unwrap(), [id(62)]);
}

#[tokio::test]
async fn keys_and_settings() {
    let store = empty();
    let key = |kid: &str, seconds| SigningKeyRow {
        kid: kid.into(),
        sealed_pkcs8: vec![4; 40],
        created_at: at(seconds),
        state: KeyState::Active,
    };
    let done: Result<_, StoreError> = store
        .write_instance([key("new", 2), key("old", 1)], |tx, keys| {
            Box::pin(async move {
                for key in keys {
                    tx.insert_signing_key(key).await?;
                }
                tx.put_setting("a", "1").await?;
                tx.put_setting("a", "2").await?;
                Ok([
                    tx.set_signing_key_state("old", KeyState::Retiring).await?,
                    tx.set_signing_key_state("none", KeyState::Retired).await?,
                ])
            })
        })
        .await;
    assert_eq!(done, Ok([true, false]));
    let instance = store.instance();
    let keys = instance.signing_keys().await.unwrap();
    assert_eq!(
        keys,
        [
            SigningKeyRow {
                state: KeyState::Retiring,
                ..key("old", 1)
            },
            key("new", 2)
        ]
    );
    assert_eq!(instance.setting("a").await.unwrap().as_deref(), Some("2"));
    assert_eq!(instance.setting("b").await.unwrap(), None);
}
