//! `vestibule token`: an access token for an app, alone on standard output.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::client::Client;
use super::place::{Access, InstanceArgs, ORDER};
use crate::terminal::{self, Failure};

/// What every app asks for: all permissions it was given.
const SCOPE: &str = "https://graph.microsoft.com/.default";

/// Print an access token alone, for scripts
#[derive(Args, Debug)]
#[command(after_help = format!("{ORDER}

Examples:
  vestibule token
  curl --cacert .vestibule/ca.pem https://localhost:8443/v1.0/users \\
      -H \"Authorization: Bearer $(vestibule token)\"
  vestibule token --config FILE --client-id ID --client-secret-file FILE"))]
pub struct TokenArgs {
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    credentials: Credentials,
}

/// Who asks, where the place does not say.
#[derive(Args, Clone, Debug, Default)]
pub struct Credentials {
    /// Tenant id or domain [env: TENANT]
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Client id of the app.
    #[arg(
        long,
        value_name = "ID",
        help = "Client id of the app [env: CLIENT_ID]"
    )]
    client_id: Option<String>,
    /// File that holds the app's secret.
    #[arg(
        long,
        value_name = "FILE",
        help = "File that holds the app's secret [env: CLIENT_SECRET holds the secret itself]"
    )]
    client_secret_file: Option<PathBuf>,
    /// The certificate authority to trust.
    #[arg(
        long,
        value_name = "FILE",
        help = "PEM file with the certificate authority to trust [env: CA_FILE]"
    )]
    ca_file: Option<PathBuf>,
}

impl Credentials {
    /// Flags over what the place said.
    pub fn over(self, mut access: Access) -> Result<Access, Failure> {
        let secret = match self.client_secret_file {
            Some(path) => {
                let text = fs::read_to_string(&path).map_err(|error| {
                    Failure::new(format!("cannot read {}", path.display())).because(error)
                })?;
                Some(text.trim_end_matches(['\r', '\n']).to_owned())
            }
            None => None,
        };
        access.tenant = self.tenant.or(access.tenant);
        access.set_client(self.client_id, secret);
        access.ca_file = self.ca_file.or(access.ca_file);
        Ok(access)
    }
}

/// Runs the command.
pub fn run(args: TokenArgs) -> Result<(), Failure> {
    let access = args.credentials.over(args.place.access()?)?;
    let client = Client::new(access.ca_file.as_deref())?;
    let token = fetch(&client, &access)?;
    Ok(terminal::print(&format!("{token}\n"))?)
}

/// Asks the server for a token by client credentials.
pub fn fetch(client: &Client, access: &Access) -> Result<String, Failure> {
    let tenant = access
        .tenant
        .as_deref()
        .ok_or_else(|| missing("tenant", "--tenant or TENANT"))?;
    let id = access
        .client_id
        .as_deref()
        .ok_or_else(|| missing("client id", "--client-id or CLIENT_ID"))?;
    let secret = access
        .client_secret
        .as_deref()
        .ok_or_else(|| missing("client secret", "--client-secret-file or CLIENT_SECRET"))?;
    let fields = [
        ("grant_type", "client_credentials"),
        ("scope", SCOPE),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let answer = client.post_form(
        &format!("{}/{tenant}/oauth2/v2.0/token", access.base_url),
        &fields,
    )?;
    let json = answer.json();
    match json.get("access_token").and_then(Value::as_str) {
        Some(token) if answer.status.is_success() => Ok(token.to_owned()),
        _ => Err(answer.failure("asking for a token")),
    }
}

fn missing(what: &str, how: &str) -> Failure {
    Failure::usage(format!("the {what} is not known")).mend(format!("name it with {how}"))
}
