//! Which ballots of an election a partition has seen.

use ballot_log::Ballot;
use ballot_log::record::PaperLine;
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// About a bit for each voter's ballot, and an entry of 40 bytes for each paper ballot, duplicates included.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    serials: RoaringBitmap,
    /// The line that each paper ballot was first read from.
    papers: FxHashMap<Uuid, PaperLine>,
    /// Further lines with a ballot seen before. Sent again, they are the same acts too, and listed once.
    duplicates: FxHashSet<(Uuid, PaperLine)>,
}

/// How a ballot compares with those seen before.
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
                Some(_) if self.duplicates.insert((guid, line)) => Sight::Duplicate,
                Some(_) => Sight::Repeated,
            },
        }
    }
}
