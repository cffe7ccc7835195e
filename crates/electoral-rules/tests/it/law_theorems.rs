//! What must hold of exhausted lists, alliances, seats won before, strict thresholds and several winners.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::answer;

const METHODS: [&str; 7] = [
    "dhondt",
    "sainte_lague",
    "modified_sainte_lague",
    "imperiali",
    "hare",
    "droop",
    "imperiali_quota",
];

fn numbers(answer: &Value) -> Vec<u64> {
    let seats = answer["seats"].as_array().unwrap();
    seats.iter().map(|seats| seats.as_u64().unwrap()).collect()
}

proptest! {
    /// Seats and open seats add up, and no list gets more than it has candidates.
    #[test]
    fn no_list_gets_more_seats_than_candidates(
        lists in proptest::collection::vec((0..1000_u64, proptest::option::of(0..6_u64)), 1..8),
        seats in 1..40_u32,
        method in proptest::sample::select(&METHODS[..]),
    ) {
        let votes: Vec<u64> = lists.iter().map(|(votes, _)| *votes).collect();
        let terms: Vec<Value> = lists.iter().map(|(_, candidates)| json!({"candidates": candidates})).collect();
        let answer = answer(&json!({"votes": votes, "lists": terms,
            "rules": {"method": method, "seats": seats, "tie": "ballot_order"}}));
        let given = numbers(&answer);
        let open = answer["open_seats"].as_u64().unwrap();
        prop_assert_eq!(given.iter().sum::<u64>() + open, u64::from(seats));
        for (given, (_, candidates)) in given.iter().zip(&lists) {
            prop_assert!(*given <= candidates.unwrap_or(u64::MAX));
        }
    }

    /// An alliance gets what one list with its votes would get, and shares that out as an election of its own.
    #[test]
    fn an_alliance_is_a_list_first_and_an_election_then(
        votes in proptest::collection::vec(1..1000_u64, 4..8),
        seats in 1..40_u32,
        method in proptest::sample::select(&METHODS[..]),
    ) {
        let rules = |seats: u64| json!({"method": method, "seats": seats, "tie": "ballot_order"});
        let allied = answer(&json!({"votes": votes, "alliances": [[1, 2, 3]], "rules": rules(seats.into())}));
        let together: u64 = votes[..3].iter().sum();
        let one = [&[together], &votes[3..]].concat();
        let as_one = numbers(&answer(&json!({"votes": one, "rules": rules(seats.into())})));
        let allied = numbers(&allied);
        prop_assert_eq!(allied[..3].iter().sum::<u64>(), as_one[0]);
        prop_assert_eq!(&allied[3..], &as_one[1..]);
        if as_one[0] > 0 {
            let within = numbers(&answer(&json!({"votes": votes[..3], "rules": rules(as_one[0])})));
            prop_assert_eq!(&allied[..3], within);
        }
    }

    /// Alliances of one list, or of lists of which one takes part, change nothing.
    #[test]
    fn an_alliance_of_one_changes_nothing(
        votes in proptest::collection::vec(0..1000_u64, 3..6),
        seats in 1..40_u32,
        method in proptest::sample::select(&METHODS[..]),
    ) {
        let line = |alliances: Value| {
            let lists: Vec<Value> = (0..votes.len()).map(|index| json!({"takes_part": index != 1})).collect();
            json!({"votes": votes, "lists": lists, "alliances": alliances,
                "rules": {"method": method, "seats": seats, "tie": "lot"}})
        };
        prop_assert_eq!(answer(&line(json!([[1, 2], [3]]))), answer(&line(json!([]))));
    }

    /// A strict threshold lets no list in that the other keeps out.
    #[test]
    fn a_strict_threshold_is_the_higher_one(
        votes in proptest::collection::vec(0..30_u64, 2..6),
        percent in 0..60_u32,
        electorate in proptest::option::of(0..100_u64),
    ) {
        let cast: u64 = votes.iter().sum();
        let standings = |strict: bool| {
            let of = if electorate.is_some() { "registered" } else { "valid" };
            let rules = crate::rules(&json!({"method": "dhondt", "seats": 5, "tie": "lot",
                "threshold": {"percent": percent, "of": of, "strict": strict}}));
            let registered = electorate.map(|more| cast + more);
            let count = electoral_rules::Count { votes: &votes, registered, ..Default::default() };
            crate::apportion(&rules, &count).standings().to_vec()
        };
        for (index, (strict, lenient)) in std::iter::zip(standings(true), standings(false)).enumerate() {
            use electoral_rules::Standing::Reached;
            prop_assert!(strict != Reached || lenient == Reached);
            let base = electorate.map_or(cast, |more| cast + more);
            let reached = votes[index] * 100 >= u64::from(percent) * base;
            prop_assert_eq!(lenient == Reached, reached);
        }
    }

    /// Those with the most votes are elected, as many as there are places; what is level for the last is open.
    #[test]
    fn the_winners_are_those_with_most_votes(
        votes in proptest::collection::vec(0..20_u64, 2..8),
        winners in 1..6_u32,
    ) {
        let answer = answer(&json!({"votes": votes,
            "rules": {"method": "majority", "winner": "plurality", "winners": winners, "tie": "lot"}}));
        let elected: Vec<u64> = answer["winners"].as_array().unwrap().iter().map(|one| one.as_u64().unwrap()).collect();
        let of = |number: &u64| votes[usize::try_from(*number).unwrap() - 1];
        let least = elected.iter().map(of).min();
        for number in (1..=votes.len() as u64).filter(|number| !elected.contains(number)) {
            prop_assert!(least.is_none_or(|least| of(&number) < least));
        }
        let open: u64 = answer["ties"].as_array().unwrap().iter().map(|tie| tie["seats"].as_u64().unwrap()).sum();
        let places = u64::from(winners);
        let filled = elected.len() as u64 + open;
        prop_assert_eq!(filled, if votes.iter().all(|votes| *votes == 0) { places } else { places.min(votes.len() as u64) });
    }

    /// Seats won before and the new ones together are what an election of both would give, where nobody has won too
    /// many already.
    #[test]
    fn divisors_go_on_after_the_seats_that_are_won(
        votes in proptest::collection::vec(1..1000_u64, 2..6),
        first in 1..10_u32,
        more in 1..10_u32,
    ) {
        let rules = |seats: u32| json!({"method": "dhondt", "seats": seats, "tie": "ballot_order"});
        let before = numbers(&answer(&json!({"votes": votes, "rules": rules(first)})));
        let won: Vec<Value> = before.iter().map(|seats| json!({"seats_won": seats})).collect();
        let new = numbers(&answer(&json!({"votes": votes, "lists": won, "rules": rules(more)})));
        let all = numbers(&answer(&json!({"votes": votes, "rules": rules(first + more)})));
        let sum: Vec<u64> = before.iter().zip(&new).map(|(before, new)| before + new).collect();
        prop_assert_eq!(sum, all);
    }
}
