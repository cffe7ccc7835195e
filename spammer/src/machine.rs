//! What the figures were measured on.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde::Serialize;

use crate::units::{float, rounded};

/// Linux reports processor time to programs in hundredths of a second, whatever the kernel's own tick.
const TICKS_PER_SECOND: u64 = 100;

/// The machine of a run, and what the run cost on it.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processor time that the spammer itself took for one attempt, in microseconds.
    pub cpu_us_per_attempt: Option<f64>,
    /// The number of processors that the spammer may use.
    pub cpus: usize,
    /// The processors' model name.
    pub cpu: Option<String>,
    /// The current commit of the checkout that the spammer was built from.
    pub commit: Option<String>,
}

impl Machine {
    /// This machine, on which `attempts` took `cpu_time`.
    pub(crate) fn here(cpu_time: Option<Duration>, attempts: u64) -> Self {
        Self {
            cpu_us_per_attempt: cpu_time
                .filter(|_| attempts > 0)
                .map(|time| rounded(time.as_secs_f64() * 1e6 / float(attempts), 10.0)),
            cpus: std::thread::available_parallelism().map_or(1, usize::from),
            cpu: cpu_name(),
            commit: commit(),
        }
    }
}

/// Processor time that this process has used so far, if the system reports it.
pub(crate) fn cpu_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // proc(5): the name, in parentheses, may contain anything; utime and stime are the 12th and 13th fields after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let ticks = ticks()? + ticks()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

fn cpu_name() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn commit() -> Option<String> {
    let git = Command::new("git")
        .args([
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "rev-parse",
            "--short=12",
            "HEAD",
        ])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let commit = String::from_utf8(git.stdout).ok()?.trim().to_owned();
    (git.status.success() && !commit.is_empty()).then_some(commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_known_on_linux() {
        assert_eq!(cpu_time().is_some(), cfg!(target_os = "linux"));
    }
}
