//! Participants in PostgreSQL: those who may stand in elections.

use ballot_log::PollNumber;
use deadpool_postgres::Object;
use serde::Serialize;
use service_database::audit::{self, AuditEntry};
use tokio_postgres::{Client, Row, Transaction};

/// Number of a participant.
pub type ParticipantId = i32;

/// A party or a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Participant {
    /// Their number.
    pub id: ParticipantId,
    /// The name as on the ballot.
    pub name: String,
    /// True for a person, false for a party.
    pub individual: bool,
}

/// Reads the columns id, name, individual.
fn participant(row: &Row) -> anyhow::Result<Participant> {
    let read = || {
        Ok(Participant {
            id: row.try_get("id")?,
            name: row.try_get("name")?,
            individual: row.try_get("individual")?,
        })
    };
    read().map_err(|error: tokio_postgres::Error| {
        let id = row.try_get::<_, ParticipantId>("id");
        let which = id.map_or_else(|_| "?".to_owned(), |id| id.to_string());
        anyhow::Error::from(error).context(format!("row {which} of participants cannot be read"))
    })
}

/// Adds a participant. Two may have the same name.
///
/// # Errors
/// If PostgreSQL does not accept it.
pub async fn add(
    transaction: &Transaction<'_>,
    name: &str,
    individual: bool,
) -> Result<ParticipantId, tokio_postgres::Error> {
    let sql = "INSERT INTO participants (name, individual) VALUES ($1, $2) RETURNING id";
    let row = transaction.query_one(sql, &[&name, &individual]).await?;
    row.try_get(0)
}

/// Adds a participant together with its row in the audit log.
///
/// # Errors
/// If PostgreSQL does not accept it; then neither is stored.
pub async fn add_audited(
    mut client: Object,
    name: &str,
    individual: bool,
    mut act: AuditEntry,
) -> anyhow::Result<ParticipantId> {
    let transaction = client.transaction().await?;
    let id = add(&transaction, name, individual).await?;
    act.target = format!("participant {id}");
    audit::append(&transaction, &act).await?;
    transaction.commit().await?;
    Ok(id)
}

/// The participant of this name, added if missing.
///
/// # Errors
/// If PostgreSQL cannot be reached or does not accept it.
pub async fn find_or_add(
    transaction: &Transaction<'_>,
    name: &str,
    individual: bool,
) -> Result<ParticipantId, tokio_postgres::Error> {
    let sql = "SELECT id FROM participants WHERE name = $1 AND individual = $2 ORDER BY id LIMIT 1";
    match transaction.query_opt(sql, &[&name, &individual]).await? {
        Some(row) => row.try_get(0),
        None => add(transaction, name, individual).await,
    }
}

/// All participants, oldest first.
///
/// # Errors
/// If PostgreSQL cannot be reached, or a row cannot be read; the message names it.
pub async fn all(client: &Client) -> anyhow::Result<Vec<Participant>> {
    let sql = "SELECT id, name, individual FROM participants ORDER BY id";
    let rows = client.query(sql, &[]).await?;
    rows.iter().map(participant).collect()
}

/// Those of `ids` that exist, in the order of `ids`.
///
/// # Errors
/// If PostgreSQL cannot be reached.
pub async fn of_ids(
    transaction: &Transaction<'_>,
    ids: &[ParticipantId],
) -> anyhow::Result<Vec<Participant>> {
    let sql = "SELECT id, name, individual FROM unnest($1::integer[]) WITH ORDINALITY AS wanted (id, place)
               JOIN participants USING (id) ORDER BY place";
    let rows = transaction.query(sql, &[&ids]).await?;
    rows.iter().map(participant).collect()
}

/// Stores who stands in an election, in the order of the ballot.
///
/// # Errors
/// If PostgreSQL does not accept it.
pub async fn stand(
    transaction: &Transaction<'_>,
    election: i32,
    ids: &[ParticipantId],
) -> Result<(), tokio_postgres::Error> {
    let sql = "INSERT INTO candidacies (election, poll_number, participant)
               SELECT $1, place::integer, id FROM unnest($2::integer[]) WITH ORDINALITY AS listed (id, place)";
    transaction.execute(sql, &[&election, &ids]).await?;
    Ok(())
}

/// Poll numbers in the order of the ballot: 1, 2, 3 …
pub fn poll_numbers(participants: usize) -> impl Iterator<Item = PollNumber> {
    (1..).take(participants)
}
