//! Finds programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

/// Debian keeps PostgreSQL's server programs out of `PATH`, in one directory per version.
const POSTGRESQL_VERSIONS: &str = "/usr/lib/postgresql";

/// The full path of a program, or a one-line error that says how to install it.
pub(crate) fn find(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if matches!(name, "initdb" | "postgres") {
        directories.splice(0..0, postgresql_directories(Path::new(POSTGRESQL_VERSIONS)));
    }
    match directories
        .iter()
        .map(|directory| directory.join(name))
        .find(|file| file.is_file())
    {
        Some(file) => Ok(file),
        None => bail!("{name} not found; run script/setup"),
    }
}

/// The full path of a program of this workspace, which is in the same directory as this one.
pub(crate) fn find_sibling(name: &str) -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe().context("cannot tell where this program is")?;
    let file = this.with_file_name(name);
    ensure!(
        file.is_file(),
        "{} not found: build it, or start this with script/up",
        file.display()
    );
    Ok(file)
}

/// The directories of the installed versions, newest first.
fn postgresql_directories(versions: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(versions) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use super::postgresql_directories;

    #[test]
    fn the_newest_postgresql_comes_first() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "18", "common"] {
            std::fs::create_dir_all(root.path().join(version).join("bin")).unwrap();
        }
        let expected: Vec<_> = ["18", "15", "9"]
            .iter()
            .map(|version| root.path().join(version).join("bin"))
            .collect();
        assert_eq!(postgresql_directories(root.path()), expected);
    }
}
