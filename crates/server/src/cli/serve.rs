//! `vestibule serve`: a service, from a configuration file and nothing else.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use directory::{Directory, MailPicture, Policy};
use store::{Role, TenantId};

use super::place::read_config;
use super::running::{self, Bound};
use super::terminal::Failure;
use super::{mail, operations, stopped};
use crate::app::{App, AppState, Mode, router};
use crate::config::Config;
use crate::config::safety::{self, Danger};
use crate::graph::throttle::ReadLimits;
use crate::http::listener::Limits;
use crate::http::origin::Origins;
use crate::http::tls::Tls;
use crate::instance::master_key::MasterKey;
use crate::instance::{open, sample};
use crate::log;
use crate::mail::{Branding, LOGO_BYTES, picture};
use crate::pages::Pages;

/// Serve an instance that `vestibule init` set up
#[derive(Args, Debug)]
#[command(
    after_help = "Logs JSON lines to standard error. SIGTERM and SIGINT end it after the requests \
        under way; SIGHUP reads the certificate again. It refuses to start on unsafe settings and \
        on anything that `vestibule dev` made, and names all of them.

Example:
  vestibule serve --config /etc/vestibule/vestibule.toml"
)]
pub struct ServeArgs {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

/// Runs the command until it is told to end.
pub fn run(args: &ServeArgs, filter: Option<&str>) -> Result<(), Failure> {
    let config = read_config(&args.config)?;
    refuse(safety::dangers(&config))?;
    let runtime = running::runtime()?;
    let key = open::master_key(&config.data_dir, &config.key_file);
    let key = runtime.block_on(key).map_err(|error| {
        Failure::new("the master key cannot be read")
            .because(error)
            .mend("vestibule init makes a configuration with its key")
    })?;
    refuse(safety::dangers_on_disk(&config, &args.config, &key))?;
    log::install(filter.unwrap_or(&config.log.filter), log::Format::Json)
        .map_err(|error| Failure::new("log.filter cannot be used").because(error))?;
    runtime.block_on(serve(config, key))
}

/// Names all dangers at once.
fn refuse(dangers: Vec<Danger>) -> Result<(), Failure> {
    if dangers.is_empty() {
        return Ok(());
    }
    let failure = Failure::new("refused to serve: the configuration is not safe");
    Err(dangers.into_iter().fold(failure, Failure::because))
}

async fn serve(config: Config, key: MasterKey) -> Result<(), Failure> {
    let unusable = |(setting, why): (&str, String)| {
        Failure::new("the configuration cannot be used").because(format!("{setting}: {why}"))
    };
    let origins = config.origins().map_err(unusable)?;
    let (sockets, reloadable) = bind(&config).await?;
    let watched = running::bind(config.operations.listen, "operations.listen").await?;
    let hello = origins
        .listed()
        .first()
        .map_or("localhost", |origin| origin.host());
    let mailer = mail::of_service(config.mail.as_ref(), hello)?;

    let directory = open(&config, &key, &origins)?;
    refuse_dev_objects(&directory).await?;
    // First of all that writes: with another master key nothing may be written.
    let signing = open::signing_keys(&directory)
        .await
        .map_err(|error| Failure::new("the instance cannot be opened").because(error))?;
    directory
        .resume_time()
        .await
        .map_err(|refusal| stopped::refused("cannot read the database", &refusal))?;
    apply_tenants(&config, &directory).await?;

    let logos = logos(&config, &directory).await?;
    let no_templates = |error| {
        Failure::new("the templates cannot be used").because(format!("templates_dir: {error}"))
    };
    let folder = config.templates_dir.as_deref();
    let pages = Pages::load(folder).map_err(no_templates)?;
    let pages = pages.with_logos(logos.iter().map(|(tenant, logo)| (*tenant, logo)));
    let branding = Branding::load(logos, folder).map_err(no_templates)?;
    let mut state = AppState::new(directory.clone(), origins, Mode::Serve, signing, pages);
    state.read_limits = ReadLimits::new(config.quotas.read_units);
    let app = App::new(state);
    let counts = &app.metrics.connections;
    let listeners = running::listen(
        router(app.clone()),
        sockets,
        config.limits().map_err(unusable)?,
        counts,
    );
    let operations = operations::router(app.clone());
    let watching = running::listen(
        operations,
        vec![Bound {
            socket: watched,
            tls: None,
        }],
        Limits::of_whole(WATCHERS),
        counts,
    );
    if mailer.is_none() {
        tracing::warn!("no [mail] in the configuration: invitations will be refused");
    }
    if let Some(mailer) = &mailer {
        mail::tell_whether_it_works(Arc::clone(mailer));
    }
    let background = running::Background::start(&app, mailer, branding);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "serving");

    running::until_told(&reloadable).await?;
    tracing::info!("ending");
    let ended = running::end(listeners, background, &directory).await;
    // Last, so that whoever watches sees the end.
    watching.shut_down().await;
    tracing::info!("ended");
    ended
}

