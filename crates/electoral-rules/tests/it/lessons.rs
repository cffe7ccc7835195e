//! What real elections teach: the usual shortcuts give different parliaments.

use electoral_rules::{ListTerms, Outcome, SettledBy, Standing};
use serde_json::json;

use crate::{real_elections::proportional, rules};

/// D'Hondt's method as it is often programmed: quotients are cut to whole votes, and of equal ones the first
/// list's comes first.
fn dhondt_by_dividing_integers(votes: &[u64], seats: u32) -> Vec<u64> {
    let mut shared_out = vec![0; votes.len()];
    for _ in 0..seats {
        let quotient = |index: usize| votes[index] / (shared_out[index] + 1);
        let highest = (0..votes.len())
            .rev()
            .max_by_key(|&index| quotient(index))
            .unwrap();
        shared_out[highest] += 1;
    }
    shared_out
}

#[test]
fn barcelona_2011_dividing_integers_makes_a_tie_of_what_is_none() {
    let election = proportional("es.municipal.barcelona_2011");
    let threshold = 606_046 / 20 + 1;
    let taking_part: Vec<u64> = election
        .votes()
        .into_iter()
        .map(|votes| if votes >= threshold { votes } else { 0 })
        .collect();
    // Every order of the lists on the ballot that gives the true result is luck, so both are tried.
    let forwards = dhondt_by_dividing_integers(&taking_part, 41);
    let reversed: Vec<u64> = taking_part.iter().rev().copied().collect();
    let mut backwards = dhondt_by_dividing_integers(&reversed, 41);
    backwards.reverse();
    assert_ne!(forwards, backwards, "cut off, the last quotients are equal");

    let outcome = election.apply(&election.rules, &[]);
    assert!(outcome.ties().is_empty(), "exactly, they are not");
}

#[test]
fn serbia_2023_without_the_multiplier_is_another_parliament() {
    let election = proportional("rs.parliament.2023");
    let without: Vec<ListTerms> = election
        .terms()
        .into_iter()
        .map(|terms| ListTerms {
            multiplier: None,
            ..terms
        })
        .collect();
    let outcome = election.apply(&election.rules, &without);
    assert_ne!(outcome.seats(), Some(&election.official_seats()[..]));
}

/// The standing of the list with this many votes.
fn standing(id: &str, votes: u64) -> Standing {
    let election = proportional(id);
    let index = election
        .votes()
        .iter()
        .position(|&of_list| of_list == votes)
        .unwrap();
    match election.apply(&election.rules, &election.terms()) {
        Outcome::Seats(apportionment) => apportionment.standings()[index],
        Outcome::Winner(_) | Outcome::Winners(_) => panic!("{id} shares out seats"),
    }
}

#[test]
fn hainaut_2024_4_97_percent_is_not_5() {
    assert_eq!(standing("be.chamber.2024:Hainaut", 36_750), Standing::Below);

    // Rounded to a whole percentage the list would take part, and take a seat.
    let election = proportional("be.chamber.2024:Hainaut");
    let mut terms = election.terms();
    let rounded_up = election
        .votes()
        .iter()
        .position(|&votes| votes == 36_750)
        .unwrap();
    terms[rounded_up].exempt = true;
    let outcome = election.apply(&election.rules, &terms);
    assert_eq!(outcome.seats().unwrap()[rounded_up], 1);
}

#[test]
fn almeria_1977_2_9987_percent_is_not_3() {
    assert_eq!(standing("es.congress.1977:Almería", 5_553), Standing::Below);
    assert_eq!(
        standing("es.congress.1977:Almería", 5_789),
        Standing::Reached
    );
}

#[test]
fn portugal_2025_settling_ties_the_other_way_gives_the_seat_to_another_list() {
    for id in [
        "pt.autarquicas.2025.JF.100122",
        "pt.autarquicas.2025.JF.310308",
    ] {
        let election = proportional(id);
        let outcome = election.apply(&election.rules, &[]);
        let [tie] = outcome.ties() else {
            panic!("{id} has one tie")
        };
        assert_eq!(
            (tie.seats, tie.settled_by),
            (1, Some(SettledBy::FewestVotes)),
            "{id}"
        );

        let seats = election.rules.seats();
        let other = rules(&json!({"method": "dhondt", "seats": seats, "tie": "most_votes"}));
        let outcome = election.apply(&other, &[]);
        assert_ne!(
            outcome.seats(),
            Some(&election.official_seats()[..]),
            "{id}"
        );

        // And if the law names no way, a program must not choose one.
        let by_lot = rules(&json!({"method": "dhondt", "seats": seats, "tie": "lot"}));
        let Outcome::Seats(open) = election.apply(&by_lot, &[]) else {
            panic!("{id}")
        };
        assert_eq!(open.open_seats, 1, "{id}");
    }
}
