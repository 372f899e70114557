//! The commands of an administrator, beside a running server: what was given is taken back, and a
//! server notices.

#![expect(clippy::unwrap_used, reason = "a failing step is a failing test")]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use server::cli::client::Client;
use server::instance::{master_key, open};

use super::cli_process::{Running, done, run, vestibule, wait_for};

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A service that was set up and may run.
pub(crate) struct Service {
    pub(crate) home: tempfile::TempDir,
    port: u16,
    watched: u16,
}

impl Service {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (port, watched) = (free_port(), free_port());
        let line = format!(
            "init --tenant-name Fabrikam --initial-domain fabrikam.onmicrosoft.com \
             --domain fabrikam.example --public-origin http://127.0.0.1:{port} \
             --listen 127.0.0.1:{port} --dir"
        );
        done(vestibule(&line).arg(home.path()));
        let service = Self {
            home,
            port,
            watched,
        };
        let text = fs::read_to_string(service.config()).unwrap();
        // Mails wait: nobody listens there.
        let mail =
            "[mail]\nurl = \"smtp://127.0.0.1:9?tls=none\"\nfrom = \"a@fabrikam.example\"\n[log]";
        let text = text
            .replace(
                "# listen = \"127.0.0.1:9464\"",
                &format!("listen = \"127.0.0.1:{watched}\""),
            )
            .replace("[log]", mail);
        fs::write(service.config(), text).unwrap();
        service
    }

    /// Sends its mails there.
    fn relay(&self, url: &str, ca: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        let from = text.find("\n[mail]").unwrap() + 1;
        let to = text.find("\n[log]").unwrap() + 1;
        let mail = format!("[mail]\nurl = \"{url}\"\nfrom = \"a@fabrikam.example\"\n{ca}");
        let text = text[..from].to_owned() + &mail + &text[to..];
        fs::write(self.config(), text).unwrap();
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.home.path().join("vestibule.toml")
    }

    pub(crate) fn serve(&self) -> Running {
        let ready = format!("http://127.0.0.1:{}/readyz", self.watched);
        Running::serve(&self.config(), &ready)
    }

    /// A command with words that have no blanks, then some that may.
    pub(crate) fn command(&self, line: &str, more: &[&str]) -> (i32, String, String) {
        let config = self.config();
        run(vestibule(line).args(more).arg("--config").arg(config))
    }

    /// One that ends well, and says so in JSON.
    pub(crate) fn json(&self, line: &str, more: &[&str]) -> Value {
        let more: Vec<_> = more.iter().chain(&["--output", "json"]).copied().collect();
        let (code, out, err) = self.command(line, &more);
        assert_eq!((code, err.as_str()), (0, ""), "{line}: {out}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}\n{out}"))
    }

    pub(crate) fn token(&self, id: &str, secret: &str) -> Result<String, String> {
        let file = self.home.path().join("secret");
        fs::write(&file, secret).unwrap();
        let line = format!("token --client-id {id} --client-secret-file");
        let (code, out, err) = self.command(&line, &[file.to_str().unwrap()]);
        if code == 0 {
            Ok(out.trim_end().to_owned())
        } else {
            Err(err)
        }
    }

    /// A token of an app of that name which may do everything.
    fn portal(&self) -> String {
        let app = self.json("app add --name Portal", ALL);
        let token = self.token(text(&app, "clientId"), text(&app, "clientSecret"));
        token.unwrap()
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> u16 {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        let answer = Client::new(None).unwrap().get(&url, Some(token)).unwrap();
        answer.status.as_u16()
    }

    pub(crate) fn invite(&self, address: &str, token: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/v1.0/invitations", self.port);
        let body = json!({ "invitedUserEmailAddress": address,
            "inviteRedirectUrl": "https://portal.example.com", "sendInvitationMessage": true });
        let answer = Client::new(None).unwrap().post_json(&url, token, &body);
        let answer = answer.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }
}

/// The status of a link.
fn followed(link: &str) -> u16 {
    let answer = Client::new(None).unwrap().get(link, None).unwrap();
    answer.status.as_u16()
}

pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name}: {value}"))
}

