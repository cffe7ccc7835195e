//! Tests of vote-ingest with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod brokers;
mod contract;
mod health;
mod outages;
mod privacy;
mod readiness;
mod roll_changes;
mod world;
