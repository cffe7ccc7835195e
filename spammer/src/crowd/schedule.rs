//! What is due when: a pure function of the plan.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::ballot::mix;

/// Separates the choice of who votes again from the other uses of the seed.
const DUPLICATES: u64 = 0xd0b1;

const MILLION: u64 = 1_000_000;

/// A share of the votes, in millionths, so that sums of shares are exact.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Share(u32);

impl Share {
    /// This share of `count`, rounded down.
    pub fn of(self, count: u64) -> u64 {
        count * u64::from(self.0) / MILLION
    }

    /// Whether number `index` of a series belongs to this share of it.
    pub fn includes(self, index: u32) -> bool {
        self.of(u64::from(index) + 1) > self.of(u64::from(index))
    }
}

impl FromStr for Share {
    type Err = String;

    /// Reads percent: `5`, `0.25`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return Err("give percent, with at most four decimals".to_owned());
        }
        format!("{whole}{fraction:0<4}")
            .parse()
            .ok()
            .filter(|millionths| *millionths <= 1_000_000)
            .map(Self)
            .ok_or_else(|| "give at most 100 percent".to_owned())
    }
}

impl fmt::Display for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", f64::from(self.0) / 1e4)
    }
}

/// What a crowd has to do.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Votes per second, at least 1.
    pub rate: u32,
    /// Voters who vote, numbered from 0.
    pub votes: u32,
    /// Attempts of accepted voters to vote again, in addition to the votes.
    pub duplicates: Share,
    /// Attempts of people who are not on the roll, in addition to the votes.
    pub unknown: Share,
    /// Malformed requests, in addition to the votes.
    pub malformed: Share,
    /// Makes the plan reproducible.
    pub seed: u64,
}

/// What a simulated person tries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attempt {
    /// A voter's own vote.
    Vote {
        /// The voter's number.
        voter: u32,
    },
    /// A voter whose vote comes earlier in the schedule tries again.
    Duplicate {
        /// The voter's number.
        voter: u32,
        /// For another candidate this time.
        other_choice: bool,
    },
    /// A person who is not on the roll.
    Unknown {
        /// Counted from 0.
        number: u32,
    },
    /// A malformed request.
    Malformed {
        /// Counted from 0.
        number: u32,
    },
}

/// An attempt and when it is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Slot {
    /// From the beginning of the run.
    pub due: Duration,
    /// The attempt.
    pub attempt: Attempt,
}

/// The slots of a plan in the order in which they are due: vote i at i / rate, and the additional attempts
/// evenly spaced between it and the next vote.
#[derive(Clone, Debug)]
pub struct Schedule {
    plan: Plan,
    /// The vote that comes next.
    next_vote: u32,
    /// Additional attempts still due before it, the last one first.
    extras: Vec<Attempt>,
    /// How many of them there were at first.
    extras_of_vote: usize,
}

