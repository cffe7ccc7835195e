//! The outcome of an election according to a tally.

use ballot_records::ElectionDefinition;
use electoral_rules::{Count, Outcome, RuleError};

use crate::{Reason, Tally};

/// The numbers that decide an election, and what follows from them.
#[derive(Clone, Debug, PartialEq)]
pub struct ElectionOutcome {
    /// Votes for each participant, in the order of the ballot paper.
    pub votes: Vec<u64>,
    /// Votes that count.
    pub counted: u64,
    /// Ballots with an unknown poll number.
    pub invalid: u64,
    /// The electorate: voters on the roll, where that is known.
    pub registered: Option<u64>,
    /// Seats or a winner, with the ties that mattered; an error where the electoral rules refuse the count.
    pub outcome: Result<Outcome, RuleError>,
}

/// Applies the election's rules to a tally, with the lots that the definition has: [`ElectionDefinition::as_defined`] has
/// none, and leaves open what was open when the result became final. `registered` is how many voters are on the roll,
/// where that is known; a threshold of the electorate needs it, and without it there is no outcome.
pub fn outcome(
    definition: &ElectionDefinition,
    tally: &Tally,
    registered: Option<u64>,
) -> ElectionOutcome {
    let participants = definition.participants.iter();
    let votes: Vec<u64> = participants
        .map(|participant| tally.votes_for(participant.poll_number))
        .collect();
    let counted = tally.counted();
    let invalid = tally.rejected.of(Reason::InvalidPollNumber);
    let lots = definition.lots.as_ref();
    let count = Count {
        votes: &votes,
        lists: &definition.terms(),
        cast: Some(counted + invalid),
        lots: lots.map_or(&[], |lots| &lots.order),
        // Rules that do not ask for the roll do not care whether it fits the ballots.
        registered: registered.filter(|_| definition.rules.needs_electorate()),
        alliances: &definition.alliances,
        ..Count::default()
    };
    let outcome = definition.rules.apply(&count);
    ElectionOutcome {
        votes,
        counted,
        invalid,
        registered,
        outcome,
    }
}

impl ElectionOutcome {
    /// Whether all that is missing is the number of voters on the roll, of which a threshold is a percentage: until it is
    /// known nothing is decided.
    pub fn awaits_the_roll(&self) -> bool {
        self.outcome == Err(RuleError::NoElectorate)
    }

