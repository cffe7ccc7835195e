//! The rules, tested as the laws that they implement.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod command;
mod explained;
mod junk;
mod law_theorems;
mod lessons;
mod majority;
mod no_floating_point;
mod quotas;
mod reading;
mod real_elections;
mod real_laws;
mod refusals;
mod theorems;
mod thresholds;
mod ties;
mod wide;

use electoral_rules::{Apportionment, Count, Outcome, Rules};
use serde_json::Value;

/// Rules as they are written in JSON.
fn rules(json: &Value) -> Rules {
    serde_json::from_str(&json.to_string()).unwrap()
}

/// The result of an election that shares out seats.
fn apportion(rules: &Rules, count: &Count<'_>) -> Apportionment {
    match rules.apply(count).unwrap() {
        Outcome::Seats(apportionment) => apportionment,
        Outcome::Winner(_) | Outcome::Winners(_) => panic!("{rules} shares out no seats"),
    }
}

/// The answer of the command to an election, as JSON.
fn answer(election: &Value) -> Value {
    let answer = electoral_rules::command::answer(election.to_string().as_bytes());
    serde_json::to_value(&answer).unwrap()
}

/// The seats in the answer of the command.
fn seats(election: &Value) -> Value {
    answer(election)["seats"].clone()
}
