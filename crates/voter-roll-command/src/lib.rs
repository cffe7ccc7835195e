//! The command `voter-roll`: the roll of voters in the PostgreSQL table `dim_voters`, and loading it into Redis for
//! one election.
//!
//! [`generate`] and [`import`] fill the roll; [`load`] brings it into Redis, where `voter_roll::Roll` claims ballots;
//! [`changes`] strike, correct and reissue while people vote; [`status`] looks at it; [`purge`] removes it from Redis and
//! destroys the ballot key.

pub mod changes;
pub mod cli;
mod error;
mod loading;
mod operator;
mod register;
mod table;

pub use error::{DatabaseError, RollError};
pub use loading::{
    InForce, KeyState, LoadReport, LoadStatus, PurgeReport, RedisStatus, RollStatus, load, purge,
    status,
};
pub use operator::Operator;
pub use register::{
    Different, Generate, Import, ImportReport, connect, export, generate, import, migrate,
};
