//! What `apportion --explain` says of alliances, and of elections that nobody voted in.

use serde_json::{Value, json};

use crate::answer;

#[test]
fn a_result_that_nobody_voted_in_is_open_and_elects_nobody() {
    for (rules, more, out) in [
        (
            json!({"method": "dhondt", "seats": 5, "threshold": {"percent": 5, "of": "valid"}}),
            json!({}),
            json!({"seats": [0, 0], "open_seats": 5}),
        ),
        (
            json!({"method": "imperiali_quota", "seats": 5, "threshold": {"percent": 3, "of": "registered", "strict": true}}),
            json!({"registered": 0, "alliances": [[1, 2]]}),
            json!({"seats": [0, 0], "open_seats": 5}),
        ),
        (
            json!({"method": "majority", "winner": "absolute", "of": "cast", "tie": "ballot_order"}),
            json!({"cast": 7}),
            json!({"winner": null, "runoff": null}),
        ),
        (
            json!({"method": "majority", "winner": "plurality", "winners": 3, "tie": "ballot_order"}),
            json!({}),
            json!({"winners": []}),
        ),
    ] {
        let mut line = json!({"id": "Nobody", "votes": [0, 0], "rules": rules});
        line.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = answer(&line);
        for (field, value) in out.as_object().unwrap() {
            assert_eq!(answer[field], *value, "{answer}");
        }
        assert_eq!(answer["ties"].as_array().unwrap().len(), 1, "{answer}");
        assert_eq!(answer["ties"][0]["settled_by"], Value::Null, "{answer}");
        let explained = explained(&line);
        assert!(!explained.contains("NaN"), "{explained}");
        assert!(
            explained.contains("There are no votes: nothing is decided."),
            "{explained}"
        );
        assert!(!explained.contains("elected"), "{explained}");
    }
}

fn explained(line: &Value) -> String {
    let answer = electoral_rules::command::answer(line.to_string().as_bytes());
    electoral_rules::command::Explanation(&answer).to_string()
}

#[test]
fn the_seats_of_alliances_are_explained_with_their_quotients() {
    for case in crate::real_laws::cases() {
        let explained = explained(&case["in"]);
        let alliances = case["in"]["alliances"].as_array().map_or(0, Vec::len);
        let inside = explained.matches("Inside the alliance").count();
        assert_eq!(inside, alliances, "{explained}");
    }
    let line = json!({"id": "Two and one", "votes": [50, 30, 45], "alliances": [[1, 2]],
        "lists": [{"candidates": 1}, {}, {"seats_won": 1}], "rules": {"method": "dhondt", "seats": 3, "tie": "lot"}});
    assert_eq!(
        explained(&line),
        include_str!("../data/explained_alliances.txt")
    );
}
