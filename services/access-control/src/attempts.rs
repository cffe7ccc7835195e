//! Limits on guessing passwords and on registrations.
//!
//! Failed logins are counted against three budgets: one account from one address, one account from everywhere
//! (many clients guessing together), and one address for all accounts (one client trying a password on
//! everybody). Whoever has lately logged in to an account from an address is known there, and only the
//! first of the three counts: so guessing elsewhere locks no account for its owner. The budgets are checked again when an attempt is found to be right or wrong, so guessing in
//! parallel gains nothing. Right passwords cost nothing.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::options::{LoginOptions, RegistrationOptions};
use service_kit::budget::{Budgets, Exhausted};

/// How much larger the shared budgets are.
const SHARED: u32 = 10;

/// Too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// What was limited.
    pub what: Limited,
    /// When trying again makes sense, in seconds.
    pub retry_after_s: u64,
}

/// Actions that are limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// Failing to log in.
    FailedLogins,
    /// Registering.
    Registrations,
}

impl Limited {
    fn too_many(self, exhausted: Exhausted) -> TooMany {
        TooMany {
            what: self,
            retry_after_s: exhausted.retry_after_s(),
        }
    }
}

/// All attempts to log in.
pub struct Logins(Mutex<LoginBudgets>);

struct LoginBudgets {
    account_from_address: Budgets<(IpAddr, String)>,
    account: Budgets<String>,
    address: Budgets<IpAddr>,
}

impl Logins {
    /// With the limits from the settings.
    pub fn new(options: LoginOptions) -> Self {
        let interval = Duration::from_secs(options.login_attempt_interval_s.into());
        let most = options.login_attempts;
        let (shared, shared_interval) = (most.saturating_mul(SHARED), interval / SHARED);
        Self(Mutex::new(LoginBudgets {
            account_from_address: Budgets::new(most, interval),
            account: Budgets::new(shared, shared_interval),
            address: Budgets::new(shared, shared_interval),
        }))
    }

    /// An attempt to log in to `account` from `address`, where its owner `is_known` or not.
    pub fn attempt(&self, address: IpAddr, account: &str, is_known: bool) -> Attempt<'_> {
        Attempt {
            budgets: &self.0,
            key: (network(address), account.to_owned()),
            is_known,
        }
    }
}

/// An attempt to log in, in progress. It costs nothing until it is found to be wrong.
pub struct Attempt<'l> {
    budgets: &'l Mutex<LoginBudgets>,
    key: (IpAddr, String),
    is_known: bool,
}

impl Attempt<'_> {
    /// Whether to check the password at all.
    ///
    /// # Errors
    /// If too many attempts have failed.
    pub fn check(&self) -> Result<(), TooMany> {
        locked(self.budgets).check(&self.key, self.is_known, Instant::now())
    }

    /// Records whether the password was right. Returns, in words, the budgets that this attempt has used up,
    /// each only once until it is full again.
    ///
    /// # Errors
    /// If too many others have failed meanwhile. The client must not learn whether the password was right.
    pub fn settle(self, is_right: bool) -> Result<Vec<&'static str>, TooMany> {
        let now = Instant::now();
        let mut budgets = locked(self.budgets);
        budgets.check(&self.key, self.is_known, now)?;
        Ok(if is_right {
            Vec::new()
        } else {
            budgets.spend(&self.key, self.is_known, now)
        })
    }
}

impl LoginBudgets {
    fn check(&self, key: &(IpAddr, String), is_known: bool, now: Instant) -> Result<(), TooMany> {
        let (address, account) = key;
        let mut checked = self.account_from_address.check(key, now);
        if !is_known {
            checked = checked
                .and_then(|()| self.account.check(account, now))
                .and_then(|()| self.address.check(address, now));
        }
        checked.map_err(|exhausted| Limited::FailedLogins.too_many(exhausted))
    }

    fn spend(&mut self, key: &(IpAddr, String), is_known: bool, now: Instant) -> Vec<&'static str> {
        let (address, account) = key;
        let ran_out = [
            (
                self.account_from_address.spend(key, now),
                "too many failed logins to this account from this address",
            ),
            (
                !is_known && self.account.spend(account, now),
                "too many failed logins to this account",
            ),
            (
                !is_known && self.address.spend(address, now),
                "too many failed logins from this address",
            ),
        ];
        let ran_out = ran_out.into_iter().filter(|(ran_out, _)| *ran_out);
        ran_out.map(|(_, in_words)| in_words).collect()
    }
}

/// All registrations, counted by address.
pub struct Registrations(Mutex<Budgets<IpAddr>>);

impl Registrations {
    /// With the limits from the settings.
    pub fn new(options: RegistrationOptions) -> Self {
        let interval = Duration::from_secs(options.registration_interval_s.into());
        Self(Mutex::new(Budgets::new(options.registrations, interval)))
    }

