//! The consumer of the ballot box, and what the count needs of what it hands out.

use ballot_log::client_config;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message, Timestamp};

use super::CountingOptions;
use super::ownership::Ownership;
use crate::count::LogRecord;

/// Joins the group.
pub(super) fn open(
    options: &CountingOptions,
    ownership: Ownership,
) -> anyhow::Result<BaseConsumer<Ownership>> {
    let mut config = client_config(&options.brokers);
    config
        .set("group.id", &options.group)
        .set("auto.offset.reset", "earliest")
        .set("enable.auto.commit", "false")
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1000")
        // More partitions than there were must be noticed before many votes meet them.
        .set("topic.metadata.refresh.interval.ms", "10000")
        // A fetch a record would cost the broker more than the votes do; the screen is told every 100 ms.
        .set("fetch.wait.max.ms", "25")
        .set("fetch.min.bytes", "65536")
        // With the default of a second, a consumer that lags stalls for a second at a time.
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.max.messages.kbytes", "65536");
    if let Some(instance) = &options.instance {
        config.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Ownership> = config.create_with_context(ownership)?;
    consumer.subscribe(&[&options.topics.votes])?;
    Ok(consumer)
}

/// What the count needs of a message; `None` where Kafka does not stamp records with its append time.
pub(super) fn log_record<'m>(message: &'m BorrowedMessage<'_>) -> Option<LogRecord<'m>> {
    match message.timestamp() {
        Timestamp::LogAppendTime(time_ms) => Some(LogRecord {
            offset: message.offset(),
            time_ms,
            payload: message.payload().unwrap_or_default(),
        }),
        _ => None,
    }
}

/// Errors that librdkafka mends by itself.
pub(super) fn is_passing(error: &KafkaError) -> bool {
    let fatal = matches!(error, KafkaError::MessageConsumptionFatal(_));
    if !fatal {
        tracing::warn!(%error, "Kafka consumer; trying again");
    }
    !fatal
}
