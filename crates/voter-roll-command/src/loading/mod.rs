//! The roll of one election in Redis: loading, status and purging.

mod amend;
mod first;
mod holder;
mod load;
mod purge;
mod records;
mod room;
mod seal;
mod status;
mod write;

pub(crate) use amend::{Amended, OpenRolls};
pub(crate) use holder::Holder;
pub(crate) use records::{lock_changes, unlock_changes};
pub(crate) use room::{check_room, in_use};

pub use amend::InForce;
pub use load::{LoadReport, load};
pub use purge::{PurgeReport, purge};
pub use status::{KeyState, LoadStatus, RedisStatus, RollStatus, status};

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};

/// The timeout for Redis, which here processes whole batches of buckets in addition to the votes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(redis: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(5)))
        .set_response_timeout(Some(PATIENCE));
    redis
        .get_multiplexed_async_connection_with_config(&config)
        .await
}
