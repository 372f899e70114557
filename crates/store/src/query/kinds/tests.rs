//! The descriptions of tables against the schema.

use super::{INVITATIONS, USERS};
use crate::migrations;
use crate::query::keys;
use crate::query::kind::{Column, CutIndex, OWN_NAME, own_name};
use crate::rows::identity_keys;
use crate::sql::IS_CUT;
use edm::{ComplexType, Op, Ops, Property, Type, user};

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
        let CutIndex { index, predicate } = &table.cut_index;
        let predicate = predicate.replace("u.", "");
        let text = format!(
            "CREATE INDEX IF NOT EXISTS {index} ON {name} (tenant_id, id) WHERE {predicate}"
        );
        assert!(schema.contains(&text.as_str()), "{text}");
    }
    let longest = IS_CUT.strip_prefix(" > ").unwrap();
    assert_eq!(longest, keys::WHOLE_KEY.to_string());
}

/// The keys of own properties stand under numbers, apart from those of the core; what cannot be
/// filtered by has none.
#[test]
fn own_properties_are_kept_by_their_numbers() {
    let filterable = |mut property: Property| {
        property.filter.default = Ops::of(&[Op::Eq]);
        property
    };
    let text = |number, name: &str| Property::own(number, name, Type::String, "");
    let list = |mut property: Property| {
        property.collection = true;
        property
    };
    let members = [text(0xb, "name"), list(text(0xc, "names"))];
    let course = Type::Complex(ComplexType::own("course", members).into());
    let course = filterable(Property::own(u64::MAX >> 1, "ext_course", course, ""));
    let Type::Complex(ty) = &course.ty else {
        unreachable!("made so");
    };
    let inner: Vec<_> = ty.properties().collect();
    for (property, inner, expected) in [
        (&filterable(text(0x1f, "a")), None, Some("#1f")),
        (&filterable(list(text(0x1f, "a"))), None, Some("#1f")),
        (&text(0x1f, "a"), None, None),
        (&course, None, None),
        (&course, inner.first(), Some("#7fffffffffffffff.b")),
        (&course, inner.last(), None),
        (&user::DISPLAY_NAME, None, None),
        (&user::OTHER_MAILS, None, None),
    ] {
        let found = own_name(property, inner.map(|inner| &**inner));
        assert_eq!(found.as_deref(), expected);
        assert!(found.is_none_or(|found| found.len() <= OWN_NAME));
    }
    assert!(!USERS.members.iter().any(|core| core.kept.starts_with('#')));
}

/// Most bytes of a row of a B-tree that every engine takes: `PostgreSQL` refuses more.
const LONGEST_ROW: usize = 2_704;
/// What a row has beside its columns there, and what aligning a column may add.
const HEAD: usize = 16;
const ALIGNED: usize = 8;

/// Most bytes of a column that stands in a key; `None` of one that is not known here.
fn longest(table: &str, column: &str) -> Option<usize> {
    let described = [&*USERS, &*INVITATIONS];
    let mut described = described.iter().filter(|own| own.name == table);
    let key = described.find_map(|own| own.columns.iter().find(|own| own.name == column));
    if let Some(Column { property, .. }) = key {
        let letters = property.max_len.map_or(usize::MAX, |most| most as usize);
        return Some(letters.saturating_mul(keys::FOLDED).min(keys::LONGEST - 1) + 1);
    }
    Some(match (table, column) {
        // Numbers of tenants, instants, counters, codes.
        (
            _,
            "tenant_id" | "seq" | "lane" | "kind" | "at" | "next_at" | "created_at" | "deleted_at"
            | "version" | "number" | "slot" | "is_claim",
        ) => 8,
        // Ids, and SHA-256.
        (
            _,
            "id" | "object_id" | "client_id" | "principal_id" | "role_template_id" | "user_id"
            | "invitation_id" | "source_id" | "target_id" | "app" | "app_id",
        ) => 16,
        (_, "session_hash") | ("idempotency", "route") => 32,
        // `directory::address`: 254 bytes, and what stands for a name is not longer.
        (_, "address_key" | "recipient_key") => 4 * 320,
        // An address and a network.
        ("attempts", "key") => 4 * 320 + 48,
        // `graph::invitations` takes 255 bytes.
        ("idempotency", "key") => 255,
        ("identities", "issuer" | "assigned_id") => identity_keys::WHOLE,
        ("user_values", "key") => keys::LONGEST,
        ("user_values", "property") => {
            let core = USERS.members.iter().map(|one| one.kept.len()).max()?;
            core.max(OWN_NAME)
        }
        ("search_tokens", "token") => keys::TOKEN,
        ("users", "immutable_id") => 4 * user::ON_PREMISES_IMMUTABLE_ID.max_len? as usize,
        // `directory::tenants`: a domain's name has 253 letters.
        ("domains", "name") => 253,
        ("schema_parts", "name") => 64,
        // An identifier of the protocol, in ASCII.
        ("definitions", "name_key") => 128,
        ("attribute_sets", "name_key") => 4 * edm::attribute_set::NAME as usize,
        ("open_extensions", "name_key") => edm::open_extension::NAME_BYTES,
        _ => return None,
    })
}

/// No row of an index is longer than an engine takes, whatever the longest value is that the
/// property table allows.
#[test]
fn rows_of_indexes_are_short_enough() {
    let mut seen = 0;
    for statement in migrations::statements() {
        let (table, columns) = if let Some((_, rest)) = statement.split_once("TABLE IF NOT EXISTS ")
        {
            let table = rest.split(' ').next().unwrap();
            let Some((_, keys)) = rest.split_once("PRIMARY KEY (") else {
                continue;
            };
            (table, keys)
        } else if let Some((_, rest)) = statement.split_once(" ON ")
            && statement.contains("INDEX IF NOT EXISTS")
            && !statement.starts_with("DROP")
        {
            let (table, keys) = rest.split_once(" (").unwrap();
            (table, keys)
        } else {
            continue;
        };
        let columns = columns.replace("(CASE WHEN standing > 0 THEN 1 ELSE 0 END)", "is_claim");
        let (columns, _) = columns.split_once(')').unwrap();
        let mut row = HEAD;
        for column in columns.split(", ") {
            // What a list shows stands in this index on SQLite alone (decision record 0070).
            if statement.contains("users_display_name") && column == "deleted_at" {
                break;
            }
            let most = longest(table, column);
            row += ALIGNED + most.unwrap_or_else(|| panic!("how long is {table}.{column}?"));
        }
        assert!(row <= LONGEST_ROW, "{row} bytes: {statement}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}
