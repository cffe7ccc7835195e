//! Turns rows of the roll into entries that reveal nothing without the ballot key.

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
use super::holder::Holder;
use crate::error::RollError;
use voter_roll::{
    Guid, RollKeys,
    packing::{ENTRY_BYTES, Entry, EntryAddress, FORWARD_BYTES},
};

/// Rows sealed in one go.
const CHUNK: usize = 8192;

/// Chunks being sealed while more are read.
const SEALERS: usize = 2;

/// An entry, and where it goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SealedEntry {
    pub(super) bucket: u32,
    pub(super) field: [u8; 16],
    content: Content,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    Ballot([u8; ENTRY_BYTES]),
    /// Under a guid that was issued later.
    Forward([u8; FORWARD_BYTES]),
}

impl SealedEntry {
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Ballot(bytes) => bytes,
            Content::Forward(bytes) => bytes,
        }
    }
}

/// A roll, sealed.
pub(super) struct SealedRoll {
    /// In no order that the roll has.
    pub(super) entries: Vec<SealedEntry>,
    /// Which voters stand in which rows.
    pub(super) rows: Rows,
    /// Voters who may vote.
    pub(super) voters: u64,
}

/// The keys and serials to seal the roll of one election.
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
    holder: Holder,
}

impl Sealer {
    /// Reads and seals the whole roll. It comes back sorted by bucket and field, so that not even
    /// the order in which Redis stores the entries follows that of the rows. `before` is how many rows the roll had.
    pub(super) async fn seal_roll(
        &self,
        database: &Client,
        before: u32,
        progress: &ProgressBar,
    ) -> Result<SealedRoll, RollError> {
        let rows = database
            .copy_out(
                "COPY (SELECT row_number, guid, first_guid, personal_id, district, struck_at IS NOT NULL
                       FROM dim_voters) TO STDOUT (FORMAT binary)",
            )
            .await?;
        let columns = [
            Type::INT8,
            Type::UUID,
            Type::UUID,
            Type::BPCHAR,
            Type::INT4,
            Type::BOOL,
        ];
        let mut rows = pin!(BinaryCopyOutStream::new(rows, &columns));
        let mut sealing: JoinSet<Result<SealedRoll, RollError>> = JoinSet::new();
        let mut roll = SealedRoll {
            entries: Vec::with_capacity(self.serials.len()),
            rows: Rows::default(),
            voters: 0,
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
            roll.entries.sort_unstable();
            roll
        });
        Ok(sorted.await?)
    }

    fn seal_chunk(&self, chunk: &[Row], before: u32) -> Result<SealedRoll, RollError> {
        let mut roll = SealedRoll {
            entries: Vec::with_capacity(chunk.len()),
            rows: Rows::default(),
            voters: 0,
        };
        for row in chunk {
            let (number, holder) = (self.number(row)?, &row.holder);
            let one = Rows::one(&self.keys, before, number, holder.first_guid());
            roll.rows.merge(&one);
            roll.voters += u64::from(!holder.is_struck);
            roll.entries
                .push(self.seal(holder, self.serials[number as usize]));
            if let Some((address, entry)) = holder.forward(&self.keys) {
                roll.entries
                    .push(self.entry(&address, Content::Forward(entry)));
            }
        }
        Ok(roll)
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

    fn seal(&self, holder: &Holder, serial: u32) -> SealedEntry {
        let address = holder.address(&self.keys);
        let entry = Entry {
            district: holder.district,
            serial,
            identity: holder.identity(&self.keys),
        };
        self.entry(&address, Content::Ballot(entry.free(address.mask)))
    }

    fn entry(&self, address: &EntryAddress, content: Content) -> SealedEntry {
        SealedEntry {
            bucket: address.bucket(self.buckets),
            field: address.field,
            content,
        }
    }
}

impl SealedRoll {
    fn append(&mut self, mut other: Self) {
        self.entries.append(&mut other.entries);
        self.rows.merge(&other.rows);
        self.voters += other.voters;
    }
}

impl Row {
    fn from_copy(row: &BinaryCopyOutRow) -> Result<Self, RollError> {
        let district: i32 = row.try_get(4)?;
        let holder = Holder {
            guid: row.try_get::<Uuid>(1)?.into(),
            first_guid: row.try_get::<Option<Uuid>>(2)?.map(Guid::from),
            personal_id: row.try_get(3)?,
            district: u16::try_from(district).map_err(|_| {
                RollError::Unexpected("the table dim_voters".to_owned(), "district")
            })?,
            is_struck: row.try_get(5)?,
        };
        Ok(Self {
            number: row.try_get(0)?,
            holder,
        })
    }
}
