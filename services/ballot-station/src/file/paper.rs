//! The content of a line: which ballot, and its choice.

use ballot_log::Choice;
use uuid::Uuid;

use super::csv::{Line, Value};

/// A well-formed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaperBallot {
    /// Which ballot.
    pub(crate) guid: Uuid,
    /// The poll number on it, which may not exist.
    pub(crate) choice: Choice,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    NumberOfValues,
    Guid,
    PollNumber,
}

/// What is wrong with a line, and what was probably meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) mistake: Mistake,
    pub(crate) hint: Option<Hint>,
}

impl Wrong {
    /// Without a hint.
    pub(crate) fn plain(mistake: Mistake) -> Self {
        let hint = None;
        Self { mistake, hint }
    }
}

/// What a malformed line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    Semicolons,
    Tabs,
    Thousands,
    Quotes,
    Header,
    Utf16,
}

impl Hint {
    /// In words, for the official.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Semicolons => {
                "The values look separated by semicolons: separate them by a comma."
            }
            Self::Tabs => "The values look separated by tabs: separate them by a comma.",
            Self::Thousands => {
                "The poll number looks written with a comma between thousands: write digits only."
            }
            Self::Quotes => {
                "A quotation mark on this line is not closed, or has text behind it: remove it."
            }
            Self::Header => "The line looks like a header: the file has none.",
            Self::Utf16 => "The file looks like UTF-16: save it as CSV in UTF-8.",
        }
    }

    /// The hint for a line, if it looks like a known mistake.
    fn of(line: &Line) -> Option<Self> {
        let [first, rest @ ..] = line.kept() else {
            return None;
        };
        let holds = |wanted: u8| {
            line.kept()
                .iter()
                .any(|value| value.raw().contains(&wanted))
        };
        let is_text = |value: &Value| {
            let text = value.raw().trim_ascii();
            text.first().is_some_and(u8::is_ascii_alphabetic)
        };
        if holds(0) {
            return Some(Self::Utf16);
        }
        if line.is_broken() {
            return Some(Self::Quotes);
        }
        match rest {
            [] if holds(b';') => Some(Self::Semicolons),
            [] if holds(b'\t') => Some(Self::Tabs),
            [number] if is_text(first) && is_text(number) => Some(Self::Header),
            [_, thousands] if line.number_of_values() == 3 => {
                let digits = thousands.raw().trim_ascii();
                let are_three = digits.len() == 3 && digits.iter().all(u8::is_ascii_digit);
                are_three.then_some(Self::Thousands)
            }
            _ => None,
        }
    }
}

impl PaperBallot {
    /// Reads a line. A value that is too long counts as missing.
    pub(crate) fn read(line: &Line) -> Result<Self, Wrong> {
        Self::parse(line).map_err(|mistake| Wrong {
            mistake,
            hint: Hint::of(line),
        })
    }

    fn parse(line: &Line) -> Result<Self, Mistake> {
        let [guid, choice] = line.pair().ok_or(Mistake::NumberOfValues)?;
        let guid = guid.get().ok_or(Mistake::NumberOfValues)?;
        let guid = ballot_guid(guid).ok_or(Mistake::Guid)?;
        let choice = choice.get().and_then(poll_number);
        Ok(Self {
            guid,
            choice: choice.ok_or(Mistake::PollNumber)?,
        })
    }
}

/// A whole number above 0, possibly surrounded by blanks. A number too large for a record becomes the largest
/// that fits: no candidate has either.
fn poll_number(text: &[u8]) -> Option<Choice> {
    let text = text.trim_ascii();
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let append = |number: Choice, digit: &u8| {
        number
            .saturating_mul(10)
            .saturating_add(Choice::from(digit - b'0'))
    };
    Some(digits.iter().fold(0, append)).filter(|number| *number > 0)
}

