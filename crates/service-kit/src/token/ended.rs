//! Sessions that have ended: their tokens are refused, wherever that is known.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use uuid::Uuid;

use super::Claims;

/// Sessions that have ended before their tokens expire. Cheap to clone; all clones are one.
#[derive(Clone, Default)]
pub struct EndedSessions(Arc<RwLock<HashMap<Uuid, i64>>>);

impl EndedSessions {
    /// Refuses the tokens of a session (a UUID), which expire at `until`, in seconds since 1970, at the latest.
    pub fn add(&self, session: &str, until: i64) {
        let Ok(session) = session.parse() else {
            tracing::error!(session, "a session that has ended is not named by a UUID");
            return;
        };
        let now = Timestamp::now().as_second();
        let mut ended = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // Not each time: whoever begins to follow adds all of them.
        if ended.len() == ended.capacity() {
            ended.retain(|_, until| *until > now);
        }
        if until > now {
            ended.insert(session, until);
        }
    }

    /// Whether these are the claims of a session that has ended.
    pub fn includes(&self, claims: &Claims) -> bool {
        let ended = self.0.read().unwrap_or_else(PoisonError::into_inner);
        claims
            .session()
            .is_some_and(|session| ended.contains_key(&session))
    }
}
