//! Which ballots of an election a partition has seen.

use ballot_log::record::FileId;
use ballot_log::{Ballot, Choice};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use tally::FileLines;

use super::papers::{FreedBallot, Papers, Place, Sight};

/// About a bit for each voter's ballot, and an entry of some 70 bytes for each paper ballot; further lines of a ballot
/// take an entry each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    serials: RoaringBitmap,
    papers: Papers,
}

impl Seen {
    /// `place` is where the ballot counts if it is the first.
    pub(super) fn see(&mut self, ballot: Ballot, choice: Choice, place: Place) -> Sight {
        match ballot {
            Ballot::Serial(serial) if self.serials.insert(serial) => Sight::First,
            Ballot::Serial(_) => Sight::Duplicate,
            Ballot::Paper(guid, line) => self.papers.see(guid, line, choice, place),
        }
    }

    /// Takes the ballots of a file back.
    pub(super) fn withdraw(&mut self, file: FileId) -> Vec<FreedBallot> {
        self.papers.withdraw(file)
    }

    /// The paper ballots seen since this was last called, as bytes; `None` where there are none.
    pub(super) fn take_sightings(&mut self) -> Option<Vec<u8>> {
        self.papers.take_sightings()
    }

    /// Adds what [`Seen::take_sightings`] returned, in the order of the log.
    pub(super) fn add_sightings(&mut self, bytes: &[u8]) -> Result<(), postcard::Error> {
        self.papers.add_sightings(bytes)
    }

    /// Files of which more is known since this was last called.
    pub(super) fn take_files(&mut self) -> Vec<(FileId, FileLines)> {
        self.papers.take_files()
    }

    /// Whether all paper ballots that existed when this was stored are present.
    pub(super) fn is_complete(&self) -> bool {
        self.papers.is_complete()
    }
}
