//! How long a short list takes while another app's scans run.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::loaded::Loaded;
use crate::bench::load;
use crate::journeys::binary;
use crate::shell;

/// Batches under way, and the scans in each: as many as a batch may have.
const BATCHES: u32 = 3;
const SCANS: u32 = 20;
/// How long the short list is asked for.
const SPAN: Duration = Duration::from_secs(10);
/// The batches begin before it and end after it.
const LEAD: Duration = Duration::from_secs(2);

/// Asks for two users as another app, with nobody else there and beside the scans.
///
/// # Errors
/// An answer was none.
pub(super) fn run(directory: &Loaded) -> Result<()> {
    let target = &directory.target;
    let mut add = Command::new(binary()?);
    add.args(["app", "add", "--name", "Other", "--json"])
        .args(["--permission", "User.Read.All", "--dir"])
        .arg(target.dev.dir());
    let added: Value = serde_json::from_str(&shell::read(&mut add)?)?;
    let text = |name: &str| {
        added[name]
            .as_str()
            .context("no such member")
            .map(str::to_owned)
    };
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        target.dev.get("HTTP_URL"),
        target.dev.get("TENANT")
    );
    let answer: Value = ureq::post(url)
        .send_form([
            ("grant_type", "client_credentials"),
            ("client_id", &*text("clientId")?),
            ("client_secret", &*text("clientSecret")?),
            ("scope", "https://graph.microsoft.com/.default"),
        ])?
        .body_mut()
        .read_json()?;
    let token = answer["access_token"].as_str().context("no token")?;
    let short = load::bytes("GET", "/v1.0/users?$top=2", &target.host, token, "");
    let ask = || {
        let short = short.clone();
        load::run(target.at, 1, SPAN, load::http(&[200]), move |_, _| {
            short.clone()
        })
    };
    let alone = ask()?;

    // Nobody has a name with this in it, so that each scan looks at everybody.
    let walked = "/users?$filter=endsWith(mail,'.nowhere')&$count=true&$top=1";
    let steps: Vec<Value> = (0..SCANS)
        .map(|id| {
            let headers = json!({"ConsistencyLevel": "eventual"});
            json!({"id": id.to_string(), "method": "GET", "url": walked, "headers": headers})
        })
        .collect();
    let body = json!({ "requests": steps }).to_string();
    let batch = load::bytes("POST", "/v1.0/$batch", &target.host, &target.token, &body);
    let at = target.at;
    let scans = std::thread::spawn(move || {
        load::run(at, BATCHES, LEAD + SPAN, load::http(&[200]), move |_, _| {
            batch.clone()
        })
    });
    std::thread::sleep(LEAD);
    let beside = ask()?;
    let scans = scans
        .join()
        .map_err(|_| anyhow::anyhow!("the scans ended early"))??;
    println!(
        "  GET /users?$top=2: p50 {:.1?} alone; beside {BATCHES} batches of {SCANS} scans of another app p50 {:.1?} (aim <= 100 ms), p99 {:.1?}; {} batches were answered",
        alone.percentile(0.5),
        beside.percentile(0.5),
        beside.percentile(0.99),
        scans.answers,
    );
    Ok(())
}
