//! Where the counting thread leaves its totals for the publisher.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ballot_log::ElectionId;
use tally::PartitionTally;

/// The newest tally of each election and partition that has not been published. As tallies are
/// absolute, a newer one replaces an older one, and the board stays small however slow the publisher is.
#[derive(Debug, Default)]
pub struct Board {
    notices: Mutex<Notices>,
}

/// What was left on the board.
#[derive(Debug, Default)]
pub struct Notices {
    /// Tallies, by election and partition.
    pub tallies: BTreeMap<(ElectionId, i32), PartitionTally>,
    /// Partitions that somebody else counts now.
    pub released: BTreeSet<i32>,
}

impl Board {
    /// Leaves a tally.
    pub fn post(&self, tally: PartitionTally) {
        let mut notices = self.lock();
        notices.released.remove(&tally.partition);
        notices
            .tallies
            .insert((tally.election, tally.partition), tally);
    }

    /// Says that a partition is no longer this instance's.
    pub fn release(&self, partition: i32) {
        self.lock().released.insert(partition);
    }

    /// Takes everything that was left.
    pub fn take(&self) -> Notices {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Notices> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
