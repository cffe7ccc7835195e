use serde_json::{Value, json};

use super::*;
use crate::ballot::Scenario;

fn results(votes: &[u64], change: impl FnOnce(&mut Value)) -> Results {
    let counted: u64 = votes.iter().sum();
    let candidates: Vec<Value> = votes
        .iter()
        .zip(["A", "B", "C"])
        .zip(1..)
        .map(|((votes, name), number)| json!({"poll_number": number, "name": name, "votes": votes}))
        .collect();
    let mut results = json!({
        "election": 7, "title": "Seven", "publication": "live", "final": false, "position": counted,
        "records": counted, "counted": counted, "repeated": 0, "rejected": {},
        "candidates": candidates, "outcome": null,
    });
    change(&mut results);
    serde_json::from_value(results).unwrap()
}

fn plain(votes: &[u64]) -> Results {
    results(votes, |_| {})
}

fn check(
    before: &Results,
    after: &Results,
    accepted: &[u64],
    uncertain: &[u64],
    attempts: u64,
) -> Comparison {
    let told = Told {
        accepted,
        uncertain,
        duplicates_allowed: Some(attempts),
    };
    compare(&Paper::new(before, None).unwrap(), before, after, told)
}

fn sure(before: &Results, after: &Results, accepted: &[u64]) -> Comparison {
    check(before, after, accepted, &[0; 3], 0)
}

#[test]
fn a_count_of_what_was_sent_has_no_problem() {
    let comparison = sure(&plain(&[0, 0, 0]), &plain(&[5, 0, 2]), &[5, 0, 2]);
    let expected = Comparison {
        counted: 7,
        ..Comparison::default()
    };
    assert_eq!(comparison, expected);
}

#[test]
fn votes_that_are_not_shown_yet_are_not_lost_and_not_exact() {
    let step = |least: u64, is_final: bool| {
        results(&[2, 0, 2], move |results| {
            results["live_minimum"] = json!(least);
            results["final"] = json!(is_final);
        })
    };
    let compared = |after: &Results| sure(&plain(&[0, 0, 0]), after, &[5, 0, 2]);
    let waiting = compared(&step(4, false));
    assert_eq!(waiting.lost, 0);
    let words = waiting.problems.join(" ");
    assert!(
        words.contains("3 votes may be counted and not shown yet"),
        "{words}"
    );
    assert_eq!(compared(&step(3, false)).lost, 3);
    assert_eq!(compared(&step(4, true)).lost, 3);
}

#[test]
fn a_second_run_counts_from_where_the_first_ended() {
    let comparison = sure(&plain(&[5, 1, 2]), &plain(&[6, 1, 4]), &[1, 0, 2]);
    assert_eq!((comparison.counted, comparison.problems.len()), (3, 0));
}

#[test]
fn a_vote_moved_from_one_candidate_to_another_is_lost_and_double() {
    let comparison = sure(&plain(&[0, 0, 0]), &plain(&[4, 1, 2]), &[5, 0, 2]);
    assert_eq!((comparison.lost, comparison.double), (1, 1));
    assert_eq!(comparison.problems[0], "A: 5 votes accepted, 4 counted.");
}

#[test]
fn a_vote_without_an_answer_may_be_counted_or_not_but_is_never_exact() {
    for counted in [5, 6] {
        let comparison = check(
            &plain(&[0, 0, 0]),
            &plain(&[counted, 0, 0]),
            &[5, 0, 0],
            &[1, 0, 0],
            1,
        );
        assert_eq!((comparison.lost, comparison.double), (0, 0));
        assert_eq!(comparison.problems.len(), 1, "{:?}", comparison.problems);
    }
    let comparison = check(
        &plain(&[0, 0, 0]),
        &plain(&[7, 0, 0]),
        &[5, 0, 0],
        &[1, 0, 0],
        1,
    );
    assert_eq!((comparison.lost, comparison.double), (0, 1));
    let comparison = check(
        &plain(&[0, 0, 0]),
        &plain(&[5, 1, 0]),
        &[5, 0, 0],
        &[1, 0, 0],
        1,
    );
    assert_eq!((comparison.lost, comparison.double), (0, 1));
}

#[test]
fn a_vote_sent_again_may_be_rejected_as_a_duplicate_once() {
    let after = |duplicates: u64| {
        results(&[5, 0, 0], |results| {
            results["records"] = (5 + duplicates).into();
            results["rejected"] = json!({"Duplicate ballot.": duplicates});
        })
    };
    let before = plain(&[0, 0, 0]);
    let attempts = 2;
    assert_eq!(
        check(&before, &after(2), &[5, 0, 0], &[0; 3], attempts)
            .problems
            .len(),
        0
    );
    assert_eq!(
        check(&before, &after(3), &[5, 0, 0], &[0; 3], attempts)
            .problems
            .len(),
        1
    );
    assert_eq!(
        check(&before, &after(1), &[5, 0, 0], &[0; 3], 0)
            .problems
            .len(),
        1
    );
}

