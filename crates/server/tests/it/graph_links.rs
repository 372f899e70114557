//! Manager, direct reports, sponsors: by URL, by reference, inside bodies.

use axum::http::{Method, StatusCode};
use directory::Permission;
use serde_json::{Value, json};
use testkit::Reply;

use crate::samples::{Scene, created, user};

const BASE: &str = "https://localhost:8443/v1.0";

impl Scene {
    async fn user(&self, name: &str) -> String {
        created(&self.app, &self.token, name).await
    }

    /// Makes `manager` the manager of `user`.
    async fn manage(&self, user: &str, manager: &str) -> Reply {
        let path = format!("users/{user}/manager/$ref");
        self.send(Method::PUT, &path, Some(to(manager))).await
    }

    async fn ids(&self, path: &str) -> Vec<String> {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        let value = reply.json()["value"].as_array().unwrap().clone();
        let id = |item: &Value| item["id"].as_str().unwrap().to_owned();
        value.iter().map(id).collect()
    }
}

fn to(id: &str) -> Value {
    json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{id}") })
}

fn check_error(reply: &Reply, status: StatusCode, code: &str, targets: &[&str]) {
    assert_eq!(reply.status, status, "{}", reply.text());
    assert_eq!(reply.error().0, code, "{}", reply.text());
    assert_eq!(reply.targets(), targets, "{}", reply.text());
}

#[tokio::test]
async fn a_manager_is_set_read_replaced_and_removed() {
    let scene = Scene::new().await;
    let [adele, boss, chief] = [
        scene.user("adele").await,
        scene.user("boss").await,
        scene.user("chief").await,
    ];
    let path = format!("users/{adele}/manager");
    let none = scene.get(&path).await;
    check_error(
        &none,
        StatusCode::NOT_FOUND,
        "Request_ResourceNotFound",
        &[],
    );
    let missing = "Resource 'manager' does not exist or one of its queried reference-property \
                   objects are not present.";
    assert_eq!(none.error().1, missing);

    let set = scene.manage(&adele, &boss).await;
    assert_eq!((set.status, set.text()), (StatusCode::NO_CONTENT, ""));
    let read = scene.get(&path).await.json();
    assert_eq!(
        read["@odata.context"],
        format!("{BASE}/$metadata#directoryObjects/$entity")
    );
    assert_eq!(read["@odata.type"], "#microsoft.graph.user");
    assert_eq!(
        (&read["id"], &read["displayName"]),
        (&json!(boss), &json!("boss"))
    );
    let short = scene.get(&format!("{path}?$select=displayName")).await;
    let expected = json!({
        "@odata.context": format!("{BASE}/$metadata#directoryObjects(displayName)/$entity"),
        "@odata.type": "#microsoft.graph.user",
        "displayName": "boss",
    });
    assert_eq!(short.json(), expected);
    let reference = scene.get(&format!("{path}/$ref")).await.json();
    let expected = json!({
        "@odata.context": format!("{BASE}/$metadata#$ref"),
        "@odata.id": format!("{BASE}/directoryObjects/{boss}"),
    });
    assert_eq!(reference, expected);

    // A reference goes back as it came.
    let own = format!("{path}/$ref");
    let put = scene.send(Method::PUT, &own, Some(reference)).await;
    assert_eq!(put.status, StatusCode::NO_CONTENT);
    scene.manage(&adele, &chief).await;
    assert_eq!(scene.get(&path).await.json()["id"], json!(chief));
    assert!(
        scene
            .ids(&format!("users/{boss}/directReports"))
            .await
            .is_empty()
    );

    let unset = scene
        .send(Method::DELETE, &format!("{path}/$ref"), None)
        .await;
    assert_eq!(unset.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.get(&path).await.status, StatusCode::NOT_FOUND);
    let again = scene
        .send(Method::DELETE, &format!("{path}/$ref"), None)
        .await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn direct_reports_come_in_pages_and_are_counted() {
    let scene = Scene::new().await;
    let boss = scene.user("boss").await;
    let mut reports = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let id = scene.user(name).await;
        scene.manage(&id, &boss).await;
        reports.push(id);
    }
    reports.sort();
    let all = format!("users/{boss}/directReports");
    assert_eq!(scene.ids(&all).await, reports);
    let count = scene.get(&format!("{all}/$count")).await;
    assert_eq!(
        (count.text(), count.header("content-type")),
        ("5", "text/plain")
    );
    let refs = scene.get(&format!("{all}/$ref?$top=1")).await.json();
    assert_eq!(
        refs["@odata.context"],
        format!("{BASE}/$metadata#Collection($ref)")
    );
    let first = json!([{ "@odata.id": format!("{BASE}/directoryObjects/{}", reports[0]) }]);
    assert_eq!(refs["value"], first);

    let mut seen = Vec::new();
    let mut next = Some(format!("{all}?$top=2&$select=id"));
    while let Some(path) = next {
        let page = scene.get(&path).await.json();
        let items = page["value"].as_array().unwrap();
        assert!(!items.is_empty());
        assert_eq!(items[0]["@odata.type"], "#microsoft.graph.user");
        seen.extend(
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned()),
        );
        next = page["@odata.nextLink"]
            .as_str()
            .map(|link| link.strip_prefix(&format!("{BASE}/")).unwrap().to_owned());
    }
    assert_eq!(seen, reports);
    // The place in one user's list is none in another's.
    let page = scene.get(&format!("{all}?$top=2")).await.json();
    let link = page["@odata.nextLink"].as_str().unwrap();
    let stolen = link.replace(&boss, &reports[0]);
    let stolen = stolen.strip_prefix(&format!("{BASE}/")).unwrap();
    assert_eq!(scene.get(stolen).await.status, StatusCode::BAD_REQUEST);
}

