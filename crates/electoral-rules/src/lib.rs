//! Votes in, seats or winners out.
//!
//! The part of an election that a court could examine. It uses no database, no network and no clock: [`Rules`]
//! are fixed before an election opens, a [`Count`] is the content of the ballot box, and [`Rules::apply`]
//! returns the [`Outcome`], always the same one.
//!
//! ```
//! use electoral_rules::{Count, Rules};
//!
//! let rules: Rules = serde_json::from_str(
//!     r#"{"method": "dhondt", "seats": 8, "threshold": {"percent": 5, "of": "valid"}, "tie": "lot"}"#,
//! )?;
//! let outcome = rules.apply(&Count { votes: &[100_000, 80_000, 30_000, 20_000], ..Count::default() })?;
//! assert_eq!(outcome.seats(), Some(&[4, 3, 1, 0][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How seats are shared out
//!
//! 1. **Who takes part** ([`Standing`]). A list takes part when it has reached its threshold (exactly
//!    reaching it is enough) or is exempt. If no list has reached its threshold, all take part; being
//!    exempt is not reaching it.
//! 2. **What counts.** A list's votes times its multiplier, as an exact fraction. Thresholds and the tie
//!    rules look at the votes as they were cast.
//! 3. **The seats** ([`Award`]), one after the other, each with the exact quotient it was won by. A quota is
//!    taken from what counts for the lists that take part. A list without votes gets no seat. Lists that stand
//!    together are one first ([`Alliance`]), and share out their seats by the same method then.
//! 4. **Ties** ([`Tie`]). Lists that are level for fewer seats than there are such lists are told apart by
//!    the [`TieRule`] as far as it reaches, then by lots as far as they were drawn; the rest stays open.
//!
//! # Why nothing overflows, and nothing is rounded
//!
//! All votes together are at most 2^63 - 1 ([`MAX_VOTES`]) and seats at most a million ([`MAX_SEATS`]), so a
//! divisor in whole units is below 2^24, and every product of the two is below 2^87. A percentage has at
//! most 17 decimals, so a threshold multiplies votes by at most 10^19: below 2^127. Multipliers, and seats
//! won before, are what can be longer: the multipliers of one election may have 18 digits between them, a list
//! at most a million seats, and one check before the seats are shared out ([`RuleError::TooWide`]) covers every
//! product that follows. There is no floating point here.

#![deny(
    clippy::float_arithmetic,
    clippy::float_cmp,
    clippy::lossy_float_literal
)]

#[cfg(feature = "command")]
pub mod command;
mod count;
mod decimal;
mod error;
mod fraction;
mod limits;
mod majority;
mod outcome;
mod reading;
mod rules;
mod seats;
mod terms;
mod ties;

pub use count::Count;
pub use decimal::{Decimal, DecimalError};
pub use error::RuleError;
pub use fraction::Fraction;
pub use limits::{MAX_SEATS, MAX_VOTES};
pub use majority::{MajorityResult, WinnersResult};
pub use outcome::Outcome;
pub use rules::Rules;
pub use seats::{Alliance, Apportionment, Award, Claim, Standing};
pub use terms::ListTerms;
pub use ties::{SettledBy, Tie, TieRule};
