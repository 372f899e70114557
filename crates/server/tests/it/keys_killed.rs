//! `vestibule keys rotate --master` killed with SIGKILL at each of its steps: the next start
//! finishes the change, or goes on with the old key, and nothing that was sealed is lost.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::cli_admin::{ALL, Service, text};
use crate::cli_process::vestibule;

/// Kills in one sweep over the run, from the moment at which the new key lies beside the old one.
const KILLS: u32 = 8;
/// Sweeps at most: a machine that is busy elsewhere may miss a step once.
const SWEEPS: u32 = 5;

/// How far a run had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    /// The new key lies beside the old one, and the database knows nothing of it.
    Prepared,
    /// Everything is sealed under the new key, whose file is not in place.
    Sealed,
    /// The file is in place.
    Installed,
}

struct Files {
    key: PathBuf,
    next: PathBuf,
}

impl Files {
    fn of(service: &Service) -> Self {
        let key = service.home.path().join("master.key");
        let next = service.home.path().join("master.key.next");
        Self { key, next }
    }

    /// Starts the change and comes back when it has prepared its key.
    fn started(&self, service: &Service) -> Child {
        // What a run before left there is no use to this one.
        let before = fs::read(&self.next).ok();
        let mut child = vestibule("keys rotate --master --config")
            .arg(service.config())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let is_prepared = || {
            let now = fs::read(&self.next).ok();
            now.is_some() && now != before
        };
        while !is_prepared() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(50));
        }
        child
    }
}

#[test]
fn a_killed_change_of_the_master_key_is_finished_or_forgotten() {
    let service = Service::new();
    let server = service.serve();
    let app = service.json("app add --name Portal", ALL);
    let (id, secret) = (text(&app, "clientId"), text(&app, "clientSecret"));
    let token = service.token(id, secret).unwrap();
    service.invite("sam@partner.example", &token);
    assert_eq!(server.end().0, 0);
    let files = Files::of(&service);

    let mut whole = files.started(&service);
    let begun = Instant::now();
    assert!(whole.wait().unwrap().success());
    let takes = begun.elapsed();

    let mut seen = BTreeSet::new();
    for kill in 0..KILLS * SWEEPS {
        if kill >= KILLS && seen.contains(&Reached::Prepared) && seen.contains(&Reached::Sealed) {
            break;
        }
        let old = fs::read(&files.key).unwrap();
        let mut child = files.started(&service);
        std::thread::sleep(takes * (kill % KILLS) / KILLS);
        // Fails when it has ended already.
        let _ended = (child.kill(), child.wait());
        let prepared = fs::read(&files.next).ok();

        let (code, out, err) = service.command("audit verify", &[]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let new = fs::read(&files.key).unwrap();
        seen.insert(match &prepared {
            Some(_) if new == old => Reached::Prepared,
            Some(prepared) => {
                assert_eq!(&new, prepared);
                assert!(!files.next.exists(), "it is in place");
                Reached::Sealed
            }
            None => {
                assert_ne!(new, old);
                Reached::Installed
            }
        });
        let server = service.serve();
        assert_eq!(service.get("/v1.0/users", &token), 200, "kill {kill}");
        assert!(service.token(id, secret).is_ok());
        assert_eq!(server.end().0, 0);
    }
    assert!(
        seen.contains(&Reached::Prepared) && seen.contains(&Reached::Sealed),
        "the kills reached {seen:?} only"
    );

    // The letter that waits still opens.
    let last = service.json("keys rotate --master", &[]);
    assert_eq!(last["resealed"]["letters"], 1, "{last}");
    assert_eq!(last["resealed"]["signingKeys"], 1, "{last}");
    assert_eq!(service.command("audit verify", &[]).0, 0);
}
