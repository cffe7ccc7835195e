//! Invalid rules and counts are refused, in words.

use electoral_rules::{Count, Decimal, ListTerms, RuleError, Rules};
use serde_json::{Value, json};

use crate::{answer, rules};

#[track_caller]
fn rules_are_refused(json: &Value, words: &str) {
    let refusal = serde_json::from_str::<Rules>(&json.to_string())
        .unwrap_err()
        .to_string();
    assert!(refusal.contains(words), "{json} is refused with: {refusal}");
}

#[test]
fn bad_rules_are_refused_when_an_election_is_created() {
    for (json, words) in [
        (json!({}), "missing field `method`"),
        (json!([]), "an object with named fields"),
        (json!(["dhondt", 5]), "an object with named fields"),
        (
            json!({"method": "borda", "seats": 5}),
            "it must be one of dhondt, sainte_lague",
        ),
        (
            json!({"method": "dhondt"}),
            "The method dhondt needs `seats`",
        ),
        (json!({"method": "dhondt", "seats": 0}), "at least one seat"),
        (
            json!({"method": "dhondt", "seats": -5}),
            "a whole number from 0",
        ),
        (
            json!({"method": "dhondt", "seats": 2.5}),
            "a whole number from 0",
        ),
        (
            json!({"method": "dhondt", "seats": "5"}),
            "a whole number from 0",
        ),
        (
            json!({"method": "dhondt", "seats": 1_000_001}),
            "the most is 1000000",
        ),
        (
            json!({"method": "dhondt", "seats": 5, "tie": "coin"}),
            "one of ballot_order, most_votes",
        ),
        (
            json!({"method": "dhondt", "seats": 5, "treshold": {}}),
            "unknown field `treshold`",
        ),
        (
            json!({"method": "dhondt", "seats": 5, "remainder": "largest_lists"}),
            "no meaning",
        ),
        (
            json!({"method": "dhondt", "seats": 5, "winner": "plurality"}),
            "no meaning",
        ),
        (
            json!({"method": "dhondt", "seats": 5, "runoff": 2}),
            "no meaning",
        ),
        (
            json!({"method": "hare", "seats": 5, "remainder": "smallest"}),
            "largest_remainder, largest_lists",
        ),
        (
            json!({"method": "majority"}),
            "The method majority needs `winner`",
        ),
        (
            json!({"method": "majority", "winner": "last"}),
            "one of plurality, absolute",
        ),
        (
            json!({"method": "majority", "winner": "absolute", "runoff": 1}),
            "`runoff` is 1",
        ),
        (
            json!({"method": "majority", "winner": "absolute", "runoff": 0}),
            "`runoff` is 0",
        ),
        (
            json!({"method": "majority", "winner": "plurality", "runoff": 2}),
            "no meaning",
        ),
        (
            json!({"method": "majority", "winner": "plurality", "seats": 2}),
            "no meaning",
        ),
        (
            json!({"method": "majority", "winner": "plurality", "threshold": {}}),
            "no meaning",
        ),
    ] {
        rules_are_refused(&json, words);
    }
}

#[test]
fn bad_thresholds_are_refused_when_an_election_is_created() {
    for (threshold, words) in [
        (
            json!({"percent": 101, "of": "valid"}),
            "A threshold of 101 percent",
        ),
        (
            json!({"percent": "100.00000000000001", "of": "cast"}),
            "cannot be reached",
        ),
        (json!({"percent": -1, "of": "valid"}), "an exact decimal"),
        (
            json!({"percent": "five", "of": "valid"}),
            "an exact decimal",
        ),
        (json!({"percent": true, "of": "valid"}), "an exact decimal"),
        (json!({"of": "valid"}), "needs `percent`"),
        (json!({"percent": 5}), "needs `of` in its threshold"),
        (
            json!({"percent": 5, "of": "electorate"}),
            "one of valid, cast, registered, quota",
        ),
        (json!({"percent": 5, "of": "quota"}), "no `percent`"),
        (
            json!({"percent": 5, "of": "valid", "level": 1}),
            "unknown field `level`",
        ),
        (json!([5, "valid"]), "an object with named fields"),
        (json!(5), "an object with named fields"),
    ] {
        rules_are_refused(
            &json!({"method": "dhondt", "seats": 5, "threshold": threshold}),
            words,
        );
    }
}

