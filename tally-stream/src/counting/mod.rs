//! The counting thread: polls the log, counts, and passes on what it counted.
//!
//! A separate thread with a `BaseConsumer`: nothing elsewhere in the process can slow the poll down or reorder
//! records.

mod consumer;
mod definitions;
mod keeper;
mod ownership;
mod partition;
mod takeover;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use ballot_log::topics::TopicError;
use ballot_log::{Elections, ElectionsError, Topics};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::Message;
use rdkafka::{Offset, TopicPartitionList};
use service_kit::health::Readiness;
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::aggregated_votes::Offers;
use crate::count::Verdict;
use crate::publish::PendingTallies;
use crate::reading::{self, Gaps, LogCheck};
use crate::store::Store;

use definitions::Definitions;
use keeper::{Keeper, Writer};
use ownership::Ownership;
pub(crate) use ownership::are_ignored;
use takeover::Takeover;

/// How often totals are posted.
const POST_EVERY: Duration = Duration::from_millis(100);
/// The maximum number of rejected ballots in memory, before counting waits for PostgreSQL to store them.
const REJECTED_AT_MOST: usize = 200_000;
/// The timeout for finding where a partition ends.
const KAFKA_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts to reach Kafka.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// The clock is read after this many records, and whenever the log had to be waited for.
const RECORDS_A_LOOK: u32 = 256;
/// The longest wait for a record, before the clock is read.
const POLL: Duration = Duration::from_millis(20);

/// How to count.
#[derive(Clone, Debug)]
pub struct CountingOptions {
    /// Kafka brokers to start from.
    pub brokers: String,
    /// Names of the topics.
    pub topics: Topics,
    /// The consumer group.
    pub group: String,
    /// A name that this instance keeps across restarts, so that it gets its partitions back immediately.
    pub instance: Option<String>,
    /// How often checkpoints are written.
    pub checkpoint_every: Duration,
    /// The number of partitions of the ballot box: a ballot in a wrong partition could count twice.
    pub partitions: i32,
}

/// A running count. Dropping it without [`Counting::stop`] abandons it, which is harmless.
pub struct Counting {
    stop: Arc<AtomicBool>,
    ended: oneshot::Receiver<()>,
    /// The task that writes checkpoints.
    writing: JoinHandle<()>,
    failure: watch::Receiver<Option<Arc<anyhow::Error>>>,
}

impl Counting {
    /// Joins the group and starts to count.
    ///
    /// # Errors
    /// If the consumer cannot be created, or Kafka does not answer.
    pub async fn start(
        options: &CountingOptions,
        elections: Elections,
        store: Store,
        pending: Arc<PendingTallies>,
        offers: Offers,
        readiness: &Readiness,
    ) -> anyhow::Result<Self> {
        let (report_failure, failure) = watch::channel(None);
        let votes = &options.topics.votes;
        let log_check = LogCheck::open(&options.brokers, votes).await?;
        let writer = Writer {
            store: store.clone(),
            log_check: log_check.clone(),
            readiness: readiness.clone(),
        };
        let (keeper, writing) = Keeper::start(writer, offers, report_failure.clone());
        let takeover = Takeover {
            store,
            log_check,
            readiness: readiness.clone(),
        };
        let runtime = Handle::current();
        let ownership = Ownership::new(
            votes.clone(),
            runtime.clone(),
            takeover,
            keeper.clone(),
            pending.clone(),
            (options.partitions, elections.clone()),
            report_failure.clone(),
        );
        let consumer = consumer::open(options, ownership)?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut counter = Counter {
            consumer,
            keeper,
            pending,
            definitions: Definitions::new(elections),
            gaps: Gaps::new(&options.brokers, &options.topics, runtime.clone()),
            runtime,
            stop: stop.clone(),
            checkpoint_every: options.checkpoint_every,
            writing: None,
            topic: votes.clone(),
            marker_seen: false,
        };
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("counting".to_owned())
            .spawn(move || {
                if let Err(error) = counter.run() {
                    report_failure.send_replace(Some(Arc::new(error)));
                }
                counter.finish();
                // Leaves the group, so that others get the partitions immediately.
                drop(counter);
                // The receiver may have been dropped.
                let _unheard = end.send(());
            })?;
        Ok(Self {
            stop,
            ended,
            writing,
            failure,
        })
    }

