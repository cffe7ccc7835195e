//! The crowd: votes that become due at a constant rate, whoever is free to cast them.

mod ledger;
mod schedule;
mod verdict;
mod voting;

pub(crate) use ledger::Ledger;
pub use schedule::{Attempt, Plan, Schedule, Share, Slot};
pub(crate) use voting::{Crowd, Persistence};
