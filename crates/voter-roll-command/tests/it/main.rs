//! Tests of the roll with real servers, and of the command itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod additions;
mod changes;
mod changing;
mod claims;
mod command;
mod loading;
mod new_guids;
mod outages;
mod privacy;
mod register;
mod restored;
mod world;
