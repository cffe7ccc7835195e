//! Every line of input to the `apportion` command, whatever it contains, gets one answer, and the answer adds up.
//!
//! `cargo +nightly fuzz run apportion_line` from `crates/electoral-rules`, with cargo-fuzz installed.

#![no_main]

use electoral_rules::{
    Outcome,
    command::{Explanation, answer},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let answer = answer(line);
    let written = serde_json::to_string(&answer).expect("an answer can be written");
    assert!(!written.contains('\n'), "an answer is one line");
    serde_json::from_str::<serde_json::Value>(&written).expect("an answer is JSON");

    let Ok((election, outcome)) = &answer.result else {
        return;
    };
    if let Outcome::Seats(result) = outcome {
        let seats = election.rules.seats().expect("seats are shared out");
        assert_eq!(
            result.seats.iter().sum::<u64>() + result.open_seats,
            u64::from(seats)
        );
        assert_eq!(
            u64::try_from(result.awards().count()),
            Ok(result.seats.iter().sum())
        );
        // Printing the table of a million seats takes too long here.
        if seats > 1_000 {
            return;
        }
    }
    assert!(!Explanation(&answer).to_string().is_empty());
    assert_eq!(
        election.rules.apply(&election.count()).as_ref(),
        Ok(outcome)
    );
});
