//! Tests of the stack with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod clients;
mod cluster;
mod command;
mod failures;
mod isolation;
mod lifetime;
mod restart;