pub(crate) const ALL: &[&str] = &[
    "--permission",
    "User.ReadWrite.All",
    "--permission",
    "User.Invite.All",
];

#[test]
fn an_app_is_cut_down_while_the_server_runs() {
    let service = Service::new();
    let server = service.serve();
    let app = service.json("app add --name Sync", ALL);
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let token = service.token(id, secret).unwrap();
    let users = || service.get("/v1.0/users", &token);
    assert_eq!(users(), 200);

    let left = service.json("app permission remove Sync User.ReadWrite.All", &[]);
    assert_eq!(left["permissions"], json!(["User.Invite.All"]));
    assert_eq!(users(), 403);
    service.json("app permission add Sync User.ReadWrite.All", &[]);
    assert_eq!(users(), 200);

    assert_eq!(service.json("app disable Sync", &[])["enabled"], false);
    assert_eq!(users(), 403);
    assert_eq!(service.json("app enable", &[id])["enabled"], true);
    assert_eq!(users(), 200);

    // A leaked secret: neither it nor what it got is worth anything.
    let fresh = service.json("app rotate-secret Sync", &[]);
    assert!(service.token(id, secret).is_err());
    assert_eq!(users(), 401);
    let token = service.token(id, text(&fresh, "clientSecret")).unwrap();
    let users = || service.get("/v1.0/users", &token);
    assert_eq!(users(), 200);

    // A role, by name.
    let role = ["User Administrator"];
    let given = service.json("role add --principal Sync --role", &role);
    assert_eq!(given["changed"], true);
    let held = service.json("role list", &[]);
    assert_eq!(held["value"][0]["principal"], "Sync");
    let shown = service.json("app show Sync", &[]);
    assert_eq!(shown["roles"], json!(["User Administrator"]));
    let removed = service.json("role remove --principal Sync --role", &role);
    assert_eq!(removed["changed"], true);
    assert_eq!(service.json("role list", &[])["value"], json!([]));

    // A leaked signing key.
    let before = service.json("keys list", &[]);
    let rotated = service.json("keys rotate --at-once", &[]);
    wait_for(|| users() == 401);
    let after = service.json("keys list", &[]);
    assert_eq!(after["value"].as_array().unwrap().len(), 1);
    assert_eq!(after["value"][0]["kid"], rotated["kid"]);
    assert_ne!(before["value"][0]["kid"], rotated["kid"]);
    let token = service.token(id, text(&fresh, "clientSecret")).unwrap();
    assert_eq!(service.get("/v1.0/users", &token), 200);

    service.json("app remove Sync", &[]);
    assert_eq!(service.get("/v1.0/users", &token), 403);
    assert_eq!(service.json("app list", &[])["value"], json!([]));
    let (code, _, err) = service.command("app show Sync", &[]);
    assert_eq!(code, 1);
    assert!(err.contains("vestibule app list"), "{err}");
    let did = service.json("audit list --since 1h", &[]);
    let did: Vec<_> = did["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| text(row, "activity"))
        .collect();
    for activity in [
        "Add application",
        "Remove application permission",
        "Add application permission",
        "Disable application",
        "Enable application",
        "Change application secret",
        "Add member to role",
        "Remove member from role",
        "Remove application",
    ] {
        assert!(did.contains(&activity), "{activity}: {did:?}");
    }
    assert_eq!(server.end().0, 0);
}

#[test]
fn an_invitation_and_a_guest_are_taken_back() {
    let service = Service::new();
    let server = service.serve();
    let token = service.portal();
    let sam = service.invite("sam@partner.example", &token);
    let listed = service.json("invitation list", &[]);
    assert_eq!(listed["value"][0]["address"], "sam@partner.example");
    assert_eq!(listed["value"][0]["link"], "open");
    let id = text(&sam, "id");
    assert_eq!(service.json("invitation show", &[id])["inviter"], "Portal");
    let again = service.json("invitation resend --show-link", &[id]);
    assert_eq!(followed(text(&sam, "inviteRedeemUrl")), 410);
    assert_eq!(followed(text(&again, "link")), 303);
    assert_eq!(
        service.json("invitation list", &[])["value"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let revoked = service.json("invitation revoke", &[text(&again, "id")]);
    assert_eq!(revoked["guestDeleted"], true);
    assert_eq!(followed(text(&again, "link")), 410);
    assert_eq!(service.json("invitation list", &[])["value"], json!([]));
    let all = service.json("invitation list --all", &[]);
    assert_eq!(all["value"].as_array().unwrap().len(), 2);

    // The fifth invitation of a day is the last for an address, until that is lifted.
    for _ in 0..5 {
        service.invite("max@partner.example", &token);
    }
    let held = service.json("block list", &[]);
    assert_eq!(held["value"][0]["address"], "max@partner.example", "{held}");
    assert_eq!(held["value"][0]["limits"][0]["limit"], "invitations");
    service.json("block remove", &["max@partner.example"]);
    assert_eq!(service.json("block list", &[])["value"], json!([]));
    service.invite("max@partner.example", &token);
    let (code, _, err) = service.command("block remove nobody@partner.example", &[]);
    assert_eq!((code, err.contains("nothing holds")), (1, true), "{err}");

    let lee = "invite lee@partner.example --show-links --json --redirect";
    let (code, out, err) = service.command(lee, &["https://portal.example.com"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lee: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(followed(text(&lee, "link")), 303);
    let (code, _, err) = service.command("invite lee@partner.example", &[]);
    assert_eq!((code, err.contains("--redirect")), (2, true), "{err}");

    let kim = service.invite("kim@partner.example", &token);
    let shown = service.json("user show kim@partner.example", &[]);
    assert_eq!(shown["id"], kim["invitedUser"]["id"]);
    service.json("user remove kim@partner.example", &[]);
    let path = format!("/v1.0/users/{}", text(&shown, "id"));
    assert_eq!(service.get(&path, &token), 404);
    assert_eq!(followed(text(&kim, "inviteRedeemUrl")), 410);
    let (code, _, err) = service.command("user show kim@partner.example", &[]);
    assert_eq!((code, err.contains("no user")), (1, true), "{err}");
    assert_eq!(server.end().0, 0);
}

#[test]
fn a_backup_is_made_beside_the_server_and_restored() {
    let service = Service::new();
    let server = service.serve();
    let token = service.portal();
    service.invite("sam@partner.example", &token);
    let checked = service.json("config check", &[]);
    assert_eq!(checked["good"], true, "{checked}");

    let dir = service.home.path().join("backup");
    let dir_text = dir.to_str().unwrap();
    let made = service.json("backup", &[dir_text]);
    assert_eq!(made["verified"], true);
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(), ["audit-heads.json", "vestibule.db"]);
    let (code, _, err) = service.command("backup", &[dir_text]);
    assert_eq!((code, err.contains("exists")), (1, true), "{err}");
    let heads = dir.join("audit-heads.json");
    let verify = |head: &Path| service.command("audit verify --head", &[head.to_str().unwrap()]);
    assert_eq!(verify(&heads).0, 0);

    service.invite("kim@partner.example", &token);
    let (code, _, log) = server.end();
    assert_eq!(code, 0);
    let log_file = service.home.path().join("log");
    fs::write(&log_file, &log).unwrap();
    let (code, out, err) = verify(&log_file);
    assert_eq!(code, 0, "{out}{err}");

    // Restored: whole, but shorter than the log says; the head of the backup is in it.
    let data = service.home.path().join("data");
    for ending in ["", "-wal", "-shm"] {
        let _absent = fs::remove_file(data.join(format!("vestibule.db{ending}")));
    }
    fs::copy(dir.join("vestibule.db"), data.join("vestibule.db")).unwrap();
    assert_eq!(service.command("audit verify", &[]).0, 0);
    assert_eq!(verify(&heads).0, 0);
    let (code, _, err) = verify(&log_file);
    assert_eq!(code, 1);
    assert!(err.contains("cut off"), "{err}");
    let server = service.serve();
    assert_eq!(service.get("/v1.0/users/sam@partner.example", &token), 404);
    assert_eq!(service.get("/v1.0/users", &token), 200);
    assert_eq!(server.end().0, 0);

    // An empty file is no database, whoever asks.
    fs::write(data.join("vestibule.db"), "").unwrap();
    for line in ["app list", "serve", "audit verify"] {
        let (code, _, err) = service.command(line, &[]);
        assert_eq!((code, err.contains("empty")), (1, true), "{line}: {err}");
    }
}

/// A clock that once stood in 2099.
#[test]
fn the_time_of_links_is_turned_back_to_the_clock() {
    let service = Service::new();
    let server = service.serve();
    let app = service.json("app add --name Portal", ALL);
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let token = service.token(id, secret).unwrap();
    let link = service.invite("sam@partner.example", &token);
    let link = text(&link, "inviteRedeemUrl").to_owned();
    assert_eq!(followed(&link), 303);
    let (code, _, err) = service.command("clock turn-back", &[]);
    assert_eq!((code, err.contains("stop the server")), (1, true), "{err}");
    assert_eq!(server.end().0, 0);
    let shown = service.json("clock show", &[]);
    assert_eq!(shown["links"].as_str().unwrap().get(..2), Some("20"));
    assert_eq!(service.json("clock turn-back", &[])["movedInvitations"], 0);

    let key = master_key::read(&service.home.path().join("master.key")).unwrap();
    let data = service.home.path().join("data");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = open::store(&data, &key, store::Role::Tool).unwrap();
        let put = store.write_instance((), |tx, ()| {
            Box::pin(async move { tx.put_setting("highest_instant", "4070908800000000").await })
        });
        put.await.unwrap();
        store.close().await;
    });
    let shown = service.json("clock show", &[]);
    assert_eq!(shown["links"], "2099-01-01T00:00:00Z");
    let listed = || service.json("invitation list --all", &[])["value"][0]["link"].clone();
    assert_eq!(listed(), "expired", "as the server's pages would say");
    let tried = service.json("clock turn-back --dry-run", &[]);
    assert_eq!(tried["endedInvitations"], 1, "{tried}");
    assert_eq!(listed(), "expired");
    let turned = service.json("clock turn-back", &[]);
    assert_eq!(turned["endedInvitations"], 1, "{turned}");
    assert_eq!(listed(), "ended");
    assert_eq!(service.command("audit verify", &[]).0, 0);
    let server = service.serve();
    assert_eq!(followed(&link), 410);
    let next = service.invite("sam@partner.example", &token);
    assert_eq!(followed(text(&next, "inviteRedeemUrl")), 303);
    assert_eq!(server.end().0, 0);
}

/// Writes a file as the command does.
fn private(path: &Path, content: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_master_key_is_changed_and_a_killed_change_is_finished() {
    let service = Service::new();
    let server = service.serve();
    let app = service.json("app add --name Portal", ALL);
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let token = service.token(id, secret).unwrap();
    service.invite("sam@partner.example", &token);
    let (code, _, err) = service.command("keys rotate --master", &[]);
    assert_eq!((code, err.contains("stop the server")), (1, true), "{err}");
    assert_eq!(server.end().0, 0);

    let key = service.home.path().join("master.key");
    let next = service.home.path().join("master.key.next");
    let old = fs::read(&key).unwrap();
    // Killed before anything was sealed anew: the prepared key is worth nothing yet.
    let other = old.iter().rev().copied().collect::<Vec<u8>>();
    private(&next, &other);
    assert_eq!(service.command("audit verify", &[]).0, 0);
    assert_eq!(fs::read(&key).unwrap(), old);

    let changed = service.json("keys rotate --master", &[]);
    assert_eq!(changed["resealed"]["letters"], 1, "{changed}");
    let new = fs::read(&key).unwrap();
    assert_ne!(new, old);
    let kept = PathBuf::from(text(&changed, "oldKeyFile"));
    assert_eq!(fs::read(&kept).unwrap(), old);
    assert!(!next.exists());

    // Killed after the database was sealed anew, before the file was in place.
    fs::write(&key, &old).unwrap();
    private(&next, &new);
    assert_eq!(service.command("audit verify", &[]).0, 0);
    assert_eq!(fs::read(&key).unwrap(), new);
    assert!(!next.exists());

    // With a key that is none of the database's nothing opens, and it is said why.
    fs::write(&key, &old).unwrap();
    for line in ["audit verify", "app list", "serve"] {
        let (code, _, err) = service.command(line, &[]);
        let said = err.contains("do not open with this master key");
        assert_eq!((code, said), (1, true), "{line}: {err}");
    }
    fs::write(&key, &new).unwrap();

    let server = service.serve();
    assert_eq!(
        service.get("/v1.0/users", &token),
        200,
        "its signing key is the same"
    );
    assert!(service.token(id, secret).is_ok());
    assert_eq!(service.command("audit verify", &[]).0, 0);
    assert_eq!(server.end().0, 0);
}

/// The relay is asked by the command itself, and what it says is what the command says.
#[tokio::test(flavor = "multi_thread")]
async fn a_test_mail_tells_what_the_relay_says() {
    use crate::smtp_sink::{Encryption, Fault, Sink};
    let service = Service::new();
    let with = |url: &str, ca: &str| service.relay(url, ca);
    let test = || service.command("mail test you@fabrikam.example", &[]);

    let sink = Sink::start(Encryption::StartTls, &[]).await;
    let url = format!("smtp://127.0.0.1:{}", sink.address.port());
    with(
        &url,
        &format!("ca = {:?}\n", sink.ca_file.to_str().unwrap()),
    );
    let (code, out, err) = tokio::task::block_in_place(test);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert_eq!(sink.received().len(), 1);
    assert_eq!(sink.received()[0].recipients, ["you@fabrikam.example"]);

    // Its authority is not trusted.
    with(&url, "");
    let (code, _, err) = tokio::task::block_in_place(test);
    assert_eq!((code, err.contains("did not leave")), (1, true), "{err}");
    assert_eq!(sink.received().len(), 1);

    let refusing = Sink::start(Encryption::Plain, &[Fault::Rcpt("550 5.1.1 no such user")]).await;
    with(
        &format!("smtp://127.0.0.1:{}?tls=none", refusing.address.port()),
        "",
    );
    let (code, _, err) = tokio::task::block_in_place(test);
    assert_eq!((code, err.contains("refuses")), (1, true), "{err}");
}

/// A server that shows no mails prints the link, and sends nobody to an outbox: neither the command
/// nor the guest.
#[tokio::test(flavor = "multi_thread")]
async fn try_invite_knows_that_serve_has_no_outbox() {
    use crate::smtp_sink::{Encryption, Sink};
    let service = Service::new();
    let sink = Sink::start(Encryption::Plain, &[]).await;
    service.relay(
        &format!("smtp://127.0.0.1:{}?tls=none", sink.address.port()),
        "",
    );
    tokio::task::block_in_place(|| {
        let app = service.json("app add --name Portal", ALL);
        let secret = service.home.path().join("portal.secret");
        fs::write(&secret, text(&app, "clientSecret")).unwrap();
        let server = service.serve();
        let secret = secret.to_str().unwrap();
        let credentials = format!(
            "--client-id {} --client-secret-file",
            text(&app, "clientId")
        );
        let line = format!("try invite sam@partner.example {credentials}");
        let (code, out, err) = service.command(&line, &[secret]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(!out.contains("outbox"), "{out}");
        assert!(out.contains("this server does not show it"), "{out}");
        let printed = out.lines().find(|line| line.contains("/redeem/?tenant="));
        assert_eq!(followed(printed.unwrap().trim()), 303);
        // The guest goes to a page that this server has.
        let token = service.token(text(&app, "clientId"), text(&app, "clientSecret"));
        let url = format!("http://127.0.0.1:{}/v1.0/invitations", service.port);
        let answer = Client::new(None).unwrap().get(&url, Some(&token.unwrap()));
        let listed = answer.unwrap().json();
        let to = text(&listed["value"][0], "inviteRedirectUrl");
        assert_eq!(to, format!("http://127.0.0.1:{}/redeem/done", service.port));
        assert_eq!(followed(to), 200);
        wait_for(|| !sink.received().is_empty());
        // The rest of the story needs a mailbox that can be read.
        let line = format!("try invite kim@partner.example --headless {credentials}");
        let (code, _, err) = service.command(&line, &[secret]);
        assert_eq!(
            (code, err.contains("--headless needs a mailbox")),
            (1, true),
            "{err}"
        );
        assert_eq!(server.end().0, 0);
    });
}
