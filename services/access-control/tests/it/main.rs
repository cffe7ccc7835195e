//! access-control as its clients know it, on a real PostgreSQL.

#![allow(clippy::unwrap_used)] // These are tests: the helpers too.

mod administration;
mod approval;
mod audit;
mod contract;
mod limits;
mod outages;
mod sessions;
mod who_gets_in;
mod world;
