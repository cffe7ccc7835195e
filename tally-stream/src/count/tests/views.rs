//! The screen's result and the official one are two views of one outcome.

use ballot_log::ElectionDefinition;
use proptest::prelude::*;
use tally::{Minimums, OfficialResult, PartitionTally, ScreenResult, Totals, merge, outcome};

use super::properties::logs;
use super::*;

fn definition(rules: &str, alliances: &[Vec<u32>]) -> ElectionDefinition {
    let mut definition = election().definition().clone();
    definition.rules = serde_json::from_str(rules).unwrap();
    if definition.rules.seats().is_some() {
        definition.alliances = alliances.to_vec();
    }
    definition
}

fn rules() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just(r#"{"method":"dhondt","seats":3,"tie":"ballot_order"}"#),
        Just(r#"{"method":"dhondt","seats":4,"tie":"lot"}"#),
        Just(
            r#"{"method":"sainte_lague","seats":5,"tie":"lot","threshold":{"percent":10,"of":"cast"}}"#
        ),
        Just(r#"{"method":"majority","winner":"plurality","tie":"lot"}"#),
        Just(
            r#"{"method":"hare","seats":5,"tie":"lot","threshold":{"percent":2,"of":"registered","strict":true}}"#
        ),
        Just(r#"{"method":"majority","winner":"absolute","runoff":2,"tie":"lot"}"#),
        Just(r#"{"method":"majority","winner":"absolute","of":"cast","tie":"lot"}"#),
        Just(r#"{"method":"majority","winner":"plurality","winners":2,"tie":"lot"}"#),
    ]
}

proptest! {
    /// Votes, ballots counted and rejected, seats or a winner, and ties.
    #[test]
    fn the_screen_and_the_official_result_agree(
        logs in proptest::collection::vec(logs(), 1..4),
        rules in rules(),
        alliances in prop_oneof![Just(vec![]), Just(vec![vec![1, 3]])],
        registered in proptest::option::of(0..40_u64),
    ) {
        let definition = definition(rules, &alliances);
        let tallies: Vec<PartitionTally> = logs.iter().zip(0..).map(|(log, partition)| {
            crate::store::tally(partition, &count(log).0, 7)
        }).collect();
        let totals = Totals::of(&tallies, logs.len());
        let on_screen = outcome(&definition, &totals.tally, registered);
        let screen = ScreenResult::new(&definition, totals, on_screen, Minimums::NONE);
        let merged = merge(&tallies);
        let official = outcome(&definition, &merged, registered);
        let official = OfficialResult::new(&definition, &merged, official);

        prop_assert_eq!((screen.counted, screen.repeated), (official.counted, official.repeated));
        prop_assert_eq!(screen.rejected.of(Reason::Duplicate), official.duplicate_ballots);
        prop_assert_eq!(screen.rejected.of(Reason::InvalidPollNumber), official.invalid_poll_numbers);
        prop_assert_eq!(screen.is_final, merged.closed);
        prop_assert_eq!(screen.candidates.len(), official.participants.len());
        for (candidate, participant) in screen.candidates.iter().zip(&official.participants) {
            prop_assert_eq!(candidate.poll_number, participant.poll_number);
            prop_assert_eq!(&candidate.name, &participant.name);
            prop_assert_eq!(candidate.votes, Some(participant.votes));
            prop_assert_eq!(candidate.seats, participant.seats);
        }
        let ties = |outcome: &Option<electoral_rules::Outcome>| {
            outcome.as_ref().map(|outcome| outcome.ties().to_vec())
        };
        prop_assert_eq!(ties(&screen.outcome), ties(&official.outcome));
        prop_assert_eq!(screen.outcome, official.outcome);
        let votes: u64 = official.participants.iter().map(|participant| participant.votes).sum();
        prop_assert_eq!(votes, official.counted);
    }
}
