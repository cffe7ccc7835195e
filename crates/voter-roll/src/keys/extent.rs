//! What lies with a ballot key: how many serials it shuffles, and which voters have which of them.

use std::iter::Sum;

use super::KEY_BYTES;

/// What an election's roll was when it was last loaded. It lies in the file of the ballot key, so that no older copy
/// of the databases can give a voter a second serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many serials there are.
    pub capacity: u32,
    /// How many rows the roll had; 0 before the first load is on its way to Redis.
    pub rows: u32,
    /// Which voters they were.
    pub digest: RowDigest,
}

/// Which voters stand in which rows: the sum of an HMAC for each, in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowDigest(pub(super) u128);

impl Sum for RowDigest {
    fn sum<I: Iterator<Item = Self>>(digests: I) -> Self {
        digests.fold(Self::default(), |sum, digest| {
            Self(sum.0.wrapping_add(digest.0))
        })
    }
}

/// What an [`Extent`] takes in a file, behind the key: capacity, rows, digest, little-endian.
const EXTENT_BYTES: usize = 4 + 4 + 16;

/// Length of a file with both.
pub(super) const FILE_BYTES: usize = KEY_BYTES + EXTENT_BYTES;

impl Extent {
    /// Of a roll that was never loaded.
    pub fn new(capacity: u32) -> Self {
        Self {
            capacity,
            rows: 0,
            digest: RowDigest::default(),
        }
    }

    pub(super) fn to_bytes(self) -> [u8; EXTENT_BYTES] {
        let mut bytes = [0; EXTENT_BYTES];
        bytes[..4].copy_from_slice(&self.capacity.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.rows.to_le_bytes());
        bytes[8..].copy_from_slice(&self.digest.0.to_le_bytes());
        bytes
    }

    /// `None` where this is none: no election has room for nobody, nor rows beyond its room.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (capacity, rest) = bytes.split_first_chunk()?;
        let (rows, digest) = rest.split_first_chunk()?;
        let extent = Self {
            capacity: u32::from_le_bytes(*capacity),
            rows: u32::from_le_bytes(*rows),
            digest: RowDigest(u128::from_le_bytes(digest.try_into().ok()?)),
        };
        (extent.capacity > 0 && extent.rows <= extent.capacity).then_some(extent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_as_documented_and_read_back() {
        let extent = Extent {
            capacity: 0x0102,
            rows: 3,
            digest: RowDigest(4),
        };
        let bytes = extent.to_bytes();
        assert_eq!(bytes[..9], [2, 1, 0, 0, 3, 0, 0, 0, 4]);
        assert_eq!(Extent::from_bytes(&bytes), Some(extent));
        assert_eq!(Extent::from_bytes(&bytes[1..]), None);
        assert_eq!(Extent::from_bytes(&[0; EXTENT_BYTES]), None);
        let beyond = Extent {
            rows: 0x0103,
            ..extent
        };
        assert_eq!(Extent::from_bytes(&beyond.to_bytes()), None);
    }

    #[test]
    fn a_digest_knows_no_order() {
        let digests = [u128::MAX, 7, 1 << 100].map(RowDigest);
        let forwards: RowDigest = digests.into_iter().sum();
        let backwards: RowDigest = digests.into_iter().rev().sum();
        assert_eq!(forwards, backwards);
        assert_eq!(forwards, RowDigest((1 << 100) + 6));
    }
}
