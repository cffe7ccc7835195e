//! One partition that this instance owns: its count, and what has been passed on.

use std::collections::BTreeMap;

use ballot_log::ElectionId;
use tally::{PartitionTally, RejectedBallot, Tally};

use crate::count::{FreedBallots, LastRecord, PartitionCount};
use crate::publish::PendingTallies;
use crate::store::{Base, Checkpoint};

/// A count with its pending work.
pub(super) struct CountedPartition {
    pub(super) count: PartitionCount,
    /// Rejected since the last checkpoint.
    pub(super) rejected: Vec<RejectedBallot>,
    /// Freed by withdrawals since the last checkpoint.
    freed: Vec<FreedBallots>,
    checkpointed_offset: i64,
    /// The last record of the last checkpoint.
    checkpointed_last: Option<LastRecord>,
    posted_offset: Option<i64>,
    posted: BTreeMap<ElectionId, Tally>,
}

impl CountedPartition {
    pub(super) fn new(count: PartitionCount) -> Self {
        Self {
            checkpointed_offset: count.next_offset(),
            checkpointed_last: count.last(),
            count,
            rejected: Vec::new(),
            freed: Vec::new(),
            posted_offset: None,
            posted: BTreeMap::new(),
        }
    }

    /// After a release: everything is posted again, as others may have posted less.
    pub(super) fn again(mut self) -> Self {
        self.posted_offset = None;
        self.posted.clear();
        self
    }

    /// Takes rejections back.
    pub(super) fn free(&mut self, freed: FreedBallots) {
        if !freed.invalid.is_empty() {
            self.rejected.retain(|rejected| !freed.cover(rejected));
            self.freed.push(freed);
        }
    }

    /// What has to be stored, if anything moved. The rejected ballots go with it.
    pub(super) fn checkpoint(&mut self, partition: i32) -> Option<Checkpoint> {
        if self.checkpointed_offset == self.count.next_offset() {
            return None;
        }
        let base = Base {
            offset: std::mem::replace(&mut self.checkpointed_offset, self.count.next_offset()),
            last: std::mem::replace(&mut self.checkpointed_last, self.count.last()),
        };
        let rejected = std::mem::take(&mut self.rejected);
        let freed = std::mem::take(&mut self.freed);
        let count = &mut self.count;
        Some(Checkpoint::of(partition, count, base, rejected, freed))
    }

    /// Posts the tallies that changed.
    pub(super) fn post_to(&mut self, pending: &PendingTallies, partition: i32) {
        let offset = self.count.next_offset();
        if self.posted_offset == Some(offset) {
            return;
        }
        self.posted_offset = Some(offset);
        for (election, tally) in self.count.tallies() {
            // Copied only if it has changed: most elections have ended long ago.
            if self.posted.get(&election) != Some(tally) {
                let tally = tally.clone();
                self.posted.insert(election, tally.clone());
                pending.add(PartitionTally {
                    election,
                    partition,
                    offset,
                    tally,
                    log: self.count.closed_log(election),
                });
            }
        }
    }
}
