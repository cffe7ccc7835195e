//! How election-admin uses the official result.

use anyhow::bail;
use ballot_log::{ElectionDefinition, Publication};
use serde_json::Number;
use tally::{OfficialParticipant, OfficialResult, PartitionTally, Tally, merge};

/// What is certified, once every partition is closed: the official result with the records that it stands on.
pub fn certified(
    definition: &ElectionDefinition,
    tallies: &[PartitionTally],
    registered: Option<u64>,
) -> OfficialResult {
    official(definition, &merge(tallies), registered).with_log(tallies)
}

/// Whether the electorate lets a result become final: a threshold is a percentage of it or it plays no part.
///
/// # Errors
/// Where rules ask for the electorate, and it is not known or contradicts the count: the roll has to be loaded first.
pub fn check_electorate(
    definition: &ElectionDefinition,
    tally: &Tally,
    registered: Option<u64>,
) -> anyhow::Result<()> {
    if !definition.rules.needs_electorate() {
        return Ok(());
    }
    match tally::outcome(definition, tally, registered).outcome {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "the result of election {} cannot be final before its roll is loaded (`voter-roll load`). {error}",
            definition.id
        ),
    }
}

/// The official result of a tally. `registered` is how many voters are on the roll, where that is known.
pub fn official(
    definition: &ElectionDefinition,
    tally: &Tally,
    registered: Option<u64>,
) -> OfficialResult {
    let outcome = tally::outcome(definition, tally, registered);
    if let Err(error) = &outcome.outcome
        && !outcome.awaits_the_roll()
    {
        tracing::error!(election = definition.id, %error, "the electoral rules refuse the count");
    }
    OfficialResult::new(definition, tally, outcome)
}

/// What `getResults` shows of a participant: seats if seats are distributed, otherwise the share of the votes.
pub fn seats_or_share(participant: &OfficialParticipant, counted: u64) -> Number {
    match participant.seats {
        Some(seats) => seats.into(),
        None => share(participant.votes, counted),
    }
}

/// Whether the numbers of an election are published before they are final.
pub fn is_live(definition: &ElectionDefinition) -> bool {
    definition.results == Publication::Live
}

