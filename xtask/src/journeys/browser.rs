//! The whole story as the invited person lives it: headless Chromium, TLS, a real SMTP server.
//!
//! Accept leads to a target that redirects on to a third host, because browsers hold the consent
//! page's `form-action` against the whole chain.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fantoccini::Locator;
use fantoccini::elements::Element;

use super::Instance;
use super::driver::Browser;
use super::mailserver::{MailServer, Message, link, passcode};
use super::web::{Graph, free_port, page, redirect, serve};
use crate::report::Outcome;
use crate::shell;

const ADDRESS: &str = "sam@fabrikam.example";
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn run() -> Result<Outcome> {
    for program in ["chromium", "chromedriver", "certutil", "python3"] {
        if !shell::has(program) {
            return Ok(Outcome::Skipped(format!("{program} is missing")));
        }
    }
    let folder = tempfile::tempdir()?;
    let mail = MailServer::start(folder.path(), None)?;
    let (http, https) = (free_port()?, free_port()?);
    let origin = format!("https://localhost:{https}");
    let smtp = format!("smtp://127.0.0.1:{}?tls=none", mail.port);
    let dev = Instance::start_at(
        folder.path(),
        http,
        https,
        &["--public-origin", &origin, "--smtp", &smtp],
    )?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(journey(folder.path(), &dev, &mail, &origin))
}

async fn journey(
    folder: &Path,
    dev: &Instance,
    mail: &MailServer,
    origin: &str,
) -> Result<Outcome> {
    // Three hosts: the server, the registered target, and where the target sends people on.
    let third = serve(page("Third host"))?;
    let target = serve(redirect(&format!("http://127.0.0.1:{third}/")))?;
    let graph = Graph::connect(dev)?;
    let made = graph.invite(ADDRESS, &format!("http://localhost:{target}/welcome"), true)?;
    let guest = made["invitedUser"]["id"].as_str().context("no guest")?;
    let sent = mail.wait(PATIENCE, |mail| mail.to == [ADDRESS])?;
    let link = sent.text.as_deref().and_then(link).context("no link")?;
    ensure!(
        link.starts_with(&format!("{origin}/redeem/?")),
        "the link leads elsewhere: {link}"
    );

    let browser = Browser::start(&folder.join("home"), Path::new(dev.get("CA_FILE"))).await?;
    land(&browser, &link, mail).await?;
    prove(&browser, mail, &sent).await?;
    consent(&browser, third).await?;
    let user = graph.get(&format!("/users/{guest}?$select=externalUserState"))?;
    ensure!(
        user["externalUserState"] == "Accepted",
        "the guest is {user}"
    );
    afterwards(&browser, &link, origin, third).await?;
    println!(
        "screenshots: {}",
        shell::target().join("screenshots").display()
    );
    Ok(Outcome::Passed(
        "Accepted over TLS, followed to a third host".into(),
    ))
}

/// The link shows who invites; looking sends nothing.
async fn land(browser: &Browser, link: &str, mail: &MailServer) -> Result<()> {
    browser.client.goto(link).await?;
    let landed = browser.client.current_url().await?;
    ensure!(
        !landed.as_str().contains("ticket"),
        "the ticket is still in the address: {landed}"
    );
    ensure!(sound(browser).await?, "the landing page is not sound");
    browser.photograph("1-landing").await?;
    ensure!(
        mail.messages()?.len() == 1,
        "looking at the page sent a mail"
    );
    press(browser, "code").await
}

