//! The consumer of the ballot box.

use ballot_log::client_config;
use rdkafka::consumer::{BaseConsumer, Consumer};

use super::CountingOptions;
use super::ownership::Ownership;

/// Joins the group.
pub(super) fn open(
    options: &CountingOptions,
    ownership: Ownership,
) -> anyhow::Result<BaseConsumer<Ownership>> {
    let mut config = client_config(&options.brokers);
    config
        .set("group.id", &options.group)
        // Partitions begin at the offset of their count. If the log does not have that offset, it is a different log.
        .set("auto.offset.reset", "error")
        .set("enable.auto.commit", "false")
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "1000")
        // Added partitions must be noticed before they get many votes.
        .set("topic.metadata.refresh.interval.ms", "10000")
        // One fetch per record would cost the broker more than the votes do; results are published every 100 ms.
        .set("fetch.wait.max.ms", "25")
        .set("fetch.min.bytes", "65536")
        // With the default of one second, a lagging consumer stalls for a second at a time.
        .set("fetch.queue.backoff.ms", "10")
        .set("queued.max.messages.kbytes", "65536");
    if let Some(instance) = &options.instance {
        config.set("group.instance.id", instance);
    }
    let consumer: BaseConsumer<Ownership> = config.create_with_context(ownership)?;
    consumer.subscribe(&[&options.topics.votes])?;
    Ok(consumer)
}
