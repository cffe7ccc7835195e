//! The roll on real servers: PostgreSQL, Redis, and the command itself.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod claims;
mod command;
mod loading;
mod outages;
mod privacy;
mod register;
mod restored;
mod world;
