//! A paper ballot, with every line that named it.

use super::fields::{File, Line};

/// What came of a paper ballot: its lines in the order of the log, and the last of them that repeated it.
#[derive(Default)]
pub(super) struct PaperHistory {
    lines: Vec<Seen>,
    last_repeat: Option<Line>,
}

/// A line that named a paper ballot, and what came of it.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    line: Line,
    pub(super) choice: u64,
    pub(super) district: u16,
    pub(super) slot: usize,
    was: Was,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Was {
    /// The ballot.
    First,
    /// The ballot again, in a later file of the same official.
    Repeat,
    /// Another ballot with the same identity.
    Duplicate,
    /// A line that has been seen.
    SentAgain,
}

impl PaperHistory {
    pub(super) fn see(&mut self, line: Line, choice: u64, district: u16, slot: usize) -> Was {
        let was = self.judge(line, choice);
        if was == Was::Repeat {
            self.last_repeat = Some(line);
        }
        // What was only sent again can never matter.
        if was != Was::SentAgain {
            self.lines.push(Seen {
                line,
                choice,
                district,
                slot,
                was,
            });
        }
        was
    }

    fn judge(&self, line: Line, choice: u64) -> Was {
        let Some(first) = self.lines.iter().find(|seen| seen.was == Was::First) else {
            return Was::First;
        };
        let had = |was| {
            let mut lines = self.lines.iter();
            lines.any(|seen| seen.line == line && seen.was == was)
        };
        if had(Was::First) || had(Was::Duplicate) {
            return Was::SentAgain;
        }
        let is_second = |last: Line| last.file.name == line.file.name && last.number != line.number;
        if line.file.official != first.line.file.official
            || line.file.name == first.line.file.name
            || choice != first.choice
            || self.last_repeat.is_some_and(is_second)
        {
            return Was::Duplicate;
        }
        Was::Repeat
    }

    /// The ballot of this file, if it was one, and the line by which it counts now.
    pub(super) fn withdraw(&mut self, file: File) -> Option<(Seen, Option<Seen>)> {
        let first = *self.lines.iter().find(|seen| seen.was == Was::First)?;
        self.lines.retain(|seen| seen.line.file != file);
        self.last_repeat = self.last_repeat.filter(|last| last.file != file);
        if first.line.file != file {
            return None;
        }
        let repeats = self.lines.iter_mut().filter(|seen| seen.was == Was::Repeat);
        let Some(next) = repeats.min_by_key(|seen| seen.line) else {
            *self = Self::default();
            return Some((first, None));
        };
        next.was = Was::First;
        let next = *next;
        // What it repeated once more, it only sent again.
        self.lines
            .retain(|seen| seen.line != next.line || seen.was != Was::Repeat);
        Some((first, Some(next)))
    }
}
