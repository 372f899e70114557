//! Walks the property table: whatever is writable can be set, changed, read back as it was sent,
//! and cleared or refused by name.

use axum::http::StatusCode;
use edm::{ComplexType, Property, Type, Version, user};
use serde_json::{Map, Value, json};
use testkit::{Reply, TestApp};

use crate::samples::{but, created, user as user_of};

/// Properties whose values depend on each other or are not shown; tests of their own are about
/// them.
const ELSEWHERE: [&str; 3] = [
    "identities",
    "passwordProfile",
    // Its attributes are defined first: `graph_security_attributes`.
    "customSecurityAttributes",
];

/// Properties that have a value for as long as the user lives.
const KEPT: [&str; 5] = [
    "accountEnabled",
    "displayName",
    "mailNickname",
    "userPrincipalName",
    "userType",
];

fn writable(version: Version) -> Vec<&'static Property> {
    let walked = |property: &&&'static Property| {
        property.is_in(version) && property.write.update && !ELSEWHERE.contains(&property.name())
    };
    user::TYPE
        .properties
        .iter()
        .filter(walked)
        .copied()
        .collect()
}

/// A text that the property takes.
fn text(property: &Property, round: usize) -> String {
    if let Some(value) = property.values.iter().nth(round) {
        return value.to_owned();
    }
    match property.name() {
        "mail" => format!("walk{round}@elsewhere.example"),
        "otherMails" => format!("other{round}@elsewhere.example"),
        "userPrincipalName" => format!("walk{round}@contoso.com"),
        "usageLocation" => ["DE", "CH"][round].to_owned(),
        "preferredLanguage" => ["de-DE", "en"][round].to_owned(),
        "passwordPolicies" => ["DisableStrongPassword", "None"][round].to_owned(),
        "certificateUserIds" => format!("X509:<PN>walk{round}@contoso.com"),
        _ => format!("w{round}"),
    }
}

/// A value of the property, another one in each round.
fn value(property: &Property, version: Version, round: usize) -> Value {
    let one = match property.ty_in(version) {
        Type::String => json!(text(property, round)),
        Type::Boolean => json!(round == 1),
        Type::Int32 | Type::Int64 => json!(7 + round),
        Type::DateTimeOffset => json!(format!("2027-0{}-01T00:00:00Z", round + 1)),
        Type::TimeOfDay => json!(format!("0{}:00:00", round + 7)),
        Type::Guid => json!(format!("87d349ed-44d7-43e1-9a83-5f2406dee5b{round}")),
        Type::Binary => json!(["AAAA", "AQEB"][round]),
        Type::Enum(ty) => json!(ty.members[round].0),
        Type::Complex(ty) => Value::Object(members(ty, version, round)),
    };
    if property.collection {
        json!([one])
    } else {
        one
    }
}

/// Every member that may be written.
fn members(ty: &ComplexType, version: Version, round: usize) -> Map<String, Value> {
    ty.properties()
        .filter(|member| member.is_in(version) && member.write.update)
        .map(|member| (member.name().to_owned(), value(&member, version, round)))
        .collect()
}

/// Whether `found` says all that `sent` does; members that were not sent may stand beside.
fn says(found: &Value, sent: &Value) -> bool {
    match (found, sent) {
        (Value::Object(found), Value::Object(sent)) => sent
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| says(found, value))),
        (found, sent) => found == sent,
    }
}

struct Walk {
    app: TestApp,
    token: String,
    version: Version,
    id: String,
}