    /// Whether anything is left.
    ///
    /// # Errors
    /// If nothing is left.
    pub fn check(&self, address: IpAddr) -> Result<(), TooMany> {
        let checked = locked(&self.0).check(&network(address), Instant::now());
        checked.map_err(|exhausted| Limited::Registrations.too_many(exhausted))
    }

    /// Takes one. Returns whether that used up the budget, only once until it is full again.
    ///
    /// # Errors
    /// If nothing is left.
    pub fn take(&self, address: IpAddr) -> Result<bool, TooMany> {
        let (address, now) = (network(address), Instant::now());
        let mut budgets = locked(&self.0);
        let checked = budgets.check(&address, now);
        checked.map_err(|exhausted| Limited::Registrations.too_many(exhausted))?;
        Ok(budgets.spend(&address, now))
    }
}

fn locked<T>(budgets: &Mutex<T>) -> MutexGuard<'_, T> {
    budgets.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What counts as one address: of IPv6 a /48, the most that one client usually has.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 48)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins() -> Logins {
        Logins::new(LoginOptions {
            login_attempts: 3,
            login_attempt_interval_s: 86_400,
        })
    }

    fn from(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    #[test]
    fn only_failures_count() {
        let logins = logins();
        let attempt = |is_right| logins.attempt(from(1), "a", false).settle(is_right);
        for _ in 0..1000 {
            assert_eq!(attempt(true), Ok(vec![]));
        }
        assert_eq!((attempt(false), attempt(false)), (Ok(vec![]), Ok(vec![])));
        let ran_out = vec!["too many failed logins to this account from this address"];
        assert_eq!(attempt(false), Ok(ran_out));
        for is_right in [true, false] {
            assert!(attempt(is_right).is_err());
        }
        assert!(logins.attempt(from(1), "a", false).check().is_err());
        assert_eq!(logins.attempt(from(1), "b", false).check(), Ok(()));
        assert_eq!(logins.attempt(from(2), "a", false).check(), Ok(()));
    }

    #[test]
    fn many_at_once_gain_nothing() {
        let logins = logins();
        let begin = |_| logins.attempt(from(1), "a", false);
        let attempts: Vec<_> = (0..100).map(begin).collect();
        assert!(attempts.iter().all(|attempt| attempt.check().is_ok()));
        let last_is_right = attempts.into_iter().enumerate();
        let outcomes: Vec<_> = last_is_right
            .map(|(number, attempt)| attempt.settle(number == 99))
            .collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
        assert!(outcomes[99].is_err(), "not even which one was right");
    }

    #[test]
    fn an_address_and_an_account_have_budgets_too() {
        let fail = |logins: &Logins, address, account: &str| {
            logins.attempt(from(address), account, false).settle(false)
        };
        let one_address = logins();
        let failed: Vec<_> = (0..100)
            .map(|account| fail(&one_address, 1, &account.to_string()))
            .take_while(Result::is_ok)
            .flatten()
            .collect();
        assert_eq!(failed.len(), 30);
        let ran_out = vec!["too many failed logins from this address"];
        assert_eq!(failed.last(), Some(&ran_out));
        let one_account = logins();
        let failed: Vec<_> = (0..100)
            .map(|address| fail(&one_account, address, "a"))
            .take_while(Result::is_ok)
            .flatten()
            .collect();
        assert_eq!(failed.len(), 30);
        let ran_out = vec!["too many failed logins to this account"];
        assert_eq!(failed.last(), Some(&ran_out));
    }

    #[test]
    fn nobody_elsewhere_keeps_the_owner_out() {
        let logins = logins();
        for address in 0..100 {
            // The account's budget runs out.
            let _settled = logins.attempt(from(address), "a", false).settle(false);
        }
        assert!(logins.attempt(from(200), "a", false).check().is_err());
        assert_eq!(
            logins.attempt(from(200), "a", true).settle(true),
            Ok(vec![])
        );
        // From there, guessing is limited too.
        let fail = || logins.attempt(from(200), "a", true).settle(false);
        assert_eq!((0..100).filter(|_| fail().is_ok()).count(), 3);
    }

    #[test]
    fn a_network_is_an_address() {
        let logins = logins();
        let address = |last: u128| Ipv6Addr::from_bits((0x2001_0db8 << 96) | last).into();
        let fail = |last| logins.attempt(address(last), "a", false).settle(false);
        assert_eq!((0..100).filter(|last| fail(*last).is_ok()).count(), 3);
        assert!(fail(1 << 79).is_err());
        assert!(fail(1 << 80).is_ok());
    }

    #[test]
    fn registrations_run_out_by_address() {
        let registrations = Registrations::new(RegistrationOptions {
            registration: None,
            registrations: 3,
            registration_interval_s: 86_400,
        });
        let taken: Vec<_> = (0..3).map(|_| registrations.take(from(1))).collect();
        assert_eq!(taken, [Ok(false), Ok(false), Ok(true)]);
        assert!(registrations.take(from(1)).is_err());
        assert!(registrations.check(from(1)).is_err());
        assert_eq!(registrations.take(from(2)), Ok(false));
    }
}
