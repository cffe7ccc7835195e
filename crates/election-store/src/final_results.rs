//! Final results, as they are stored.

use std::collections::BTreeMap;

use ballot_records::ElectionId;
use jiff::Timestamp;
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use crate::StoreError;
use crate::row::KeyedRow;

/// A result that nothing changes any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalResult {
    /// The election.
    pub election: ElectionId,
    /// The [official result](tally::OfficialResult) as canonical JSON.
    pub text: String,
    /// The SHA-256 that is stored with it.
    pub sha256: Vec<u8>,
    /// By partition, the offset of the first record that it does not stand on.
    pub offsets: BTreeMap<i32, i64>,
    /// When it was stored.
    pub finalised_at: Timestamp,
}

/// The final result of an election, if it is stored.
///
/// # Errors
/// Where PostgreSQL does not answer, or the row is unreadable.
pub async fn find(
    client: &Client,
    election: ElectionId,
) -> Result<Option<FinalResult>, StoreError> {
    let sql = "SELECT result, sha256, offsets, finalised_at FROM final_results WHERE election::bigint = $1";
    let row = client.query_opt(sql, &[&i64::from(election)]).await?;
    row.map(|row| {
        let row = KeyedRow {
            row: &row,
            table: "final_results",
            key: format!("election {election}"),
        };
        let Json(offsets) = row.get("offsets")?;
        Ok(FinalResult {
            election,
            text: row.get("result")?,
            sha256: row.get("sha256")?,
            offsets,
            finalised_at: row.get("finalised_at")?,
        })
    })
    .transpose()
}
