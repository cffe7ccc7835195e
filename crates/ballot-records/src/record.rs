//! The records of the topic `votes`, as bytes and as values.
//!
//! JSON in UTF-8; unknown fields are ignored; `v` is the version. A record is written once and read at every
//! replay for as long as the election is kept, so the format never changes: a new one gets a new `v`.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::ElectionId;

/// The choice on a ballot: a poll number as written on it, which may not exist on the ballot paper.
pub type Choice = u64;

/// Constituency; 0 if an election has only one.
pub type District = u16;

const VERSION: u32 = 1;
/// Of withdrawals: only elections whose definition asks for version 2 of the log know them.
const WITHDRAWAL_VERSION: u32 = 2;

/// One record of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A ballot put into the box.
    Ballot(BallotRecord),
    /// The closing marker: no later record of this partition counts for this election.
    Close {
        /// The election that is closed.
        election: ElectionId,
    },
    /// The ballots that this partition holds of an official's file no longer count.
    Withdrawal(Withdrawal),
}

/// The withdrawal of an official's file. Every partition has it, perhaps several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The election that the file was for.
    pub election: ElectionId,
    /// Its number: what is in the log a second time is not obeyed again.
    pub number: u32,
    /// The file.
    pub file: FileId,
}

/// A ballot put into the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BallotRecord {
    /// The election it is for.
    pub election: ElectionId,
    /// Which ballot it is: only the first record of a ballot counts.
    pub ballot: Ballot,
    /// The poll number chosen.
    pub choice: Choice,
    /// The constituency, 0 if there is only one.
    pub district: District,
}

/// The ballot of a record. All records of one ballot have the same key, and so are in the same partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ballot {
    /// A voter's ballot: the serial that the roll derives from the ballot key.
    Serial(u32),
    /// A paper ballot, with where it was read from.
    Paper(Uuid, PaperLine),
}

/// The line of an official's file that a paper ballot was read from. The same line sent again is the
/// same act, not a second ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaperLine {
    /// The official's jmbg: 13 digits, as a number.
    pub official: u64,
    /// First eight bytes of the file's SHA-256.
    pub file: u64,
    /// The line of the file, from 0.
    pub line: u32,
}

/// An official's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// The official's jmbg: 13 digits, as a number.
    pub official: u64,
    /// First eight bytes of the file's SHA-256.
    pub name: u64,
}

impl PaperLine {
    /// The file that the line is in.
    pub fn file(&self) -> FileId {
        FileId {
            official: self.official,
            name: self.file,
        }
    }
}

impl fmt::Display for Ballot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(serial) => write!(formatter, "{serial}"),
            Self::Paper(guid, _) => write!(formatter, "{guid}"),
        }
    }
}

impl fmt::Display for PaperLine {
    /// As in a record's `line`: `9f2c41d07be35a68/0`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}/{}", self.file, self.line)
    }
}

/// The bytes are not a record of a version that this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unreadable record")]
pub struct Unreadable;

impl Record {
    /// The election that the record names.
    pub fn election(&self) -> ElectionId {
        match self {
            Self::Ballot(ballot) => ballot.election,
            Self::Close { election } => *election,
            Self::Withdrawal(withdrawal) => withdrawal.election,
        }
    }

    /// The record's key in Kafka, `<election>:<ballot>`; with it, a ballot always goes to the same partition.
    pub fn key(&self) -> String {
        match self {
            Self::Ballot(ballot) => format!("{}:{}", ballot.election, ballot.ballot),
            Self::Close { election } => format!("{election}:close"),
            Self::Withdrawal(withdrawal) => format!("{}:withdrawal", withdrawal.election),
        }
    }

