//! The ballot key of an election, and what is derived from it.

mod extent;
mod file;

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::{TryRng, rngs::SysRng};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

pub use extent::{Extent, RowDigest};
pub use file::{KeyDirectory, KeyError, StoredKey};

use crate::{
    packing::{self, EntryAddress, FORWARD_BYTES, IDENTITY_BYTES},
    voter::Guid,
};

/// An HMAC state that has absorbed its key; a clone of it saves half the work of each HMAC. Wiped from memory when
/// dropped (the feature `zeroize` of its crates).
type Keyed = Hmac<Sha256>;

const KEY_BYTES: usize = 32;

/// What stands between voters and ballots: 32 random bytes, wiped from memory when dropped.
pub struct BallotKey([u8; KEY_BYTES]);

impl BallotKey {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// If there are no random numbers.
    pub fn random() -> Result<Self, KeyError> {
        let mut key = Self([0; KEY_BYTES]);
        SysRng
            .try_fill_bytes(&mut key.0)
            .map_err(KeyError::Random)?;
        Ok(key)
    }

    /// Identifies this key, and reveals nothing else about it.
    pub fn fingerprint(&self) -> Fingerprint {
        let mac = mac(&keyed(&self.0), &[b"fingerprint"]);
        let mut fingerprint = [0; 16];
        fingerprint.copy_from_slice(&mac[..16]);
        Fingerprint(fingerprint)
    }

    fn derive(&self, label: &str) -> Keyed {
        let derived = Zeroizing::new(mac(&keyed(&self.0), &[label.as_bytes()]));
        keyed(&derived)
    }
}

impl Drop for BallotKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for BallotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BallotKey(<redacted>)")
    }
}

/// The first 16 bytes of HMAC-SHA-256(ballot key, "fingerprint").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The 16 bytes, as stored in PostgreSQL.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for Fingerprint {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

/// Lower-case hexadecimal, as stored in Redis.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The keys of one election's roll, each derived from the ballot key with a different label.
pub struct RollKeys {
    election: u32,
    order: Keyed,
    row: Keyed,
    field: Keyed,
    identity: Keyed,
    nobody: Keyed,
    forward: Keyed,
    choice: Keyed,
}

impl RollKeys {
    /// Derives the keys that the roll of `election` uses.
    pub fn new(key: &BallotKey, election: u32) -> Self {
        Self {
            election,
            order: key.derive("order"),
            row: key.derive("row"),
            field: key.derive("field"),
            identity: key.derive("identity"),
            nobody: key.derive("nobody"),
            forward: key.derive("forward"),
            choice: key.derive("choice"),
        }
    }

    /// The sort key that gives each row its serial.
    pub fn order(&self, row: u32) -> u64 {
        let mac = mac(&self.order, &[&u64::from(row).to_be_bytes()]);
        u64::from_be_bytes(bytes(&mac, 0))
    }

    /// That the voter with this GUID stands in this row, for an [`Extent`].
    pub fn row(&self, row: u32, guid: &Guid) -> RowDigest {
        let mac = mac(&self.row, &[&u64::from(row).to_be_bytes(), guid.as_bytes()]);
        RowDigest(u128::from_le_bytes(bytes(&mac, 0)))
    }

    /// Where a voter's entry lies in Redis, and what its serial is masked with.
    pub fn entry_address(&self, guid: &Guid) -> EntryAddress {
        let mac = mac(&self.field, &[guid.as_bytes()]);
        EntryAddress {
            field: bytes(&mac, 0),
            bucket: u64::from_le_bytes(bytes(&mac, 16)),
            mask: u32::from_le_bytes(bytes(&mac, 24)),
        }
    }

    /// What shows that a `personal_id` belongs to a GUID.
    pub fn identity(&self, guid: &Guid, personal_id: &str) -> [u8; IDENTITY_BYTES] {
        bytes(
            &mac(&self.identity, &[guid.as_bytes(), personal_id.as_bytes()]),
            0,
        )
    }

    /// What no `personal_id` belongs to, and looks like the others: that of a voter who was struck.
    pub fn nobody(&self, guid: &Guid) -> [u8; IDENTITY_BYTES] {
        bytes(&mac(&self.nobody, &[guid.as_bytes()]), 0)
    }

    /// The entry under a GUID that was issued later, which leads to the ballot under the first one.
    pub fn forward(&self, guid: &Guid, first: &Guid) -> [u8; FORWARD_BYTES] {
        packing::forward(first, self.forward_mask(guid))
    }

