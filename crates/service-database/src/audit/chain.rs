//! The hash of a row.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::AuditEntry;

/// A SHA-256.
pub(super) type Hash = Vec<u8>;

/// The previous hash of the first row.
pub(super) const START: [u8; 32] = [0; 32];

/// SHA-256 over the hash of the row before and this row: a JSON array without white space, the time in whole
/// microseconds since 1970. Anybody can recompute it.
pub(super) fn hash(previous: &[u8], seq: i64, act: &AuditEntry) -> Hash {
    let row = json!([
        seq,
        act.at.as_microsecond(),
        act.who,
        act.role,
        act.what,
        act.target,
        act.address,
        act.outcome
    ]);
    let mut hash = Sha256::new();
    hash.update(previous);
    hash.update(row.to_string());
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_what_anybody_computes() {
        let act = AuditEntry {
            who: "ana@example.org".to_owned(),
            role: "administrator".to_owned(),
            what: "delete".into(),
            target: "a \"b\" ž".to_owned(),
            address: "192.0.2.1".to_owned(),
            outcome: "success".to_owned(),
            at: "2026-06-16T15:55:46.123456Z".parse().unwrap(),
        };
        let by_hand = r#"[7,1781625346123456,"ana@example.org","administrator","delete","a \"b\" ž","192.0.2.1","success"]"#;
        let mut whole = START.to_vec();
        whole.extend_from_slice(by_hand.as_bytes());
        assert_eq!(hash(&START, 7, &act), Sha256::digest(whole).to_vec());
    }
}
