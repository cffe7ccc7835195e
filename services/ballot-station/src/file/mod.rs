//! An official's file: checked completely before any of it is recorded.
//!
//! The bytes are hashed, split and checked as they arrive. The GUID and number of each line wait in an unnamed
//! temporary file, so a file of any permitted size takes the same memory.

mod csv;
mod paper;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};
use std::path::Path;

use actix_web::web::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use uuid::Uuid;

use csv::{Line, Splitter};
pub(crate) use paper::{Mistake, PaperBallot, Wrong};

/// The size of a waiting ballot in bytes: its GUID and its poll number.
const WAITING_BYTES: usize = 16 + 8;

/// How large a file may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) bytes: u64,
    pub(crate) lines: u32,
}

/// A file that has arrived, good or bad.
pub(crate) struct Inspected {
    /// SHA-256 of its bytes, if all of them were read.
    pub(crate) sha256: Option<[u8; 32]>,
    /// The file, if it is valid.
    pub(crate) file: Result<PaperFile, Fault>,
}

/// The first thing that is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A line, counted from 0, is not well formed.
    Line(u32, Wrong),
    TooManyBytes,
    TooManyLines,
}

/// A file whose every line is well formed.
pub(crate) struct PaperFile {
    pub(crate) sha256: [u8; 32],
    pub(crate) lines: u32,
    ballots: File,
}

impl PaperFile {
    /// The file's name in its ballots' records: the first eight bytes of its hash.
    pub(crate) fn name(&self) -> u64 {
        let first = self.sha256.iter().take(8);
        first.fold(0, |name, byte| name << 8 | u64::from(*byte))
    }

    /// Its ballots, in the order of its lines.
    pub(crate) fn ballots(self) -> impl Iterator<Item = io::Result<PaperBallot>> {
        let mut ballots = BufReader::new(self.ballots);
        (0..self.lines).map(move |_| {
            let (mut guid, mut choice) = ([0; 16], [0; 8]);
            ballots.read_exact(&mut guid)?;
            ballots.read_exact(&mut choice)?;
            Ok(PaperBallot {
                guid: Uuid::from_bytes(guid),
                choice: u64::from_le_bytes(choice),
            })
        })
    }
}

/// Reads and checks a file whose pieces come through a channel. Blocks: run it on a separate thread.
///
/// It stops reading as soon as a limit is exceeded. After a bad line the rest of the file is still read, for
/// its hash.
///
/// # Errors
/// If the temporary file cannot be created or written.
pub(crate) fn inspect(
    mut pieces: mpsc::Receiver<Bytes>,
    limits: Limits,
    directory: &Path,
) -> io::Result<Inspected> {
    let mut hash = Sha256::new();
    let mut bytes = 0_u64;
    let mut splitter = Splitter::new();
    let mut ballots = Ballots {
        lines: 0,
        blank: None,
        most: limits.lines,
        waiting: BufWriter::new(tempfile::tempfile_in(directory)?),
    };
    let mut wrong_line = None;
    while let Some(piece) = pieces.blocking_recv() {
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > limits.bytes {
            return Ok(Inspected::cut_short(
                wrong_line.unwrap_or(Fault::TooManyBytes),
            ));
        }
        hash.update(&piece);
        if wrong_line.is_some() {
            continue;
        }
        match splitter.take(&piece, &mut |line| ballots.see(line)) {
            Ok(()) => {}
            Err(Stop::Fault(Fault::TooManyLines)) => {
                return Ok(Inspected::cut_short(Fault::TooManyLines));
            }
            Err(Stop::Fault(fault)) => wrong_line = Some(fault),
            Err(Stop::Io(error)) => return Err(error),
        }
    }
    if wrong_line.is_none() {
        match splitter.finish(&mut |line| ballots.see(line)) {
            Ok(()) => {}
            Err(Stop::Fault(fault)) => wrong_line = Some(fault),
            Err(Stop::Io(error)) => return Err(error),
        }
    }
    let sha256 = hash.finalize().into();
    Ok(Inspected {
        sha256: Some(sha256),
        file: match wrong_line {
            Some(fault) => Err(fault),
            None => Ok(ballots.finish(sha256)?),
        },
    })
}

impl Inspected {
    fn cut_short(fault: Fault) -> Self {
        Self {
            sha256: None,
            file: Err(fault),
        }
    }
}

/// Why the rest of a file need not be read.
enum Stop {
    Fault(Fault),
    Io(io::Error),
}

struct Ballots {
    /// Lines seen.
    lines: u32,
    /// The first of the most recent blank lines. At the end of a file they do not matter.
    blank: Option<u32>,
    /// More lines than this are too many.
    most: u32,
    waiting: BufWriter<File>,
}

