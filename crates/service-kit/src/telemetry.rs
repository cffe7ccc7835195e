//! Logs: human-readable by default, JSON Lines with `LOG_FORMAT=json`, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The crates of the workspace that log, as their modules are called; one that begins like another goes by that.
const OURS: [&str; 16] = [
    "access_control",
    "ballot_log",
    "ballot_station",
    "chaos",
    "dashboard_feed",
    "devstack",
    "election_admin",
    "election_store",
    "end_to_end",
    "service_database",
    "service_kit",
    "spammer",
    "tally",
    "test_kit",
    "vote_ingest",
    "voter_roll",
];

/// Starts logging for the whole process; `RUST_LOG` filters it. By default our own lines from `info` on are shown, and of
/// other libraries those from `warn` on: how they start and what they migrate is their own affair.
///
/// Calling it twice is harmless: the second call changes nothing.
pub fn init() {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default_filter()));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let json = std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json");
    // `try_init` fails only if logging has already been set up.
    let _already_started = if json {
        logs.json().flatten_event(true).try_init()
    } else {
        logs.with_ansi(std::io::stderr().is_terminal()).try_init()
    };
}

fn default_filter() -> String {
    OURS.iter().fold("warn".to_owned(), |filter, ours| {
        filter + "," + ours + "=info"
    })
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::Path;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            lines.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn other_libraries_are_heard_when_they_warn_and_we_are_always() {
        let lines = Lines::default();
        let writer = lines.clone();
        let logs = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(default_filter()))
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(logs, || {
            tracing::info!(target: "refinery_core::traits", "applying migration");
            tracing::warn!(target: "librdkafka", "connection refused");
            tracing::info!(target: "voter_roll_command::register", "loaded");
            tracing::debug!(target: "voter_roll_command::register", "details");
        });
        let lines = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = String::from_utf8_lossy(&lines);
        assert!(
            lines.contains("connection refused") && lines.contains("loaded"),
            "{lines}"
        );
        assert!(
            !lines.contains("migration") && !lines.contains("details"),
            "{lines}"
        );
    }

    /// A crate that logs and is not named is not heard.
    #[test]
    fn every_crate_of_the_workspace_that_logs_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut members: Vec<_> = ["crates", "services"]
            .iter()
            .flat_map(|group| root.join(group).read_dir().unwrap())
            .map(|member| member.unwrap().path())
            .collect();
        members.extend(
            root.read_dir()
                .unwrap()
                .map(|member| member.unwrap().path()),
        );
        let mut named = 0;
        for member in members {
            let Ok(manifest) = std::fs::read_to_string(member.join("Cargo.toml")) else {
                continue;
            };
            if !manifest
                .lines()
                .any(|line| line.starts_with("tracing.workspace"))
            {
                continue;
            }
            let name = member
                .file_name()
                .unwrap()
                .to_string_lossy()
                .replace('-', "_");
            assert!(OURS.iter().any(|ours| name.starts_with(ours)), "{name}");
            named += 1;
        }
        assert!(named > 10, "{named}");
    }
}
