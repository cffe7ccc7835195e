//! What stands twice in a file of voters, or is another voter's already: a sentence each, without the values.

use std::collections::BTreeMap;

use tokio_postgres::Transaction;

use crate::error::{NAMED_CONFLICTS, RollError};

/// Identities that are known: those of the roll, and the guids that voters had before.
const KNOWN: [(&str, &str); 2] = [
    ("personal_id", "SELECT personal_id FROM dim_voters"),
    (
        "guid",
        "SELECT guid FROM dim_voters UNION ALL SELECT guid FROM former_guids",
    ),
];

/// Refuses what was staged where one identity is there twice, or is known already.
pub(super) async fn refuse(transaction: &Transaction<'_>) -> Result<(), RollError> {
    refuse_where(transaction, "HAVING count(*) > 1 OR bool_or(is_known)").await
}

/// Refuses what was staged where one identity is there twice.
pub(super) async fn refuse_repeated(transaction: &Transaction<'_>) -> Result<(), RollError> {
    refuse_where(transaction, "HAVING count(*) > 1").await
}

async fn refuse_where(transaction: &Transaction<'_>, having: &str) -> Result<(), RollError> {
    let mut found = BTreeMap::new();
    for (column, known) in KNOWN {
        // For each value: the lines that have it, and whether it is known.
        let query = format!(
            "SELECT array_agg(line ORDER BY line), bool_or(is_known)
             FROM (SELECT line, incoming.{column}, known.{column} IS NOT NULL AS is_known
                   FROM incoming LEFT JOIN ({known}) known USING ({column})) marked
             GROUP BY {column} {having}
             ORDER BY min(line) LIMIT {}",
            NAMED_CONFLICTS + 1
        );
        for row in transaction.query(&query, &[]).await? {
            let lines: Vec<i64> = row.try_get(0)?;
            let is_known: bool = row.try_get(1)?;
            let first = lines.first().copied().unwrap_or_default();
            found.insert((first, column), sentence(column, &lines, is_known));
        }
    }
    let more = found.len() > NAMED_CONFLICTS;
    let mut sentences: Vec<_> = found.into_values().take(NAMED_CONFLICTS).collect();
    if more {
        sentences.push("and more".to_owned());
    }
    if sentences.is_empty() {
        Ok(())
    } else {
        Err(RollError::Conflicts(sentences))
    }
}

fn sentence(column: &str, lines: &[i64], is_known: bool) -> String {
    let listed = lines
        .iter()
        .take(10)
        .map(i64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    match (lines.len(), is_known) {
        (1, _) => format!("line {listed}: the {column} is on the roll already"),
        (_, true) => format!("lines {listed} have the same {column}, which is on the roll already"),
        (_, false) => format!("lines {listed} have the same {column}"),
    }
}
