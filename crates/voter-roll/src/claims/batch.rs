//! One task between all callers and Redis: all waiting requests are sent as one pipeline.
//!
//! While Redis works on a batch the next one fills up, so batches grow with the load ("natural batching"): a
//! single request is sent immediately; at thousands per second, each system call and each wake-up serves many
//! requests.

use std::{mem, sync::LazyLock};

use futures_util::{StreamExt, stream::FuturesUnordered};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, RedisResult, Script,
    ServerErrorKind, Value, aio::MultiplexedConnection,
};
use tokio::sync::{Mutex, mpsc, oneshot};

use super::{Claim, RollOptions};
use crate::packing::ENTRY_BYTES;

const CLAIM_SCRIPT: &str = include_str!("../scripts/claim.lua");
const CONFIRM_SCRIPT: &str = include_str!("../scripts/confirm.lua");

static CLAIM: LazyLock<Script> = LazyLock::new(|| Script::new(CLAIM_SCRIPT));
static CONFIRM: LazyLock<Script> = LazyLock::new(|| Script::new(CONFIRM_SCRIPT));

/// The claim of a ballot. Like all commands here it is idempotent.
pub(super) fn claim_command(
    key: &str,
    field: &[u8; 16],
    identity: [u8; 8],
    choice: [u8; 8],
) -> Cmd {
    let hash = CLAIM.get_hash();
    let mut command = Cmd::with_capacity(7, 7 + 40 + 1 + key.len() + 16 + 8 + 8);
    command.arg("EVALSHA").arg(hash).arg(1).arg(key);
    command.arg(field).arg(&identity).arg(&choice);
    command
}

pub(super) fn confirm_command(claim: &Claim) -> Cmd {
    let hash = CONFIRM.get_hash();
    let mut command = Cmd::with_capacity(6, 7 + 40 + 1 + claim.key.len() + 16 + ENTRY_BYTES);
    command.arg("EVALSHA").arg(hash).arg(1).arg(&claim.key);
    command.arg(&claim.field).arg(&claim.voted);
    command
}

/// A command, and the receiver of its answer; none for a queued confirmation.
pub(super) struct Request {
    pub(super) command: Cmd,
    pub(super) reply: Option<oneshot::Sender<RedisResult<Value>>>,
}

/// Carries the requests of all [`crate::Roll`]s of one [`crate::Roll::open`] to Redis.
pub struct RollService {
    queue: mpsc::Receiver<Request>,
    redis: Link,
    batch: usize,
    batches_in_flight: usize,
}

impl RollService {
    pub(super) fn new(
        client: Client,
        queue: mpsc::Receiver<Request>,
        options: RollOptions,
    ) -> Self {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(options.timeout))
            .set_response_timeout(Some(options.timeout));
        Self {
            queue,
            redis: Link {
                client,
                config,
                connection: Mutex::default(),
            },
            batch: options.batch.max(1),
            batches_in_flight: options.batches_in_flight.max(1),
        }
    }

    /// Answers requests until every [`crate::Roll`] is dropped and everything they sent is answered.
    pub async fn run(self) {
        let Self {
            mut queue,
            redis,
            batch,
            batches_in_flight,
        } = self;
        let redis = &redis;
        let mut waiting = Vec::with_capacity(batch);
        let mut in_flight = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(()) = in_flight.next() => {}
                received = queue.recv_many(&mut waiting, batch), if in_flight.len() < batches_in_flight => {
                    if received == 0 {
                        break;
                    }
                    let requests = mem::replace(&mut waiting, Vec::with_capacity(batch));
                    in_flight.push(answer(redis, requests));
                }
            }
        }
        while in_flight.next().await.is_some() {}
    }
}

/// Sends a batch and distributes its answers.
async fn answer(redis: &Link, requests: Vec<Request>) {
    let mut pipeline = Pipeline::with_capacity(requests.len());
    let mut replies = Vec::with_capacity(requests.len());
    for Request { command, reply } in requests {
        // The caller has given up: under overload, this saves the work.
        if !reply.as_ref().is_some_and(oneshot::Sender::is_closed) {
            pipeline.add_command(command);
            replies.push(reply);
        }
    }
    if replies.is_empty() {
        return;
    }
    match redis.exchange(pipeline.ignore_errors()).await {
        Ok(answers) => {
            for (reply, answer) in replies.into_iter().zip(answers) {
                hand_out(reply, answer);
            }
        }
        Err(error) => {
            for reply in replies {
                hand_out(reply, Err(error.clone()));
            }
        }
    }
}

fn hand_out(reply: Option<oneshot::Sender<RedisResult<Value>>>, answer: RedisResult<Value>) {
    match (reply, answer) {
        // The caller may have given up.
        (Some(reply), answer) => drop(reply.send(answer)),
        (None, Err(error)) => tracing::warn!(%error, "a claim was not confirmed"),
        (None, Ok(_)) => {}
    }
}

/// A connection to Redis that is opened on demand, and replaced when it breaks or its server becomes a replica.
struct Link {
    client: Client,
    config: AsyncConnectionConfig,
    /// The connection and its number, so that a late failure does not close its successor.
    connection: Mutex<(u64, Option<MultiplexedConnection>)>,
}

impl Link {
    /// Sends all commands; there is one answer for each, a value or an error.
    async fn exchange(&self, pipeline: &Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        let mut answers = self.exchange_once(pipeline).await;
        // Only now is it noticed if Redis closed the idle connection, or was restarted.
        if answers
            .as_ref()
            .is_err_and(RedisError::is_connection_dropped)
        {
            answers = self.exchange_once(pipeline).await;
        }
        let mut answers = answers?;
        let unknown_script: Vec<usize> = (0..answers.len())
            .filter(|index| matches!(&answers[*index], Err(error) if is_no_script(error)))
            .collect();
        if !unknown_script.is_empty() {
            // This is the first batch, or Redis was restarted.
            let mut again = Pipeline::with_capacity(unknown_script.len() + 2);
            for script in [CLAIM_SCRIPT, CONFIRM_SCRIPT] {
                again.cmd("SCRIPT").arg("LOAD").arg(script).ignore();
            }
            for (index, command) in pipeline.cmd_iter().enumerate() {
                if unknown_script.binary_search(&index).is_ok() {
                    again.add_command(command.clone());
                }
            }
            let second = self.exchange_once(again.ignore_errors()).await?;
            for (index, answer) in unknown_script.into_iter().zip(second) {
                answers[index] = answer;
            }
        }
        Ok(answers)
    }

    async fn exchange_once(&self, pipeline: &Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
        let (number, mut connection) = self.connection().await?;
        let answers: RedisResult<Vec<RedisResult<Value>>> =
            pipeline.query_async(&mut connection).await;
        // The address may by now lead to the new primary; an old connection never does.
        let is_usable = answers
            .as_ref()
            .is_ok_and(|answers| !answers.iter().any(is_from_a_replica));
        if !is_usable {
            let mut current = self.connection.lock().await;
            if current.0 == number {
                current.1 = None;
            }
        }
        answers
    }

    async fn connection(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let mut current = self.connection.lock().await;
        if let (number, Some(connection)) = &*current {
            return Ok((*number, connection.clone()));
        }
        let connection = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config)
            .await?;
        let number = current.0 + 1;
        *current = (number, Some(connection.clone()));
        Ok((number, connection))
    }
}

fn is_from_a_replica(answer: &RedisResult<Value>) -> bool {
    matches!(answer, Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly))
}

fn is_no_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}
