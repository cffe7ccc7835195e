//! Claiming a voter's ballot in Redis, and confirming the claim.

mod batch;
mod claim;
mod loaded_rolls;

use std::{io, sync::Arc, time::Duration};

use redis::{Cmd, RedisError, RedisResult, Value};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

pub use batch::RollService;
pub use claim::{Claim, ClaimError};

use crate::{
    keys::KeyDirectory,
    layout,
    packing::{EntryAddress, IDENTITY_BYTES},
    voter::Guid,
};
use batch::Request;
use loaded_rolls::{ElectionRoll, LoadedRolls};

/// How long the key written by [`Roll::check_writable`] is kept.
const WRITE_CHECK_KEPT_S: u32 = 60;

/// How a [`Roll`] talks to Redis.
#[derive(Clone, Copy, Debug)]
pub struct RollOptions {
    /// A claim or a confirmation that takes longer is answered with [`ClaimError::Unavailable`].
    pub timeout: Duration,
    /// Maximum number of commands in one batch.
    pub batch: usize,
    /// Maximum number of batches in flight.
    pub batches_in_flight: usize,
    /// Requests that may wait for a batch; beyond them, the callers wait to queue.
    pub queue: usize,
}

impl Default for RollOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(1),
            batch: 256,
            batches_in_flight: 2,
            queue: 4096,
        }
    }
}

/// The roll as the service that takes votes sees it. Cheap to clone.
///
/// Its requests are answered by the [`RollService`] that [`Roll::open`] returns with it, which must be run.
#[derive(Clone, Debug)]
pub struct Roll {
    requests: mpsc::Sender<Request>,
    elections: Arc<LoadedRolls>,
    timeout: Duration,
}

/// What Redis answered to a claim, and where.
struct Asked {
    key: String,
    address: EntryAddress,
    answer: Value,
}

impl Roll {
    /// A handle, and the service whose `run` answers it. Nothing is connected or read yet.
    pub fn open(
        redis: redis::Client,
        keys: KeyDirectory,
        options: RollOptions,
    ) -> (Self, RollService) {
        let (requests, queue) = mpsc::channel(options.queue.max(1));
        let elections = Arc::new(LoadedRolls::new(keys));
        if let Err(error) = elections.forget_when_destroyed() {
            tracing::error!(%error, "ballot keys that are destroyed stay in memory until this process ends");
        }
        let roll = Self {
            requests,
            elections,
            timeout: options.timeout,
        };
        (roll, RollService::new(redis, queue, options))
    }

    /// Claims the ballot of a voter and binds the voter to a choice, in one round trip.
    ///
    /// Claiming again with the same choice returns the same ballot until it is confirmed, through any instance;
    /// so trying again is safe, whatever happened to an earlier attempt.
    ///
    /// # Errors
    /// [`ClaimError`] says why there is no ballot. `NotOnTheRoll` does not say whether it was the
    /// GUID or the `personal_id`.
    pub async fn claim(
        &self,
        election: u32,
        guid: &Guid,
        personal_id: &str,
        choice: u32,
    ) -> Result<Claim, ClaimError> {
        let claiming = async {
            let roll = self.elections.get(election, self).await?;
            let identity = roll.keys.identity(guid, personal_id);
            let mut asked = self.ask(election, &roll, guid, identity, choice).await?;
            // The guid was issued later: the ballot lies under the first one, with the identity check of this one.
            if let Some(first) = claim::follow(&asked.answer, &roll.keys, guid) {
                asked = self.ask(election, &roll, &first, identity, choice).await?;
            }
            claim::read(&asked.answer, asked.key, asked.address)
        };
        let claim = self.in_time(claiming).await;
        if matches!(claim, Err(ClaimError::RollNotLoaded)) {
            self.elections.doubt(election);
        }
        claim
    }

    /// Asks for the ballot under a guid.
    async fn ask(
        &self,
        election: u32,
        roll: &ElectionRoll,
        guid: &Guid,
        identity: [u8; IDENTITY_BYTES],
        choice: u32,
    ) -> Result<Asked, ClaimError> {
        let address = roll.keys.entry_address(guid);
        let key = layout::bucket_key(election, address.bucket(roll.buckets));
        let tag = roll.keys.choice(guid, choice);
        let command = batch::claim_command(&key, &address.field, identity, tag);
        let answer = self.send(command).await?;
        Ok(Asked {
            key,
            address,
            answer,
        })
    }

    /// Marks the voter as having voted, once the vote is in the log. Repeating it is harmless; a
    /// confirmation that is lost leaves the voter bound to the choice that is in the log.
    ///
    /// # Errors
    /// Only [`ClaimError::Unavailable`].
    pub async fn confirm(&self, claim: Claim) -> Result<(), ClaimError> {
        self.in_time(async {
            self.send(batch::confirm_command(&claim)).await?;
            Ok(())
        })
        .await
    }

    /// Confirms without waiting for Redis: the voter need not. It is queued before any later request to this roll. If
    /// the queue is full, it is dropped, as if it had been lost.
    pub fn queue_confirmation(&self, claim: &Claim) {
        let request = Request {
            command: batch::confirm_command(claim),
            reply: None,
        };
        if let Err(error) = self.requests.try_send(request) {
            tracing::warn!(%error, "a claim was not confirmed");
        }
    }

    /// Checks that Redis accepts writes: a server that is full, or has become a replica, still answers reads.
    ///
    /// # Errors
    /// Only [`ClaimError::Unavailable`], with the error from Redis.
    pub async fn check_writable(&self) -> Result<(), ClaimError> {
        let mut write = redis::cmd("SET");
        write
            .arg(layout::WRITE_CHECK_KEY)
            .arg(1)
            .arg("EX")
            .arg(WRITE_CHECK_KEPT_S);
        self.in_time(async {
            self.send(write).await?;
            Ok(())
        })
        .await
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, ClaimError>>,
    ) -> Result<T, ClaimError> {
        timeout(self.timeout, work).await.unwrap_or_else(|_| {
            let late = io::Error::new(io::ErrorKind::TimedOut, "Redis did not answer in time");
            Err(ClaimError::Unavailable(late.into()))
        })
    }

    async fn send(&self, command: Cmd) -> RedisResult<Value> {
        let (reply, answer) = oneshot::channel();
        let stopped = || -> RedisError {
            io::Error::new(io::ErrorKind::BrokenPipe, "the roll's service has stopped").into()
        };
        self.requests
            .send(Request {
                command,
                reply: Some(reply),
            })
            .await
            .map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}
