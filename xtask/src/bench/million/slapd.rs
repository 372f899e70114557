//! `OpenLDAP`'s server from the distribution's package, with the same people and an index for each
//! attribute that is asked for. Its defaults stand: the database is made durable at every write.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::people::Person;
use crate::shell;

/// Where all people are.
pub(super) const SUFFIX: &str = "ou=people,dc=contoso,dc=com";
/// Who adds.
pub(super) const ADMIN: &str = "cn=admin,dc=contoso,dc=com";
/// With which password.
pub(super) const PASSWORD: &str = "loopback-only";

/// A running slapd; ended when dropped.
pub(super) struct Slapd {
    child: Child,
    /// Where it listens.
    pub(super) at: SocketAddr,
}

impl Slapd {
    /// Whether the package is installed.
    pub(super) fn is_here() -> bool {
        Path::new("/usr/sbin/slapd").exists() && Path::new("/usr/sbin/slapadd").exists()
    }

    /// Writes the people as LDIF and loads them with `slapadd -q`, its fast way that checks less.
    /// How long the loading took, without the writing of the file.
    ///
    /// # Errors
    /// The folder cannot be written, or slapadd refused.
    pub(super) fn load(folder: &Path, people: u64) -> Result<Duration> {
        std::fs::create_dir_all(folder.join("data"))?;
        std::fs::write(folder.join("slapd.conf"), configuration(folder))?;
        let entries = folder.join("people.ldif");
        let mut out = BufWriter::new(File::create(&entries)?);
        out.write_all(
            b"dn: dc=contoso,dc=com\nobjectClass: dcObject\nobjectClass: organization\ndc: contoso\no: Contoso\n\n\
              dn: ou=people,dc=contoso,dc=com\nobjectClass: organizationalUnit\nou: people\n\n",
        )?;
        for number in 0..people {
            out.write_all(Person::new(number).ldif(SUFFIX).as_bytes())?;
        }
        out.flush()?;
        let started = Instant::now();
        shell::run(
            Command::new("/usr/sbin/slapadd")
                .arg("-q")
                .arg("-f")
                .arg(folder.join("slapd.conf"))
                .arg("-l")
                .arg(&entries),
        )?;
        let took = started.elapsed();
        std::fs::remove_file(entries)?;
        Ok(took)
    }

    /// Starts it on a free port.
    ///
    /// # Errors
    /// It did not listen in time.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let child = Command::new("/usr/sbin/slapd")
            .arg("-f")
            .arg(folder.join("slapd.conf"))
            .arg("-h")
            .arg(format!("ldap://127.0.0.1:{port}"))
            // In the foreground, so that it is ours to end.
            .args(["-d", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("slapd")?;
        let slapd = Self {
            child,
            at: SocketAddr::from(([127, 0, 0, 1], port)),
        };
        for _ in 0..200 {
            if std::net::TcpStream::connect(slapd.at).is_ok() {
                return Ok(slapd);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("slapd did not listen")
    }

    /// Its process id.
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(folder: &Path) -> String {
    let schemas: String = ["core", "cosine", "inetorgperson"]
        .map(|name| format!("include /etc/ldap/schema/{name}.schema\n"))
        .concat();
    let data: PathBuf = folder.join("data");
    format!(
        "{schemas}\
         modulepath /usr/lib/ldap\n\
         moduleload back_mdb\n\
         pidfile {pid}\n\
         database mdb\n\
         suffix \"dc=contoso,dc=com\"\n\
         rootdn \"{ADMIN}\"\n\
         rootpw {PASSWORD}\n\
         directory {data}\n\
         maxsize 17179869184\n\
         sizelimit unlimited\n\
         index objectClass eq\n\
         index uid,mail,employeeNumber,departmentNumber eq\n\
         index cn eq,sub\n",
        pid = folder.join("slapd.pid").display(),
        data = data.display(),
    )
}
