//! Ballot keys as files: `<directory>/<election>.key`, for their owner only. 32 bytes of key, and 24 bytes that say what
//! roll it was used for ([`Extent`]), which files of older versions lack.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rand::rngs::SysError;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    BallotKey, KEY_BYTES,
    extent::{Extent, FILE_BYTES},
};

/// Why a ballot key could not be read, created or destroyed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file system refused.
    #[error("cannot use the ballot key {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The file has another length than a ballot key, or holds no extent behind it.
    #[error("{0} is no ballot key as `voter-roll load` makes them: restore it from its backup")]
    NotAKey(PathBuf),
    /// The file can be read or written by others than its owner.
    #[error(
        "the ballot key {0} is open to others (mode {1:03o}): make it private with `chmod 600`"
    )]
    Permissions(PathBuf, u32),
    /// The operating system provides no random numbers.
    #[error("the operating system gave no random bytes for a ballot key: {0}")]
    Random(SysError),
}

/// The directory that holds the ballot keys (`BALLOT_KEYS_DIR`).
#[derive(Clone, Debug)]
pub struct KeyDirectory(PathBuf);

/// What the file of a ballot key holds.
#[derive(Debug)]
pub struct StoredKey {
    /// The key.
    pub key: BallotKey,
    /// What roll it was used for; `None` in a file of an older version.
    pub extent: Option<Extent>,
}

impl KeyDirectory {
    /// A directory of keys; it need not exist before the first key is created.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// The path of an election's key.
    pub fn path(&self, election: u32) -> PathBuf {
        self.0.join(format!("{election}.key"))
    }

    /// Whether an election certainly has no key: nothing is at its path.
    pub(crate) fn is_gone(&self, election: u32) -> bool {
        matches!(self.path(election).try_exists(), Ok(false))
    }

    /// The key of an election, or `None` if it has none.
    ///
    /// # Errors
    /// Where the file cannot be read, is open to others, or holds no key.
    pub fn read(&self, election: u32) -> Result<Option<BallotKey>, KeyError> {
        Ok(self.stored(election)?.map(|stored| stored.key))
    }

