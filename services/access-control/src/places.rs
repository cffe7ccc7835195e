//! Places to hash a password at: a few, each with memory that is used again and again.
//!
//! Memory for each hash anew, on threads that change, would stay with the allocator: many times what is in use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::Block;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::budget::Budgets;

/// Whoever waits longer for a place is sent away.
const PATIENCE: Duration = Duration::from_secs(10);

/// That somebody was sent away is logged this often at most.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Too many others wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be hashed")]
pub struct Busy;

/// All places. Cheap to clone.
#[derive(Clone)]
pub struct Places {
    all: Arc<Semaphore>,
    /// Registrations queue here first, so that no login ever waits for more than one of them.
    registrations: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Memory>>>,
    log: Arc<Mutex<Budgets<()>>>,
    patience: Duration,
}

/// What Argon2 fills; empty until it is first used.
pub(crate) type Memory = Vec<Block>;

/// A place, until it is dropped.
pub struct Place {
    pub(crate) memory: Memory,
    idle: Arc<Mutex<Vec<Memory>>>,
    // Dropped after the memory is given back.
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

impl Places {
    /// So many places, of which registrations get all but one.
    pub fn new(places: usize) -> Self {
        let places = places.max(1);
        Self {
            all: Arc::new(Semaphore::new(places)),
            registrations: Arc::new(Semaphore::new((places - 1).max(1))),
            idle: Arc::default(),
            log: Arc::new(Mutex::new(Budgets::new(1, LOG_EVERY))),
            patience: PATIENCE,
        }
    }

    /// A place to check a password at. Registrations do not stand in its way.
    ///
    /// # Errors
    /// Where none gets free for too long.
    pub async fn for_login(&self) -> Result<Place, Busy> {
        self.patiently(self.place(None)).await
    }

    /// A place to hash a new password at.
    ///
    /// # Errors
    /// Where none gets free for too long.
    pub async fn for_registration(&self) -> Result<Place, Busy> {
        self.patiently(async {
            let permit = Arc::clone(&self.registrations).acquire_owned().await?;
            self.place(Some(permit)).await
        })
        .await
    }

    async fn place(
        &self,
        registration: Option<OwnedSemaphorePermit>,
    ) -> Result<Place, AcquireError> {
        let permit = Arc::clone(&self.all).acquire_owned().await?;
        Ok(Place {
            memory: locked(&self.idle).pop().unwrap_or_default(),
            idle: Arc::clone(&self.idle),
            _permits: [Some(permit), registration],
        })
    }

    async fn patiently(
        &self,
        place: impl Future<Output = Result<Place, AcquireError>>,
    ) -> Result<Place, Busy> {
        if let Ok(Ok(place)) = timeout(self.patience, place).await {
            return Ok(place);
        }
        let (mut log, now) = (locked(&self.log), Instant::now());
        if log.check(&(), now).is_ok() {
            log.spend(&(), now);
            tracing::warn!("{Busy}: who waits for long is sent away");
        }
        Err(Busy)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.idle).push(std::mem::take(&mut self.memory));
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Places {
    /// Sends everybody away who would have to wait.
    pub(crate) fn impatient(places: usize) -> Self {
        Self {
            patience: Duration::ZERO,
            ..Self::new(places)
        }
    }

    /// The sizes in blocks of all memory that is not in use.
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
        let places = Places::impatient(1);
        let place = places.for_login().await.unwrap();
        assert_eq!(places.for_login().await.err(), Some(Busy));
        assert_eq!(places.for_registration().await.err(), Some(Busy));
        drop(place);
        assert!(places.for_login().await.is_ok());
        assert!(places.for_registration().await.is_ok());
    }

    #[tokio::test]
    async fn registrations_leave_a_place_to_logins() {
        let places = Places::impatient(3);
        let _two = [
            places.for_registration().await,
            places.for_registration().await,
        ];
        assert_eq!(places.for_registration().await.err(), Some(Busy));
        assert!(places.for_login().await.is_ok());
    }

    #[tokio::test]
    async fn a_login_overtakes_the_registrations_that_wait_for_the_only_place() {
        let places = Places::new(1);
        let place = places.for_registration().await.unwrap();
        let mut registrations = Box::pin(join_all((0..100).map(|_| places.for_registration())));
        assert!(registrations.as_mut().now_or_never().is_none());
        let mut login = Box::pin(places.for_login());
        assert!(login.as_mut().now_or_never().is_none());
        drop(place);
        assert!(registrations.as_mut().now_or_never().is_none());
        assert!(login.now_or_never().is_some_and(|place| place.is_ok()));
    }

    #[tokio::test]
    async fn memory_is_used_again() {
        let places = Places::new(2);
        for _ in 0..10 {
            let mut both = [
                places.for_login().await.unwrap(),
                places.for_registration().await.unwrap(),
            ];
            for place in &mut both {
                assert!(matches!(place.memory.len(), 0 | 7));
                place.memory.resize(7, Block::new());
            }
        }
        assert_eq!(places.idle(), [7, 7]);
    }
}
