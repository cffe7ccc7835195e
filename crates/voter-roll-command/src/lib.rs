//! The command `voter-roll`: the roll of voters in the PostgreSQL table `dim_voters`, and loading it into Redis for
//! one election.
//!
//! [`generate`] and [`import`] fill the roll; [`load`] loads it into Redis, where `voter_roll::Roll` claims ballots;
//! [`status`] shows its state; [`purge`] removes it from Redis and destroys the ballot key.

pub mod cli;
mod error;
mod loading;
mod register;

pub use error::{DatabaseError, RollError};
pub use loading::{
    KeyState, LoadReport, LoadStatus, PurgeReport, RedisStatus, RollStatus, load, purge, status,
};
pub use register::{Generate, connect, export, generate, import, migrate};
