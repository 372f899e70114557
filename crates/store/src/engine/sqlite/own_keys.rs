//! Keys of a tenant's own properties where no request brings their definitions: making keys anew,
//! and removing a user for good. The values of deleted definitions have keys too.

use super::slow;
use super::upgrades::{dump, options, whole};
use crate::query::rekeying::KeyVersions;
use crate::{
    Defined, DefinitionRow, ObjectKeys, Role, Store, StoreError, TARGET_USER, TenantId, schema_of,
};
use edm::extension::DataType;
use edm::{Record, Version, user};
use jiff::Timestamp;
use std::path::Path;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const VALUES: &[(&str, &str)] = &[("user_values", "property, key, object_id")];

fn definition(name: &str) -> DefinitionRow {
    DefinitionRow {
        number: 0,
        what: Defined::DirectoryExtension {
            data_type: DataType::String,
            multi_valued: false,
        },
        name: name.to_owned(),
        id: Uuid::from_u128(name.len() as u128),
        app: None,
        targets: vec![TARGET_USER.to_owned()],
        created_at: Timestamp::UNIX_EPOCH,
        deleted_at: None,
    }
}

/// Two users with values of two definitions, of which one is deleted.
async fn filled(path: &Path) {
    let store = Store::open(options(path, Role::Server)).unwrap();
    let tenant = slow::tenant(TENANT);
    let filled = store.write(TENANT, tenant, |tx, tenant| {
        Box::pin(async move {
            tx.insert_tenant(tenant).await?;
            let mut definitions = vec![definition("extension_a_kept"), definition("extension_a_x")];
            for row in &mut definitions {
                row.number = tx.add_definition(row).await?.unwrap();
            }
            let schema = schema_of(&definitions);
            for n in 1..=2 {
                let id = Uuid::from_u128(n);
                let mut record = Record::new();
                record.set(&user::ID, id.to_string());
                for row in &definitions {
                    let property = schema.property(&user::TYPE, &row.name, Version::V1);
                    record.set(property.unwrap(), format!("{} {n}", row.name));
                }
                let row = slow::row(id, &record);
                tx.insert_user(&row, &ObjectKeys::of_user(&record)).await?;
            }
            let deleted = definitions[1].number;
            assert!(tx.delete_definition(deleted, Timestamp::UNIX_EPOCH).await?);
            Ok::<_, StoreError>(())
        })
    });
    filled.await.unwrap();
}

#[tokio::test]
async fn keys_made_anew_are_those_of_deleted_definitions_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.db");
    filled(&path).await;
    let on = whole(&path);
    let wanted = dump(&on, VALUES);
    assert_eq!(wanted.len(), 4, "{wanted:?}");
    let older = KeyVersions::OURS.form - 1;
    on.execute("UPDATE made_keys SET form = ?1", [older])
        .unwrap();
    on.execute("DELETE FROM user_values", []).unwrap();
    drop(on);
    assert_eq!(dump(&whole(&path), VALUES), wanted);
}

#[tokio::test]
async fn a_user_who_is_removed_for_good_leaves_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.db");
    filled(&path).await;
    let store = Store::open(options(&path, Role::Server)).unwrap();
    let removed = store.write(TENANT, Uuid::from_u128(1), |tx, id| {
        Box::pin(async move {
            let deleted = tx.soft_delete_user(*id, Timestamp::UNIX_EPOCH).await?;
            Ok::<_, StoreError>(deleted && tx.purge_user(*id).await?)
        })
    });
    assert_eq!(removed.await, Ok(true));
    drop(store);
    let left = dump(&whole(&path), VALUES);
    assert_eq!(left.len(), 2, "{left:?}");
}