    /// All that the file of an election's key says, or `None` where there is none.
    ///
    /// # Errors
    /// As [`KeyDirectory::read`].
    pub fn stored(&self, election: u32) -> Result<Option<StoredKey>, KeyError> {
        let path = self.path(election);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(KeyError::Io { path, source }),
        };
        let mode = file
            .metadata()
            .map_err(io_error(&path))?
            .permissions()
            .mode()
            & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyError::Permissions(path, mode));
        }
        // One byte more than there may be, to notice a longer file.
        let mut bytes = Zeroizing::new([0; FILE_BYTES + 1]);
        let mut filled = 0;
        while filled < bytes.len() {
            match file.read(&mut bytes[filled..]).map_err(io_error(&path))? {
                0 => break,
                count => filled += count,
            }
        }
        let extent = match filled {
            KEY_BYTES => None,
            FILE_BYTES => Extent::from_bytes(&bytes[KEY_BYTES..FILE_BYTES]),
            _ => return Err(KeyError::NotAKey(path)),
        };
        if filled == FILE_BYTES && extent.is_none() {
            return Err(KeyError::NotAKey(path));
        }
        let mut key = BallotKey([0; KEY_BYTES]);
        key.0.copy_from_slice(&bytes[..KEY_BYTES]);
        Ok(Some(StoredKey { key, extent }))
    }

    /// The key of an election, made now, for so many voters, where there is none. Of two that do this at once, both get
    /// the same key.
    ///
    /// # Errors
    /// As [`KeyDirectory::read`], and where the file cannot be made.
    pub fn read_or_create(&self, election: u32, capacity: u32) -> Result<StoredKey, KeyError> {
        if let Some(stored) = self.stored(election)? {
            return Ok(stored);
        }
        let path = self.path(election);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)
            .map_err(io_error(&self.0))?;
        // It has a temporary name until it is complete and on disk; then the link appears atomically, and never
        // replaces an existing key.
        let draft = self.0.join(format!(".{election}.key.{}", Uuid::new_v4()));
        let key = BallotKey::random()?;
        let mut bytes = Zeroizing::new([0; FILE_BYTES]);
        bytes[..KEY_BYTES].copy_from_slice(&key.0);
        bytes[KEY_BYTES..].copy_from_slice(&Extent::new(capacity).to_bytes());
        let written = write_new(&draft, &*bytes).and_then(|()| fs::hard_link(&draft, &path));
        let removed = fs::remove_file(&draft);
        match written {
            Ok(()) => removed.map_err(io_error(&draft))?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(source) => return Err(KeyError::Io { path, source }),
        }
        self.sync()?;
        // Read back: another loader may have been first.
        self.stored(election)?.ok_or(KeyError::NotAKey(path))
    }

    /// Notes, beside the key that is there, what roll it is used for; this is on disk when it returns.
    ///
    /// In place and in one write: a copy would leave the key's bytes behind, and readers find the old note or the new one.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn note(&self, election: u32, extent: Extent) -> Result<(), KeyError> {
        let path = self.path(election);
        let file = OpenOptions::new().write(true).open(&path);
        file.and_then(|file| {
            file.write_all_at(&extent.to_bytes(), KEY_BYTES as u64)?;
            file.sync_all()
        })
        .map_err(io_error(&path))
    }

    /// Overwrites and removes the key of an election; returns whether there was one.
    ///
    /// A journalling or copying file system, or an SSD, may keep the old bytes for a while: if that matters,
    /// put the directory on a volume that is destroyed with the election.
    ///
    /// # Errors
    /// If the file cannot be written or removed.
    pub fn destroy(&self, election: u32) -> Result<bool, KeyError> {
        let path = self.path(election);
        let mut file = match OpenOptions::new().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(source) => return Err(KeyError::Io { path, source }),
        };
        file.write_all(&[0; FILE_BYTES])
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::remove_file(&path))
            .map_err(io_error(&path))?;
        self.sync()?;
        Ok(true)
    }

    /// Makes changes of the directory durable.
    fn sync(&self) -> Result<(), KeyError> {
        File::open(&self.0)
            .and_then(|directory| directory.sync_all())
            .map_err(io_error(&self.0))
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |source| KeyError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::RowDigest;

    fn directory() -> (tempfile::TempDir, KeyDirectory) {
        let root = tempfile::tempdir().unwrap();
        let keys = KeyDirectory::new(root.path().join("keys"));
        (root, keys)
    }

    #[test]
    fn a_key_is_made_once_and_is_private() {
        let (_root, keys) = directory();
        assert!(keys.read(7).unwrap().is_none());
        let first = keys.read_or_create(7, 125).unwrap();
        let again = keys.read_or_create(7, 250).unwrap();
        assert_eq!(first.key.0, again.key.0);
        assert_eq!(again.extent, Some(Extent::new(125)), "made for 125");
        assert_ne!(first.key.0, keys.read_or_create(8, 125).unwrap().key.0);
        let mode = fs::metadata(keys.path(7)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(
            fs::read_dir(&keys.0).unwrap().count(),
            2,
            "no draft stays behind"
        );
    }

    #[test]
    fn loaders_that_start_at_once_agree_on_the_key() {
        let (_root, keys) = directory();
        let fingerprints: Vec<_> = std::thread::scope(|scope| {
            let loaders: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| keys.read_or_create(7, 125).unwrap().key.fingerprint()))
                .collect();
            loaders
                .into_iter()
                .map(|loader| loader.join().unwrap())
                .collect()
        });
        assert!(
            fingerprints
                .iter()
                .all(|fingerprint| *fingerprint == fingerprints[0])
        );
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused() {
        let (_root, keys) = directory();
        drop(keys.read_or_create(7, 125).unwrap());
        for length in [0, 31, 33, 36, 55, 57, 64] {
            fs::write(keys.path(7), vec![0x01; length]).unwrap();
            assert!(
                matches!(keys.read(7), Err(KeyError::NotAKey(_))),
                "{length} bytes"
            );
        }
        let mut without_room = vec![0x01; FILE_BYTES];
        without_room[KEY_BYTES..KEY_BYTES + 4].fill(0);
        fs::write(keys.path(7), without_room).unwrap();
        assert!(matches!(keys.read(7), Err(KeyError::NotAKey(_))));
    }

    #[test]
    fn a_key_of_an_older_version_is_read_and_takes_a_note() {
        let (_root, keys) = directory();
        let made = keys.read_or_create(7, 125).unwrap();
        fs::write(keys.path(7), made.key.0).unwrap();
        let old = keys.stored(7).unwrap().unwrap();
        assert_eq!((old.key.0, old.extent), (made.key.0, None));
        for (capacity, rows) in [(125, 100), (125, 110)] {
            let extent = Extent {
                capacity,
                rows,
                digest: (0..rows).map(|row| RowDigest(u128::from(row) << 77)).sum(),
            };
            keys.note(7, extent).unwrap();
            let noted = keys.stored(7).unwrap().unwrap();
            assert_eq!((noted.key.0, noted.extent), (made.key.0, Some(extent)));
        }
    }

    #[test]
    fn a_note_without_a_key_is_an_error_and_makes_none() {
        let (_root, keys) = directory();
        assert!(keys.note(7, Extent::new(125)).is_err());
        drop(keys.read_or_create(8, 125).unwrap());
        assert!(keys.note(7, Extent::new(125)).is_err());
        assert!(keys.read(7).unwrap().is_none());
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let (_root, keys) = directory();
        drop(keys.read_or_create(7, 125).unwrap());
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(keys.path(7), fs::Permissions::from_mode(mode)).unwrap();
            let refused = keys.read(7).unwrap_err();
            assert!(matches!(refused, KeyError::Permissions(_, found) if found == mode));
            assert!(refused.to_string().contains("chmod 600"));
        }
        fs::set_permissions(keys.path(7), fs::Permissions::from_mode(0o400)).unwrap();
        assert!(
            keys.read(7).unwrap().is_some(),
            "read-only secrets are fine"
        );
    }

    #[test]
    fn a_destroyed_key_is_gone_and_destroying_repeats() {
        let (_root, keys) = directory();
        drop(keys.read_or_create(7, 125).unwrap());
        assert!(keys.destroy(7).unwrap());
        assert!(!keys.destroy(7).unwrap());
        assert!(keys.read(7).unwrap().is_none());
    }
}
