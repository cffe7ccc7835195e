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

/// What a record says, as far as it can be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Said {
    Nothing,
    Close {
        election: u32,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) official: u64,
    pub(super) file: u64,
    pub(super) number: u32,
}

/// What a record says.
pub(super) fn read(bytes: &[u8]) -> Said {
    let fields: Option<Fields> = serde_json::from_slice(bytes).ok();
    let said = fields.and_then(|fields| fields.read());
    said.unwrap_or(Said::Nothing)
}

/// A JSON object, with the text of each field that means something. A field that is there twice means nothing at all.
struct Fields(HashMap<&'static str, Box<RawValue>>);

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
                while let Some(name) = map.next_key::<String>()? {
                    let Some(known) = KNOWN.into_iter().find(|known| *known == name) else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    if fields.insert(known, map.next_value()?).is_some() {
                        return Err(A::Error::custom("twice"));
                    }
                }
                Ok(Fields(fields))
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
        let district = if self.0.contains_key("district") {
            self.digits("district")?
        } else {
            0
        };
        let official = self.unless_null("official", Self::text)?;
        let line = self.unless_null("line", Self::text)?;
        let close = self.unless_null("close", |fields, name| fields.raw(name)?.parse().ok())?;
        if self.digits::<u32>("v")? != 1 {
            return None;
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

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.get())
    }

    /// A whole number without a sign.
    fn digits<T: FromStr>(&self, name: &str) -> Option<T> {
        digits(self.raw(name)?)
    }

    /// A text in which nothing is escaped.
    fn text(&self, name: &str) -> Option<&str> {
        let text = self.raw(name)?.strip_prefix('"')?.strip_suffix('"')?;
        (!text.contains('\\')).then_some(text)
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
    let (file, line) = line.split_once('/')?;
    if official.len() != 13 || file.len() != 16 {
        return None;
    }
    Some(Line {
        official: digits(official)?,
        file: u64::from_str_radix(file, 16).ok()?,
        number: digits(line)?,
    })
}

fn digits<T: FromStr>(text: &str) -> Option<T> {
    let are_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits.then(|| text.parse().ok())?
}
