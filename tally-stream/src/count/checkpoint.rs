//! A partition's count as bytes, for the next owner of the partition.

use super::PartitionCount;

/// First byte of every checkpoint. A new form gets a new number.
const VERSION: u8 = 4;

/// The bytes are no checkpoint of this version.
#[derive(Debug, thiserror::Error)]
#[error(
    "the checkpoint is unreadable ({0}): remove the partition from the tables checkpoints and partition_tallies, and it is counted again from the log"
)]
pub struct CheckpointError(String);

impl PartitionCount {
    /// The whole state, ballots seen included.
    pub fn encode(&self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "every part of the state can be written")]
        postcard::to_extend(self, vec![VERSION]).expect("a checkpoint in bytes")
    }

    /// Reads what [`PartitionCount::encode`] wrote.
    ///
    /// # Errors
    /// Where the bytes are damaged or of another version.
    pub fn decode(bytes: &[u8]) -> Result<Self, CheckpointError> {
        match bytes.split_first() {
            Some((&VERSION, state)) => {
                postcard::from_bytes(state).map_err(|error| CheckpointError(error.to_string()))
            }
            Some((version, _)) => Err(CheckpointError(format!("version {version}"))),
            None => Err(CheckpointError("empty".to_owned())),
        }
    }
}
