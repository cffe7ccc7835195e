//! Votes on their way from the claim to the count, with everything that can go wrong, in any order: a seeded scheduler over
//! pure state machines. What Redis does is a model, which `voter-roll-command` compares with the real script.

use std::collections::{BTreeMap, BTreeSet};

use test_kit::roll::{Claimed, RollModel};

use super::*;

const VOTERS: usize = 3;
const CHOICES: u32 = 3;
const ATTEMPTS: usize = 8;
const HISTORIES: u64 = 20_000;
/// Seeds of histories that failed once.
const FAILED_ONCE: [u64; 0] = [];

/// Splitmix64, by Sebastiano Vigna.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Where an attempt to vote stands, in vote-ingest.
#[derive(Clone, Copy)]
enum Step {
    Claim,
    Append,
    Confirm,
    Over,
}

struct Attempt {
    voter: usize,
    choice: u32,
    step: Step,
}

struct World {
    chance: Chance,
    roll: RollModel,
    /// The roll as it was on disk a second ago.
    on_disk: RollModel,
    attempts: Vec<Attempt>,
    /// Records that a producer still holds: answered by 503, and written later or never.
    delayed: Vec<(usize, u32)>,
    log: Vec<(usize, u32)>,
    accepted: Vec<(usize, u32)>,
    redis_lost: bool,
}

type Claim = fn(&mut RollModel, usize, u32) -> Claimed;

impl World {
    fn run(seed: u64, redis_may_lose: bool, claim: Claim) -> Self {
        let mut world = Self {
            chance: Chance(seed),
            roll: RollModel::loaded(VOTERS),
            on_disk: RollModel::loaded(VOTERS),
            attempts: Vec::new(),
            delayed: Vec::new(),
            log: Vec::new(),
            accepted: Vec::new(),
            redis_lost: false,
        };
        for _ in 0..60 {
            match world.chance.below(12) {
                0..3 if world.attempts.len() < ATTEMPTS => world.try_to_vote(),
                3 if !world.delayed.is_empty() => {
                    let late = world.chance.below(world.delayed.len());
                    let record = world.delayed.swap_remove(late);
                    world.log.push(record);
                }
                4 => world.on_disk = world.roll.clone(),
                5 if redis_may_lose && world.chance.once_in(4) => {
                    world.redis_lost = true;
                    if world.chance.once_in(2) {
                        world.roll = world.on_disk.clone();
                    } else {
                        world.roll.lose_everything();
                    }
                }
                _ if !world.attempts.is_empty() => {
                    let next = world.chance.below(world.attempts.len());
                    world.go_on(next, claim);
                }
                _ => {}
            }
        }
        world
    }

    fn try_to_vote(&mut self) {
        let voter = self.chance.below(VOTERS);
        let choice =
            u32::try_from(1 + self.chance.below(usize::try_from(CHOICES).unwrap())).unwrap();
        let step = Step::Claim;
        self.attempts.push(Attempt {
            voter,
            choice,
            step,
        });
    }

    /// A step of vote-ingest; the process may end after each.
    fn go_on(&mut self, index: usize, claim: Claim) {
        let Attempt {
            voter,
            choice,
            step,
        } = self.attempts[index];
        let ends = self.chance.once_in(8);
        let next = match step {
            Step::Claim => match claim(&mut self.roll, voter, choice) {
                Claimed::Ballot => Step::Append,
                Claimed::AlreadyVoted | Claimed::OtherChoicePending => Step::Over,
            },
            Step::Append => self.append(voter, choice),
            Step::Confirm => {
                // Queued, and perhaps lost.
                if !self.chance.once_in(4) {
                    self.roll.confirm(voter);
                }
                Step::Over
            }
            Step::Over => Step::Over,
        };
        self.attempts[index].step = if ends { Step::Over } else { next };
    }

    fn append(&mut self, voter: usize, choice: u32) -> Step {
        match self.chance.below(8) {
            // Not written, and not acknowledged.
            0 => Step::Over,
            1 => {
                self.delayed.push((voter, choice));
                Step::Over
            }
            // Written, and the acknowledgement is lost.
            2 => {
                self.log.push((voter, choice));
                Step::Over
            }
            // Acknowledged; the producer may have written it twice.
            written => {
                self.log.push((voter, choice));
                if written == 3 {
                    self.log.push((voter, choice));
                }
                self.accepted.push((voter, choice));
                Step::Confirm
            }
        }
    }

    /// What does not hold.
    fn fault(&self) -> Option<String> {
        let record = |(voter, choice): &(usize, u32)| {
            let ballot = u32::try_from(*voter).unwrap();
            (2_000, serial(ballot, u64::from(*choice)))
        };
        let log: Log = self.log.iter().map(record).collect();
        let (partition, verdicts) = count(&log);
        let mut counted: BTreeMap<usize, u32> = BTreeMap::new();
        for ((voter, choice), verdict) in self.log.iter().zip(&verdicts) {
            if *verdict == Verdict::Counted && counted.insert(*voter, *choice).is_some() {
                return Some(format!("two votes of voter {voter} count"));
            }
        }
        if partition.tally(7).counted() != u64::try_from(counted.len()).unwrap() {
            return Some("the tally counts something else".to_owned());
        }
        let choices: BTreeSet<(usize, u32)> = self.log.iter().copied().collect();
        for (voter, choice) in &self.accepted {
            match counted.get(voter) {
                None => return Some(format!("an accepted vote of voter {voter} does not count")),
                Some(other) if other != choice && !self.redis_lost => {
                    return Some(format!(
                        "voter {voter} was told {choice}, and {other} counts"
                    ));
                }
                Some(_) => {}
            }
        }
        let voters: BTreeSet<usize> = choices.iter().map(|(voter, _)| *voter).collect();
        (!self.redis_lost && choices.len() > voters.len())
            .then(|| "the log holds two choices of one voter".to_owned())
    }
}

#[test]
fn whatever_happens_on_the_way_at_most_one_choice_of_a_ballot_counts() {
    for seed in FAILED_ONCE.into_iter().chain(0..HISTORIES) {
        for redis_may_lose in [false, true] {
            let world = World::run(seed, redis_may_lose, RollModel::claim);
            let fault = world.fault();
            assert_eq!(
                fault, None,
                "seed {seed}, log {:?}, accepted {:?}",
                world.log, world.accepted
            );
        }
    }
}

#[test]
fn the_simulation_meets_what_it_is_for() {
    let mut met = [0; 4];
    for seed in 0..HISTORIES {
        let world = World::run(seed, true, RollModel::claim);
        let voters: BTreeSet<usize> = world.log.iter().map(|(voter, _)| *voter).collect();
        let choices: BTreeSet<&(usize, u32)> = world.log.iter().collect();
        met[0] += u32::from(!world.accepted.is_empty());
        met[1] += u32::from(world.log.len() > choices.len());
        met[2] += u32::from(choices.len() > voters.len());
        met[3] += u32::from(world.redis_lost);
    }
    assert!(met.iter().all(|often| *often > 100), "{met:?}");
}

#[test]
fn the_simulation_finds_a_roll_that_does_not_bind_voters() {
    let unbound: Claim = |roll, voter, choice| match roll.claim(voter, choice) {
        Claimed::OtherChoicePending => Claimed::Ballot,
        claimed => claimed,
    };
    let faults = (0..HISTORIES).filter(|seed| World::run(*seed, false, unbound).fault().is_some());
    assert!(faults.count() > 0);
}
