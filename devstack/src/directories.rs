//! Where a stack keeps its files: one directory per run, which is removed when the run is over.

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};

/// A place that every user of the machine can reach, for a server that runs as another user; it could not enter
/// a checkout below `/root`.
const REACHABLE: &str = "/var/tmp/urna-devstack";

/// Older logs of test runs are removed.
const LOGS_ARE_KEPT: Duration = Duration::from_hours(24);

/// The directory of one run. A lock next to it says that the run is alive: the kernel releases it when the
/// process ends, even if killed, so the next process knows what it may remove.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    path: PathBuf,
    lock: PathBuf,
    /// Holds the lock.
    _file: File,
}

impl RunDirectory {
    /// Removes what dead runs have left in `root`, and creates a directory for this one.
    pub(crate) fn create(root: &Path, label: &str) -> anyhow::Result<Self> {
        std::fs::create_dir_all(root)
            .with_context(|| format!("cannot create {}", root.display()))?;
        // Meanwhile no other process creates or removes a directory here.
        let everybody = File::create(root.join(".lock"))
            .with_context(|| format!("cannot write to {}", root.display()))?;
        everybody.lock()?;
        remove_dead_runs(root);
        let lock = root.join(format!("{label}.lock"));
        let file = File::create(&lock)?;
        file.try_lock()
            .map_err(|_| anyhow::anyhow!("{} belongs to a run that is alive", lock.display()))?;
        let path = root.join(label);
        std::fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self {
            path,
            lock,
            _file: file,
        })
    }

    /// Creates a run directory in a place that every user can reach.
    pub(crate) fn create_reachable(label: &str) -> anyhow::Result<Self> {
        let root = Path::new(REACHABLE);
        if let Err(error) = DirBuilder::new().mode(0o755).create(root)
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("cannot create {REACHABLE}"));
        }
        let metadata = root.symlink_metadata()?;
        if !metadata.is_dir() || metadata.uid() != rustix::process::geteuid().as_raw() {
            bail!("{REACHABLE} belongs to somebody else: remove it");
        }
        let open_to_all = Permissions::from_mode(0o755);
        std::fs::set_permissions(root, open_to_all.clone())?;
        let run = Self::create(root, label)?;
        std::fs::set_permissions(&run.path, open_to_all)?;
        Ok(run)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a directory in it.
    pub(crate) fn subdirectory(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)
            .with_context(|| format!("cannot create {}", path.display()))?;
        Ok(path)
    }
}

impl Drop for RunDirectory {
    fn drop(&mut self) {
        remove_run(&self.path, &self.lock);
    }
}

fn remove_dead_runs(root: &Path) {
    for lock in entries(root).filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "lock")
    }) {
        let Ok(file) = File::open(&lock) else {
            continue;
        };
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            continue;
        }
        let run = lock.with_extension("");
        remove_run(&run, &lock);
    }
}

/// The lock is removed last, and only if nothing is left: otherwise the next run tries again.
fn remove_run(run: &Path, lock: &Path) {
    crate::server::forget_postgres(run);
    let removed = std::fs::remove_dir_all(run);
    if removed.is_ok() || !run.exists() {
        let _ = std::fs::remove_file(lock);
    }
}

/// Creates a directory for the logs of one test run, and removes old ones.
pub(crate) fn create_log_directory(root: &Path, label: &str) -> anyhow::Result<PathBuf> {
    let path = root.join(label);
    std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
    let is_old = |path: &Path| {
        let modified = path
            .metadata()
            .and_then(|metadata| metadata.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH);
        modified.elapsed().is_ok_and(|age| age > LOGS_ARE_KEPT)
    };
    for old in entries(root).filter(|path| path.is_dir() && is_old(path)) {
        let _ = std::fs::remove_dir_all(old);
    }
    Ok(path)
}

fn entries(directory: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(directory)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::RunDirectory;

    #[test]
    fn a_dead_run_is_removed_and_a_living_one_is_not() {
        let root = tempfile::tempdir().unwrap();
        let alive = RunDirectory::create(root.path(), "alive").unwrap();
        // What a killed process leaves: a directory, and a lock that nobody holds.
        std::fs::create_dir(root.path().join("dead")).unwrap();
        std::fs::write(root.path().join("dead.lock"), "").unwrap();

        let new = RunDirectory::create(root.path(), "new").unwrap();

        assert!(alive.path().is_dir());
        assert!(new.path().is_dir());
        assert!(!root.path().join("dead").exists());
        assert!(!root.path().join("dead.lock").exists());
    }
}
