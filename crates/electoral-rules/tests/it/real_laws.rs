//! What real laws also require: exhausted lists, alliances, seats won before, the electorate as base, several
//! winners.

use serde_json::{Value, json};

use crate::answer;

/// Real elections and worked examples, each with its source and result: `out` is what the answer holds, `open` the places
/// that it leaves open, `plain_would_give` the seats without what the law asks for besides, `names` the field that is
/// refused.
const ELECTIONS: &str = include_str!("real_laws.jsonl");

pub(crate) fn cases() -> impl Iterator<Item = Value> {
    ELECTIONS
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
}

#[test]
fn real_elections_come_out_as_they_did() {
    for case in cases() {
        let (election, source) = (&case["in"], &case["source"]);
        let answer = answer(election);
        for (field, value) in case["out"].as_object().into_iter().flatten() {
            assert_eq!(answer[field], *value, "{source}: {answer}");
        }
        if let Some(open) = case["open"].as_u64() {
            let winners = answer["winners"].as_array().unwrap().len() as u64;
            let all = election["rules"]["winners"].as_u64().unwrap();
            assert_eq!(winners + open, all, "{source}: {answer}");
        }
        if let Some(field) = case["names"].as_str() {
            let error = answer["error"].as_str().unwrap_or_default();
            assert!(error.contains(&format!("`{field}`")), "{source}: {answer}");
            assert_eq!(answer["id"], election["id"]);
        }
    }
    assert_eq!(cases().count(), 10);
}

#[test]
fn without_what_the_law_asks_for_besides_they_come_out_otherwise() {
    let mut told_apart = 0;
    for case in cases().filter(|case| case["plain_would_give"].is_array()) {
        let election = &case["in"];
        let plain = json!({"votes": election["votes"], "rules": election["rules"]});
        let plain = answer(&plain)["seats"].clone();
        assert_eq!(plain, case["plain_would_give"], "{}", case["source"]);
        assert_ne!(plain, case["out"]["seats"], "{}", case["source"]);
        told_apart += 1;
    }
    assert_eq!(told_apart, 2);
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
            json!({"votes": [6, 4], "alliances": [[1, 2]], "rules": {"method": "majority", "winner": "plurality"}}),
            "`alliances`",
        ),
        (
            json!({"votes": [6, 4], "lists": [{}, {"seats_won": 1_000_001}], "rules": dhondt}),
            "List 2 has won 1000001 seats",
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

/// Three lists with so many seats won that their sum fits no number.
#[test]
fn no_number_of_seats_won_makes_the_command_panic() {
    let lists = json!({"seats_won": i64::MAX});
    let line = json!({"votes": [1, 1, 1], "lists": [lists, lists, lists], "alliances": [[1, 2, 3]],
        "rules": {"method": "dhondt", "seats": 2, "tie": "lot"}});
    assert!(answer(&line)["error"].is_string());
}

/// The tie between alliances goes by their first lists, that inside one by its lists.
#[test]
fn ties_between_alliances_and_inside_them_are_told_apart() {
    let line = |votes: Value| {
        json!({"votes": votes, "alliances": [[1, 2], [3, 4]],
        "rules": {"method": "dhondt", "seats": 3, "tie": "lot"}})
    };
    let between = answer(&line(json!([40, 20, 30, 30])));
    let tie = json!({"seats": 1, "between": [1, 3], "settled_by": null, "won_by": []});
    assert_eq!(between["ties"][0], tie);
    let inside = answer(&line(json!([41, 19, 15, 15])));
    let tie = json!({"seats": 1, "between": [3, 4], "settled_by": null, "won_by": []});
    assert_eq!(inside["seats"], json!([2, 0, 0, 0]));
    assert_eq!(inside["open_seats"], 1);
    assert_eq!(inside["ties"], json!([tie]));
}