impl Walk {
    async fn new(version: Version) -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        let id = created(&app, &token, "walked").await;
        Self {
            app,
            token,
            version,
            id,
        }
    }

    async fn change(&self, name: &str, value: &Value) -> Reply {
        let target = format!("/{}/users/{}", self.version, self.id);
        let body = json!({ name: value });
        let asking = self.app.patch(&target).bearer(&self.token);
        asking.json(&body).send().await
    }

    async fn changed(&self, name: &str, value: &Value) {
        let reply = self.change(name, value).await;
        let status = reply.status;
        assert_eq!(
            status,
            StatusCode::NO_CONTENT,
            "{name} {value} {}",
            reply.text()
        );
    }

    async fn read(&self, names: &str) -> Value {
        let target = format!("/{}/users/{}?$select={names}", self.version, self.id);
        self.app
            .get(&target)
            .bearer(&self.token)
            .send()
            .await
            .json()
    }

    /// Another user with that value.
    async fn create(&self, name: &str, value: &Value) -> Reply {
        let body = but(user_of("fresh"), name, value.clone());
        let asking = self.app.post(&format!("/{}/users", self.version));
        asking.bearer(&self.token).json(&body).send().await
    }

    /// The user with the version.
    async fn whole(&self) -> (Value, String) {
        let target = format!("/beta/users/{}", self.id);
        let reply = self.app.get(&target).bearer(&self.token).send().await;
        (reply.json(), reply.header("etag").to_owned())
    }

    /// Set, changed, and nothing else touched by either.
    async fn set_and_change(&self, property: &Property) {
        for round in [0, 1] {
            let sent = value(property, self.version, round);
            self.changed(property.name(), &sent).await;
            let read = self.read(&format!("id,{}", property.name())).await;
            let found = &read[property.name()];
            assert!(says(found, &sent), "{} {sent} {found}", property.name());
            assert_eq!(read["id"], json!(self.id));
        }
    }

    /// A member at a time: the others stay, null clears one.
    async fn merge(&self, property: &Property) {
        let Type::Complex(ty) = property.ty_in(self.version) else {
            return;
        };
        if ty.open || property.collection {
            return;
        }
        let (before, after) = (members(ty, self.version, 0), members(ty, self.version, 1));
        self.changed(property.name(), &json!(before)).await;
        for member in ty.properties().filter(|it| before.contains_key(it.name())) {
            let mut expected = before.clone();
            let alone = json!({ member.name(): after[member.name()] });
            self.changed(property.name(), &alone).await;
            expected.insert(member.name().to_owned(), after[member.name()].clone());
            let found = self.read(property.name()).await[property.name()].clone();
            let name = format!("{}/{}", property.name(), member.name());
            assert!(says(&found, &json!(expected)), "{name} {found}");
            if member.nullable && !member.collection && before.len() > 1 {
                self.changed(property.name(), &json!({ member.name(): null }))
                    .await;
                let found = self.read(property.name()).await[property.name()].clone();
                let unset: Value = serde_json::from_str(member.unset).unwrap();
                assert_eq!(found[member.name()], unset, "{name}");
            }
            self.changed(property.name(), &json!(before)).await;
        }
    }

    /// Null clears what can be cleared; what cannot is named and stays.
    async fn clear(&self, property: &Property) {
        let name = property.name();
        let before = self.read(name).await[name].clone();
        if KEPT.contains(&name) || !(property.nullable || property.collection) {
            let refused = self.change(name, &Value::Null).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{name}");
            assert_eq!(refused.targets(), [name], "{}", refused.text());
            assert_eq!(self.read(name).await[name], before, "{name}");
            return;
        }
        let unset: Value = serde_json::from_str(property.unset).unwrap();
        let empty = if property.collection {
            json!([])
        } else {
            Value::Null
        };
        self.changed(name, &empty).await;
        assert_eq!(self.read(name).await[name], unset, "{name}");
        let null = self.change(name, &Value::Null).await;
        let expected = if property.nullable {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::BAD_REQUEST
        };
        assert_eq!(null.status, expected, "{name} {}", null.text());
    }
}

