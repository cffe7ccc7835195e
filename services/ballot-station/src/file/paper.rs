//! What a line of the file says: which ballot, and what it chose.

use ballot_log::Choice;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::csv::Line;

/// A well-formed line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaperBallot {
    /// Which ballot.
    pub(crate) guid: Uuid,
    /// The poll number on it, which need not exist.
    pub(crate) choice: Choice,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    NumberOfValues,
    PollNumber,
}

impl PaperBallot {
    /// Reads a line. A value that is longer than values may be counts as missing.
    pub(crate) fn read(line: &Line) -> Result<Self, Mistake> {
        let [guid, choice] = line.pair().ok_or(Mistake::NumberOfValues)?;
        let guid = guid.get().ok_or(Mistake::NumberOfValues)?;
        let choice = choice.get().and_then(poll_number);
        Ok(Self {
            guid: ballot_guid(guid),
            choice: choice.ok_or(Mistake::PollNumber)?,
        })
    }
}

/// A whole number above 0, with blanks around it or not. One that no record can hold becomes the greatest
/// that a record can: nobody stands under either.
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

/// The ballot's GUID, however it is written: in capitals, in braces, without hyphens.
///
/// The rules of the file refuse no other text, so a ballot that bears one has to count, once. It goes by a
/// GUID made from the text: a UUID of version 8 (RFC 9562: made as the application likes) that holds the
/// first bytes of SHA-256 over `urna paper ballot:` and the text without the blanks around it. The same text
/// is the same ballot everywhere and for ever, and anyone with the file can tell which line a GUID stands for.
fn ballot_guid(text: &[u8]) -> Uuid {
    let text = text.trim_ascii();
    Uuid::try_parse_ascii(text).unwrap_or_else(|_| {
        let hash = Sha256::new_with_prefix(b"urna paper ballot:").chain_update(text);
        let mut bytes = [0; 16];
        for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
            *byte = hashed;
        }
        Builder::from_custom_bytes(bytes).into_uuid()
    })
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(ballot_guid(text.as_bytes()), guid, "{text}");
        }
    }

    #[test]
    fn any_other_text_has_a_guid_of_its_own_for_ever() {
        // The first bytes of `printf 'urna paper ballot:ballot 7' | sha256sum`, with version and variant set.
        let guid = ballot_guid(b"ballot 7");
        assert_eq!(guid.get_version_num(), 8);
        assert_eq!(ballot_guid(b" ballot 7 "), guid);
        assert_ne!(ballot_guid(b"ballot 8"), guid);
        assert_eq!(ballot_guid(b""), ballot_guid(b" "));
        assert_eq!(guid.to_string(), "412c1a7e-d517-882d-ba52-c58171dc18fe");
    }
}
