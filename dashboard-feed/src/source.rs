//! Redis: reads every result, then follows publications.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSubSink};
use redis::{AsyncCommands, AsyncConnectionConfig, Client, RedisError};
use service_kit::health::Readiness;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};

use crate::ElectionId;
use crate::latest::PublishedResult;
use crate::pace::Arrival;

/// The name of this part in `/health/ready`.
pub(crate) const REDIS: &str = "redis";

/// The key of the set of all elections with a result, and the prefix of their keys and channels.
const RESULTS: &str = "results";
const EVERY_CHANNEL: &str = "results:*";

/// How long Redis may take to connect or answer before the connection counts as lost.
const TIMEOUT: Duration = Duration::from_secs(3);
/// How often an idle subscription is checked.
const HEARTBEAT: Duration = Duration::from_secs(2);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Why a connection to Redis ended.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("Redis cannot be used: {0}")]
    Redis(#[from] RedisError),
    #[error("Redis did not answer within {} s", TIMEOUT.as_secs())]
    Silent(#[from] tokio::time::error::Elapsed),
    #[error("Redis closed the connection")]
    Closed,
    #[error("Redis at REDIS_URL is a replica, which may show what is no longer so")]
    Replica,
    #[error("the service stops")]
    Stopping,
}

/// Follows Redis forever and reconnects when the connection is lost.
pub(crate) async fn follow(client: Client, arrivals: mpsc::Sender<Arrival>, readiness: Readiness) {
    let mut source = Source {
        client,
        arrivals,
        readiness,
        pause: FIRST_PAUSE,
        unreadable: HashSet::new(),
    };
    loop {
        let Err(lost) = source.connect_and_follow().await;
        if matches!(lost, Lost::Stopping) {
            return;
        }
        // Readiness logs the loss once, and the return once.
        source.readiness.wait_for(REDIS, lost.to_string());
        sleep(source.pause).await;
        source.pause = (source.pause * 2).min(LONGEST_PAUSE);
    }
}

struct Source {
    client: Client,
    arrivals: mpsc::Sender<Arrival>,
    readiness: Readiness,
    /// The pause before the next attempt to connect.
    pause: Duration,
    /// Keys whose last value was not a result: each is logged once, not ten times a second.
    unreadable: HashSet<String>,
}

impl Source {
    async fn connect_and_follow(&mut self) -> Result<Infallible, Lost> {
        // Subscribes first: results published while the others are read wait in the channel.
        let mut pubsub = timeout(TIMEOUT, self.client.get_async_pubsub()).await??;
        timeout(TIMEOUT, pubsub.psubscribe(EVERY_CHANNEL)).await??;
        let (sink, mut messages) = pubsub.split();
        let mut connection = self.connect().await?;
        require_primary(&mut connection).await?;
        self.read_all(&mut connection).await?;
        self.pause = FIRST_PAUSE;
        self.readiness.ready(REDIS);

        let heartbeat = heartbeat(sink, connection);
        tokio::pin!(heartbeat);
        loop {
            let message = tokio::select! {
                message = messages.next() => message.ok_or(Lost::Closed)?,
                lost = &mut heartbeat => return lost,
            };
            let json = Bytes::copy_from_slice(message.get_payload_bytes());
            self.pass_on(message.get_channel_name(), json).await?;
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, Lost> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        Ok(connecting.await?)
    }

    /// Passes on every result that Redis holds, and returns once all of them can be seen.
    async fn read_all(&mut self, connection: &mut MultiplexedConnection) -> Result<(), Lost> {
        let elections: Vec<String> = connection.smembers(RESULTS).await?;
        for election in elections {
            let key = format!("{RESULTS}:{{{election}}}");
            let json: Option<Vec<u8>> = connection.get(&key).await?;
            if let Some(json) = json {
                self.pass_on(&key, json.into()).await?;
            }
        }
        let (seen, all_seen) = oneshot::channel();
        self.send(Arrival::Loaded(seen)).await?;
        all_seen.await.map_err(|_| Lost::Stopping)
    }

    /// Passes on the value of `key`, if it is a result of the right election.
    async fn pass_on(&mut self, key: &str, json: Bytes) -> Result<(), Lost> {
        let parsed = PublishedResult::parse(json);
        let reason = match parsed {
            Ok(publication) if Some(publication.election()) == election_of(key) => {
                self.unreadable.remove(key);
                return self.send(Arrival::Result(Box::new(publication))).await;
            }
            Ok(publication) => format!("it is of election {}", publication.election()),
            Err(error) => error.to_string(),
        };
        if self.unreadable.insert(key.to_owned()) {
            tracing::warn!(key, reason, "ignored what is no result of this election");
        }
        Ok(())
    }

    async fn send(&self, arrival: Arrival) -> Result<(), Lost> {
        self.arrivals
            .send(arrival)
            .await
            .map_err(|_| Lost::Stopping)
    }
}

/// Completes when the subscription's connection no longer answers, or its server became a replica.
async fn heartbeat(
    mut sink: PubSubSink,
    mut connection: MultiplexedConnection,
) -> Result<Infallible, Lost> {
    loop {
        sleep(HEARTBEAT).await;
        timeout(TIMEOUT, sink.ping::<redis::Value>()).await??;
        require_primary(&mut connection).await?;
    }
}

/// A replica answers every question, also when nobody writes to its primary any more. The address may lead to the new
/// primary by now; an old connection never does.
async fn require_primary(connection: &mut MultiplexedConnection) -> Result<(), Lost> {
    let role: Vec<redis::Value> = redis::cmd("ROLE").query_async(connection).await?;
    let role = role.into_iter().next();
    match role.map(redis::from_redis_value::<String>) {
        Some(Ok(role)) if role == "master" => Ok(()),
        _ => Err(Lost::Replica),
    }
}

/// The election that a key or channel such as `results:{7}` belongs to.
fn election_of(key: &str) -> Option<ElectionId> {
    key.strip_prefix(RESULTS)?
        .strip_prefix(":{")?
        .strip_suffix('}')?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_their_election() {
        assert_eq!(election_of("results:{7}"), Some(7));
        for strange in [
            "results",
            "results:7",
            "results:{}",
            "results:{-1}",
            "tally:{7}",
        ] {
            assert_eq!(election_of(strange), None, "{strange}");
        }
    }
}
