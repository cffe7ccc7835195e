//! Who may vote: the roll in PostgreSQL, loading it into Redis, claiming and confirming ballots.
//!
//! The roll of voters lies in the PostgreSQL table `dim_voters`. [`load`] brings it into Redis for
//! one election, where [`Roll::claim`] hands out each voter's ballot once and [`Roll::confirm`]
//! closes it.
//!
//! Between a voter and a ballot stands the *ballot key*: 32 random bytes in a file
//! ([`KeyDirectory`]), held by no database. A voter's *serial*, the number of the ballot, is the
//! rank of an HMAC of the voter's row number among all rows up to the roll's capacity. Redis holds
//! HMACs of the voter's identity, and the serial masked with one: without the key none of it can be
//! read, nor guessed from the roll. [`purge`] destroys the key.

mod claims;
pub mod cli;
mod error;
mod keys;
mod layout;
mod loading;
mod packing;
mod register;
mod serials;
mod voter;

pub use claims::{Claim, ClaimError, Roll, RollOptions, RollService};
pub use error::{DatabaseError, RollError};
pub use keys::{BallotKey, Fingerprint, KeyDirectory, KeyError, RollKeys};
pub use layout::registered;
pub use loading::{
    KeyState, LoadReport, LoadStatus, PurgeReport, RedisStatus, RollStatus, load, purge, status,
};
pub use register::{Generate, connect, export, generate, import, migrate};
pub use voter::{Guid, NotAGuid, NotAPersonalId, PersonalId, Voter};
