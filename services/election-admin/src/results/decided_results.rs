//! Results that lots decided: a final result that leaves seats or places level stays as it is, and once lots are drawn a
//! second one is added, with a hash of its own.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use ballot_log::{ElectionDefinition, ElectionId, Lots, PollNumber};
use deadpool_postgres::Pool;
use election_store::{elections, tallies};
use electoral_rules::{Outcome, SettledBy, Tie};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use service_database::audit::{self, AuditEntry};
use service_kit::hex::hex;
use tally::OfficialResult;
use tokio_postgres::Client;

use crate::elections::definitions;
use crate::elections::publishing::Publisher;
use crate::results::canonical;
use crate::results::final_results::{self, FinalResult, Standings};

/// How far the clock that timed the drawing of lots may be ahead of this one.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_mins(1);

/// A result that lots decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedResult {
    /// Canonical JSON: the lots, the hash of the result that they decide, and that result with the ties settled.
    pub text: String,
    /// The SHA-256 of the text.
    pub sha256: Vec<u8>,
    /// When it was stored.
    pub decided_at: Timestamp,
}

/// Its text, which is hashed and kept for ever: fields are neither added nor renamed without a new `v`.
#[derive(Serialize)]
struct Decision<'a> {
    v: u32,
    /// In hex, of the final result that was left open.
    decides: String,
    lots: &'a Lots,
    result: OfficialResult,
}

impl DecidedResult {
    /// Votes and seats by participant.
    ///
    /// # Errors
    /// Where the stored text is damaged.
    pub fn standings(&self) -> anyhow::Result<Standings> {
        #[derive(Deserialize)]
        struct Decided {
            result: Standings,
        }
        let decided: Decided =
            serde_json::from_str(&self.text).context("a result that lots decided is damaged")?;
        Ok(decided.result)
    }
}

