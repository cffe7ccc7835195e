//! The result as a returning officer would publish it: the rules, every list, every seat and its quotient.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use super::{Answer, Election};
use crate::{
    Apportionment, Award, Claim, Fraction, Outcome, SettledBy, Standing, Tie,
    count::{Totals, poll_number},
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
                        candidates(f, election, &elected, &second_round)?;
                        ties(
                            f,
                            &result.ties,
                            match result.runoff {
                                Some(_) => {
                                    ["place in the second round", "places in the second round"]
                                }
                                None => ["office", "offices"],
                            },
                        )
                    }
                    Outcome::Winners(result) => {
                        let elected = result.winners.iter().copied().collect();
                        candidates(f, election, &elected, &BTreeSet::new())?;
                        ties(f, &result.ties, ["office", "offices"])
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
    writeln!(f, "{lists}{}\n", sums(totals))?;

    let mut seats = Table::new([
        "Seat",
        "List",
        "By",
        "Divisor",
        "Votes for it",
        "In decimals",
    ]);
    for Award {
        seat,
        poll_number,
        claim,
    } in result.awards()
    {
        let (by, divisor) = match claim {
            Claim::Quotient { divisor, .. } => ("quotient", divisor.to_string()),
            Claim::FullQuota(_) => ("full quota", String::new()),
            Claim::Remainder(_) => ("remainder", String::new()),
            Claim::LargestList(_) => ("largest list", String::new()),
        };
        seats.row([
            seat.to_string(),
            poll_number.to_string(),
            by.to_owned(),
            divisor,
            claim.votes().to_string(),
            in_decimals(claim.votes()),
        ]);
    }
    write!(f, "{seats}")?;
    ties(f, &result.ties, ["seat", "seats"])?;
    match result.open_seats {
        0 => Ok(()),
        open => writeln!(f, "Seats open: {open}."),
    }
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
    format!(
        "Valid votes: {}; votes cast: {}.",
        totals.valid, totals.cast
    )
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

fn ties(f: &mut fmt::Formatter<'_>, ties: &[Tie], [one, several]: [&str; 2]) -> fmt::Result {
    for tie in ties {
        let noun = if tie.seats == 1 { one } else { several };
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

fn numbers(poll_numbers: &[u32]) -> String {
    let words: Vec<String> = poll_numbers.iter().map(u32::to_string).collect();
    words.join(", ")
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

/// Columns of text, aligned to the right.
struct Table<const COLUMNS: usize> {
    widths: [usize; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    fn new(header: [&str; COLUMNS]) -> Self {
        let mut table = Self {
            widths: [0; COLUMNS],
            rows: Vec::new(),
        };
        table.row(header.map(str::to_owned));
        table
    }

    fn row(&mut self, cells: [String; COLUMNS]) {
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.chars().count());
        }
        self.rows.push(cells);
    }
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for cells in &self.rows {
            let aligned = cells
                .iter()
                .zip(&self.widths)
                .map(|(cell, &width)| format!("{cell:>width$}"));
            let line = aligned.collect::<Vec<_>>().join("  ");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
