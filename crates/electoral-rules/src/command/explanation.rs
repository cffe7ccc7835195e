//! The result as a returning officer would publish it: the rules, every list, every seat and its quotient.

use std::{collections::BTreeSet, fmt, iter::zip};

use serde_json::Value;

use super::{Answer, Election, table::Table};
use crate::{
    Alliance, Apportionment, Award, Claim, Fraction, ListTerms, Outcome, SettledBy, Standing, Tie,
    count::{Count, Totals, poll_number},
};

/// The number of decimals shown of an exact fraction. The rest is cut off; decimals decide nothing.
const DECIMALS: usize = 3;

/// An answer as a text with tables, instead of JSON.
pub struct Explanation<'a>(pub &'a Answer);

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.id {
            Value::Null => writeln!(f, "Election")?,
            Value::String(name) => writeln!(f, "Election {name}")?,
            id => writeln!(f, "Election {id}")?,
        }
        match &self.0.result {
            Ok((election, outcome)) => {
                writeln!(f, "{}\n", election.rules)?;
                match outcome {
                    Outcome::Seats(apportionment) => seats(f, election, apportionment),
                    Outcome::Winner(result) => {
                        let second_round = result.runoff.iter().flatten().copied().collect();
                        let elected = result.winner.into_iter().collect();
                        let nouns = match result.runoff {
                            Some(_) => ["place in the second round", "places in the second round"],
                            None => ["office", "offices"],
                        };
                        candidates(f, election, &elected, &second_round)?;
                        ties(f, election, &result.ties, nouns, &[])
                    }
                    Outcome::Winners(result) => {
                        let elected = result.winners.iter().copied().collect();
                        candidates(f, election, &elected, &BTreeSet::new())?;
                        ties(f, election, &result.ties, ["place", "places"], &[])
                    }
                }
            }
            Err(error) => writeln!(f, "No result. {error}"),
        }
    }
}

fn seats(f: &mut fmt::Formatter<'_>, election: &Election, result: &Apportionment) -> fmt::Result {
    let count = election.count();
    let totals = count.totals().map_err(|_| fmt::Error)?;
    let mut lists = Table::new([
        "List",
        "Votes",
        "% of valid",
        "Multiplier",
        "Takes part",
        "Seats",
    ]);
    for (index, &votes) in count.votes.iter().enumerate() {
        let multiplier = count.terms(index).multiplier;
        lists.row([
            poll_number(index).to_string(),
            votes.to_string(),
            percent_of_valid(votes, totals),
            multiplier
                .map(|value| value.to_string())
                .unwrap_or_default(),
            takes_part(result.standings()[index]).to_owned(),
            result.seats[index].to_string(),
        ]);
    }
    writeln!(f, "{lists}{}", sums(totals))?;
    terms(f, &count, result)?;
    writeln!(f)?;

    let alliances = result.alliances();
    if result.awards().next().is_none() {
        // A table without a line says nothing.
    } else if alliances.is_empty() {
        write!(f, "{}", awards("List", result.awards(), numbered))?;
    } else {
        seats_of_alliances(f, result, &alliances)?;
    }
    ties(f, election, &result.ties, ["seat", "seats"], &alliances)?;
    match result.open_seats {
        0 => Ok(()),
        open => writeln!(f, "Seats open: {open}."),
    }
}

/// What the law grants or demands of single lists, beside what has a column.
fn terms(f: &mut fmt::Formatter<'_>, count: &Count<'_>, result: &Apportionment) -> fmt::Result {
    for (index, &seats) in result.seats.iter().enumerate() {
        let list = poll_number(index);
        let ListTerms {
            candidates,
            seats_won,
            ..
        } = count.terms(index);
        if seats_won > 0 {
            let s = if seats_won == 1 { "" } else { "s" };
            writeln!(f, "List {list} has {seats_won} seat{s} already.")?;
        }
        if let Some(candidates) = candidates {
            let s = if candidates == 1 { "" } else { "s" };
            let all = if seats == candidates && candidates > 0 {
                ": it can take no more seats"
            } else {
                ""
            };
            writeln!(f, "List {list} has {candidates} candidate{s}{all}.")?;
        }
    }
    Ok(())
}

/// First among alliances and single lists, then inside each alliance.
fn seats_of_alliances(
    f: &mut fmt::Formatter<'_>,
    result: &Apportionment,
    alliances: &[Alliance],
) -> fmt::Result {
    let name = |number| name(number, alliances);
    writeln!(f, "Among alliances and single lists:")?;
    write!(f, "{}", awards("Lists", result.awards_among(), name))?;
    for alliance in alliances {
        writeln!(f, "\nInside the alliance {}:", together(alliance))?;
        let inside = result
            .awards()
            .filter(|award| alliance.poll_numbers.contains(&award.poll_number));
        let inside = zip(1.., inside).map(|(seat, award)| Award { seat, ..award });
        write!(f, "{}", awards("List", inside, numbered))?;
    }
    Ok(())
}

fn numbered(poll_number: u32) -> String {
    poll_number.to_string()
}

