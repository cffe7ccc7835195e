//! The largest numbers that are counted with, so that nothing overflows.

/// The most votes that an election can have, all together: 2^63 - 1.
pub const MAX_VOTES: u64 = 9_223_372_036_854_775_807;

/// The most seats that are shared out in one election.
pub const MAX_SEATS: u32 = 1_000_000;

/// How many digits the multipliers of one election may have between them.
pub(crate) const MULTIPLIER_DIGITS: u32 = 18;
