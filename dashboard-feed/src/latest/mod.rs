//! The newest result of every election, in memory and ready to send.

mod published_result;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::sync::watch;

use crate::ElectionId;

#[cfg(test)]
pub(crate) use published_result::sample;
pub(crate) use published_result::{PublishedResult, Summary};

/// Receives the changes of one election's result: it may miss some if it is slow, but never the last.
pub(crate) type Results = watch::Receiver<Arc<PublishedResult>>;

/// The shown result of every election. Cheap to clone; all clones share the same state.
///
/// It keeps the results when Redis is gone, so that observers still see the last known ones.
#[derive(Clone, Default)]
pub(crate) struct LatestResults {
    state: Arc<RwLock<State>>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    elections: BTreeMap<ElectionId, watch::Sender<Arc<PublishedResult>>>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum Phase {
    /// Redis has not been read yet: missing results may exist.
    #[default]
    Empty,
    /// Redis has been read: missing results do not exist.
    Loaded,
    /// The service is stopping.
    Closed,
}

/// Why there is no result to show.
#[derive(Debug)]
pub(crate) enum Absence {
    /// Not known yet, or the service is stopping: ask again.
    NotNow,
    /// There is no such election; these exist.
    Unknown(Vec<ElectionId>),
}

impl LatestResults {
    /// Shows a publication, unless the one shown is newer or the same.
    ///
    /// Returns whether it changed the latest. Equal positions may differ in data that is not counted from the
    /// log, such as the number of registered voters. Lower positions are never shown, not even after Redis has
    /// lost its data: the same log leads it back to where it was.
    pub(crate) fn show(&self, publication: PublishedResult) -> bool {
        let publication = Arc::new(publication);
        let mut state = self.write();
        if state.phase == Phase::Closed {
            return false;
        }
        let Some(shown) = state.elections.get(&publication.election()) else {
            let (sender, _) = watch::channel(Arc::clone(&publication));
            state.elections.insert(publication.election(), sender);
            return true;
        };
        shown.send_if_modified(|shown| {
            let is_news = publication.supersedes(shown);
            if is_news {
                *shown = publication;
            }
            is_news
        })
    }

    /// Marks everything that Redis held as read.
    pub(crate) fn mark_loaded(&self) {
        let mut state = self.write();
        if state.phase == Phase::Empty {
            state.phase = Phase::Loaded;
        }
    }

    /// The newest result of one election.
    pub(crate) fn latest(&self, election: ElectionId) -> Result<Arc<PublishedResult>, Absence> {
        let state = self.read();
        match state.elections.get(&election) {
            Some(shown) => Ok(Arc::clone(&shown.borrow())),
            None => Err(state.absence()),
        }
    }

    /// The newest results of all elections, by ascending number.
    pub(crate) fn all(&self) -> Result<Vec<Arc<PublishedResult>>, Absence> {
        let state = self.read();
        if state.elections.is_empty() && state.phase != Phase::Loaded {
            return Err(Absence::NotNow);
        }
        let shown = state.elections.values();
        Ok(shown.map(|shown| Arc::clone(&shown.borrow())).collect())
    }

    /// The newest result of one election and all that follow.
    pub(crate) fn subscribe(&self, election: ElectionId) -> Result<Results, Absence> {
        let state = self.read();
        match state.elections.get(&election) {
            Some(shown) => Ok(shown.subscribe()),
            None => Err(state.absence()),
        }
    }

    /// Removes all results and ends all subscriptions.
    pub(crate) fn close(&self) {
        let mut state = self.write();
        state.phase = Phase::Closed;
        state.elections.clear();
    }

    // A panic while the lock is held cannot leave the map half changed.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn absence(&self) -> Absence {
        match self.phase {
            Phase::Empty | Phase::Closed => Absence::NotNow,
            Phase::Loaded => Absence::Unknown(self.elections.keys().copied().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_missing_is_unknown_only_once_redis_has_been_read() {
        let latest = LatestResults::default();
        assert!(matches!(latest.latest(1), Err(Absence::NotNow)));
        assert!(matches!(latest.all(), Err(Absence::NotNow)));
        latest.show(sample(2, 0, ""));
        latest.mark_loaded();
        assert!(matches!(latest.subscribe(1), Err(Absence::Unknown(known)) if known == [2]));
    }

    #[test]
    fn an_equal_position_is_shown_if_it_says_something_else() {
        let latest = LatestResults::default();
        assert!(latest.show(sample(1, 5, "a")));
        assert!(!latest.show(sample(1, 5, "a")));
        assert!(latest.show(sample(1, 5, "b")));
        assert!(!latest.show(sample(1, 4, "c")));
        assert_eq!(*latest.latest(1).unwrap().json(), *sample(1, 5, "b").json());
    }

    #[tokio::test]
    async fn subscriptions_end_when_the_board_closes() {
        let latest = LatestResults::default();
        latest.show(sample(1, 5, ""));
        let mut results = latest.subscribe(1).unwrap();
        latest.close();
        assert!(results.changed().await.is_err());
        assert!(!latest.show(sample(1, 6, "")));
        assert!(matches!(latest.subscribe(1), Err(Absence::NotNow)));
    }

    proptest! {
        #[test]
        fn the_board_shows_the_highest_position_of_any_sequence(
            positions in prop::collection::vec(0_u64..50, 1..40),
        ) {
            let latest = LatestResults::default();
            let mut highest = 0;
            for position in positions {
                latest.show(sample(1, position, ""));
                highest = highest.max(position);
                prop_assert_eq!(latest.latest(1).unwrap().position(), highest);
            }
        }
    }
}
