//! Tests of election-admin with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod audit;
mod batches;
mod closing;
mod commands;
mod contract;
mod elections;
mod records;
mod results;
mod roles;
mod rules;
mod schema;
mod unreadable;
mod world;
