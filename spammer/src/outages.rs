//! When nobody's vote was accepted.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tokio::time::Instant;

/// Shorter times without an accepted vote are no outage.
const SHORTEST: Duration = Duration::from_secs(1);

/// A time without an accepted vote.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Outage {
    /// When the last vote before it was accepted, in milliseconds since 1970.
    pub from_unix_ms: u64,
    /// How long it was until the next one was, in milliseconds.
    pub ms: u64,
}

/// The outages of a run that `began` then, by two clocks, in order. The time before the first accepted vote is one, too; that
/// after the last is not, as nobody need have voted in it.
pub(crate) fn outages(acceptances: &[Instant], began: (Instant, SystemTime)) -> Vec<Outage> {
    let (start, at) = began;
    let mut moments: Vec<Duration> = acceptances
        .iter()
        .map(|moment| moment.saturating_duration_since(start))
        .collect();
    moments.push(Duration::ZERO);
    moments.sort_unstable();
    let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let gaps = moments.iter().zip(moments.iter().skip(1));
    gaps.map(|(from, to)| (from, to.saturating_sub(*from)))
        .filter(|(_, length)| *length >= SHORTEST)
        .map(|(from, length)| Outage {
            from_unix_ms: milliseconds(since_1970 + *from),
            ms: milliseconds(length),
        })
        .collect()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_long_times_without_an_accepted_vote_are_outages() {
        let begun = Instant::now();
        let after = |ms| begun + Duration::from_millis(ms);
        let at = UNIX_EPOCH + Duration::from_secs(100);
        // In any order, as connections finish in any order.
        let acceptances = [after(5_500), after(1_200), after(1_900), after(2_899)];
        let outage = |from_unix_ms, ms| Outage { from_unix_ms, ms };
        assert_eq!(
            outages(&acceptances, (begun, at)),
            [outage(100_000, 1_200), outage(102_899, 2_601)]
        );
        assert_eq!(outages(&[], (begun, at)), []);
    }
}
