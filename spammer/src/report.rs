//! The report at the end of a run: one line for programs, a few for people.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use tokio::time::Instant;

use crate::Options;
use crate::compare::Comparison;
use crate::crowd::Ledger;

use crate::machine::Machine;
use crate::outages::{Outage, outages};
use crate::result::Results;
use crate::units::{Times, float, rounded, some};

/// The report at the end of a run. Serialised in this order, on one line.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Attempts of all kinds: `accepted` + all `refused` + `failed`.
    pub sent: u64,
    /// Voters who were told that their vote was accepted.
    pub accepted: u64,
    /// Refused attempts, by the type of the problem; and attempts that were accepted although they should have
    /// been refused, as `accepted-…`.
    pub refused: BTreeMap<String, u64>,
    /// Attempts that never got a definite answer.
    pub failed: u64,
    /// Ballots counted since the run began.
    pub counted: u64,
    /// Accepted votes that are not counted.
    pub lost: u64,
    /// Votes counted that no voter was told were accepted, and that no unanswered vote explains.
    pub double: u64,
    /// Votes accepted per second.
    pub rate: f64,
    /// For voters' own votes, from when they were due to the final answer.
    pub latency_ms: Latency,
    /// From a vote's acceptance to the first event that counts it.
    pub visible_ms: Visible,
    /// Whether the count is exactly right and nothing unexpected happened.
    pub exact: bool,
    /// Those of `refused` that should not have had this answer.
    pub unexpected: BTreeMap<String, u64>,
    /// Accepted votes that no event showed as counted.
    pub unseen: u64,
    /// How often anything was sent again.
    pub retried: u64,
    /// Votes that were sent twice at the same moment.
    pub raced: u64,
    /// The times of a second and more without an accepted vote, between the first and the last vote.
    pub outages: Vec<Outage>,
    /// Votes that may or may not be counted, because their voters got no definite answer.
    pub uncertain: u64,
    /// From when the first vote was due to the last answer.
    pub duration_s: f64,
    /// The election.
    pub election: u32,
    /// Makes the choices reproducible.
    pub seed: u64,
    /// The requested rate, in votes per second.
    pub rate_due: u32,
    /// Connections to vote-ingest.
    pub connections: usize,
    /// The number of voters planned to vote.
    pub voters: u32,
    /// Attempts in addition to the votes, in percent.
    pub duplicates_percent: String,
    /// Attempts in addition to the votes, in percent.
    pub unknown_percent: String,
    /// Attempts in addition to the votes, in percent.
    pub malformed_percent: String,
    /// Votes sent twice at the same moment, in percent.
    pub races_percent: String,
    /// Where it ran.
    pub machine: Machine,
    /// What is wrong, in sentences; empty if `exact`.
    pub problems: Vec<String>,
    #[serde(skip)]
    title: String,
}

/// Latencies in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// 99 of 100 were answered within this time.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

/// Times to visibility in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Visible {
    /// The median.
    pub p50: f64,
    /// 99 of 100 were visible within this time.
    pub p99: f64,
}

/// Everything that a run found out.
pub(crate) struct Findings<'a> {
    pub(crate) options: &'a Options,
    pub(crate) seed: u64,
    /// The number of votes planned.
    pub(crate) votes: u32,
    /// When the first vote was due.
    pub(crate) began: (Instant, SystemTime),
    /// From when the first vote was due to the last answer.
    pub(crate) took: Duration,
    pub(crate) told: &'a Ledger,
    pub(crate) comparison: Comparison,
    /// Whether the count caught up before the deadline.
    pub(crate) caught_up: bool,
    /// The times to visibility, and how many votes were never seen.
    pub(crate) visible: (Times, u64),
    pub(crate) machine: Machine,
    pub(crate) results: &'a Results,
}

