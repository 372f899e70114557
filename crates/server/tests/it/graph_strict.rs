//! The strict manner: what the documented service refuses is refused in its words, with a hint of
//! our own; the friendly manner takes the same requests.

use axum::http::StatusCode;
use serde_json::{Value, json};
use testkit::TestApp;

/// An app whose tenant is served in that manner.
async fn served(manner: &str) -> (TestApp, String) {
    let app = TestApp::in_manner(manner).await;
    let token = app.token().await;
    (app, token)
}

fn invitation(address: &str) -> Value {
    json!({ "invitedUserEmailAddress": address, "inviteRedirectUrl": "https://myapp.contoso.com" })
}

#[tokio::test]
async fn invited_addresses_hold_no_plus() {
    let address = "sam+news@fabrikam.example";
    let (strict, token) = served("strict").await;
    let asking = strict.post("/v1.0/invitations").bearer(&token);
    let reply = asking.json(&invitation(address)).send().await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let error = reply.json()["error"].clone();
    assert_eq!(error["details"][0]["target"], "invitedUserEmailAddress");
    let hint = error["innerError"]["hint"].as_str().unwrap();
    assert!(hint.contains('+'), "{hint}");

    let (friendly, token) = served("friendly").await;
    let asking = friendly.post("/v1.0/invitations").bearer(&token);
    let reply = asking.json(&invitation(address)).send().await;
    assert_eq!(reply.status, StatusCode::CREATED);
}

#[tokio::test]
async fn invitations_are_made_and_never_shown_and_their_status_is_one_word() {
    let (app, token) = served("strict").await;
    for send in [false, true] {
        let mut body = invitation("sam@fabrikam.example");
        body["sendInvitationMessage"] = json!(send);
        let asking = app.post("/v1.0/invitations").bearer(&token);
        let made = asking.json(&body).send().await.json();
        assert_eq!(made["status"], "PendingAcceptance", "{send}");
        for path in ["", &format!("/{}", made["id"].as_str().unwrap())] {
            let reply = app.get(&format!("/v1.0/invitations{path}"));
            let reply = reply.bearer(&token).send().await;
            assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
            let hint = &reply.json()["error"]["innerError"]["hint"];
            assert!(hint.as_str().unwrap().contains("friendly"), "{hint}");
        }
    }
}

