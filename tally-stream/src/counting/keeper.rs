//! Writes checkpoints, one round after the other, for as long as it takes.

use std::time::Duration;

use service_kit::health::Readiness;
use service_kit::postgres::POSTGRESQL;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::store::{Checkpoint, Store};

/// How long a partition that is being taken away waits for its last checkpoint.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to reach PostgreSQL.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Hands checkpoints to the task that writes them. Cheap to clone.
#[derive(Clone)]
pub(super) struct Keeper {
    rounds: mpsc::UnboundedSender<Round>,
}

struct Round {
    checkpoints: Vec<Checkpoint>,
    written: oneshot::Sender<()>,
}

impl Keeper {
    /// Starts the task; it ends with the last handle.
    pub(super) fn start(store: Store, readiness: Readiness) -> Self {
        let (rounds, mut received) = mpsc::unbounded_channel::<Round>();
        tokio::spawn(async move {
            while let Some(round) = received.recv().await {
                for checkpoint in &round.checkpoints {
                    write(&store, &readiness, checkpoint).await;
                }
                // Nobody need be waiting.
                let _unheard = round.written.send(());
            }
        });
        Self { rounds }
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

    /// Starts a round and waits until it is written, but not for ever.
    pub(super) async fn save_and_wait(&self, checkpoints: Vec<Checkpoint>) {
        if checkpoints.is_empty() {
            return;
        }
        // What is not written in time is still written later.
        if timeout(PATIENCE, self.save(checkpoints)).await.is_err() {
            tracing::warn!(
                "PostgreSQL took no checkpoint in time; the next owner counts the latest records again"
            );
        }
    }
}

async fn write(store: &Store, readiness: &Readiness, checkpoint: &Checkpoint) {
    while let Err(error) = store.save(checkpoint).await {
        readiness.wait_for(
            POSTGRESQL,
            format!("checkpoints cannot be written: {error:#}"),
        );
        sleep(RETRY_AFTER).await;
    }
    readiness.ready(POSTGRESQL);
}
