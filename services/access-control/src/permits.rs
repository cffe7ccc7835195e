//! Permits to hash a password: a few, each with memory that is reused.
//!
//! With an allocation for each hash, on changing threads, the allocator would hold many times the memory in use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::Block;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use service_kit::budget::Budgets;

/// A request that waits longer for a permit is refused.
const WAIT_LIMIT: Duration = Duration::from_secs(10);

/// Refusals are logged at most this often.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Too many others are waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct Busy;

/// All permits. Cheap to clone.
#[derive(Clone)]
pub struct HashingPermits {
    all: Arc<Semaphore>,
    /// Registrations queue here first, so a login never waits for more than one of them.
    registrations: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Memory>>>,
    log: Arc<Mutex<Budgets<()>>>,
    wait_limit: Duration,
}

/// The memory that Argon2 fills; empty until first used.
pub(crate) type Memory = Vec<Block>;

/// A permit, until it is dropped.
pub struct HashingPermit {
    pub(crate) memory: Memory,
    idle: Arc<Mutex<Vec<Memory>>>,
    // Dropped after the memory is returned.
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl HashingPermits {
    /// This many permits, of which registrations get all but one.
    pub fn new(permits: usize) -> Self {
        let permits = permits.max(1);
        Self {
            all: Arc::new(Semaphore::new(permits)),
            registrations: Arc::new(Semaphore::new((permits - 1).max(1))),
            idle: Arc::default(),
            log: Arc::new(Mutex::new(Budgets::new(1, LOG_EVERY))),
            wait_limit: WAIT_LIMIT,
        }
    }

    /// A permit to check a password. Registrations do not delay it.
    ///
    /// # Errors
    /// If no permit becomes free in time.
    pub async fn for_login(&self) -> Result<HashingPermit, Busy> {
        self.within_limit(self.permit(None)).await
    }

    /// A permit to hash a new password.
    ///
    /// # Errors
    /// If no permit becomes free in time.
    pub async fn for_registration(&self) -> Result<HashingPermit, Busy> {
        self.within_limit(async {
            let permit = Arc::clone(&self.registrations).acquire_owned().await?;
            self.permit(Some(permit)).await
        })
        .await
    }

    async fn permit(
        &self,
        registration: Option<OwnedSemaphorePermit>,
    ) -> Result<HashingPermit, AcquireError> {
        let permit = Arc::clone(&self.all).acquire_owned().await?;
        Ok(HashingPermit {
            memory: locked(&self.idle).pop().unwrap_or_default(),
            idle: Arc::clone(&self.idle),
            _permits: [Some(permit), registration],
        })
    }

    async fn within_limit(
        &self,
        permit: impl Future<Output = Result<HashingPermit, AcquireError>>,
    ) -> Result<HashingPermit, Busy> {
        if let Ok(Ok(permit)) = timeout(self.wait_limit, permit).await {
            return Ok(permit);
        }
        let (mut log, now) = (locked(&self.log), Instant::now());
        if log.check(&(), now).is_ok() {
            log.spend(&(), now);
            tracing::warn!("{Busy}: who waits for long is sent away");
        }
        Err(Busy)
    }
}

impl Drop for HashingPermit {
    fn drop(&mut self) {
        locked(&self.idle).push(std::mem::take(&mut self.memory));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl HashingPermits {
    /// Refuses all requests that would have to wait.
    pub(crate) fn impatient(permits: usize) -> Self {
        Self {
            wait_limit: Duration::ZERO,
            ..Self::new(permits)
        }
    }

    /// The sizes, in blocks, of all memory not in use.
    pub(crate) fn idle(&self) -> Vec<usize> {
        locked(&self.idle).iter().map(Vec::len).collect()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{FutureExt as _, join_all};

    use super::*;

    #[tokio::test]
    async fn who_waits_too_long_is_sent_away() {
        let permits = HashingPermits::impatient(1);
        let permit = permits.for_login().await.unwrap();
        assert_eq!(permits.for_login().await.err(), Some(Busy));
        assert_eq!(permits.for_registration().await.err(), Some(Busy));
        drop(permit);
        assert!(permits.for_login().await.is_ok());
        assert!(permits.for_registration().await.is_ok());
    }

    #[tokio::test]
    async fn registrations_leave_a_place_to_logins() {
        let permits = HashingPermits::impatient(3);
        let _two = [
            permits.for_registration().await,
            permits.for_registration().await,
        ];
        assert_eq!(permits.for_registration().await.err(), Some(Busy));
        assert!(permits.for_login().await.is_ok());
    }

    #[tokio::test]
    async fn a_login_overtakes_the_registrations_that_wait_for_the_only_place() {
        let permits = HashingPermits::new(1);
        let permit = permits.for_registration().await.unwrap();
        let mut registrations = Box::pin(join_all((0..100).map(|_| permits.for_registration())));
        assert!(registrations.as_mut().now_or_never().is_none());
        let mut login = Box::pin(permits.for_login());
        assert!(login.as_mut().now_or_never().is_none());
        drop(permit);
        assert!(registrations.as_mut().now_or_never().is_none());
        assert!(login.now_or_never().is_some_and(|permit| permit.is_ok()));
    }

    #[tokio::test]
    async fn memory_is_used_again() {
        let permits = HashingPermits::new(2);
        for _ in 0..10 {
            let mut both = [
                permits.for_login().await.unwrap(),
                permits.for_registration().await.unwrap(),
            ];
            for permit in &mut both {
                assert!(matches!(permit.memory.len(), 0 | 7));
                permit.memory.resize(7, Block::new());
            }
        }
        assert_eq!(permits.idle(), [7, 7]);
    }
}
