//! Definitions that this version cannot read: those of newer rules, or of a newer log, while programs are updated.

use jiff::Timestamp;
use serde_json::Value;

use crate::ElectionId;
use crate::definition::{Election, ElectionDefinition};

/// An election whose votes this version must neither take nor count, because it does not know the election's rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the definition of election {id} cannot be read by this version ({reason}): update the program"
)]
pub struct UnreadableElection {
    /// Its number.
    pub id: ElectionId,
    /// What is wrong.
    pub reason: String,
    /// When it opens and closes, if that can be read.
    times: Option<(Timestamp, Timestamp)>,
    /// It was cancelled: there will be no votes for it.
    pub is_cancelled: bool,
}

impl UnreadableElection {
    /// Whether it may be open at this time (milliseconds since 1970), by clocks that differ by `tolerance_ms`.
    pub fn may_be_open_at(&self, time_ms: i64, tolerance_ms: i64) -> bool {
        let may_be_open = |(start, end): (Timestamp, Timestamp)| {
            start.as_millisecond() - tolerance_ms <= time_ms
                && time_ms <= end.as_millisecond() + tolerance_ms
        };
        !self.is_cancelled && self.times.is_none_or(may_be_open)
    }
}

/// Reads a record of the topic `elections`. `None` if it does not name an election.
///
/// # Errors
/// If it defines an election in a form that this version does not know.
pub fn read(key: Option<&[u8]>, value: &[u8]) -> Option<Result<Election, UnreadableElection>> {
    let reason = match serde_json::from_slice::<ElectionDefinition>(value) {
        Ok(definition) => return Some(Ok(Election::new(definition))),
        Err(error) => error.to_string(),
    };
    let value: Value = serde_json::from_slice(value).unwrap_or_default();
    let key = || std::str::from_utf8(key?).ok()?.parse().ok();
    let named = value["id"]
        .as_u64()
        .and_then(|id| ElectionId::try_from(id).ok());
    let time = |field: &str| value[field].as_str()?.parse::<Timestamp>().ok();
    Some(Err(UnreadableElection {
        id: named.or_else(key)?,
        reason,
        times: time("start").zip(time("end")),
        is_cancelled: !value["cancelled"].is_null(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READABLE: &str = r#"{"id":7,"title":"T","created":"1970-01-01T00:00:00Z","start":"1970-01-01T00:00:10Z",
        "end":"1970-01-01T00:00:20Z","individual":false,"rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
        "participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"B"}]}"#;

    fn unreadable(key: &str, value: &str) -> UnreadableElection {
        read(Some(key.as_bytes()), value.as_bytes())
            .unwrap()
            .unwrap_err()
    }

    #[test]
    fn what_a_newer_version_wrote_is_named_with_its_times() {
        assert!(read(Some(b"7"), READABLE.as_bytes()).unwrap().is_ok());
        for newer in [
            READABLE.replace("dhondt", "of_tomorrow"),
            READABLE.replace(r#""id":7,"#, r#""id":7,"log":3,"#),
            READABLE.replace(r#""id":7,"#, r#""id":7,"of_tomorrow":[],"#),
            READABLE.replace(r#""name":"B""#, r#""name":"B","of_tomorrow":1"#),
        ] {
            let election = unreadable("7", &newer);
            assert_eq!(election.id, 7);
            for (time_ms, may_be_open) in [
                (8_999, false),
                (9_000, true),
                (21_000, true),
                (21_001, false),
            ] {
                assert_eq!(
                    election.may_be_open_at(time_ms, 1_000),
                    may_be_open,
                    "{time_ms}"
                );
            }
        }
    }

    #[test]
    fn what_was_cancelled_is_never_open() {
        let newer = READABLE.replace(
            r#""id":7,"#,
            r#""id":7,"log":9,"cancelled":{"by":"of tomorrow"},"#,
        );
        let election = unreadable("7/cancelled", &newer);
        assert!(!election.may_be_open_at(15_000, 1_000));
    }

    #[test]
    fn without_times_it_may_be_open_at_any_moment() {
        for value in [r#"{"start":"tomorrow"}"#, "junk", ""] {
            let election = unreadable("9", value);
            assert!(election.id == 9 && election.may_be_open_at(0, 0));
        }
        assert!(read(Some(b"no number"), b"junk").is_none());
        assert!(read(None, b"junk").is_none());
    }
}
