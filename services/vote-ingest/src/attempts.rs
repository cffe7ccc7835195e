//! Limits on guessing the guid that belongs to a voter's personal id.
//!
//! Only failed attempts count, and they only change how the next failure is answered: a voter with the right
//! guid is never kept from voting by what others try in their name.

use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

/// Every so many failures, those that are long past are forgotten.
const TIDY_EVERY: u32 = 1024;

/// Failed attempts, by personal id. What is kept is a hash of it that this process alone can make.
pub struct Attempts {
    failures: RateLimiter<u64, HashMapStateStore<u64>, DefaultClock>,
    hasher: RandomState,
    since_tidied: AtomicU32,
}

/// Too many attempts have failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// When another makes sense, in seconds.
    pub retry_after_s: u64,
}

impl Attempts {
    /// `most` failures in a row, and another one every `interval`.
    pub fn new(most: NonZeroU32, interval: Duration) -> Self {
        #[expect(clippy::expect_used, reason = "the setting is a second or more")]
        let quota = Quota::with_period(interval).expect("an interval of more than nothing");
        Self {
            failures: RateLimiter::hashmap(quota.allow_burst(most)),
            hasher: RandomState::new(),
            since_tidied: AtomicU32::new(0),
        }
    }

    /// Notes that an attempt for this personal id has failed.
    ///
    /// # Errors
    /// Where too many have.
    pub fn failed(&self, personal_id: &str) -> Result<(), TooMany> {
        if self.since_tidied.fetch_add(1, Ordering::Relaxed) >= TIDY_EVERY {
            self.since_tidied.store(0, Ordering::Relaxed);
            self.failures.retain_recent();
        }
        let checked = self.failures.check_key(&self.hasher.hash_one(personal_id));
        checked.map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            TooMany {
                retry_after_s: wait.as_secs() + 1,
            }
        })
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

    #[test]
    fn what_is_long_past_is_forgotten() {
        let attempts = Attempts::new(NonZeroU32::MIN, Duration::from_nanos(1));
        for number in 0..=3 * TIDY_EVERY {
            assert_eq!(attempts.failed(&number.to_string()), Ok(()));
        }
        assert!(attempts.failures.len() < 2 * usize::try_from(TIDY_EVERY).unwrap());
    }
}