    /// Seats of each participant, in the order of the ballot paper, where seats are distributed.
    pub fn seats(&self) -> Option<&[u64]> {
        self.outcome.as_ref().ok().and_then(Outcome::seats)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{OfficialResult, ScreenResult, Totals};

    /// Four stand. Where seats are shared out, the first two lists stand together, the third has one candidate, and the
    /// fourth takes no part.
    fn election(rules: &Value) -> ElectionDefinition {
        let mut definition = json!({
            "id": 7, "title": "T", "created": "2026-06-16T18:00:00Z", "start": "2026-06-16T19:00:00Z",
            "end": "2026-06-16T20:00:00Z", "individual": false, "log": 2, "rules": rules,
            "participants": [
                {"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"},
                {"poll_number": 3, "name": "C"}, {"poll_number": 4, "name": "D"},
            ],
        });
        if rules["method"] != "majority" {
            definition["participants"][2]["candidates"] = json!(1);
            definition["participants"][3]["takes_part"] = json!(false);
            definition["alliances"] = json!([[1, 2]]);
        }
        serde_json::from_str(&definition.to_string()).unwrap()
    }

    fn counted(votes: &[usize]) -> Tally {
        let mut tally = Tally {
            closed: true,
            ..Tally::default()
        };
        for (votes, poll_number) in votes.iter().zip(1..) {
            (0..*votes).for_each(|_| tally.add_vote(0, poll_number, 0));
        }
        tally
    }

    /// Both views.
    fn results(
        definition: &ElectionDefinition,
        tally: &Tally,
        registered: Option<u64>,
    ) -> [Value; 2] {
        let totals = Totals {
            tally: tally.clone(),
            position: 1,
            is_final: true,
        };
        let screen = ScreenResult::new(
            definition,
            totals,
            outcome(definition, tally, registered),
            crate::Minimums::NONE,
        );
        let official =
            OfficialResult::new(definition, tally, outcome(definition, tally, registered));
        [
            serde_json::to_value(screen).unwrap(),
            serde_json::to_value(official).unwrap(),
        ]
    }

    fn dhondt() -> Value {
        json!({"method": "dhondt", "seats": 5, "tie": "lot"})
    }

    /// What the command `apportion` is asked, as the definition of an election.
    fn defined(line: &Value) -> Value {
        let terms = |index: usize| line["lists"].get(index).cloned().unwrap_or(json!({}));
        let participants: Vec<Value> = (0..line["votes"].as_array().unwrap().len())
            .map(|index| {
                let mut participant = terms(index);
                participant["poll_number"] = json!(index + 1);
                participant["name"] = json!(format!("List {}", index + 1));
                participant
            })
            .collect();
        json!({
            "id": 7, "title": "T", "created": "2026-06-16T18:00:00Z", "start": "2026-06-16T19:00:00Z",
            "end": "2026-06-16T20:00:00Z", "individual": false, "log": 2, "rules": line["rules"],
            "participants": participants, "alliances": line.get("alliances").unwrap_or(&json!([])),
        })
    }

    #[test]
    fn real_elections_come_out_of_their_definitions_as_they_did() {
        let cases = include_str!("../../electoral-rules/tests/it/real_laws.jsonl");
        for case in cases.lines() {
            let case: Value = serde_json::from_str(case).unwrap();
            let line = &case["in"];
            let definition = serde_json::from_str(&defined(line).to_string());
            if let Some(field) = case["names"].as_str() {
                let error = definition.map(|_: ElectionDefinition| ()).unwrap_err();
                assert!(
                    error
                        .to_string()
                        .contains(&format!("unknown field `{field}`")),
                    "{error}"
                );
                continue;
            }
            let definition: ElectionDefinition = definition.unwrap();
            definition.check().unwrap();
            let votes: Vec<u64> = serde_json::from_value(line["votes"].clone()).unwrap();
            let valid: u64 = votes.iter().sum();
            let invalid = line["cast"].as_u64().unwrap_or(valid) - valid;
            let votes: Vec<Value> = votes
                .iter()
                .zip(1..)
                .map(|(votes, number)| json!([0, number, votes]))
                .collect();
            let tally = json!({"votes": votes, "rejected": {"Invalid poll number.": invalid}, "repeated": 0,
                "timeline": [], "newest_ms": 5, "closed": true});
            let tally = serde_json::from_value(tally).unwrap();
            for result in results(&definition, &tally, line["registered"].as_u64()) {
                for (field, value) in case["out"].as_object().unwrap() {
                    assert_eq!(
                        result["outcome"][field], *value,
                        "{}: {result}",
                        case["source"]
                    );
                }
            }
        }
    }

    #[test]
    fn alliances_exhausted_lists_and_lists_that_take_no_part_are_in_both_results() {
        let definition = election(&dhondt());
        let [screen, official] = results(&definition, &counted(&[30, 10, 40, 20]), None);
        assert_eq!(screen["outcome"]["seats"], json!([3, 1, 1, 0]));
        assert_eq!(official["outcome"], screen["outcome"]);
        for result in [&screen, &official] {
            assert_eq!(result["alliances"], json!([[1, 2]]));
        }
        assert_eq!(screen["candidates"][2]["candidates"], 1);
        assert_eq!(screen["candidates"][3]["standing"], "takes_no_part");
        assert_eq!(official["v"], 3);
        let terms: Vec<_> = (0..4)
            .map(|list| official["participants"][list].get("terms"))
            .collect();
        let (one, out) = (json!({"candidates": 1}), json!({"takes_part": false}));
        assert_eq!(terms, [None, None, Some(&one), Some(&out)]);
    }

    #[test]
    fn a_threshold_of_the_electorate_waits_for_the_roll() {
        let rules = json!({"method": "dhondt", "seats": 5, "tie": "lot", "threshold": {"percent": 20, "of": "registered"}});
        let (definition, tally) = (election(&rules), counted(&[30, 20, 19, 20]));
        let unknown = outcome(&definition, &tally, None);
        assert!(unknown.awaits_the_roll());
        let [screen, official] = results(&definition, &tally, None);
        assert_eq!(
            (&screen["outcome"], &official["outcome"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(screen["candidates"][0].get("seats"), None);
        assert!(!outcome(&definition, &tally, Some(100)).awaits_the_roll());
        let [screen, official] = results(&definition, &tally, Some(100));
        assert_eq!(screen["outcome"]["seats"], json!([3, 2, 0, 0]));
        assert_eq!(official["outcome"], screen["outcome"]);
        assert_eq!(
            (&screen["registered"], &official["registered"]),
            (&json!(100), &json!(100))
        );
        // More ballots than voters contradict themselves.
        let fewer = outcome(&definition, &tally, Some(88));
        assert!(fewer.outcome.is_err() && !fewer.awaits_the_roll());
        // Nobody else minds.
        let other = election(&dhondt());
        assert!(outcome(&other, &tally, Some(88)).outcome.is_ok());
        assert_eq!(results(&other, &tally, Some(88))[1].get("registered"), None);
    }

    #[test]
    fn a_result_that_nobody_voted_in_decides_nothing() {
        let all = [
            (dhondt(), json!({"seats": [0, 0, 0, 0], "open_seats": 5})),
            (
                json!({"method": "majority", "winner": "plurality", "tie": "ballot_order"}),
                json!({"winner": null}),
            ),
            (
                json!({"method": "majority", "winner": "absolute", "of": "cast", "tie": "ballot_order"}),
                json!({"winner": null, "runoff": null}),
            ),
            (
                json!({"method": "majority", "winner": "plurality", "winners": 2, "tie": "ballot_order"}),
                json!({"winners": []}),
            ),
        ];
        for (rules, expected) in all {
            let definition = election(&rules);
            let [screen, official] = results(&definition, &counted(&[]), Some(0));
            for (field, value) in expected.as_object().unwrap() {
                assert_eq!(screen["outcome"][field], *value, "{screen}");
                assert_eq!(official["outcome"][field], *value, "{official}");
            }
            // Nothing is a part of nothing.
            assert_eq!(screen["turnout"], Value::Null);
            for candidate in screen["candidates"].as_array().unwrap() {
                assert_eq!(
                    (&candidate["votes"], candidate.get("share")),
                    (&json!(0), None)
                );
            }
        }
    }
}