/// A query, whether the header is sent, what the strict manner says, and what its hint names.
struct Case(&'static str, bool, &'static str, &'static str);

const BOTH: &str = "ConsistencyLevel: eventual' and the query option $count=true";

const REFUSED: &[Case] = &[
    Case(
        "$filter=endswith(mail,'x')",
        false,
        "Operator 'endsWith' is not supported because the required parameters might be missing. Try adding \
         $count=true query parameter and ConsistencyLevel:eventual header.",
        BOTH,
    ),
    Case(
        "$filter=endswith(mail,'x')",
        true,
        "Operator 'endsWith' is not supported because",
        "$count=true",
    ),
    Case(
        "$filter=companyName%20eq%20'x'",
        false,
        "Unsupported or invalid query filter clause specified for property 'companyName' of resource 'User'.",
        BOTH,
    ),
    Case(
        "$filter=companyName%20ne%20null",
        false,
        "Filter operator 'NotEqualsMatch' is not supported.",
        BOTH,
    ),
    Case(
        "$filter=businessPhones/any(p:p%20eq%20'1')",
        false,
        "'businessPhones' of resource 'User'",
        BOTH,
    ),
    Case(
        "$filter=assignedPlans/any(p:p/service%20eq%20'x')",
        false,
        "'assignedPlans' of resource 'User'",
        BOTH,
    ),
    Case(
        "$filter=provisionedPlans/any(p:p/service%20eq%20'x')",
        false,
        "'provisionedPlans' of resource 'User'",
        BOTH,
    ),
    Case(
        "$filter=passwordPolicies%20eq%20'None'&$count=true",
        true,
        "not indexed",
        "another property",
    ),
    Case(
        "$filter=onPremisesExtensionAttributes/extensionAttribute1%20ge%20'x'&$count=true",
        true,
        "not indexed",
        "another property",
    ),
    Case(
        "$orderby=city&$count=true",
        true,
        "Unsupported sort property 'city' for 'User'.",
        "",
    ),
    Case("$orderby=mail&$count=true", true, "'mail' for 'User'", ""),
    Case(
        "$orderby=department&$count=true",
        true,
        "'department' for",
        "",
    ),
    Case(
        "$expand=manager($levels=max)",
        false,
        "Transitive manager's list is only supported on a single user, ",
        "one user",
    ),
    Case(
        "$expand=manager($levels=2)",
        false,
        "Transitive manager's list is only supported on a single user, ",
        "one user",
    ),
    Case(
        "$filter=userType%20ne%20'Guest'",
        false,
        "'userType' of resource 'User'",
        BOTH,
    ),
    Case(
        "$filter=not(userType%20eq%20'Guest')",
        false,
        "'userType' of resource 'User'",
        BOTH,
    ),
    Case("$filter=id%20ge%20'0'", true, "not indexed", ""),
    Case(
        "$filter=contains(displayName,'x')&$count=true",
        true,
        "Operator: 'Contains' is not supported.",
        "startsWith",
    ),
    Case(
        "$filter=otherMails/all(m:m%20eq%20'x')&$count=true",
        true,
        "'otherMails'",
        "any",
    ),
    Case(
        "$search=%22displayName:x%22",
        false,
        "special request header",
        "ConsistencyLevel",
    ),
    Case(
        "$orderby=createdDateTime",
        false,
        "property 'createdDateTime'",
        BOTH,
    ),
    Case(
        "$orderby=displayName&$filter=accountEnabled%20eq%20true",
        false,
        "Sorting not",
        BOTH,
    ),
    Case(
        "$expand=manager,directReports",
        false,
        "one property",
        "one relationship",
    ),
];

#[tokio::test]
async fn queries_are_refused_as_the_documented_service_refuses_them() {
    let (strict, token) = served("strict").await;
    let (friendly, friendly_token) = served("friendly").await;
    let many = (0..16).map(|n| format!("city%20eq%20'{n}'"));
    let many = format!(
        "users?$filter={}",
        many.collect::<Vec<_>>().join("%20or%20")
    );
    let mut cases: Vec<_> = REFUSED
        .iter()
        .map(|Case(query, header, said, hint)| (format!("users?{query}"), *header, *said, *hint))
        .collect();
    cases.push((
        many,
        false,
        "'OR' operators: 16. Max allowed: 15.",
        "$batch",
    ));
    let listed = (0..16).map(|n| format!("'{n}'"));
    let listed = listed.collect::<Vec<_>>().join(",");
    cases.push((
        format!("users?$filter=city%20in%20({listed})"),
        false,
        "Too many child clauses specified in search filter expression containing 'OR' operators: 16. Max allowed: 15.",
        BOTH,
    ));
    let long = "x".repeat(121);
    for filter in [
        format!("displayName%20eq%20'{long}'"),
        format!("startsWith(displayName,'{long}')"),
        format!("displayName%20in%20('{long}')"),
    ] {
        cases.push((
            format!("users?$filter={filter}"),
            false,
            "Unsupported or invalid query filter clause specified for property 'displayName' of resource 'User'.",
            BOTH,
        ));
    }
    let id = crate::samples::created(&strict, &token, "adele").await;
    let friendly_id = crate::samples::created(&friendly, &friendly_token, "adele").await;
    for links in ["directReports", "sponsors", "sponsorOf"] {
        cases.push((
            format!("users/{id}/{links}/$count"),
            false,
            "$count is not currently supported.",
            "ConsistencyLevel",
        ));
    }
    cases.push((
        "users/$count".to_owned(),
        false,
        "$count is not currently",
        "Consistency",
    ));
    for (query, header, said, hint) in cases {
        let ask = |app: &TestApp, token: &str| {
            // Each directory has its own.
            let query = if token == friendly_token {
                query.replace(&id, &friendly_id)
            } else {
                query.clone()
            };
            let asking = app.get(&format!("/v1.0/{query}")).bearer(token);
            if header {
                asking.header("ConsistencyLevel", "eventual")
            } else {
                asking
            }
        };
        let reply = ask(&strict, &token).send().await;
        assert_eq!(
            reply.status,
            StatusCode::BAD_REQUEST,
            "{query} {}",
            reply.text()
        );
        let error = reply.json()["error"].clone();
        let code = if query.contains("/$count") {
            "Request_BadRequest"
        } else {
            "Request_UnsupportedQuery"
        };
        assert_eq!(error["code"], code, "{query}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(said), "{query}: {message}");
        let told = error["innerError"]["hint"].as_str().unwrap_or_default();
        assert!(told.contains(hint), "{query}: {told}");

        let reply = ask(&friendly, &friendly_token).send().await;
        assert_eq!(reply.status, StatusCode::OK, "{query} {}", reply.text());
        assert!(reply.headers.contains_key("x-vestibule-note"), "{query}");
    }
}

#[tokio::test]
async fn strict_answers_what_the_documented_service_answers() {
    let (app, token) = served("strict").await;
    for query in [
        "users?$filter=startswith(displayName,'a')",
        "users?$filter=accountEnabled%20eq%20true%20and%20userType%20eq%20'Member'",
        "users?$orderby=displayName",
        "users?$orderby=displayName%20desc",
        "users?$expand=manager",
        "users?$expand=manager($levels=1)",
        "users?$filter=onPremisesImmutableId%20in%20('x')",
        "users?$filter=onPremisesLastSyncDateTime%20ge%202024-01-01T00:00:00Z",
        "users?$filter=createdDateTime%20in%20(2024-01-01T00:00:00Z)",
    ] {
        let reply = app
            .get(&format!("/v1.0/{query}"))
            .bearer(&token)
            .send()
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{query} {}", reply.text());
    }
    let long = "x".repeat(120);
    let reply = app.get(&format!("/v1.0/users?$filter=displayName%20eq%20'{long}'"));
    assert_eq!(reply.bearer(&token).send().await.status, StatusCode::OK);
    let listed = (0..16)
        .map(|n| format!("'{n}{long}'"))
        .collect::<Vec<_>>()
        .join(",");
    let (friendly, friendly_token) = served("friendly").await;
    for query in [
        format!("users?$filter=city%20in%20({listed})&$count=true"),
        "users?$orderby=createdDateTime&$count=true".to_owned(),
        "users?$filter=businessPhones/any(p:p%20eq%20'1')&$count=true".to_owned(),
    ] {
        for (app, token) in [(&app, &token), (&friendly, &friendly_token)] {
            let asking = app.get(&format!("/v1.0/{query}"));
            let asking = asking.header("ConsistencyLevel", "eventual");
            let reply = asking.bearer(token).send().await;
            assert_eq!(reply.status, StatusCode::OK, "{query} {}", reply.text());
            let note = reply.headers.get("x-vestibule-note");
            assert!(note.is_none(), "{query} {note:?}");
        }
    }
    // Ignored there, not refused.
    let reply = app
        .get("/v1.0/users?$count=true")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.json().get("@odata.count"), None);
    let advanced = app
        .get("/v1.0/users?$count=true&$filter=userType%20ne%20'Guest'")
        .header("ConsistencyLevel", "eventual");
    let reply = advanced.bearer(&token).send().await;
    assert_eq!(reply.json()["@odata.count"], 0);
}
