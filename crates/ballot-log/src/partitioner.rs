//! Which partition a key belongs to, computed as by Java clients and librdkafka's `murmur2_random`.
//!
//! Computed here, because a Kafka client uses the topic's current number of partitions. If some were added by
//! mistake, a ballot could go to another partition than its first record, and count twice.

const SEED: u32 = 0x9747_b28c;
const MIX: u32 = 0x5bd1_e995;

/// The partition of a key among `partitions`, which is not 0.
pub(crate) fn partition(key: &[u8], partitions: i32) -> i32 {
    let hash = murmur2(key) & 0x7fff_ffff;
    // The highest bit is masked, so both are the same number.
    i32::try_from(hash).unwrap_or(i32::MAX) % partitions.max(1)
}

/// `MurmurHash2` of 32 bits, by Austin Appleby, with the seed of Kafka.
fn murmur2(bytes: &[u8]) -> u32 {
    // Keys are a few bytes; Kafka has no key of 4 GiB.
    let mut hash = SEED ^ u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mut word = word
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte))
            .wrapping_mul(MIX);
        word ^= word >> 24;
        hash = hash.wrapping_mul(MIX) ^ word.wrapping_mul(MIX);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let word = rest
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
        hash = (hash ^ word).wrapping_mul(MIX);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MIX);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that Kafka's own tests expect (org.apache.kafka.common.utils.UtilsTest).
    #[test]
    fn the_hash_is_that_of_kafka() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            (
                "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
                -58_897_971,
            ),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }
}
