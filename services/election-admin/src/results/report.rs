//! A result for people and programs: so far, or final.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ballot_log::{Cancellation, ElectionDefinition, ElectionId, Lots, PollNumber};
use election_store::{rolls, tallies};
use electoral_rules::Outcome;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use service_kit::hex::hex;
use tally::{OfficialResult, PartitionTally, Tally, merge};
use tokio_postgres::Client;
use utoipa::ToSchema;

use crate::results::decided_results::{self, DecidedResult};
use crate::results::details::Details;
use crate::results::final_results::{self, FinalResult};
use crate::results::official::{self, official};
use crate::results::spreadsheet::{Separator, Source, Table};

/// What is known about an election's result.
pub struct Report {
    result: OfficialResult,
    details: Details,
    tally: Tally,
    offsets: BTreeMap<i32, i64>,
    stored: Option<FinalResult>,
    /// Where lots decided what that left open; `result` is with them.
    decided: Option<(Lots, DecidedResult)>,
    /// Voters on the roll, if it was ever loaded.
    registered: Option<u64>,
    /// Whether the numbers may be shown: they are final, or the election publishes them while votes come in.
    visible: bool,
    /// It was cancelled, and has no result.
    cancelled: Option<Cancellation>,
}

/// The answer of `results.json`.
#[derive(Serialize)]
pub struct FullResult {
    /// Nothing changes any more.
    #[serde(rename = "final")]
    is_final: bool,
    /// The election has ended, and the result may still change: it is being counted, or waits for an administrator.
    provisional: bool,
    /// The result; none while it may not be seen. Once it is final, the bytes that `sha256` is over.
    result: Option<Box<RawValue>>,
    /// The hash of the final result, in hex.
    sha256: Option<String>,
    /// By partition, the offset of the first record that it does not include.
    offsets: BTreeMap<i32, i64>,
    finalised_at: Option<Timestamp>,
    /// Where lots decided what the final result left open.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided: Option<DecidedByLots>,
    /// It was cancelled, and has no result.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancelled: Option<Cancellation>,
    details: Details,
}

/// A result that lots decided, beside the one that left it open.
#[derive(Serialize, ToSchema)]
pub struct DecidedByLots {
    /// Canonical JSON: the lots, the hash of the result that they decide, and that result with the ties settled.
    #[schema(value_type = Object)]
    result: Box<RawValue>,
    /// Of the bytes of the result, in hex.
    sha256: String,
    #[schema(value_type = String)]
    decided_at: Timestamp,
}

impl DecidedByLots {
    /// As it is shown.
    ///
    /// # Errors
    /// Where the stored text is damaged.
    pub fn new(decided: &DecidedResult) -> anyhow::Result<Self> {
        Ok(Self {
            result: RawValue::from_string(decided.text.clone())?,
            sha256: hex(&decided.sha256),
            decided_at: decided.decided_at,
        })
    }
}

/// How many ballots there are, and how many of them count.
#[derive(Debug, Serialize, ToSchema)]
pub struct Turnout {
    election: ElectionId,
    /// Nothing changes any more except the number of ballots that arrive too late.
    #[serde(rename = "final")]
    is_final: bool,
    /// Votes that count.
    counted: u64,
    /// Paper lines sent again.
    repeated: u64,
    /// Ballots that do not count, by reason.
    rejected: BTreeMap<&'static str, u64>,
    /// Voters on the roll; null if it was never loaded, as with only paper ballots.
    registered: Option<u64>,
}

impl Report {
    /// Reads the current count, or the stored result if it is final. Constituencies with fewer votes than
    /// `district_minimum` are shown together.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached.
    pub async fn read(
        client: &Client,
        definition: &ElectionDefinition,
        district_minimum: u64,
    ) -> anyhow::Result<Self> {
        let stored = final_results::find(client, definition.id).await?;
        let tallies = tallies::of_election(client, definition.id).await?;
        let registered = rolls::find(client, definition.id).await?;
        let decided = decided_results::find(client, definition.id).await?;
        let mut report = Self::new(definition, &tallies, registered, stored, district_minimum)?;
        report.decided = definition.lots.clone().zip(decided);
        Ok(report)
    }

    fn new(
        definition: &ElectionDefinition,
        tallies: &[PartitionTally],
        registered: Option<u64>,
        stored: Option<FinalResult>,
        district_minimum: u64,
    ) -> anyhow::Result<Self> {
        let tally = merge(tallies);
        let now = tallies.iter().map(|tally| (tally.partition, tally.offset));
        // A final result keeps the electorate that it was computed with, whatever became of the roll.
        let result = match &stored {
            Some(stored) => final_results::again(stored, definition, tallies)?,
            None => official(definition, &tally, registered),
        };
        let visible =
            definition.cancelled.is_none() && (stored.is_some() || official::is_live(definition));
        Ok(Self {
            details: Details::new(
                definition,
                &tally,
                result.outcome.as_ref(),
                registered,
                visible,
                district_minimum,
            ),
            result,
            offsets: stored
                .as_ref()
                .map_or_else(|| now.collect(), |stored| stored.offsets.clone()),
            visible,
            cancelled: definition.cancelled.clone(),
            stored,
            decided: None,
            registered,
            tally,
        })
    }

    /// The election.
    pub fn election(&self) -> ElectionId {
        self.result.election
    }

