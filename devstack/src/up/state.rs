//! A description of the running stack for other programs: `target/devstack/state.json`.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::Serialize;

use crate::checkout;
use crate::server::Server;

const VOTERS_FILE: &str = "voters.csv";

/// The content of `state.json`.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    pub(crate) processes: Vec<Process>,
    pub(crate) kafka_brokers: String,
    pub(crate) redis_url: String,
    /// By the name of the database.
    pub(crate) database_urls: BTreeMap<String, String>,
    /// The election that was created, if any.
    pub(crate) election: Option<u32>,
    /// The path of the list of its voters.
    pub(crate) voters: Option<String>,
}

/// One server or service.
#[derive(Debug, Serialize)]
pub(crate) struct Process {
    pub(crate) name: String,
    pub(crate) pid: u32,
    pub(crate) url: String,
    /// The address of the health checks, for services.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admin_url: Option<String>,
}

impl Process {
    pub(crate) fn of(server: &Server) -> Self {
        Self {
            name: server.name().to_owned(),
            pid: server.pid(),
            url: server.url().to_owned(),
            admin_url: server.admin_url(),
        }
    }
}

impl State {
    /// Replaces the file atomically, so that a reader finds either the old or the new content.
    pub(crate) fn write(&self, file: &Path) -> anyhow::Result<()> {
        let new = file.with_extension("json.new");
        let mut content = serde_json::to_string_pretty(self)?;
        content.push('\n');
        std::fs::write(&new, content).with_context(|| format!("cannot write {}", new.display()))?;
        std::fs::rename(&new, file).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// The directory of a stack with services; a checkout runs at most one at a time. Its files are removed when it ends.
#[derive(Debug)]
pub(crate) struct StackDirectory {
    root: PathBuf,
    /// The root as `state.json` shows it.
    shown: PathBuf,
    /// Locked as long as the stack runs.
    _lock: File,
}

impl StackDirectory {
    /// Claims the directory, unless a running process holds it; by default `target/devstack` of the checkout.
    pub(crate) fn claim(directory: Option<&Path>) -> anyhow::Result<Self> {
        let (root, shown) = match directory {
            Some(directory) => (directory.to_owned(), directory.to_owned()),
            None => (
                checkout::target().join("devstack"),
                "target/devstack".into(),
            ),
        };
        std::fs::create_dir_all(&root)
            .with_context(|| format!("cannot create {}", root.display()))?;
        let path = root.join("up.lock");
        let mut lock = File::options()
            .create(true)
            .read(true)
            .write(true)
            .truncate(false)
            .open(&path)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                lock.read_to_string(&mut pid)?;
                bail!(
                    "a stack already runs in this directory, as process {}: stop it first",
                    pid.trim()
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        lock.set_len(0)?;
        writeln!(lock, "{}", std::process::id())?;
        let claimed = Self {
            root,
            shown,
            _lock: lock,
        };
        claimed.tidy();
        Ok(claimed)
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.root.join("state.json")
    }

    pub(crate) fn voters_file(&self) -> PathBuf {
        self.root.join(VOTERS_FILE)
    }

    /// The list of voters as `state.json` names it.
    pub(crate) fn voters_as_shown(&self) -> String {
        self.shown.join(VOTERS_FILE).display().to_string()
    }

    /// The ballot keys. They belong to the rolls in PostgreSQL, and are removed with it.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Where files name the processes that are to stay away once they end.
    pub(crate) fn away(&self) -> PathBuf {
        self.root.join("away")
    }

    /// An empty directory for the logs; those of test runs are in directories below it.
    pub(crate) fn logs(&self) -> anyhow::Result<PathBuf> {
        let logs = self.root.join("logs");
        std::fs::create_dir_all(&logs)
            .with_context(|| format!("cannot create {}", logs.display()))?;
        for file in std::fs::read_dir(&logs)?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
        {
            std::fs::remove_file(&file)
                .with_context(|| format!("cannot remove {}", file.display()))?;
        }
        Ok(logs)
    }

    fn tidy(&self) {
        // A missing file is fine.
        let _ = std::fs::remove_file(self.state_file());
        let _ = std::fs::remove_file(self.voters_file());
        let _ = std::fs::remove_dir_all(self.away());
    }
}

impl Drop for StackDirectory {
    fn drop(&mut self) {
        self.tidy();
    }
}

#[cfg(test)]
mod tests {
    use super::StackDirectory;

    #[test]
    fn a_directory_is_claimed_by_one_stack_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let first = StackDirectory::claim(Some(root.path())).unwrap();
        let refusal = StackDirectory::claim(Some(root.path()))
            .unwrap_err()
            .to_string();
        assert_eq!(
            refusal,
            format!(
                "a stack already runs in this directory, as process {}: stop it first",
                std::process::id()
            )
        );
        drop(first);
        StackDirectory::claim(Some(root.path())).unwrap();
    }
}
