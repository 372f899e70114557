//! `vestibule ready`: whether a server on this machine is ready, for checks of health that have no
//! HTTP client.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use clap::Args;

use crate::terminal::Failure;

/// Where `serve` answers those who run it, and where `dev` answers everybody, unless told
/// otherwise.
const USUAL: [&str; 2] = ["127.0.0.1:9464", "127.0.0.1:8080"];
/// Longer than a server takes to find that another process holds its database.
const PATIENCE: Duration = Duration::from_secs(6);
/// Enough for the line with the status.
const HEAD: u64 = 64;

/// Ask a server on this machine whether it is ready; ends with 0 when it is
#[derive(Args, Debug)]
#[command(after_help = "Example:
  vestibule ready --at 127.0.0.1:8080")]
pub struct ReadyArgs {
    /// Address of the server, without TLS [default: 127.0.0.1:9464, then 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    at: Option<SocketAddr>,
}

/// Runs the command.
pub fn run(args: &ReadyArgs) -> Result<(), Failure> {
    let usual = USUAL.iter().filter_map(|text| text.parse().ok());
    let addresses: Vec<SocketAddr> = match args.at {
        Some(address) => vec![address],
        None => usual.collect(),
    };
    let mut failure = Failure::new("not ready");
    for address in addresses {
        match ask(address) {
            Ok(status) if status == "200" => return Ok(()),
            Ok(status) => failure = failure.because(format!("{address} answered {status}")),
            Err(error) => failure = failure.because(format!("{address}: {error}")),
        }
    }
    Err(failure)
}

/// The status of the answer.
fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")?;
    let mut head = Vec::new();
    stream.take(HEAD).read_to_end(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    Ok(head.split(' ').nth(1).unwrap_or("nothing").to_owned())
}
