//! For each line of the route table, a request that it accepts from somebody who may.

use axum::http::{Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use edm::Version;
use serde_json::{Value, json};
use server::graph::routes::Route;
use testkit::{TestApp, TestRequest};

use crate::samples::{created, picture, user};

/// A request of one route, with everything made that it needs.
pub(crate) struct Sample {
    method: Method,
    /// Behind the version.
    path: String,
    /// The one version that has the route, if only one has it.
    only: Option<Version>,
    body: Sent,
}

enum Sent {
    Nothing,
    Json(Value),
    Picture,
}

impl Sample {
    /// Makes what the route needs, with a token that may do everything. `me` is the signed-in
    /// person's id, whom the routes of /me are about.
    pub(crate) async fn of(app: &TestApp, token: &str, route: &Route, me: Option<&str>) -> Self {
        let mut key = me.unwrap_or_default().to_owned();
        if route.pattern.contains("{key}") {
            key = somebody(app, token).await;
        }
        let mut other = String::new();
        let set = async |method: Method, path: String, body: Sent| {
            let asking = body.on(app.ask(method, &format!("/v1.0/users/{key}{path}")));
            let reply = asking.bearer(token).send().await;
            assert!(reply.status.is_success(), "{path} {}", reply.text());
        };
        let mut found = None;
        match route.operation.name {
            "ReadInvitation"
            | "RevokeInvitation"
            | "ResendInvitation"
            | "ReadInvitedUser"
            | "ReadInvitedUserReference" => found = Some(invitation(app, token).await),
            "ReadPendingMember" | "ApproveMember" | "DeclineMember" => {
                found = Some(waiting(app, token).await);
            }
            "ConvertToInternal" => found = Some(guest(app, token).await),
            "LiftBlock" => found = Some(blocked(app).await),
            "ReadDomain" => found = Some("contoso.com".to_owned()),
            "ReadApplication" | "ListExtensionProperties" | "DefineExtensionProperty" => {
                found = Some(app.tenant.app_object.to_string());
            }
            "ReadExtensionProperty" | "DeleteExtensionProperty" => {
                found = Some(app.tenant.app_object.to_string());
                other = defined(app, token).await;
            }
            "DefineSchemaExtension" => forget_schema_extensions(app, token).await,
            "ReadSchemaExtension" | "ChangeSchemaExtension" | "DeleteSchemaExtension" => {
                forget_schema_extensions(app, token).await;
                found = Some(schema_defined(app, token).await);
            }
            "ReadAttributeSet" | "ChangeAttributeSet" => {
                found = Some(attribute_set(app, token).await);
            }
            "DefineAttribute" => other = attribute_set(app, token).await,
            "ReadAttributeDefinition"
            | "ChangeAttributeDefinition"
            | "ListAllowedValues"
            | "AddAllowedValue" => found = Some(attribute(app, token).await),
            "ReadAllowedValue" | "ChangeAllowedValue" => {
                found = Some(attribute(app, token).await);
                "Baker".clone_into(&mut other);
            }
            "ReadOrganization" => found = Some(app.tenant.id.0.to_string()),
            "SetManager" | "AddSponsor" => other = somebody(app, token).await,
            "Related(Manager)" | "RelatedRefs(Manager)" | "UnsetManager" if !key.is_empty() => {
                other = somebody(app, token).await;
                let body = Sent::Json(reference(&other));
                set(Method::PUT, "/manager/$ref".to_owned(), body).await;
            }
            "RemoveSponsor" if !key.is_empty() => {
                other = somebody(app, token).await;
                let body = Sent::Json(reference(&other));
                set(Method::POST, "/sponsors/$ref".to_owned(), body).await;
            }
            "AddExtension" | "ReadExtension" | "ReplaceExtension" | "RemoveExtension" => {
                "com.contoso.x".clone_into(&mut other);
                if !key.is_empty() {
                    forget_extensions(app, token, &key).await;
                }
                if !key.is_empty() && route.operation.name != "AddExtension" {
                    let body = Sent::Json(json!({ "extensionName": other }));
                    set(Method::POST, "/extensions".to_owned(), body).await;
                }
            }
            "ReadDeleted" | "Restore" | "Purge" => {
                set(Method::DELETE, String::new(), Sent::Nothing).await;
            }
            "ReadPhoto"
            | "ReadPhotoValue"
            | "ReadSizedPhoto"
            | "ReadSizedPhotoValue"
            | "DeletePhoto"
                if !key.is_empty() =>
            {
                "48x48".clone_into(&mut other);
                set(Method::PUT, "/photo/$value".to_owned(), Sent::Picture).await;
            }
            _ => {}
        }
        let key = found.unwrap_or(key);
        let path = route.pattern.replace("{key}", &key);
        let path = path.replace("{other}", &other).replace("()", "");
        Self {
            method: route.method.clone(),
            only: route.only,
            path: path.replace("{property}", "displayName"),
            body: body(app, route.operation.name, &other),
        }
    }

    /// As a request of its own.
    pub(crate) fn asking(&self, app: &TestApp, version: &str) -> TestRequest {
        let target = format!("/{version}/{}", self.path);
        self.body.on(app.ask(self.method.clone(), &target))
    }

    /// As a request of its own with query options, for a route that takes no body.
    pub(crate) fn reading(&self, app: &TestApp, version: &str, query: &str) -> TestRequest {
        app.ask(
            self.method.clone(),
            &format!("/{version}/{}?{query}", self.path),
        )
    }

    /// As a step of a batch.
    pub(crate) fn step(&self, id: &str) -> Value {
        let version = self.only.map(|only| format!("/{only}"));
        let url = format!("{}/{}", version.unwrap_or_default(), self.path);
        let mut step = json!({ "id": id, "method": self.method.as_str(), "url": url });
        match &self.body {
            Sent::Nothing => {}
            Sent::Json(body) => {
                step["body"] = body.clone();
                step["headers"] = json!({ "Content-Type": "application/json" });
            }
            Sent::Picture => {
                step["body"] = json!(STANDARD.encode(picture(1, 1)));
                step["headers"] = json!({ "Content-Type": "image/png" });
            }
        }
        step
    }
}

impl Sent {
    fn on(&self, asking: TestRequest) -> TestRequest {
        match self {
            Self::Nothing => asking,
            Self::Json(body) => asking.json(body),
            Self::Picture => asking.body(picture(1, 1)),
        }
    }
}

/// A body that the operation accepts.
fn body(app: &TestApp, operation: &str, other: &str) -> Sent {
    let fresh = app.directory().ids().uuid().simple().to_string();
    Sent::Json(match operation {
        "Batch" => json!({ "requests": [] }),
        "CreateUser" => user(&fresh),
        "UpdateUser" | "UpdateMe" => json!({ "city": fresh }),
        "ReadObjects" => json!({ "ids": [] }),
        "DefineExtensionProperty" => extension(&fresh),
        "AddAttributeSet" => json!({ "id": fresh }),
        "ChangeAttributeSet" | "ChangeAttributeDefinition" | "ChangeSchemaExtension" => {
            json!({ "description": fresh })
        }
        "DefineAttribute" => definition(other, &fresh),
        "AddAllowedValue" => json!({ "id": fresh, "isActive": true }),
        "ChangeAllowedValue" => json!({ "isActive": false }),
        "ListAvailableExtensions" => json!({}),
        "DefineSchemaExtension" => schema_extension(&fresh),
        "Invite" => invited(&fresh),
        "AddReference" => json!({ "mail": format!("{fresh}@fabrikam.example") }),
        "SetManager" | "AddSponsor" => reference(other),
        "ConvertToInternal" => json!({
            "userPrincipalName": format!("{fresh}@contoso.com"),
            "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
        }),
        "AddExtension" => json!({ "extensionName": "com.contoso.x", "theme": "dark" }),
        "ReplaceExtension" => json!({ "theme": "light" }),
        "PutPhoto" => return Sent::Picture,
        _ => return Sent::Nothing,
    })
}

/// Of a custom security attribute with one predefined value.
fn definition(set: &str, name: &str) -> Value {
    json!({
        "attributeSet": set, "isCollection": false, "isSearchable": true, "name": name,
        "status": "Available", "type": "String", "usePreDefinedValuesOnly": false,
        "allowedValues": [{ "id": "Baker", "isActive": true }],
    })
}

/// Makes something in the directory; its id.
async fn made_in(app: &TestApp, token: &str, path: &str, body: &Value) -> String {
    let ask = app.post(&format!("/v1.0/directory/{path}")).bearer(token);
    let made = ask.json(body).send().await;
    assert_eq!(made.status.as_u16(), 201, "{}", made.text());
    made.json()["id"].as_str().unwrap().to_owned()
}

/// A new attribute set.
async fn attribute_set(app: &TestApp, token: &str) -> String {
    let name = app.directory().ids().uuid().simple().to_string();
    made_in(app, token, "attributeSets", &json!({ "id": name })).await
}

/// A new custom security attribute.
async fn attribute(app: &TestApp, token: &str) -> String {
    let set = attribute_set(app, token).await;
    let body = definition(&set, "Project");
    made_in(app, token, "customSecurityAttributeDefinitions", &body).await
}

fn extension(name: &str) -> Value {
    json!({ "name": name, "dataType": "String", "targetObjects": ["User"] })
}

fn schema_extension(name: &str) -> Value {
    let members = json!([{ "name": "courseId", "type": "Integer" }]);
    let id = format!("contoso_{name}");
    json!({ "id": id, "targetTypes": ["user"], "properties": members })
}

/// A new schema extension.
async fn schema_defined(app: &TestApp, token: &str) -> String {
    let name = app.directory().ids().uuid().simple().to_string();
    let made = app.post("/v1.0/schemaExtensions").bearer(token);
    let made = made.json(&schema_extension(&name)).send().await;
    made.json()["id"].as_str().unwrap().to_owned()
}

/// An app has five at most.
async fn forget_schema_extensions(app: &TestApp, token: &str) {
    let path = "/v1.0/schemaExtensions";
    let there = app.get(path).bearer(token).send().await.json();
    for extension in there["value"].as_array().into_iter().flatten() {
        let one = format!("{path}/{}", extension["id"].as_str().unwrap());
        let gone = app.ask(Method::DELETE, &one).bearer(token).send().await;
        assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.text());
    }
}

