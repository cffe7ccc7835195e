//! Quotas and what they leave over.

use electoral_rules::{Claim, Count};
use serde_json::{Value, json};

use crate::{answer, apportion, rules, seats};

fn quota(method: &str, seats: u32, remainder: &str) -> Value {
    json!({"method": method, "seats": seats, "remainder": remainder, "tie": "lot"})
}

#[test]
fn hare_gives_what_is_left_over_to_the_largest_remainders() {
    let rules = json!({"method": "hare", "seats": 10, "tie": "lot"});
    // A quota is 10 000 votes: 4, 1, 1, 1, 0, 0 full ones, and 7 100, 8 000 and 5 900 are left over.
    let votes = [47_000, 16_000, 15_900, 12_000, 6_000, 3_100];
    assert_eq!(
        seats(&json!({"votes": votes, "rules": rules})),
        json!([5, 2, 1, 1, 1, 0])
    );
}

#[test]
fn droop_makes_seats_cheaper_than_hare() {
    // Wikipedia's textbook case: 100 000 votes for 10 seats, a quota of 9 091.
    let votes = [47_000, 16_000, 15_800, 12_000, 6_100, 3_100];
    let droop = quota("droop", 10, "largest_remainder");
    assert_eq!(
        seats(&json!({"votes": votes, "rules": droop})),
        json!([5, 2, 2, 1, 0, 0])
    );
    let hare = quota("hare", 10, "largest_remainder");
    assert_eq!(
        seats(&json!({"votes": votes, "rules": hare})),
        json!([5, 2, 1, 1, 1, 0])
    );
}

#[test]
fn seats_left_over_can_go_to_the_largest_lists() {
    let votes = [50, 30, 19, 1];
    // A quota is 20 votes: 2, 1, 0, 0; remainders 10, 10, 19, 1.
    let remainders = quota("hare", 5, "largest_remainder");
    assert_eq!(
        answer(&json!({"votes": votes, "rules": remainders}))["open_seats"],
        1
    );
    let lists = quota("hare", 5, "largest_lists");
    assert_eq!(
        seats(&json!({"votes": votes, "rules": lists})),
        json!([3, 2, 0, 0])
    );
}

#[test]
fn alabama_loses_a_seat_because_there_is_one_more() {
    let votes = [6, 6, 2];
    let ten = quota("hare", 10, "largest_remainder");
    let eleven = quota("hare", 11, "largest_remainder");
    assert_eq!(
        seats(&json!({"votes": votes, "rules": ten})),
        json!([4, 4, 2])
    );
    assert_eq!(
        seats(&json!({"votes": votes, "rules": eleven})),
        json!([5, 5, 1])
    );
    // Divisor methods never do that; one of the theorems is about it.
}

#[test]
fn level_remainders_are_a_tie() {
    // A quota is 4 votes: 1, 1, 0 full ones; 2, 2 and 1 are left over for one seat.
    let votes = json!([6, 6, 0]);
    let election = json!({"id": 1, "votes": votes, "rules": quota("hare", 3, "largest_remainder")});
    let ties = json!([{"seats": 1, "between": [1, 2], "settled_by": null, "won_by": []}]);
    assert_eq!(
        answer(&election),
        json!({"id": 1, "seats": [1, 1, 0], "open_seats": 1, "ties": ties})
    );
}

#[test]
fn the_quota_is_taken_from_the_lists_that_take_part() {
    // Of 100 valid votes the 80 of lists that take part are worth 8 seats.
    let rules = json!({"method": "hare", "seats": 8, "tie": "lot",
        "threshold": {"percent": 10, "of": "valid"}});
    let election = json!({"votes": [50, 30, 9, 9], "valid": 100, "rules": rules});
    assert_eq!(seats(&election), json!([5, 3, 0, 0]));
}

#[test]
fn the_quota_counts_multiplied_votes() {
    // 60 and 20 x 1.5 are 90: a quota is 30.
    let lists = json!([{}, {"multiplier": "1.5"}]);
    let hare = quota("hare", 3, "largest_remainder");
    let election = json!({"votes": [60, 20], "lists": lists, "rules": hare});
    assert_eq!(seats(&election), json!([2, 1]));
    // 35 x 0.5 = 17.5 and 15 are 32.5: Droop's quota for 2 seats is 10 and one more.
    let lists = json!([{"multiplier": "0.5"}, {}]);
    let droop = rules(&quota("droop", 2, "largest_remainder"));
    let terms: Vec<_> = serde_json::from_value(lists).unwrap();
    let result = apportion(
        &droop,
        &Count {
            votes: &[35, 15],
            lists: &terms,
            ..Count::default()
        },
    );
    let claims: Vec<String> = result
        .awards()
        .map(|award| award.claim.votes().to_string())
        .collect();
    assert_eq!(claims, ["11", "11"]);
}

#[test]
fn more_seats_than_votes_go_round_and_round() {
    // Droop's quota is one vote. That leaves 7 of 10 seats, twice one for each of the lists, then one.
    let droop = quota("droop", 10, "largest_lists");
    assert_eq!(
        seats(&json!({"votes": [2, 1, 0], "rules": droop})),
        json!([6, 4, 0])
    );
}

#[test]
fn each_seat_says_whether_a_full_quota_or_a_remainder_won_it() {
    let rules = rules(&quota("hare", 4, "largest_remainder"));
    let result = apportion(
        &rules,
        &Count {
            votes: &[7, 2],
            ..Count::default()
        },
    );
    let awards: Vec<(u32, &str, String)> = result
        .awards()
        .map(|award| {
            let by = match award.claim {
                Claim::FullQuota(_) => "full quota",
                Claim::Remainder(_) => "remainder",
                Claim::Quotient { .. } | Claim::LargestList(_) => "another",
            };
            (award.poll_number, by, award.claim.votes().to_string())
        })
        .collect();
    let full = |list| (list, "full quota", "9/4".to_owned());
    assert_eq!(
        awards,
        [full(1), full(1), full(1), (2, "remainder", "2".to_owned())]
    );
}