/// Where a property can hold a text: values with an empty one, and what a refusal names.
fn empty_texts(property: &Property, version: Version) -> Vec<(Value, String)> {
    let name = property.name();
    match property.ty_in(version) {
        Type::String if property.unset == "\"\"" => Vec::new(),
        Type::String if property.collection => vec![(json!([""]), format!("{name}/0"))],
        Type::String => vec![(json!(""), name.to_owned())],
        Type::Complex(ty) if !ty.open && !property.collection => {
            let members = ty.properties().filter(|member| {
                member.is_in(version) && member.write.update && member.ty_in(version).is_primitive()
            });
            let within = members.flat_map(|member| empty_texts(&member, version));
            let within = within.map(|(sent, target)| {
                let (member, _) = target.split_once('/').unwrap_or((&target, ""));
                (json!({ member: sent }), format!("{name}/{target}"))
            });
            within.collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn every_writable_property_is_set_changed_merged_and_cleared() {
    for version in Version::ALL {
        let walk = Walk::new(version).await;
        let properties = writable(version);
        assert!(properties.len() > 40, "{}", properties.len());
        for property in properties {
            walk.set_and_change(property).await;
            walk.merge(property).await;
            walk.clear(property).await;
        }
    }
}

/// A text of no characters is no value, wherever a text can be written; null is there to clear it.
#[tokio::test]
async fn every_text_property_refuses_an_empty_text() {
    let mut tried = 0;
    for version in Version::ALL {
        let walk = Walk::new(version).await;
        let before = walk.whole().await;
        for property in writable(version) {
            for (sent, target) in empty_texts(property, version) {
                let expected = format!(
                    "Invalid value specified for property '{}' of resource 'User'.",
                    property.name()
                );
                let name = property.name();
                let created = walk.create(name, &sent).await;
                for reply in [walk.change(name, &sent).await, created] {
                    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name} {sent}");
                    assert_eq!(reply.error().1, expected, "{name} {sent}");
                    assert_eq!(reply.targets(), [target.as_str()], "{name} {sent}");
                }
                tried += 1;
            }
        }
        assert_eq!(walk.whole().await, before);
    }
    assert!(tried > 100, "{tried}");
}

/// What a client read it may send back, of every property, alone and all together; a note says what
/// came of it.
#[tokio::test]
async fn every_read_only_property_may_be_sent_back_as_it_is() {
    for version in Version::ALL {
        let walk = Walk::new(version).await;
        let before = walk.whole().await;
        let read_only = user::TYPE.properties.iter().filter(|property| {
            property.is_in(version) && !property.write.update && !property.is_guarded()
        });
        let mut all = Map::new();
        for property in read_only {
            let name = property.name();
            let own = walk.read(name).await[name].clone();
            let reply = walk.change(name, &own).await;
            assert_eq!(
                reply.status,
                StatusCode::NO_CONTENT,
                "{name} {}",
                reply.text()
            );
            let note = format!("set by the server, ignored: {name}");
            assert_eq!(reply.header("x-vestibule-note"), note);
            all.insert(name.to_owned(), own);
        }
        assert!(all.len() > 15, "{}", all.len());
        assert_eq!(walk.whole().await, before);
        let target = format!("/{version}/users/{}", walk.id);
        all.insert("city".to_owned(), json!("Bonn"));
        let shouted = walk.id.to_uppercase();
        all.insert("id".to_owned(), json!(shouted));
        let send = async |body: &Map<String, Value>| {
            let asking = walk.app.patch(&target).bearer(&walk.token);
            asking.json(&json!(body)).send().await
        };
        let reply = send(&all).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        assert_eq!(walk.read("city").await["city"], "Bonn");
        let whole = walk.whole().await;
        all.insert("city".to_owned(), json!("Ulm"));
        all.insert(
            "id".to_owned(),
            json!("87d349ed-44d7-43e1-9a83-5f2406dee5bd"),
        );
        let reply = send(&all).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST);
        assert_eq!(reply.targets(), ["id"], "{}", reply.text());
        assert_eq!(walk.whole().await, whole);
    }
}

/// Whoever may write a user but not read them learns nothing by trying values.
#[tokio::test]
async fn a_value_that_may_not_be_read_is_not_confirmed() {
    let walk = Walk::new(Version::V1).await;
    let created = walk.read("createdDateTime").await["createdDateTime"].clone();
    let target = format!("/v1.0/users/{}", walk.id);
    let blind = [directory::Permission::UserManageIdentitiesAll];
    let blind = walk.app.token_with(&blind).await;
    let read = walk.app.get(&target).bearer(&blind).send().await;
    assert_eq!(read.status, StatusCode::FORBIDDEN, "{}", read.text());
    let identities = walk.read("identities").await["identities"].clone();
    let mut answers = Vec::new();
    for guess in [created, json!("2001-01-01T00:00:00Z")] {
        let body = json!({ "identities": identities, "createdDateTime": guess });
        let reply = walk
            .app
            .patch(&target)
            .bearer(&blind)
            .json(&body)
            .send()
            .await;
        answers.push((reply.status, reply.error().1));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0, StatusCode::BAD_REQUEST);
}

/// Cleared in friendly manner; refused with a hint in strict manner, as the documents have it.
#[tokio::test]
async fn usage_location_is_cleared_in_friendly_manner_alone() {
    for (manner, expected) in [
        ("friendly", StatusCode::NO_CONTENT),
        ("strict", StatusCode::BAD_REQUEST),
    ] {
        let walk = Walk::new(Version::V1).await;
        walk.app.set_manner(manner).await;
        walk.changed("usageLocation", &Value::Null).await;
        walk.changed("usageLocation", &json!("DE")).await;
        let reply = walk.change("usageLocation", &Value::Null).await;
        assert_eq!(reply.status, expected, "{}", reply.text());
        let left = walk.read("usageLocation").await["usageLocation"].clone();
        if manner == "friendly" {
            assert_eq!(left, Value::Null);
        } else {
            assert_eq!(left, "DE");
            assert_eq!(reply.targets(), ["usageLocation"]);
            let hint = &reply.json()["error"]["innerError"]["hint"];
            assert!(hint.as_str().unwrap().contains("friendly"), "{hint}");
        }
    }
}

#[tokio::test]
async fn every_read_only_property_is_refused_by_its_name() {
    for version in Version::ALL {
        let walk = Walk::new(version).await;
        let mine = user::TYPE.properties.iter();
        for property in mine.filter(|it| it.is_in(version) && !it.write.update) {
            let sent = value(property, version, 0);
            let refused = walk.change(property.name(), &sent).await;
            assert_eq!(
                refused.status,
                StatusCode::BAD_REQUEST,
                "{}",
                property.name()
            );
            assert_eq!(refused.targets(), [property.name()]);
            let sentence = format!(
                "Property '{}' is read-only and cannot be set.",
                property.name()
            );
            assert_eq!(refused.error().1, sentence);
        }
    }
}
