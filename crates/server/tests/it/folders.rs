//! Folders that earlier builds made (`tests/folders`, with the script that makes them): today's
//! build opens, migrates and serves each as if nothing had happened.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use store::{AuditVerdict, TenantId};
use testkit::{Reply, TestApp, TestTenant};
use uuid::Uuid;

use crate::cli_process::{done, run, vestibule};
use crate::pages_browser::Browser;

fn folders() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/folders");
    let found = fs::read_dir(all)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let found: Vec<_> = found.filter(|path| path.is_dir()).collect();
    assert!(found.len() > 2, "{found:?}");
    found
}

fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["vestibule.db", "master.key", "expected.json"] {
        let to = copy.path().join(name);
        fs::copy(folder.join(name), &to).unwrap();
        // A checkout gives everybody the right to read.
        fs::set_permissions(to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    copy
}

fn expected(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap()
}

fn id(text: &Value) -> Uuid {
    text.as_str().unwrap().parse().unwrap()
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

/// One tenant of an opened folder, and what the build that made it answered.
struct Opened {
    app: TestApp,
    token: String,
    known: Value,
    _home: tempfile::TempDir,
}

impl Opened {
    async fn new(folder: &Path, tenant: &str) -> Self {
        let home = copied(folder);
        let all = expected(folder);
        let known = all["tenants"][tenant].clone();
        let tenant = TestTenant {
            id: TenantId(tenant.parse().unwrap()),
            client_id: id(&known["client_id"]),
            app_object: Uuid::nil(),
            secret: known["client_secret"].as_str().unwrap().to_owned(),
            domain: known["domain"].as_str().unwrap().to_owned(),
        };
        let second = all["made"].as_i64().unwrap() + 60;
        let app = TestApp::opened(home.path(), tenant, second).await;
        let token = app.token().await;
        Self {
            app,
            token,
            known,
            _home: home,
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.app.get(path).bearer(&self.token).send().await
    }

    async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        reply.json()
    }

    /// Ids of everything in a list, page by page.
    async fn ids(&self, path: &str) -> Vec<String> {
        let (mut out, mut path) = (Vec::new(), Some(path.to_owned()));
        while let Some(at) = path {
            let page = self.json(&at).await;
            let rows = page["value"].as_array().unwrap();
            out.extend(
                rows.iter()
                    .map(|row| row["id"].as_str().unwrap().to_owned()),
            );
            let next = page["@odata.nextLink"].as_str();
            path = next.map(|link| link[link.find("/v1.0").unwrap()..].to_owned());
        }
        out.sort();
        out
    }

    fn one(&self, name: &str) -> &str {
        self.known["ids"][name].as_str().unwrap()
    }
}

/// Whether every member that was answered then is answered now with the same value.
fn same(then: &Value, now: &Value, of: &str) {
    for (name, value) in object(then) {
        assert_eq!(&now[name], value, "{name} of {of}");
    }
}

fn sorted(values: &Value) -> Vec<String> {
    let values = values.as_array().unwrap().iter();
    let mut out: Vec<_> = values.map(|one| one.as_str().unwrap().to_owned()).collect();
    out.sort();
    out
}

async fn users(at: &Opened) {
    let users = object(&at.known["users"]);
    assert!(users.len() > 15);
    let mut all: Vec<_> = users.keys().cloned().collect();
    all.sort();
    assert_eq!(at.ids("/v1.0/users?$top=999").await, all);
    for (id, then) in users {
        let reply = at.get(&format!("/v1.0/users/{id}")).await;
        assert_eq!(reply.header("etag"), then["etag"].as_str().unwrap(), "{id}");
        same(&then["user"], &reply.json(), id);
        let names: Vec<_> = object(&then["more"]).keys().cloned().collect();
        let names = names.join(",");
        let more = at.json(&format!("/v1.0/users/{id}?$select={names}")).await;
        same(&then["more"], &more, id);
    }
    let deleted = "/v1.0/directory/deletedItems/microsoft.graph.user?$top=5";
    assert_eq!(at.ids(deleted).await, sorted(&at.known["deleted"]));
}

async fn the_rest(at: &Opened) {
    let invitations = at.known["invitations"].as_array().unwrap();
    assert!(invitations.len() > 10);
    for then in invitations {
        let id = then["id"].as_str().unwrap();
        same(then, &at.json(&format!("/v1.0/invitations/{id}")).await, id);
    }
    assert_eq!(at.ids("/v1.0/invitations").await.len(), invitations.len());
    let pending = sorted(&at.known["pending"]);
    assert_eq!(at.ids("/v1.0/pendingMembers").await, pending);
    assert!(!pending.is_empty());
    let (boss, member) = (at.one("boss"), at.one("member"));
    let manager = at.json(&format!("/v1.0/users/{member}/manager")).await;
    assert_eq!(manager["id"], at.known["manager"]);
    for (path, name) in [
        (format!("/v1.0/users/{boss}/directReports"), "reports"),
        (format!("/v1.0/users/{member}/sponsors"), "sponsors"),
    ] {
        assert_eq!(at.ids(&path).await, sorted(&at.known[name]), "{path}");
    }
    for (who, picture) in object(&at.known["photos"]) {
        let path = format!("/v1.0/users/{}/photo/$value", at.one(who));
        let reply = at.get(&path).await;
        let found = server::hex::hex(&reply.body);
        assert_eq!(found, picture.as_str().unwrap(), "{who}");
    }
    let directory = at.app.directory();
    let actor = directory.server_actor(at.app.tenant.id).await.unwrap();
    match directory.verify_audit(&actor).await.unwrap() {
        AuditVerdict::Sound(head) => assert!(head.seq >= at.known["audit"].as_i64().unwrap()),
        AuditVerdict::Broken { seq } => panic!("the audit trail is broken at record {seq}"),
    }
}

/// Each token leads on from where it was, or says by 410 that the client has to begin again.
async fn tokens(at: &Opened) {
    let told = &at.known["told"];
    for (name, link) in object(&at.known["delta"]) {
        let reply = at.get(link.as_str().unwrap()).await;
        if reply.status == StatusCode::GONE {
            continue;
        }
        let page = reply.json();
        let rows = page["value"].as_array().unwrap();
        let ids = |removed: bool| {
            let rows = rows.iter();
            let rows = rows.filter(|row| row.get("@removed").is_some() == removed);
            let mut ids: Vec<_> = rows
                .map(|row| row["id"].as_str().unwrap().to_owned())
                .collect();
            ids.sort();
            ids
        };
        assert_eq!(ids(false), sorted(&told["changed"]), "{name}");
        // Beside them there is one who was made and removed for good since.
        let gone = ids(true);
        let wanted = sorted(&told["removed"]);
        assert!(
            wanted.iter().all(|id| gone.contains(id)),
            "{name}: {gone:?}"
        );
        let users = object(&at.known["users"]);
        assert!(!gone.iter().any(|id| users.contains_key(id)), "{name}");
    }
    for (name, link) in object(&at.known["pages"]) {
        let path = link.as_str().unwrap();
        let reply = at.app.get(path).bearer(&at.token);
        let reply = reply.header("consistencylevel", "eventual").send().await;
        if reply.status != StatusCode::GONE {
            assert_eq!(reply.status, StatusCode::OK, "{name}: {}", reply.text());
            assert!(!reply.json()["value"].as_array().unwrap().is_empty());
        }
    }
}

/// Custom data of builds that have it: a definition, its values and their keys; also of a
/// definition that the older build deleted and this one restores.
async fn own_data(at: &Opened) {
    let Some(own) = at.known.get("own") else {
        return;
    };
    let name = |short: &str| own["names"][short].as_str().unwrap();
    for (id, then) in object(&own["values"]) {
        let path = format!(
            "/v1.0/users/{id}?$select={},{}",
            name("badge"),
            name("grades")
        );
        same(then, &at.json(&path).await, id);
    }
    for (id, then) in object(&own["extensions"]) {
        let now = at.json(&format!("/v1.0/users/{id}/extensions")).await;
        assert_eq!(&now["value"], then, "{id}");
        let path = format!("/v1.0/users/{id}/extensions/com.contoso.roaming");
        let etag = at.get(&path).await.header("etag").to_owned();
        assert_eq!(own["etags"][id], etag, "{id}");
    }
    let found = |short: &str, value: &str| {
        let value = value.replace(' ', "%20");
        let path = format!("/v1.0/users?$filter=startswith({},'{value}')", name(short));
        async move { at.ids(&path).await }
    };
    assert_eq!(found("badge", "A-1").await, sorted(&own["badge"]));

    let path = format!(
        "/v1.0/applications/{}/extensionProperties",
        own["application"].as_str().unwrap()
    );
    let body = json!({"name": "former", "dataType": "String", "targetObjects": ["User"]});
    let made = at.app.post(&path).bearer(&at.token).json(&body).send();
    assert_eq!(made.await.status, StatusCode::CREATED);
    assert_eq!(found("former", "kept too").await, [at.one("accepted")]);
    let mut both = [at.one("accepted"), at.one("member")];
    both.sort_unstable();
    assert_eq!(found("former", "kept").await, both);
}

/// Links that were mailed by the build of then.
async fn links(at: &Opened) {
    for (name, status) in [
        ("waiting", StatusCode::SEE_OTHER),
        ("declined", StatusCode::SEE_OTHER),
        ("expired", StatusCode::GONE),
        ("reinvited", StatusCode::GONE),
        ("withdrawn", StatusCode::GONE),
    ] {
        let mut browser = Browser::new(server::router(at.app.app.clone()));
        let opened = browser.get(at.one(&format!("link-{name}"))).await;
        assert_eq!(opened.status, status, "{name}");
    }
    let mut browser = Browser::new(server::router(at.app.app.clone()));
    let opened = browser.get(at.one("link-waiting")).await;
    let page = browser.follow(&opened).await;
    let sent = browser.submit(&page, "/redeem/code", &[]).await;
    let page = browser.follow(&sent).await;
    let letters = at.app.deliver().await;
    let code = letters.iter().rev().find_map(|letter| match &letter.kind {
        directory::letter::LetterKind::Code { code, .. } => Some(code.clone()),
        _ => None,
    });
    let fields = [("code", code.unwrap())];
    let fields = fields.each_ref().map(|(name, code)| (*name, code.as_str()));
    let proven = browser.submit(&page, "/redeem/verify", &fields).await;
    let page = browser.follow(&proven).await;
    let accepted = browser.submit(&page, "/redeem/accept", &[]).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.html);
    let path = format!(
        "/v1.0/users/{}?$select=externalUserState",
        at.one("waiting")
    );
    assert_eq!(at.json(&path).await["externalUserState"], "Accepted");
}

#[tokio::test]
async fn folders_of_earlier_builds_are_served() {
    for folder in folders() {
        let tenants = object(&expected(&folder)["tenants"]).clone();
        assert_eq!(tenants.len(), 2);
        for tenant in tenants.keys() {
            let at = Opened::new(&folder, tenant).await;
            users(&at).await;
            the_rest(&at).await;
            tokens(&at).await;
            own_data(&at).await;
            links(&at).await;
        }
    }
}

/// The binary is killed at any moment of its first start over an older folder; the next one finds
/// everything.
#[test]
fn an_upgrade_that_is_killed_is_finished_by_the_next_start() {
    for folder in folders() {
        for millis in [0, 3, 6, 9, 12, 15, 20, 25, 30, 40, 60, 100] {
            let home = copied(&folder);
            let mut first = vestibule("audit verify --dir");
            let mut first = first
                .arg(home.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            std::thread::sleep(Duration::from_millis(millis));
            // SIGKILL; fails when it has ended already.
            let _ended = (first.kill(), first.wait());
            let verified = done(vestibule("audit verify --dir").arg(home.path()));
            // Those of two tenants, and the instance's own.
            assert_eq!(verified.matches("whole").count(), 3, "{verified}");
        }
    }
}

/// `migrate` does to a folder of an older build what a start does, and does it once. The newest
/// folder may have the schema of this build already.
#[test]
fn a_folder_is_migrated_by_command() {
    let (mut migrated, mut keys_made) = (0, 0);
    for folder in folders() {
        let home = copied(&folder);
        let mut said = Vec::new();
        for _ in 0..2 {
            let (code, out, err) = run(vestibule("migrate --json --dir").arg(home.path()));
            assert_eq!(code, 0, "{err}");
            // It prints its progress if keys are older, and nothing if there is nothing to do.
            let shows_progress = err.contains("making the search keys anew");
            assert_eq!(err.is_empty(), !shows_progress, "{err}");
            assert!(said.is_empty() || !shows_progress, "{err}");
            keys_made += u32::from(shows_progress);
            said.push(serde_json::from_str::<Value>(&out).unwrap());
        }
        let [first, second] = said.try_into().unwrap();
        assert_eq!(second["migrated"], false, "{second}");
        if first["migrated"] == false {
            assert_eq!(first["was"], Value::Null, "{first}");
            continue;
        }
        migrated += 1;
        let was = first["was"].as_str().unwrap();
        assert!(was.starts_with("database has an older schema"), "{was}");
    }
    assert!(migrated > 2, "{migrated} folders were migrated");
    // The keys of four folders were made by older versions than this one.
    assert_eq!(keys_made, 4);
}

/// Bytes of the file changed alike everywhere: as if the build that made it had called its tables
/// otherwise.
fn renamed(database: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(database).unwrap();
    assert_eq!(from.len(), to.len());
    let found: Vec<_> = (0..bytes.len())
        .filter(|at| bytes[*at..].starts_with(from))
        .collect();
    assert!(!found.is_empty());
    for at in found {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    fs::write(database, bytes).unwrap();
}

/// What cannot be opened is refused by every command in words that say why, and is left as it was.
#[test]
fn a_folder_of_a_development_build_is_refused() {
    let first = folders()
        .into_iter()
        .find(|folder| folder.ends_with("6cf734f"));
    let home = copied(&first.unwrap());
    let database = home.path().join("vestibule.db");
    renamed(&database, b"tenant_numbers", b"tenant_numberz");
    for line in [
        "audit verify --dir",
        "dev --http 127.0.0.1:0 --https 127.0.0.1:0 --dir",
    ] {
        let (code, out, err) = run(vestibule(line).arg(home.path()));
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        for words in [
            "made by a development build before",
            "tenant_numbers is missing",
        ] {
            assert!(err.contains(words), "{line}: {err}");
        }
    }
}
