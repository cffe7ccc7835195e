//! Definitions for the counting thread: the answer never depends on which topic was faster.

use std::collections::BTreeMap;
use std::sync::Arc;

use ballot_log::elections::{ElectionMap, UnreadableElections};
use ballot_log::{Election, ElectionId, Elections, ElectionsError, UnreadableElection};

/// Looks elections up for the count.
pub(super) struct Definitions {
    elections: Elections,
    known: Arc<ElectionMap>,
    unreadable: Arc<UnreadableElections>,
    /// Records of a partition below this offset were in the log when `known` was read to its end: if they name
    /// an election that is not known, it does not exist.
    settled_below: BTreeMap<i32, i64>,
}

impl Definitions {
    pub(super) fn new(elections: Elections) -> Self {
        Self {
            known: elections.all(),
            unreadable: elections.unreadable(),
            elections,
            settled_below: BTreeMap::new(),
        }
    }

    /// The election with this number, if it exists. If the record at `offset` may name one that has just not
    /// been read yet, `catch_up` is called until that is settled.
    ///
    /// # Errors
    /// Those of `catch_up`, or if the definition is unreadable: a checkpoint would keep a wrong count forever.
    pub(super) fn look_up(
        &mut self,
        id: ElectionId,
        (partition, offset): (i32, i64),
        mut catch_up: impl FnMut(&mut Self) -> anyhow::Result<()>,
    ) -> anyhow::Result<Option<Arc<Election>>> {
        loop {
            if let Some(election) = self.known.get(&id) {
                return Ok(Some(election.clone()));
            }
            if let Some(unreadable) = self.unreadable.get(&id) {
                return Err(UnreadableElection::clone(unreadable).into());
            }
            if offset < self.settled(partition) {
                return Ok(None);
            }
            catch_up(self)?;
        }
    }

    /// Reads the definitions to their current end. `log_end` is where the partition ended before that.
    pub(super) async fn catch_up(
        &mut self,
        partition: i32,
        log_end: i64,
    ) -> Result<(), ElectionsError> {
        self.elections.read_to_end().await?;
        self.known = self.elections.all();
        self.unreadable = self.elections.unreadable();
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
