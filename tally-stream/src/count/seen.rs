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
    papers: Papers,
}

/// Paper ballots. A checkpoint contains only their number, as it would otherwise grow with everything ever counted.
/// The ballots themselves are stored as sightings, each only once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Papers {
    extent: Extent,
    /// The line that each paper ballot was first read from, and its choice.
    #[serde(skip)]
    first: FxHashMap<Uuid, (PaperLine, Choice)>,
    /// Where a later file of the same official last repeated a paper ballot.
    #[serde(skip)]
    repeats: FxHashMap<Uuid, PaperLine>,
    /// Further lines with a ballot seen before. If sent again, they are also the same acts, and listed once.
    #[serde(skip)]
    duplicates: FxHashSet<(Uuid, PaperLine)>,
    /// What was seen since the sightings were last taken.
    #[serde(skip)]
    sightings: Vec<Sighting>,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Extent {
    ballots: usize,
    repeats: usize,
    duplicates: usize,
}

/// A line that added information. Applying it again changes nothing; of two about the same ballot, the later one is
/// valid.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Sighting {
    First(Uuid, PaperLine, Choice),
    Repeat(Uuid, PaperLine),
    Duplicate(Uuid, PaperLine),
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
            Ballot::Paper(guid, line) => self.papers.see(guid, line, choice),
        }
    }

    /// The paper ballots seen since this was last called, as bytes; `None` if there are none.
    pub(super) fn take_sightings(&mut self) -> Option<Vec<u8>> {
        let sightings = std::mem::take(&mut self.papers.sightings);
        #[expect(clippy::expect_used, reason = "every sighting can be written")]
        let bytes = || postcard::to_allocvec(&sightings).expect("sightings in bytes");
        (!sightings.is_empty()).then(bytes)
    }

    /// Adds what [`Seen::take_sightings`] returned, in the order of the log.
    pub(super) fn add_sightings(&mut self, bytes: &[u8]) -> Result<(), postcard::Error> {
        let sightings: Vec<Sighting> = postcard::from_bytes(bytes)?;
        for sighting in sightings {
            self.papers.apply(sighting);
        }
        Ok(())
    }

    /// Whether all paper ballots that existed when this was stored are present.
    pub(super) fn is_complete(&self) -> bool {
        self.papers.extent == self.papers.measure()
    }
}

impl PartialEq for Papers {
    /// Which sightings have already been stored makes no difference to a count.
    fn eq(&self, other: &Self) -> bool {
        self.first == other.first
            && self.repeats == other.repeats
            && self.duplicates == other.duplicates
    }
}

impl Papers {
    fn see(&mut self, guid: Uuid, line: PaperLine, choice: Choice) -> Sight {
        let (sight, sighting) = self.judge(guid, line, choice);
        if let Some(sighting) = sighting {
            self.apply(sighting);
            self.sightings.push(sighting);
            self.extent = self.measure();
        }
        sight
    }

    fn judge(&self, guid: Uuid, line: PaperLine, choice: Choice) -> (Sight, Option<Sighting>) {
        let Some((first, first_choice)) = self.first.get(&guid) else {
            return (Sight::First, Some(Sighting::First(guid, line, choice)));
        };
        if *first == line || self.duplicates.contains(&(guid, line)) {
            return (Sight::Repeated, None);
        }
        let is_later_file =
            first.official == line.official && first.file != line.file && *first_choice == choice;
        // Of several lines of one file that name the ballot, the first one repeats it.
        let is_second_line = self
            .repeats
            .get(&guid)
            .is_some_and(|last| last.file == line.file && last.line != line.line);
        if is_later_file && !is_second_line {
            return (Sight::Repeated, Some(Sighting::Repeat(guid, line)));
        }
        (Sight::Duplicate, Some(Sighting::Duplicate(guid, line)))
    }

    fn apply(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::First(guid, line, choice) => {
                self.first.insert(guid, (line, choice));
            }
            Sighting::Repeat(guid, line) => {
                self.repeats.insert(guid, line);
            }
            Sighting::Duplicate(guid, line) => {
                self.duplicates.insert((guid, line));
            }
        }
    }

    fn measure(&self) -> Extent {
        Extent {
            ballots: self.first.len(),
            repeats: self.repeats.len(),
            duplicates: self.duplicates.len(),
        }
    }
}
