//! A voter as Redis holds one: a ballot that stays under the voter's first guid, and whom it lets in.

use voter_roll::{
    Guid, RollKeys,
    packing::{EntryAddress, FORWARD_BYTES, IDENTITY_BYTES},
};

/// What a row of the roll says about who may have its ballot.
#[derive(Clone)]
pub(crate) struct Holder {
    /// What the voter identifies with.
    pub(crate) guid: Guid,
    /// What the voter was first on the roll with, where that is another one.
    pub(crate) first_guid: Option<Guid>,
    pub(crate) personal_id: String,
    pub(crate) district: u16,
    pub(crate) is_struck: bool,
}

impl Holder {
    /// What the ballot lies under, for as long as there is an election.
    pub(crate) fn first_guid(&self) -> &Guid {
        self.first_guid.as_ref().unwrap_or(&self.guid)
    }

    /// Where the ballot lies.
    pub(crate) fn address(&self, keys: &RollKeys) -> EntryAddress {
        keys.entry_address(self.first_guid())
    }

    /// Who may have it.
    pub(crate) fn identity(&self, keys: &RollKeys) -> [u8; IDENTITY_BYTES] {
        if self.is_struck {
            keys.nobody(self.first_guid())
        } else {
            keys.identity(&self.guid, &self.personal_id)
        }
    }

    /// The entry that leads from the guid of today to the ballot, and where it lies; `None` where the ballot lies under
    /// that guid itself.
    pub(crate) fn forward(&self, keys: &RollKeys) -> Option<(EntryAddress, [u8; FORWARD_BYTES])> {
        let first = self.first_guid.as_ref()?;
        Some((
            keys.entry_address(&self.guid),
            keys.forward(&self.guid, first),
        ))
    }
}
