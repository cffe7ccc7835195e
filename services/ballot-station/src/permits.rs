//! Permits for files: limits at the station, for one official, and for recording.
//!
//! A file takes its permit before any of it is read, and keeps it until it is recorded: that bounds the memory
//! and the disk. To be recorded it needs a second one, which it gets when it has arrived completely: a slow
//! sender does not block others from recording.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::answer::UploadError;

/// How many permits there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// For files that are arriving, waiting or being recorded.
    pub(crate) at_the_station: u16,
    /// Of these, for files of one official.
    pub(crate) of_one_official: u16,
    /// For files that are being recorded.
    pub(crate) recording: u16,
    /// How long a file waits for each of its permits.
    pub(crate) wait_limit: Duration,
}

/// First come, first served; nobody waits forever.
pub(crate) struct UploadPermits {
    capacity: Capacity,
    at_the_station: Arc<Semaphore>,
    recording: Arc<Semaphore>,
    /// By e-mail address: the permits of each official with a file at the station.
    officials: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// The permit of a file at the station, until it is dropped.
pub(crate) struct UploadPermit {
    _of_the_official: OwnedSemaphorePermit,
    _at_the_station: OwnedSemaphorePermit,
}

/// The permit of a file that is being recorded, until it is dropped.
pub(crate) struct RecordingPermit {
    _place: UploadPermit,
    _recording: OwnedSemaphorePermit,
}

impl UploadPermits {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            at_the_station: semaphore(capacity.at_the_station),
            recording: semaphore(capacity.recording),
            officials: Mutex::default(),
        }
    }

    /// Waits for a permit for a file that is about to arrive.
    ///
    /// # Errors
    /// If none becomes free in time.
    pub(crate) async fn at_the_station(&self, official: &str) -> Result<UploadPermit, UploadError> {
        // The official's own limit comes first: an official who sends many files at once waits for those, and no one else does.
        let own = self.of_official(official);
        Ok(UploadPermit {
            _of_the_official: self.one_of(&own, "Other files of yours are here.").await?,
            _at_the_station: self
                .one_of(&self.at_the_station, "Too many files are here.")
                .await?,
        })
    }

    /// Waits until a file that has arrived may be recorded.
    ///
    /// # Errors
    /// If that takes too long.
    pub(crate) async fn to_be_recorded(
        &self,
        permit: UploadPermit,
    ) -> Result<RecordingPermit, UploadError> {
        Ok(RecordingPermit {
            _place: permit,
            _recording: self
                .one_of(&self.recording, "Other files are being recorded.")
                .await?,
        })
    }

    /// Waits until no file is at the station.
    pub(crate) async fn all_free(&self) {
        // It fails only if the semaphore is closed, which never happens.
        let all = u32::from(self.capacity.at_the_station);
        drop(self.at_the_station.acquire_many(all).await);
    }

    async fn one_of(
        &self,
        permits: &Arc<Semaphore>,
        taken: &'static str,
    ) -> Result<OwnedSemaphorePermit, UploadError> {
        let permit = timeout(
            self.capacity.wait_limit,
            Arc::clone(permits).acquire_owned(),
        )
        .await;
        permit
            .ok()
            .and_then(Result::ok)
            .ok_or(UploadError::Busy(taken))
    }

    /// A permit that is taken or waited for keeps its semaphore alive; the other semaphores are dropped here.
    fn of_official(&self, official: &str) -> Arc<Semaphore> {
        let mut officials = self
            .officials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        officials.retain(|_, permits| permits.strong_count() > 0);
        if let Some(permits) = officials.get(official).and_then(Weak::upgrade) {
            return permits;
        }
        let permits = semaphore(self.capacity.of_one_official);
        officials.insert(official.to_owned(), Arc::downgrade(&permits));
        permits
    }
}

fn semaphore(permits: u16) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::from(permits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(at_the_station: u16, of_one_official: u16, recording: u16) -> UploadPermits {
        UploadPermits::new(Capacity {
            at_the_station,
            of_one_official,
            recording,
            wait_limit: Duration::from_millis(10),
        })
    }

    fn busy<T>(permit: &Result<T, UploadError>) -> bool {
        matches!(permit, Err(UploadError::Busy(_)))
    }

    #[tokio::test]
    async fn one_official_takes_no_more_than_a_share() {
        let permits = permits(3, 2, 2);
        let first = permits.at_the_station("ana").await.unwrap();
        let second = permits.at_the_station("ana").await.unwrap();
        assert!(busy(&permits.at_the_station("ana").await));
        let other = permits.at_the_station("mira").await.unwrap();
        // All three are taken; an official without a permit also has to wait.
        assert!(busy(&permits.at_the_station("vesna").await));
        let first = permits.to_be_recorded(first).await.unwrap();
        assert!(
            busy(&permits.at_the_station("ana").await),
            "a file that is recorded is here"
        );
        drop(first);
        let third = permits.at_the_station("ana").await.unwrap();
        drop((second, third, other));
        permits.all_free().await;
        drop(permits.at_the_station("vesna").await.unwrap());
        assert_eq!(
            permits.officials.lock().unwrap().len(),
            1,
            "who has gone is forgotten"
        );
    }

    #[tokio::test]
    async fn files_that_arrive_leave_the_places_for_recording_free() {
        let permits = permits(3, 3, 1);
        let mut arriving = Vec::new();
        for _ in 0..3 {
            arriving.push(permits.at_the_station("ana").await.unwrap());
        }
        let recorded = permits
            .to_be_recorded(arriving.pop().unwrap())
            .await
            .unwrap();
        assert!(busy(&permits.to_be_recorded(arriving.pop().unwrap()).await));
        // It has also lost its permit at the station, and must be sent again.
        assert!(permits.at_the_station("mira").await.is_ok());
        drop(recorded);
        assert!(
            permits
                .to_be_recorded(arriving.pop().unwrap())
                .await
                .is_ok()
        );
    }
}
