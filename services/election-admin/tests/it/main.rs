//! Tests of election-admin with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit;
mod batches;
mod cancelling;
mod closing;
mod commands;
mod contract;
mod deciding;
mod elections;
mod exports;
mod four_eyes;
mod records;
mod results;
mod roles;
mod rules;
mod schema;
mod unreadable;
mod world;