impl Findings<'_> {
    fn problems(&self) -> Vec<String> {
        let mut problems = self.comparison.problems.clone();
        if !self.caught_up {
            problems.push(format!(
                "The count had not caught up when the wait for it ended; --settle gives it longer than {} s.",
                self.options.settle
            ));
        }
        if self.told.failed > 0 {
            let first = self
                .told
                .first_failure
                .as_deref()
                .unwrap_or("no reason known");
            problems.push(format!(
                "{} had no definite answer; the first: {first}.",
                some(self.told.failed, "attempt")
            ));
        }
        for (kind, count) in &self.told.unexpected {
            let advice = match kind.as_str() {
                "already-voted" => {
                    " If they voted in an earlier run, skip them with --skip or use another election."
                }
                "no-open-election" => " Is the election open?",
                _ => "",
            };
            let times = some(*count, "unexpected answer");
            problems.push(format!("{times} of the type {kind}.{advice}"));
        }
        problems
    }
}

impl From<Findings<'_>> for Report {
    fn from(findings: Findings<'_>) -> Self {
        let problems = findings.problems();
        let Findings { options, told, .. } = findings;
        let accepted = told.all_accepted();
        let (visible, unseen) = &findings.visible;
        let seconds = findings.took.as_secs_f64();
        Self {
            sent: told.sent,
            accepted,
            refused: told.refused.clone(),
            failed: told.failed,
            counted: findings.comparison.counted,
            lost: findings.comparison.lost,
            double: findings.comparison.double,
            rate: rounded(float(accepted) / seconds.max(1e-6), 10.0),
            latency_ms: Latency {
                p50: told.latency.quantile(0.5),
                p99: told.latency.quantile(0.99),
                max: told.latency.max(),
            },
            visible_ms: Visible {
                p50: visible.quantile(0.5),
                p99: visible.quantile(0.99),
            },
            exact: problems.is_empty(),
            unexpected: told.unexpected.clone(),
            unseen: *unseen,
            retried: told.retried,
            raced: told.raced,
            outages: outages(&told.acceptances, findings.began),
            uncertain: told.uncertain.iter().sum(),
            duration_s: rounded(seconds, 1e3),
            election: findings.results.election,
            seed: findings.seed,
            rate_due: options.rate,
            connections: options.connections(),
            voters: findings.votes,
            duplicates_percent: options.duplicates.to_string(),
            unknown_percent: options.unknown.to_string(),
            malformed_percent: options.malformed.to_string(),
            races_percent: options.races.to_string(),
            machine: findings.machine,
            problems,
            title: findings.results.title.clone(),
        }
    }
}

impl Report {
    /// 0 only if the count is exactly right, otherwise 1.
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.exact)
    }

    /// The report on one line.
    ///
    /// # Errors
    /// None in practice: every field can be written as JSON.
    pub fn to_json_line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused: u64 = self.refused.values().sum();
        writeln!(out)?;
        writeln!(out, "Election {}, {}", self.election, self.title)?;
        writeln!(
            out,
            "  sent      {:>10}   in {:.1} s, {} votes/s accepted ({} due)",
            self.sent, self.duration_s, self.rate, self.rate_due
        )?;
        writeln!(out, "  accepted  {:>10}", self.accepted)?;
        write!(out, "  refused   {refused:>10}")?;
        for (index, (kind, count)) in self.refused.iter().enumerate() {
            let separator = if index == 0 { "   " } else { ", " };
            write!(out, "{separator}{count} {kind}")?;
        }
        writeln!(out)?;
        writeln!(
            out,
            "  failed    {:>10}   sent again {} times",
            self.failed, self.retried
        )?;
        writeln!(
            out,
            "  counted   {:>10}   lost {}, double {}",
            self.counted, self.lost, self.double
        )?;
        let Latency { p50, p99, max } = self.latency_ms;
        writeln!(
            out,
            "  answered  p50 {p50} ms, p99 {p99} ms, longest {max} ms after a vote was due"
        )?;
        let Visible { p50, p99 } = self.visible_ms;
        writeln!(
            out,
            "  visible   p50 {p50} ms, p99 {p99} ms after a vote was accepted"
        )?;
        if self.exact {
            return writeln!(out, "The count is exactly right.");
        }
        writeln!(out, "The count is not proved right:")?;
        for problem in &self.problems {
            writeln!(out, "  - {problem}")?;
        }
        Ok(())
    }
}
