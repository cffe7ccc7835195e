//! Slowing down whoever guesses passwords.
//!
//! Three budgets of attempts, each refilled steadily: of an account from an address, of an account from
//! everywhere (many who guess together), and of an address for all accounts (one who tries a password on
//! everybody). An attempt is taken from all three before the password is looked at, so that many at once gain
//! nothing; one that succeeds is given back, so that only failures count.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use crate::options::AttemptOptions;

/// How much larger the budgets are that others share.
const SHARED: u32 = 10;

/// Every so many attempts, budgets that are full again are forgotten.
const TIDY_EVERY: u32 = 1024;

/// Too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// When another makes sense, in seconds.
    pub retry_after_s: u64,
}

/// All attempts to log in.
pub struct Attempts<C: Clock = MonotonicClock> {
    account_from_address: Budgets<(IpAddr, String), C>,
    account: Budgets<String, C>,
    address: Budgets<IpAddr, C>,
    since_tidied: AtomicU32,
}

impl Attempts {
    /// As the settings say.
    pub fn new(options: AttemptOptions) -> Self {
        Self::with_clock(options, &MonotonicClock)
    }
}

impl<C: Clock + Clone> Attempts<C> {
    fn with_clock(options: AttemptOptions, clock: &C) -> Self {
        let interval = Duration::from_secs(options.login_attempt_interval_s.max(1).into());
        let most = options.login_attempts.max(1);
        let shared = (interval / SHARED, most.saturating_mul(SHARED));
        Self {
            account_from_address: Budgets::new(interval, most, clock),
            account: Budgets::new(shared.0, shared.1, clock),
            address: Budgets::new(shared.0, shared.1, clock),
            since_tidied: AtomicU32::new(0),
        }
    }

    /// Takes an attempt to log in to `account` from `address`.
    ///
    /// # Errors
    /// Where there is none left.
    pub fn take(&self, address: IpAddr, account: &str) -> Result<Attempt<'_, C>, TooMany> {
        if self.since_tidied.fetch_add(1, Ordering::Relaxed) >= TIDY_EVERY {
            self.since_tidied.store(0, Ordering::Relaxed);
            self.account_from_address.limiter.retain_recent();
            self.account.limiter.retain_recent();
            self.address.limiter.retain_recent();
        }
        let address = network(address);
        let attempt = Attempt {
            attempts: self,
            both: (address, account.to_owned()),
        };
        self.account_from_address.take(&attempt.both)?;
        if let Err(too_many) = self.address.take(&address) {
            self.account_from_address.give_back(&attempt.both);
            return Err(too_many);
        }
        if let Err(too_many) = self.account.take(&attempt.both.1) {
            self.account_from_address.give_back(&attempt.both);
            self.address.give_back(&address);
            return Err(too_many);
        }
        Ok(attempt)
    }
}

/// An attempt that is under way.
pub struct Attempt<'a, C: Clock = MonotonicClock> {
    attempts: &'a Attempts<C>,
    both: (IpAddr, String),
}

impl<C: Clock + Clone> Attempt<'_, C> {
    /// It did not fail, so it does not count.
    pub fn give_back(self) {
        self.attempts.account_from_address.give_back(&self.both);
        self.attempts.address.give_back(&self.both.0);
        self.attempts.account.give_back(&self.both.1);
    }
}

/// Whoever has one IPv6 address has the whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

/// A budget for each key.
struct Budgets<K: Hash + Eq + Clone, C: Clock> {
    limiter: RateLimiter<K, Store<K>, C, NoOpMiddleware<C::Instant>>,
    store: Store<K>,
    clock: C,
    interval: Nanos,
}

impl<K: Hash + Eq + Clone, C: Clock + Clone> Budgets<K, C> {
    fn new(interval: Duration, most: u32, clock: &C) -> Self {
        let most = NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN);
        // Only an interval of zero is no quota.
        let quota = Quota::with_period(interval)
            .unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN))
            .allow_burst(most);
        let store = Store::default();
        Self {
            limiter: RateLimiter::new(quota, store.clone(), clock.clone()),
            store,
            clock: clock.clone(),
            interval: quota.replenish_interval().into(),
        }
    }

    fn take(&self, key: &K) -> Result<(), TooMany> {
        self.limiter.check_key(key).map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            TooMany {
                retry_after_s: wait.as_secs() + 1,
            }
        })
    }

    /// What is stored is the moment at which the budget is full again; each attempt puts it off by an
    /// interval. One that lies in the past is as good as none, so no budget gets larger than it was.
    fn give_back(&self, key: &K) {
        if let Some(full_again) = self.store.lock().get_mut(key) {
            *full_again = full_again.saturating_sub(self.interval);
        }
    }
}

