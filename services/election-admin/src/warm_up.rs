//! Warms up a Kafka that has just started, so that the first votes are not slow.
//!
//! A Java virtual machine first interprets its code and compiles what is used often: in its first seconds under
//! load, a broker answers in hundreds of milliseconds instead of a few.

use std::time::{Duration, Instant};

use ballot_log::ballot_box::BallotBoxOptions;
use ballot_log::{Ballot, BallotBox, BallotRecord, Record, Topics};
use tokio::task::JoinSet;

use crate::options::WarmUpOptions;

/// Records in flight at the same time: enough for a batch in each partition.
const RECORDS_A_ROUND: u32 = 60;

/// Appends records to a scratch topic for a while, and removes the topic. The ballot box is not touched.
///
/// # Errors
/// If Kafka cannot be reached.
pub async fn warm_up(options: &WarmUpOptions) -> anyhow::Result<()> {
    let brokers = &options.topics.kafka.kafka_brokers;
    let scratch = Topics::with_prefix(&format!("{}warm-up-", options.topics.kafka.topic_prefix));
    let replication = options.topics.replication().await?;
    scratch
        .create(brokers, options.topics.partitions, replication)
        .await?;
    let worked = work(brokers, &scratch, Duration::from_secs(options.seconds)).await;
    scratch.delete(brokers).await?;
    worked
}

async fn work(brokers: &str, scratch: &Topics, time: Duration) -> anyhow::Result<()> {
    let linger = Duration::from_millis(1);
    let options = BallotBoxOptions {
        linger,
        ..BallotBoxOptions::default()
    };
    let ballot_box = BallotBox::open(brokers, scratch, &options)?;
    while let Err(error) = ballot_box.ready().await {
        // A topic that was just created is not known to every broker yet.
        tracing::warn!(%error, "waiting for Kafka");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let started = Instant::now();
    while started.elapsed() < time {
        let mut round = JoinSet::new();
        for serial in 0..RECORDS_A_ROUND {
            let ballot_box = ballot_box.clone();
            let ballot = Ballot::Serial(serial);
            let record = Record::Ballot(BallotRecord {
                election: 0,
                ballot,
                choice: 1,
                district: 0,
            });
            round.spawn(async move { ballot_box.append(&record, None).await });
        }
        while let Some(appended) = round.join_next().await {
            if let Err(error) = appended? {
                tracing::warn!(%error, "a record was not acknowledged");
            }
        }
    }
    Ok(())
}