    /// The first GUID, where the entry under this one leads there.
    pub fn follow(&self, guid: &Guid, entry: &[u8]) -> Option<Guid> {
        packing::follow(entry, self.forward_mask(guid))
    }

    fn forward_mask(&self, guid: &Guid) -> [u8; 16] {
        bytes(&mac(&self.forward, &[guid.as_bytes()]), 0)
    }

    /// What tells a voter's pending choice from the voter's other choices.
    pub fn choice(&self, guid: &Guid, choice: u32) -> [u8; 8] {
        let election = self.election.to_be_bytes();
        bytes(
            &mac(
                &self.choice,
                &[guid.as_bytes(), &election, &choice.to_be_bytes()],
            ),
            0,
        )
    }
}

impl fmt::Debug for RollKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RollKeys(election {}, <redacted>)", self.election)
    }
}

fn keyed(key: &[u8; KEY_BYTES]) -> Keyed {
    // A key shorter than SHA-256's block of 64 bytes is padded with zeros (RFC 2104).
    let mut block = Zeroizing::new([0; 64]);
    block[..KEY_BYTES].copy_from_slice(key);
    Keyed::new((&*block).into())
}

fn mac(key: &Keyed, parts: &[&[u8]]) -> [u8; 32] {
    let mut state = key.clone();
    for part in parts {
        state.update(part);
    }
    state.finalize().into_bytes().into()
}

/// `N` of an HMAC's bytes from `offset` on; the caller stays within its 32.
fn bytes<const N: usize>(mac: &[u8; 32], offset: usize) -> [u8; N] {
    let mut part = [0; N];
    part.copy_from_slice(&mac[offset..offset + N]);
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> BallotKey {
        BallotKey([byte; KEY_BYTES])
    }

    #[test]
    fn the_hmac_is_that_of_rfc_4231() {
        // Test case 2, its key padded with zeros as HMAC does.
        let mut padded = [0; KEY_BYTES];
        padded[..4].copy_from_slice(b"Jefe");
        let mac = mac(&keyed(&padded), &[b"what do ya want ", b"for nothing?"]);
        let expected = uuid::uuid!("5bdcc146-bf60-754e-6a04-2426089575c7");
        assert_eq!(mac[..16], *expected.as_bytes());
        let expected = uuid::uuid!("5a003f08-9d27-3983-9dec-58b964ec3843");
        assert_eq!(mac[16..], *expected.as_bytes());
    }

    #[test]
    fn everything_depends_on_the_key() {
        let guid = Guid::random();
        let (one, other) = (RollKeys::new(&key(1), 7), RollKeys::new(&key(2), 7));
        assert_ne!(key(1).fingerprint(), key(2).fingerprint());
        assert_ne!(one.order(0), other.order(0));
        assert_ne!(one.row(0, &guid), other.row(0, &guid));
        assert_ne!(one.row(0, &guid), one.row(1, &guid));
        assert_ne!(one.row(0, &guid), one.row(0, &Guid::random()));
        assert_ne!(one.entry_address(&guid), other.entry_address(&guid));
        assert_ne!(one.identity(&guid, "1"), other.identity(&guid, "1"));
        assert_ne!(one.nobody(&guid), other.nobody(&guid));
        assert_ne!(one.forward(&guid, &guid), other.forward(&guid, &guid));
        assert_ne!(one.choice(&guid, 1), other.choice(&guid, 1));
    }

    #[test]
    fn a_choice_is_bound_to_voter_election_and_poll_number() {
        let (guid, another) = (Guid::random(), Guid::random());
        let (seven, eight) = (RollKeys::new(&key(1), 7), RollKeys::new(&key(1), 8));
        assert_eq!(seven.choice(&guid, 1), seven.choice(&guid, 1));
        assert_ne!(seven.choice(&guid, 1), seven.choice(&guid, 2));
        assert_ne!(seven.choice(&guid, 1), seven.choice(&another, 1));
        assert_ne!(seven.choice(&guid, 1), eight.choice(&guid, 1));
    }

    #[test]
    fn keys_never_show() {
        assert_eq!(format!("{:?}", key(1)), "BallotKey(<redacted>)");
        let keys = RollKeys::new(&key(1), 7);
        assert_eq!(format!("{keys:?}"), "RollKeys(election 7, <redacted>)");
    }
}
