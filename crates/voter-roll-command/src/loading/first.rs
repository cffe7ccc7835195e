//! Which ballot key and which capacity an election's roll has: fixed by its first load, and found again whatever of the
//! key, PostgreSQL and Redis is older than the rest.

use tokio_postgres::Client;

use super::records::{self, Record};
use crate::error::RollError;
use voter_roll::{
    Extent, Guid, KeyDirectory, RollKeys, RowDigest, StoredKey, layout::Meta, serials,
};

/// What a load stands on.
pub(super) struct Ground {
    pub(super) key: StoredKey,
    pub(super) capacity: u32,
    /// Whether PostgreSQL knows the election's roll already.
    pub(super) is_recorded: bool,
}

/// What is known of an election's roll, and where from.
pub(super) struct Known<'a> {
    pub(super) election: u32,
    /// Voters on the roll now.
    pub(super) voters: u64,
    pub(super) record: Option<&'a Record>,
    pub(super) redis: Option<&'a Meta>,
    /// What the operator says.
    pub(super) asked: Option<u32>,
}

impl Known<'_> {
    /// Finds key and capacity, or fixes them where this is the first load. A key that is there already is used: an
    /// earlier first load may have made it and ended before it could say so.
    pub(super) async fn ground(
        &self,
        database: &Client,
        keys: &KeyDirectory,
    ) -> Result<Ground, RollError> {
        let election = self.election;
        let stored = self.key(keys)?;
        let capacity = self.capacity(stored.as_ref())?;
        if self.voters > u64::from(capacity) {
            return Err(RollError::CapacityExceeded {
                election,
                row: self.voters.cast_signed() - 1,
                capacity: capacity.into(),
            });
        }
        let key = match stored {
            Some(stored) => stored,
            None => keys.read_or_create(election, capacity)?,
        };
        if self.record.is_none() {
            records::begin(database, election, key.key.fingerprint(), capacity).await?;
        }
        Ok(Ground {
            key,
            capacity,
            is_recorded: self.record.is_some(),
        })
    }

    /// The key that the first load used, and no other.
    fn key(&self, keys: &KeyDirectory) -> Result<Option<StoredKey>, RollError> {
        let election = self.election;
        let stored = match self.record {
            Some(record) => Some(recorded_key(keys, record)?),
            None => keys.stored(election)?,
        };
        // Redis may know a roll that PostgreSQL has forgotten (an old backup, say): with its own key it can be taken
        // up again.
        if let Some(meta) = self.redis
            && stored
                .as_ref()
                .is_none_or(|stored| stored.key.fingerprint().to_string() != meta.fingerprint)
        {
            return Err(RollError::ForeignRoll(election));
        }
        Ok(stored)
    }

    /// The capacity that everything agrees on.
    fn capacity(&self, stored: Option<&StoredKey>) -> Result<u32, RollError> {
        let election = self.election;
        let noted = stored.and_then(|stored| stored.extent);
        let mut sources = [
            (noted.map(|extent| extent.capacity), "its ballot key"),
            (self.record.map(|record| record.capacity), "PostgreSQL"),
            (self.redis.map(|meta| meta.capacity), "Redis"),
            (self.asked, "--capacity"),
        ]
        .into_iter()
        .filter_map(|(capacity, place)| Some((capacity?, place)));
        let Some((capacity, place)) = sources.next() else {
            // A key without a note was made by an older version, which may have loaded any number of voters.
            return match stored {
                Some(_) => Err(RollError::CapacityUnknown(election)),
                None => serials::capacity(self.voters).ok_or(RollError::TooManyVoters(self.voters)),
            };
        };
        match sources.find(|(other, _)| *other != capacity) {
            None => Ok(capacity),
            Some((other, other_place)) => Err(RollError::CapacityDiffers {
                election,
                capacity,
                place,
                other,
                other_place,
            }),
        }
    }
}

/// The key that an election's roll was loaded with, and no other.
pub(super) fn recorded_key(keys: &KeyDirectory, record: &Record) -> Result<StoredKey, RollError> {
    let election = record.election;
    if record.purged_at.is_some() {
        return Err(RollError::Purged(election));
    }
    let path = || keys.path(election).display().to_string();
    let stored = keys
        .stored(election)?
        .ok_or_else(|| RollError::KeyMissing(election, path()))?;
    if stored.key.fingerprint() == record.fingerprint {
        Ok(stored)
    } else {
        Err(RollError::KeyWrong(election, path()))
    }
}

/// The rows that a roll has now, in short: how many, and which voters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    /// Up to the highest row.
    count: u32,
    /// Of the rows that the election's roll had before.
    before: RowDigest,
    /// Of all rows.
    all: RowDigest,
}

impl Rows {
    /// A row by itself; `before` is how many rows the roll had.
    pub(super) fn one(keys: &RollKeys, before: u32, row: u32, guid: &Guid) -> Self {
        let digest = keys.row(row, guid);
        Self {
            count: row + 1,
            before: if row < before {
                digest
            } else {
                RowDigest::default()
            },
            all: digest,
        }
    }

    /// Takes other rows in.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.max(other.count);
        self.before = [self.before, other.before].into_iter().sum();
        self.all = [self.all, other.all].into_iter().sum();
    }

    /// Checks that the voters who were on the roll before stand where they stood, and gives what it is now.
    pub(super) fn check(&self, election: u32, before: Extent) -> Result<Extent, RollError> {
        if self.count < before.rows {
            return Err(RollError::RowsMissing {
                election,
                rows: before.rows,
                found: self.count,
            });
        }
        if self.before != before.digest {
            return Err(RollError::RowsDiffer(election));
        }
        Ok(Extent {
            capacity: before.capacity,
            rows: self.count,
            digest: self.all,
        })
    }
}
