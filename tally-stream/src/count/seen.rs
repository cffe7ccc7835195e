//! Which ballots of an election a partition has seen.

use ballot_log::record::PaperLine;
use ballot_log::{Ballot, Choice};
use roaring::RoaringBitmap;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// About a bit for each voter's ballot, and an entry of 48 bytes for each paper ballot; further lines of a ballot take
/// an entry each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seen {
    serials: RoaringBitmap,
    /// The line that each paper ballot was first read from, and its choice.
    papers: FxHashMap<Uuid, (PaperLine, Choice)>,
    /// Where a later file of the same official last repeated a paper ballot.
    repeats: FxHashMap<Uuid, PaperLine>,
    /// Further lines with a ballot seen before. Sent again, they are the same acts too, and listed once.
    duplicates: FxHashSet<(Uuid, PaperLine)>,
}

/// How a ballot compares with those seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    First,
    /// The same line of the same official's same file, or the same ballot with the same choice in a later file of
    /// the same official.
    Repeated,
    Duplicate,
}

impl Seen {
    pub(super) fn see(&mut self, ballot: Ballot, choice: Choice) -> Sight {
        match ballot {
            Ballot::Serial(serial) if self.serials.insert(serial) => Sight::First,
            Ballot::Serial(_) => Sight::Duplicate,
            Ballot::Paper(guid, line) => self.see_paper(guid, line, choice),
        }
    }

    fn see_paper(&mut self, guid: Uuid, line: PaperLine, choice: Choice) -> Sight {
        let Some((first, first_choice)) = self.papers.get(&guid) else {
            self.papers.insert(guid, (line, choice));
            return Sight::First;
        };
        if *first == line || self.duplicates.contains(&(guid, line)) {
            return Sight::Repeated;
        }
        let is_later_file =
            first.official == line.official && first.file != line.file && *first_choice == choice;
        // Of several lines of one file that name the ballot, the first one repeats it.
        let is_second_line = self
            .repeats
            .get(&guid)
            .is_some_and(|last| last.file == line.file && last.line != line.line);
        if is_later_file && !is_second_line {
            self.repeats.insert(guid, line);
            return Sight::Repeated;
        }
        self.duplicates.insert((guid, line));
        Sight::Duplicate
    }
}
