//! The keys and the layout of the elections in use, read once and kept as long as the ballot key is there: once it is
//! destroyed, what was derived from it is forgotten within a second.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock, Weak},
    thread,
    time::{Duration, Instant},
};

use redis::FromRedisValue;
use tokio::{sync::Mutex, task::spawn_blocking};

use super::{ClaimError, Roll};
use crate::{
    keys::{KeyDirectory, RollKeys},
    layout::{self, Meta},
};

/// How long an answer is used before Redis and the key file are read again.
const RECHECK: Duration = Duration::from_millis(200);

/// How often to look whether ballot keys are still there.
const LOOK_FOR_KEYS: Duration = Duration::from_millis(300);

/// Everything that a claim in one election needs.
pub(super) struct ElectionRoll {
    pub(super) keys: RollKeys,
    pub(super) buckets: u32,
}

/// Why ballots of an election cannot be claimed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unusable {
    NotLoaded,
    WrongKey,
}

impl From<Unusable> for ClaimError {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::NotLoaded => Self::RollNotLoaded,
            Unusable::WrongKey => Self::WrongKey,
        }
    }
}

#[derive(Clone)]
struct Known {
    roll: Result<Arc<ElectionRoll>, Unusable>,
    since: Instant,
}

/// The elections in use.
pub(super) struct LoadedRolls {
    keys: KeyDirectory,
    known: RwLock<HashMap<u32, Known>>,
    /// Held while one election is read, so that a crowd of voters reads it once.
    reading: Mutex<()>,
}

impl LoadedRolls {
    pub(super) fn new(keys: KeyDirectory) -> Self {
        Self {
            keys,
            known: RwLock::default(),
            reading: Mutex::default(),
        }
    }

    /// Forgets the keys of elections whose ballot key was destroyed, until these rolls are dropped.
    ///
    /// # Errors
    /// If there can be no thread.
    pub(super) fn forget_when_destroyed(self: &Arc<Self>) -> std::io::Result<()> {
        let rolls: Weak<Self> = Arc::downgrade(self);
        let look = move || {
            while let Some(rolls) = rolls.upgrade() {
                rolls.forget_destroyed();
                drop(rolls);
                thread::sleep(LOOK_FOR_KEYS);
            }
        };
        let thread = thread::Builder::new().name("ballot keys".to_owned());
        thread.spawn(look).map(drop)
    }

    fn forget_destroyed(&self) {
        let in_use: Vec<u32> = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let usable = known.iter().filter(|(_, known)| known.roll.is_ok());
            usable.map(|(election, _)| *election).collect()
        };
        for election in in_use.into_iter().filter(|it| self.keys.is_gone(*it)) {
            tracing::info!(
                election,
                "its ballot key is gone: what was derived from it is forgotten"
            );
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.remove(&election);
        }
    }

    pub(super) async fn get(
        &self,
        election: u32,
        redis: &Roll,
    ) -> Result<Arc<ElectionRoll>, ClaimError> {
        if let Some(roll) = self.fresh(election) {
            return roll;
        }
        let _one_reader = self.reading.lock().await;
        if let Some(roll) = self.fresh(election) {
            return roll;
        }
        let roll = self.read(election, redis).await?;
        let known = Known {
            roll: roll.clone(),
            since: Instant::now(),
        };
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(election, known);
        roll.map_err(ClaimError::from)
    }

    /// A bucket of this election is gone: the roll must be checked again, but not more often than every [`RECHECK`].
    pub(super) fn doubt(&self, election: u32) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known
            .get(&election)
            .is_some_and(|known| known.roll.is_ok() && known.since.elapsed() > RECHECK)
        {
            known.remove(&election);
        }
    }

    fn fresh(&self, election: u32) -> Option<Result<Arc<ElectionRoll>, ClaimError>> {
        match self.known(election)? {
            Known { roll: Ok(roll), .. } => Some(Ok(roll)),
            Known {
                roll: Err(unusable),
                since,
            } => (since.elapsed() < RECHECK).then(|| Err(unusable.into())),
        }
    }

    fn known(&self, election: u32) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&election).cloned()
    }

    /// Reads an election's description and key. The outer error is an outage, and is not cached.
    async fn read(
        &self,
        election: u32,
        redis: &Roll,
    ) -> Result<Result<Arc<ElectionRoll>, Unusable>, ClaimError> {
        let mut command = redis::cmd("HGETALL");
        command.arg(layout::meta_key(election));
        let hash = HashMap::from_redis_value(redis.send(command).await?)
            .map_err(redis::RedisError::from)?;
        let Some(meta) = Meta::from_hash(hash) else {
            return Ok(Err(Unusable::NotLoaded));
        };

        let directory = self.keys.clone();
        let key = spawn_blocking(move || directory.read(election)).await;
        let problem = match key {
            Ok(Ok(Some(key))) if key.fingerprint().to_string() == meta.fingerprint => {
                return Ok(Ok(Arc::new(ElectionRoll {
                    keys: RollKeys::new(&key, election),
                    buckets: meta.buckets,
                })));
            }
            Ok(Ok(Some(_))) => "it is not the key that the roll was loaded with".to_owned(),
            Ok(Ok(None)) => "there is none".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        // Logged once, not for every voter who is refused.
        let said = self
            .known(election)
            .is_some_and(|known| matches!(known.roll, Err(Unusable::WrongKey)));
        if !said {
            let file = self.keys.path(election);
            tracing::error!(
                election,
                file = %file.display(),
                "no vote can be taken for want of the right ballot key: {problem}"
            );
        }
        Ok(Err(Unusable::WrongKey))
    }
}

impl fmt::Debug for LoadedRolls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadedRolls")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