    /// The record as it is stored in the log.
    pub fn encode(&self) -> String {
        match self {
            Self::Ballot(ballot) => ballot.encode(),
            Self::Close { election } => {
                format!(r#"{{"v":{VERSION},"election":{election},"close":true}}"#)
            }
            Self::Withdrawal(Withdrawal {
                election,
                number,
                file,
            }) => format!(
                r#"{{"v":{WITHDRAWAL_VERSION},"election":{election},"withdrawal":{number},"official":"{:013}","file":"{:016x}"}}"#,
                file.official, file.name
            ),
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// [`Unreadable`] if a required field is missing, of another type or out of range, or the version is unknown.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        // Without this, serde would also take the fields from an array.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Unreadable);
        }
        let fields: Fields<'_> = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        if fields.v == WITHDRAWAL_VERSION {
            return Withdrawal::decode(bytes).map(Self::Withdrawal);
        }
        if fields.v != VERSION {
            return Err(Unreadable);
        }
        if fields.close == Some(true) {
            return Ok(Self::Close {
                election: fields.election,
            });
        }
        Ok(Self::Ballot(BallotRecord {
            election: fields.election,
            ballot: fields.ballot()?,
            choice: fields.choice.ok_or(Unreadable)?,
            district: fields.district,
        }))
    }
}

impl BallotRecord {
    fn encode(&self) -> String {
        let mut json = format!(r#"{{"v":{VERSION},"election":{},"#, self.election);
        // Writing to a String cannot fail.
        let _infallible = match self.ballot {
            Ballot::Serial(serial) => write!(json, r#""ballot":{serial},"choice":{}"#, self.choice),
            Ballot::Paper(guid, origin) => write!(
                json,
                r#""ballot":"{guid}","choice":{},"official":"{:013}","line":"{origin}""#,
                self.choice, origin.official
            ),
        };
        if self.district != 0 {
            let _infallible = write!(json, r#","district":{}"#, self.district);
        }
        json.push('}');
        json
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    v: u32,
    election: ElectionId,
    #[serde(borrow)]
    ballot: Option<&'a RawValue>,
    choice: Option<Choice>,
    #[serde(default)]
    district: District,
    #[serde(borrow)]
    official: Option<&'a str>,
    #[serde(borrow)]
    line: Option<&'a str>,
    close: Option<bool>,
}

/// Read apart, so that what a ballot may hold besides stays as it was.
#[derive(Deserialize)]
struct WithdrawalFields<'a> {
    election: ElectionId,
    withdrawal: u32,
    #[serde(borrow)]
    official: &'a str,
    #[serde(borrow)]
    file: &'a str,
}

impl Fields<'_> {
    fn ballot(&self) -> Result<Ballot, Unreadable> {
        let text = self.ballot.ok_or(Unreadable)?.get();
        let Some(guid) = text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
        else {
            return text.parse().map(Ballot::Serial).map_err(|_| Unreadable);
        };
        let guid = Uuid::parse_str(guid).map_err(|_| Unreadable)?;
        let origin = PaperLine::parse(
            self.official.ok_or(Unreadable)?,
            self.line.ok_or(Unreadable)?,
        )?;
        Ok(Ballot::Paper(guid, origin))
    }
}

impl Withdrawal {
    fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let fields: WithdrawalFields<'_> = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        Ok(Self {
            election: fields.election,
            number: fields.withdrawal,
            file: FileId::parse(fields.official, fields.file)?,
        })
    }
}

impl FileId {
    /// Reads an official's jmbg and the name of a file.
    ///
    /// # Errors
    /// [`Unreadable`] where the official is not 13 digits or the name not 16 hex digits.
    pub fn parse(official: &str, name: &str) -> Result<Self, Unreadable> {
        if official.len() != 13 || name.len() != 16 {
            return Err(Unreadable);
        }
        Ok(Self {
            official: digits(official)?,
            name: u64::from_str_radix(name, 16).map_err(|_| Unreadable)?,
        })
    }

    /// The name as records have it: 16 hex digits.
    pub fn hex_name(&self) -> String {
        format!("{:016x}", self.name)
    }
}

impl PaperLine {
    /// Reads the `official` and `line` of a record.
    ///
    /// # Errors
    /// [`Unreadable`] if the official is not 13 digits or the line not `<16 hex digits>/<line>`.
    pub fn parse(official: &str, line: &str) -> Result<Self, Unreadable> {
        let (file, line) = line.split_once('/').ok_or(Unreadable)?;
        if line.is_empty() {
            return Err(Unreadable);
        }
        let FileId { official, name } = FileId::parse(official, file)?;
        Ok(Self {
            official,
            file: name,
            line: digits(line)?,
        })
    }
}

/// Unlike `str::parse`, refuses a leading `+`.
fn digits<T: FromStr>(text: &str) -> Result<T, Unreadable> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unreadable);
    }
    text.parse().map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests;
