//! One result as it was published, in all the forms in which it is sent.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ElectionId;

/// A result, encoded once for all recipients.
#[derive(Debug)]
pub(crate) struct PublishedResult {
    summary: Summary,
    json: Bytes,
    event: Bytes,
    entity_tag: String,
}

/// The fields of a result that the feed itself reads; the rest is forwarded unread.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Summary {
    pub(crate) election: ElectionId,
    pub(crate) title: String,
    /// Whether the candidates are persons (one winner) rather than lists.
    pub(crate) individual: bool,
    pub(crate) created: Timestamp,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// `live`, or `after-close`: then votes are not shown until the result is final.
    pub(crate) publication: String,
    /// Every partition of the log is closed: nothing can change any more.
    pub(crate) r#final: bool,
    /// When it was cancelled, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cancelled: Option<Timestamp>,
    /// The sum of the partitions' offsets counted; grows with every record.
    pub(crate) position: u64,
}

impl PublishedResult {
    /// Reads a result and encodes it for sending.
    ///
    /// # Errors
    /// If the bytes are not the JSON of a result.
    pub(crate) fn parse(json: Bytes) -> serde_json::Result<Self> {
        let summary: Summary = serde_json::from_slice(&json)?;
        let event = encode_event(summary.position, &json);
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        let entity_tag = format!("{}-{:016x}", summary.position, hasher.finish());
        Ok(Self {
            summary,
            json,
            event,
            entity_tag,
        })
    }

    pub(crate) fn election(&self) -> ElectionId {
        self.summary.election
    }

    pub(crate) fn position(&self) -> u64 {
        self.summary.position
    }

    pub(crate) fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The JSON, byte for byte as published.
    pub(crate) fn json(&self) -> &Bytes {
        &self.json
    }

    /// The server-sent event, ready for the wire.
    pub(crate) fn event(&self) -> &Bytes {
        &self.event
    }

    /// Changes when, and only when, the bytes do; begins with the position.
    pub(crate) fn entity_tag(&self) -> &str {
        &self.entity_tag
    }

    /// Whether this should be shown in place of `shown`.
    pub(crate) fn supersedes(&self, shown: &Self) -> bool {
        self.position() > shown.position()
            || (self.position() == shown.position() && self.json != shown.json)
    }
}

/// One event of the HTML standard's event stream: the id is the position, the data is the JSON.
///
/// A line break in the JSON (which can be white space only) starts another `data` line.
fn encode_event(position: u64, json: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(json.len() + 40);
    event.extend_from_slice(format!("id: {position}\n").as_bytes());
    for line in json.split(|&byte| byte == b'\n' || byte == b'\r') {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event.into()
}

/// A small result for unit tests.
#[cfg(test)]
pub(crate) fn sample(election: ElectionId, position: u64, title: &str) -> PublishedResult {
    let json = format!(
        r#"{{"election":{election},"title":"{title}","individual":false,"created":"2026-06-16T15:00:00Z","start":"2026-06-16T15:00:00Z","end":"2026-06-16T20:00:00Z","publication":"live","final":false,"position":{position}}}"#
    );
    PublishedResult::parse(json.into()).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_carries_the_position_and_the_json() {
        assert_eq!(encode_event(7, br#"{"a":1}"#), "id: 7\ndata: {\"a\":1}\n\n");
    }

    #[test]
    fn no_line_break_of_the_json_ends_the_event() {
        let event = encode_event(7, b"{\n\n\"a\":\r\n1}");
        assert_eq!(
            event,
            "id: 7\ndata: {\ndata: \ndata: \"a\":\ndata: \ndata: 1}\n\n"
        );
    }

    #[test]
    fn a_result_must_say_what_it_is_of() {
        assert!(PublishedResult::parse("{}".into()).is_err());
        assert!(PublishedResult::parse("[".into()).is_err());
        assert_eq!(sample(3, 9, "").election(), 3);
        assert!(sample(3, 9, "").entity_tag().starts_with("9-"));
    }
}
