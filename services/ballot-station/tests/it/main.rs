//! ballot-station on a real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod acts;
mod contract;
mod limits;
mod outages;
mod recording;
mod roles;
mod tokens;
mod world;
