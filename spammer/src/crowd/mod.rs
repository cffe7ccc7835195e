//! The crowd: votes become due at a constant rate, and any free connection casts the next one.

mod ledger;
mod schedule;
mod verdict;
mod voting;

pub(crate) use ledger::Ledger;
pub use schedule::{Attempt, Plan, Schedule, Share, Slot};
pub(crate) use voting::{Crowd, Persistence};
