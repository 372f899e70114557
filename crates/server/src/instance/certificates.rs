//! dev's own certificate authority and server certificate.
//!
//! The authority is made once and kept, so that a client told to trust `ca.pem` goes on trusting
//! it; it may sign server certificates and nothing else. The server certificate is renewed from it
//! before it expires.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use thiserror::Error;

use super::files::{self, Access};

/// Years the authority lives: a developer's folder should outlive its trust settings, not the other
/// way round.
const CA_YEARS: i64 = 10;
/// Days a server certificate lives: browsers refuse more than 398 from an authority that the user
/// did not install.
const LEAF_DAYS: i64 = 397;
/// A certificate with fewer days left is renewed at start: longer than anybody keeps a dev server
/// running.
const RENEW_DAYS: i64 = 30;
/// Clocks of containers and virtual machines lag: certificates begin this many days ago.
const BACKDATE_DAYS: i64 = 1;
/// Marks the line before the certificate that says when it ends; PEM readers skip text outside the
/// block.
const END_MARK: &str = "Not after: ";

/// Marks the line that lists the names and addresses beside those of this machine.
const HOSTS_MARK: &str = "Also for: ";

const DNS_NAMES: [&str; 2] = ["localhost", "*.localhost"];
const ADDRESSES: [&str; 2] = ["127.0.0.1", "::1"];

/// The files that `prepare` leaves behind.
#[derive(Clone, Debug)]
pub struct CertificateFiles {
    /// The authority's certificate, for clients to trust.
    pub ca: PathBuf,
    /// The server's certificate.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
}

/// Why the certificates could not be made.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The stored authority is damaged or a certificate cannot be signed.
    #[error("certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The clock stands outside the years a certificate can name.
    #[error("the clock's date cannot be written into a certificate")]
    Date,
}

/// Makes what is missing or about to expire in `dir`, and leaves the rest as it is.
pub fn prepare(dir: &Path, now: Timestamp) -> Result<CertificateFiles, CertificateError> {
    prepare_for(dir, now, &[])
}

/// [`prepare`] for a server that clients reach by further names and addresses.
pub fn prepare_for(
    dir: &Path,
    now: Timestamp,
    hosts: &[String],
) -> Result<CertificateFiles, CertificateError> {
    let files = CertificateFiles {
        ca: dir.join("ca.pem"),
        certificate: dir.join("server.pem"),
        key: dir.join("server.key"),
    };
    let ca_key = dir.join("ca.key");
    let today = now.to_zoned(TimeZone::UTC).date();
    let ca_end = end_of(&files.ca).filter(|_| ca_key.exists());
    let fresh_ca = !lasts(ca_end, today);
    if fresh_ca {
        make_authority(&files.ca, &ca_key, today)?;
    }
    let lasts = lasts(end_of(&files.certificate), today);
    if fresh_ca || !files.key.exists() || !lasts || !names(&files.certificate, hosts) {
        make_leaf(&files, &ca_key, today, hosts)?;
    }
    Ok(files)
}

/// Whether the line before the certificate says that it names all of these.
fn names(path: &Path, hosts: &[String]) -> bool {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(HOSTS_MARK));
    let named: Vec<_> = line.unwrap_or_default().split(' ').collect();
    hosts.iter().all(|host| named.contains(&host.as_str()))
}

fn lasts(end: Option<Date>, today: Date) -> bool {
    end.is_some_and(|end| {
        today
            .checked_add(RENEW_DAYS.days())
            .is_ok_and(|soon| soon < end)
    })
}

/// The day written before the certificate, or none when there is no such file or line: then it is
/// made anew.
fn end_of(path: &Path) -> Option<Date> {
    let text = fs::read_to_string(path).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix(END_MARK))?
        .parse()
        .ok()
}

fn make_authority(path: &Path, key_path: &Path, today: Date) -> Result<(), CertificateError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name = name("Vestibule dev local authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // No name constraints, although they would be right: under a DNS constraint, clients built on
    // webpki (rustls) check every name of the server certificate against it and refuse the whole
    // certificate over `*.localhost`, a wildcard with one label behind it. So the documentation
    // tells people to trust this file per client, never system-wide.
    let end = today
        .checked_add(CA_YEARS.years())
        .map_err(|_| CertificateError::Date)?;
    set_validity(&mut params, today, end)?;
    let certificate = params.self_signed(&key)?;
    // The key first: a certificate without its key is made anew, a key without certificate does no
    // harm.
    put(key_path, &key.serialize_pem(), Access::Private)?;
    put(path, &marked(&certificate.pem(), end), Access::Public)
}

fn make_leaf(
    files: &CertificateFiles,
    ca_key: &Path,
    today: Date,
    hosts: &[String],
) -> Result<(), CertificateError> {
    let authority_pem = get(&files.ca)?;
    let issuer = Issuer::from_ca_cert_pem(&authority_pem, KeyPair::from_pem(&get(ca_key)?)?)?;
    let key = KeyPair::generate()?;
    let names: Vec<String> = DNS_NAMES
        .iter()
        .chain(&ADDRESSES)
        .map(|name| (*name).to_owned())
        .chain(hosts.iter().cloned())
        .collect();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = name("Vestibule dev server");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let mut end = today
        .checked_add(LEAF_DAYS.days())
        .map_err(|_| CertificateError::Date)?;
    if let Some(ca_end) = end_of(&files.ca) {
        end = end.min(ca_end);
    }
    set_validity(&mut params, today, end)?;
    let certificate = params.signed_by(&key, &issuer)?;
    // The certificate last: its end line is what says that the pair is whole.
    put(&files.key, &key.serialize_pem(), Access::Private)?;
    let hosts = hosts.join(" ");
    let text = format!("{HOSTS_MARK}{hosts}\n{}", marked(&certificate.pem(), end));
    put(&files.certificate, &text, Access::Public)
}