    /// Waits until the count cannot continue, and returns why.
    pub async fn failed(&mut self) -> Arc<anyhow::Error> {
        loop {
            let failure = self.failure.borrow_and_update().clone();
            if let Some(error) = failure {
                return error;
            }
            tokio::select! {
                changed = self.failure.changed() => if changed.is_err() {
                    return Arc::new(anyhow::anyhow!("the counting thread ended"));
                },
                ended = &mut self.writing => {
                    return Arc::new(anyhow::anyhow!("the task that writes checkpoints ended: {ended:?}"));
                }
            }
        }
    }

    /// Stores the current state, leaves the group, and ends.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        // An error means that the thread, or the task, has already ended.
        let _ended = self.ended.await;
        let _ended = self.writing.await;
    }
}

struct Counter {
    consumer: BaseConsumer<Ownership>,
    keeper: Keeper,
    pending: Arc<PendingTallies>,
    definitions: Definitions,
    gaps: Gaps,
    runtime: Handle,
    stop: Arc<AtomicBool>,
    checkpoint_every: Duration,
    /// The round of checkpoints under way: its offsets, and when it is written.
    writing: Option<(TopicPartitionList, oneshot::Receiver<()>)>,
    topic: String,
    /// A closing marker has been counted since the last checkpoint.
    marker_seen: bool,
}

/// The process was asked to stop in the middle of something.
#[derive(Debug, thiserror::Error)]
#[error("asked to stop")]
struct Stopped;

