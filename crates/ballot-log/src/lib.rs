//! The ballot box: the topics and keys in Kafka, and how to append to the log and read it.
//!
//! - [`record`], [`definition`], [`act`]: the content of the topics, from `ballot-records`;
//! - [`topics`]: their names and creation;
//! - [`ballot_box`]: appending a ballot and learning when the log has it;
//! - [`elections`]: following the definitions;
//! - [`ended_sessions`]: whose tokens are of no use any more;
//! - [`clock`]: which of them is open by the clock of this machine.

pub mod ballot_box;
pub mod clock;
pub mod elections;
pub mod ended_sessions;
mod follower;
mod partitioner;
pub mod topics;

pub use ballot_box::{AppendError, Appended, BallotBox};
pub use ballot_records::{
    Act, Ballot, BallotRecord, Cancellation, Choice, Election, ElectionDefinition, ElectionId,
    Lots, Participant, PollNumber, Publication, Record, UnreadableElection, act, definition,
    record, unreadable,
};
pub use elections::{Elections, ElectionsError};
pub use ended_sessions::EndedSession;
pub use topics::Topics;

/// Settings that every Kafka client of this project starts from.
pub fn client_config(brokers: &str) -> rdkafka::ClientConfig {
    let mut config = rdkafka::ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", "urna")
        .set("broker.address.family", "v4")
        // A restarted broker is found again within a second.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.keepalive.enable", "true");
    config
}
