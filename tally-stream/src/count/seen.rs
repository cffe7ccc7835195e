//! Which ballots of an election a partition has seen.

use ballot_log::Ballot;
use ballot_log::record::PaperLine;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// About a bit for each voter's ballot, and an entry of 40 bytes for each paper ballot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    serials: RoaringBitmap,
    papers: FxHashMap<Uuid, PaperLine>,
}

/// How a ballot looks to somebody who has seen others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    First,
    /// The same line of the same official's same file.
    Repeated,
    Duplicate,
}

impl Seen {
    pub(super) fn see(&mut self, ballot: Ballot) -> Sight {
        match ballot {
            Ballot::Serial(serial) if self.serials.insert(serial) => Sight::First,
            Ballot::Serial(_) => Sight::Duplicate,
            Ballot::Paper(guid, line) => match self.papers.get(&guid) {
                None => {
                    self.papers.insert(guid, line);
                    Sight::First
                }
                Some(seen) if *seen == line => Sight::Repeated,
                Some(_) => Sight::Duplicate,
            },
        }
    }
}
