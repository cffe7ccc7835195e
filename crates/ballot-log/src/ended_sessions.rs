//! The topic `ended_sessions`: which sessions of officials and administrators have ended before their tokens expire.
//! access-control writes it; whoever checks tokens follows it.

use std::convert::Infallible;
use std::sync::Arc;

use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::client_config;
use crate::follower::{Follower, TIMEOUT};
use crate::topics::Topics;

/// The name in readiness, and of the task.
pub const ENDED_SESSIONS: &str = "ended sessions";

/// A session that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedSession {
    /// Its id: a UUID.
    pub id: String,
    /// When its last token expires, in seconds since 1970.
    pub until: i64,
}

impl EndedSession {
    fn read(key: &[u8], value: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(value).ok()?;
        Some(Self {
            id: String::from_utf8(key.to_vec()).ok()?,
            until: value.get("until")?.as_i64()?,
        })
    }
}

/// The topic could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum EndedSessionsError {
    /// Kafka refuses or does not answer in time.
    #[error("Kafka refuses or does not answer: {0}")]
    Kafka(#[from] KafkaError),
    /// Reading stopped.
    #[error("the sessions that have ended are no longer read")]
    Stopped,
}

/// Tells those who follow which sessions have ended. Cheap to clone.
#[derive(Clone)]
pub struct Teller {
    producer: FutureProducer,
    topic: String,
}

impl Teller {
    /// Connects in the background.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn open(brokers: &str, topics: &Topics) -> Result<Self, EndedSessionsError> {
        let producer = client_config(brokers)
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", TIMEOUT.as_millis().to_string())
            .set("linger.ms", "0")
            .create()?;
        let topic = topics.ended_sessions.clone();
        Ok(Self { producer, topic })
    }

    /// Returns when every in-sync replica has it. To tell of a session again changes nothing.
    ///
    /// # Errors
    /// If Kafka does not take it within five seconds.
    pub async fn tell(&self, session: &EndedSession) -> Result<(), EndedSessionsError> {
        let value = json!({"v": 1, "until": session.until}).to_string();
        let record = FutureRecord::to(&self.topic)
            .key(&session.id)
            .payload(&value);
        let told = self.producer.send(record, TIMEOUT).await;
        told.map(drop).map_err(|(error, _)| error.into())
    }
}

/// Reads the topic, from its beginning and for ever. Cheap to clone; reading stops with the last clone.
#[derive(Clone)]
pub struct Following {
    next_offset: watch::Receiver<i64>,
    follower: Arc<Follower>,
}

impl Following {
    /// Starts to read, and gives each session that has ended to `ended`.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub fn start(
        brokers: &str,
        topics: &Topics,
        ended: impl Fn(EndedSession) + Send + 'static,
    ) -> Result<Self, EndedSessionsError> {
        let topic = &topics.ended_sessions;
        let follower = Follower::open(brokers, topic, "urna-ended-sessions")?;
        let (sender, next_offset) = watch::channel(0);
        let take = move |message: &BorrowedMessage<'_>| {
            let offset = message.offset();
            let read = |(key, value)| EndedSession::read(key, value);
            if let Some(session) = message.key().zip(message.payload()).and_then(read) {
                ended(session);
            } else {
                tracing::error!(
                    offset,
                    "a record of a session that has ended cannot be read"
                );
            }
            sender.send_replace(offset + 1);
        };
        follower
            .read("which sessions have ended", take)
            .ok_or(EndedSessionsError::Stopped)?;
        Ok(Self {
            next_offset,
            follower,
        })
    }

    /// Waits until everything that was in the topic at the time of the call has been read.
    ///
    /// # Errors
    /// If Kafka takes longer than five seconds to say where the topic ends, or then to hand it out.
    pub async fn read_to_end(&self) -> Result<(), EndedSessionsError> {
        let next_offset = self.next_offset.clone();
        let read = self.follower.read_to_end(next_offset, |next| *next);
        Ok(read.await.ok_or(EndedSessionsError::Stopped)??)
    }

    /// Ends only when the thread that reads has ended: a task of the service.
    ///
    /// # Errors
    /// Always: reading stopped.
    pub async fn until_stopped(mut self) -> Result<Infallible, EndedSessionsError> {
        loop {
            let changed = self.next_offset.changed().await;
            changed.map_err(|_| EndedSessionsError::Stopped)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junk_ends_no_session() {
        let read = |value: &str| EndedSession::read(b"a", value.as_bytes());
        assert_eq!(read(r#"{"v":1,"until":7}"#).unwrap().until, 7);
        for junk in ["", "{}", "7", r#"{"until":"7"}"#, r#"{"until":7.5}"#] {
            assert_eq!(read(junk), None, "{junk}");
        }
    }
}