/// A manager of four and one of one.
async fn managed(scene: &Scene) -> [String; 2] {
    let managers = [scene.user("boss").await, scene.user("other").await];
    for name in ["anna zorn", "bert", "anton", "carla", "dora anders"] {
        let mut body = user(&name.replace(' ', "."));
        body["displayName"] = json!(name);
        let made = scene.send(Method::POST, "users", Some(body)).await;
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let linked = scene.manage(&id, &managers[usize::from(name == "carla")]);
        assert_eq!(linked.await.status, StatusCode::NO_CONTENT);
    }
    managers
}

/// The display names on all pages of a list.
async fn names(scene: &Scene, path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let reply = scene.get(&path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path} {}", reply.text());
        let page = reply.json();
        let items = page["value"].as_array().unwrap().iter();
        names.extend(items.map(|item| item["displayName"].as_str().unwrap().to_owned()));
        next = page["@odata.nextLink"]
            .as_str()
            .map(|link| link.strip_prefix(&format!("{BASE}/")).unwrap().to_owned());
    }
    names
}

/// Conditions, orders and numbers of direct reports.
#[tokio::test]
async fn direct_reports_are_found_by_what_is_asked_of_them() {
    let scene = Scene::new().await;
    let [boss, _] = managed(&scene).await;
    let reports = format!("users/{boss}/directReports");
    let check = async |query: &str, expected: &[&str]| {
        assert_eq!(
            names(&scene, &format!("{reports}?{query}")).await,
            expected,
            "{query}"
        );
    };
    check(
        "$filter=startswith(displayName,'an')",
        &["anna zorn", "anton"],
    )
    .await;
    check("$filter=startswith(displayName,'carla')", &[]).await;
    check(
        "$orderby=displayName%20desc&$top=2",
        &["dora anders", "bert", "anton", "anna zorn"],
    )
    .await;
    check(
        "$search=%22displayName:an%22&$orderby=displayName&$top=1",
        &["anna zorn", "anton", "dora anders"],
    )
    .await;
    check(
        "$filter=startswith(displayName,'d')%20or%20contains(displayName,'rt')&$orderby=displayName&$select=displayName",
        &["bert", "dora anders"],
    )
    .await;
    let page = scene.get(&format!("{reports}?$count=true&$top=1")).await;
    assert_eq!(page.json()["@odata.count"], 4);
    let counted = async |path: &str| scene.get(path).await.text().to_owned();
    assert_eq!(
        counted(&format!(
            "{reports}/$count?$filter=startswith(displayName,'an')"
        ))
        .await,
        "2"
    );
    assert_eq!(
        counted(&format!("{reports}/$count?$search=%22displayName:zo%22")).await,
        "1"
    );
}