fn name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::OrganizationName, "Vestibule dev");
    name.push(DnType::CommonName, common_name);
    name
}

fn set_validity(
    params: &mut CertificateParams,
    today: Date,
    end: Date,
) -> Result<(), CertificateError> {
    let start = today
        .checked_sub(BACKDATE_DAYS.days())
        .map_err(|_| CertificateError::Date)?;
    let at = |date: Date| {
        let part = |number: i8| u8::try_from(number).map_err(|_| CertificateError::Date);
        Ok::<_, CertificateError>(date_time_ymd(
            date.year().into(),
            part(date.month())?,
            part(date.day())?,
        ))
    };
    params.not_before = at(start)?;
    params.not_after = at(end)?;
    Ok(())
}

fn marked(pem: &str, end: Date) -> String {
    format!("{END_MARK}{end}\n{pem}")
}

fn get(path: &Path) -> Result<String, CertificateError> {
    fs::read_to_string(path).map_err(|source| CertificateError::Io {
        path: path.to_owned(),
        source,
    })
}

fn put(path: &Path, text: &str, access: Access) -> Result<(), CertificateError> {
    files::write(path, text.as_bytes(), access).map_err(|source| CertificateError::Io {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::RootCertStore;
    use rustls::client::WebPkiServerVerifier;
    use rustls::client::danger::ServerCertVerifier;
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

    use super::*;

    fn day(text: &str) -> Timestamp {
        format!("{text}T12:00:00Z").parse().unwrap()
    }

    /// Whether a client that trusts only our authority accepts the server under that name at that
    /// time.
    fn accepted(files: &CertificateFiles, name: &str, at: Timestamp) -> bool {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_file(&files.ca).unwrap())
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap();
        let seconds = std::time::Duration::from_secs(at.as_second().unsigned_abs());
        verifier
            .verify_server_cert(
                &CertificateDer::from_pem_file(&files.certificate).unwrap(),
                &[],
                &ServerName::try_from(name.to_owned()).unwrap(),
                &[],
                UnixTime::since_unix_epoch(seconds),
            )
            .is_ok()
    }

    #[test]
    fn the_loopback_names_are_accepted_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let now = day("2026-03-01");
        let files = prepare(dir.path(), now).unwrap();
        for (name, expected) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("example.com", false),
            ("127.0.0.2", false),
        ] {
            assert_eq!(accepted(&files, name, now), expected, "{name}");
        }
        // webpki, which judges here, refuses wildcards with one label behind them; others accept
        // them.
        let der = CertificateDer::from_pem_file(&files.certificate).unwrap();
        assert!(der.windows(11).any(|part| part == b"*.localhost"));
        assert_eq!(files::exposed(&files.key).unwrap(), None);
        assert_eq!(files::exposed(&dir.path().join("ca.key")).unwrap(), None);
    }

    #[test]
    fn further_names_are_accepted_once_they_are_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let now = day("2026-03-01");
        let files = prepare(dir.path(), now).unwrap();
        assert!(!accepted(&files, "vestibule.example", now));
        let hosts = ["vestibule.example".to_owned(), "10.1.2.3".to_owned()];
        let before = fs::read(&files.ca).unwrap();
        let files = prepare_for(dir.path(), now, &hosts).unwrap();
        for name in ["vestibule.example", "10.1.2.3", "localhost"] {
            assert!(accepted(&files, name, now), "{name}");
        }
        let leaf = fs::read(&files.certificate).unwrap();
        let files = prepare_for(dir.path(), now, &hosts[..1]).unwrap();
        assert_eq!(leaf, fs::read(&files.certificate).unwrap());
        assert_eq!(
            before,
            fs::read(&files.ca).unwrap(),
            "the authority is stable"
        );
    }

    #[test]
    fn the_authority_stays_and_the_certificate_is_renewed() {
        let dir = tempfile::tempdir().unwrap();
        let at = |text| {
            let files = prepare(dir.path(), day(text)).unwrap();
            assert!(accepted(&files, "localhost", day(text)), "{text}");
            (
                fs::read(&files.ca).unwrap(),
                fs::read(&files.certificate).unwrap(),
            )
        };
        let first = at("2026-03-01");
        assert_eq!(first, at("2026-12-01"), "nothing to renew");
        let renewed = at("2027-03-20");
        assert_eq!(first.0, renewed.0, "the authority is stable");
        assert_ne!(first.1, renewed.1, "the certificate is near its end");
        let late = at("2036-02-20");
        assert_ne!(first.0, late.0, "an authority near its end is replaced");
    }

    #[test]
    fn a_lost_key_is_made_again() {
        let dir = tempfile::tempdir().unwrap();
        let now = day("2026-03-01");
        let files = prepare(dir.path(), now).unwrap();
        fs::remove_file(&files.key).unwrap();
        fs::remove_file(dir.path().join("ca.key")).unwrap();
        let files = prepare(dir.path(), now).unwrap();
        assert!(accepted(&files, "localhost", now));
    }
}
