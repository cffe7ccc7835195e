//! Whether everything that is stored and shown of an election is what the log says.
//!
//! The log is read once more, by other code than counts it: `naive` knows the rules of the count and nothing else of it.
//! What PostgreSQL, Redis and the page hold is read first; each says as of which offsets it stands, and the log is
//! compared with it there. So the view is consistent while votes come in.

mod compare;
mod fields;
mod log;
pub(crate) mod naive;
mod page;
mod papers;
mod shown;
mod stored;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, bail};
use ballot_log::{ElectionDefinition, ElectionId, Elections, Topics};
use serde::Serialize;
use serde_json::Value;
use service_kit::hex::hex;
use sha2::{Digest, Sha256};
use tally::{Minimums, OfficialResult, PartitionTally, ScreenResult, Tally, Totals, merge};

pub use compare::{Comparison, Difference};

use crate::options::VerifyOptions;
use log::{Places, Said};
use page::Page;
use shown::Shown;
use stored::Stored;

/// How long Kafka may be away.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(30);

/// What came of it.
#[derive(Debug)]
pub struct Verification {
    /// What was compared, one by one.
    pub comparisons: Vec<Comparison>,
    /// The last line.
    pub summary: Summary,
}

/// All comparisons together.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// The election.
    pub election: ElectionId,
    /// `same`, or `DIFFERENT`.
    pub verdict: &'static str,
    /// Records of the election, at the furthest offsets that anything stands on.
    pub records: u64,
    /// Votes among them that count.
    pub counted: u64,
    /// What differs.
    pub different: Vec<&'static str>,
    /// What could not be compared: the result is not final yet, or the page was not named.
    pub not_compared: Vec<&'static str>,
}

impl Verification {
    /// Whether nothing differs.
    pub fn agrees(&self) -> bool {
        self.comparisons.iter().all(Comparison::is_same)
    }
}

/// Compares the log with everything else.
///
/// # Errors
/// Where a server does not answer, there is no such election, nothing of it is stored, or the log does not begin with
/// its first record.
pub async fn verify(options: &VerifyOptions) -> anyhow::Result<Verification> {
    let page = options.page.as_deref().map(Page::at).transpose()?;
    let redis = options.redis.client()?;
    let election = options.election;
    let topics = Topics::with_prefix(&options.kafka.topic_prefix);
    let brokers = &options.kafka.kafka_brokers;
    let definition = definition(brokers, &topics, election).await?;
    let partitions = topics.vote_partitions_within(brokers, KAFKA_TIMEOUT);
    let stored = Stored::read(
        &options.postgres,
        &topics.votes,
        partitions.await?,
        election,
    )
    .await?;
    let with_tally: Vec<i32> = stored.tallies.keys().copied().collect();
    let shown = shown::look(&redis, page.as_ref(), election, &with_tally).await?;
    let places = places(&stored, &shown);
    let (brokers, topic) = (brokers.clone(), topics.votes);
    let counted = definition.clone();
    let said = tokio::task::spawn_blocking(move || log::read(&brokers, &topic, &counted, &places));
    let compared = Compared {
        definition,
        said: said.await??,
        stored,
        shown,
    };
    compared.verification()
}

/// The first definition of the election in the topic.
async fn definition(
    brokers: &str,
    topics: &Topics,
    election: ElectionId,
) -> anyhow::Result<ElectionDefinition> {
    let elections = Elections::follow(brokers, topics)?;
    elections
        .read_to_end()
        .await
        .context("cannot read the definitions of elections")?;
    if let Some(unreadable) = elections.unreadable().get(&election) {
        bail!("{unreadable}");
    }
    let known = elections.all();
    let Some(found) = known.get(&election) else {
        let numbers: Vec<_> = known.keys().map(ToString::to_string).collect();
        bail!(
            "there is no election {election} in the topic {}; those in there: {}",
            topics.elections,
            if numbers.is_empty() {
                "none".to_owned()
            } else {
                numbers.join(", ")
            }
        );
    };
    Ok(found.definition().clone())
}

/// All offsets that anything stands on, of the partitions that are counted.
fn places(stored: &Stored, shown: &Shown) -> Places {
    let in_redis = shown.redis.offsets();
    let place = |partition| {
        let offsets = [
            Some(stored.offset(partition)),
            in_redis.get(&partition).copied(),
            shown.redis.shown.get(&partition).copied(),
            final_offset(stored, partition),
        ];
        (partition, offsets.into_iter().flatten().collect())
    };
    (0..stored.partitions).map(place).collect()
}

fn final_offset(stored: &Stored, partition: i32) -> Option<i64> {
    stored
        .final_result
        .as_ref()?
        .offsets
        .get(&partition)
        .copied()
}

struct Compared {
    definition: ElectionDefinition,
    said: Said,
    stored: Stored,
    shown: Shown,
}

impl Compared {
    fn verification(&self) -> anyhow::Result<Verification> {
        let mut comparisons = Vec::new();
        let mut not_compared = Vec::new();
        comparisons.extend(self.definitions()?);
        for partition in 0..self.stored.partitions {
            comparisons.push(self.postgresql(partition)?);
        }
        for (partition, tally) in &self.shown.redis.tallies {
            comparisons.push(self.redis(*partition, tally)?);
        }
        comparisons.push(self.screen("result in Redis", &self.shown.redis.result)?);
        match &self.shown.page {
            Some(page) => comparisons.push(self.screen("page", page)?),
            None => not_compared.push("page"),
        }
        match self.final_result()? {
            Some(comparison) => comparisons.push(comparison),
            None => not_compared.push("final result"),
        }
        let mut different: Vec<_> = comparisons
            .iter()
            .filter(|comparison| !comparison.is_same())
            .map(|comparison| comparison.compared)
            .collect();
        different.dedup();
        let furthest: BTreeMap<i32, &PartitionTally> = self
            .said
            .iter()
            .map(|((partition, _), tally)| (*partition, tally))
            .collect();
        let furthest: Vec<_> = furthest.into_values().cloned().collect();
        let total = merge(&furthest);
        let summary = Summary {
            election: self.definition.id,
            verdict: if different.is_empty() {
                "same"
            } else {
                "DIFFERENT"
            },
            records: total.records(),
            counted: total.counted(),
            different,
            not_compared,
        };
        Ok(Verification {
            comparisons,
            summary,
        })
    }