/// Scrapers and probes: a handful, each with a connection it keeps.
const WATCHERS: usize = 32;

async fn bind(config: &Config) -> Result<(Vec<Bound>, Vec<Arc<Tls>>), Failure> {
    let mut sockets = Vec::new();
    let mut reloadable = Vec::new();
    if let (Some(certificate), Some(key)) = (&config.listen.certificate, &config.listen.key) {
        let tls = Tls::load(certificate, key)
            .map_err(|error| Failure::new("TLS cannot be set up").because(error))?;
        let tls = Arc::new(tls);
        for address in &config.listen.https {
            sockets.push(Bound {
                socket: running::bind(*address, "listen.https").await?,
                tls: Some(Arc::clone(&tls)),
            });
        }
        reloadable.push(tls);
    }
    for address in &config.listen.http {
        sockets.push(Bound {
            socket: running::bind(*address, "listen.http").await?,
            tls: None,
        });
    }
    Ok((sockets, reloadable))
}

fn open(config: &Config, key: &MasterKey, origins: &Origins) -> Result<Directory, Failure> {
    let dir = config.data_dir.display();
    open::is_there(&config.data_dir).map_err(|why| {
        Failure::new(format!("there is no database in {dir}"))
            .because(why)
            .mend("vestibule init makes one")
    })?;
    let store = open::store(&config.data_dir, key, Role::Server).map_err(|error| {
        Failure::new(format!("cannot open the database in {dir}")).because(error)
    })?;
    let policy = policy(config, origins);
    Ok(open::directory(store, key, policy))
}

/// What the configuration decides for the whole instance.
pub fn policy(config: &Config, origins: &Origins) -> Policy {
    Policy {
        public_origin: origins.first().to_owned(),
        mail_configured: config.mail.is_some(),
        smtputf8: config.mail.as_ref().is_some_and(|mail| mail.smtputf8),
        quota_factor: config.quotas.factor,
        keep_letters: false,
    }
}

/// A database without a tenant has lost what was in it. One that was dev's, under another name and with another key, still has dev's app and its known secret.
async fn refuse_dev_objects(directory: &Directory) -> Result<(), Failure> {
    let unreadable = |refusal| stopped::refused("cannot read the database", &refusal);
    let tenants = directory.tenants().await.map_err(unreadable)?;
    if tenants.is_empty() {
        return Err(Failure::new("refused to serve: the database is empty")
            .because("`vestibule init` makes one with a tenant, so this is not what it made")
            .mend("restore the database from a backup"));
    }
    for tenant in tenants {
        if directory
            .app(tenant.id, sample::CLIENT_ID)
            .await
            .map_err(unreadable)?
            .is_some()
        {
            return Err(Failure::new(
                "refused to serve: the database holds the app of `vestibule dev`",
            )
            .because(format!(
                "its client id {} and secret are printed in the documentation",
                sample::CLIENT_ID
            ))
            .mend("vestibule init makes a database of its own"));
        }
    }
    Ok(())
}

/// The logos of `[tenants]`.
async fn logos(
    config: &Config,
    directory: &Directory,
) -> Result<HashMap<TenantId, MailPicture>, Failure> {
    let mut found = HashMap::new();
    for (name, settings) in &config.tenants {
        let Some(path) = &settings.logo else { continue };
        let unusable = |why: &dyn std::fmt::Display| {
            Failure::new(format!("tenants.{name:?}.logo cannot be used"))
                .because(format!("{}: {why}", path.display()))
        };
        let size = std::fs::metadata(path)
            .map_err(|error| unusable(&error))?
            .len();
        if size > LOGO_BYTES as u64 {
            return Err(unusable(&"more than 64 KiB; every mail carries it"));
        }
        let bytes = std::fs::read(path).map_err(|error| unusable(&error))?;
        let picture = picture(bytes).ok_or_else(|| unusable(&"neither PNG nor JPEG"))?;
        let tenant = directory.find_tenant(name).await;
        let tenant = tenant.map_err(|refusal| stopped::refused("reading tenants", &refusal))?;
        found.insert(tenant.id, picture);
    }
    Ok(found)
}

/// Writes the settings of `[tenants]` where they differ from what the database holds.
async fn apply_tenants(config: &Config, directory: &Directory) -> Result<(), Failure> {
    for (name, settings) in &config.tenants {
        let wrong =
            |refusal| stopped::refused(&format!("tenants.{name:?} cannot be applied"), &refusal);
        let tenant = directory.find_tenant(name).await.map_err(wrong)?;
        let settings = settings.clone().into();
        // Also where they are as they were: an earlier version took what this one refuses.
        directory.check_settings(&settings).map_err(wrong)?;
        if tenant.settings != settings {
            directory
                .set_settings(tenant.id, &settings)
                .await
                .map_err(wrong)?;
            tracing::info!(tenant = %tenant.id.0, "settings applied");
        }
    }
    Ok(())
}
