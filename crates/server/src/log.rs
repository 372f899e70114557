//! Log output: text at a desk, JSON in service, always to standard error.
//!
//! What is never logged anywhere: query strings (a `/redeem` link carries its ticket there), the
//! `Authorization` and `Cookie` headers, and bodies (T-30). Values from requests are recorded as
//! fields, never put into the message, so that the formatter escapes their control characters
//! (T-47).

use std::io::IsTerminal;

use thiserror::Error;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

/// What a log line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug, Error)]
pub enum LogError {
    /// The filter is not `level` or `target=level`, comma-separated.
    #[error("{filter:?} is not a log filter: {why}")]
    Filter {
        /// What was given.
        filter: String,
        /// What the parser says.
        why: String,
    },
    /// A subscriber is there already.
    #[error("logging is already set up in this process")]
    Twice,
}

/// Whether a text is a filter.
pub fn check(filter: &str) -> Result<(), LogError> {
    parse(filter).map(drop)
}

/// Sends this process's events to standard error.
///
/// `filter` is `error`, `warn`, `info`, `debug`, `trace`, or a list such as `info,server=debug`.
/// Below `debug`, other crates stay at `warn` unless the filter names them: their events were not
/// written with our rule about secrets in mind.
pub fn install(filter: &str, format: Format) -> Result<(), LogError> {
    let filter = parse(filter)?;
    match format {
        Format::Text => fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(
                std::io::stderr().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
            )
            .with_target(false)
            .compact()
            .finish()
            .try_init(),
        Format::Json => json(filter, std::io::stderr).try_init(),
    }
    .map_err(|_| LogError::Twice)
}

/// One JSON object a line; whatever a value holds, the line break at its end is the only one
/// (T-47).
fn json(
    filter: EnvFilter,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync {
    fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .finish()
}

/// Crates of ours: the filter's bare level applies to these.
const OURS: [&str; 5] = ["server", "directory", "store", "odata", "edm"];

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    let written = match filter.trim().parse::<LevelFilter>() {
        // A bare level means ours; a list says exactly what it wants.
        Ok(level) => {
            let others = level.min(LevelFilter::WARN);
            let ours: Vec<String> = OURS.iter().map(|name| format!("{name}={level}")).collect();
            format!("{others},{}", ours.join(","))
        }
        Err(_) => filter.to_owned(),
    };
    EnvFilter::try_new(&written).map_err(|error| LogError::Filter {
        filter: filter.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A log that can be read.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn no_value_makes_a_line_of_its_own() {
        let kept = Kept::default();
        let writer = kept.clone();
        let log = json(parse("info").unwrap(), move || writer.clone());
        let hostile =
            "a\r\n{\"level\":\"ERROR\"}\n\u{1b}[2J\u{0}\u{7f}\u{85}\u{2028}\u{2029}\u{202e}";
        tracing::subscriber::with_default(log, || {
            tracing::warn!(shown = %hostile, "as it reads");
            tracing::warn!(fields = ?[hostile], "as it is");
            tracing::warn!("{hostile}");
        });
        let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = written
            .split_terminator('\n')
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3, "{written}");
        assert_eq!(lines.first().unwrap()["shown"], hostile);
        assert!(lines.iter().all(|line| line["level"] == "WARN"));
        assert!(
            !written
                .chars()
                .any(|c| c.is_control() && c != '\n' && c < '\u{7f}'),
            "{written:?}"
        );
    }

    #[test]
    fn a_bare_level_is_for_our_crates() {
        let filter = parse("debug").unwrap().to_string();
        assert!(
            filter.contains("server=debug") && filter.contains("store=debug"),
            "{filter}"
        );
        assert!(filter.split(',').any(|part| part == "warn"), "{filter}");
        assert_eq!(
            parse("info,hyper=debug").unwrap().max_level_hint(),
            Some(LevelFilter::DEBUG)
        );
        assert!(parse("server=loud").is_err());
    }
}
