//! The ballot box and what surrounds it: the records, topics and keys in Kafka, and how to append
//! to the log and read it.
//!
//! - [`record`]: what lies in the topic `votes`, byte for byte;
//! - [`definition`]: what lies in the topic `elections`;
//! - [`act`]: what lies in the topic `acts`;
//! - [`topics`]: their names and how they are made;
//! - [`ballot_box`]: appending a ballot and learning when the log has it;
//! - [`elections`]: following the definitions.

pub mod act;
pub mod ballot_box;
pub mod definition;
pub mod elections;
pub mod record;
pub mod topics;

pub use act::Act;
pub use ballot_box::{AppendError, Appended, BallotBox};
pub use definition::{Election, ElectionDefinition, Participant, Publication};
pub use elections::{Elections, ElectionsError};
pub use record::{Ballot, BallotRecord, Choice, Record};
pub use topics::Topics;

/// Number of an election, unique in one installation.
pub type ElectionId = u32;

/// Place of a participant on the ballot, from 1.
pub type PollNumber = u32;

/// Settings that every Kafka client of this project starts from.
pub fn client_config(brokers: &str) -> rdkafka::ClientConfig {
    let mut config = rdkafka::ClientConfig::new();
    config
        .set("bootstrap.servers", brokers)
        .set("client.id", "urna")
        .set("broker.address.family", "v4")
        // A broker that restarts is found again within a second.
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.keepalive.enable", "true");
    config
}
