//! The content of the topics, as bytes and as values. No I/O: `ballot-log` appends to the log and reads it.
//!
//! - [`record`]: the topic `votes`;
//! - [`definition`]: the topic `elections`, with what is added to a definition later;
//! - [`unreadable`]: definitions written by a newer version;
//! - [`act`]: the topic `acts`.

pub mod act;
mod additions;
pub mod definition;
mod participant;
pub mod record;
pub mod unreadable;

pub use act::Act;
pub use definition::{Cancellation, Election, ElectionDefinition, Lots, Participant, Publication};
pub use record::{Ballot, BallotRecord, Choice, Record};
pub use unreadable::UnreadableElection;

/// Number of an election, unique in one installation.
pub type ElectionId = u32;

/// Place of a participant on the ballot, from 1.
pub type PollNumber = u32;
