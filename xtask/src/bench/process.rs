//! What the machine and a process cost, read from `/proc`.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The kernel counts CPU time for users in hundredths of a second on every Linux we run on.
const TICKS: f64 = 100.0;

/// CPU seconds the process has used, in user and kernel mode.
///
/// # Errors
/// The process is gone.
pub(super) fn cpu_seconds(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may hold spaces; the numbers start behind it.
    let behind = text.rsplit_once(") ").context("stat")?.1;
    let fields: Vec<&str> = behind.split(' ').collect();
    let number = |index: usize| {
        fields
            .get(index)
            .and_then(|text| text.parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    Ok((number(11) + number(12)) / TICKS)
}

/// Bytes that the process caused to be written to the disk.
///
/// # Errors
/// The process is gone.
pub(super) fn written_bytes(pid: u32) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/io"))?;
    let mut lines = text.lines();
    let number = lines.find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(number.context("no write_bytes")?.trim().parse()?)
}

/// Resident memory of the process, in MB of 10^6 bytes: (all, private).
///
/// # Errors
/// The process is gone.
pub(super) fn memory(pid: u32) -> Result<(f64, f64)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let sum = |names: &[&str]| -> f64 {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| names.contains(name))
            .filter_map(|(_, value)| {
                value
                    .trim()
                    .trim_end_matches(" kB")
                    .trim()
                    .parse::<f64>()
                    .ok()
            })
            .sum::<f64>()
            * 1024.0
            / 1e6
    };
    Ok((sum(&["Rss"]), sum(&["Private_Clean", "Private_Dirty"])))
}

/// How often per second this disk makes 4 KiB durable, one after another.
///
/// # Errors
/// The folder cannot be written.
pub(super) fn fdatasync_rate(folder: &Path) -> Result<f64> {
    let mut file = std::fs::File::create(folder.join("fdatasync.probe"))?;
    let block = [7_u8; 4096];
    let started = Instant::now();
    let mut done = 0_u32;
    while started.elapsed() < Duration::from_secs(2) {
        file.write_all(&block)?;
        file.sync_data()?;
        done += 1;
    }
    Ok(f64::from(done) / started.elapsed().as_secs_f64())
}

/// One line about the machine.
pub(super) fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or("unknown processor");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "{cores} cores, {}",
        model.trim_start_matches([' ', '\t', ':'])
    )
}
