//! Where the counting thread leaves its totals for the publisher.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ballot_log::ElectionId;

use crate::count::PartitionTally;

/// The newest tally of each election and partition that has not been published. As tallies are
/// absolute, a newer one replaces an older one, and the board stays small however slow the publisher is.
#[derive(Debug, Default)]
pub struct Board {
    posted: Mutex<BTreeMap<(ElectionId, i32), PartitionTally>>,
}

impl Board {
    /// Leaves a tally.
    pub fn post(&self, tally: PartitionTally) {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        posted.insert((tally.election, tally.partition), tally);
    }

    /// Takes everything that was left.
    pub fn take(&self) -> Vec<PartitionTally> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *posted).into_values().collect()
    }
}