/// `part / whole`, rounded half up to two decimals; 0 of nothing.
fn share(part: u64, whole: u64) -> Number {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (200 * part + whole).checked_div(2 * whole).unwrap_or(0);
    let (units, hundredths) = (hundredths / 100, hundredths % 100);
    let digits = format!("{units}.{hundredths:02}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    #[expect(
        clippy::expect_used,
        reason = "digits with a point in between are a number"
    )]
    digits.parse().expect("a decimal")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_share_has_two_decimals_rounded_half_up() {
        for (part, whole, text) in [
            (0, 0, "0"),
            (0, 7, "0"),
            (7, 7, "1"),
            (1, 2, "0.5"),
            (1, 3, "0.33"),
            (2, 3, "0.67"),
            (1, 200, "0.01"),
            (1, 201, "0"),
            (5, 1000, "0.01"),
            (125, 1000, "0.13"),
            (145, 1000, "0.15"),
            (199, 200, "1"),
            (u64::MAX, u64::MAX, "1"),
        ] {
            assert_eq!(share(part, whole).to_string(), text, "{part}/{whole}");
        }
    }

    fn definition(rules: &str, individual: bool) -> ElectionDefinition {
        serde_json::from_str(&format!(
            r#"{{"id":7,"title":"T","created":"2026-06-16T13:00:00Z","start":"2026-06-16T13:00:00Z",
                "end":"2026-06-16T15:00:00Z","individual":{individual},"rules":{rules},
                "participants":[{{"poll_number":1,"name":"A"}},{{"poll_number":2,"name":"A"}},{{"poll_number":3,"name":"C"}}]}}"#
        ))
        .unwrap()
    }

    fn partition(partition: i32, json: &str) -> PartitionTally {
        let tally = serde_json::from_str(json).unwrap();
        PartitionTally {
            election: 7,
            partition,
            offset: 9,
            tally,
            log: None,
        }
    }

    #[test]
    fn partitions_add_up_and_are_closed_only_together() {
        let one = partition(
            0,
            r#"{"votes":[[0,1,5],[0,3,2]],"rejected":{"Duplicate ballot.":2},"repeated":1,"timeline":[],"newest_ms":5,"closed":true}"#,
        );
        let other = partition(
            1,
            r#"{"votes":[[0,1,1]],"rejected":{"Duplicate ballot.":1,"Invalid poll number.":4},"repeated":0,"timeline":[],"newest_ms":null,"closed":false}"#,
        );
        let merged = merge(&[one.clone(), other]);
        assert!(!merged.closed && merge(&[one]).closed && !merge(&[]).closed);
        let rules = r#"{"method":"dhondt","seats":4,"tie":"ballot_order"}"#;
        let result = official(&definition(rules, false), &merged, None);
        assert_eq!((result.counted, result.repeated), (8, 1));
        assert_eq!(
            (result.duplicate_ballots, result.invalid_poll_numbers),
            (3, 4)
        );
        let seats: Vec<_> = result.participants.iter().map(|one| one.seats).collect();
        assert_eq!(seats, [Some(3), Some(0), Some(1)]);
        assert_eq!(seats_or_share(&result.participants[0], 8), Number::from(3));
    }

    #[test]
    fn what_comes_after_the_markers_changes_nothing() {
        let before = r#"{"votes":[[0,2,5]],"rejected":{},"repeated":0,"timeline":[],"newest_ms":5,"closed":true}"#;
        let after = r#"{"votes":[[0,2,5]],"rejected":{"Election is not open.":9},"repeated":0,"timeline":[],"newest_ms":99,"closed":true}"#;
        let rules = r#"{"method":"majority","winner":"plurality","tie":"lot"}"#;
        let text = |json| {
            let tally = merge(&[partition(0, json)]);
            crate::results::canonical::text(&official(&definition(rules, true), &tally, None))
                .unwrap()
        };
        assert_eq!(text(before), text(after));
        assert!(text(before).contains(r#""winner":2"#));
    }

    #[test]
    fn the_text_of_an_ordinary_election_is_what_it_always_was() {
        let tally = r#"{"votes":[[0,1,5],[0,3,2]],"rejected":{},"repeated":0,"timeline":[],"newest_ms":5,"closed":true}"#;
        let rules = r#"{"method":"dhondt","seats":3,"tie":"ballot_order"}"#;
        let (definition, tallies) = (definition(rules, false), [partition(0, tally)]);
        let before = r#"{"counted":7,"created":"2026-06-16T13:00:00Z","duplicate_ballots":0,"election":7,"end":"2026-06-16T15:00:00Z","individual":false,"invalid_poll_numbers":0,"outcome":{"open_seats":0,"seats":[2,0,1],"ties":[]},"participants":[{"name":"A","poll_number":1,"seats":2,"votes":5},{"name":"A","poll_number":2,"seats":0,"votes":0},{"name":"C","poll_number":3,"seats":1,"votes":2}],"repeated":0,"rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},"start":"2026-06-16T13:00:00Z","title":"T","v":1}"#;
        // However many voters are on the roll.
        for registered in [None, Some(3), Some(20)] {
            let result = certified(&definition, &tallies, registered);
            let text = crate::results::canonical::text(&result).unwrap();
            assert_eq!(text, before);
        }
    }

    proptest! {
        #[test]
        fn a_share_is_within_half_a_hundredth(part in 0..u64::MAX, more in 0..u64::MAX) {
            let whole = part.saturating_add(more).max(1);
            let digits = share(part, whole).to_string();
            let (units, decimals) = digits.split_once('.').unwrap_or((&digits, ""));
            let hundredths: u128 = format!("{units}{decimals:0<2}").parse().unwrap();
            prop_assert!(hundredths <= 100);
            let (twice, part, whole) = (2 * hundredths * u128::from(whole), 200 * u128::from(part), u128::from(whole));
            prop_assert!(twice <= part + whole && part < twice + whole, "{}", digits);
        }
    }
}
