//! Following the definitions of elections: one thread reads the topic `elections` from its beginning and
//! follows it; all others use what it has read.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};
use tokio::sync::watch;

use crate::follower::Follower;
use crate::topics::Topics;
use crate::{
    Election, ElectionDefinition, ElectionId, UnreadableElection, client_config, unreadable,
};

/// All elections known, by id.
pub type ElectionMap = BTreeMap<ElectionId, Arc<Election>>;

/// Elections whose definitions this version cannot read, by id.
pub type UnreadableElections = BTreeMap<ElectionId, Arc<UnreadableElection>>;

/// What has been read from the topic `elections`. Cheap to clone; reading stops with the last clone.
#[derive(Clone)]
pub struct Elections {
    read: watch::Receiver<Read>,
    follower: Arc<Follower>,
}

/// Publishes definitions, and returns when every in-sync replica has them. Readers keep the first
/// definition of an election with all that was ever added to it, so publishing one again changes nothing.
///
/// # Errors
/// If Kafka does not take one within `timeout`; those before it are published.
pub async fn publish(
    brokers: &str,
    topics: &Topics,
    definitions: &[ElectionDefinition],
    timeout: Duration,
) -> Result<(), ElectionsError> {
    let producer: FutureProducer = client_config(brokers)
        .set("enable.idempotence", "true")
        .set("message.timeout.ms", timeout.as_millis().to_string())
        .create()?;
    for definition in definitions {
        let key = definition.key();
        let value = serde_json::to_vec(definition)?;
        let record = FutureRecord::to(&topics.elections)
            .key(&key)
            .payload(&value);
        producer
            .send(record, timeout)
            .await
            .map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// The topic `elections` could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ElectionsError {
    /// Kafka refuses or does not answer in time.
    #[error("Kafka refuses or does not answer: {0}")]
    Kafka(#[from] KafkaError),
    /// A definition cannot be written as JSON.
    #[error("cannot write the definition: {0}")]
    Json(#[from] serde_json::Error),
    /// Reading stopped.
    #[error("the definitions of elections are no longer read")]
    Stopped,
}

#[derive(Clone, Debug, Default)]
struct Read {
    elections: Arc<ElectionMap>,
    unreadable: Arc<UnreadableElections>,
    next_offset: i64,
}

impl Elections {
    /// Starts to read.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn follow(brokers: &str, topics: &Topics) -> Result<Self, ElectionsError> {
        let follower = Follower::open(brokers, &topics.elections, "urna-elections")?;
        let (sender, read) = watch::channel(Read::default());
        let take =
            move |message: &BorrowedMessage<'_>| sender.send_modify(|read| read.take(message));
        follower
            .read("the definitions of elections", take)
            .ok_or(ElectionsError::Stopped)?;
        Ok(Self { read, follower })
    }

    /// All elections read so far.
    pub fn all(&self) -> Arc<ElectionMap> {
        self.read.borrow().elections.clone()
    }

    /// All elections that were read but not understood.
    pub fn unreadable(&self) -> Arc<UnreadableElections> {
        self.read.borrow().unreadable.clone()
    }

    /// One election, if it has been read.
    pub fn get(&self, id: ElectionId) -> Option<Arc<Election>> {
        self.read.borrow().elections.get(&id).cloned()
    }

    /// Waits until everything that was in the topic at the time of the call has been read.
    ///
    /// # Errors
    /// If Kafka takes longer than five seconds to say if the topic ends, or then to hand it out.
    pub async fn read_to_end(&self) -> Result<(), ElectionsError> {
        let read = self.read.clone();
        let read = self.follower.read_to_end(read, |read| read.next_offset);
        Ok(read.await.ok_or(ElectionsError::Stopped)??)
    }

    /// Ends only when the thread that reads has ended: a task of the service, so that a process that no longer
    /// receives definitions fails instead of looking healthy.
    ///
    /// # Errors
    /// If reading stopped.
    pub async fn until_stopped(mut self) -> Result<Infallible, ElectionsError> {
        loop {
            self.changed().await?;
        }
    }

    /// Waits for the next definition.
    ///
    /// # Errors
    /// If reading stopped.
    pub async fn changed(&mut self) -> Result<(), ElectionsError> {
        self.read
            .changed()
            .await
            .map_err(|_| ElectionsError::Stopped)
    }
}

impl Read {
    fn take(&mut self, message: &BorrowedMessage<'_>) {
        self.next_offset = message.offset() + 1;
        let read_one = |value| unreadable::read(message.key(), value);
        match message.payload().and_then(read_one) {
            Some(Ok(election)) => self.add(election),
            Some(Err(unreadable)) => self.refuse(unreadable),
            None => {}
        }
    }

    /// The first definition of an election stays in force, even if this version cannot read it.
    fn refuse(&mut self, unreadable: UnreadableElection) {
        if self.elections.contains_key(&unreadable.id) {
            tracing::error!(%unreadable, "the first definition stays in force");
            return;
        }
        let refused = Arc::make_mut(&mut self.unreadable);
        let known = refused.get(&unreadable.id);
        if known.is_some_and(|known| known.is_cancelled || !unreadable.is_cancelled) {
            return;
        }
        tracing::error!(%unreadable, "votes for this election are neither taken nor counted");
        refused.insert(unreadable.id, Arc::new(unreadable));
    }

    fn add(&mut self, election: Election) {
        let definition = election.definition();
        if let Some(unreadable) = self.unreadable.get(&definition.id) {
            tracing::error!(%unreadable, "the first definition stays in force");
            return;
        }
        if let Some(known) = self.elections.get(&definition.id) {
            if known.definition().as_defined() != definition.as_defined() {
                tracing::error!(
                    election = definition.id,
                    "the definition of an election changed; the first one stays in force"
                );
                return;
            }
            if let Some(both) = known.definition().with_additions_of(definition) {
                tracing::info!(
                    election = definition.id,
                    added = both.key(),
                    "more is known of an election"
                );
                let elections = Arc::make_mut(&mut self.elections);
                elections.insert(both.id, Arc::new(Election::new(both)));
            }
            return;
        }
        tracing::info!(
            election = definition.id,
            title = definition.title,
            "election known"
        );
        let elections = Arc::make_mut(&mut self.elections);
        elections.insert(election.definition().id, Arc::new(election));
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::time::timeout;

    use super::*;
    use crate::follower::TIMEOUT;

    #[test]
    fn a_cancellation_stays_whatever_is_read_after_it() {
        let defined: ElectionDefinition = serde_json::from_str(
            r#"{"id":7,"title":"T","created":"2026-06-16T14:00:00Z","start":"2026-06-16T13:00:00Z","end":"2206-06-16T15:00:00Z",
                "individual":false,"rules":{"method":"dhondt","seats":3,"tie":"ballot_order"},
                "participants":[{"poll_number":1,"name":"A"},{"poll_number":2,"name":"B"}]}"#,
        )
        .unwrap();
        let mut cancelled = defined.clone();
        cancelled.cancelled = Some(crate::Cancellation {
            at: defined.created,
            by: "a@b.cd".to_owned(),
        });
        let mut other = cancelled.clone();
        other.title = "Another".to_owned();
        let mut read = Read::default();
        for (definition, expected) in [
            (&defined, &defined),
            (&other, &defined),
            (&cancelled, &cancelled),
            (&defined, &cancelled),
        ] {
            read.add(Election::new(definition.clone()));
            assert_eq!(read.elections[&7].definition(), expected);
        }
    }

    #[tokio::test]
    async fn the_end_of_the_reading_thread_is_noticed() {
        let follower = Arc::new(Follower {
            consumer: client_config("127.0.0.1:1").create().unwrap(),
            topic: "elections".to_owned(),
        });
        let (sender, read) = watch::channel(Read::default());
        let reading = thread::spawn(move || {
            sender.send_modify(|read| read.next_offset = 1);
            std::panic::resume_unwind(Box::new("a thread that panics"));
        });
        let elections = Elections { read, follower };
        let stopped = timeout(TIMEOUT, elections.until_stopped()).await;
        assert!(matches!(stopped, Ok(Err(ElectionsError::Stopped))));
        assert!(reading.join().is_err());
    }
}