    /// What the log says of a partition as of an offset; of one that is not counted, nothing.
    fn said(&self, partition: i32, offset: i64) -> PartitionTally {
        let said = self.said.get(&(partition, offset)).cloned();
        said.unwrap_or_else(|| PartitionTally {
            election: self.definition.id,
            partition,
            offset: 0,
            tally: Tally::default(),
            log: None,
        })
    }

    /// The topic holds the definition that counts; PostgreSQL holds it where election-admin defined it.
    fn definitions(&self) -> anyhow::Result<Option<Comparison>> {
        let Some(stored) = &self.stored.definition else {
            return Ok(None);
        };
        let (log, stored) = (as_read(&self.definition)?, as_read(stored)?);
        Ok(Some(Comparison::of(
            "definition in PostgreSQL",
            Difference::of("", log, stored),
        )))
    }

    fn postgresql(&self, partition: i32) -> anyhow::Result<Comparison> {
        let offset = self.stored.offset(partition);
        let said = self.said(partition, offset);
        let tally = self.stored.tallies.get(&partition);
        let differences = match tally {
            Some(tally) => [
                Difference::of("", as_read(&said)?, tally.json.clone()),
                Difference::of("as_of_offset", said.offset, tally.as_of_offset),
            ]
            .concat(),
            // Of a partition where nothing names the election, nothing is stored.
            None if said.tally == Tally::default() => Vec::new(),
            None => Difference::of("", as_read(&said)?, Value::Null),
        };
        Ok(Comparison::of("tally in PostgreSQL", differences).at(Some(partition), offset))
    }

    fn redis(&self, partition: i32, tally: &Value) -> anyhow::Result<Comparison> {
        let offset = tally["offset"].as_i64().unwrap_or_default();
        let said = as_read(&self.said(partition, offset))?;
        let differences = Difference::of("", said, tally.clone());
        Ok(Comparison::of("tally in Redis", differences).at(Some(partition), offset))
    }

    /// A result as of its own offsets. The number of registered voters comes from the roll, not from the log.
    fn screen(&self, compared: &'static str, result: &Value) -> anyhow::Result<Comparison> {
        let offsets = &self.shown.redis.shown;
        // Of a partition that has a tally in PostgreSQL and none in Redis, the result lacks the votes.
        let missing = self.stored.tallies.keys();
        let missing = missing.filter(|partition| !offsets.contains_key(*partition));
        let missing = missing.map(|partition| (*partition, self.stored.offset(*partition)));
        let tallies: Vec<_> = offsets
            .iter()
            .map(|(partition, offset)| (*partition, *offset))
            .chain(missing)
            .map(|(partition, offset)| self.said(partition, offset))
            .collect();
        let mut totals = Totals::of(&tallies, usize::try_from(self.stored.partitions)?);
        if self.definition.cancelled.is_some() {
            totals = totals.without_result();
        }
        let position = totals.position;
        let registered = result["registered"].as_u64();
        let outcome = tally::outcome(&self.definition, &totals.tally, registered);
        let minimum = |name: &str| result[name].as_u64().unwrap_or(1);
        let minimums = Minimums {
            live: minimum("live_minimum"),
            district: minimum("district_minimum"),
        };
        let said = ScreenResult::new(&self.definition, totals, outcome, minimums);
        let differences = Difference::of("", as_read(&said)?, result.clone());
        Ok(Comparison::of(compared, differences).at(None, position))
    }

    fn final_result(&self) -> anyhow::Result<Option<Comparison>> {
        let Some(stored) = &self.stored.final_result else {
            return Ok(None);
        };
        let tallies: Vec<_> = (0..self.stored.partitions)
            .map(|partition| {
                let offset = final_offset(&self.stored, partition);
                let offset = offset.unwrap_or_else(|| self.stored.offset(partition));
                self.said(partition, offset)
            })
            .collect();
        let tally = merge(&tallies);
        let result: Value = serde_json::from_str(&stored.text).unwrap_or_default();
        let registered = result["registered"].as_u64();
        // Lots are drawn after it.
        let definition = self.definition.as_defined();
        let outcome = tally::outcome(&definition, &tally, registered);
        let mut said = OfficialResult::new(&definition, &tally, outcome);
        if result["v"] != 1 {
            said = said.with_log(&tallies);
        }
        let offsets: BTreeMap<i32, i64> = tallies
            .iter()
            .map(|tally| (tally.partition, tally.offset))
            .collect();
        let sha256 = Sha256::digest(stored.text.as_bytes());
        let differences = [
            Difference::of("", as_read(&said)?, result),
            Difference::of("offsets", as_read(&offsets)?, as_read(&stored.offsets)?),
            Difference::of("sha256", hex(&sha256), hex(&stored.sha256)),
            Difference::of("closed in every partition", tally.closed, true),
        ]
        .concat();
        let position = offsets.values().sum();
        Ok(Some(
            Comparison::of("final result", differences).at(None, position),
        ))
    }
}

/// As it is when it has been written and read: numbers keep the form in which they are written.
fn as_read(value: &impl Serialize) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&serde_json::to_string(value)?)?)
}
