//! The voters, from the CSV that `voter-roll export` writes.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use uuid::Uuid;

use crate::Error;

const HEADER: [&str; 3] = ["personal_id", "guid", "district"];
const DIGITS: usize = 11;

/// One voter: 27 bytes, so that a million of them fit in memory easily.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Voter {
    /// Eleven ASCII digits.
    pub personal_id: [u8; DIGITS],
    /// The secret with which voters prove who they are.
    pub guid: Uuid,
}

/// All voters, in the order of the file.
#[derive(Clone, Debug)]
pub struct Roll(Vec<Voter>);

impl Roll {
    /// Reads `path` without the first `skip` voters; at least one voter is left.
    ///
    /// # Errors
    /// If the file cannot be read, has an invalid line, or leaves nobody to vote.
    pub fn read(path: &Path, skip: u32) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::File {
            path: path.to_owned(),
            source,
            advice: "Make it with `voter-roll export`.",
        })?;
        let mut voters = parse(file).map_err(|(line, what)| Error::Voters {
            path: path.to_owned(),
            line,
            what,
        })?;
        let total = voters.len();
        voters.drain(..total.min(skip as usize));
        if voters.is_empty() {
            return Err(Error::NoVoters {
                path: path.to_owned(),
                voters: total,
                skip,
            });
        }
        Ok(Self(voters))
    }

    /// The number of voters.
    pub fn len(&self) -> u32 {
        #[expect(clippy::expect_used, reason = "2^32 voters do not fit into memory")]
        u32::try_from(self.0.len()).expect("the number of voters")
    }

    /// Whether there are none; never true after [`Roll::read`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The voter with this number, below [`Roll::len`].
    pub fn voter(&self, number: u32) -> &Voter {
        &self.0[number as usize]
    }
}

/// The voters, or the line and what is wrong with it.
fn parse(input: impl Read) -> Result<Vec<Voter>, (u64, String)> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(input);
    let mut record = ByteRecord::new();
    let mut next = |record: &mut ByteRecord| match reader.read_byte_record(record) {
        Ok(there_is_one) => {
            Ok(there_is_one.then(|| record.position().map_or(0, csv::Position::line)))
        }
        Err(error) => Err((
            error.position().map_or(0, csv::Position::line),
            error.to_string(),
        )),
    };
    let header = next(&mut record)?.is_some();
    if !header || record.iter().ne(HEADER.iter().map(|name| name.as_bytes())) {
        return Err((1, format!("the header must be `{}`", HEADER.join(","))));
    }
    let mut voters = Vec::new();
    let mut seen = HashSet::new();
    while let Some(line) = next(&mut record)? {
        let voter = voter(&record).map_err(|what| (line, what))?;
        if !seen.insert(voter.guid) {
            return Err((line, "this GUID belongs to a voter further up".to_owned()));
        }
        voters.push(voter);
    }
    Ok(voters)
}

fn voter(record: &ByteRecord) -> Result<Voter, String> {
    if record.len() != HEADER.len() {
        return Err(format!(
            "{} values, but a voter has three: {}",
            record.len(),
            HEADER.join(", ")
        ));
    }
    let personal_id: [u8; DIGITS] = record[0]
        .try_into()
        .ok()
        .filter(|digits: &[u8; DIGITS]| digits.iter().all(u8::is_ascii_digit))
        .ok_or_else(|| format!("a personal_id has {DIGITS} digits"))?;
    let guid = Uuid::try_parse_ascii(&record[1]).map_err(|error| format!("no GUID: {error}"))?;
    Ok(Voter { personal_id, guid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";

    fn wrong(csv: &str) -> (u64, String) {
        parse(csv.as_bytes()).unwrap_err()
    }

    #[test]
    fn voters_come_in_the_order_of_the_file() {
        let other = GUID.replace('2', "3");
        let csv =
            format!("personal_id,guid,district\r\n12345678901,{GUID},4\n00000000002,{other},0\n");
        let voters = parse(csv.as_bytes()).unwrap();
        assert_eq!(voters.len(), 2);
        assert_eq!(&voters[0].personal_id, b"12345678901");
        assert_eq!(voters[1].guid.to_string(), other);
    }

    #[test]
    fn a_wrong_header_is_on_line_1() {
        for csv in ["", "guid,personal_id,district\n", "12345678901,x,0\n"] {
            assert_eq!(wrong(csv).0, 1);
        }
    }

    #[test]
    fn a_line_that_is_no_voter_is_named() {
        let header = format!("personal_id,guid,district\n12345678901,{GUID},0\n");
        for (line, what) in [
            (format!("12345678901,{GUID}"), "three"),
            (format!("1234567890,{GUID},0"), "11 digits"),
            (format!("1234567890x,{GUID},0"), "11 digits"),
            ("12345678902,nobody,0".to_owned(), "no GUID"),
            (format!("12345678902,{GUID},0"), "further up"),
        ] {
            let (number, message) = wrong(&format!("{header}{line}\n"));
            assert_eq!(number, 3, "{line}");
            assert!(message.contains(what), "{message}");
        }
    }
}