#[test]
fn any_other_rejection_is_a_problem() {
    let after = results(&[5, 0, 0], |results| {
        results["records"] = 6.into();
        results["rejected"] = json!({"Election is not open.": 1});
    });
    let comparison = check(&plain(&[0, 0, 0]), &after, &[5, 0, 0], &[0; 3], 9);
    assert_eq!(
        comparison.problems,
        ["1 record was rejected with \"Election is not open.\", but at most 0 could be."]
    );
}

#[test]
fn numbers_that_do_not_add_up_are_a_problem() {
    let records = results(&[5, 0, 0], |results| results["records"] = 6.into());
    assert_eq!(
        sure(&plain(&[0, 0, 0]), &records, &[5, 0, 0])
            .problems
            .len(),
        1
    );
    let counted = results(&[5, 0, 0], |results| {
        results["counted"] = 4.into();
        results["records"] = 4.into();
    });
    assert_eq!(
        sure(&plain(&[0, 0, 0]), &counted, &[5, 0, 0])
            .problems
            .len(),
        1
    );
}

#[test]
fn votes_that_are_not_published_cannot_be_called_exact() {
    let hidden = |votes: &[u64]| {
        results(votes, |results| {
            results["publication"] = "after-close".into();
            for candidate in results["candidates"].as_array_mut().unwrap() {
                candidate.as_object_mut().unwrap().remove("votes");
            }
        })
    };
    let comparison = sure(&hidden(&[0, 0, 0]), &hidden(&[3, 2, 0]), &[3, 2, 0]);
    assert_eq!(
        (
            comparison.lost,
            comparison.double,
            comparison.problems.len()
        ),
        (0, 0, 1)
    );
    let comparison = sure(&hidden(&[0, 0, 0]), &hidden(&[3, 1, 0]), &[3, 2, 0]);
    assert_eq!((comparison.lost, comparison.double), (1, 0));
}

const SCENARIO: &str = r#"
title = "Seven"
[rules]
method = "dhondt"
seats = 4
tie = "ballot_order"
[[participants]]
name = "C"
votes = 1
[[participants]]
name = "A"
votes = 6
[[participants]]
name = "B"
votes = 3
"#;

#[test]
fn seats_are_what_the_rules_make_of_the_votes() {
    let scenario = Scenario::parse(SCENARIO).unwrap();
    let before = plain(&[0, 0, 0]);
    let paper = Paper::new(&before, Some(&scenario)).unwrap();
    let shown = |seats: [u64; 3]| {
        results(&[60, 30, 5], |results| {
            results["outcome"] = json!({"seats": seats, "open_seats": 0, "ties": []});
            for (candidate, seats) in results["candidates"]
                .as_array_mut()
                .unwrap()
                .iter_mut()
                .zip(seats)
            {
                candidate["seats"] = seats.into();
            }
        })
    };
    let told = Told {
        accepted: &[60, 30, 5],
        uncertain: &[0; 3],
        duplicates_allowed: Some(0),
    };
    assert_eq!(
        compare(&paper, &before, &shown([3, 1, 0]), told)
            .problems
            .len(),
        0
    );
    let wrong = compare(&paper, &before, &shown([2, 2, 0]), told);
    assert_eq!((wrong.lost, wrong.double, wrong.problems.len()), (0, 0, 3));
    assert_eq!(wrong.problems[1], "A is shown with 2 seats, but has 3.");
}

#[test]
fn a_scenario_of_another_ballot_is_refused() {
    let scenario = Scenario::parse(&SCENARIO.replace("\"B\"", "\"D\"")).unwrap();
    let error = Paper::new(&plain(&[0, 0, 0]), Some(&scenario)).unwrap_err();
    assert!(
        error.to_string().contains("\"D\" is not on its ballot"),
        "{error}"
    );
    assert_eq!(error.exit_code(), 2);
    let error = Paper::new(&plain(&[0, 0]), Some(&Scenario::parse(SCENARIO).unwrap())).unwrap_err();
    assert!(error.to_string().contains("\"C\""), "{error}");
}

#[test]
fn alliances_of_a_scenario_go_by_the_places_in_its_file() {
    let scenario = r#"
        title = "T"
        alliances = [[1, 3]]
        rules = { method = "dhondt", seats = 4, tie = "lot", threshold = { percent = 10, of = "registered" } }
        participants = [{ name = "C", votes = 1 }, { name = "A", votes = 1 }, { name = "B", votes = 1 }]
    "#;
    let scenario = Scenario::parse(scenario).unwrap();
    let paper = Paper::new(&plain(&[0, 0, 0]), Some(&scenario)).unwrap();
    // On the ballot B and C are 2 and 3: 61 votes together against 59, then 41, 20 1/2 and 20.
    let outcome = paper.outcome(&[59, 41, 20], 120, Some(200));
    assert_eq!(outcome.unwrap().unwrap()["seats"], json!([2, 2, 0]));
    let unknown = paper.outcome(&[59, 41, 20], 120, None).unwrap();
    assert!(unknown.unwrap_err().contains("electorate"));
    let broken = Scenario {
        alliances: vec![vec![1, 4]],
        ..scenario
    };
    let error = Paper::new(&plain(&[0, 0, 0]), Some(&broken)).unwrap_err();
    assert!(error.to_string().contains("poll number 4"), "{error}");
}
