//! access-control as its clients know it, on a real PostgreSQL.

#![allow(clippy::unwrap_used)] // These are tests: the helpers too.

mod administration;
mod contract;
mod who_gets_in;
mod world;
