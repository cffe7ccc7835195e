//! One winner.

use serde_json::{Value, json};

use crate::answer;

fn plurality(tie: &str) -> Value {
    json!({"method": "majority", "winner": "plurality", "tie": tie})
}

fn absolute(runoff: u32, tie: &str) -> Value {
    json!({"method": "majority", "winner": "absolute", "runoff": runoff, "tie": tie})
}

#[track_caller]
fn comes_to(election: &Value, winner: Option<u32>, runoff: Option<&[u32]>, ties: &Value) {
    let expected = json!({"id": null, "winner": winner, "runoff": runoff, "ties": ties});
    assert_eq!(answer(election), expected, "{election}");
}

#[test]
fn most_votes_win() {
    let election = json!({"votes": [3, 5, 4], "rules": plurality("lot")});
    comes_to(&election, Some(2), None, &json!([]));
}

#[test]
fn level_candidates_wait_for_lots_unless_the_ballot_order_decides() {
    let open = json!([{"seats": 1, "between": [1, 3], "settled_by": null, "won_by": []}]);
    // Neither has more or fewer votes than the other, so those rules settle nothing.
    for tie in ["lot", "most_votes", "fewest_votes"] {
        let election = json!({"votes": [5, 4, 5], "rules": plurality(tie)});
        comes_to(&election, None, None, &open);
        let election = json!({"votes": [5, 4, 5], "rules": plurality(tie), "lots": [3]});
        let ties = json!([{"seats": 1, "between": [1, 3], "settled_by": "lots", "won_by": [3]}]);
        comes_to(&election, Some(3), None, &ties);
    }
    let ties =
        json!([{"seats": 1, "between": [1, 3], "settled_by": "ballot_order", "won_by": [1]}]);
    let election = json!({"votes": [5, 4, 5], "rules": plurality("ballot_order")});
    comes_to(&election, Some(1), None, &ties);
}

#[test]
fn half_is_not_more_than_half() {
    let election = json!({"votes": [50, 30, 20], "rules": absolute(2, "lot")});
    comes_to(&election, None, Some(&[1, 2]), &json!([]));
    let election = json!({"votes": [51, 30, 20], "rules": absolute(2, "lot")});
    comes_to(&election, Some(1), None, &json!([]));
}

#[test]
fn blank_votes_that_are_valid_count_against_a_majority() {
    let election = json!({"votes": [51, 40], "valid": 102, "rules": absolute(2, "lot")});
    comes_to(&election, None, Some(&[1, 2]), &json!([]));
    // Invalid ones do not.
    let election =
        json!({"votes": [51, 40], "valid": 101, "cast": 200, "rules": absolute(2, "lot")});
    comes_to(&election, Some(1), None, &json!([]));
}

#[test]
fn the_second_round_is_in_the_order_of_votes() {
    let election = json!({"votes": [20, 24, 30, 26], "rules": absolute(3, "lot")});
    comes_to(&election, None, Some(&[3, 4, 2]), &json!([]));
    // Two who are level are both elected.
    let election = json!({"votes": [10, 45, 45], "rules": absolute(2, "lot")});
    comes_to(&election, None, Some(&[2, 3]), &json!([]));
}

#[test]
fn a_second_round_is_between_two_unless_the_rules_say_otherwise() {
    let rules = json!({"method": "majority", "winner": "absolute", "tie": "lot"});
    let election = json!({"votes": [40, 35, 25], "rules": rules});
    comes_to(&election, None, Some(&[1, 2]), &json!([]));
}

#[test]
fn everyone_goes_to_a_second_round_with_room_for_all() {
    let election = json!({"votes": [5, 5], "rules": absolute(4, "lot")});
    comes_to(&election, None, Some(&[1, 2]), &json!([]));
}

#[test]
fn the_last_place_of_the_second_round_can_be_a_tie() {
    let votes = [30, 40, 30];
    let open = json!([{"seats": 1, "between": [1, 3], "settled_by": null, "won_by": []}]);
    let election = json!({"votes": votes, "rules": absolute(2, "lot")});
    comes_to(&election, None, Some(&[2]), &open);

    let election = json!({"votes": votes, "rules": absolute(2, "lot"), "lots": [3, 1]});
    let ties = json!([{"seats": 1, "between": [1, 3], "settled_by": "lots", "won_by": [3]}]);
    comes_to(&election, None, Some(&[2, 3]), &ties);

    let election = json!({"votes": votes, "rules": absolute(2, "ballot_order")});
    let ties =
        json!([{"seats": 1, "between": [1, 3], "settled_by": "ballot_order", "won_by": [1]}]);
    comes_to(&election, None, Some(&[2, 1]), &ties);
}

#[test]
fn without_votes_nothing_is_decided() {
    let open = json!([{"seats": 1, "between": [1, 2, 3], "settled_by": null, "won_by": []}]);
    for rules in [
        plurality("ballot_order"),
        plurality("lot"),
        absolute(2, "ballot_order"),
    ] {
        comes_to(
            &json!({"votes": [0, 0, 0], "rules": rules}),
            None,
            None,
            &open,
        );
    }
}

#[test]
fn one_candidate_needs_one_vote() {
    comes_to(
        &json!({"votes": [1], "rules": plurality("lot")}),
        Some(1),
        None,
        &json!([]),
    );
    comes_to(
        &json!({"votes": [1], "rules": absolute(2, "lot")}),
        Some(1),
        None,
        &json!([]),
    );
}
