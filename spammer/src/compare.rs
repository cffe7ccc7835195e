//! Compares what the voters were told with what was counted.

use crate::ballot::Paper;
use crate::result::Results;
use crate::units::some;

/// Rejected as a voter's second ballot: the only rejection that a vote sent again can cause.
const DUPLICATE: &str = "Duplicate ballot.";

/// What the voters of one run were told. The slices have one entry for each candidate, in the order of the
/// ballot paper.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Voters who were told that their vote was accepted.
    pub accepted: &'a [u64],
    /// Voters who never heard whether theirs was: it may be counted or not.
    pub uncertain: &'a [u64],
    /// How many records may repeat a ballot that is in the log: one for each attempt, by any voter, that had no
    /// definite answer. `None` means any number, for runs in which servers may die and repeat themselves.
    pub duplicates_allowed: Option<u64>,
}

/// What was counted in one run, and everything that does not add up.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Comparison {
    /// Ballots counted since the run began.
    pub counted: u64,
    /// Accepted votes that are not counted.
    pub lost: u64,
    /// Votes counted that no voter was told were accepted, and that no unanswered vote explains.
    pub double: u64,
    /// What does not add up, in sentences; empty if the count is exactly right.
    pub problems: Vec<String>,
}

/// Compares what the voters were told with the results from before the run and after it.
pub fn compare(paper: &Paper, before: &Results, after: &Results, told: Told<'_>) -> Comparison {
    let mut comparison = Comparison {
        counted: after.counted.saturating_sub(before.counted),
        ..Comparison::default()
    };
    compare_candidates(&mut comparison, paper, before, after, told);
    forgive_what_waits(&mut comparison, after);
    check_uncertain(&mut comparison.problems, told);
    check_sums(&mut comparison.problems, after);
    check_rejections(
        &mut comparison.problems,
        before,
        after,
        told.duplicates_allowed,
    );
    check_outcome(&mut comparison.problems, paper, after);
    comparison
}

fn compare_candidates(
    comparison: &mut Comparison,
    paper: &Paper,
    before: &Results,
    after: &Results,
    told: Told<'_>,
) {
    let problems = &mut comparison.problems;
    let (Some(votes_before), Some(votes_after)) = (before.votes(), after.votes()) else {
        let accepted: u64 = told.accepted.iter().sum();
        let uncertain: u64 = told.uncertain.iter().sum();
        comparison.lost = accepted.saturating_sub(comparison.counted);
        comparison.double = comparison.counted.saturating_sub(accepted + uncertain);
        problems.push(
            "The votes of this election are published only after its close: each candidate's votes \
             could not be compared with what was sent."
                .to_owned(),
        );
        if comparison.lost + comparison.double > 0 {
            problems.push(difference(
                "All together",
                accepted,
                uncertain,
                comparison.counted,
            ));
        }
        return;
    };
    let poll_numbers =
        |votes: &[(u32, u64)]| votes.iter().map(|(number, _)| *number).collect::<Vec<_>>();
    if poll_numbers(&votes_before) != poll_numbers(&votes_after) {
        problems.push("The ballot paper changed during the run.".to_owned());
    }
    for (index, candidate) in paper.candidates.iter().enumerate() {
        let votes = |votes: &[(u32, u64)]| {
            votes
                .iter()
                .find(|(number, _)| *number == candidate.poll_number)
                .map_or(0, |(_, votes)| *votes)
        };
        let (before, after) = (votes(&votes_before), votes(&votes_after));
        if after < before {
            problems.push(format!(
                "{} had {before} votes before the run and has {after} after it.",
                candidate.name
            ));
        }
        let counted = after.saturating_sub(before);
        let (accepted, uncertain) = (told.accepted[index], told.uncertain[index]);
        let lost = accepted.saturating_sub(counted);
        let double = counted.saturating_sub(accepted + uncertain);
        if lost + double > 0 {
            problems.push(difference(&candidate.name, accepted, uncertain, counted));
        }
        comparison.lost += lost;
        comparison.double += double;
    }
}