/// The ballot's GUID, in any of the forms that UUIDs are written in: capitals, braces, without hyphens. Blanks around
/// it are allowed; with anything else, even an invisible character, it is not a GUID.
fn ballot_guid(text: &[u8]) -> Option<Uuid> {
    let text = text.trim_ascii();
    let in_braces = text
        .strip_prefix(b"{")
        .and_then(|text| text.strip_suffix(b"}"));
    let digits = in_braces.unwrap_or(text);
    let is_plain = matches!(digits.len(), 32 | 36) && !digits.contains(&b'{');
    is_plain.then(|| Uuid::try_parse_ascii(digits).ok())?
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::csv::Splitter;
    use super::*;

    #[test]
    fn a_poll_number_is_a_whole_number_above_zero() {
        for (text, number) in [
            ("1", 1),
            (" 2\t", 2),
            ("007", 7),
            ("+3", 3),
            ("18446744073709551615", Choice::MAX),
            ("18446744073709551616", Choice::MAX),
            ("99999999999999999999999999999999", Choice::MAX),
        ] {
            assert_eq!(poll_number(text.as_bytes()), Some(number), "{text}");
        }
        for text in [
            "", " ", "0", "000", "-1", "-0", "+", "++1", "1.0", "1e3", "1 2", "0x1", "a", "١",
            "1_000", "\u{a0}1",
        ] {
            assert_eq!(poll_number(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_guid_is_the_same_however_it_is_written() {
        let guid = Uuid::from_u128(0x28f8_a8e0_f4c7_4e3f_93fb_2f95_c53b_fe4b);
        for text in [
            "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b",
            " 28F8A8E0-F4C7-4E3F-93FB-2F95C53BFE4B\t",
            "{28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b}",
            "28f8a8e0f4c74e3f93fb2f95c53bfe4b",
            "{28F8A8E0F4C74E3F93FB2F95C53BFE4B}",
        ] {
            assert_eq!(ballot_guid(text.as_bytes()), Some(guid), "{text}");
        }
    }

    #[test]
    fn no_other_text_is_a_guid() {
        let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
        let with = |invisible: &str| format!("{guid}{invisible}");
        for text in [
            "",
            " ",
            "TOTAL",
            "#N/A",
            "0",
            "ballot 7",
            "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4",
            "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b0",
            "28f8a8e0f-4c7-4e3f-93fb-2f95c53bfe4b",
            "{28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b",
            "{{28f8a8e0f4c74e3f93fb2f95c53bfe4b}}",
            "g8f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b",
            // Typographic hyphens, a Cyrillic е, full-width digits.
            "28f8a8e0\u{2010}f4c7\u{2010}4e3f\u{2010}93fb\u{2010}2f95c53bfe4b",
            "28f8a8\u{435}0-f4c7-4e3f-93fb-2f95c53bfe4b",
            "\u{ff12}8f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b",
            &with("\u{a0}"),
            &with("\u{feff}"),
            &with("\u{200b}"),
            &with("\u{ad}"),
            &with("\0"),
            &with("\""),
        ] {
            assert_eq!(ballot_guid(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_hint_says_what_was_probably_meant() {
        let guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b";
        for (file, mistake, hint) in [
            (
                format!("{guid};1"),
                Mistake::NumberOfValues,
                Some(Hint::Semicolons),
            ),
            (
                format!("{guid}\t1"),
                Mistake::NumberOfValues,
                Some(Hint::Tabs),
            ),
            (
                format!("{guid},1,000"),
                Mistake::NumberOfValues,
                Some(Hint::Thousands),
            ),
            (
                format!("\"{guid},1"),
                Mistake::NumberOfValues,
                Some(Hint::Quotes),
            ),
            (
                "ballot,poll number".to_owned(),
                Mistake::Guid,
                Some(Hint::Header),
            ),
            (
                "\u{fffd}b\0,\u{0}1".to_owned(),
                Mistake::Guid,
                Some(Hint::Utf16),
            ),
            ("TOTAL,3".to_owned(), Mistake::Guid, None),
            (format!("{guid},1,1"), Mistake::NumberOfValues, None),
            (guid.to_owned(), Mistake::NumberOfValues, None),
            (format!("{guid},x"), Mistake::PollNumber, None),
        ] {
            let mut seen = None;
            let mut see = |line: &Line| {
                seen = Some(PaperBallot::read(line));
                Ok::<_, Infallible>(())
            };
            let mut splitter = Splitter::new();
            splitter.take(file.as_bytes(), &mut see).unwrap();
            splitter.finish(&mut see).unwrap();
            assert_eq!(
                seen.unwrap().unwrap_err(),
                Wrong { mistake, hint },
                "{file}"
            );
        }
    }
}
