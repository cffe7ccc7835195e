//! Where the counting thread leaves its totals for the publisher.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ballot_log::ElectionId;
use tally::PartitionTally;

/// The newest tally of each election and partition that has not been published. As tallies are
/// absolute, a newer one replaces an older one, and this stays small however slow the publisher is.
#[derive(Debug, Default)]
pub struct PendingTallies {
    pending: Mutex<Pending>,
}

/// What has to be published.
#[derive(Debug, Default)]
pub struct Pending {
    /// Tallies, by election and partition.
    pub tallies: BTreeMap<(ElectionId, i32), PartitionTally>,
    /// Partitions that another instance counts now.
    pub released: BTreeSet<i32>,
}

impl PendingTallies {
    /// Adds a tally.
    pub fn add(&self, tally: PartitionTally) {
        let mut pending = self.lock();
        pending.released.remove(&tally.partition);
        pending
            .tallies
            .insert((tally.election, tally.partition), tally);
    }

    /// Marks a partition as no longer owned by this instance.
    pub fn release(&self, partition: i32) {
        self.lock().released.insert(partition);
    }

    /// Takes everything.
    pub fn take(&self) -> Pending {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
