//! What a count knows about the log that it was counted from, so that a different log is noticed and this one can be
//! proved.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};
use sha2::{Digest, Sha256};

use super::LogRecord;

/// The last record that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRecord {
    /// Its offset in the partition.
    pub offset: i64,
    /// When the log received it, milliseconds since 1970.
    pub time_ms: i64,
    /// The FNV-1a hash of its bytes, in words of eight bytes (little-endian, the last one padded with zeros), and of
    /// their number.
    pub checksum: u64,
}

impl LastRecord {
    /// The value for this record as the last one.
    pub fn of(record: &LogRecord<'_>) -> Self {
        // Word by word, because every record of the log passes through here.
        let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        let word = |bytes: &[u8]| {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            u64::from_le_bytes(word)
        };
        let words = record.payload.chunks(8).map(word);
        let hash = words.fold(0xcbf2_9ce4_8422_2325, mix);
        Self {
            offset: record.offset,
            time_ms: record.time_ms,
            checksum: mix(hash, record.payload.len() as u64),
        }
    }
}

/// The SHA-256 of a partition, starting at its first record. Each record adds its offset and append time (8 bytes
/// each), the length of its value (4 bytes), all big-endian, and its value.
#[derive(Clone, Default)]
pub(super) struct RunningHash(Sha256);

impl RunningHash {
    pub(super) fn add(&mut self, record: &LogRecord<'_>) {
        // No record is longer: in Kafka the length has 32 bits.
        let length = u32::try_from(record.payload.len()).unwrap_or(u32::MAX);
        let mut head = [0; 20];
        head[..8].copy_from_slice(&record.offset.to_be_bytes());
        head[8..16].copy_from_slice(&record.time_ms.to_be_bytes());
        head[16..].copy_from_slice(&length.to_be_bytes());
        self.0.update(head);
        self.0.update(record.payload);
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}

impl std::fmt::Debug for RunningHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:02x?}", self.sha256())
    }
}

impl PartialEq for RunningHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.serialize() == other.0.serialize()
    }
}

impl Serialize for RunningHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SerializableState::serialize(&self.0)
            .as_slice()
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RunningHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = Vec::<u8>::deserialize(deserializer)?;
        let state =
            SerializedState::<Sha256>::try_from(bytes.as_slice()).map_err(D::Error::custom)?;
        let hash = <Sha256 as SerializableState>::deserialize(&state);
        hash.map(Self)
            .map_err(|_| D::Error::custom("no state of a hash"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_hash_is_the_sha_256_of_all_records_in_one_piece() {
        let records = [
            (0, 1_000, "one"),
            (2, 1_001, ""),
            (
                3,
                1_001,
                "a longer value than a block of sixty-four bytes holds, by far",
            ),
        ];
        let (mut hash, mut whole) = (RunningHash::default(), Vec::new());
        for (offset, time_ms, payload) in records {
            // Also from a checkpoint in between.
            let bytes = postcard::to_allocvec(&hash).unwrap();
            hash = postcard::from_bytes(&bytes).unwrap();
            let payload = payload.as_bytes();
            hash.add(&LogRecord {
                offset,
                time_ms,
                payload,
            });
            whole.extend_from_slice(&i64::to_be_bytes(offset));
            whole.extend_from_slice(&i64::to_be_bytes(time_ms));
            whole.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_be_bytes());
            whole.extend_from_slice(payload);
        }
        assert_eq!(hash.sha256(), <[u8; 32]>::from(Sha256::digest(&whole)));
        assert!(postcard::from_bytes::<RunningHash>(&[3, 1, 2, 3]).is_err());
    }

    #[test]
    fn every_byte_of_the_last_record_counts() {
        let of = |time_ms, payload| {
            LastRecord::of(&LogRecord {
                offset: 1,
                time_ms,
                payload,
            })
        };
        let last = of(5, b"abc");
        assert_eq!(last, of(5, b"abc"));
        for other in [
            of(6, b"abc"),
            of(5, b"abd"),
            of(5, b"bca"),
            of(5, b"abcd"),
            of(5, b"abc\0"),
            of(5, b""),
        ] {
            assert_ne!(last, other);
        }
    }
}
