//! Tests of tally-stream with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod another_log;
mod counting;
mod health;
mod minimums;
mod outages;
mod publishing;
mod refusals;
mod silence;
mod store;
mod timeline;
mod verify;
mod withdrawals;
mod world;
