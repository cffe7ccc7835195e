//! How many voters are on the rolls: turnout keeps its denominator when a roll has been purged from Redis.

use std::collections::BTreeMap;
use std::time::Duration;

use ballot_log::ElectionId;

use crate::store::Store;

/// The pause between two attempts to store a number.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The number of registered voters by election, as last seen in Redis.
pub(super) struct Rolls {
    store: Store,
    registered: BTreeMap<ElectionId, u64>,
}

impl Rolls {
    /// Reads what is stored.
    ///
    /// # Errors
    /// If PostgreSQL does not answer.
    pub(super) async fn read(store: Store) -> anyhow::Result<Self> {
        let registered = store.registered().await?;
        Ok(Self { store, registered })
    }

    /// The number of voters of an election, given the number in Redis: `None` if the roll is not loaded.
    pub(super) fn registered(
        &mut self,
        election: ElectionId,
        in_redis: Option<u64>,
    ) -> Option<u64> {
        let Some(registered) = in_redis else {
            return self.registered.get(&election).copied();
        };
        if self.registered.insert(election, registered) != Some(registered) {
            tokio::spawn(write_down(self.store.clone(), election, registered));
        }
        Some(registered)
    }
}

/// Results do not wait for PostgreSQL.
async fn write_down(store: Store, election: ElectionId, registered: u64) {
    while let Err(error) = store.save_registered(election, registered).await {
        tracing::warn!(
            election,
            error = format!("{error:#}"),
            "the number of registered voters is not stored yet"
        );
        tokio::time::sleep(RETRY_AFTER).await;
    }
}