/// Votes that are not shown yet are not lost; but then nobody can say that the count is exact.
fn forgive_what_waits(comparison: &mut Comparison, after: &Results) {
    let waiting = comparison.lost;
    if waiting > 0 && waiting <= after.may_wait() {
        comparison.lost = 0;
        comparison.problems.push(format!(
            "{} may be counted and not shown yet, as results move by {} votes at least: compare after the end, or measure \
             with LIVE_MINIMUM=1.",
            some(waiting, "vote"),
            after.may_wait() + 1
        ));
    }
}

fn difference(who: &str, accepted: u64, uncertain: u64, counted: u64) -> String {
    let allowed = match uncertain {
        0 => some(accepted, "vote"),
        _ => format!("{accepted} to {} votes", accepted + uncertain),
    };
    format!("{who}: {allowed} accepted, {counted} counted.")
}

fn check_uncertain(problems: &mut Vec<String>, told: Told<'_>) {
    let uncertain: u64 = told.uncertain.iter().sum();
    if uncertain > 0 {
        problems.push(format!(
            "{} had no definite answer and may or may not be counted: the count is at best within \
             that range, and cannot be called exact.",
            some(uncertain, "vote")
        ));
    }
}

/// Records = counted + repeated + rejected with a reason: the numbers shown always add up.
fn check_sums(problems: &mut Vec<String>, after: &Results) {
    let rejected = after.all_rejected();
    if after.records != after.counted + after.repeated + rejected {
        problems.push(format!(
            "{} records are not {} counted + {} repeated + {rejected} rejected.",
            after.records, after.counted, after.repeated
        ));
    }
    if let Some(votes) = after.votes() {
        let sum: u64 = votes.iter().map(|(_, votes)| votes).sum();
        if sum != after.counted {
            problems.push(format!(
                "The candidates' votes add up to {sum}, but {} are counted.",
                after.counted
            ));
        }
    }
}

/// vote-ingest refuses everything that does not count. Only a vote sent again because nobody knew whether it
/// had arrived can be in the log twice: sent by its voter, or by vote-ingest when a broker dies.
fn check_rejections(
    problems: &mut Vec<String>,
    before: &Results,
    after: &Results,
    duplicates_allowed: Option<u64>,
) {
    for (reason, after) in &after.rejected {
        let before = before.rejected.get(reason).copied().unwrap_or_default();
        let allowed = if reason == DUPLICATE {
            duplicates_allowed
        } else {
            Some(0)
        };
        let Some(allowed) = allowed else { continue };
        let new = after.saturating_sub(before);
        if new > allowed {
            problems.push(format!(
                "{} rejected with \"{reason}\", but at most {allowed} could be.",
                match new {
                    1 => "1 record was".to_owned(),
                    _ => format!("{new} records were"),
                }
            ));
        }
    }
    if after.repeated != before.repeated {
        problems.push(format!(
            "{} repeated lines of paper ballots were found, but the crowd sends none.",
            after.repeated.abs_diff(before.repeated)
        ));
    }
}

/// The outcome and the seats shown must be what the rules make of the votes shown.
fn check_outcome(problems: &mut Vec<String>, paper: &Paper, after: &Results) {
    let (true, Some(votes)) = (after.shows_votes(), after.votes()) else {
        return;
    };
    let votes: Vec<u64> = votes.into_iter().map(|(_, votes)| votes).collect();
    let Some(expected) = paper.outcome(&votes, after.cast(), after.registered) else {
        return;
    };
    let expected = match expected {
        Ok(expected) => expected,
        Err(error) => {
            problems.push(format!(
                "The scenario's rules cannot be applied to the result: {error}"
            ));
            return;
        }
    };
    let shown = after.outcome.clone().unwrap_or_default();
    if shown != expected {
        problems.push(format!(
            "The outcome shown is {shown}, but the scenario's rules make it {expected}."
        ));
    }
    if let Some(seats) = expected["seats"].as_array() {
        let mut candidates: Vec<_> = after.candidates.iter().collect();
        candidates.sort_by_key(|candidate| candidate.poll_number);
        for (candidate, seats) in candidates.into_iter().zip(seats) {
            if candidate.seats != seats.as_u64() {
                let shown = candidate
                    .seats
                    .map_or("no".to_owned(), |seats| seats.to_string());
                problems.push(format!(
                    "{} is shown with {shown} seats, but has {seats}.",
                    candidate.name
                ));
            }
        }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
