//! Rate limits: one budget per key, which refills at a constant rate.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// Once this many keys are held, those whose budget is full again are dropped.
const TIDY_AT: usize = 1024;

/// The budget is empty for this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted(Duration);

impl Exhausted {
    /// When to try again, in whole seconds from now.
    pub fn retry_after_s(self) -> u64 {
        self.0.as_secs() + 1
    }
}

/// A budget for each key: up to `most` units at a time, and one more every `interval`.
pub struct Budgets<K> {
    most: u32,
    interval: Duration,
    spent: HashMap<K, Spent>,
    tidy_at: usize,
}

/// State of a budget that is not full.
#[derive(Clone, Copy)]
struct Spent {
    /// When the budget will be full; each unit spent moves it by one interval.
    full_again: Instant,
    ran_out: bool,
}

impl<K: Hash + Eq + Clone> Budgets<K> {
    /// Budgets that are all full.
    pub fn new(most: u32, interval: Duration) -> Self {
        Self {
            most: most.max(1),
            interval,
            spent: HashMap::new(),
            tidy_at: TIDY_AT,
        }
    }

    /// Whether anything is left.
    ///
    /// # Errors
    /// If nothing is left.
    pub fn check(&self, key: &K, now: Instant) -> Result<(), Exhausted> {
        let spent = self.spent.get(key);
        spent.map_or(Ok(()), |spent| self.left(spent.full_again, now))
    }

    /// Spends one unit. True if this empties the budget for the first time since it was full.
    pub fn spend(&mut self, key: &K, now: Instant) -> bool {
        self.tidy(now);
        let full = Spent {
            full_again: now,
            ran_out: false,
        };
        let before = self.spent.get(key).filter(|spent| spent.full_again > now);
        let before = before.copied().unwrap_or(full);
        let full_again = before.full_again + self.interval;
        let ran_out = self.left(full_again, now).is_err();
        let after = Spent {
            full_again,
            ran_out: ran_out || before.ran_out,
        };
        self.spent.insert(key.clone(), after);
        ran_out && !before.ran_out
    }

    fn left(&self, full_again: Instant, now: Instant) -> Result<(), Exhausted> {
        let all_but_one = self.interval * (self.most - 1);
        let full_in = full_again.saturating_duration_since(now);
        let wait = full_in.saturating_sub(all_but_one);
        if wait.is_zero() {
            Ok(())
        } else {
            Err(Exhausted(wait))
        }
    }

    fn tidy(&mut self, now: Instant) {
        if self.spent.len() >= self.tidy_at {
            self.spent.retain(|_, spent| spent.full_again > now);
            self.tidy_at = TIDY_AT.max(2 * self.spent.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(10);

    fn spend_all(budgets: &mut Budgets<u32>, key: u32, now: Instant) -> usize {
        let more = (0..100).take_while(|_| {
            let left = budgets.check(&key, now).is_ok();
            if left {
                budgets.spend(&key, now);
            }
            left
        });
        more.count()
    }

    #[test]
    fn a_budget_runs_out_and_refills() {
        let mut budgets = Budgets::new(3, INTERVAL);
        let start = Instant::now();
        assert_eq!(spend_all(&mut budgets, 1, start), 3);
        assert_eq!(budgets.check(&1, start), Err(Exhausted(INTERVAL)));
        assert_eq!(budgets.check(&2, start), Ok(()), "another key");
        let wait = budgets.check(&1, start + Duration::from_secs(4));
        assert_eq!(wait.unwrap_err().retry_after_s(), 7);
        assert_eq!(spend_all(&mut budgets, 1, start + INTERVAL), 1);
        // The budget never grows beyond its maximum.
        assert_eq!(spend_all(&mut budgets, 1, start + 100 * INTERVAL), 3);
    }

    #[test]
    fn that_it_ran_out_is_said_once_until_it_is_full() {
        let mut budgets = Budgets::new(2, INTERVAL);
        let start = Instant::now();
        assert!(!budgets.spend(&1, start));
        assert!(budgets.spend(&1, start));
        assert!(!budgets.spend(&1, start + INTERVAL));
        let full = start + 3 * INTERVAL;
        assert!(!budgets.spend(&1, full));
        assert!(budgets.spend(&1, full));
    }

    #[test]
    fn what_is_full_again_is_forgotten() {
        let mut budgets = Budgets::new(1, INTERVAL);
        let start = Instant::now();
        for key in 0..TIDY_AT {
            budgets.spend(&key, start);
        }
        budgets.spend(&TIDY_AT, start + INTERVAL);
        assert_eq!(budgets.spent.len(), 1);
    }
}
