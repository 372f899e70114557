//! The tables of both documents about `POST /users/$ref`, row by row (P-references-1, R-2).

use axum::http::StatusCode;
use edm::reference::Document;
use edm::{Property, user};
use serde_json::{Map, Value, json};
use testkit::TestApp;

use crate::graph_references::{INVITED, PENDING, id_of, post, whole};

/// A value that a client would send, and that cannot be mistaken for a default.
fn value(property: &Property, name: &str) -> Value {
    match property.name() {
        "accountEnabled" | "isResourceAccount" | "showInAddressList" | "onPremisesSyncEnabled" => {
            json!(true)
        }
        "ageGroup" => json!("Adult"),
        "birthday" | "hireDate" | "employeeHireDate" => json!("1990-05-17T00:00:00Z"),
        "consentProvidedForMinor" => json!("Granted"),
        "deviceEnrollmentLimit" => json!(7),
        "employeeOrgData" => json!({ "division": "North", "costCenter": "42" }),
        "identities" => {
            json!([{ "signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "5eecb0cd" }])
        }
        "mail" => json!(format!("{name}@fabrikam.example")),
        "mailNickname" => json!(name),
        "mailboxSettings" => json!({ "timeZone": "UTC" }),
        "onPremisesExtensionAttributes" => json!({ "extensionAttribute1": "one" }),
        "onPremisesImmutableId" => json!(format!("{name}==")),
        "otherMails" => json!([format!("{name}2@fabrikam.example")]),
        "passwordPolicies" => json!("DisablePasswordExpiration"),
        "passwordProfile" => {
            json!({ "password": "xWwvJ]6NMw+bWH-d", "forceChangePasswordNextSignIn": false })
        }
        "preferredLanguage" => json!("de-DE"),
        "usageLocation" => json!("DE"),
        "userPrincipalName" => json!(format!("{name}@contoso.com")),
        "externalUserStateChangeDateTime" => json!("2014-01-01T00:00:00Z"),
        _ => {
            let single = match property.ty {
                edm::Type::Complex(_) => json!({}),
                edm::Type::DateTimeOffset => json!("2014-01-01T00:00:00Z"),
                _ => json!(
                    format!("a {}", property.name())
                        .chars()
                        .take(16)
                        .collect::<String>()
                ),
            };
            if property.collection {
                json!([single])
            } else {
                single
            }
        }
    }
}

fn body(document: Document, name: &str) -> Map<String, Value> {
    let (ty, kind) = match document {
        Document::InvitedUser => (INVITED, "Guest"),
        Document::PendingMember => (PENDING, "Member"),
    };
    let mut body = Map::new();
    body.insert("@odata.type".to_owned(), json!(ty));
    for property in document
        .properties()
        .filter(|property| **property != user::ID)
    {
        let value = if *property == user::USER_TYPE {
            json!(kind)
        } else {
            value(property, name)
        };
        body.insert(property.name().to_owned(), value);
    }
    body
}

/// What becomes of one row of a document's table.
fn judged(
    document: Document,
    property: &'static Property,
    sent: &Value,
    found: &Value,
    note: &str,
) {
    let name = property.name();
    let noted = note.split([' ', ',']).any(|word| word == name);
    let guests = [
        "identities",
        "mailNickname",
        "passwordProfile",
        "userPrincipalName",
    ];
    let decided = document == Document::InvitedUser && guests.contains(&name);
    assert_eq!(
        noted,
        property.is_read_only() || decided || awaits(document, name),
        "{name}: {note}"
    );
    if property.is_read_only() || decided || name == "passwordProfile" {
        assert_ne!(found, sent, "{name}");
    } else if name == "otherMails" && document == Document::InvitedUser {
        assert_eq!(found[1], sent[0], "the invited address comes first");
    } else if awaits(document, name) {
        assert_eq!(found, &json!(false));
    } else if sent.is_object() {
        for (member, value) in sent.as_object().unwrap() {
            assert_eq!(&found[member], value, "{name}/{member}");
        }
    } else {
        assert_eq!(found, sent, "{name}");
    }
}

fn awaits(document: Document, name: &str) -> bool {
    document == Document::PendingMember && name == "accountEnabled"
}

/// All 76 and all 63 rows with values of a real person: 204, and each property is set, or ignored
/// and named.
#[tokio::test]
async fn every_row_of_both_tables_with_real_values() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (document, rows) in [(Document::InvitedUser, 76), (Document::PendingMember, 63)] {
        let name = format!("{document:?}").to_lowercase();
        let body = body(document, &name);
        // The annotation stands in for the id, which links when it stands alone.
        assert_eq!(body.len(), rows);
        let reply = post(&app, &token, &Value::Object(body.clone())).await;
        let id = id_of(&reply);
        let found = whole(&app, &token, &id).await;
        let note = reply.header("x-vestibule-note");
        for property in document
            .properties()
            .filter(|property| **property != user::ID)
        {
            let sent = &body[property.name()];
            judged(document, property, sent, &found[property.name()], note);
        }
    }
}

/// As printed, both documents hold the names of types in place of values.
#[tokio::test]
async fn the_documents_as_printed_are_refused_by_name() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (document, ty) in [
        (Document::InvitedUser, INVITED),
        (Document::PendingMember, PENDING),
    ] {
        for property in document
            .properties()
            .filter(|property| **property != user::ID)
        {
            let single = match property.ty {
                edm::Type::Boolean => json!("Boolean"),
                edm::Type::Int32 => json!("Integer"),
                edm::Type::DateTimeOffset => json!("String (timestamp)"),
                _ => json!("String"),
            };
            let placeholder = if property.collection {
                json!([single])
            } else {
                single
            };
            let body = json!({ "@odata.type": ty, "displayName": "Ann", "mail": "ann@fabrikam.example", property.name(): placeholder });
            let reply = post(&app, &token, &body).await;
            assert_eq!(
                reply.status,
                StatusCode::BAD_REQUEST,
                "{body} {}",
                reply.text()
            );
            assert_eq!(reply.error().0, "Request_BadRequest");
            assert_eq!(reply.targets(), [property.name()], "{}", reply.text());
        }
    }
    let users = app.get("/v1.0/users").bearer(&token).send().await.json();
    assert!(users["value"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_workload_user_has_no_profile() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |ty: &str, name: &str, expected: &str| {
        let body = json!({ "@odata.type": ty, "displayName": "Ann", "mail": "ann@fabrikam.example", name: "x" });
        let reply = post(&app, &token, &body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}");
        assert_eq!(
            reply.error(),
            ("Request_BadRequest".to_owned(), expected.to_owned()),
            "{name}"
        );
        assert_eq!(reply.targets(), [name]);
    };
    let extra = Document::InvitedUser
        .properties()
        .filter(|property| !Document::PendingMember.lists(property));
    let extra: Vec<_> = extra.collect();
    assert_eq!(extra.len(), 13);
    for property in extra {
        let name = property.name();
        let sentence = format!(
            "Property '{name}' does not exist as a declared property or extension property."
        );
        check(PENDING, name, &sentence).await;
    }
    let unknown = "One or more property values specified are invalid.";
    check(INVITED, "nickname", unknown).await;
    check(INVITED, "employeeLeaveDateTime", unknown).await;
}
