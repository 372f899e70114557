//! A load generator for loopback: keep-alive connections, one request in flight on each.
//!
//! It reads no more of an answer than its length and status, so that it costs little beside the
//! server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What a run counted.
pub(super) struct Counted {
    /// Answers with the wanted status.
    pub(super) answers: u64,
    /// How long the run took.
    pub(super) took: Duration,
    /// Each answer's time, sorted.
    pub(super) times: Vec<Duration>,
}

impl Counted {
    /// Answers per second.
    pub(super) fn rate(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
        let answers = self.answers as f64;
        answers / self.took.as_secs_f64()
    }

    /// The time that a share of the answers stayed below, for instance 0.99.
    pub(super) fn percentile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index into a list that fits memory"
        )]
        let index = (share * self.times.len().saturating_sub(1) as f64) as usize;
        self.times.get(index).copied().unwrap_or_default()
    }
}

/// Reads from what has arrived so far the status and the length of an answer, once it can be told.
type Measure = fn(&[u8]) -> Result<Option<(u16, usize)>>;

/// What a generator speaks and expects.
#[derive(Clone, Copy)]
pub(super) struct Protocol {
    /// How answers are measured.
    pub(super) measure: Measure,
    /// The statuses that count; any other ends the run.
    pub(super) wanted: &'static [u16],
}

/// HTTP, where one status is expected.
pub(super) const fn http(wanted: &'static [u16]) -> Protocol {
    Protocol {
        measure: measured,
        wanted,
    }
}

/// Sends what `request(connection, number)` makes from `connections` connections for `span`.
///
/// # Errors
/// An answer had another status than those wanted, or a connection broke.
pub(super) fn run(
    at: SocketAddr,
    connections: u32,
    span: Duration,
    protocol: Protocol,
    request: impl Fn(u32, u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<Counted> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let request = Arc::new(request);
        let started = Instant::now();
        let mut tasks = Vec::new();
        for connection in 0..connections {
            let request = Arc::clone(&request);
            tasks.push(tokio::spawn(async move {
                let mut stream = TcpStream::connect(at).await?;
                stream.set_nodelay(true)?;
                let mut times = Vec::new();
                let mut buffer = Vec::with_capacity(16 * 1024);
                let mut number = 0_u64;
                while started.elapsed() < span {
                    let bytes = request(connection, number);
                    number += 1;
                    let sent = Instant::now();
                    stream.write_all(&bytes).await?;
                    let status = answer(&mut stream, &mut buffer, protocol.measure).await?;
                    times.push(sent.elapsed());
                    if !protocol.wanted.contains(&status) {
                        bail!("status {status}: {}", String::from_utf8_lossy(&buffer));
                    }
                }
                Ok(times)
            }));
        }
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await??);
        }
        times.sort_unstable();
        Ok(Counted {
            answers: times.len() as u64,
            took: started.elapsed(),
            times,
        })
    })
}

/// Reads one answer whole into `buffer` and returns its status.
///
/// # Errors
/// The connection ended or the answer has no length.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>, measure: Measure) -> Result<u16> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the connection ended in the middle of an answer");
        }
        if let Some((status, whole)) = measure(buffer)?
            && buffer.len() >= whole
        {
            return Ok(status);
        }
    }
}

/// Status and whole length, once the head is complete.
fn measured(buffer: &[u8]) -> Result<Option<(u16, usize)>> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default())?;
    let status = head
        .get(9..12)
        .and_then(|text| text.parse().ok())
        .context("no status")?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse::<usize>().ok());
    let length = if status == 204 { Some(0) } else { length };
    Ok(Some((
        status,
        end + 4 + length.context("no Content-Length")?,
    )))
}

/// The bytes of a request with a bearer token.
pub(super) fn bytes(method: &str, path: &str, host: &str, token: &str, body: &str) -> Vec<u8> {
    let content = if body.is_empty() {
        String::new()
    } else {
        format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        )
    };
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{content}\r\n{body}").into_bytes()
}
