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

use crate::error::RollError;
use voter_roll::{
    Guid, RollKeys,
    packing::{ENTRY_BYTES, Entry},
};

/// Rows sealed in one go.
const CHUNK: usize = 8192;

/// Chunks being sealed while more are read.
const SEALERS: usize = 2;

/// A voter's entry and its address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SealedVoter {
    pub(super) bucket: u32,
    pub(super) field: [u8; 16],
    pub(super) entry: [u8; ENTRY_BYTES],
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
    guid: Guid,
    personal_id: String,
    district: u16,
}

impl Sealer {
    /// Reads and seals the whole roll. The result is sorted by bucket and field, so that not even the order of
    /// the entries in Redis follows that of the rows.
    pub(super) async fn seal_roll(
        &self,
        database: &Client,
        progress: &ProgressBar,
    ) -> Result<Vec<SealedVoter>, RollError> {
        let rows = database
            .copy_out(
                "COPY (SELECT row_number, guid, personal_id, district FROM dim_voters)
                 TO STDOUT (FORMAT binary)",
            )
            .await?;
        let columns = [Type::INT8, Type::UUID, Type::BPCHAR, Type::INT4];
        let mut rows = pin!(BinaryCopyOutStream::new(rows, &columns));
        let mut sealing: JoinSet<Result<Vec<SealedVoter>, RollError>> = JoinSet::new();
        let mut sealed = Vec::with_capacity(self.serials.len());
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
                    sealed.append(&mut done??);
                }
                progress.inc(chunk.len() as u64);
                let (this, chunk) = (self.clone(), mem::take(&mut chunk));
                sealing.spawn_blocking(move || chunk.iter().map(|row| this.seal(row)).collect());
            }
            if ended {
                break;
            }
        }
        while let Some(done) = sealing.join_next().await {
            sealed.append(&mut done??);
        }
        let sorted = spawn_blocking(move || {
            sealed.sort_unstable();
            sealed
        });
        Ok(sorted.await?)
    }

    fn seal(&self, row: &Row) -> Result<SealedVoter, RollError> {
        let serial = usize::try_from(row.number)
            .ok()
            .and_then(|number| self.serials.get(number));
        let Some(serial) = serial else {
            return Err(RollError::CapacityExceeded {
                election: self.election,
                row: row.number,
                capacity: self.serials.len() as u64,
            });
        };
        let address = self.keys.entry_address(&row.guid);
        let entry = Entry {
            district: row.district,
            serial: *serial,
            identity: self.keys.identity(&row.guid, &row.personal_id),
        };
        Ok(SealedVoter {
            bucket: address.bucket(self.buckets),
            field: address.field,
            entry: entry.free(address.mask),
        })
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