/// A new directory extension.
async fn defined(app: &TestApp, token: &str) -> String {
    let name = app.directory().ids().uuid().simple().to_string();
    let application = app.tenant.app_object;
    let path = format!("/v1.0/applications/{application}/extensionProperties");
    let made = app.post(&path).bearer(token).json(&extension(&name));
    let made = made.send().await.json();
    made["id"].as_str().unwrap().to_owned()
}

fn invited(name: &str) -> Value {
    json!({
        "invitedUserEmailAddress": format!("{name}@x.example"),
        "inviteRedirectUrl": "https://x.example",
        "sendInvitationMessage": true,
    })
}

/// A new user.
pub(crate) async fn somebody(app: &TestApp, token: &str) -> String {
    let name = format!("u{}", app.directory().ids().uuid().simple());
    created(app, token, &name).await
}

/// Takes away what earlier samples added to somebody: an app adds two.
async fn forget_extensions(app: &TestApp, token: &str, key: &str) {
    let path = format!("/v1.0/users/{key}/extensions");
    let there = app.get(&path).bearer(token).send().await.json();
    for extension in there["value"].as_array().into_iter().flatten() {
        let one = format!("{path}/{}", extension["id"].as_str().unwrap());
        app.delete(&one).bearer(token).send().await;
    }
}