impl Counter {
    fn run(&mut self) -> anyhow::Result<()> {
        let mut posted = Instant::now();
        let mut checkpointed = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            self.consumer.context().take_in(&self.consumer)?;
            match self.count_some() {
                Err(error) if error.is::<Stopped>() => return Ok(()),
                counted => counted?,
            }
            if posted.elapsed() >= POST_EVERY {
                posted = Instant::now();
                self.post();
            }
            let pressing = self.rejected() >= REJECTED_AT_MOST;
            if checkpointed.elapsed() >= self.checkpoint_every || pressing || self.marker_seen {
                checkpointed = Instant::now();
                self.checkpoint(pressing);
            }
            self.note_what_is_written();
        }
        Ok(())
    }

    /// Counts records until the clock has to be read.
    fn count_some(&mut self) -> anyhow::Result<()> {
        for _ in 0..RECORDS_A_LOOK {
            if !self.count_next(Duration::ZERO)? {
                self.count_next(POLL)?;
                break;
            }
        }
        Ok(())
    }

    /// Counts the next record; false if none arrived in time.
    fn count_next(&mut self, wait: Duration) -> anyhow::Result<bool> {
        let Self {
            consumer,
            definitions,
            gaps,
            runtime,
            stop,
            topic,
            ..
        } = self;
        let message = match consumer.poll(wait) {
            None => return Ok(false),
            Some(Ok(message)) => message,
            Some(Err(error)) if reading::lost_its_place(&error) => {
                consumer.context().take_over_again(consumer)?;
                return Ok(false);
            }
            Some(Err(error)) if reading::is_passing(&error) => return Ok(false),
            Some(Err(error)) => return Err(error).context("Kafka ended the count"),
        };
        let Some(record) = reading::log_record(&message) else {
            anyhow::bail!(
                "the topic {topic} lacks message.timestamp.type=LogAppendTime: without Kafka's append time \
                 nothing can tell whether a vote was in time"
            );
        };
        let partition = message.partition();
        let mut owned = consumer.context().partitions();
        // Fetched before the partition was revoked: its next owner counts it.
        let Some(counted) = owned.counted.get_mut(&partition) else {
            return Ok(true);
        };
        let expected = counted.count.next_offset();
        anyhow::ensure!(
            record.offset >= expected,
            "Kafka gave offset {} of partition {partition}, but {expected} is the next to be counted: the topic {topic} \
             is another one than was counted, or lost its last records. Restore it as it was",
            record.offset
        );
        if record.offset > expected {
            wait_for_kafka(stop, || {
                gaps.explain(consumer, partition, (expected, record.offset))
            })?;
        }
        let verdict = counted.count.apply(record, |election| {
            definitions.look_up(election, (partition, record.offset), |definitions| {
                let log_end = || consumer.fetch_watermarks(topic, partition, KAFKA_TIMEOUT);
                wait_for_kafka(stop, || catch_up(definitions, runtime, partition, &log_end))
            })
        })?;
        match verdict {
            Verdict::Rejected(rejected) => counted.rejected.push(rejected),
            // The final result waits for it, so it is stored immediately.
            Verdict::Marker => self.marker_seen = true,
            Verdict::Withdrawn(freed) => counted.free(freed),
            Verdict::Counted | Verdict::Repeated | Verdict::Known => {}
        }
        Ok(true)
    }

    fn post(&self) {
        for (partition, counted) in &mut self.consumer.context().partitions().counted {
            counted.post_to(&self.pending, *partition);
        }
    }

    fn rejected(&self) -> usize {
        let owned = self.consumer.context().partitions();
        owned
            .counted
            .values()
            .map(|counted| counted.rejected.len())
            .sum()
    }

    /// Starts a round of checkpoints, unless one is under way; if `pressing`, waits for that one.
    fn checkpoint(&mut self, pressing: bool) {
        if let Some((_, written)) = &mut self.writing {
            if !pressing {
                return;
            }
            // Counting waits for PostgreSQL here, rather than fill the memory.
            let wait = async { tokio::time::timeout(RETRY_AFTER, written).await.is_ok() };
            if !self.runtime.block_on(wait) {
                return;
            }
            self.writing = None;
        }
        self.marker_seen = false;
        let mut checkpoints = Vec::new();
        let mut stands = TopicPartitionList::new();
        for (partition, counted) in &mut self.consumer.context().partitions().counted {
            if let Some(checkpoint) = counted.checkpoint(*partition) {
                let offset = Offset::Offset(checkpoint.next_offset);
                // Fails only for impossible offsets.
                let _valid = stands.add_partition_offset(&self.topic, *partition, offset);
                checkpoints.push(checkpoint);
            }
        }
        if !checkpoints.is_empty() {
            self.writing = Some((stands, self.keeper.save(checkpoints)));
        }
    }

    /// Tells Kafka about finished checkpoints: only for lag monitoring, nothing else reads this.
    fn note_what_is_written(&mut self) {
        let Some((stands, written)) = &mut self.writing else {
            return;
        };
        if written.try_recv().is_ok() {
            if let Err(error) = self.consumer.commit(stands, CommitMode::Async) {
                tracing::debug!(%error, "cannot commit offsets");
            }
            self.writing = None;
        }
    }

    fn finish(&mut self) {
        self.post();
        self.consumer.context().release_all();
        self.consumer.unsubscribe();
    }
}

/// Retries a request that Kafka must answer before counting can continue.
fn wait_for_kafka(
    stop: &AtomicBool,
    mut ask: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        match ask() {
            Err(error)
                if error.is::<KafkaError>()
                    || error.is::<ElectionsError>()
                    || error.is::<TopicError>() =>
            {
                let error = format!("{error:#}");
                tracing::warn!(error, "counting waits for Kafka");
            }
            answer => return answer,
        }
        anyhow::ensure!(!stop.load(Ordering::Relaxed), Stopped);
        thread::sleep(RETRY_AFTER);
    }
}

/// Reads the definitions to their current end, after finding where the partition ended before that.
fn catch_up(
    definitions: &mut Definitions,
    runtime: &Handle,
    partition: i32,
    watermarks: &impl Fn() -> KafkaResult<(i64, i64)>,
) -> anyhow::Result<()> {
    let (_first, log_end) = watermarks()?;
    Ok(runtime.block_on(definitions.catch_up(partition, log_end))?)
}
