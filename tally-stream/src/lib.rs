//! tally-stream counts the votes, exactly once, from the log.
//!
//! - [`count`]: the count itself, a pure function of the log;
//! - [`counting`]: the thread that polls the log and counts;
//! - `reading`: the log as Kafka delivers it, and whether it is still the one that was counted;
//! - [`store`]: checkpoints, tallies and rejected ballots in PostgreSQL;
//! - [`publish`]: the result, and how it reaches Redis;
//! - [`aggregated_votes`]: totals for anyone downstream;
//! - [`recount`]: counting again from the first record;
//! - [`verify`]: whether all that is stored and shown is what the log says;
//! - [`service`] and [`commands`]: the service, and the commands of the command line.

pub mod aggregated_votes;
pub mod commands;
pub mod count;
pub mod counting;
pub mod options;
pub mod publish;
mod reading;
pub mod recount;
pub mod service;
pub mod store;
pub mod verify;
