//! How long the rules take: `cargo run --release -p electoral-rules --example seats_per_second`.
//!
//! Prints microseconds for each thousand seats, the best of some runs, with the awards in order.

use std::{hint::black_box, time::Instant};

use electoral_rules::{Count, Outcome, Rules};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:>22}  {:>5}  {:>7}  {:>24}",
        "method", "lists", "seats", "microseconds a thousand"
    );
    for method in [
        "dhondt",
        "sainte_lague",
        "modified_sainte_lague",
        "imperiali",
        "hare",
        "droop",
    ] {
        for (lists, seats) in [(10, 250), (100, 1_000), (100, 100_000)] {
            let rules = format!(r#"{{"method":"{method}","seats":{seats},"tie":"most_votes"}}"#);
            let rules: Rules = serde_json::from_str(&rules)?;
            // Reproducible and uneven: 40 million votes or so between a hundred lists.
            let votes: Vec<u64> = (1..=lists)
                .map(|list| 7_919_333 * list % 1_000_003)
                .collect();
            let mut best = u128::MAX;
            for _ in 0..20 {
                let count = Count {
                    votes: black_box(&votes),
                    ..Count::default()
                };
                let start = Instant::now();
                let outcome = rules.apply(&count)?;
                best = best.min(start.elapsed().as_nanos());
                if let Outcome::Seats(apportionment) = black_box(outcome) {
                    assert_eq!(
                        apportionment.seats.iter().sum::<u64>() + apportionment.open_seats,
                        seats
                    );
                }
            }
            // Nanoseconds per seat are microseconds per thousand seats.
            println!(
                "{method:>22}  {lists:>5}  {seats:>7}  {:>24}",
                best / u128::from(seats)
            );
        }
    }
    Ok(())
}
