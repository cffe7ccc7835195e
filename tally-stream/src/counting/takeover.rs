//! Taking a partition over: its stored count, after checking that the log is still the same.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use service_kit::health::Readiness;
use tokio::time::{sleep, timeout};

use crate::count::{CheckpointError, LastRecord, PartitionCount};
use crate::reading::{LogCheck, LogCheckError};
use crate::store::Store;

/// In readiness: partitions that cannot be taken over yet.
pub(super) const PARTITIONS: &str = "partitions";
/// How long PostgreSQL may take to return a checkpoint.
const LOAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The pause between two attempts.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Everything needed to take partitions over. Cheap to clone.
#[derive(Clone)]
pub(super) struct Takeover {
    pub(super) store: Store,
    pub(super) log_check: Arc<LogCheck>,
    pub(super) readiness: Readiness,
}

/// Where a count begins.
#[derive(Debug)]
pub(super) enum Beginning {
    /// At the newest checkpoint.
    Stored(Box<PartitionCount>),
    /// Where this instance left off: it has counted further than what is stored, or PostgreSQL is unreachable.
    Kept,
}

/// The position of a kept count, and its last record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) next_offset: i64,
    pub(super) last: Option<LastRecord>,
}

impl Takeover {
    /// Waits for PostgreSQL and Kafka as long as it takes; meanwhile the instance is not ready.
    ///
    /// # Errors
    /// If the log is not the one that was counted, or the checkpoint cannot be used.
    pub(super) async fn begin(
        self,
        partition: i32,
        kept: Option<Kept>,
    ) -> anyhow::Result<Beginning> {
        loop {
            match self.attempt(partition, kept).await {
                Err(error) if !is_lasting(&error) => {
                    let reason = format!("partition {partition} cannot be taken over: {error:#}");
                    self.readiness.wait_for(PARTITIONS, reason);
                }
                begun => return begun,
            }
            sleep(RETRY_AFTER).await;
        }
    }

    async fn attempt(&self, partition: i32, kept: Option<Kept>) -> anyhow::Result<Beginning> {
        let stored = timeout(LOAD_TIMEOUT, self.store.load(partition)).await;
        let stored = stored
            .context("PostgreSQL does not answer")
            .and_then(|stored| stored);
        let beginning = match (stored, kept) {
            (Ok(stored), Some(kept)) if kept.next_offset > stored.count.next_offset() => {
                Beginning::Kept
            }
            (Ok(stored), _) => {
                self.log_check.compare(partition, stored.log.as_deref())?;
                Beginning::Stored(Box::new(stored.count))
            }
            (Err(error), Some(_)) if !is_lasting(&error) => {
                let error = format!("{error:#}");
                tracing::warn!(
                    partition,
                    error,
                    "going on from what this instance has counted"
                );
                Beginning::Kept
            }
            (Err(error), _) => return Err(error),
        };
        let (next_offset, last) = match (&beginning, kept) {
            (Beginning::Stored(count), _) => (count.next_offset(), count.last()),
            (Beginning::Kept, kept) => kept.map_or((0, None), |kept| (kept.next_offset, kept.last)),
        };
        self.log_check.check(partition, next_offset, last).await?;
        Ok(beginning)
    }
}

/// Whether trying again cannot help.
fn is_lasting(error: &anyhow::Error) -> bool {
    let is_other_log = matches!(error.downcast_ref(), Some(LogCheckError::NotTheLog(_)));
    is_other_log || error.is::<CheckpointError>()
}
