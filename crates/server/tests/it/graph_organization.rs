//! The organisation, its domains and its licences, as clients read them.

use axum::http::StatusCode;
use directory::Permission;
use serde_json::{Value, json};
use testkit::TestApp;

use crate::samples::created;

async fn read(app: &TestApp, token: &str, path: &str) -> Value {
    let reply = app.get(path).bearer(token).send().await;
    assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
    reply.json()
}

#[tokio::test]
async fn domains_are_listed_and_read() {
    let app = TestApp::new().await;
    let token = app.token_with(&[Permission::DomainReadAll]).await;
    let all = read(&app, &token, "/v1.0/domains").await;
    let context = "https://localhost:8443/v1.0/$metadata#domains";
    assert_eq!(all["@odata.context"], context);
    let named = |name: &str| {
        let found = all["value"].as_array().unwrap().iter();
        found.clone().find(|one| one["id"] == name).unwrap().clone()
    };
    assert_eq!(all["value"].as_array().unwrap().len(), 2);
    let own = json!({
        "id": "contoso.com",
        "authenticationType": "Managed",
        "availabilityStatus": null,
        "isAdminManaged": true,
        "isDefault": true,
        "isInitial": false,
        "isRoot": true,
        "isVerified": true,
        "passwordNotificationWindowInDays": null,
        "passwordValidityPeriodInDays": null,
        "supportedServices": [],
    });
    assert_eq!(named("contoso.com"), own);
    let initial = named("contoso.onmicrosoft.com");
    assert_eq!(initial["isInitial"], true);
    assert_eq!(initial["isDefault"], false);

    let one = read(
        &app,
        &token,
        "/beta/domains/Contoso.COM?$select=id,isDefault",
    )
    .await;
    let expected = json!({
        "@odata.context": "https://localhost:8443/beta/$metadata#domains(id,isDefault)/$entity",
        "id": "contoso.com",
        "isDefault": true,
    });
    assert_eq!(one, expected);
    let one = read(&app, &token, "/v1.0/domains('contoso.com')").await;
    assert_eq!(one["id"], "contoso.com");
    // Page by page, each once.
    let mut seen = Vec::new();
    let mut path = "/v1.0/domains?$top=1&$select=id".to_owned();
    loop {
        let page = read(&app, &token, &path).await;
        seen.push(page["value"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        path = next.replace("https://localhost:8443", "");
    }
    seen.sort();
    assert_eq!(seen, ["contoso.com", "contoso.onmicrosoft.com"]);
    app.other_tenant().await;
    for absent in ["fabrikam.com", "nobody.example", "x"] {
        let reply = app.get(&format!("/v1.0/domains/{absent}")).bearer(&token);
        let reply = reply.send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{absent}");
        assert_eq!(reply.error().0, "Request_ResourceNotFound");
    }
    let unknown = app.get("/v1.0/domains?$select=nope").bearer(&token);
    let note = unknown.send().await.header("x-vestibule-note").to_owned();
    assert!(note.contains("nope"), "{note}");
    let filter = app.get("/v1.0/domains?$filter=isDefault%20eq%20true");
    let refused = filter.bearer(&token).send().await;
    assert_eq!(refused.status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn the_organization_is_its_own_tenant() {
    let app = TestApp::new().await;
    let id = app.tenant.id.0.to_string();
    let token = app.token_with(&[Permission::OrganizationReadAll]).await;
    let all = read(&app, &token, "/v1.0/organization").await;
    assert_eq!(all["value"].as_array().unwrap().len(), 1);
    let found = &all["value"][0];
    assert_eq!(found["id"], id.as_str());
    assert_eq!(found["displayName"], "Contoso");
    assert_eq!(found["tenantType"], "AAD");
    assert_eq!(found["assignedPlans"], json!([]));
    assert_eq!(found["city"], Value::Null);
    let domains = json!([
        { "capabilities": null, "isDefault": false, "isInitial": true, "name": "contoso.onmicrosoft.com", "type": "Managed" },
        { "capabilities": null, "isDefault": true, "isInitial": false, "name": "contoso.com", "type": "Managed" },
    ]);
    let mut shown = found["verifiedDomains"].as_array().unwrap().clone();
    shown.sort_by_key(|one| one["isDefault"].as_bool());
    assert_eq!(json!(shown), domains);

    let path = format!("/v1.0/organization/{}", id.to_uppercase());
    let one = read(&app, &token, &path).await;
    assert_eq!(one["displayName"], "Contoso");
    let path = format!("/v1.0/organization/{id}?$select=displayName");
    let one = read(&app, &token, &path).await;
    assert_eq!(one.as_object().unwrap().len(), 2, "{one}");
    let other = app.other_tenant().await.id.0.to_string();
    for absent in [other.as_str(), "contoso.com", "x"] {
        let path = format!("/v1.0/organization/{absent}");
        let reply = app.get(&path).bearer(&token).send().await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{absent}");
    }
    // Somebody with the right to read themselves sees the name and the domains.
    let all = app.token().await;
    let me = created(&app, &all, "adele").await;
    let person = app.person_token(&me, &[Permission::UserRead], &[]).await;
    let little = read(&app, &person, "/v1.0/organization").await;
    assert_eq!(little["value"][0]["displayName"], "Contoso");
    assert_eq!(little["value"][0]["tenantType"], Value::Null);
    let app_only = app.token_with(&[Permission::UserReadAll]).await;
    let denied = app.get("/v1.0/organization").bearer(&app_only).send().await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn there_are_no_licences() {
    let app = TestApp::new().await;
    let token = app
        .token_with(&[Permission::LicenseAssignmentReadAll])
        .await;
    let none = read(&app, &token, "/v1.0/subscribedSkus?$select=skuId").await;
    let expected = json!({
        "@odata.context": "https://localhost:8443/v1.0/$metadata#subscribedSkus(skuId)",
        "value": [],
    });
    assert_eq!(none, expected);
}
