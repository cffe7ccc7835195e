//! What a log says about a failed start.

use std::path::Path;

/// The line that most likely says why a process ended, among those after `offset` bytes: the last one that
/// mentions an error, or else the last one. Absent if the log is empty.
pub(crate) fn last_words(log: &Path, offset: u64) -> Option<String> {
    let content = added_since(log, offset)?;
    let mut lines = content.lines().rev().filter(|line| !is_noise(line));
    let last = lines.clone().next()?;
    let line = lines.find(|line| speaks_of_error(line)).unwrap_or(last);
    Some(line.trim().to_owned())
}

/// Whether the log says that a port was in use.
pub(crate) fn mentions_address_in_use(log: &Path, offset: u64) -> bool {
    added_since(log, offset).is_some_and(|content| content.contains("ddress already in use"))
}

fn added_since(log: &Path, offset: u64) -> Option<String> {
    let content = std::fs::read(log).ok()?;
    let start = usize::try_from(offset).ok()?.min(content.len());
    Some(String::from_utf8_lossy(&content[start..]).into_owned())
}

/// Stack traces and hints come after the line that matters.
fn is_noise(line: &str) -> bool {
    let text = line.trim_start();
    text.is_empty()
        || text.starts_with("at ")
        || text.starts_with("... ")
        || line.starts_with('\t')
        || text.contains(" HINT: ")
}

fn speaks_of_error(line: &str) -> bool {
    [
        "ERROR",
        "FATAL",
        "PANIC",
        "rror:",
        "Exception",
        "Can't",
        "Failed",
        "failed",
    ]
    .iter()
    .any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{last_words, mentions_address_in_use};

    fn log(content: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[test]
    fn an_error_is_preferred_to_what_follows_it() {
        let log = log(
            "LOG: starting\nFATAL: could not create any TCP/IP sockets\nLOG: database system is shut down\n",
        );
        assert_eq!(
            last_words(log.path(), 0).as_deref(),
            Some("FATAL: could not create any TCP/IP sockets")
        );
    }

    #[test]
    fn stack_traces_are_passed_over() {
        let log = log(
            "java.net.BindException: Address already in use\n\tat sun.nio.ch.Net.bind0(Native Method)\n",
        );
        assert_eq!(
            last_words(log.path(), 0).as_deref(),
            Some("java.net.BindException: Address already in use")
        );
    }

    #[test]
    fn what_an_earlier_run_said_does_not_count() {
        let log = log("bind: Address already in use\nready\n");
        assert!(mentions_address_in_use(log.path(), 0));
        assert!(!mentions_address_in_use(log.path(), 29));
        assert_eq!(last_words(log.path(), 29).as_deref(), Some("ready"));
        assert_eq!(last_words(log.path(), 1000), None);
    }
}
