//! Numbers as large as they get.

use electoral_rules::{Count, ListTerms, MAX_SEATS, MAX_VOTES, RuleError};
use serde_json::json;

use crate::{apportion, rules};

const METHODS: [&str; 6] = [
    "dhondt",
    "sainte_lague",
    "modified_sainte_lague",
    "imperiali",
    "hare",
    "droop",
];

#[test]
fn one_vote_in_2_to_the_63_decides() {
    let half = MAX_VOTES / 2;
    for method in METHODS {
        let rules = rules(&json!({"method": method, "seats": 99_999, "tie": "lot"}));
        let count = Count {
            votes: &[half + 1, half],
            ..Count::default()
        };
        let result = apportion(&rules, &count);
        assert_eq!(result.seats, [50_000, 49_999], "{method}");
        let count = Count {
            votes: &[half, half],
            ..count
        };
        let result = apportion(&rules, &count);
        assert_eq!(
            (result.seats, result.open_seats),
            (vec![49_999, 49_999], 1),
            "{method}"
        );
    }
}

#[test]
fn a_million_seats_and_a_multiplier_of_twelve_digits_fit() {
    let multiplier = Some("999999.999999".parse().unwrap());
    let terms = [
        ListTerms {
            multiplier,
            ..ListTerms::default()
        },
        ListTerms::default(),
    ];
    for method in METHODS {
        let rules = rules(&json!({"method": method, "seats": MAX_SEATS, "tie": "lot",
            "threshold": {"percent": "0.00000000000000001", "of": "cast"}}));
        let votes = [MAX_VOTES / 2, MAX_VOTES / 2];
        let count = Count {
            votes: &votes,
            lists: &terms,
            ..Count::default()
        };
        let result = apportion(&rules, &count);
        assert_eq!(
            result.seats.iter().sum::<u64>() + result.open_seats,
            u64::from(MAX_SEATS)
        );
        assert!(result.awards().last().is_some(), "{method}");
    }
}

#[test]
fn what_does_not_fit_is_refused_and_not_wrapped() {
    let multiplier = Some("1.00000000000000001".parse().unwrap());
    let terms = [ListTerms {
        multiplier,
        ..ListTerms::default()
    }];
    let rules = rules(&json!({"method": "dhondt", "seats": 100_000}));
    let count = Count {
        votes: &[MAX_VOTES],
        lists: &terms,
        ..Count::default()
    };
    assert_eq!(rules.apply(&count), Err(RuleError::TooWide));
    // All voters on earth are no problem.
    let count = Count {
        votes: &[8_000_000_000],
        ..count
    };
    assert_eq!(rules.apply(&count).unwrap().seats(), Some(&[100_000][..]));
}