/// A new invitation.
async fn invitation(app: &TestApp, token: &str) -> String {
    let made = new_invitation(app, token).await;
    made["id"].as_str().unwrap().to_owned()
}

/// A new guest.
async fn guest(app: &TestApp, token: &str) -> String {
    let made = new_invitation(app, token).await;
    made["invitedUser"]["id"].as_str().unwrap().to_owned()
}

async fn new_invitation(app: &TestApp, token: &str) -> Value {
    let name = app.directory().ids().uuid().simple().to_string();
    let made = app.post("/v1.0/invitations").bearer(token);
    made.json(&invited(&name)).send().await.json()
}

/// An address whose owner wants no more invitations.
async fn blocked(app: &TestApp) -> String {
    let address = format!("{}@fabrikam.example", app.directory().ids().uuid().simple());
    let (tenant, now) = (app.tenant.id, app.directory().now());
    app.directory()
        .store()
        .write::<_, _, store::StoreError, _>(tenant, address.clone(), move |tx, address| {
            Box::pin(async move { tx.block_address(address, now).await })
        })
        .await
        .unwrap();
    address
}

/// Somebody whose joining awaits approval.
async fn waiting(app: &TestApp, token: &str) -> String {
    let name = app.directory().ids().uuid().simple().to_string();
    let body = json!({
        "@odata.type": "#Microsoft.DirectoryServices.user",
        "displayName": name,
        "mail": format!("{name}@fabrikam.example"),
    });
    let made = app.post("/v1.0/users/$ref").bearer(token).json(&body);
    let made = made.send().await;
    assert_eq!(made.status, StatusCode::NO_CONTENT, "{}", made.text());
    let location = made.header("location").to_owned();
    location.split('\'').nth(1).unwrap().to_owned()
}

fn reference(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{id}") })
}
