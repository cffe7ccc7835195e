//! Which paper ballots of an election a partition has seen, and what became of the lines of each official's file.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;

use ballot_log::record::{District, FileId, PaperLine};
use ballot_log::{Choice, PollNumber};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use tally::FileLines;
use uuid::Uuid;

/// Where a ballot counts; nowhere where no participant has its poll number.
pub(super) type Place = Option<Vote>;

/// A vote that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Vote {
    pub(super) district: District,
    pub(super) poll_number: PollNumber,
    /// The slot of the time at which the log received it.
    pub(super) slot: u16,
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

/// Paper ballots. A checkpoint holds only how many there are: it would grow with all that was ever counted. What was seen
/// is stored as sightings, each once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Papers {
    extent: Extent,
    #[serde(skip)]
    ballots: FxHashMap<Uuid, PaperBallot>,
    /// Lines of later files of the same official that repeat a ballot, and where each would count if its file stood
    /// alone.
    #[serde(skip)]
    repeats: FxHashMap<(Uuid, PaperLine), Place>,
    /// Where a ballot was last repeated.
    #[serde(skip)]
    last_repeat: FxHashMap<Uuid, PaperLine>,
    /// Further lines with a ballot seen before. Sent again, they are the same acts too, and listed once.
    #[serde(skip)]
    duplicates: FxHashSet<(Uuid, PaperLine)>,
    #[serde(skip)]
    files: FxHashMap<FileId, FileLines>,
    /// Files of which more is known since they were last taken.
    #[serde(skip)]
    changed: BTreeSet<FileId>,
    /// What was seen since the sightings were last taken.
    #[serde(skip)]
    sightings: Vec<Sighting>,
}

/// The line that a ballot was first read from, what it says, and where it counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct PaperBallot {
    line: PaperLine,
    choice: Choice,
    place: Place,
}

/// How many of each there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Extent {
    ballots: usize,
    repeats: usize,
    duplicates: usize,
}

/// A record that told something new. Sightings are applied again, in the order of the log, when a partition changes hands:
/// so each says what holds after it, whatever was known of the ballot.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Sighting {
    First(Uuid, PaperBallot),
    Repeat(Uuid, PaperLine, Place),
    Duplicate(Uuid, PaperLine),
    Withdrawn(FileId, Vec<FreedBallot>),
}

/// A ballot of a withdrawn file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct FreedBallot {
    pub(super) guid: Uuid,
    /// Where it counted.
    pub(super) place: Place,
    /// The line of another file of the same official that it counts by now; without one it may be given again.
    next: Option<PaperBallot>,
}

impl FreedBallot {
    /// Where it counts now, if another file of the official has it.
    pub(super) fn next_place(&self) -> Option<Place> {
        self.next.map(|next| next.place)
    }
}

impl PartialEq for Papers {
    /// What has been taken already makes no difference to a count.
    fn eq(&self, other: &Self) -> bool {
        self.ballots == other.ballots
            && self.repeats == other.repeats
            && self.last_repeat == other.last_repeat
            && self.duplicates == other.duplicates
            && self.files == other.files
    }
}

impl Papers {
    pub(super) fn see(
        &mut self,
        guid: Uuid,
        line: PaperLine,
        choice: Choice,
        place: Place,
    ) -> Sight {
        let (sight, sighting) = self.judge(
            guid,
            PaperBallot {
                line,
                choice,
                place,
            },
        );
        if let Some(sighting) = sighting {
            self.note(sighting);
        }
        sight
    }

    /// Takes the ballots of a file back. Those that another file of the official repeats count by that one now.
    pub(super) fn withdraw(&mut self, file: FileId) -> Vec<FreedBallot> {
        let mut freed: FxHashMap<Uuid, FreedBallot> = FxHashMap::default();
        for (guid, ballot) in &self.ballots {
            if ballot.line.file() == file {
                let (guid, place, next) = (*guid, ballot.place, None);
                freed.insert(guid, FreedBallot { guid, place, next });
            }
        }
        for ((guid, line), place) in &self.repeats {
            let Some(ballot) = freed.get_mut(guid).filter(|_| line.file() != file) else {
                continue;
            };
            // Any of them says the same; which one must not depend on how they happen to lie in memory.
            let choice = self.ballots[guid].choice;
            let (line, place) = (*line, *place);
            let is_before = |next: PaperBallot| next.line < line;
            if !ballot.next.is_some_and(is_before) {
                ballot.next = Some(PaperBallot {
                    line,
                    choice,
                    place,
                });
            }
        }
        let freed: Vec<FreedBallot> = freed.into_values().collect();
        self.note(Sighting::Withdrawn(file, freed.clone()));
        freed
    }

    /// The paper ballots seen since this was last called, as bytes; `None` where there are none.
    pub(super) fn take_sightings(&mut self) -> Option<Vec<u8>> {
        let sightings = std::mem::take(&mut self.sightings);
        #[expect(clippy::expect_used, reason = "every sighting can be written")]
        let bytes = || postcard::to_allocvec(&sightings).expect("sightings in bytes");
        (!sightings.is_empty()).then(bytes)
    }

