//! Which election is open by this machine's clock. That clock only saves work: Kafka's clock decides when the
//! log receives a ballot.

use std::sync::Arc;

use crate::elections::{ElectionMap, UnreadableElections};
use crate::{Election, ElectionId, UnreadableElection};

/// The clocks of well-maintained machines differ by less than this.
const CLOCKS_DIFFER_MS: i64 = 2_000;

/// How far the clock is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// To the millisecond.
    None,
    /// It may be fast: an election that has ended in the last two seconds counts as open. For ballots that bind
    /// their voter, because a ballot that the log receives too early uses up the voter's choice.
    Fast,
    /// It may be fast or slow: so does an election that opens within two seconds.
    FastOrSlow,
}

/// The election that takes votes at this time (milliseconds since 1970), in preference to one that is open only by
/// tolerance. `named` restricts the search to one election.
pub fn open_election(
    elections: &ElectionMap,
    now_ms: i64,
    tolerance: Tolerance,
    named: Option<ElectionId>,
) -> Option<Arc<Election>> {
    let times: &[i64] = match tolerance {
        Tolerance::None => &[now_ms],
        Tolerance::Fast => &[now_ms, now_ms - CLOCKS_DIFFER_MS],
        Tolerance::FastOrSlow => &[now_ms, now_ms - CLOCKS_DIFFER_MS, now_ms + CLOCKS_DIFFER_MS],
    };
    let open_at = |time_ms: &i64| {
        let mut candidates = elections
            .values()
            .filter(|election| named.is_none_or(|id| election.definition().id == id));
        candidates.find(|election| election.takes_votes_at(*time_ms))
    };
    times.iter().find_map(open_at).cloned()
}

/// An election that may be open at this time but that this version cannot read. `named` restricts the search to one
/// election.
pub fn unreadable_election(
    elections: &UnreadableElections,
    now_ms: i64,
    named: Option<ElectionId>,
) -> Option<Arc<UnreadableElection>> {
    let mut candidates = elections
        .values()
        .filter(|election| named.is_none_or(|id| election.id == id));
    let found = candidates.find(|election| election.may_be_open_at(now_ms, CLOCKS_DIFFER_MS));
    found.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two elections, open in the seconds 10 to 20 and 21 to 30.
    fn elections() -> ElectionMap {
        let election = |id: ElectionId, start: u32, end: u32| {
            let json = format!(
                r#"{{"id":{id},"title":"T","created":"1970-01-01T00:00:00Z","start":"1970-01-01T00:00:{start}Z",
                    "end":"1970-01-01T00:00:{end}Z","individual":false,
                    "rules":{{"method":"dhondt","seats":3,"tie":"ballot_order"}},
                    "participants":[{{"poll_number":1,"name":"A"}},{{"poll_number":2,"name":"B"}}]}}"#
            );
            let election = Election::new(serde_json::from_str(&json).unwrap());
            (id, Arc::new(election))
        };
        [election(1, 10, 20), election(2, 21, 30)].into()
    }

    #[test]
    fn the_clock_may_be_fast_or_slow_by_less_than_two_seconds() {
        let elections = elections();
        let open = |now_ms, tolerance| {
            open_election(&elections, now_ms, tolerance, None)
                .map(|election| election.definition().id)
        };
        for (now_ms, exactly, fast, fast_or_slow) in [
            (7_999, None, None, None),
            (8_000, None, None, Some(1)),
            (10_000, Some(1), Some(1), Some(1)),
            (20_500, None, Some(1), Some(1)),
            (21_000, Some(2), Some(2), Some(2)),
            (31_999, None, Some(2), Some(2)),
            (32_000, None, None, None),
        ] {
            assert_eq!(open(now_ms, Tolerance::None), exactly, "{now_ms}");
            assert_eq!(open(now_ms, Tolerance::Fast), fast, "{now_ms}");
            assert_eq!(
                open(now_ms, Tolerance::FastOrSlow),
                fast_or_slow,
                "{now_ms}"
            );
        }
    }

    #[test]
    fn a_cancelled_election_takes_no_votes() {
        let mut elections = elections();
        let mut definition = elections[&1].definition().clone();
        definition.cancelled = Some(crate::Cancellation {
            at: definition.start,
            by: "a@b.cd".to_owned(),
        });
        elections.insert(1, Arc::new(Election::new(definition)));
        for named in [None, Some(1)] {
            assert!(open_election(&elections, 15_000, Tolerance::FastOrSlow, named).is_none());
        }
    }

    #[test]
    fn a_named_election_is_found_beside_one_that_is_open() {
        let found = open_election(&elections(), 21_500, Tolerance::Fast, Some(1));
        assert_eq!(found.unwrap().definition().id, 1);
        assert!(open_election(&elections(), 15_000, Tolerance::Fast, Some(2)).is_none());
    }
}
