//! The descriptions of tables against the schema.

use super::{INVITATIONS, USERS};
use crate::migrations;
use crate::sql::kind::Column;
use edm::user;

/// The schema is written out, and the names in it follow from the property table. A column stands
/// in the definition of the table, or was added later by a statement of its own.
#[test]
fn the_schema_follows_the_tables() {
    let schema: Vec<&str> = migrations::statements().collect();
    for table in [&*USERS, &*INVITATIONS] {
        let name = table.name;
        let begins = |text: &&&str| text.contains(&format!("EXISTS {name} ("));
        let defined = schema.iter().find(begins).unwrap();
        let adds = format!("ALTER TABLE {name} ADD COLUMN IF NOT EXISTS ");
        let added = |text: &&&str| text.starts_with(&adds) && text.contains("_key bytes ");
        let keys =
            defined.matches("_key bytes NOT NULL").count() + schema.iter().filter(added).count();
        assert_eq!(keys, table.columns.len(), "{name}");
        for Column { name: column, .. } in &table.columns {
            let first = format!(" {column} bytes NOT NULL,");
            let later = format!("{adds}{column} bytes NOT NULL DEFAULT NULL_KEY");
            let is_there = defined.contains(&first) || schema.contains(&later.as_str());
            assert!(is_there, "{name}.{column}");
        }
        for index in table.indexes {
            let column = &table.column(index.property).unwrap().name;
            let more = if index.property == &user::DISPLAY_NAME {
                ", deleted_at, version, schema, upn, created_at, brief"
            } else {
                ""
            };
            let mut conditions = Vec::new();
            if name == "users" {
                conditions.push("deleted_at IS NULL".to_owned());
            }
            if index.sparse {
                conditions.push(format!("{column} <> NULL_KEY"));
            }
            let mut text = format!(
                "CREATE INDEX IF NOT EXISTS {} ON {name} (tenant_id, {column}, id{more})",
                index.name
            );
            if !conditions.is_empty() {
                text = format!("{text} WHERE {}", conditions.join(" AND "));
            }
            assert!(schema.contains(&text.as_str()), "{text}");
        }
        let own = format!(" ON {name} (tenant_id, ");
        let indexes = schema
            .iter()
            .filter(|text| text.contains(&own) && text.contains("_key, id"));
        assert_eq!(indexes.count(), table.indexes.len(), "{name}");
    }
}
