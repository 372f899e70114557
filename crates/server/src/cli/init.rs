//! `vestibule init`: configuration, master key and database of a service.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use directory::{Directory, DomainSetting, Ids, Settings, SystemIds, TenantPlan};
use store::{Role, TenantId};

use super::running;
use super::stopped::{policy_without_mail, refused};
use crate::config::Config;
use crate::http::origin::Origin;
use crate::instance::files::{self, Access};
use crate::instance::master_key::{self, MasterKey, Purpose};
use crate::instance::{MASTER_KEY, open};
use crate::terminal::{Failure, Screen};

/// The configuration's name in the folder.
const CONFIG: &str = "vestibule.toml";
/// The database's folder in the folder.
const DATA: &str = "data";

/// Set a service up: write its configuration, its master key and a database with one tenant
#[derive(Args, Debug)]
#[command(
    override_usage = "vestibule init --dir DIR --tenant-name NAME --initial-domain DOMAIN
                      --public-origin URL [OPTIONS]",
    after_help = "Nothing that exists is overwritten. Read the configuration before you serve: it \
        explains every setting.

Example:
  vestibule init --dir /etc/vestibule \\
      --tenant-name Contoso --domain contoso.com \\
      --initial-domain contoso.onmicrosoft.com \\
      --public-origin https://invite.contoso.com"
)]
pub struct InitArgs {
    /// Folder to write into
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// The organisation's name, as guests see it
    #[arg(long, value_name = "NAME")]
    tenant_name: String,
    /// Verified domain of the organisation; may be given several times
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// Verified domain whose users sign in elsewhere; may be given several times
    #[arg(long = "federated-domain", value_name = "DOMAIN")]
    federated: Vec<String>,
    /// The domain that generated names use, for good
    #[arg(long, value_name = "DOMAIN")]
    initial_domain: String,
    /// Where clients find the server: `https://host[:port]`
    #[arg(long, value_name = "URL", value_parser = origin)]
    public_origin: Origin,
    /// Address to listen on
    /// [default: 127.0.0.1:8080 behind a proxy, 0.0.0.0:443 with --certificate]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// PEM file with the certificate chain; without it, a proxy on this machine must end TLS
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// PEM file with its private key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

fn origin(text: &str) -> Result<Origin, String> {
    let origin = Origin::parse(text).map_err(|error| error.to_string())?;
    if origin.is_secure() || origin.is_loopback() {
        Ok(origin)
    } else {
        Err("would carry tokens and links in clear; use https".to_owned())
    }
}

/// Runs the command.
pub fn run(args: &InitArgs) -> Result<(), Failure> {
    let dir = std::path::absolute(&args.dir)
        .map_err(|error| Failure::usage("--dir cannot be used").because(error))?;
    let [config, key_file, data] = [CONFIG, MASTER_KEY, DATA].map(|name| dir.join(name));
    if let Some(there) = [&config, &key_file, &data]
        .into_iter()
        .find(|path| path.exists())
    {
        return Err(Failure::new(format!("{} exists already", there.display()))
            .because("init overwrites nothing")
            .mend("name another folder with --dir"));
    }
    let text = configuration(args)?;
    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(format!("cannot write to {}", dir.display())).because(why)
    };
    files::make_private_dir(&data).map_err(|error| failed(&error))?;
    let key = master_key::create(&key_file, Purpose::Service).map_err(|error| failed(&error))?;
    if let Err(failure) = make_tenant(args, &data, &key) {
        // Nothing of a failed start may stand in the way of the next; both were made a moment ago.
        let _undone = (fs::remove_dir_all(&data), fs::remove_file(&key_file));
        return Err(failure);
    }
    files::write(&config, text.as_bytes(), Access::Public).map_err(|error| failed(&error))?;
    Ok(next_steps(args, &config, &key_file).show()?)
}

fn make_tenant(args: &InitArgs, data: &Path, key: &MasterKey) -> Result<(), Failure> {
    let own = args.domains.iter().map(|name| (name, false));
    let domains = own.chain(args.federated.iter().map(|name| (name, true)));
    let plan = TenantPlan {
        id: TenantId(SystemIds.uuid()),
        display_name: args.tenant_name.clone(),
        initial_domain: args.initial_domain.clone(),
        domains: domains
            .map(|(name, federated)| DomainSetting {
                name: name.clone(),
                federated,
            })
            .collect(),
        settings: Settings::default(),
    };
    running::runtime()?.block_on(async {
        let store = open::store(data, key, Role::Server)
            .map_err(|error| Failure::new("cannot make the database").because(error))?;
        let directory: Directory = open::directory(
            store,
            key,
            policy_without_mail(args.public_origin.as_str().to_owned()),
        );
        let made = directory.add_tenant(plan).await;
        let signing = open::signing_keys(&directory).await;
        directory.store().close().await;
        made.map_err(|refusal| refused("the tenant cannot be made", &refusal))?;
        signing.map_err(|error| Failure::new("cannot make the signing key").because(error))?;
        Ok(())
    })
}

/// The file, every setting explained. It is read back before it is written.
fn configuration(args: &InitArgs) -> Result<String, Failure> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let absolute = |path: &PathBuf| {
        let path = std::path::absolute(path)
            .map_err(|error| Failure::usage("a file cannot be used").because(error))?;
        Ok::<_, Failure>(quoted(&path.to_string_lossy()))
    };
    let listen = if let (Some(certificate), Some(key)) = (&args.certificate, &args.key) {
        let address = args
            .listen
            .map_or_else(|| "0.0.0.0:443".to_owned(), |address| address.to_string());
        format!(
            "# TLS ends here. The files are read again on SIGHUP.\nhttps = [\"{address}\"]\ncertificate = {}\nkey = {}\n",
            absolute(certificate)?,
            absolute(key)?
        )
    } else {
        let address = args.listen.map_or_else(
            || "127.0.0.1:8080".to_owned(),
            |address| address.to_string(),
        );
        format!(
            "# A proxy on this machine ends TLS. It must set X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.\n\
             http = [\"{address}\"]\nbehind_proxy = true\ntrusted_proxies = [\"127.0.0.1/32\", \"::1/128\"]\n"
        )
    };
    let text = include_str!("vestibule.toml")
        .replace("@origin@", &quoted(args.public_origin.as_str()))
        .replace("@tenant@", &quoted(&args.initial_domain))
        .replace("@listen@\n", &listen);
    Config::parse(&text, CONFIG)
        .map_err(|error| Failure::usage("these arguments make no configuration").because(error))?;
    Ok(text)
}

fn next_steps(args: &InitArgs, config: &Path, key_file: &Path) -> Screen {
    let mut screen = Screen::new(13);
    let shown = config.display();
    screen
        .row("Configuration", shown.to_string())
        .row(
            "Master key",
            format!(
                "{}   back it up apart from the database",
                key_file.display()
            ),
        )
        .row(
            "Tenant",
            format!("{}  {}", args.tenant_name, args.initial_domain),
        )
        .heading("Next")
        .line(format!(
            "  1. Name your mail server in [mail] of {shown}; without one nobody can be invited."
        ))
        .line(format!(
            "  2. vestibule app add --config {shown} --name Onboarding --permission User.Invite.All"
        ))
        .line(format!("  3. vestibule serve --config {shown}"));
    screen
}