/// The list of this number, or the alliance that goes by it.
fn name(number: u32, alliances: &[Alliance]) -> String {
    let goes_by = |alliance: &&Alliance| alliance.poll_numbers.first() == Some(&number);
    let alliance = alliances.iter().find(goes_by);
    alliance.map_or_else(|| numbered(number), together)
}

/// `1 + 2`, as an alliance is called.
fn together(alliance: &Alliance) -> String {
    let words: Vec<String> = alliance.poll_numbers.iter().map(u32::to_string).collect();
    words.join(" + ")
}

/// Every seat with the exact number of votes that it was won by.
fn awards(
    who: &'static str,
    awards: impl Iterator<Item = Award>,
    name: impl Fn(u32) -> String,
) -> Table<6> {
    let mut seats = Table::new(["Seat", who, "By", "Divisor", "Votes for it", "In decimals"]);
    for Award {
        seat,
        poll_number,
        claim,
    } in awards
    {
        let (by, divisor) = match claim {
            Claim::Quotient { divisor, .. } => ("quotient", divisor.to_string()),
            Claim::FullQuota(_) => ("full quota", String::new()),
            Claim::Remainder(_) => ("remainder", String::new()),
            Claim::LargestList(_) => ("largest list", String::new()),
        };
        seats.row([
            seat.to_string(),
            name(poll_number),
            by.to_owned(),
            divisor,
            claim.votes().to_string(),
            in_decimals(claim.votes()),
        ]);
    }
    seats
}

fn candidates(
    f: &mut fmt::Formatter<'_>,
    election: &Election,
    elected: &BTreeSet<u32>,
    second_round: &BTreeSet<u32>,
) -> fmt::Result {
    let count = election.count();
    let totals = count.totals().map_err(|_| fmt::Error)?;
    let mut candidates = Table::new(["Candidate", "Votes", "% of valid", "Result"]);
    for (index, &votes) in count.votes.iter().enumerate() {
        let number = poll_number(index);
        let became = if elected.contains(&number) {
            "elected"
        } else if second_round.contains(&number) {
            "second round"
        } else {
            ""
        };
        candidates.row([
            number.to_string(),
            votes.to_string(),
            percent_of_valid(votes, totals),
            became.to_owned(),
        ]);
    }
    writeln!(f, "{candidates}{}", sums(totals))
}

fn sums(totals: Totals) -> String {
    let Totals { valid, cast, .. } = totals;
    match totals.registered {
        Some(registered) => {
            format!("Valid votes: {valid}; votes cast: {cast}; electorate: {registered}.")
        }
        None => format!("Valid votes: {valid}; votes cast: {cast}."),
    }
}

fn percent_of_valid(votes: u64, totals: Totals) -> String {
    match totals.valid {
        0 => String::new(),
        valid => in_decimals(Fraction::new(u128::from(votes) * 100, u128::from(valid))),
    }
}

fn takes_part(standing: Standing) -> &'static str {
    match standing {
        Standing::Reached => "yes",
        Standing::Exempt => "yes, exempt",
        Standing::NoListReached => "yes, as all",
        Standing::Below => "no",
        Standing::TakesNoPart => "no, not here",
    }
}

fn ties(
    f: &mut fmt::Formatter<'_>,
    election: &Election,
    ties: &[Tie],
    [one, several]: [&str; 2],
    alliances: &[Alliance],
) -> fmt::Result {
    if election.votes.iter().all(|&votes| votes == 0) {
        return writeln!(f, "There are no votes: nothing is decided.");
    }
    for tie in ties {
        let noun = if tie.seats == 1 { one } else { several };
        // Inside an alliance its lists stand for themselves; against others the first of them stands for all.
        let is_inside = |alliance: &&Alliance| {
            let members = &alliance.poll_numbers;
            tie.between.iter().all(|number| members.contains(number))
        };
        let alliances = match alliances.iter().find(is_inside) {
            Some(_) => &[],
            None => alliances,
        };
        let numbers = |numbers: &[u32]| {
            let names: Vec<String> = numbers.iter().map(|&one| name(one, alliances)).collect();
            names.join(", ")
        };
        let between = numbers(&tie.between);
        write!(f, "Level for {} {noun}: {between}. ", tie.seats)?;
        let winners = numbers(&tie.won_by);
        match tie.settled_by {
            Some(SettledBy::BallotOrder) => writeln!(f, "By the order on the ballot: {winners}.")?,
            Some(SettledBy::MostVotes) => writeln!(f, "By more votes: {winners}.")?,
            Some(SettledBy::FewestVotes) => writeln!(f, "By fewer votes: {winners}.")?,
            Some(SettledBy::Lots) => writeln!(f, "By lot: {winners}.")?,
            None => writeln!(f, "Open until lots are drawn.")?,
        }
    }
    Ok(())
}

/// The fraction with [`DECIMALS`] decimals, the rest cut off.
fn in_decimals(fraction: Fraction) -> String {
    let denominator = fraction.denominator();
    let mut text = format!("{}.", fraction.numerator() / denominator);
    let mut rest = fraction.numerator() % denominator;
    for _ in 0..DECIMALS {
        rest *= 10;
        text.push_str(&(rest / denominator).to_string());
        rest %= denominator;
    }
    text
}
