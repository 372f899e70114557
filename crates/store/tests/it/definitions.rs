//! Definitions keep their numbers, belong to one tenant, and each change of them is a new version.

use crate::fixtures::{OTHER, TENANT, at, id, store, write};
use edm::extension::DataType;
use edm::schema_extension::{Member, SchemaExtension, Status};
use edm::security_attribute::{self, AllowedValue, SecurityAttribute};
use edm::{PropertyId, Version, user};
use store::{Defined, DefinitionRow, Store, StoreError, TARGET_USER, TenantId, schema_of};

fn row(name: &str, n: u128) -> DefinitionRow {
    DefinitionRow {
        number: 0,
        what: Defined::DirectoryExtension {
            data_type: DataType::String,
            multi_valued: false,
        },
        name: name.to_owned(),
        id: id(n),
        app: Some(id(900)),
        targets: vec![TARGET_USER.to_owned(), "Group".to_owned()],
        created_at: at(1),
        deleted_at: None,
    }
}

async fn add(store: &Store, tenant: TenantId, row: DefinitionRow) -> Option<u64> {
    write!(store, tenant, row, tx, row => tx.add_definition(row).await).unwrap()
}

async fn delete(store: &Store, number: u64) -> bool {
    write!(store, TENANT, number, tx, number => tx.delete_definition(*number, at(9)).await).unwrap()
}

async fn revive(store: &Store, row: DefinitionRow) -> bool {
    write!(store, TENANT, row, tx, row => tx.revive_definition(row).await).unwrap()
}

async fn version(store: &Store) -> u64 {
    store.read(TENANT).definition_version().await.unwrap()
}

async fn names(store: &Store, tenant: TenantId) -> Vec<(u64, String)> {
    let rows = store.read(tenant).definitions().await.unwrap();
    rows.into_iter().map(|row| (row.number, row.name)).collect()
}

#[tokio::test]
async fn numbers_are_given_once_and_come_back_with_the_name() {
    let store = store().await;
    assert_eq!(version(&store).await, 0);
    assert_eq!(add(&store, TENANT, row("extension_a_x", 1)).await, Some(1));
    assert_eq!(add(&store, TENANT, row("extension_a_y", 2)).await, Some(2));
    assert_eq!(version(&store).await, 2);
    // The name is taken in every spelling of case, also while its definition is deleted.
    assert_eq!(add(&store, TENANT, row("extension_A_X", 3)).await, None);
    assert!(delete(&store, 2).await);
    assert!(!delete(&store, 2).await, "deleted twice");
    assert_eq!(add(&store, TENANT, row("extension_a_Y", 3)).await, None);
    assert_eq!(version(&store).await, 3, "what changed nothing counts not");
    assert_eq!(add(&store, TENANT, row("extension_a_z", 4)).await, Some(3));

    let again = DefinitionRow {
        number: 2,
        ..row("extension_a_Y", 5)
    };
    let other_type = DefinitionRow {
        what: Defined::DirectoryExtension {
            data_type: DataType::Integer,
            multi_valued: false,
        },
        ..again.clone()
    };
    let several = DefinitionRow {
        what: Defined::DirectoryExtension {
            data_type: DataType::String,
            multi_valued: true,
        },
        ..again.clone()
    };
    for different in [other_type, several] {
        assert!(!revive(&store, different).await);
    }
    assert!(revive(&store, again.clone()).await);
    assert!(!revive(&store, again.clone()).await, "it is there");
    let found = store.read(TENANT).definition_named("EXTENSION_a_y").await;
    assert_eq!(found.unwrap(), Some(again));
    assert_eq!(version(&store).await, 5);
    let named = |number, name: &str| (number, name.to_owned());
    let all = [
        named(1, "extension_a_x"),
        named(2, "extension_a_Y"),
        named(3, "extension_a_z"),
    ];
    assert_eq!(names(&store, TENANT).await, all);
}

#[tokio::test]
async fn they_belong_to_one_tenant() {
    let store = store().await;
    add(&store, TENANT, row("extension_a_x", 1)).await;
    assert_eq!(names(&store, OTHER).await, []);
    let reader = store.read(OTHER);
    assert_eq!(reader.definition_version().await, Ok(0));
    assert_eq!(reader.definition_named("extension_a_x").await, Ok(None));
    assert_eq!(add(&store, OTHER, row("extension_a_x", 1)).await, Some(1));
    assert_eq!(version(&store).await, 1);
}

