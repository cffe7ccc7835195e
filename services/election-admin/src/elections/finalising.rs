//! Results that wait for the word of an administrator.

use ballot_log::definition::Finalise;
use ballot_log::{ElectionDefinition, ElectionId};
use jiff::Timestamp;
use service_database::audit::{self, AuditEntry};
use tokio_postgres::Client;

/// Whether the result has to wait: whatever is withdrawn or sent meanwhile, nothing is closed.
///
/// # Errors
/// Where PostgreSQL does not answer.
pub async fn has_to_wait(client: &Client, definition: &ElectionDefinition) -> anyhow::Result<bool> {
    Ok(match definition.finalise {
        Finalise::Automatic => false,
        Finalise::Manual => find(client, definition.id).await?.is_none(),
    })
}

/// When an administrator let the result become final.
///
/// # Errors
/// Where PostgreSQL does not answer.
pub async fn find(client: &Client, election: ElectionId) -> anyhow::Result<Option<Timestamp>> {
    let sql = "SELECT at FROM finalisations WHERE election::bigint = $1";
    let row = client.query_opt(sql, &[&i64::from(election)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Lets the result become final, and writes the act down; says since when it may, as the word is given once.
///
/// # Errors
/// Where PostgreSQL does not take it.
pub async fn finalise(
    client: &mut deadpool_postgres::Object,
    election: ElectionId,
    act: &AuditEntry,
) -> anyhow::Result<Timestamp> {
    let transaction = client.transaction().await?;
    let sql = "INSERT INTO finalisations (election, who)
               SELECT id, $2 FROM elections WHERE id::bigint = $1 ON CONFLICT DO NOTHING";
    let id = i64::from(election);
    let is_new = transaction.execute(sql, &[&id, &act.who]).await? == 1;
    if is_new {
        audit::append(&transaction, act).await?;
    }
    let sql = "SELECT at FROM finalisations WHERE election::bigint = $1";
    let at = transaction.query_one(sql, &[&id]).await?.try_get(0)?;
    transaction.commit().await?;
    Ok(at)
}
