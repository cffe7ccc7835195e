//! The roll of one election in Redis: bringing it there, looking at it, destroying it.

mod first;
mod load;
mod purge;
mod records;
mod seal;
mod status;
mod write;

pub use load::{LoadReport, load};
pub use purge::{PurgeReport, purge};
pub use status::{KeyState, LoadStatus, RedisStatus, RollStatus, status};

use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, RedisResult, aio::MultiplexedConnection};

/// Redis works on whole batches of buckets here, beside the votes.
const PATIENCE: Duration = Duration::from_secs(30);

async fn connect(redis: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(5)))
        .set_response_timeout(Some(PATIENCE));
    redis
        .get_multiplexed_async_connection_with_config(&config)
        .await
}
