//! Plans of queries for other objects than users that are not deleted.

use super::*;
use crate::InvitationRow;
use edm::invitation;

/// Of every kind: which index a query begins with, that the statement keeps the rules, and that
/// SQLite can run it so.
#[test]
fn other_kinds_than_users_go_by_indexes_too() {
    let by_guest = Node::Linked {
        navigation: &invitation::INVITED_USER_NAVIGATION,
        ids: vec![Uuid::from_u128(7)],
    };
    let invitations = InvitationRow::all().kind;
    let pending = Users::Pending.kind();
    let by_address = "SEARCH u USING INDEX invitations_invited_user_email_address (tenant_id=? \
                      AND invited_user_email_address_key";
    let cases: Vec<(Kind, Vec<Node>, Option<&'static Property>, &str)> = vec![
        (
            invitations,
            vec![equals(
                &invitation::INVITED_USER_EMAIL_ADDRESS,
                "kim@x.example",
            )],
            None,
            by_address,
        ),
        (
            invitations,
            vec![starts(&invitation::INVITED_USER_EMAIL_ADDRESS)],
            None,
            by_address,
        ),
        (
            invitations,
            vec![equals(&invitation::STATUS, "error")],
            Some(&invitation::INVITED_USER_EMAIL_ADDRESS),
            "SEARCH u USING INDEX invitations_invited_user_email_address (tenant_id=?)",
        ),
        (
            invitations,
            vec![equals(&invitation::STATUS, "error")],
            None,
            "SEARCH u USING INDEX sqlite_autoindex_invitations_1 (tenant_id=?)",
        ),
        (
            invitations,
            vec![by_guest],
            None,
            "SEARCH u USING INDEX sqlite_autoindex_invitations_1 (tenant_id=? AND id=?)",
        ),
        (
            pending,
            vec![equals(&user::CITY, "y")],
            None,
            "SEARCH t USING INDEX pending_members_waiting (tenant_id=?)",
        ),
        (
            pending,
            vec![starts(&user::DISPLAY_NAME)],
            Some(&user::DISPLAY_NAME),
            "SEARCH t USING INDEX pending_members_waiting (tenant_id=?)",
        ),
    ];
    let mut on = sqlite_for_tests("kinds");
    for (kind, nodes, property, expected) in cases {
        let filter = Filter::new(nodes).unwrap();
        let descending = false;
        let order: Vec<_> = property
            .map(|property| Order {
                property: property.into(),
                descending,
            })
            .into_iter()
            .collect();
        let access = planned(true, Some(&filter), &order, None, kind);
        let after = Cursor {
            keys: vec![vec![1]; access.sorting.keys.len()],
            id: Uuid::from_u128(5),
        };
        for wanted in [
            Wanted::Rows(kind.table.listed, Judged::BySql),
            Wanted::Rows(kind.table.listed, Judged::ByDocument),
            Wanted::Count,
            Wanted::CountSource,
        ] {
            for after in [None, Some(&after)] {
                let filter = Some(&filter);
                let made = statement::statement(context(kind), &access, filter, wanted, after, 10)
                    .unwrap();
                let text = made.composed.text();
                assert_eq!(fault(Scope::Tenant, text), None, "{text}");
                assert!(made.exact, "{text}");
                let lines = lines(&mut on, &made.composed);
                if after.is_none() && wanted != Wanted::CountSource {
                    let found = lines.first().unwrap().replace("COVERING ", "");
                    assert!(found.starts_with(expected), "{expected}: {lines:#?}");
                }
            }
        }
    }
}
