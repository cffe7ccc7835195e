//! A partition's count as bytes, for the next owner of the partition.
//!
//! The state is small, however much was counted; paper ballots are stored separately, and each checkpoint adds
//! only new ones.

use ballot_log::ElectionId;

use super::PartitionCount;

/// First byte of every checkpoint. A new form gets a new number.
const VERSION: u8 = 6;

/// Paper ballots of an election that a partition has seen, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sightings {
    /// The election.
    pub election: ElectionId,
    /// The sightings.
    pub bytes: Vec<u8>,
}

/// The bytes are not a checkpoint of this version.
#[derive(Debug, thiserror::Error)]
#[error(
    "the checkpoint is unreadable ({0}): remove the partition from the tables checkpoints and partition_tallies, and it is counted again from the log"
)]
pub struct CheckpointError(String);

impl PartitionCount {
    /// The state without the paper ballots seen.
    pub fn encode(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "every part of the state can be written")]
        postcard::to_extend(self, vec![VERSION]).expect("a checkpoint in bytes")
    }

    /// The paper ballots seen since this was last called.
    pub fn take_sightings(&mut self) -> Vec<Sightings> {
        let taken = self.elections.iter_mut().filter_map(|(election, count)| {
            let bytes = count.seen.take_sightings()?;
            Some(Sightings {
                election: *election,
                bytes,
            })
        });
        taken.collect()
    }

    /// Reads what [`PartitionCount::encode`] wrote, and all sightings that were taken until then, in the order of the
    /// log. Sightings that repeat others, or belong to a closed election, are harmless.
    ///
    /// # Errors
    /// If the bytes are damaged or of another version, or sightings are missing.
    pub fn decode<'a>(
        state: &[u8],
        sightings: impl IntoIterator<Item = (ElectionId, &'a [u8])>,
    ) -> Result<Self, CheckpointError> {
        let damaged = |error: postcard::Error| CheckpointError(error.to_string());
        let mut count: Self = match state.split_first() {
            Some((&VERSION, state)) => postcard::from_bytes(state).map_err(damaged)?,
            Some((version, _)) => return Err(CheckpointError(format!("version {version}"))),
            None => return Err(CheckpointError("empty".to_owned())),
        };
        for (election, bytes) in sightings {
            let seen = count.elections.get_mut(&election);
            if let Some(seen) = seen.filter(|seen| !seen.tally.closed) {
                seen.seen.add_sightings(bytes).map_err(damaged)?;
            }
        }
        match count
            .elections
            .iter()
            .find(|(_, count)| !count.seen.is_complete())
        {
            None => Ok(count),
            Some((election, _)) => Err(CheckpointError(format!(
                "paper ballots of election {election} are missing"
            ))),
        }
    }
}
