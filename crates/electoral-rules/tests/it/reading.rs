//! Rules and terms as they are read and written.

use electoral_rules::{ListTerms, Rules, TieRule};
use serde_json::{Value, json};

use crate::rules;

#[test]
fn rules_are_written_as_they_are_read() {
    for json in [
        json!({"method": "dhondt", "seats": 250, "tie": "ballot_order"}),
        json!({"method": "sainte_lague", "seats": 1, "tie": "lot",
            "threshold": {"percent": "3.25", "of": "cast"}}),
        json!({"method": "modified_sainte_lague", "seats": 19, "tie": "most_votes",
            "threshold": {"percent": "4", "of": "valid"}}),
        json!({"method": "imperiali", "seats": 47, "tie": "fewest_votes", "threshold": {"of": "quota"}}),
        json!({"method": "hare", "seats": 150, "remainder": "largest_lists", "tie": "lot"}),
        json!({"method": "droop", "seats": 200, "remainder": "largest_remainder", "tie": "lot"}),
        json!({"method": "majority", "winner": "plurality", "tie": "lot"}),
        json!({"method": "majority", "winner": "absolute", "runoff": 2, "tie": "ballot_order"}),
    ] {
        let read = rules(&json);
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written, json);
        // What a database hands back as a value is the same as the text.
        assert_eq!(serde_json::from_value::<Rules>(written).unwrap(), read);
    }
}

#[test]
fn what_is_left_out_has_its_default_spelt_out_when_written() {
    let written = |json: Value| serde_json::to_value(rules(&json)).unwrap();
    assert_eq!(
        written(json!({"method": "hare", "seats": 5, "threshold": null})),
        json!({"method": "hare", "seats": 5, "remainder": "largest_remainder", "tie": "lot"})
    );
    assert_eq!(
        written(json!({"method": "majority", "winner": "absolute"})),
        json!({"method": "majority", "winner": "absolute", "runoff": 2, "tie": "lot"})
    );
}

#[test]
fn a_percentage_is_a_number_or_a_string() {
    let with = |percent: Value| {
        rules(
            &json!({"method": "dhondt", "seats": 5, "threshold": {"percent": percent, "of": "cast"}}),
        )
    };
    assert_eq!(with(json!(5)), with(json!("5")));
    assert_eq!(with(json!(3.25)), with(json!("3.25")));
    assert_eq!(with(json!(5.0)), with(json!("5")));
}

#[test]
fn rules_tell_what_they_are() {
    let parliament = rules(
        &json!({"method": "dhondt", "seats": 250, "tie": "ballot_order",
        "threshold": {"percent": 5, "of": "valid"}}),
    );
    assert_eq!(parliament.seats(), Some(250));
    assert_eq!(parliament.method(), "dhondt");
    assert_eq!(parliament.tie(), TieRule::BallotOrder);
    assert_eq!(
        parliament.to_string(),
        "250 seats by D'Hondt's method (divisors 1, 2, 3, …).\n\
         A list takes part with at least 5 % of the valid votes.\n\
         In a tie the lower poll number comes first."
    );
    let president = rules(&json!({"method": "majority", "winner": "plurality"}));
    assert_eq!(president.seats(), None);
    assert_eq!(president.method(), "majority");
}

#[test]
fn terms_are_written_only_where_they_are_not_ordinary() {
    let read = |json: Value| serde_json::from_str::<ListTerms>(&json.to_string()).unwrap();
    let ordinary = read(
        json!({"exempt": null, "multiplier": null, "name": "Greens", "id": 7, "comment": null}),
    );
    assert_eq!(ordinary, ListTerms::default());
    assert_eq!(serde_json::to_value(ordinary).unwrap(), json!({}));
    let json = json!({"exempt": true, "threshold_percent": "0.4", "multiplier": "1.35"});
    assert_eq!(serde_json::to_value(read(json.clone())).unwrap(), json);
}
