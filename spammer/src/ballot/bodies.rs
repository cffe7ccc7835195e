//! The bodies of requests: valid votes and invalid ones.

use bytes::Bytes;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Paper, Voter, mix};

/// Separates the strangers' data from the other uses of the seed.
const STRANGERS: u64 = 0x5742;

/// Makes request bodies from parts that are converted to JSON only once.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    seed: u64,
    /// `,"candidate":"…"}` for each candidate, with the election if one was given.
    endings: Vec<Vec<u8>>,
}

impl Bodies {
    pub(crate) fn new(paper: &Paper, election: Option<u32>, seed: u64) -> Self {
        let election = election.map_or_else(String::new, |id| format!(r#","election":{id}"#));
        let endings = paper
            .candidates
            .iter()
            .map(|candidate| {
                let name = Value::from(candidate.name.as_str());
                format!(r#","candidate":{name}{election}}}"#).into_bytes()
            })
            .collect();
        Self { seed, endings }
    }

    /// The vote of `voter` for the candidate at `choice`.
    pub(crate) fn vote(&self, voter: &Voter, choice: usize) -> Bytes {
        let mut guid = Uuid::encode_buffer();
        let guid = voter.guid.hyphenated().encode_lower(&mut guid);
        self.body(&voter.personal_id, guid.as_bytes(), choice)
    }

    /// A vote of somebody who is not on the roll. In turn: an unknown GUID, a voter's GUID with a wrong
    /// personal id, and no GUID at all. The personal ids belong to nobody, so that no real voter is locked out
    /// after too many failed attempts.
    pub(crate) fn strangers(&self, number: u32, a_voter: &Voter) -> Bytes {
        let draw = |part| mix(self.seed, STRANGERS + part, u64::from(number));
        let personal_id = format!("{:011}", draw(0) % 100_000_000_000);
        let guid = match number % 3 {
            0 => {
                let bits = u128::from(draw(1)) << 64 | u128::from(draw(2));
                uuid::Builder::from_random_bytes(bits.to_be_bytes())
                    .into_uuid()
                    .to_string()
            }
            1 => a_voter.guid.to_string(),
            _ => format!("nobody-{number}"),
        };
        self.body(personal_id.as_bytes(), guid.as_bytes(), 0)
    }

    fn body(&self, personal_id: &[u8], guid: &[u8], choice: usize) -> Bytes {
        let ending = &self.endings[choice];
        let mut body = Vec::with_capacity(80 + ending.len());
        body.extend_from_slice(br#"{"personal_id":""#);
        body.extend_from_slice(personal_id);
        body.extend_from_slice(br#"","guid":""#);
        body.extend_from_slice(guid);
        body.push(b'"');
        body.extend_from_slice(ending);
        Bytes::from(body)
    }

    /// Something that is not a vote: not JSON, or JSON with a field missing or of the wrong type.
    pub(crate) fn malformed(number: u32) -> Bytes {
        let personal_id = "00000000000";
        let guid = Uuid::from_u128(u128::from(number)).to_string();
        let json = match number % 10 {
            0 => return Bytes::new(),
            1 => return Bytes::from_static(b"{\"personal_id\":\"00000000000\",\"guid\":"),
            2 => return Bytes::from_static(b"personal_id=00000000000&candidate=1"),
            3 => return Bytes::from_static(b"\xff\xfe{}"),
            4 => json!([personal_id, guid, 1]),
            5 => json!({"personal_id": personal_id, "guid": guid}),
            6 => json!({"personal_id": personal_id, "candidate": "1"}),
            7 => json!({"guid": guid, "candidate": "1"}),
            8 => json!({"personal_id": 7, "guid": guid, "candidate": "1"}),
            _ => json!({"personal_id": personal_id, "guid": guid, "candidate": {"name": "1"}}),
        };
        Bytes::from(json.to_string())
    }
}

#[cfg(test)]
mod tests {
    use crate::result::Results;

    use super::*;

    fn bodies(election: Option<u32>) -> Bodies {
        let results: Results = serde_json::from_value(json!({
            "election": 7, "title": "", "publication": "live", "final": false, "position": 0,
            "records": 0, "counted": 0, "repeated": 0, "rejected": {},
            "candidates": [{"poll_number": 1, "name": "Ana \"A\" \\ Ćirić", "votes": 0}],
            "outcome": null,
        }))
        .unwrap();
        Bodies::new(&Paper::new(&results, None).unwrap(), election, 1)
    }

    fn voter() -> Voter {
        Voter {
            personal_id: *b"12345678901",
            guid: Uuid::from_u128(0xabc),
        }
    }

    #[test]
    fn a_vote_is_json_whatever_the_name() {
        let body: Value = serde_json::from_slice(&bodies(Some(7)).vote(&voter(), 0)).unwrap();
        let expected = json!({
            "personal_id": "12345678901", "guid": "00000000-0000-0000-0000-000000000abc",
            "candidate": "Ana \"A\" \\ Ćirić", "election": 7,
        });
        assert_eq!(body, expected);
        let body: Value = serde_json::from_slice(&bodies(None).vote(&voter(), 0)).unwrap();
        assert!(body.get("election").is_none());
    }

    #[test]
    fn strangers_are_well_formed_but_nobody() {
        for number in 0..30 {
            let body = bodies(None).strangers(number, &voter());
            let body: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["personal_id"].as_str().unwrap().len(), 11);
            assert_ne!(body["personal_id"], "12345678901");
        }
    }

    #[test]
    fn what_is_malformed_is_no_vote() {
        for number in 0..10 {
            let body = Bodies::malformed(number);
            let vote = serde_json::from_slice::<Value>(&body).is_ok_and(|body| {
                body["personal_id"].is_string()
                    && body["guid"].is_string()
                    && body["candidate"].is_string()
            });
            assert!(!vote, "{number}");
        }
    }
}
