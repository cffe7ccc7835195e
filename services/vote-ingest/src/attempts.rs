//! Limits on guessing the guid that belongs to a voter's personal id.
//!
//! Only failed attempts count, and they only change the answer to the next failure: attempts by others in a
//! voter's name never prevent a voter with the right guid from voting.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use service_kit::budget::Budgets;

/// Failed attempts, by personal id. The id is kept only as a hash that no other process can compute.
pub struct Attempts {
    failures: Mutex<Budgets<u64>>,
    hasher: RandomState,
}

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// After how many seconds to try again.
    pub retry_after_s: u64,
}

impl Attempts {
    /// Allows `most` failures in a row, and one more every `interval`.
    pub fn new(most: NonZeroU32, interval: Duration) -> Self {
        Self {
            failures: Mutex::new(Budgets::new(most.get(), interval)),
            hasher: RandomState::new(),
        }
    }

    /// Records that an attempt for this personal id has failed.
    ///
    /// # Errors
    /// If too many have.
    pub fn failed(&self, personal_id: &str) -> Result<(), TooMany> {
        let (key, now) = (self.hasher.hash_one(personal_id), Instant::now());
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.check(&key, now).map_err(|exhausted| TooMany {
            retry_after_s: exhausted.retry_after_s(),
        })?;
        failures.spend(&key, now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_one_voter_run_out_and_nobody_elses() {
        let attempts = Attempts::new(NonZeroU32::new(3).unwrap(), Duration::from_hours(1));
        for _ in 0..3 {
            assert_eq!(attempts.failed("12345678901"), Ok(()));
        }
        let too_many = attempts.failed("12345678901").unwrap_err();
        assert!((1..=3600).contains(&too_many.retry_after_s));
        assert_eq!(attempts.failed("12345678902"), Ok(()));
    }
}