    /// Whether nothing changes any more.
    pub fn is_final(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether the election has ended without a final result.
    pub fn is_provisional(&self) -> bool {
        !self.is_final() && self.result.end <= Timestamp::now()
    }

    /// For programs.
    ///
    /// # Errors
    /// If it cannot be written as JSON.
    pub fn json(&self) -> anyhow::Result<FullResult> {
        let text = match &self.stored {
            Some(stored) => Some(stored.text.clone()),
            None if self.visible => Some(serde_json::to_string(&self.result)?),
            None => None,
        };
        Ok(FullResult {
            is_final: self.is_final(),
            provisional: self.is_provisional(),
            result: text.map(RawValue::from_string).transpose()?,
            sha256: self.stored.as_ref().map(|stored| hex(&stored.sha256)),
            offsets: self.offsets.clone(),
            finalised_at: self.stored.as_ref().map(|stored| stored.finalised_at),
            decided: match &self.decided {
                Some((_, decided)) => Some(DecidedByLots::new(decided)?),
                None => None,
            },
            cancelled: self.cancelled.clone(),
            details: self.details.clone(),
        })
    }

    /// A table for spreadsheets. Withheld numbers are left out.
    ///
    /// # Errors
    /// None in practice: every result can be written.
    pub fn csv(&self, table: Table, separator: Separator) -> anyhow::Result<Vec<u8>> {
        let source = Source {
            result: &self.result,
            details: &self.details,
            visible: self.visible,
            state: self.state(),
            sha256: self.stored.as_ref().map(|stored| hex(&stored.sha256)),
            finalised_at: self.stored.as_ref().map(|stored| stored.finalised_at),
        };
        table.write(&source, separator)
    }

    fn state(&self) -> &'static str {
        match self {
            Self {
                cancelled: Some(_), ..
            } => "cancelled",
            _ if self.is_final() => "final",
            _ if self.is_provisional() => "provisional",
            _ => "so far",
        }
    }

    /// The poll numbers of those who are elected; nobody where seats are shared out.
    fn elected(&self) -> &[PollNumber] {
        self.result.outcome.as_ref().map_or(&[], Outcome::elected)
    }

    /// What is decided and what is not, for the terminal.
    fn decided(&self) -> String {
        let Some(outcome) = &self.result.outcome else {
            let awaits = self.registered.is_none() && self.result.rules.needs_electorate();
            let reason = if awaits {
                "no seats yet: the threshold is a percentage of the voters on the roll, which is not loaded\n"
            } else {
                "the electoral rules cannot be applied to this count\n"
            };
            return reason.to_owned();
        };
        let mut text = String::new();
        for lists in &self.result.alliances {
            // Writing to a String cannot fail.
            let _infallible = writeln!(text, "the lists {lists:?} stand together");
        }
        if self.result.counted == 0 {
            text.push_str("there are no votes: nothing is decided\n");
            return text;
        }
        for tie in outcome.ties() {
            let settled = match &tie.settled_by {
                Some(by) => format!("settled by {by:?} for {:?}", tie.won_by),
                None => "open until lots are drawn".to_owned(),
            };
            let _infallible = writeln!(text, "a tie between {:?}, {settled}", tie.between);
        }
        text
    }

    /// The turnout, which may always be seen.
    pub fn turnout(&self) -> Turnout {
        Turnout {
            election: self.result.election,
            is_final: self.is_final(),
            counted: self.tally.counted(),
            repeated: self.tally.repeated,
            rejected: self.details.rejected.clone(),
            registered: self.registered,
        }
    }

    /// For the terminal.
    pub fn table(&self) -> String {
        let mut table = format!("election {}: {}\n", self.result.election, self.result.title);
        let state = if self.is_final() { "final" } else { "so far" };
        let (counted, duplicates) = (self.result.counted, self.result.duplicate_ballots);
        let invalid = self.result.invalid_poll_numbers;
        // Writing to a String cannot fail.
        let _infallible = writeln!(
            table,
            "{state}: {counted} votes counted, {duplicates} duplicate ballots, {invalid} for nobody"
        );
        if let Some(registered) = self.registered {
            let _infallible = writeln!(table, "{registered} voters on the roll");
        }
        if let Some(Cancellation { at, by }) = &self.cancelled {
            let _infallible = writeln!(table, "cancelled at {at} by {by}: it has no result");
            return table;
        }
        if !self.visible {
            table.push_str("the numbers show when the result is final\n");
            return table;
        }
        let elected = self.elected();
        for standing in &self.result.participants {
            let fared = match standing.seats {
                Some(seats) => format!("{seats} seats"),
                None if elected.contains(&standing.poll_number) => "elected".to_owned(),
                None => String::new(),
            };
            let line = format!(
                "{:>4}  {:<40} {:>12} votes  {fared}",
                standing.poll_number, standing.name, standing.votes
            );
            let _infallible = writeln!(table, "{}", line.trim_end());
        }
        table.push_str(&self.decided());
        if let Some(stored) = &self.stored {
            let _infallible = writeln!(table, "sha256 {}", hex(&stored.sha256));
        }
        if let Some((lots, decided)) = &self.decided {
            let Lots {
                order,
                drawn_by,
                drawn_at,
            } = lots;
            let _infallible = writeln!(
                table,
                "lots drawn by {drawn_by} at {drawn_at}, in this order: {order:?}\nsha256 of what they decided {}",
                hex(&decided.sha256)
            );
        }
        table
    }
}
