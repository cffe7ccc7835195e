//! Writes checkpoints, one round after the other, and retries until PostgreSQL accepts them.

use std::sync::Arc;
use std::time::Duration;

use service_kit::health::Readiness;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::aggregated_votes::Offers;
use crate::count::PartitionCount;
use crate::reading::{LogCheck, LogCheckError};
use crate::store::{Base, Checkpoint, Store, tallies};

/// In readiness: the log.
const KAFKA: &str = "kafka";
/// In readiness: while checkpoints cannot be written.
const CHECKPOINTS: &str = "checkpoints";
/// How long a partition that is being taken away waits for its last checkpoint.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between two attempts to reach PostgreSQL.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Passes checkpoints to the task that writes them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Keeper {
    rounds: mpsc::UnboundedSender<Round>,
    offers: Offers,
}

struct Round {
    checkpoints: Vec<Checkpoint>,
    written: oneshot::Sender<()>,
}

impl Keeper {
    /// Starts the task; it ends with the last handle. If the log is not the one that was counted, it reports that
    /// and stores nothing more.
    pub(super) fn start(
        writer: Writer,
        offers: Offers,
        failure: watch::Sender<Option<Arc<anyhow::Error>>>,
    ) -> (Self, JoinHandle<()>) {
        let (rounds, mut received) = mpsc::unbounded_channel::<Round>();
        let offer = offers.clone();
        let task = tokio::spawn(async move {
            while let Some(round) = received.recv().await {
                match writer.write_all(round.checkpoints, &offer).await {
                    // The receiver may have been dropped.
                    Ok(()) => drop(round.written.send(())),
                    Err(error) => {
                        failure.send_replace(Some(Arc::new(error.into())));
                        break;
                    }
                }
            }
            // Further checkpoints are neither stored nor answered.
            while received.recv().await.is_some() {}
        });
        (Self { rounds, offers }, task)
    }

    /// Sets the position of a partition that was checkpointed by another instance or in an earlier run.
    pub(super) fn take_over(&self, partition: i32, count: &PartitionCount) {
        self.offers.offer(tallies(partition, count));
    }

    /// Starts a round; the receiver completes when it is written. At most a few rounds ever wait: the counting
    /// thread has only one under way at a time.
    pub(super) fn save(&self, checkpoints: Vec<Checkpoint>) -> oneshot::Receiver<()> {
        let (written, is_written) = oneshot::channel();
        // Fails only if the task is gone, because the process is ending.
        let _gone = self.rounds.send(Round {
            checkpoints,
            written,
        });
        is_written
    }

    /// Starts a round and waits until it and those before are written, up to a timeout; false if they are not.
    pub(super) async fn save_and_wait(&self, checkpoints: Vec<Checkpoint>) -> bool {
        // Checkpoints not written in time are still written later.
        let written = matches!(timeout(TIMEOUT, self.save(checkpoints)).await, Ok(Ok(())));
        if !written {
            tracing::warn!(
                "the last checkpoints are not stored; the next owner counts the latest records again"
            );
        }
        written
    }
}

/// Writes checkpoints to PostgreSQL.
pub(super) struct Writer {
    pub(super) store: Store,
    pub(super) log_check: Arc<LogCheck>,
    pub(super) readiness: Readiness,
}

impl Writer {
    async fn write_all(
        &self,
        checkpoints: Vec<Checkpoint>,
        offers: &Offers,
    ) -> Result<(), LogCheckError> {
        for checkpoint in checkpoints {
            self.check(&checkpoint).await?;
            if self.write(&checkpoint).await {
                offers.offer(checkpoint.tallies);
            }
        }
        Ok(())
    }

    /// A checkpoint counts from the one before it. If the log still has the last record of that one, everything since
    /// was read from the same log.
    async fn check(&self, checkpoint: &Checkpoint) -> Result<(), LogCheckError> {
        let Base { offset, last } = checkpoint.base;
        loop {
            match self
                .log_check
                .check(checkpoint.partition, offset, last)
                .await
            {
                Err(LogCheckError::Kafka(error)) => {
                    let reason =
                        format!("the log cannot be compared with what was counted: {error}");
                    self.readiness.wait_for(KAFKA, reason);
                }
                checked => {
                    self.readiness.ready(KAFKA);
                    return checked;
                }
            }
            sleep(RETRY_AFTER).await;
        }
    }

    /// False if PostgreSQL has a newer checkpoint.
    async fn write(&self, checkpoint: &Checkpoint) -> bool {
        loop {
            match self.store.save(checkpoint, self.log_check.log()).await {
                Ok(newest) => {
                    self.readiness.ready(CHECKPOINTS);
                    return newest;
                }
                Err(error) => self
                    .readiness
                    .wait_for(CHECKPOINTS, format!("they cannot be written: {error:#}")),
            }
            sleep(RETRY_AFTER).await;
        }
    }
}
