//! Ties, as reported in the answers.

use serde_json::{Value, json};

use crate::answer;

fn dhondt(seats: u32, tie: &str) -> Value {
    json!({"method": "dhondt", "seats": seats, "tie": tie})
}

#[track_caller]
fn comes_to(election: &Value, seats: &[u64], open_seats: u64, ties: &Value) {
    let expected = json!({"id": null, "seats": seats, "open_seats": open_seats, "ties": ties});
    assert_eq!(answer(election), expected, "{election}");
}

#[test]
fn where_everyone_level_gets_a_seat_there_is_no_tie() {
    comes_to(
        &json!({"votes": [5, 5, 5], "rules": dhondt(3, "lot")}),
        &[1, 1, 1],
        0,
        &json!([]),
    );
    comes_to(
        &json!({"votes": [5, 5, 5], "rules": dhondt(6, "lot")}),
        &[2, 2, 2],
        0,
        &json!([]),
    );
}

#[test]
fn the_seat_in_question_goes_by_the_rule() {
    // 60 / 3 = 40 / 2 = 20 / 1, for the fourth and fifth seat.
    for (tie, seats, won_by) in [
        ("ballot_order", [3, 2, 0], [1, 2]),
        ("most_votes", [3, 2, 0], [1, 2]),
        ("fewest_votes", [2, 2, 1], [2, 3]),
    ] {
        let election = json!({"votes": [60, 40, 20], "rules": dhondt(5, tie)});
        let ties = json!([{"seats": 2, "between": [1, 2, 3], "settled_by": tie, "won_by": won_by}]);
        comes_to(&election, &seats, 0, &ties);
    }
}

#[test]
fn by_lot_the_seats_stay_open_until_lots_are_drawn() {
    let rules = dhondt(5, "lot");
    let open = json!([{"seats": 2, "between": [1, 2, 3], "settled_by": null, "won_by": []}]);
    comes_to(
        &json!({"votes": [60, 40, 20], "rules": rules}),
        &[2, 1, 0],
        2,
        &open,
    );

    let election = json!({"votes": [60, 40, 20], "rules": rules, "lots": [3, 1, 2]});
    let ties = json!([{"seats": 2, "between": [1, 2, 3], "settled_by": "lots", "won_by": [1, 3]}]);
    comes_to(&election, &[3, 1, 1], 0, &ties);
}

#[test]
fn lots_settle_what_the_rule_cannot() {
    // Third seat: 20 / 2 = 20 / 2 = 10 / 1. By votes, list 3 is out, and lists 1 and 2 are still level.
    let rules = dhondt(3, "most_votes");
    let open = json!([{"seats": 1, "between": [1, 2], "settled_by": null, "won_by": []}]);
    comes_to(
        &json!({"votes": [20, 20, 10], "rules": rules}),
        &[1, 1, 0],
        1,
        &open,
    );

    let election = json!({"votes": [20, 20, 10], "rules": rules, "lots": [3, 2, 1]});
    let ties = json!([{"seats": 1, "between": [1, 2], "settled_by": "lots", "won_by": [2]}]);
    comes_to(&election, &[1, 2, 0], 0, &ties);
}

#[test]
fn a_rule_settles_the_seats_it_can() {
    // Level at 10 for three seats: list 1 has most votes; lists 2, 3 and 4 have 10 each.
    let election = json!({"votes": [20, 10, 10, 10], "rules": dhondt(4, "most_votes")});
    let ties = json!([
        {"seats": 1, "between": [1, 2, 3, 4], "settled_by": "most_votes", "won_by": [1]},
        {"seats": 2, "between": [2, 3, 4], "settled_by": null, "won_by": []},
    ]);
    comes_to(&election, &[2, 0, 0, 0], 2, &ties);
}

#[test]
fn votes_settle_a_tie_as_they_were_cast() {
    // 10 x 2 is level with 20, but 20 people voted for list 2.
    let lists = json!([{"multiplier": 2}, {}]);
    let election = json!({"votes": [10, 20], "lists": lists, "rules": dhondt(1, "most_votes")});
    let ties = json!([{"seats": 1, "between": [1, 2], "settled_by": "most_votes", "won_by": [2]}]);
    comes_to(&election, &[0, 1], 0, &ties);
}

#[test]
fn without_a_rule_no_tie_is_settled() {
    let open = json!([{"seats": 1, "between": [1, 2], "settled_by": null, "won_by": []}]);
    let rules = json!({"method": "dhondt", "seats": 1});
    comes_to(&json!({"votes": [1, 1], "rules": rules}), &[0, 0], 1, &open);
}

#[test]
fn without_votes_every_seat_is_open() {
    for (method, tie) in [
        ("dhondt", "ballot_order"),
        ("hare", "most_votes"),
        ("droop", "lot"),
    ] {
        let rules = json!({"method": method, "seats": 5, "tie": tie});
        let open = json!([{"seats": 5, "between": [1, 2], "settled_by": null, "won_by": []}]);
        comes_to(&json!({"votes": [0, 0], "rules": rules}), &[0, 0], 5, &open);
        // Five seats cannot be drawn by lot between lists that nobody wants either.
        comes_to(
            &json!({"votes": [0, 0], "rules": rules, "lots": [2, 1]}),
            &[0, 0],
            5,
            &open,
        );
        let open = json!([{"seats": 5, "between": [1], "settled_by": null, "won_by": []}]);
        comes_to(&json!({"votes": [0], "rules": rules}), &[0], 5, &open);
    }
}

#[test]
fn without_votes_lists_below_the_threshold_are_not_in_the_tie() {
    let rules = json!({"method": "dhondt", "seats": 3, "tie": "lot",
        "threshold": {"percent": 5, "of": "valid"}});
    // No list has reached 5 % of the blank votes, so all take part.
    let open = json!([{"seats": 3, "between": [1, 2], "settled_by": null, "won_by": []}]);
    comes_to(
        &json!({"votes": [0, 0], "valid": 100, "rules": rules}),
        &[0, 0],
        3,
        &open,
    );
    // The second has: its own threshold is none.
    let lists = json!([{}, {"threshold_percent": 0}]);
    let open = json!([{"seats": 3, "between": [2], "settled_by": null, "won_by": []}]);
    let election = json!({"votes": [0, 0], "valid": 100, "lists": lists, "rules": rules});
    comes_to(&election, &[0, 0], 3, &open);
}

#[test]
fn a_list_without_votes_is_level_with_nobody() {
    for method in [
        "dhondt",
        "sainte_lague",
        "modified_sainte_lague",
        "imperiali",
        "hare",
        "droop",
    ] {
        let rules = json!({"method": method, "seats": 7, "tie": "ballot_order"});
        comes_to(
            &json!({"votes": [0, 1, 0], "rules": rules}),
            &[0, 7, 0],
            0,
            &json!([]),
        );
    }
}