    /// Adds what [`Papers::take_sightings`] gave, in the order of the log.
    pub(super) fn add_sightings(&mut self, bytes: &[u8]) -> Result<(), postcard::Error> {
        let sightings: Vec<Sighting> = postcard::from_bytes(bytes)?;
        for sighting in sightings {
            self.apply(sighting);
        }
        // They were taken with the sightings.
        self.changed.clear();
        Ok(())
    }

    /// Files of which more is known since this was last called.
    pub(super) fn take_files(&mut self) -> Vec<(FileId, FileLines)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let lines = |file| (file, self.files.get(&file).copied().unwrap_or_default());
        changed.map(lines).collect()
    }

    /// Whether all paper ballots are there that there were when this was stored.
    pub(super) fn is_complete(&self) -> bool {
        self.extent == self.measure()
    }

    fn judge(&self, guid: Uuid, ballot: PaperBallot) -> (Sight, Option<Sighting>) {
        let line = ballot.line;
        let Some(first) = self.ballots.get(&guid) else {
            return (Sight::First, Some(Sighting::First(guid, ballot)));
        };
        if first.line == line || self.duplicates.contains(&(guid, line)) {
            return (Sight::Repeated, None);
        }
        let is_later_file = first.line.official == line.official
            && first.line.file != line.file
            && first.choice == ballot.choice;
        // Of several lines of one file that name the ballot, the first one repeats it.
        let is_second_line = self
            .last_repeat
            .get(&guid)
            .is_some_and(|last| last.file == line.file && last.line != line.line);
        if is_later_file && !is_second_line {
            let sighting = Sighting::Repeat(guid, line, ballot.place);
            return (Sight::Repeated, Some(sighting));
        }
        (Sight::Duplicate, Some(Sighting::Duplicate(guid, line)))
    }

    fn note(&mut self, sighting: Sighting) {
        self.sightings.push(sighting.clone());
        self.apply(sighting);
        self.extent = self.measure();
    }

    fn apply(&mut self, sighting: Sighting) {
        match sighting {
            Sighting::First(guid, ballot) => self.set(guid, ballot),
            Sighting::Repeat(guid, line, place) => {
                if let Entry::Vacant(new) = self.repeats.entry((guid, line)) {
                    new.insert(place);
                    self.file(line).repeated += 1;
                }
                self.last_repeat.insert(guid, line);
            }
            Sighting::Duplicate(guid, line) => {
                if self.duplicates.insert((guid, line)) {
                    self.file(line).duplicates += 1;
                }
            }
            Sighting::Withdrawn(file, freed) => self.free(file, &freed),
        }
    }

    fn free(&mut self, file: FileId, freed: &[FreedBallot]) {
        let gone = freed.iter().filter(|ballot| ballot.next.is_none());
        let gone: FxHashSet<Uuid> = gone.map(|ballot| ballot.guid).collect();
        let is_gone = |guid: &Uuid, line: &PaperLine| gone.contains(guid) || line.file() == file;
        let repeats = self
            .repeats
            .keys()
            .filter(|(guid, line)| is_gone(guid, line));
        for (guid, line) in repeats.copied().collect::<Vec<_>>() {
            self.forget_repeat(guid, line);
        }
        self.last_repeat.retain(|guid, line| !is_gone(guid, line));
        let duplicates = self.duplicates.iter();
        let duplicates = duplicates.filter(|(guid, line)| is_gone(guid, line));
        for duplicate in duplicates.copied().collect::<Vec<_>>() {
            self.duplicates.remove(&duplicate);
            self.file(duplicate.1).duplicates -= 1;
        }
        for FreedBallot { guid, next, .. } in freed {
            if let Some(next) = next {
                self.forget_repeat(*guid, next.line);
                self.set(*guid, *next);
            } else if let Some(ballot) = self.ballots.remove(guid) {
                *self.lines_of(&ballot) -= 1;
            }
        }
        self.changed.insert(file);
    }

    fn set(&mut self, guid: Uuid, ballot: PaperBallot) {
        if let Some(before) = self.ballots.insert(guid, ballot) {
            *self.lines_of(&before) -= 1;
        }
        *self.lines_of(&ballot) += 1;
    }

    fn forget_repeat(&mut self, guid: Uuid, line: PaperLine) {
        if self.repeats.remove(&(guid, line)).is_some() {
            self.file(line).repeated -= 1;
        }
    }

    fn file(&mut self, line: PaperLine) -> &mut FileLines {
        self.changed.insert(line.file());
        self.files.entry(line.file()).or_default()
    }

    /// The lines among which a ballot is in its file.
    fn lines_of(&mut self, ballot: &PaperBallot) -> &mut u64 {
        let file = self.file(ballot.line);
        match ballot.place {
            Some(_) => &mut file.ballots,
            None => &mut file.invalid_poll_numbers,
        }
    }

    fn measure(&self) -> Extent {
        Extent {
            ballots: self.ballots.len(),
            repeats: self.repeats.len(),
            duplicates: self.duplicates.len(),
        }
    }
}
