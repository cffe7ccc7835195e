//! Definitions for the counting thread: never an answer that depends on which topic was faster.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballot_log::elections::ElectionMap;
use ballot_log::{Election, ElectionId, Elections, ElectionsError};

/// Looks elections up for the count.
pub(super) struct Definitions {
    elections: Elections,
    known: Arc<ElectionMap>,
    /// Records of a partition below this offset lay in the log when `known` was read to its end: an
    /// election that they name and that is not known does not exist.
    settled_below: BTreeMap<i32, i64>,
}

impl Definitions {
    pub(super) fn new(elections: Elections) -> Self {
        Self {
            known: elections.all(),
            elections,
            settled_below: BTreeMap::new(),
        }
    }

    /// The election if it is known; otherwise whether the record at `offset` may still name one that is
    /// only not read yet.
    pub(super) fn get(&self, id: ElectionId, partition: i32, offset: i64) -> Lookup {
        match self.known.get(&id) {
            Some(election) => Lookup::Known(election.clone()),
            None if offset < self.settled(partition) => Lookup::NoSuchElection,
            None => Lookup::NotReadYet,
        }
    }

    /// Reads the definitions to their present end. `log_end` is where the partition ended before.
    pub(super) async fn catch_up(
        &mut self,
        partition: i32,
        log_end: i64,
    ) -> Result<(), ElectionsError> {
        self.elections.read_to_end().await?;
        self.known = self.elections.all();
        self.settled_below.insert(partition, log_end);
        Ok(())
    }

    fn settled(&self, partition: i32) -> i64 {
        self.settled_below
            .get(&partition)
            .copied()
            .unwrap_or_default()
    }
}

/// What is known of an election that a record names.
pub(super) enum Lookup {
    Known(Arc<Election>),
    NoSuchElection,
    NotReadYet,
}
