//! Final results in PostgreSQL: stored once, never changed, and checked by their hash.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use ballot_log::ElectionDefinition;
pub use election_store::final_results::{FinalResult, find};
use election_store::{rolls, tallies};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service_kit::hex::hex;
use tally::{OfficialParticipant, OfficialResult, PartitionTally, Totals, merge};
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use crate::results::canonical;
use crate::results::official::{certified, check_electorate, official};

/// The part of a stored result that is read again.
#[derive(Debug, Deserialize)]
pub struct Standings {
    /// Votes that count.
    pub counted: u64,
    /// In the order of the ballot.
    pub participants: Vec<OfficialParticipant>,
}

/// What a stored result has to be computed again from, beside the count.
#[derive(Debug, Deserialize)]
struct Basis {
    /// The form of the text.
    v: u32,
    /// The electorate, where a threshold is a percentage of it: the roll may have changed since.
    registered: Option<u64>,
}

/// Votes and seats by participant.
///
/// # Errors
/// If the stored text is damaged.
pub fn standings(stored: &FinalResult) -> anyhow::Result<Standings> {
    part(stored)
}

fn part<T: DeserializeOwned>(stored: &FinalResult) -> anyhow::Result<T> {
    serde_json::from_str(&stored.text).with_context(|| {
        format!(
            "the final result of election {} is damaged",
            stored.election
        )
    })
}

/// Stores the final result, if all `partitions` are past their closing markers. The result is the same however
/// often and by whichever instance this is done.
///
/// # Errors
/// If PostgreSQL does not take it, or another result is stored already.
pub async fn finalise(
    client: &Client,
    definition: &ElectionDefinition,
    tallies: &[PartitionTally],
    partitions: usize,
) -> anyhow::Result<bool> {
    let totals = Totals::of(tallies, partitions);
    if !totals.is_final {
        return Ok(false);
    }
    let registered = rolls::find(client, definition.id).await?;
    check_electorate(definition, &totals.tally, registered)?;
    let text = canonical::text(&certified(definition, tallies, registered))?;
    let sha256 = canonical::sha256(&text);
    let offsets: BTreeMap<i32, i64> = tallies
        .iter()
        .map(|tally| (tally.partition, tally.offset))
        .collect();
    let sql =
        "INSERT INTO final_results (election, result, sha256, offsets) VALUES ($1, $2, $3, $4)
               ON CONFLICT DO NOTHING";
    let id = i32::try_from(definition.id)?;
    let stored = client
        .execute(sql, &[&id, &text, &sha256.as_slice(), &Json(&offsets)])
        .await?;
    if stored == 1 {
        tracing::info!(election = definition.id, sha256 = %hex(&sha256), "the result is final");
        return Ok(true);
    }
    let before = find(client, definition.id).await?;
    ensure!(
        before.is_some_and(|before| before.text == text),
        "election {} has another final result already: compare with `election-admin verify-result`",
        definition.id
    );
    Ok(true)
}

/// The result as it comes out of the tallies now, in the form of the stored one. Lots that the definition has are applied.
///
/// # Errors
/// Where the stored text is damaged.
pub fn again(
    stored: &FinalResult,
    definition: &ElectionDefinition,
    tallies: &[PartitionTally],
) -> anyhow::Result<OfficialResult> {
    Ok(match part(stored)? {
        Basis { v: 1, registered } => official(definition, &merge(tallies), registered),
        Basis { registered, .. } => certified(definition, tallies, registered),
    })
}

/// Computes the result again from the tallies, and compares it with what is stored.
///
/// # Errors
/// What does not agree, or that the result is not final.
pub async fn verify(
    client: &Client,
    definition: &ElectionDefinition,
) -> anyhow::Result<FinalResult> {
    let id = definition.id;
    let stored = find(client, id)
        .await?
        .with_context(|| format!("the result of election {id} is not final"))?;
    ensure!(
        canonical::sha256(&stored.text).as_slice() == stored.sha256,
        "the stored result of election {id} does not have the hash {} that is stored with it",
        hex(&stored.sha256)
    );
    let tallies = tallies::of_election(client, id).await?;
    for (partition, offset) in &stored.offsets {
        let reaches =
            |tally: &PartitionTally| tally.partition == *partition && tally.offset >= *offset;
        ensure!(
            tallies.iter().any(reaches),
            "the result of election {id} stands on partition {partition} up to offset {offset}, and the stored count \
             does not reach that far"
        );
    }
    let merged = merge(&tallies);
    ensure!(
        merged.closed,
        "the result of election {id} is stored as final, but not every partition is closed"
    );
    let again = again(&stored, &definition.as_defined(), &tallies)?;
    let again = canonical::sha256(&canonical::text(&again)?);
    ensure!(
        again.as_slice() == stored.sha256,
        "the result of election {id} comes out differently now: stored is {}, computed from the stored tallies {}",
        hex(&stored.sha256),
        hex(&again)
    );
    Ok(stored)
}
