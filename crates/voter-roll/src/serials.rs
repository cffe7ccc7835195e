//! Serials: the numbers of the ballots, a keyed shuffle of the roll's row numbers.

use std::thread;

use crate::keys::RollKeys;

/// How many serials an election has: a quarter more than the voters of its first load, so that the roll may
/// grow. `None` if that exceeds 32 bits.
pub fn capacity(voters: u64) -> Option<u32> {
    let quarter = voters.div_ceil(4);
    u32::try_from(voters.checked_add(quarter)?.max(1)).ok()
}

/// The serial of each row number below `capacity`: the rank of its HMAC among all of them.
///
/// Sorted by the first 64 bits of the HMAC; equal ones, if that ever happens, by row number.
pub fn serials(keys: &RollKeys, capacity: u32) -> Vec<u32> {
    let mut order: Vec<(u64, u32)> = (0..capacity).map(|row| (0, row)).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = order.len().div_ceil(threads).max(1);
    thread::scope(|scope| {
        for part in order.chunks_mut(share) {
            scope.spawn(|| {
                for (hash, row) in part {
                    *hash = keys.order(*row);
                }
            });
        }
    });
    order.sort_unstable();
    let mut serials = vec![0; order.len()];
    for (rank, (_, row)) in (0..capacity).zip(order) {
        serials[row as usize] = rank;
    }
    serials
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys::BallotKey;

    fn keys() -> RollKeys {
        RollKeys::new(&BallotKey::random().unwrap(), 7)
    }

    #[test]
    fn the_capacity_is_a_quarter_more_rounded_up() {
        for (voters, expected) in [
            (0, 1),
            (1, 2),
            (3, 4),
            (4, 5),
            (5, 7),
            (1_000_000, 1_250_000),
        ] {
            assert_eq!(capacity(voters), Some(expected), "{voters} voters");
        }
        assert_eq!(capacity(3_435_973_836), Some(u32::MAX));
        assert_eq!(capacity(3_435_973_837), None);
        assert_eq!(capacity(u64::MAX), None);
    }

    #[test]
    fn the_shuffle_moves_rows_far() {
        let serials = serials(&keys(), 10_000);
        let unmoved = (0u32..)
            .zip(&serials)
            .filter(|(row, serial)| row == *serial)
            .count();
        assert!(
            unmoved < 30,
            "{unmoved} rows of 10000 kept their number: 1 is expected"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn serials_are_a_bijection_and_the_same_each_time(capacity in 1..3_000u32) {
            let keys = keys();
            let first = serials(&keys, capacity);
            let mut sorted = first.clone();
            sorted.sort_unstable();
            prop_assert!(sorted.into_iter().eq(0..capacity));
            prop_assert_eq!(first, serials(&keys, capacity));
        }
    }
}
