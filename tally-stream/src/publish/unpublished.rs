//! Elections whose results cannot be published because of wrong data in Redis.

use std::collections::BTreeMap;

use ballot_log::ElectionId;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use service_kit::health::Readiness;

/// In readiness: while an election cannot be published.
const RESULTS: &str = "results";

/// Which they are, and why.
pub(super) struct Unpublished {
    reasons: BTreeMap<ElectionId, String>,
    readiness: Readiness,
}

impl Unpublished {
    pub(super) fn new(readiness: Readiness) -> Self {
        Self {
            reasons: BTreeMap::new(),
            readiness,
        }
    }

    pub(super) fn elections(&self) -> impl Iterator<Item = ElectionId> {
        self.reasons.keys().copied()
    }

    pub(super) fn add(&mut self, election: ElectionId, error: &anyhow::Error) {
        let reason = format!("{error:#}");
        if self.reasons.get(&election) == Some(&reason) {
            return;
        }
        tracing::error!(election, error = reason, "the result cannot be published");
        self.reasons.insert(election, reason);
        self.report();
    }

    pub(super) fn remove(&mut self, election: ElectionId) {
        if self.reasons.remove(&election).is_some() {
            tracing::info!(election, "the result is published again");
            self.report();
        }
    }

    fn report(&self) {
        if self.reasons.is_empty() {
            self.readiness.ready(RESULTS);
            return;
        }
        let reasons = self.reasons.iter();
        let reasons: Vec<_> = reasons
            .map(|(election, reason)| format!("election {election} cannot be published: {reason}"))
            .collect();
        self.readiness.wait_for(RESULTS, reasons.join("; "));
    }
}

/// Whether Redis itself has failed: then no election can be published.
pub(super) fn is_of_redis(error: &anyhow::Error) -> bool {
    let Some(error) = error.downcast_ref::<RedisError>() else {
        return false;
    };
    match error.kind() {
        // A value has the wrong type, or a script found one that has.
        ErrorKind::Parse
        | ErrorKind::UnexpectedReturnType
        | ErrorKind::Server(ServerErrorKind::ResponseError) => false,
        _ => error.code() != Some("WRONGTYPE"),
    }
}

/// Whether Redis became a replica.
pub(super) fn is_from_a_replica(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<RedisError>();
    error.is_some_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly))
}
