//! Choices with given odds, each a pure function of the seed and the voter.

/// A number that looks random and depends only on the three arguments (`SplitMix64`, Steele, Lea and Flood
/// 2014). `stream` separates different uses of one seed.
pub fn mix(seed: u64, stream: u64, index: u64) -> u64 {
    finish(finish(finish(seed) ^ stream) ^ index)
}

fn finish(state: u64) -> u64 {
    let mut bits = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The odds of the candidates.
#[derive(Clone, Debug)]
pub struct Weights {
    /// For each candidate, its weight and those of all before it; the last sum is positive.
    sums: Vec<u64>,
}

impl Weights {
    /// `None` if all weights are zero, or their sum overflows `u64`.
    pub fn new(weights: &[u64]) -> Option<Self> {
        let mut sum = 0u64;
        let sums = weights
            .iter()
            .map(|weight| {
                sum = sum.checked_add(*weight)?;
                Some(sum)
            })
            .collect::<Option<Vec<_>>>()?;
        (sum > 0).then_some(Self { sums })
    }

    /// The candidate, counted from 0, for `draw`, a number uniformly distributed over `u64`.
    pub fn choose(&self, draw: u64) -> usize {
        let total = self.sums.last().copied().unwrap_or_default();
        let point = (u128::from(draw) * u128::from(total)) >> 64;
        self.sums.partition_point(|sum| u128::from(*sum) <= point)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_choices_and_another_seed_others() {
        let weights = Weights::new(&[50, 30, 20]).unwrap();
        let choices = |seed| -> Vec<usize> {
            (0..100)
                .map(|voter| weights.choose(mix(seed, 0, voter)))
                .collect()
        };
        assert_eq!(choices(7), choices(7));
        assert_ne!(choices(7), choices(8));
    }

    #[test]
    fn a_hundred_thousand_voters_come_close_to_the_odds() {
        let weights = Weights::new(&[60, 0, 30, 10]).unwrap();
        let mut votes = [0u32; 4];
        for voter in 0..100_000 {
            votes[weights.choose(mix(1, 0, voter))] += 1;
        }
        assert_eq!(votes[1], 0);
        for (votes, expected) in votes.into_iter().zip([60_000, 0, 30_000, 10_000]) {
            assert!(
                votes.abs_diff(expected) < 1_000,
                "{votes} votes, not about {expected}"
            );
        }
    }

    #[test]
    fn nobody_with_any_weight_is_refused() {
        assert!(Weights::new(&[]).is_none());
        assert!(Weights::new(&[0, 0]).is_none());
        assert!(Weights::new(&[u64::MAX, 1]).is_none());
    }

    proptest! {
        #[test]
        fn every_draw_names_a_candidate_with_weight(
            weights in proptest::collection::vec(0..u64::MAX / 20, 1..20), draw: u64,
        ) {
            if let Some(odds) = Weights::new(&weights) {
                for draw in [draw, 0, u64::MAX] {
                    prop_assert!(weights[odds.choose(draw)] > 0);
                }
            }
        }
    }
}
