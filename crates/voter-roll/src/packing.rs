//! A voter's entry in Redis, as bytes.
//!
//! ```text
//! 0      state: 0 free, 1 pending, 2 voted
//! 1..3   district, little-endian
//! 3..7   serial, little-endian, masked with four bytes of HMAC(GUID)
//! 7..15  identity check: eight bytes of HMAC(GUID, personal_id)
//! 15..23 only while pending: eight bytes of HMAC(GUID, election, choice)
//! ```
//! This GUID is the voter's first one, and the ballot stays there. Only the identity check is made with the GUID of today;
//! that of a voter who was struck is nobody's. Under a GUID that was issued later lies what leads there:
//! ```text
//! 0      3: see there
//! 1..17  the first GUID, masked with sixteen bytes of HMAC(GUID)
//! ```
//! The scripts in `src/scripts` know these offsets too, also those of voter-roll-command.

use crate::voter::Guid;

/// Length of an entry that is not pending.
pub const ENTRY_BYTES: usize = 15;

/// Length of the identity check.
pub const IDENTITY_BYTES: usize = 8;

/// Length of an entry that leads to another one.
pub const FORWARD_BYTES: usize = 17;

/// The first byte of an entry that leads to another one.
const FORWARD: u8 = 3;

/// The entry under a later GUID.
pub(crate) fn forward(first: &Guid, mask: [u8; 16]) -> [u8; FORWARD_BYTES] {
    let mut bytes = [FORWARD; FORWARD_BYTES];
    bytes[1..].copy_from_slice(&masked(first.as_bytes(), mask));
    bytes
}

/// The first GUID, where an entry leads there.
pub(crate) fn follow(entry: &[u8], mask: [u8; 16]) -> Option<Guid> {
    match entry.split_first()? {
        (&FORWARD, first) => Some(Guid::from_bytes(masked(first.try_into().ok()?, mask))),
        _ => None,
    }
}

fn masked(bytes: &[u8; 16], mask: [u8; 16]) -> [u8; 16] {
    std::array::from_fn(|index| bytes[index] ^ mask[index])
}

/// Where a voter's entry lies in Redis, and what hides its serial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryAddress {
    /// The field within the bucket.
    pub field: [u8; 16],
    /// The bucket, once taken modulo their number.
    pub bucket: u64,
    /// Combined with the serial by exclusive or.
    pub mask: u32,
}

/// The state of a voter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Has not voted.
    Free,
    /// Is bound to a choice that is not known to be in the log.
    Pending,
    /// Has voted.
    Voted,
    /// Is found elsewhere: this is no ballot.
    Forward,
}

impl State {
    /// The state in the first byte of an entry; `None` if this is not an entry.
    pub fn of(entry: &[u8]) -> Option<Self> {
        match (entry.first()?, entry.len()) {
            (0, ENTRY_BYTES) => Some(Self::Free),
            (1, 23) => Some(Self::Pending),
            (2, ENTRY_BYTES) => Some(Self::Voted),
            (&FORWARD, FORWARD_BYTES) => Some(Self::Forward),
            _ => None,
        }
    }
}

/// The content of an entry, apart from its state.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub struct Entry {
    /// The constituency.
    pub district: u16,
    /// The number of the ballot.
    pub serial: u32,
    /// The HMAC by which the personal id is checked.
    pub identity: [u8; IDENTITY_BYTES],
}

impl Entry {
    /// The entry of a voter who has not voted yet.
    pub fn free(&self, mask: u32) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[1..3].copy_from_slice(&self.district.to_le_bytes());
        bytes[3..7].copy_from_slice(&(self.serial ^ mask).to_le_bytes());
        bytes[7..15].copy_from_slice(&self.identity);
        bytes
    }

    /// The entry of a voter who has voted.
    pub fn voted(&self, mask: u32) -> [u8; ENTRY_BYTES] {
        let mut bytes = self.free(mask);
        bytes[0] = 2;
        bytes
    }

    /// Reads the entry of a ballot in any state; `None` where this is none.
    pub fn unpack(bytes: &[u8], mask: u32) -> Option<Self> {
        if State::of(bytes)? == State::Forward {
            return None;
        }
        Some(Self {
            district: u16::from_le_bytes(bytes[1..3].try_into().ok()?),
            serial: u32::from_le_bytes(bytes[3..7].try_into().ok()?) ^ mask,
            identity: bytes[7..15].try_into().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_bytes_are_as_documented() {
        let entry = Entry {
            district: 0x0102,
            serial: 0x0304_0506,
            identity: *b"identity",
        };
        assert_eq!(&entry.free(0), b"\x00\x02\x01\x06\x05\x04\x03identity");
        assert_eq!(&entry.voted(0xff), b"\x02\x02\x01\xf9\x05\x04\x03identity");
    }

    #[test]
    fn what_is_no_entry_is_not_read() {
        for bytes in [
            &b""[..],
            b"1",
            b"\0",
            &[3; 15],
            &[0; 23],
            &[1; 15],
            &[2; 23],
            &[0; 16],
        ] {
            assert!(State::of(bytes).is_none() && Entry::unpack(bytes, 0).is_none());
        }
    }

    #[test]
    fn a_later_guid_leads_to_the_first() {
        let (first, mask) = (Guid::random(), [0x5a; 16]);
        let entry = forward(&first, mask);
        assert_eq!(State::of(&entry), Some(State::Forward));
        assert_eq!(follow(&entry, mask), Some(first));
        assert!(Entry::unpack(&entry, 0).is_none());
        for other in [&entry[..16], &[0; 15], b"", &[2; 17]] {
            assert_eq!(follow(other, mask), None);
        }
    }

    proptest! {
        #[test]
        fn packing_and_unpacking_are_inverse(
            district: u16, serial: u32, identity: [u8; 8], mask: u32, tag: [u8; 8],
        ) {
            let entry = Entry { district, serial, identity };
            let free = entry.free(mask);
            prop_assert_eq!(State::of(&free), Some(State::Free));
            prop_assert_eq!(Entry::unpack(&free, mask), Some(entry));
            let voted = entry.voted(mask);
            prop_assert_eq!(State::of(&voted), Some(State::Voted));
            prop_assert_eq!(Entry::unpack(&voted, mask), Some(entry));
            let mut pending = free.to_vec();
            pending[0] = 1;
            pending.extend(tag);
            prop_assert_eq!(State::of(&pending), Some(State::Pending));
            prop_assert_eq!(Entry::unpack(&pending, mask), Some(entry));
        }
    }
}