/// Why lots decide nothing.
#[derive(Debug, thiserror::Error)]
pub enum LotsError {
    /// There is no such election.
    #[error("there is no such election")]
    NoSuchElection,
    /// More votes may come.
    #[error("the result of the election is not final")]
    NotFinal,
    /// Nothing waits for lots.
    #[error("nothing is level that lots would have to decide")]
    NoOpenTie,
    /// Others were drawn before.
    #[error("other lots have decided the election already")]
    DecidedOtherwise,
    /// They are not what the tie needs; the message is for the client.
    #[error("{0}")]
    Refused(String),
    /// A server is away, or what is stored does not agree; nothing has changed.
    #[error("{0:#}")]
    Unavailable(#[from] anyhow::Error),
}

impl From<tokio_postgres::Error> for LotsError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<election_store::StoreError> for LotsError {
    fn from(error: election_store::StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}

/// An election that lots decided.
#[derive(Debug)]
pub struct Decided {
    /// The result.
    pub result: DecidedResult,
    /// Kafka has the lots: everybody hears of them.
    pub is_published: bool,
}

/// The result that lots decided, if it is stored.
///
/// # Errors
/// Where PostgreSQL cannot be asked.
pub async fn find(client: &Client, election: ElectionId) -> anyhow::Result<Option<DecidedResult>> {
    let sql = "SELECT result, sha256, decided_at FROM decided_results WHERE election::bigint = $1";
    let Some(row) = client.query_opt(sql, &[&i64::from(election)]).await? else {
        return Ok(None);
    };
    Ok(Some(DecidedResult {
        text: row.try_get("result")?,
        sha256: row.try_get("sha256")?,
        decided_at: row.try_get("decided_at")?,
    }))
}

/// Decides what a final result has left open, by lots that were drawn. When this returns the decided result is stored,
/// beside the final one, and the act is in the audit log. The lots are published too, unless Kafka has just gone:
/// [`Publisher::republish`] does it then. Safe to repeat with the same lots.
///
/// # Errors
/// Where the lots are not what the open ties need, or others were drawn before.
pub async fn decide(
    pool: &Pool,
    publisher: &Publisher,
    election: ElectionId,
    lots: Lots,
    act: AuditEntry,
) -> Result<Decided, LotsError> {
    let mut client = definitions::connection(pool).await?;
    let found = elections::find(&client, election).await?;
    let mut definition = found.ok_or(LotsError::NoSuchElection)?.as_defined();
    if final_results::find(&client, election).await?.is_none() {
        return Err(LotsError::NotFinal);
    }
    // The count and the result of a closed election do not change any more: they may be read before the transaction.
    let stored = final_results::verify(&client, &definition).await?;
    let tallies = tallies::of_election(&client, election).await?;
    let tied = final_results::again(&stored, &definition, &tallies)?;
    definition.lots = Some(lots.clone());

    let transaction = client.transaction().await?;
    let locked = elections::lock(&transaction, election).await?;
    match locked.and_then(|locked| locked.lots) {
        Some(before) if before == lots => {}
        Some(_) => return Err(LotsError::DecidedOtherwise),
        None => {
            check_order(&definition, &lots, &tied)?;
            let decided = final_results::again(&stored, &definition, &tallies)?;
            check_outcome(&lots, &tied, &decided)?;
            let text = text(&lots, &stored, decided)?;
            elections::add_lots(&transaction, election, &lots).await?;
            let sql = "INSERT INTO decided_results (election, result, sha256) SELECT id, $2, $3 FROM elections
                       WHERE id::bigint = $1";
            let sha256 = canonical::sha256(&text);
            transaction
                .execute(sql, &[&i64::from(election), &text, &sha256.as_slice()])
                .await?;
        }
    }
    audit::append(&transaction, &act).await?;
    transaction.commit().await?;
    let result = find(&client, election)
        .await?
        .context("the result that lots decided is missing")?;
    drop(client);
    tracing::info!(election, sha256 = %hex(&result.sha256), "lots have decided the election");
    let done = publisher.publish(&definition).await;
    let done = done.inspect_err(|error| {
        tracing::error!(election, %error, "the lots of an election are stored and not published");
    });
    Ok(Decided {
        result,
        is_published: done.is_ok(),
    })
}

/// Computes the result that lots decided again, and compares it with what is stored. None where nothing was decided.
///
/// # Errors
/// Says what does not agree.
pub async fn verify(
    client: &Client,
    definition: &ElectionDefinition,
    stored: &FinalResult,
) -> anyhow::Result<Option<DecidedResult>> {
    let id = definition.id;
    let (lots, found) = match (&definition.lots, find(client, id).await?) {
        (None, None) => return Ok(None),
        (Some(lots), Some(found)) => (lots, found),
        (lots, _) => anyhow::bail!(
            "election {id} has {} and {}",
            if lots.is_some() { "lots" } else { "no lots" },
            if lots.is_some() {
                "no decided result"
            } else {
                "a decided result"
            },
        ),
    };
    ensure!(
        canonical::sha256(&found.text).as_slice() == found.sha256,
        "the decided result of election {id} does not have the hash {} that is stored with it",
        hex(&found.sha256)
    );
    let tallies = tallies::of_election(client, id).await?;
    let again = final_results::again(stored, definition, &tallies)?;
    let again = canonical::sha256(&text(lots, stored, again)?);
    ensure!(
        again.as_slice() == found.sha256,
        "the decided result of election {id} comes out differently now: stored is {}, computed from the lots {}",
        hex(&found.sha256),
        hex(&again)
    );
    Ok(Some(found))
}

fn text(lots: &Lots, stored: &FinalResult, result: OfficialResult) -> anyhow::Result<String> {
    Ok(canonical::text(&Decision {
        v: 1,
        decides: hex(&stored.sha256),
        lots,
        result,
    })?)
}

fn open_ties(result: &OfficialResult) -> impl Iterator<Item = &Tie> {
    let ties = result.outcome.as_ref().map_or(&[][..], Outcome::ties);
    ties.iter().filter(|tie| tie.is_open())
}

/// Whether lots are needed, and these can have been drawn.
fn check_order(
    definition: &ElectionDefinition,
    lots: &Lots,
    tied: &OfficialResult,
) -> Result<(), LotsError> {
    if open_ties(tied).next().is_none() {
        return Err(LotsError::NoOpenTie);
    }
    if lots.drawn_at < definition.end || lots.drawn_at > Timestamp::now() + CLOCKS_DIFFER {
        return Err(LotsError::Refused(
            "Lots are drawn after the end of the election, and before they are told.".to_owned(),
        ));
    }
    let mut drawn = BTreeSet::new();
    for number in &lots.order {
        let mut participants = definition.participants.iter();
        if !participants.any(|participant| participant.poll_number == *number) {
            let text = format!("No participant has the poll number {number}.");
            return Err(LotsError::Refused(text));
        }
        if !drawn.insert(number) {
            let text = format!("Poll number {number} is drawn twice.");
            return Err(LotsError::Refused(text));
        }
    }
    Ok(())
}

/// Whether the lots settle all that is open, and are drawn between nobody else.
fn check_outcome(
    lots: &Lots,
    tied: &OfficialResult,
    decided: &OfficialResult,
) -> Result<(), LotsError> {
    // Some ties only arise from how others were settled.
    let outcome = decided.outcome.as_ref();
    let by_lot = |tie: &&Tie| matches!(tie.settled_by, None | Some(SettledBy::Lots));
    let level = open_ties(tied).chain(outcome.into_iter().flat_map(Outcome::ties).filter(by_lot));
    let level: BTreeSet<PollNumber> = level.flat_map(|tie| tie.between.iter().copied()).collect();
    if let Some(other) = lots.order.iter().find(|number| !level.contains(number)) {
        return Err(LotsError::Refused(format!(
            "Poll number {other} is not level with others: lots are drawn between {}.",
            listed(&level)
        )));
    }
    if let Some(tie) = open_ties(decided).next() {
        return Err(LotsError::Refused(format!(
            "These lots leave {} open between {}: all that are to be drawn are told together, in the order in which they \
             were drawn.",
            tie.seats,
            listed(&tie.between)
        )));
    }
    Ok(())
}

fn listed<'a>(numbers: impl IntoIterator<Item = &'a PollNumber>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(ToString::to_string).collect();
    numbers.join(", ")
}
