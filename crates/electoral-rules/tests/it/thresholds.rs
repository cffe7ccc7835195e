//! Who takes part.

use electoral_rules::{Count, Decimal, ListTerms, Standing};
use serde_json::{Value, json};

use crate::{apportion, rules, seats};

fn dhondt(seats: u32, threshold: &Value) -> Value {
    json!({"method": "dhondt", "seats": seats, "threshold": threshold, "tie": "lot"})
}

#[test]
fn exactly_reaching_the_threshold_is_enough() {
    let five_percent = dhondt(20, &json!({"percent": 5, "of": "valid"}));
    assert_eq!(
        seats(&json!({"votes": [950, 50], "rules": five_percent})),
        json!([19, 1])
    );
    assert_eq!(
        seats(&json!({"votes": [951, 49], "rules": five_percent})),
        json!([20, 0])
    );
}

#[test]
fn a_percentage_is_exact_to_its_last_decimal() {
    // One vote in three is less than 33.3…34 % and more than 33.3…33 %, which a float could not tell.
    for (percent, expected) in [
        ("33.33333333333333333", [2, 1]),
        ("33.33333333333333334", [3, 0]),
    ] {
        let rules = dhondt(3, &json!({"percent": percent, "of": "valid"}));
        assert_eq!(
            seats(&json!({"votes": [2, 1], "rules": rules})),
            json!(expected),
            "{percent}"
        );
    }
    let number = r#"{"votes":[2,1],"rules":{"method":"dhondt","seats":3,"tie":"lot",
        "threshold":{"percent":33.33333333333333334,"of":"valid"}}}"#;
    let answer = electoral_rules::command::answer(number.replace('\n', "").as_bytes());
    assert_eq!(
        serde_json::to_value(&answer).unwrap()["seats"],
        json!([3, 0])
    );
}

#[test]
fn blank_votes_that_are_valid_raise_the_bar() {
    let rules = dhondt(10, &json!({"percent": "10", "of": "valid"}));
    assert_eq!(
        seats(&json!({"votes": [90, 10], "rules": rules})),
        json!([9, 1])
    );
    assert_eq!(
        seats(&json!({"votes": [90, 10], "valid": 101, "rules": rules})),
        json!([10, 0])
    );
}

#[test]
fn spoilt_votes_raise_the_bar_where_it_is_measured_against_votes_cast() {
    let of_valid = dhondt(10, &json!({"percent": 10, "of": "valid"}));
    let of_cast = dhondt(10, &json!({"percent": 10, "of": "cast"}));
    for (rules, expected) in [(of_valid, [9, 1]), (of_cast, [10, 0])] {
        let election = json!({"votes": [90, 10], "cast": 101, "rules": rules});
        assert_eq!(seats(&election), json!(expected));
    }
}

#[test]
fn votes_cast_are_the_valid_ones_if_nothing_else_is_known() {
    let rules = dhondt(10, &json!({"percent": 10, "of": "cast"}));
    assert_eq!(
        seats(&json!({"votes": [90, 10], "rules": rules})),
        json!([9, 1])
    );
    assert_eq!(
        seats(&json!({"votes": [90, 10], "valid": 101, "rules": rules})),
        json!([10, 0])
    );
}

#[test]
fn a_quota_is_one_seats_th_of_the_valid_votes() {
    let quota = dhondt(7, &json!({"of": "quota"}));
    assert_eq!(
        seats(&json!({"votes": [60, 10], "rules": quota})),
        json!([6, 1])
    );
    // 10 votes are less than 71 / 7.
    assert_eq!(
        seats(&json!({"votes": [61, 10], "rules": quota})),
        json!([7, 0])
    );
}

#[test]
fn an_exempt_list_takes_part_below_the_threshold() {
    let rules = dhondt(20, &json!({"percent": 10, "of": "valid"}));
    let lists = json!([{}, {"exempt": true}, {}]);
    let election = json!({"votes": [900, 50, 50], "lists": lists, "rules": rules});
    assert_eq!(seats(&election), json!([19, 1, 0]));
}

#[test]
fn a_coalition_has_a_threshold_of_its_own() {
    let rules = dhondt(10, &json!({"percent": 5, "of": "cast"}));
    let lists = json!([{}, {"threshold_percent": "10"}, {"threshold_percent": 0.5}]);
    let election = json!({"votes": [840, 90, 70], "lists": lists, "rules": rules});
    assert_eq!(seats(&election), json!([10, 0, 0]));
    let election = json!({"votes": [800, 100, 100], "lists": lists, "rules": rules});
    assert_eq!(seats(&election), json!([8, 1, 1]));
    // It is measured against the votes cast, as the election's is.
    let election = json!({"votes": [800, 100, 100], "cast": 1001, "lists": lists, "rules": rules});
    assert_eq!(seats(&election), json!([9, 0, 1]));
}