/// When each budget is full again. Governor's own stores cannot give anything back.
struct Store<K>(Arc<Mutex<HashMap<K, Nanos>>>);

impl<K> Store<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Nanos>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K> Clone for Store<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> Default for Store<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq + Clone> StateStore for Store<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut budgets = self.lock();
        let (outcome, full_again) = decide(budgets.get(key).copied())?;
        budgets.insert(key.clone(), full_again);
        Ok(outcome)
    }
}

impl<K: Hash + Eq + Clone> ShrinkableKeyedStateStore<K> for Store<K> {
    fn retain_recent(&self, drop_below: Nanos) {
        self.lock().retain(|_, full_again| *full_again > drop_below);
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn attempts(clock: &FakeRelativeClock) -> Attempts<FakeRelativeClock> {
        let options = AttemptOptions {
            login_attempts: 3,
            login_attempt_interval_s: 10,
        };
        Attempts::with_clock(options, clock)
    }

    fn from(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn failures_count_and_the_budget_refills() {
        let clock = FakeRelativeClock::default();
        let attempts = attempts(&clock);
        let fail = |address, account| attempts.take(from(address), account).map(|_| ());
        for _ in 0..3 {
            assert_eq!(fail(1, "a"), Ok(()));
        }
        let TooMany { retry_after_s } = fail(1, "a").unwrap_err();
        assert!((10..=11).contains(&retry_after_s), "{retry_after_s}");
        assert_eq!(fail(1, "b"), Ok(()), "another account");
        assert_eq!(fail(2, "a"), Ok(()), "another address");
        clock.advance(Duration::from_secs(11));
        assert_eq!(fail(1, "a"), Ok(()));
        assert!(fail(1, "a").is_err());
    }

    #[test]
    fn what_succeeds_does_not_count() {
        let clock = FakeRelativeClock::default();
        let attempts = attempts(&clock);
        for _ in 0..1000 {
            attempts.take(from(1), "a").unwrap().give_back();
        }
        // And giving back makes no budget larger than it was.
        clock.advance(Duration::from_secs(1000));
        attempts.take(from(1), "a").unwrap().give_back();
        let failures = (0..100).filter(|_| attempts.take(from(1), "a").is_ok());
        assert_eq!(failures.count(), 3);
    }

    #[test]
    fn an_address_and_an_account_have_budgets_too() {
        let clock = FakeRelativeClock::default();
        let one_address = attempts(&clock);
        let accounts =
            (0..100).filter(|account| one_address.take(from(1), &account.to_string()).is_ok());
        assert_eq!(accounts.count(), 30);
        let one_account = attempts(&clock);
        let addresses = (0..100).filter(|last| one_account.take(from(*last), "a").is_ok());
        assert_eq!(addresses.count(), 30);
    }

    #[test]
    fn a_network_is_an_address() {
        let clock = FakeRelativeClock::default();
        let attempts = attempts(&clock);
        let address = |last: u128| Ipv6Addr::from_bits((0x2001_0db8 << 96) | last).into();
        let failures = (0..100).filter(|last| attempts.take(address(*last), "a").is_ok());
        assert_eq!(failures.count(), 3);
        assert!(attempts.take(address(1 << 64), "a").is_ok());
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let clock = FakeRelativeClock::default();
        let attempts = attempts(&clock);
        for account in 0..29 {
            attempts.take(from(1), &account.to_string()).unwrap();
        }
        clock.advance(Duration::from_secs(1000));
        for _ in 0..=TIDY_EVERY {
            attempts.take(from(2), "a").map(Attempt::give_back).unwrap();
        }
        assert!(attempts.account.limiter.len() <= 1);
        assert!(attempts.address.limiter.len() <= 1);
        assert!(attempts.account_from_address.limiter.len() <= 1);
    }
}