/// Users are found by who their manager is, by whoever may read that.
#[tokio::test]
async fn users_are_found_by_their_manager() {
    let scene = Scene::new().await;
    let [boss, other] = managed(&scene).await;
    let by_manager = async |filter: &str, expected: &[&str]| {
        let path = format!("users?$filter={filter}&$orderby=displayName");
        assert_eq!(names(&scene, &path).await, expected, "{filter}");
    };
    let all = ["anna zorn", "anton", "bert", "dora anders"];
    by_manager(&format!("manager/id%20eq%20'{boss}'"), &all).await;
    by_manager(&format!("Manager/ID%20eq%20{boss}"), &all).await;
    by_manager(&format!("manager/id%20in%20('{other}','x')"), &["carla"]).await;
    by_manager("manager/id%20eq%20'nobody'", &[]).await;
    by_manager(
        &format!("not(manager/id%20eq%20'{boss}')"),
        &["boss", "carla", "other"],
    )
    .await;
    by_manager(
        &format!("manager/id%20ne%20'{boss}'"),
        &["boss", "carla", "other"],
    )
    .await;
    by_manager(
        &format!("manager/id%20eq%20'{boss}'%20and%20contains(displayName,'t')"),
        &["anton", "bert"],
    )
    .await;
    by_manager(
        &format!("manager/id%20eq%20'{boss}'%20and%20otherMails/$count%20eq%200%20and%20startswith(displayName,'b')"),
        &["bert"],
    )
    .await;
    // A manager who is gone is nobody's, until they are back.
    let gone = scene
        .send(Method::DELETE, &format!("users/{boss}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    by_manager(&format!("manager/id%20eq%20'{boss}'"), &[]).await;
    let reports = scene.get(&format!("users/{boss}/directReports")).await;
    assert_eq!(reports.status, StatusCode::NOT_FOUND);

    // Whoever may not read links finds nobody by them, and nobody sorts by what they may not read.
    let basic = scene.app.token_with(&[Permission::UserReadBasicAll]).await;
    let other_reports = format!("users/{other}/directReports");
    for path in [
        format!("users?$filter=manager/id%20eq%20'{other}'"),
        format!("users/$count?$filter=not(manager/id%20eq%20'{other}')"),
        format!("{other_reports}?$filter=startswith(displayName,'c')"),
    ] {
        let asking = scene.app.get(&format!("/v1.0/{path}")).bearer(&basic);
        let plain = scene
            .app
            .get(&format!("/v1.0/{other_reports}"))
            .bearer(&basic);
        let (asked, plain) = (asking.send().await, plain.send().await);
        assert_eq!(asked.status, plain.status, "{path} {}", asked.text());
        assert_eq!(asked.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn nobody_is_their_own_manager() {
    let scene = Scene::new().await;
    let [a, b, c] = [
        scene.user("a").await,
        scene.user("b").await,
        scene.user("c").await,
    ];
    let bad = StatusCode::BAD_REQUEST;
    let own = scene.manage(&a, &a).await;
    check_error(&own, bad, "Request_BadRequest", &["manager"]);
    assert_eq!(scene.manage(&a, &b).await.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.manage(&b, &c).await.status, StatusCode::NO_CONTENT);
    let circle = scene.manage(&c, &a).await;
    check_error(&circle, bad, "Request_BadRequest", &["manager"]);
    // Not even through somebody deleted, who might come back.
    let gone = scene
        .send(Method::DELETE, &format!("users/{b}"), None)
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        scene.get(&format!("users/{a}/manager")).await.status,
        StatusCode::NOT_FOUND
    );
    let circle = scene.manage(&c, &a).await;
    check_error(&circle, bad, "Request_BadRequest", &["manager"]);
}

#[tokio::test]
async fn references_that_lead_nowhere_are_refused() {
    let scene = Scene::new().await;
    let id = scene.user("adele").await;
    let path = format!("users/{id}/manager/$ref");
    let check = async |body: Value, status: StatusCode, targets: &[&str]| {
        let reply = scene.send(Method::PUT, &path, Some(body.clone())).await;
        assert_eq!(reply.status, status, "{body} {}", reply.text());
        assert_eq!(reply.targets(), targets, "{body}");
    };
    let bad = StatusCode::BAD_REQUEST;
    check(json!({}), bad, &["@odata.id"]).await;
    check(json!({ "@odata.id": 7 }), bad, &["@odata.id"]).await;
    let foreign = json!({ "@odata.id": format!("https://evil.example/v1.0/users/{id}") });
    check(foreign, bad, &["@odata.id"]).await;
    let group = json!({ "@odata.id": format!("{BASE}/groups/{id}") });
    check(group, bad, &["@odata.id"]).await;
    let nobody = to("87d349ed-44d7-43e1-9a83-5f2406dee5bd");
    check(nobody, StatusCode::NOT_FOUND, &[]).await;
    let other = scene.app.other_tenant().await;
    let stranger = scene.app.token_of(&other).await;
    let mut body = user("far");
    body["userPrincipalName"] = json!("far@fabrikam.com");
    let far = scene.app.post("/v1.0/users").bearer(&stranger).json(&body);
    let far = far.send().await.json()["id"].as_str().unwrap().to_owned();
    check(to(&far), StatusCode::NOT_FOUND, &[]).await;
    let empty = scene.send(Method::PUT, &path, None).await;
    assert_eq!(empty.status, bad);
}

#[tokio::test]
async fn sponsors_are_added_and_removed_one_by_one() {
    let scene = Scene::new().await;
    let guest = scene.user("guest").await;
    let path = format!("users/{guest}/sponsors");
    let mut sponsors = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        let id = scene.user(name).await;
        let reply = scene
            .send(Method::POST, &format!("{path}/$ref"), Some(to(&id)))
            .await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
        sponsors.push(id);
    }
    let add = async |id: &str| {
        scene
            .send(Method::POST, &format!("{path}/$ref"), Some(to(id)))
            .await
    };
    let twice = add(&sponsors[0]).await;
    let bad = StatusCode::BAD_REQUEST;
    check_error(&twice, bad, "Request_BadRequest", &["sponsors"]);
    let sentence = "One or more added object references already exist for the following modified \
                    properties: 'sponsors'.";
    assert_eq!(twice.error().1, sentence);
    let sixth = scene.user("f").await;
    let many = add(&sixth).await;
    check_error(&many, bad, "Request_BadRequest", &["sponsors"]);

    let mut sorted = sponsors.clone();
    sorted.sort();
    assert_eq!(scene.ids(&path).await, sorted);
    let of = format!("users/{}/sponsorOf", sponsors[0]);
    assert_eq!(scene.ids(&of).await, [guest.as_str()]);
    assert_eq!(scene.get(&format!("{of}/$count")).await.text(), "1");
    let remove = format!("{path}/{}/$ref", sponsors[0]);
    let removed = scene.send(Method::DELETE, &remove, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    let again = scene.send(Method::DELETE, &remove, None).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.get(&format!("{path}/$count")).await.text(), "4");
}

#[tokio::test]
async fn bodies_of_users_set_links() {
    let scene = Scene::new().await;
    let boss = scene.user("boss").await;
    let mut body = user("adele");
    body["manager@odata.bind"] = json!(format!("{BASE}/users/boss@contoso.com"));
    body["sponsors@odata.bind"] = json!([format!("users/{boss}")]);
    let made = scene.send(Method::POST, "users", Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.header("x-vestibule-note"), "");
    let adele = made.json()["id"].as_str().unwrap().to_owned();
    let manager = format!("users/{adele}/manager");
    assert_eq!(scene.get(&manager).await.json()["id"], json!(boss));
    assert_eq!(
        scene.ids(&format!("users/{adele}/sponsors")).await,
        [boss.as_str()]
    );

    let patch = async |body: Value| {
        scene
            .send(Method::PATCH, &format!("users/{adele}"), Some(body))
            .await
    };
    let cleared = patch(json!({ "manager@odata.bind": null })).await;
    assert_eq!(cleared.status, StatusCode::NO_CONTENT, "{}", cleared.text());
    assert_eq!(scene.get(&manager).await.status, StatusCode::NOT_FOUND);
    let both = json!({ "city": "Bonn", "manager@odata.bind": format!("users/{boss}") });
    assert_eq!(patch(both).await.status, StatusCode::NO_CONTENT);
    assert_eq!(scene.get(&manager).await.json()["id"], json!(boss));
    // One wrong link, and nothing of the body happens.
    let own = json!({ "city": "Ulm", "manager@odata.bind": format!("users/{adele}") });
    let refused = patch(own).await;
    let bad = StatusCode::BAD_REQUEST;
    check_error(&refused, bad, "Request_BadRequest", &["manager"]);
    let city = scene.get(&format!("users/{adele}?$select=city")).await;
    assert_eq!(city.json()["city"], "Bonn");
    let foreign = json!({ "manager@odata.bind": "https://evil.example/users/x" });
    let refused = patch(foreign).await;
    check_error(&refused, bad, "Request_BadRequest", &["manager@odata.bind"]);
}

#[tokio::test]
async fn an_invitation_gives_its_guest_a_manager() {
    let scene = Scene::new().await;
    let boss = scene.user("boss").await;
    let invite = async |address: &str, reference: &str| {
        let body = json!({
            "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://x.example",
            "invitedUser": { "department": "Sales", "manager@odata.bind": reference },
        });
        scene.send(Method::POST, "invitations", Some(body)).await
    };
    let made = invite("sam@x.example", &format!("{BASE}/users/{boss}")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let made = made.json();
    let guest = made["invitedUser"]["id"].as_str().unwrap();
    let manager = scene.get(&format!("users/{guest}/manager")).await;
    assert_eq!(manager.json()["id"], json!(boss));
    let nobody = invite(
        "tom@x.example",
        "users/87d349ed-44d7-43e1-9a83-5f2406dee5bd",
    )
    .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND, "{}", nobody.text());
    let foreign = invite("tom@x.example", "https://evil.example/users/x").await;
    assert_eq!(foreign.targets(), ["manager@odata.bind"]);
}

#[tokio::test]
async fn reading_is_not_writing() {
    let scene = Scene::new().await;
    let [a, b] = [scene.user("a").await, scene.user("b").await];
    scene.manage(&a, &b).await;
    let reader = scene.app.token_with(&[Permission::UserReadAll]).await;
    let basic = scene.app.token_with(&[Permission::UserReadBasicAll]).await;
    let path = format!("/v1.0/users/{a}/manager");
    let read = scene.app.get(&path).bearer(&reader).send().await;
    assert_eq!(read.status, StatusCode::OK);
    let read = scene.app.get(&path).bearer(&basic).send().await;
    assert_eq!(read.status, StatusCode::FORBIDDEN);
    let write = scene.app.ask(Method::PUT, &format!("{path}/$ref"));
    let write = write.bearer(&reader).json(&to(&b)).send().await;
    assert_eq!(write.status, StatusCode::FORBIDDEN);
    let change = scene.app.patch(&format!("/v1.0/users/{a}"));
    let body = json!({ "manager@odata.bind": null });
    let change = change.bearer(&reader).json(&body).send().await;
    assert_eq!(change.status, StatusCode::FORBIDDEN);
}
