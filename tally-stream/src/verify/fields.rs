//! A record of the log as JSON, field by field: read without the types of `ballot-records`.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

/// The fields that a record may have; others mean nothing.
const KNOWN: [&str; 8] = [
    "v", "election", "ballot", "choice", "district", "official", "line", "close",
];
/// What a withdrawal has besides: in a ballot it means nothing.
const OF_WITHDRAWALS: [&str; 2] = ["withdrawal", "file"];

/// What a record says, as far as it can be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    Nothing,
    Close {
        election: u32,
    },
    Withdrawal {
        election: u32,
        number: u32,
        file: File,
    },
    Ballot {
        election: u32,
        ballot: BallotSaid,
        choice: u64,
        district: u16,
    },
}

#[derive(Clone, Copy, Debug)]
pub(super) enum BallotSaid {
    Serial(u32),
    Paper(Uuid, Line),
}

/// Where a paper ballot was read from: official, file, line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) file: File,
    pub(super) number: u32,
}

/// An official's file: the official, and the name of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct File {
    pub(super) official: u64,
    pub(super) name: u64,
}

/// What a record says.
pub(super) fn read(bytes: &[u8]) -> Said {
    let fields: Option<Fields> = serde_json::from_slice(bytes).ok();
    let said = fields.and_then(|fields| fields.read());
    said.unwrap_or(Said::Nothing)
}

/// A JSON object, with the text of each field that means something. If one of them is there twice, the record means
/// nothing at all.
struct Fields {
    known: HashMap<&'static str, Box<RawValue>>,
    /// None where a field is there twice.
    of_withdrawal: Option<HashMap<&'static str, Box<RawValue>>>,
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = HashMap::new();
                let (mut of_withdrawal, mut is_twice) = (HashMap::new(), false);
                while let Some(name) = map.next_key::<String>()? {
                    let among = |names: &[&'static str]| {
                        names.iter().find(|known| **known == name).copied()
                    };
                    if let Some(known) = among(&KNOWN) {
                        if fields.insert(known, map.next_value()?).is_some() {
                            return Err(A::Error::custom("twice"));
                        }
                    } else if let Some(known) = among(&OF_WITHDRAWALS) {
                        is_twice |= of_withdrawal.insert(known, map.next_value()?).is_some();
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Fields {
                    known: fields,
                    of_withdrawal: Some(of_withdrawal).filter(|_| !is_twice),
                })
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Fields {
    /// `None` where a field is of another type than it must be, whether it is needed or not.
    fn read(&self) -> Option<Said> {
        let election = self.digits("election")?;
        let choice = self.unless_null("choice", Self::digits::<u64>)?;
        let district = if self.known.contains_key("district") {
            self.digits("district")?
        } else {
            0
        };
        let official = self.unless_null("official", Self::text)?;
        let line = self.unless_null("line", Self::text)?;
        let close = self.unless_null("close", |fields, name| fields.raw(name)?.parse().ok())?;
        match self.digits::<u32>("v")? {
            1 => {}
            2 => return self.withdrawal(election, official?),
            _ => return None,
        }
        if close == Some(true) {
            return Some(Said::Close { election });
        }
        let ballot = match self.text("ballot") {
            None => BallotSaid::Serial(self.digits("ballot")?),
            Some(guid) => BallotSaid::Paper(Uuid::parse_str(guid).ok()?, of(official?, line?)?),
        };
        Some(Said::Ballot {
            election,
            ballot,
            choice: choice?,
            district,
        })
    }

    fn withdrawal(&self, election: u32, official: &str) -> Option<Said> {
        let fields = self.of_withdrawal.as_ref()?;
        Some(Said::Withdrawal {
            election,
            number: digits(fields.get("withdrawal")?.get())?,
            file: file(official, text(fields.get("file")?.get())?)?,
        })
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.known.get(name).map(|value| value.get())
    }

    /// A whole number without a sign.
    fn digits<T: FromStr>(&self, name: &str) -> Option<T> {
        digits(self.raw(name)?)
    }

    /// A text in which nothing is escaped.
    fn text(&self, name: &str) -> Option<&str> {
        text(self.raw(name)?)
    }

    /// A field that need not be there: nothing in it is nothing, and what cannot be read spoils the record.
    #[expect(clippy::option_option, reason = "unreadable, or absent")]
    fn unless_null<'s, T>(
        &'s self,
        name: &str,
        read: impl FnOnce(&'s Self, &str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.raw(name) {
            None | Some("null") => Some(None),
            Some(_) => read(self, name).map(Some),
        }
    }
}

fn of(official: &str, line: &str) -> Option<Line> {
    let (name, line) = line.split_once('/')?;
    Some(Line {
        file: file(official, name)?,
        number: digits(line)?,
    })
}

fn file(official: &str, name: &str) -> Option<File> {
    if official.len() != 13 || name.len() != 16 {
        return None;
    }
    Some(File {
        official: digits(official)?,
        name: u64::from_str_radix(name, 16).ok()?,
    })
}

/// What stands between quotation marks, if nothing in it is escaped.
fn text(json: &str) -> Option<&str> {
    let text = json.strip_prefix('"')?.strip_suffix('"')?;
    (!text.contains('\\')).then_some(text)
}

fn digits<T: FromStr>(text: &str) -> Option<T> {
    let are_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok())?
}