impl Schedule {
    /// A schedule at the beginning of a plan.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            next_vote: 0,
            extras: Vec::new(),
            extras_of_vote: 0,
        }
    }

    /// Ends the schedule: no further vote becomes due.
    pub fn stop(&mut self) {
        self.plan.votes = self.next_vote;
        self.extras.clear();
    }

    /// The total number of votes, taking a stop into account.
    pub fn votes(&self) -> u32 {
        self.plan.votes
    }

    /// Fills in the additional attempts after a vote, the last one first.
    fn fill_extras(&mut self, vote: u32) {
        // Each kind gets as many as its share of all votes so far requires, so the shares are exact at any moment.
        let new = |share: Share| share.of(u64::from(vote))..share.of(u64::from(vote) + 1);
        let number = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let Plan { seed, .. } = self.plan;
        let malformed = new(self.plan.malformed).map(|index| Attempt::Malformed {
            number: number(index),
        });
        let unknown = new(self.plan.unknown).map(|index| Attempt::Unknown {
            number: number(index),
        });
        let duplicates = new(self.plan.duplicates).map(|index| {
            let draw = mix(seed, DUPLICATES, index);
            Attempt::Duplicate {
                voter: number((draw >> 1) % (u64::from(vote) + 1)),
                other_choice: draw & 1 == 1,
            }
        });
        self.extras
            .extend(malformed.chain(unknown).chain(duplicates));
        self.extras_of_vote = self.extras.len();
    }

    /// The start of part number `part`, if the time between a vote and the next is divided into `parts` equal parts.
    fn due(&self, vote: u32, part: usize, parts: usize) -> Duration {
        let parts = parts as u128;
        let part = part as u128;
        let nanos = (u128::from(vote) * parts + part) * 1_000_000_000
            / (u128::from(self.plan.rate) * parts);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl Iterator for Schedule {
    type Item = Slot;

    fn next(&mut self) -> Option<Slot> {
        if let Some(attempt) = self.extras.pop() {
            let part = self.extras_of_vote - self.extras.len();
            let due = self.due(self.next_vote - 1, part, self.extras_of_vote + 1);
            return Some(Slot { due, attempt });
        }
        if self.next_vote == self.plan.votes {
            return None;
        }
        let voter = self.next_vote;
        self.next_vote += 1;
        self.fill_extras(voter);
        Some(Slot {
            due: self.due(voter, 0, 1),
            attempt: Attempt::Vote { voter },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plan(rate: u32, votes: u32, percent: [&str; 3]) -> Plan {
        let [duplicates, unknown, malformed] = percent.map(|share| share.parse().unwrap());
        Plan {
            rate,
            votes,
            duplicates,
            unknown,
            malformed,
            seed: 7,
        }
    }

    #[test]
    fn vote_i_is_due_at_i_over_the_rate() {
        let slots: Vec<Slot> = Schedule::new(plan(3, 4, ["0"; 3])).collect();
        let expected = [0, 333_333_333, 666_666_666, 1_000_000_000].map(Duration::from_nanos);
        assert_eq!(
            slots.iter().map(|slot| slot.due).collect::<Vec<_>>(),
            expected
        );
    }

    #[test]
    fn shares_are_exact_and_come_on_top() {
        let slots: Vec<Slot> = Schedule::new(plan(1_000, 10_000, ["5", "0.5", "100"])).collect();
        let count =
            |test: fn(&Attempt) -> bool| slots.iter().filter(|slot| test(&slot.attempt)).count();
        assert_eq!(count(|one| matches!(one, Attempt::Vote { .. })), 10_000);
        assert_eq!(count(|one| matches!(one, Attempt::Duplicate { .. })), 500);
        assert_eq!(count(|one| matches!(one, Attempt::Unknown { .. })), 50);
        assert_eq!(
            count(|one| matches!(one, Attempt::Malformed { .. })),
            10_000
        );
    }

    #[test]
    fn a_schedule_that_is_stopped_has_no_more_votes() {
        let mut schedule = Schedule::new(plan(10, 100, ["100", "0", "0"]));
        assert_eq!(schedule.by_ref().take(5).count(), 5);
        schedule.stop();
        assert_eq!(schedule.votes(), 3);
        assert_eq!(schedule.next(), None);
    }

    #[test]
    fn percent_is_read_exactly() {
        for (text, millionths) in [
            ("0", 0),
            ("5", 50_000),
            ("0.0001", 1),
            ("12.5", 125_000),
            ("100", 1_000_000),
        ] {
            assert_eq!(text.parse(), Ok(Share(millionths)));
            assert_eq!(Share(millionths).to_string(), text);
        }
        for text in [
            "",
            ".",
            "-1",
            "100.1",
            "1.00001",
            "1e1",
            "five",
            "99999999999",
        ] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn slots_come_in_order_and_duplicates_after_their_votes(
            rate in 1..50_000u32, votes in 0..500u32, shares in proptest::array::uniform3(0..=1_000_000u32),
        ) {
            let [duplicates, unknown, malformed] = shares.map(Share);
            let plan = Plan { rate, votes, duplicates, unknown, malformed, seed: 1 };
            let mut cast = 0;
            let mut last = Duration::ZERO;
            for slot in Schedule::new(plan) {
                prop_assert!(slot.due >= last);
                last = slot.due;
                match slot.attempt {
                    Attempt::Vote { voter } => {
                        prop_assert_eq!(voter, cast);
                        cast += 1;
                    }
                    Attempt::Duplicate { voter, .. } => prop_assert!(voter < cast),
                    Attempt::Unknown { .. } | Attempt::Malformed { .. } => {}
                }
            }
            prop_assert_eq!(cast, votes);
        }
    }
}
