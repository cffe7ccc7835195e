//! From rows of the roll to entries that say nothing without the ballot key.

use std::{mem, pin::pin, sync::Arc};

use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_postgres::{
    Client,
    binary_copy::{BinaryCopyOutRow, BinaryCopyOutStream},
    types::Type,
};
use uuid::Uuid;

use super::first::Rows;
use crate::error::RollError;
use voter_roll::{
    Guid, RollKeys,
    packing::{ENTRY_BYTES, Entry},
};

/// Rows sealed in one go.
const CHUNK: usize = 8192;

/// Chunks being sealed while more are read.
const SEALERS: usize = 2;

/// A voter's entry, and where it goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SealedVoter {
    pub(super) bucket: u32,
    pub(super) field: [u8; 16],
    pub(super) entry: [u8; ENTRY_BYTES],
}

/// What the roll of one election is sealed with.
#[derive(Clone)]
pub(super) struct Sealer {
    pub(super) election: u32,
    pub(super) keys: Arc<RollKeys>,
    /// By row number; as many as the election's capacity.
    pub(super) serials: Arc<[u32]>,
    pub(super) buckets: u32,
}

struct Row {
    number: i64,
    guid: Guid,
    personal_id: String,
    district: u16,
}

impl Sealer {
    /// Reads and seals the whole roll. It comes back sorted by bucket and field, so that not even
    /// the order in which Redis stores the entries follows that of the rows. `before` is how many rows the roll had.
    pub(super) async fn seal_roll(
        &self,
        database: &Client,
        before: u32,
        progress: &ProgressBar,
    ) -> Result<(Vec<SealedVoter>, Rows), RollError> {
        let rows = database
            .copy_out(
                "COPY (SELECT row_number, guid, personal_id, district FROM dim_voters)
                 TO STDOUT (FORMAT binary)",
            )
            .await?;
        let columns = [Type::INT8, Type::UUID, Type::BPCHAR, Type::INT4];
        let mut rows = pin!(BinaryCopyOutStream::new(rows, &columns));
        let mut sealing: JoinSet<Result<Sealed, RollError>> = JoinSet::new();
        let mut roll = Sealed {
            voters: Vec::with_capacity(self.serials.len()),
            rows: Rows::default(),
        };
        let mut chunk = Vec::with_capacity(CHUNK);
        loop {
            let row = rows.try_next().await?;
            let ended = row.is_none();
            if let Some(row) = row {
                chunk.push(Row::from_copy(&row)?);
            }
            if chunk.len() == CHUNK || (ended && !chunk.is_empty()) {
                if sealing.len() >= SEALERS
                    && let Some(done) = sealing.join_next().await
                {
                    roll.append(done??);
                }
                progress.inc(chunk.len() as u64);
                let (this, chunk) = (self.clone(), mem::take(&mut chunk));
                sealing.spawn_blocking(move || this.seal_chunk(&chunk, before));
            }
            if ended {
                break;
            }
        }
        while let Some(done) = sealing.join_next().await {
            roll.append(done??);
        }
        let sorted = spawn_blocking(move || {
            roll.voters.sort_unstable();
            (roll.voters, roll.rows)
        });
        Ok(sorted.await?)
    }

    fn seal_chunk(&self, chunk: &[Row], before: u32) -> Result<Sealed, RollError> {
        let mut rows = Rows::default();
        let sealed = chunk.iter().map(|row| {
            let number = self.number(row)?;
            rows.merge(&Rows::one(&self.keys, before, number, &row.guid));
            Ok(self.seal(row, self.serials[number as usize]))
        });
        Ok(Sealed {
            voters: sealed.collect::<Result<_, RollError>>()?,
            rows,
        })
    }

    /// The number of a row, which is below the capacity.
    fn number(&self, row: &Row) -> Result<u32, RollError> {
        let number = u32::try_from(row.number).ok();
        number
            .filter(|number| (*number as usize) < self.serials.len())
            .ok_or(RollError::CapacityExceeded {
                election: self.election,
                row: row.number,
                capacity: self.serials.len() as u64,
            })
    }

    fn seal(&self, row: &Row, serial: u32) -> SealedVoter {
        let address = self.keys.entry_address(&row.guid);
        let entry = Entry {
            district: row.district,
            serial,
            identity: self.keys.identity(&row.guid, &row.personal_id),
        };
        SealedVoter {
            bucket: address.bucket(self.buckets),
            field: address.field,
            entry: entry.free(address.mask),
        }
    }
}

/// Voters, sealed, and which they are.
struct Sealed {
    voters: Vec<SealedVoter>,
    rows: Rows,
}

impl Sealed {
    fn append(&mut self, mut other: Self) {
        self.voters.append(&mut other.voters);
        self.rows.merge(&other.rows);
    }
}

impl Row {
    fn from_copy(row: &BinaryCopyOutRow) -> Result<Self, RollError> {
        let district: i32 = row.try_get(3)?;
        Ok(Self {
            number: row.try_get(0)?,
            guid: row.try_get::<Uuid>(1)?.into(),
            personal_id: row.try_get(2)?,
            district: u16::try_from(district).map_err(|_| {
                RollError::Unexpected("the table dim_voters".to_owned(), "district")
            })?,
        })
    }
}
