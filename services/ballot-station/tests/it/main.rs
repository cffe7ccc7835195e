//! Tests of ballot-station with a real Kafka.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod acts;
mod clocks;
mod contract;
mod limits;
mod outages;
mod recording;
mod roles;
mod sessions;
mod slowly;
mod tokens;
mod world;
