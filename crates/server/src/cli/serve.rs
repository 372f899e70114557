//! `vestibule serve`: a service, from a configuration file and nothing else.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use directory::Directory;

use super::place::read_config;
use super::running::{self, BoundListener};
use super::start::{self, Faults, Instance, Settings};
use super::{mail, operations, stopped};
use crate::app::{App, AppState, Mode};
use crate::config::Config;
use crate::graph::throttle::ReadLimits;
use crate::http::listener::Limits;
use crate::http::tls::Tls;
use crate::instance::open::{self, OpenFor};
use crate::log;
use crate::mail::Branding;
use crate::router::router;
use crate::terminal::Failure;

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
    let filter = filter.unwrap_or(&config.log.filter).to_owned();
    let runtime = running::runtime()?;
    let settings = start::settings(&config, &args.config, &filter, OpenFor::Serving);
    let settings = runtime.block_on(settings).map_err(Faults::failure)?;
    log::install(&filter, log::Format::Json)
        .map_err(|error| Failure::new("log.filter cannot be used").because(error))?;
    runtime.block_on(serve(config, settings))
}

async fn serve(config: Config, settings: Settings) -> Result<(), Failure> {
    let (sockets, reloadable) = bind(&config, settings.tls.as_ref()).await?;
    let watched = running::bind(config.operations.listen, "operations.listen").await?;
    let policy = start::policy(&config, &settings.origins);
    let (key, logos) = (&settings.key, &settings.logos);
    let instance = start::database(&config, key, policy, logos, OpenFor::Serving).await;
    let Instance {
        directory, logos, ..
    } = instance.map_err(Faults::failure)?;
    let signing = open::signing_keys(&directory)
        .await
        .map_err(|error| Failure::new("the instance cannot be opened").because(error))?;
    apply_tenants(&config, &directory).await?;

    let Settings {
        origins,
        limits,
        mailer,
        pages,
        ..
    } = settings;
    let pages = pages.with_logos(logos.iter().map(|(tenant, logo)| (*tenant, logo)));
    let branding = Branding::load(logos, config.templates_dir.as_deref()).map_err(|error| {
        Failure::new("the templates cannot be used").because(format!("templates_dir: {error}"))
    })?;
    let mut state = AppState::new(directory.clone(), origins, Mode::Serve, signing, pages);
    state.read_limits = ReadLimits::new(config.quotas.read_units);
    let app = App::new(state);
    let counts = &app.metrics.connections;
    let listeners = running::listen(router(app.clone()), sockets, limits, counts);
    let operations = operations::router(app.clone());
    let watching = running::listen(
        operations,
        vec![BoundListener {
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

async fn bind(
    config: &Config,
    tls: Option<&Arc<Tls>>,
) -> Result<(Vec<BoundListener>, Vec<Arc<Tls>>), Failure> {
    let mut sockets = Vec::new();
    if let Some(tls) = tls {
        for address in &config.listen.https {
            sockets.push(BoundListener {
                socket: running::bind(*address, "listen.https").await?,
                tls: Some(Arc::clone(tls)),
            });
        }
    }
    for address in &config.listen.http {
        sockets.push(BoundListener {
            socket: running::bind(*address, "listen.http").await?,
            tls: None,
        });
    }
    Ok((sockets, tls.cloned().into_iter().collect()))
}

/// Writes the settings of `[tenants]` where they differ from what the database holds.
async fn apply_tenants(config: &Config, directory: &Directory) -> Result<(), Failure> {
    for (name, settings) in &config.tenants {
        let wrong =
            |refusal| stopped::refused(&format!("tenants.{name:?} cannot be applied"), &refusal);
        let tenant = directory.find_tenant(name).await.map_err(wrong)?;
        let settings = settings.clone().into();
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