#[test]
fn a_threshold_of_its_own_is_measured_against_valid_votes_where_the_election_has_no_percentage() {
    let lists = json!([{}, {"threshold_percent": 30}]);
    for rules in [
        json!({"method": "dhondt", "seats": 4, "tie": "lot"}),
        dhondt(4, &json!({"of": "quota"})),
    ] {
        let election = json!({"votes": [70, 30], "cast": 1000, "lists": lists, "rules": rules});
        assert_eq!(seats(&election), json!([3, 1]));
        let election = json!({"votes": [71, 29], "cast": 1000, "lists": lists, "rules": rules});
        assert_eq!(seats(&election), json!([4, 0]));
    }
}

#[test]
fn a_multiplier_helps_nobody_over_the_threshold() {
    let rules = dhondt(10, &json!({"percent": 10, "of": "valid"}));
    let lists = json!([{}, {"multiplier": 5}]);
    let election = json!({"votes": [910, 90], "lists": lists, "rules": rules});
    assert_eq!(seats(&election), json!([10, 0]));
}

#[test]
fn a_multiplier_counts_when_seats_are_shared_out() {
    let rules = json!({"method": "dhondt", "seats": 4, "tie": "lot"});
    // For its second seat list 2 needs more than 60 / 3 = 20, for its first more than 60 / 4 = 15.
    for (multiplier, expected) in [
        ("1", [3, 1]),
        ("1.53", [3, 1]),
        ("1.54", [2, 2]),
        ("0.58", [3, 1]),
        ("0.57", [4, 0]),
    ] {
        let lists = json!([{}, {"multiplier": multiplier}]);
        let election = json!({"votes": [60, 26], "lists": lists, "rules": rules});
        assert_eq!(seats(&election), json!(expected), "{multiplier}");
    }
}

#[test]
fn if_no_list_reaches_the_threshold_all_take_part() {
    let rules = dhondt(4, &json!({"percent": 60, "of": "valid"}));
    assert_eq!(
        seats(&json!({"votes": [50, 30, 20], "rules": rules})),
        json!([2, 1, 1])
    );
}

#[test]
fn being_exempt_is_not_reaching_the_threshold() {
    // Otherwise a list with a single vote would take every seat.
    let rules = rules(&dhondt(4, &json!({"percent": 60, "of": "valid"})));
    let terms = [false, false, true].map(|exempt| ListTerms {
        exempt,
        ..ListTerms::default()
    });
    let count = Count {
        votes: &[50, 49, 1],
        lists: &terms,
        ..Count::default()
    };
    let result = apportion(&rules, &count);
    assert_eq!(result.seats, [2, 2, 0]);
    let by_default = Standing::NoListReached;
    assert_eq!(
        result.standings(),
        [by_default, by_default, Standing::Exempt]
    );

    // An exempt list that does reach it has reached it.
    let count = Count {
        votes: &[20, 19, 61],
        lists: &terms,
        ..Count::default()
    };
    assert_eq!(apportion(&rules, &count).seats, [0, 0, 4]);
}

#[test]
fn thresholds_of_nothing_and_of_everything_are_thresholds() {
    let nothing = dhondt(2, &json!({"percent": 0, "of": "valid"}));
    assert_eq!(
        seats(&json!({"votes": [3, 2, 0], "rules": nothing})),
        json!([1, 1, 0])
    );
    let everything = dhondt(2, &json!({"percent": 100, "of": "valid"}));
    assert_eq!(
        seats(&json!({"votes": [3, 0], "rules": everything})),
        json!([2, 0])
    );
    // No list has 100 %, so all take part.
    assert_eq!(
        seats(&json!({"votes": [3, 2], "rules": everything})),
        json!([1, 1])
    );
}

#[test]
fn a_list_says_why_it_takes_part() {
    let rules = rules(&dhondt(10, &json!({"percent": 10, "of": "valid"})));
    let own = ListTerms {
        threshold_percent: Some(Decimal::from(3)),
        ..ListTerms::default()
    };
    let exempt = ListTerms {
        exempt: true,
        ..ListTerms::default()
    };
    let terms = [ListTerms::default(), own, exempt, ListTerms::default()];
    let count = Count {
        votes: &[850, 50, 50, 50],
        lists: &terms,
        ..Count::default()
    };
    let result = apportion(&rules, &count);
    let expected = [
        Standing::Reached,
        Standing::Reached,
        Standing::Exempt,
        Standing::Below,
    ];
    assert_eq!(result.standings(), expected);
}
