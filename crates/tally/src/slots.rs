//! Votes over time, in few numbers.

use ballot_records::ElectionDefinition;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// Maximum number of slots of an election: the timeline is part of every result.
const AT_MOST: i64 = 96;
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Round slot lengths in seconds, after 1. Anything longer is a whole number of days.
const LONGER: [i64; 17] = [
    2,
    5,
    10,
    15,
    30,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];

/// The time in which an election is open, divided into slots of one length. It follows from the definition
/// alone, so all partitions divide it in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    from_ms: i64,
    length_ms: i64,
}

impl Slots {
    /// Slots of the shortest round length that gives the election at most 96 of them. The first begins with the
    /// millisecond in which the election opens.
    pub fn of(definition: &ElectionDefinition) -> Self {
        let from_ms = definition.start.max(definition.created).as_millisecond();
        let open = definition.end.as_duration() - SignedDuration::from_millis(from_ms);
        let mut longer = LONGER.into_iter();
        let mut seconds = 1;
        while SignedDuration::from_secs(AT_MOST * seconds) < open {
            seconds = longer.next().unwrap_or(seconds + DAY);
        }
        Self {
            from_ms,
            length_ms: seconds * 1000,
        }
    }

    /// The length of a slot.
    pub fn seconds(&self) -> i64 {
        self.length_ms / 1000
    }

    /// The slot, from 0, of a vote that the log received at this time (milliseconds since 1970), while the
    /// election was open.
    pub fn at(&self, time_ms: i64) -> u16 {
        let slot = time_ms
            .saturating_sub(self.from_ms)
            .checked_div(self.length_ms);
        // No vote in time needs these bounds: they prevent a tampered checkpoint from causing panics or
        // unbounded memory.
        let slot = slot.unwrap_or_default().clamp(0, AT_MOST - 1);
        u16::try_from(slot).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn definition(created: Timestamp, start: Timestamp, end: Timestamp) -> ElectionDefinition {
        serde_json::from_value(serde_json::json!({
            "id": 7, "title": "T", "created": created, "start": start, "end": end, "individual": false,
            "rules": {"method": "dhondt", "seats": 3, "tie": "ballot_order"},
            "participants": [{"poll_number": 1, "name": "A"}, {"poll_number": 2, "name": "B"}],
        }))
        .unwrap()
    }

    fn open_for(open: SignedDuration) -> Slots {
        let start: Timestamp = "2026-06-16T07:00:00Z".parse().unwrap();
        Slots::of(&definition(start, start, start + open))
    }

    #[test]
    fn a_slot_is_of_the_shortest_round_length_that_will_do() {
        for (open_s, seconds) in [
            (1, 1),
            (96, 1),
            (97, 2),
            (5 * 96, 5),
            (2 * HOUR, 2 * MINUTE),
            (13 * HOUR, 10 * MINUTE),
            (DAY, 15 * MINUTE),
            (DAY + 1, 30 * MINUTE),
            (96 * DAY, DAY),
            (96 * DAY + 1, 2 * DAY),
            (10 * 365 * DAY, 39 * DAY),
        ] {
            let slots = open_for(SignedDuration::from_secs(open_s));
            assert_eq!(slots.seconds(), seconds, "open for {open_s} s");
        }
        assert_eq!(open_for(SignedDuration::new(96, 1)).seconds(), 2);
    }

    #[test]
    fn time_runs_from_the_later_of_start_and_creation() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        for (created, start) in [(1_000, 1_030), (1_030, 1_000)] {
            let slots = Slots::of(&definition(at(created), at(start), at(1_126)));
            assert_eq!((slots.seconds(), slots.at(1_030_000)), (1, 0));
            assert_eq!((slots.at(1_031_999), slots.at(1_125_999)), (1, 95));
        }
    }

    #[test]
    fn slots_that_somebody_made_up_are_no_panic() {
        for (from_ms, length_ms) in [(0, 0), (i64::MIN, 1), (i64::MAX, -1)] {
            assert!(Slots { from_ms, length_ms }.at(2_000) < 96);
        }
    }

    proptest! {
        #[test]
        fn no_election_has_more_slots_than_may_be(
            start_us in 0..4_000_000_000_000_000_i64,
            open_us in 1..400_000_000_000_000_i64,
        ) {
            let start = Timestamp::from_microsecond(start_us).unwrap();
            let end = Timestamp::from_microsecond(start_us + open_us).unwrap();
            let slots = Slots::of(&definition(start, start, end));
            let election = ballot_records::Election::new(definition(start, start, end));
            let (first_ms, length_ms) = (start.as_millisecond(), slots.seconds() * 1000);
            let in_time = |time_ms: &i64| election.is_open_at(*time_ms);
            let last_ms = end.as_millisecond();
            for time_ms in [last_ms, last_ms - 1, first_ms, first_ms + 1].into_iter().filter(in_time) {
                // Unchanged, without clamping.
                let slot = (time_ms - first_ms) / length_ms;
                prop_assert!((0..AT_MOST).contains(&slot), "slot {}", slot);
                prop_assert_eq!(i64::from(slots.at(time_ms)), slot);
            }
        }
    }
}
