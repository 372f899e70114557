//! The distribution's Chromium, driven through its own driver, trusting the instance's authority
//! and nothing else.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::web::free_port;
use crate::shell;

/// A browser and its driver; both end when dropped.
pub(super) struct Browser {
    _driver: Running,
    /// The session.
    pub(super) client: Client,
}

/// A command of the browser's own debugging protocol, which the driver passes on.
#[derive(Debug)]
struct Protocol {
    command: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for Protocol {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/goog/cdp/execute",
            session.unwrap_or_default()
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = json!({ "cmd": self.command, "params": self.parameters });
        (http::Method::POST, Some(body.to_string()))
    }
}

impl Browser {
    /// Starts driver and browser with an empty profile in `home`.
    ///
    /// # Errors
    /// One of the programs is missing or did not start.
    pub(super) async fn start(home: &Path, authority: &Path) -> Result<Self> {
        trust(home, authority)?;
        let port = free_port()?;
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .env("HOME", home)
            .env_remove("XDG_DATA_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("chromedriver")?;
        let mut capabilities = serde_json::map::Map::new();
        let profile = home.join("profile");
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ]
        .map(String::from)
        .to_vec();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        // The browser refuses its sandbox to root, which is what a build machine runs as.
        arguments.push("--no-sandbox".into());
        capabilities.insert("goog:chromeOptions".into(), json!({ "args": arguments }));
        // Made before anything can fail, so that the driver ends whatever happens next.
        let mut driver = Running(driver);
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                let client = ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&format!("http://127.0.0.1:{port}"))
                    .await
                    .context("the browser did not start")?;
                return Ok(Self {
                    _driver: driver,
                    client,
                });
            }
            if let Some(status) = driver.0.try_wait()? {
                anyhow::bail!("chromedriver ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("chromedriver did not answer")
    }

    /// Light or dark, as the person's system would say.
    ///
    /// # Errors
    /// The browser refused.
    pub(super) async fn scheme(&self, scheme: &str) -> Result<()> {
        let parameters =
            json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.client
            .issue_cmd(Protocol {
                command: "Emulation.setEmulatedMedia",
                parameters,
            })
            .await?;
        Ok(())
    }

    /// The page's size in CSS pixels, as a phone or a desk has it.
    ///
    /// # Errors
    /// The browser refused.
    pub(super) async fn size(&self, width: u32, height: u32) -> Result<()> {
        let parameters = json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600 });
        self.client
            .issue_cmd(Protocol {
                command: "Emulation.setDeviceMetricsOverride",
                parameters,
            })
            .await?;
        Ok(())
    }

    /// The page at phone and desk width, light and dark, as PNG files under `target/screenshots`.
    ///
    /// # Errors
    /// The browser refused or the folder cannot be written.
    pub(super) async fn photograph(&self, name: &str) -> Result<()> {
        let folder = shell::target().join("screenshots");
        std::fs::create_dir_all(&folder)?;
        for (place, width, height) in [("phone", 360, 800), ("desk", 1280, 900)] {
            self.size(width, height).await?;
            for scheme in ["light", "dark"] {
                self.scheme(scheme).await?;
                std::fs::write(
                    folder.join(format!("{name}-{place}-{scheme}.png")),
                    self.client.screenshot().await?,
                )?;
            }
        }
        self.scheme("light").await
    }
}

/// A program that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Puts the authority into the browser's own trust store, so that nothing has to be ignored.
fn trust(home: &Path, authority: &Path) -> Result<()> {
    for store in [".pki/nssdb", ".local/share/pki/nssdb"] {
        let folder = home.join(store);
        std::fs::create_dir_all(&folder)?;
        let database = format!("sql:{}", folder.display());
        shell::run(Command::new("certutil").args(["-d", &database, "-N", "--empty-password"]))?;
        shell::run(
            Command::new("certutil")
                .args(["-d", &database, "-A", "-t", "C,,", "-n", "vestibule", "-i"])
                .arg(authority),
        )?;
    }
    Ok(())
}
