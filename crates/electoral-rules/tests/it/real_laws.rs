//! What real laws also require: exhausted lists, alliances, seats won before, the electorate as base, several
//! winners.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::answer;

/// Real elections and worked examples, each with its source and result.
const ELECTIONS: &str = include_str!("real_laws.jsonl");

#[test]
fn real_elections_come_out_as_they_did() {
    for line in ELECTIONS.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let answer = answer(&case["in"]);
        for (field, value) in case["out"].as_object().unwrap() {
            assert_eq!(answer[field], *value, "{}: {answer}", case["source"]);
        }
    }
}

#[test]
fn a_field_that_is_not_known_is_named() {
    let rules = json!({"method": "dhondt", "seats": 3, "tie": "lot"});
    for (line, field) in [
        (
            json!({"votes": [60, 40], "lists": [{}, {"multipler": "1.6"}], "rules": rules}),
            "multipler",
        ),
        (
            json!({"votes": [60, 40], "lists": [{}, {"threshold": 7}], "rules": rules}),
            "threshold",
        ),
        (
            json!({"votes": [60, 40], "rules": rules, "aliances": [[1, 2]]}),
            "aliances",
        ),
        (
            json!({"votes": [60, 40], "rules": {"method": "dhondt", "seats": 3, "seat": 3}}),
            "seat",
        ),
        (
            json!({"votes": [60, 40], "rules": {"method": "dhondt", "seats": 3,
                "threshold": {"percent": 3, "of": "cast", "strictly": true}}}),
            "strictly",
        ),
    ] {
        let error = answer(&line)["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(error.contains(&format!("`{field}`")), "{line}: {error}");
    }
    let free = json!({"id": 1, "name": "a", "comment": ["b"], "votes": [60, 40], "rules": rules,
        "lists": [{"id": 1, "name": "c", "comment": 2}, {}]});
    assert_eq!(answer(&free)["seats"], json!([2, 1]));
}

#[test]
fn what_makes_no_sense_is_refused_in_words() {
    let dhondt = json!({"method": "dhondt", "seats": 3, "tie": "lot"});
    let of_registered =
        json!({"method": "dhondt", "seats": 3, "threshold": {"percent": 3, "of": "registered"}});
    for (line, words) in [
        (
            json!({"votes": [6, 4], "rules": of_registered}),
            "`registered`",
        ),
        (
            json!({"votes": [6, 4], "registered": 9, "rules": of_registered}),
            "only 9 people may vote",
        ),
        (
            json!({"votes": [6, 4], "alliances": [[1, 3]], "rules": dhondt}),
            "poll number 3",
        ),
        (
            json!({"votes": [6, 4], "alliances": [[1, 2], [2]], "rules": dhondt}),
            "poll number 2 twice",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, {"seats_won": 1}], "rules": {"method": "hare", "seats": 3}}),
            "has no meaning with a quota",
        ),
        (
            json!({"votes": [6, 4], "rules": {"method": "dhondt", "seats": 3, "threshold": {"of": "quota", "strict": true}}}),
            "`strict`",
        ),
        (
            json!({"votes": [6, 4], "rules": {"method": "majority", "winner": "plurality", "winners": 0}}),
            "`winners`",
        ),
        (
            json!({"votes": [6, 4], "rules": {"method": "majority", "winner": "absolute", "winners": 2}}),
            "`winners`",
        ),
        (
            json!({"votes": [6, 4], "rules": {"method": "majority", "winner": "plurality", "of": "cast"}}),
            "`of`",
        ),
        (
            json!({"votes": [6, 4], "rules": {"method": "dhondt", "seats": 3, "of": "cast"}}),
            "`of`",
        ),
    ] {
        let error = answer(&line)["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(error.contains(words), "{line}: {error}");
    }
}

#[test]
fn a_strict_threshold_is_passed_and_not_reached() {
    let rules = |strict: bool| {
        json!({"method": "dhondt", "seats": 10, "tie": "lot",
        "threshold": {"percent": 5, "of": "valid", "strict": strict}})
    };
    let seats = |votes: Value, strict| {
        answer(&json!({"votes": votes, "rules": rules(strict)}))["seats"][1].clone()
    };
    assert_eq!(seats(json!([95, 5]), true), 0);
    assert_eq!(seats(json!([950, 50]), false), seats(json!([95, 5]), false));
    assert_eq!(seats(json!([80, 20]), true), seats(json!([80, 20]), false));
}

#[test]
fn an_alliance_meets_the_threshold_together_where_the_rules_say_so() {
    let rules = |alliances: bool| {
        json!({"method": "dhondt", "seats": 10, "tie": "lot",
        "threshold": {"percent": 5, "of": "valid", "alliances": alliances}})
    };
    let line = |alliances| json!({"votes": [80, 12, 4, 4], "alliances": [[3, 4]], "rules": rules(alliances)});
    assert_eq!(answer(&line(false))["seats"], json!([9, 1, 0, 0]));
    let together = answer(&line(true));
    assert_eq!(
        together["seats"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .sum::<u64>(),
        10 - together["open_seats"].as_u64().unwrap()
    );
}

#[test]
fn seats_that_no_list_can_take_stay_open_in_no_tie() {
    for method in ["dhondt", "sainte_lague", "hare", "droop", "imperiali_quota"] {
        let line = json!({"votes": [60, 40], "lists": [{"candidates": 1}, {"candidates": 2}],
            "rules": {"method": method, "seats": 5, "tie": "lot"}});
        let answer = answer(&line);
        assert_eq!(answer["seats"], json!([1, 2]), "{method}");
        assert_eq!(answer["open_seats"], 2, "{method}");
        assert_eq!(answer["ties"], json!([]), "{method}");
    }
    let nobody = json!({"votes": [60, 40], "lists": [{"takes_part": false}, {"takes_part": false}],
        "rules": {"method": "dhondt", "seats": 5, "tie": "lot"}});
    let answer = answer(&nobody);
    assert_eq!(
        (&answer["open_seats"], &answer["ties"]),
        (&json!(5), &json!([]))
    );
}

#[test]
fn a_seat_too_many_that_is_drawn_level_is_nobodys_without_lots() {
    // 50 votes and 10 seats: a quota of 50 / 12, so that 24, 13 and 13 votes have 5, 3 and 3 full quotas.
    let line = |lots: Value| {
        json!({"votes": [24, 13, 13], "lots": lots,
        "rules": {"method": "imperiali_quota", "seats": 10, "tie": "lot"}})
    };
    let open = answer(&line(json!([])));
    assert_eq!(open["seats"], json!([5, 2, 2]));
    assert_eq!(open["open_seats"], 1);
    assert_eq!(
        open["ties"],
        json!([{"seats": 1, "between": [2, 3], "settled_by": null, "won_by": []}])
    );
    let drawn = answer(&line(json!([3, 2])));
    assert_eq!(drawn["seats"], json!([5, 2, 3]));
    assert_eq!(drawn["open_seats"], 0);
}

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

    /// An alliance gets what one list with its votes would get, and shares that out like a separate election.
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

    /// Seats won before and the new ones together are what a single election for both would give, if nobody has
    /// already won too many.
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
