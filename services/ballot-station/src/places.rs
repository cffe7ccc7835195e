//! Places for files: so many at the station, so many of one official's, so many that are recorded.
//!
//! A file takes its place before any of it is read, and keeps it until it is recorded: that bounds the memory
//! and the disk. To be recorded it needs a second one, which it gets when all of it is here: whoever sends
//! slowly keeps nobody from the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::answer::Refusal;

/// How many places there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// For files that arrive, wait or are recorded.
    pub(crate) at_the_station: u16,
    /// Of these, for files of one official.
    pub(crate) of_one_official: u16,
    /// For files that are recorded.
    pub(crate) recording: u16,
    /// How long a file waits for each of its places.
    pub(crate) patience: Duration,
}

/// Who comes first is served first, and nobody waits for ever.
pub(crate) struct Places {
    capacity: Capacity,
    at_the_station: Arc<Semaphore>,
    recording: Arc<Semaphore>,
    /// By e-mail address: the places of each official with a file at the station.
    officials: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// The place of a file at the station, until it is dropped.
pub(crate) struct Place {
    _of_the_official: OwnedSemaphorePermit,
    _at_the_station: OwnedSemaphorePermit,
}

/// The place of a file that is recorded, until it is dropped.
pub(crate) struct RecordingPlace {
    _place: Place,
    _recording: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(capacity: Capacity) -> Self {
        Self {
            capacity,
            at_the_station: semaphore(capacity.at_the_station),
            recording: semaphore(capacity.recording),
            officials: Mutex::default(),
        }
    }

    /// Waits for a place for a file that is about to arrive.
    ///
    /// # Errors
    /// Where none becomes free in time.
    pub(crate) async fn at_the_station(&self, official: &str) -> Result<Place, Refusal> {
        // The official's own comes first: whoever brings many files at once waits for them, not others.
        let own = self.of_official(official);
        Ok(Place {
            _of_the_official: self.one_of(&own, "Other files of yours are here.").await?,
            _at_the_station: self
                .one_of(&self.at_the_station, "Too many files are here.")
                .await?,
        })
    }

    /// Waits until a file that has arrived may be recorded.
    ///
    /// # Errors
    /// Where that takes too long.
    pub(crate) async fn to_be_recorded(&self, place: Place) -> Result<RecordingPlace, Refusal> {
        Ok(RecordingPlace {
            _place: place,
            _recording: self
                .one_of(&self.recording, "Other files are being recorded.")
                .await?,
        })
    }

    /// Waits until no file is at the station.
    pub(crate) async fn all_free(&self) {
        // It fails only where the semaphore is closed, which nobody does.
        let all = u32::from(self.capacity.at_the_station);
        drop(self.at_the_station.acquire_many(all).await);
    }

    async fn one_of(
        &self,
        places: &Arc<Semaphore>,
        taken: &'static str,
    ) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = timeout(self.capacity.patience, Arc::clone(places).acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(Refusal::Busy(taken))
    }

    /// Whoever has, or waits for, a place keeps the semaphore alive; the others are forgotten here.
    fn of_official(&self, official: &str) -> Arc<Semaphore> {
        let mut officials = self
            .officials
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        officials.retain(|_, places| places.strong_count() > 0);
        if let Some(places) = officials.get(official).and_then(Weak::upgrade) {
            return places;
        }
        let places = semaphore(self.capacity.of_one_official);
        officials.insert(official.to_owned(), Arc::downgrade(&places));
        places
    }
}

fn semaphore(places: u16) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(usize::from(places)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(at_the_station: u16, of_one_official: u16, recording: u16) -> Places {
        Places::new(Capacity {
            at_the_station,
            of_one_official,
            recording,
            patience: Duration::from_millis(10),
        })
    }

    fn busy<T>(place: &Result<T, Refusal>) -> bool {
        matches!(place, Err(Refusal::Busy(_)))
    }

    #[tokio::test]
    async fn one_official_takes_no_more_than_a_share() {
        let places = places(3, 2, 2);
        let first = places.at_the_station("ana").await.unwrap();
        let second = places.at_the_station("ana").await.unwrap();
        assert!(busy(&places.at_the_station("ana").await));
        let other = places.at_the_station("mira").await.unwrap();
        // All three are taken; she who has none yet waits like anybody.
        assert!(busy(&places.at_the_station("vesna").await));
        let first = places.to_be_recorded(first).await.unwrap();
        assert!(
            busy(&places.at_the_station("ana").await),
            "a file that is recorded is here"
        );
        drop(first);
        let third = places.at_the_station("ana").await.unwrap();
        drop((second, third, other));
        places.all_free().await;
        drop(places.at_the_station("vesna").await.unwrap());
        assert_eq!(
            places.officials.lock().unwrap().len(),
            1,
            "who has gone is forgotten"
        );
    }

    #[tokio::test]
    async fn files_that_arrive_leave_the_places_for_recording_free() {
        let places = places(3, 3, 1);
        let mut arriving = Vec::new();
        for _ in 0..3 {
            arriving.push(places.at_the_station("ana").await.unwrap());
        }
        let recorded = places
            .to_be_recorded(arriving.pop().unwrap())
            .await
            .unwrap();
        assert!(busy(&places.to_be_recorded(arriving.pop().unwrap()).await));
        // It has lost its place at the station, too: it has to be sent again.
        assert!(places.at_the_station("mira").await.is_ok());
        drop(recorded);
        assert!(places.to_be_recorded(arriving.pop().unwrap()).await.is_ok());
    }
}
