//! Copying officials' acts from the topic `acts` into the audit log, each once.
//!
//! The act and how far the topic has been copied are written in one transaction: so neither a crash nor a
//! second instance that also copies can lose an act or record it twice.

use std::time::Duration;

use anyhow::{Context, bail};
use ballot_log::client_config;
use deadpool_postgres::{Pool, Transaction};
use election_store::batches;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::metadata::{MetadataPartition, MetadataTopic};
use rdkafka::{Offset, TopicPartitionList};
use service_database::audit::{self, AuditEntry};
use service_kit::settings::KafkaOptions;

use crate::elections::definitions;

/// The pause after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long Kafka may take to report the topic's partitions.
const PATIENCE: Duration = Duration::from_secs(10);

/// Copies until it is aborted.
pub async fn copy_acts(pool: Pool, kafka: KafkaOptions, topic: String) {
    let mut told = String::new();
    loop {
        if let Err(error) = copy(&pool, &kafka.kafka_brokers, &topic).await {
            let error = format!("{error:#}");
            // Logged only once: that is enough for an operator.
            if error != told {
                tracing::warn!(error, topic, "cannot copy officials' acts; trying again");
                told = error;
            }
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
}

async fn copy(pool: &Pool, brokers: &str, topic: &str) -> anyhow::Result<()> {
    let consumer: StreamConsumer = client_config(brokers)
        // librdkafka requires a group, but it is never joined.
        .set("group.id", "urna-acts")
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("fetch.wait.max.ms", "100")
        .create()?;
    let (consumer, partitions) = partitions(consumer, topic.to_owned()).await?;
    let mut assignment = TopicPartitionList::new();
    for partition in partitions {
        let next = next_offset(pool, topic, partition).await?;
        assignment.add_partition_offset(topic, partition, Offset::Offset(next))?;
    }
    consumer.assign(&assignment)?;
    loop {
        let message = consumer.recv().await?;
        copy_one(pool, &message).await?;
    }
}

async fn partitions(
    consumer: StreamConsumer,
    topic: String,
) -> anyhow::Result<(StreamConsumer, Vec<i32>)> {
    let ask = move || {
        let metadata = consumer.fetch_metadata(Some(&topic), PATIENCE)?;
        let partitions = metadata.topics().iter().flat_map(MetadataTopic::partitions);
        let partitions: Vec<i32> = partitions.map(MetadataPartition::id).collect();
        if partitions.is_empty() {
            bail!(
                "the topic {topic} does not exist: create the topics with `election-admin topics`"
            );
        }
        Ok((consumer, partitions))
    };
    tokio::task::spawn_blocking(ask).await?
}

async fn next_offset(pool: &Pool, topic: &str, partition: i32) -> anyhow::Result<i64> {
    let client = definitions::connection(pool).await?;
    let begin = "INSERT INTO copied_acts (topic, partition, next_offset) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING";
    client.execute(begin, &[&topic, &partition]).await?;
    let next = "SELECT next_offset FROM copied_acts WHERE topic = $1 AND partition = $2";
    let row = client.query_one(next, &[&topic, &partition]).await?;
    Ok(row.try_get(0)?)
}

async fn copy_one(pool: &Pool, message: &BorrowedMessage<'_>) -> anyhow::Result<()> {
    let mut client = definitions::connection(pool).await?;
    let transaction = client.transaction().await?;
    // Another instance may have been faster.
    let sql = "UPDATE copied_acts SET next_offset = $3 + 1
               WHERE topic = $1 AND partition = $2 AND next_offset <= $3";
    let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
    let is_new = transaction
        .execute(sql, &[&topic, &partition, &offset])
        .await?;
    if is_new == 1 {
        if let Ok(act) = ballot_log::Act::decode(message.payload().unwrap_or_default()) {
            write_down(&transaction, act).await?;
        } else {
            tracing::error!(
                topic,
                partition,
                offset,
                "an act is unreadable and was left out"
            );
        }
    }
    transaction.commit().await?;
    Ok(())
}

async fn write_down(transaction: &Transaction<'_>, act: ballot_log::Act) -> anyhow::Result<()> {
    batches::save(transaction, &act).await?;
    audit::append(transaction, &in_the_words_of_the_log(act))
        .await
        .context("the audit log does not take an official's act")?;
    Ok(())
}

/// The details of a file are in the target, the reason is in the outcome.
fn in_the_words_of_the_log(act: ballot_log::Act) -> AuditEntry {
    let file = act.file.map(|sha256| format!("file {sha256}"));
    let lines = act.lines.map(|lines| format!("{lines} lines"));
    let target = [Some(act.target), file, lines].into_iter().flatten();
    let target: Vec<String> = target.filter(|part| !part.is_empty()).collect();
    let outcome = match act.detail {
        Some(detail) => format!("{}: {detail}", act.outcome),
        None => act.outcome,
    };
    AuditEntry {
        who: act.who,
        role: act.role,
        what: act.what.into(),
        target: target.join(", "),
        address: act.address,
        outcome,
        at: act.at,
    }
}
