//! The content of the topic `acts`: what officials did at ballot stations.
//!
//! A ballot station has no database. It writes acts to the log, and election-admin copies them from there to
//! its audit log. The format never changes: a new one gets a new `v`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::ElectionId;
use crate::record::{District, Unreadable};

const VERSION: u32 = 1;

/// What an official did, including refusals. It never contains the choice of a ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    v: u32,
    /// When, by the clock of the ballot station.
    pub at: Timestamp,
    /// Who: the e-mail address of the account. Also the record's key.
    pub who: String,
    /// In which role; an act that the role does not allow is a refusal.
    pub role: String,
    /// What was asked for, such as `vote`.
    pub what: String,
    /// To what, in words.
    pub target: String,
    /// From where: the address that the request came from.
    pub address: String,
    /// What came of it: `success`, `discarded`, `refusal` or `failure`; `received` before the first ballot of a file is
    /// put into the log.
    pub outcome: String,
    /// The reason; for a success, which lines do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The official's jmbg.
    pub jmbg: String,
    /// The election that was open, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub election: Option<ElectionId>,
    /// SHA-256 of the file that was sent, in hex, if all of it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How many lines the file has, if all of it arrived and every line is well formed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<u32>,
    /// Lines that the log received before the election was open, once all are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_early: Option<u32>,
    /// Lines that the log received after the end, once all are in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_late: Option<u32>,
    /// The constituency that the ballots were given for, if one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constituency: Option<District>,
}

impl Act {
    /// The outcome of a file whose ballots are about to be put into the log.
    pub const RECEIVED: &str = "received";
    /// The outcome of a file whose ballots are all in the log.
    pub const SUCCESS: &str = "success";
    /// The outcome of a file of which nothing counts: for no open election, or all of it too early or too late.
    pub const DISCARDED: &str = "discarded";

    /// An act of now, with no target, no outcome and nothing optional yet.
    pub fn new(who: String, role: &str, jmbg: String, what: &str, address: String) -> Self {
        Self {
            v: VERSION,
            at: Timestamp::now(),
            who,
            role: role.to_owned(),
            what: what.to_owned(),
            target: String::new(),
            address,
            outcome: String::new(),
            detail: None,
            jmbg,
            election: None,
            file: None,
            lines: None,
            too_early: None,
            too_late: None,
            constituency: None,
        }
    }

    /// The name of the file that an official brought for an election: however often it is sent, it is one batch.
    pub fn batch(&self) -> Option<String> {
        let file = self.file.as_ref()?;
        let named = format!("{}:{}:{file}", self.election?, self.jmbg);
        let sha256: [u8; 32] = Sha256::digest(named.as_bytes()).into();
        let id: [u8; 16] = sha256.first_chunk().copied()?;
        Some(Uuid::from_bytes(id).simple().to_string())
    }

    /// The act as it stands in the log.
    ///
    pub fn encode(&self) -> Vec<u8> {
        #[expect(
            clippy::expect_used,
            reason = "texts and numbers can be written as JSON"
        )]
        serde_json::to_vec(self).expect("an act as JSON")
    }

    /// Reads an act.
    ///
    /// # Errors
    /// [`Unreadable`] if a field is missing or of another type, or the version is unknown.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let act: Self = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        if act.v == VERSION {
            Ok(act)
        } else {
            Err(Unreadable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_has_exactly_the_published_form() {
        let full = r#"{"v":1,"at":"2026-06-16T15:55:46Z","who":"o@example.rs","role":"official","what":"vote","target":"election 7","address":"127.0.0.1","outcome":"success","jmbg":"0101994704401","election":7,"file":"9f2c","lines":3}"#;
        let act = Act::decode(full.as_bytes()).unwrap();
        assert_eq!(act.encode(), full.as_bytes());
        assert_eq!(act.batch().unwrap().len(), 32);
        let bare = Act {
            election: None,
            file: None,
            lines: None,
            constituency: None,
            outcome: "refusal".to_owned(),
            detail: Some("Field file is missing.".to_owned()),
            ..act
        };
        assert_eq!(Act::decode(&bare.encode()), Ok(bare));
    }

    #[test]
    fn an_act_of_another_version_is_unreadable() {
        let later = r#"{"v":2,"at":"2026-06-16T15:55:46Z","who":"","role":"","what":"","target":"","address":"","outcome":"","jmbg":""}"#;
        assert_eq!(Act::decode(later.as_bytes()), Err(Unreadable));
        assert_eq!(Act::decode(b"{}"), Err(Unreadable));
    }
}