/// A wrong code is told; the right one, typed as people copy it, leads on.
async fn prove(browser: &Browser, mail: &MailServer, invitation: &Message) -> Result<()> {
    let sent = mail.wait(PATIENCE, |mail| {
        mail.text
            .as_deref()
            .is_some_and(|text| passcode(text).is_some())
    })?;
    ensure!(
        sent.id != invitation.id && sent.to == [ADDRESS],
        "the code went astray: {sent:?}"
    );
    let code = sent.text.as_deref().and_then(passcode).context("no code")?;
    ensure!(sound(browser).await?, "the code page is not sound");
    browser.photograph("2-code").await?;
    let wrong = if code == "11111111" {
        "22222222"
    } else {
        "11111111"
    };
    type_code(browser, wrong).await?;
    let alert = wait_for_element(browser, "[role=alert]")
        .await
        .context("a wrong code says nothing")?;
    ensure!(
        !alert.text().await?.trim().is_empty(),
        "a wrong code says nothing"
    );
    browser.photograph("3-wrong").await?;
    // In two groups, and sent with the Enter key.
    let (first, second) = code.split_at(4);
    type_code(browser, &format!("{first} {second}")).await
}

/// Consent names the next host; Accept follows the whole chain to the third.
async fn consent(browser: &Browser, third: u16) -> Result<()> {
    let client = &browser.client;
    if wait_for_element(browser, "form[action^='/redeem/accept']")
        .await
        .is_err()
    {
        anyhow::bail!("the right code led to {}", client.current_url().await?);
    }
    ensure!(sound(browser).await?, "the consent page is not sound");
    let text = client.find(Locator::Css("main")).await?.text().await?;
    ensure!(
        text.contains("localhost"),
        "the consent page does not name the next host: {text}"
    );
    browser.photograph("4-consent").await?;
    press(browser, "Accept").await?;
    let there = format!("http://127.0.0.1:{third}/").parse()?;
    client.wait().at_most(PATIENCE).for_url(&there).await?;
    ensure!(client.title().await? == "Third host", "did not arrive");
    Ok(())
}

/// The same browser is led on again; another learns nothing.
async fn afterwards(browser: &Browser, link: &str, origin: &str, third: u16) -> Result<()> {
    let client = &browser.client;
    client.goto(link).await?;
    let again = client.current_url().await?;
    ensure!(
        again.port() == Some(third),
        "the link does not lead the same browser on: {again}"
    );
    // Cookies can be deleted only where they live.
    client.goto(&format!("{origin}/redeem/")).await?;
    client.delete_all_cookies().await?;
    client.goto(link).await?;
    browser.photograph("5-used").await?;
    let text = client.source().await?;
    ensure!(!text.contains("fabrikam"), "a used link names the address");
    Ok(())
}

/// What every page keeps: one `h1`, a language, no sideways scroll on a phone.
async fn sound(browser: &Browser) -> Result<bool> {
    browser.size(320, 640).await?;
    let script = "return document.querySelectorAll('h1').length === 1 && !!document.documentElement.lang \
                  && document.title.length > 0 && document.documentElement.scrollWidth <= window.innerWidth;";
    let held = browser.client.execute(script, Vec::new()).await?;
    browser.size(1280, 900).await?;
    Ok(held == serde_json::Value::Bool(true))
}

/// The first element that matches, once the page that has it is there.
///
/// Enter only begins to send a form: until the answer is there the driver still reads the page
/// before it, so a step is known by an element that the page before lacks, never by looking once.
async fn wait_for_element(browser: &Browser, css: &str) -> Result<Element> {
    let wait = browser.client.wait().at_most(PATIENCE);
    Ok(wait.for_element(Locator::Css(css)).await?)
}

/// Presses the button whose text contains `word`, with the keyboard.
async fn press(browser: &Browser, word: &str) -> Result<()> {
    for button in browser.client.find_all(Locator::Css("button")).await? {
        if button
            .text()
            .await?
            .to_lowercase()
            .contains(&word.to_lowercase())
        {
            button.send_keys("\u{E007}").await?;
            return Ok(());
        }
    }
    anyhow::bail!("no button says {word}")
}

/// Types into the field that takes the code and presses Enter.
async fn type_code(browser: &Browser, code: &str) -> Result<()> {
    let field = wait_for_element(browser, "input[autocomplete=one-time-code]").await?;
    field.clear().await?;
    field.send_keys(&format!("{code}\u{E007}")).await?;
    Ok(())
}
