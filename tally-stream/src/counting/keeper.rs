//! Writes checkpoints, one round after the other, and retries until PostgreSQL takes them.

use std::time::Duration;

use service_database::postgres::POSTGRESQL;
use service_kit::health::Readiness;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::aggregated_votes::Offers;
use crate::count::PartitionCount;
use crate::store::{Checkpoint, Store, tallies};

/// How long a partition that is being taken away waits for its last checkpoint.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Between two attempts to reach PostgreSQL.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Hands checkpoints to the task that writes them. Cheap to clone.
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
    /// Starts the task; it ends with the last handle.
    pub(super) fn start(
        store: Store,
        offers: Offers,
        readiness: Readiness,
    ) -> (Self, JoinHandle<()>) {
        let (rounds, mut received) = mpsc::unbounded_channel::<Round>();
        let offer = offers.clone();
        let task = tokio::spawn(async move {
            while let Some(round) = received.recv().await {
                for checkpoint in round.checkpoints {
                    if write(&store, &readiness, &checkpoint).await {
                        offer.offer(checkpoint.tallies);
                    }
                }
                // The receiver may have been dropped.
                let _unheard = round.written.send(());
            }
        });
        (Self { rounds, offers }, task)
    }

    /// Says where a partition stands that was checkpointed by another instance, or another time.
    pub(super) fn take_over(&self, partition: i32, count: &PartitionCount) {
        self.offers.offer(tallies(partition, count));
    }

    /// Starts a round; tells when it is written. At most a few rounds ever wait: the counting thread
    /// has one under way at a time.
    pub(super) fn save(&self, checkpoints: Vec<Checkpoint>) -> oneshot::Receiver<()> {
        let (written, is_written) = oneshot::channel();
        // Fails only when the task is gone, as the process ends.
        let _gone = self.rounds.send(Round {
            checkpoints,
            written,
        });
        is_written
    }

    /// Starts a round and waits until it is written, up to a timeout.
    pub(super) async fn save_and_wait(&self, checkpoints: Vec<Checkpoint>) {
        if checkpoints.is_empty() {
            return;
        }
        // What is not written in time is still written later.
        if timeout(TIMEOUT, self.save(checkpoints)).await.is_err() {
            tracing::warn!(
                "PostgreSQL took no checkpoint in time; the next owner counts the latest records again"
            );
        }
    }
}

/// False where PostgreSQL has a newer checkpoint.
async fn write(store: &Store, readiness: &Readiness, checkpoint: &Checkpoint) -> bool {
    loop {
        match store.save(checkpoint).await {
            Ok(newest) => {
                readiness.ready(POSTGRESQL);
                return newest;
            }
            Err(error) => readiness.wait_for(
                POSTGRESQL,
                format!("checkpoints cannot be written: {error:#}"),
            ),
        }
        sleep(RETRY_AFTER).await;
    }
}