impl Ballots {
    fn see(&mut self, line: &Line) -> Result<(), Stop> {
        let number = self.lines;
        self.lines = number.saturating_add(1);
        if line.is_blank() {
            self.blank.get_or_insert(number);
            return Ok(());
        }
        if let Some(blank) = self.blank {
            return Err(Stop::Fault(Fault::Line(
                blank,
                Wrong::plain(Mistake::NumberOfValues),
            )));
        }
        if number >= self.most {
            return Err(Stop::Fault(Fault::TooManyLines));
        }
        let ballot =
            PaperBallot::read(line).map_err(|wrong| Stop::Fault(Fault::Line(number, wrong)))?;
        let mut waiting = [0; WAITING_BYTES];
        let (guid, choice) = waiting.split_at_mut(16);
        guid.copy_from_slice(ballot.guid.as_bytes());
        choice.copy_from_slice(&ballot.choice.to_le_bytes());
        self.waiting.write_all(&waiting).map_err(Stop::Io)
    }

    fn finish(self, sha256: [u8; 32]) -> io::Result<PaperFile> {
        let mut ballots = self
            .waiting
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        ballots.rewind()?;
        Ok(PaperFile {
            sha256,
            lines: self.blank.unwrap_or(self.lines),
            ballots,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        bytes: 200,
        lines: 4,
    };

    /// The file with GUIDs for the letters a, b and c.
    fn with_guids(short: &str) -> String {
        let letters = [('a', '1'), ('b', '2'), ('c', '3')];
        letters
            .iter()
            .fold(short.to_owned(), |file, (letter, digit)| {
                file.replace(*letter, &digit.to_string().repeat(32))
            })
    }

    fn inspected(file: &str) -> Inspected {
        let file = with_guids(file);
        let (sender, pieces) = mpsc::channel(100);
        for piece in file.as_bytes().chunks(7) {
            // The reader stops when it has seen enough.
            let _gone = sender.try_send(Bytes::copy_from_slice(piece));
        }
        drop(sender);
        inspect(pieces, LIMITS, &std::env::temp_dir()).unwrap()
    }

    fn fault(file: &str) -> Option<Fault> {
        inspected(file).file.err()
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        let values = |line| Some(Fault::Line(line, Wrong::plain(Mistake::NumberOfValues)));
        let number = |line| Some(Fault::Line(line, Wrong::plain(Mistake::PollNumber)));
        assert_eq!(fault("a,1\nb\nc,0"), values(1));
        assert_eq!(fault("a,1\nb,0\nc"), number(1));
        assert_eq!(fault("a,x,1"), values(0));
        assert_eq!(fault("a,1\n\nb,0\n"), values(1));
        assert_eq!(fault("\n \n\na,0\n"), values(0));
        assert_eq!(fault("a,1\n\n  \n\n"), None);
        let guid = Some(Fault::Line(1, Wrong::plain(Mistake::Guid)));
        assert_eq!(fault("a,1\nx,0\n"), guid);
        assert_eq!(fault("a,1\n,1\n"), guid);
    }

    #[test]
    fn a_value_longer_than_any_may_be_is_wrong() {
        let limits = Limits {
            bytes: 1000,
            lines: 4,
        };
        let long = "1".repeat(257);
        for (file, mistake) in [
            (format!("{long},1"), Mistake::NumberOfValues),
            (format!("{},{long}", with_guids("a")), Mistake::PollNumber),
        ] {
            let (sender, pieces) = mpsc::channel(1);
            sender.try_send(Bytes::from(file)).unwrap();
            drop(sender);
            let inspected = inspect(pieces, limits, &std::env::temp_dir()).unwrap();
            assert_eq!(
                inspected.file.err(),
                Some(Fault::Line(0, Wrong::plain(mistake)))
            );
        }
    }

    #[test]
    fn limits_are_kept_to_the_line_and_the_byte() {
        assert_eq!(fault("a,1\na,1\na,1\na,1\n\n\n"), None);
        assert_eq!(
            fault("a,1\na,1\na,1\na,1\na,1\n"),
            Some(Fault::TooManyLines)
        );
        assert_eq!(fault(&format!("a,1{}", " ".repeat(166))), None);
        let long = format!("a,1{}", " ".repeat(167));
        assert_eq!(fault(&long), Some(Fault::TooManyBytes));
        assert!(inspected(&long).sha256.is_none());
        let wrong = format!("a\n{}", "a,1\n".repeat(100));
        assert_eq!(
            fault(&wrong),
            Some(Fault::Line(0, Wrong::plain(Mistake::NumberOfValues))),
            "what is wrong first is said"
        );
    }

    #[test]
    fn what_is_read_is_what_was_sent_under_the_hash_of_all_of_it() {
        let text = "\u{feff}a,1\r\n\"b\", 18446744073709551616 \r\n\r\n";
        let file = inspected(text).file.ok().unwrap();
        let expected: [u8; 32] = Sha256::digest(with_guids(text)).into();
        assert_eq!(file.sha256, expected);
        assert!(expected.starts_with(&file.name().to_be_bytes()));
        assert_eq!(file.lines, 2);
        let choices: Vec<u64> = file
            .ballots()
            .map(|ballot| ballot.unwrap().choice)
            .collect();
        assert_eq!(choices, [1, u64::MAX]);
        let wrong = inspected("a,0\nb,1\n");
        assert_eq!(
            wrong.sha256,
            Some(Sha256::digest(with_guids("a,0\nb,1\n")).into())
        );
    }
}