#[test]
fn bad_terms_are_refused_when_an_election_is_created() {
    let dhondt = rules(&json!({"method": "dhondt", "seats": 5}));
    let decimal = |text: &str| Some(text.parse::<Decimal>().unwrap());
    let multiplied = |text| ListTerms {
        multiplier: decimal(text),
        ..ListTerms::default()
    };
    let own = |text| ListTerms {
        threshold_percent: decimal(text),
        ..ListTerms::default()
    };

    assert_eq!(
        dhondt.check(&[ListTerms::default(), multiplied("1.35"), own("100")]),
        Ok(())
    );
    assert_eq!(
        dhondt.check(&[multiplied("1.35"), multiplied("0")]),
        Err(RuleError::MultiplierOfZero { poll_number: 2 })
    );
    assert_eq!(
        dhondt.check(&[own("100.1")]),
        Err(RuleError::ThresholdAbove100 {
            percent: decimal("100.1").unwrap(),
            poll_number: Some(1)
        })
    );
    // 18 digits, and then 19.
    assert_eq!(
        dhondt.check(&[multiplied("12.5"), multiplied("0.1234567890123456")]),
        Ok(())
    );
    assert_eq!(
        dhondt.check(&[multiplied("123.5"), multiplied("0.1234567890123456")]),
        Err(RuleError::MultipliersTooLong)
    );

    let majority = rules(&json!({"method": "majority", "winner": "plurality"}));
    assert_eq!(majority.check(&[ListTerms::default(); 3]), Ok(()));
    assert_eq!(
        majority.check(&[ListTerms::default(), multiplied("2")]),
        Err(RuleError::TermsForCandidate { poll_number: 2 })
    );
}

#[test]
fn counts_that_contradict_themselves_are_refused() {
    let dhondt = json!({"method": "dhondt", "seats": 5});
    for (election, words) in [
        (json!({"votes": []}), "nobody to vote for"),
        (json!({"votes": [1, -1]}), "a whole number from 0"),
        (json!({"votes": [1, 0.5]}), "a whole number from 0"),
        (json!({"votes": [1, "1"]}), "a whole number from 0"),
        (json!({"votes": [1, null]}), "a whole number from 0"),
        (json!({"votes": {"a": 1}}), "expected a sequence"),
        (
            json!({"votes": [i64::MAX, 1]}),
            "more than 9223372036854775807",
        ),
        (json!({"votes": [u64::MAX]}), "a whole number from 0"),
        (
            json!({"votes": [u64::MAX, u64::MAX]}),
            "a whole number from 0",
        ),
        (
            json!({"votes": [6, 4], "valid": 9}),
            "only 9 votes are valid",
        ),
        (json!({"votes": [6, 4], "cast": 9}), "only 9 were cast"),
        (
            json!({"votes": [6, 4], "valid": 12, "cast": 11}),
            "only 11 were cast",
        ),
        (
            json!({"votes": [6, 4], "valid": -1}),
            "a whole number from 0",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}]}),
            "terms for 1 lists and votes for 2",
        ),
        (
            json!({"votes": [6, 4], "lists": []}),
            "terms for 0 lists and votes for 2",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, []]}),
            "an object with named fields",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, {"multiplier": 0}]}),
            "multiplier of list 2 is 0",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, {"multiplier": "-1"}]}),
            "an exact decimal",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, {"exempt": "yes"}]}),
            "expected a boolean",
        ),
        (
            json!({"votes": [6, 4], "lots": [3]}),
            "poll number 3, which is not on the ballot",
        ),
        (
            json!({"votes": [6, 4], "lots": [0]}),
            "poll number 0, which is not on the ballot",
        ),
        (
            json!({"votes": [6, 4], "lots": [1, 2, 1]}),
            "poll number 1 twice",
        ),
        (
            json!({"votes": [6, 4], "rules": null}),
            "an object with named fields",
        ),
    ] {
        let mut election = election;
        election["id"] = json!("x");
        if election.get("rules").is_none() {
            election["rules"] = dhondt.clone();
        }
        let answer = answer(&election);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(error.contains(words), "{election} is refused with: {error}");
        assert_eq!(answer["id"], "x");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
    }
}

#[test]
fn the_library_takes_no_terms_for_ordinary_lists() {
    let dhondt = rules(&json!({"method": "dhondt", "seats": 5}));
    let count = Count {
        votes: &[6, 4],
        ..Count::default()
    };
    assert_eq!(dhondt.apply(&count).unwrap().seats(), Some(&[3, 2][..]));
    let count = Count {
        lists: &[ListTerms::default()],
        ..count
    };
    assert_eq!(
        dhondt.apply(&count),
        Err(RuleError::ListsLength { lists: 1, votes: 2 })
    );
    let count = Count {
        votes: &[u64::MAX, 1],
        ..Count::default()
    };
    assert_eq!(dhondt.apply(&count), Err(RuleError::TooManyVotes));
}
