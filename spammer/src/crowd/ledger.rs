//! The sums of what everybody was told.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use super::verdict::{Reply, Verdict};
use crate::units::Times;

/// What became of a voter's own vote.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// Not answered yet.
    Waiting,
    Accepted,
    /// Refused, or without a definite answer.
    Other,
}

/// What everybody was told. `sent` = accepted + refused + `failed`, at any moment.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    /// Attempts that are finished.
    pub(crate) sent: u64,
    /// Of these, voters' own votes.
    pub(crate) votes: u64,
    /// By candidate.
    pub(crate) accepted: Vec<u64>,
    /// Votes that may or may not be counted, by candidate.
    pub(crate) uncertain: Vec<u64>,
    /// By the type of the problem.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Those of `refused` that should not have had this answer.
    pub(crate) unexpected: BTreeMap<String, u64>,
    /// Attempts that never got a definite answer.
    pub(crate) failed: u64,
    /// Why the first of them failed.
    pub(crate) first_failure: Option<String>,
    /// How often anything was sent again.
    pub(crate) retried: u64,
    /// How often a vote was sent that may have put a record in the log, without an answer that says so.
    pub(crate) uncertain_attempts: u64,
    /// Votes that were sent twice at the same moment.
    pub(crate) raced: u64,
    /// For voters' own votes, from when they were due to the final answer.
    pub(crate) latency: Times,
    /// When the accepted votes were accepted.
    pub(crate) acceptances: Vec<Instant>,
    standing: Vec<Standing>,
}

impl Ledger {
    pub(crate) fn new(candidates: usize, voters: u32) -> Self {
        let voters = voters as usize;
        Self {
            sent: 0,
            votes: 0,
            accepted: vec![0; candidates],
            uncertain: vec![0; candidates],
            refused: BTreeMap::new(),
            unexpected: BTreeMap::new(),
            failed: 0,
            first_failure: None,
            retried: 0,
            uncertain_attempts: 0,
            raced: 0,
            latency: Times::new(),
            acceptances: Vec::with_capacity(voters),
            standing: vec![Standing::Waiting; voters],
        }
    }

    /// What became of a voter's own vote.
    pub(crate) fn standing(&self, voter: u32) -> Standing {
        self.standing[voter as usize]
    }

    /// All candidates' accepted votes.
    pub(crate) fn all_accepted(&self) -> u64 {
        self.accepted.iter().sum()
    }

    /// Enters the end of a voter's own vote.
    pub(crate) fn enter_vote(
        &mut self,
        voter: u32,
        choice: usize,
        reply: &Reply,
        verdict: &Verdict,
        (now, latency): (Instant, Duration),
    ) {
        self.votes += 1;
        self.latency.record(latency);
        self.uncertain_attempts += u64::from(reply.uncertain);
        let standing = match verdict {
            Verdict::Accepted => {
                self.accepted[choice] += 1;
                self.acceptances.push(now);
                Standing::Accepted
            }
            Verdict::Failed { uncertain } => {
                self.uncertain[choice] += u64::from(*uncertain);
                Standing::Other
            }
            Verdict::Refused { .. } => Standing::Other,
        };
        self.standing[voter as usize] = standing;
        self.enter(reply, verdict);
    }

    /// Enters the end of any other attempt.
    pub(crate) fn enter(&mut self, reply: &Reply, verdict: &Verdict) {
        self.sent += 1;
        self.retried += u64::from(reply.retried);
        match verdict {
            Verdict::Accepted => {}
            Verdict::Refused { kind, expected } => {
                count(&mut self.refused, kind);
                if !expected {
                    count(&mut self.unexpected, kind);
                }
            }
            Verdict::Failed { .. } => {
                self.failed += 1;
                if self.first_failure.is_none() {
                    self.first_failure = Some(match &reply.last {
                        Ok(answer) => match &answer.kind {
                            Some(kind) => format!("{} {kind}", answer.status),
                            None => answer.status.to_string(),
                        },
                        Err(no_answer) => no_answer.reason.clone(),
                    });
                }
            }
        }
    }
}

fn count(counts: &mut BTreeMap<String, u64>, key: &str) {
    match counts.get_mut(key) {
        Some(count) => *count += 1,
        None => {
            counts.insert(key.to_owned(), 1);
        }
    }
}