#[tokio::test]
async fn those_of_an_app_go_with_it() {
    let store = store().await;
    let foreign = DefinitionRow {
        app: Some(id(901)),
        ..row("extension_b_x", 2)
    };
    add(&store, TENANT, row("extension_a_x", 1)).await;
    add(&store, TENANT, foreign).await;
    for app in [id(900), id(900)] {
        write!(store, TENANT, app, tx, app => tx.delete_definitions_of(*app, at(9)).await).unwrap();
    }
    let left = [(2, "extension_b_x".to_owned())];
    assert_eq!(names(&store, TENANT).await, left);
    assert_eq!(version(&store).await, 3, "the second time nothing changed");
}

/// An undone write undoes the version too, and the number is free.
#[tokio::test]
async fn the_version_goes_with_the_write() {
    let store = store().await;
    let undone = write!(store, TENANT, row("extension_a_x", 1), tx, row => {
        tx.add_definition(row).await?;
        Err::<(), _>(StoreError::Busy)
    });
    assert!(undone.is_err());
    assert_eq!(version(&store).await, 0);
    assert_eq!(add(&store, TENANT, row("extension_a_y", 2)).await, Some(1));
}

#[tokio::test]
async fn a_schema_has_those_of_users() {
    let store = store().await;
    let of_groups = DefinitionRow {
        targets: vec!["Group".to_owned()],
        ..row("extension_a_g", 2)
    };
    add(&store, TENANT, row("extension_a_x", 1)).await;
    add(&store, TENANT, of_groups).await;
    let rows = store.read(TENANT).definitions().await.unwrap();
    assert!(rows.iter().all(|row| row.is_for("Group")));
    let schema = schema_of(&rows);
    let own: Vec<_> = schema.entity(&user::TYPE).own().collect();
    assert_eq!(own.len(), 1);
    let found = schema.property(&user::TYPE, "Extension_A_x", Version::V1);
    assert_eq!(found.unwrap().id(), PropertyId::own(1));
}

fn members(status: Status, names: &[&str]) -> DefinitionRow {
    let members = (1..).zip(names).map(|(number, name)| Member {
        number,
        name: (*name).to_owned(),
        data_type: DataType::Integer,
    });
    DefinitionRow {
        what: Defined::SchemaExtension(SchemaExtension {
            status,
            description: Some("Courses".to_owned()),
            members: members.collect(),
        }),
        ..row("contoso_course", 1)
    }
}

/// Kinds share the row of numbers, and each reads what it wrote.
#[tokio::test]
async fn each_kind_says_what_it_defines() {
    let store = store().await;
    let attribute = DefinitionRow {
        what: Defined::SecurityAttribute(SecurityAttribute {
            data_type: DataType::String,
            is_collection: true,
            is_searchable: true,
            only_predefined: true,
            allowed: vec![AllowedValue {
                value: "Alpine".to_owned(),
                is_active: true,
            }],
            status: security_attribute::Status::Available,
            description: None,
        }),
        app: None,
        ..row("Engineering/Project", 3)
    };
    let mut all = [
        row("extension_a_x", 2),
        members(Status::InDevelopment, &["id"]),
        attribute,
    ];
    for (number, row) in (1..).zip(&mut all) {
        assert_eq!(add(&store, TENANT, row.clone()).await, Some(number));
        row.number = number;
    }
    let rows = store.read(TENANT).definitions().await.unwrap();
    assert_eq!(rows, all);
    let schema = schema_of(&rows);
    let own: Vec<_> = schema.entity(&user::TYPE).own().map(|p| p.name()).collect();
    let attribute = "customSecurityAttributes/Engineering/Project";
    assert_eq!(own, ["contoso_course", attribute, "extension_a_x"]);
}

async fn change(
    store: &Store,
    row: &DefinitionRow,
    before: &DefinitionRow,
) -> Result<bool, StoreError> {
    let input = [row, before].map(|row| DefinitionRow {
        number: 1,
        ..row.clone()
    });
    write!(store, TENANT, input, tx, input => tx.change_definition(&input[0], &input[1]).await)
}

/// A change is one of what was read, and it is a new version.
#[tokio::test]
async fn details_change_once() {
    let store = store().await;
    let before = members(Status::InDevelopment, &["id"]);
    add(&store, TENANT, before.clone()).await;
    let after = members(Status::Available, &["id", "name"]);
    assert_eq!(change(&store, &after, &before).await, Ok(true));
    assert_eq!(change(&store, &after, &before).await, Ok(false));
    let found = store.read(TENANT).definition_named("contoso_course").await;
    assert_eq!(found.unwrap().unwrap().what, after.what);
    assert_eq!(version(&store).await, 2);
    assert!(delete(&store, 1).await);
    assert_eq!(change(&store, &after, &after).await, Ok(false));
    // Made anew as another kind it would read other values.
    let other = DefinitionRow {
        number: 1,
        ..row("contoso_course", 4)
    };
    assert!(!revive(&store, other).await);
    assert!(revive(&store, DefinitionRow { number: 1, ..after }).await);
}
