//! The time from a vote's acceptance until everybody can see it counted.

use tokio::time::Instant;

use crate::units::Times;

/// A result as it was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting {
    pub(crate) at: Instant,
    /// Ballots counted, including those from before this run.
    pub(crate) counted: u64,
}

/// The times from acceptance to visibility, and how many votes were never seen.
///
/// Who voted cannot be told from a result, so the k-th vote accepted is taken to be visible with the first
/// result that counts at least k votes more than `before`. A vote can be visible before its voter has been told
/// that it was accepted; that counts as zero. `counted` must grow from one sighting to the next.
pub(crate) fn visible(
    mut accepted: Vec<Instant>,
    sightings: &[Sighting],
    before: u64,
) -> (Times, u64) {
    accepted.sort_unstable();
    let mut times = Times::new();
    let mut unseen = 0;
    let mut sightings = sightings.iter().peekable();
    for (accepted, count) in accepted.into_iter().zip(before + 1..) {
        while sightings
            .next_if(|sighting| sighting.counted < count)
            .is_some()
        {}
        match sightings.peek() {
            Some(sighting) => times.record(sighting.at.saturating_duration_since(accepted)),
            None => unseen += 1,
        }
    }
    (times, unseen)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn case(accepted: &[u64], sightings: &[(u64, u64)], before: u64) -> (Times, u64) {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let accepted = accepted.iter().map(|millis| at(*millis)).collect();
        let sightings: Vec<Sighting> = sightings
            .iter()
            .map(|(millis, counted)| Sighting {
                at: at(*millis),
                counted: *counted,
            })
            .collect();
        visible(accepted, &sightings, before)
    }

    fn about(times: &Times, quantile: f64, millis: f64) -> bool {
        (times.quantile(quantile) - millis).abs() <= millis / 500.0
    }

    #[test]
    fn the_kth_vote_is_visible_with_the_first_result_that_counts_k() {
        // Accepted out of order; the first two are seen after 100 ms, the third after 200 ms.
        let (times, unseen) = case(&[30, 10, 20], &[(0, 0), (100, 2), (200, 3)], 0);
        assert_eq!(unseen, 0);
        assert!(about(&times, 0.0, 80.0));
        assert!(about(&times, 0.5, 90.0));
        assert!(about(&times, 1.0, 170.0));
    }

    #[test]
    fn votes_from_before_the_run_do_not_count() {
        let (times, unseen) = case(&[10], &[(0, 500), (60, 501)], 500);
        assert_eq!(unseen, 0);
        assert!(about(&times, 1.0, 50.0));
    }

    #[test]
    fn what_is_visible_before_its_acceptance_takes_no_time() {
        let (times, unseen) = case(&[50], &[(40, 1)], 0);
        assert_eq!(unseen, 0);
        assert!(about(&times, 1.0, 0.0));
    }

    #[test]
    fn what_is_never_counted_is_unseen() {
        assert_eq!(case(&[10, 20], &[(30, 1)], 0).1, 1);
        assert_eq!(case(&[10, 20], &[], 0).1, 2);
    }
}
