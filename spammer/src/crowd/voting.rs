//! Casts the votes that are due.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::ledger::Standing;
use super::verdict::{Reply, is_for_later, is_indefinite, judge};
use super::{Attempt, Ledger, Schedule, Share};
use crate::Error;
use crate::ballot::{Bodies, Paper, Roll, mix};
use crate::http::{Connection, Origin};

/// Separates the choices from the other uses of the seed.
const CHOICES: u64 = 0xc401;

/// The first pause between two attempts of one vote, unless the server says how long to wait.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What a voter does after a failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Persistence {
    /// Whether to try again.
    pub(crate) retries: bool,
    /// How long to retry, from the first attempt; the last one begins before this time has passed.
    pub(crate) give_up: Duration,
}

/// Everybody who votes, and what they were told.
pub(crate) struct Crowd {
    roll: Roll,
    /// The number of the roll's first voter in the file: choices belong to places in the file.
    first: u32,
    paper: Paper,
    bodies: Bodies,
    seed: u64,
    persistence: Persistence,
    /// The votes that are sent twice at the same moment.
    races: Share,
    schedule: Mutex<Schedule>,
    ledger: Mutex<Ledger>,
    /// A voter's vote is finished.
    answered: Notify,
}

impl Crowd {
    pub(crate) fn new(
        (roll, first): (Roll, u32),
        paper: Paper,
        bodies: Bodies,
        seed: u64,
        schedule: Schedule,
        persistence: Persistence,
        races: Share,
    ) -> Self {
        Self {
            ledger: Mutex::new(Ledger::new(paper.candidates.len(), schedule.votes())),
            roll,
            first,
            paper,
            bodies,
            seed,
            persistence,
            races,
            schedule: Mutex::new(schedule),
            answered: Notify::new(),
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn paper(&self) -> &Paper {
        &self.paper
    }

    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The total number of votes to cast.
    pub(crate) fn votes(&self) -> u32 {
        self.schedule().votes()
    }

    /// No further attempt becomes due; those under way are finished.
    pub(crate) fn stop(&self) {
        self.schedule().stop();
    }

    /// Casts everything, and returns how long that took, counted from when the first vote was due.
    pub(crate) async fn cast(
        self: &Arc<Self>,
        origins: &Arc<[Origin]>,
        connections: usize,
    ) -> Result<Duration, Error> {
        let mut booths = Vec::with_capacity(connections);
        for number in 0..connections {
            let mut connection = Connection::new(Arc::clone(origins), number);
            connection
                .open()
                .await
                .map_err(|reason| Error::Unreachable {
                    url: origins[number % origins.len()].to_string(),
                    reason,
                })?;
            booths.push((connection, Connection::new(Arc::clone(origins), number + 1)));
        }
        let start = Instant::now();
        let mut tasks: JoinSet<()> = booths
            .into_iter()
            .map(|connections| Arc::clone(self).work(connections, start))
            .collect();
        while let Some(done) = tasks.join_next().await {
            done?;
        }
        Ok(start.elapsed())
    }

    /// One connection casts the votes that are due, one after the other. An idle connection takes the next
    /// attempt and waits until it is due; if all are busy, attempts are late, and their latency shows it. The second
    /// connection, to the next instance, is for votes that are sent twice, and opened with the first of them.
    async fn work(
        self: Arc<Self>,
        (mut connection, mut second): (Connection, Connection),
        start: Instant,
    ) {
        loop {
            let Some(slot) = self.schedule().next() else {
                return;
            };
            let due = start + slot.due;
            if due > Instant::now() {
                sleep_until(due).await;
            }
            match slot.attempt {
                Attempt::Vote { voter } => {
                    let raced = self.races.includes(voter).then_some(&mut second);
                    self.vote(&mut connection, raced, voter, due).await;
                }
                Attempt::Duplicate {
                    voter,
                    other_choice,
                } => {
                    self.vote_again(&mut connection, slot.attempt, voter, other_choice)
                        .await;
                }
                Attempt::Unknown { number } => {
                    let a_voter = self.roll.voter(number % self.roll.len());
                    let body = self.bodies.strangers(number, a_voter);
                    self.other(&mut connection, slot.attempt, body).await;
                }
                Attempt::Malformed { number } => {
                    let body = Bodies::malformed(number);
                    self.other(&mut connection, slot.attempt, body).await;
                }
            }
        }
    }

    async fn vote(
        &self,
        connection: &mut Connection,
        second: Option<&mut Connection>,
        voter: u32,
        due: Instant,
    ) {
        let choice = self.choice(voter);
        let body = self.bodies.vote(self.roll.voter(voter), choice);
        let reply = match second {
            None => self.insist(connection, body).await,
            Some(second) => {
                self.ledger().raced += 1;
                let both = (
                    self.insist(connection, body.clone()),
                    self.insist(second, body),
                );
                let (one, other) = tokio::join!(both.0, both.1);
                Reply::of_both(one, other)
            }
        };
        let now = Instant::now();
        let verdict = judge(Attempt::Vote { voter }, &reply);
        self.ledger().enter_vote(
            voter,
            choice,
            &reply,
            &verdict,
            (now, now.saturating_duration_since(due)),
        );
        self.answered.notify_waiters();
    }

    /// Votes again for a voter who was accepted; does nothing for other voters.
    async fn vote_again(
        &self,
        connection: &mut Connection,
        attempt: Attempt,
        voter: u32,
        other_choice: bool,
    ) {
        if self.final_standing(voter).await != Standing::Accepted {
            return;
        }
        let choice = (self.choice(voter) + usize::from(other_choice)) % self.paper.candidates.len();
        let body = self.bodies.vote(self.roll.voter(voter), choice);
        self.other(connection, attempt, body).await;
    }

    async fn other(&self, connection: &mut Connection, attempt: Attempt, body: Bytes) {
        let reply = self.insist(connection, body).await;
        let verdict = judge(attempt, &reply);
        self.ledger().enter(&reply, &verdict);
    }

    /// The candidate that a voter chooses: the same in every run with this seed.
    fn choice(&self, voter: u32) -> usize {
        let place = u64::from(self.first) + u64::from(voter);
        self.paper.weights.choose(mix(self.seed, CHOICES, place))
    }

    /// What became of a voter's own vote, once that is known. The schedule puts that vote first, so some
    /// connection is already casting it, and the wait ends.
    async fn final_standing(&self, voter: u32) -> Standing {
        loop {
            let answered = self.answered.notified();
            let standing = self.ledger().standing(voter);
            if standing != Standing::Waiting {
                return standing;
            }
            answered.await;
        }
    }

    /// Sends until there is a definite answer, or the time to retry is over.
    async fn insist(&self, connection: &mut Connection, body: Bytes) -> Reply {
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut retried = 0;
        let mut uncertain = 0;
        loop {
            let last = connection.post(body.clone()).await;
            let wait = match &last {
                Ok(answer) if is_for_later(answer) => {
                    uncertain += u32::from(is_indefinite(answer));
                    answer.retry_after.unwrap_or(pause)
                }
                Ok(_) => {
                    return Reply {
                        last,
                        retried,
                        uncertain,
                    };
                }
                Err(no_answer) => {
                    uncertain += u32::from(no_answer.sent);
                    pause
                }
            };
            if !self.persistence.retries || begun.elapsed() + wait >= self.persistence.give_up {
                return Reply {
                    last,
                    retried,
                    uncertain,
                };
            }
            sleep(wait).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            retried += 1;
        }
    }
}
