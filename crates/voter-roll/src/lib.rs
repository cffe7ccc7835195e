//! Who may vote: the roll of an election in Redis, where [`Roll::claim`] issues each voter's ballot once and
//! [`Roll::confirm`] closes it.
//!
//! Between a voter and a ballot stands the *ballot key*: 32 random bytes in a file
//! ([`KeyDirectory`]), held by no database. A voter's *serial*, the number of the ballot, is the
//! rank of an HMAC of the voter's row number among all rows up to the roll's capacity, which lies
//! with the key, as does a digest of who stands in which row ([`Extent`]). Redis holds
//! HMACs of the voter's identity, and the serial masked with one: without the key none of it can be
//! read, nor guessed from the roll.
//!
//! The roll of voters itself is in PostgreSQL, which this crate does not use: `voter-roll-command` keeps it, loads it
//! into Redis with [`layout`], [`packing`] and [`serials`], and destroys the key afterwards.

mod claims;
mod keys;
pub mod layout;
pub mod packing;
pub mod serials;
mod voter;

pub use claims::{Claim, ClaimError, Roll, RollOptions, RollService};
pub use keys::{
    BallotKey, Extent, Fingerprint, KeyDirectory, KeyError, RollKeys, RowDigest, StoredKey,
};
pub use layout::registered;
pub use voter::{Guid, NotAGuid, NotAPersonalId, PersonalId, Voter};
