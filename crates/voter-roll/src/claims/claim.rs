//! The result of a claim, and Redis's answer to one.

use std::fmt;

use redis::{ErrorKind, RedisError, Value};

use crate::{
    keys::RollKeys,
    packing::{ENTRY_BYTES, Entry, EntryAddress},
    voter::Guid,
};

/// A ballot that a voter may cast. It must be passed to [`crate::Roll::confirm`] once it is in the log.
///
/// It is never logged: a serial next to its request would reveal who voted how.
#[derive(Clone)]
pub struct Claim {
    /// The number of the ballot.
    pub serial: u32,
    /// The voter's constituency; 0 if there is only one.
    pub district: u16,
    /// The bucket that holds the voter's entry.
    pub(super) key: String,
    /// The voter's field in it.
    pub(super) field: [u8; 16],
    /// The entry once the voter has voted.
    pub(super) voted: [u8; ENTRY_BYTES],
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim(<redacted>)")
    }
}

/// Why there is no ballot for a voter, or not now.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// The GUID is unknown, or the `personal_id` is not its own: one answer for both.
    #[error("no voter on the roll has this guid and personal_id")]
    NotOnTheRoll,
    /// This voter's vote is in the log.
    #[error("this voter has voted")]
    AlreadyVoted,
    /// An earlier, unconfirmed attempt of this voter named another choice.
    #[error("an earlier attempt of this voter named another choice")]
    OtherChoicePending,
    /// The election's roll is not, or not completely, in Redis: this says nothing about the voter.
    #[error("the election's roll is not in Redis: run `voter-roll load`")]
    RollNotLoaded,
    /// The ballot key of the election is missing here, unusable, or not the one its roll was loaded
    /// with. The log says which.
    #[error("the ballot key at hand is not the one the election's roll was loaded with")]
    WrongKey,
    /// Redis cannot be reached in time; it is not known whether it executed the command.
    #[error("Redis cannot be reached: {0}")]
    Unavailable(#[from] RedisError),
}

/// The voter's first guid, where the answer of `claim.lua` leads there.
pub(super) fn follow(answer: &Value, keys: &RollKeys, guid: &Guid) -> Option<Guid> {
    match answer {
        Value::BulkString(bytes) => keys.follow(guid, bytes),
        _ => None,
    }
}

/// Reads the answer of `claim.lua`.
pub(super) fn read(
    answer: &Value,
    key: String,
    address: EntryAddress,
) -> Result<Claim, ClaimError> {
    let entry = match answer {
        Value::BulkString(bytes) => Entry::unpack(bytes, address.mask),
        Value::SimpleString(status) => match status.as_str() {
            "UNKNOWN" => return Err(ClaimError::NotOnTheRoll),
            "VOTED" => return Err(ClaimError::AlreadyVoted),
            "OTHER" => return Err(ClaimError::OtherChoicePending),
            "GONE" => return Err(ClaimError::RollNotLoaded),
            _ => None,
        },
        _ => None,
    };
    let entry = entry.ok_or_else(|| {
        RedisError::from((
            ErrorKind::UnexpectedReturnType,
            "the roll in Redis holds a malformed entry",
        ))
    })?;
    Ok(Claim {
        serial: entry.serial,
        district: entry.district,
        key,
        field: address.field,
        voted: entry.voted(address.mask),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: EntryAddress = EntryAddress {
        field: [7; 16],
        bucket: 3,
        mask: 0x5555_5555,
    };

    fn answer(value: &Value) -> Result<Claim, ClaimError> {
        read(value, "roll:7:3".to_owned(), ADDRESS)
    }

    #[test]
    fn an_entry_becomes_a_claim_that_does_not_show() {
        let entry = Entry {
            district: 12,
            serial: 81_234,
            identity: [9; 8],
        };
        let claim = answer(&Value::BulkString(entry.free(ADDRESS.mask).into())).unwrap();
        assert_eq!((claim.serial, claim.district), (81_234, 12));
        assert_eq!(claim.voted, entry.voted(ADDRESS.mask));
        assert_eq!(format!("{claim:?}"), "Claim(<redacted>)");
    }

    #[test]
    fn junk_is_an_outage_and_never_a_ballot() {
        for junk in [
            Value::Nil,
            Value::Okay,
            Value::Int(1),
            Value::BulkString(b"1".to_vec()),
            // What leads elsewhere leads there once.
            Value::BulkString(vec![3; 17]),
            Value::SimpleString("WHAT".to_owned()),
        ] {
            assert!(matches!(answer(&junk), Err(ClaimError::Unavailable(_))));
        }
    }
}
