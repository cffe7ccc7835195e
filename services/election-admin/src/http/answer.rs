//! The answers to administrators.

use actix_web::http::StatusCode;
use ballot_log::ElectionId;
use service_kit::error::ApiError;
use service_kit::problem::Problem;

use crate::elections::creation::CreationError;

/// `503`: the count is not finished yet.
pub(super) fn not_counted_yet() -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-counted-yet",
        "The election has ended, and its ballots are still being counted.",
    );
    problem.retry_after_s(1)
}

/// `503`: the result waits for an administrator.
pub(super) fn not_finalised(election: ElectionId) -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "provisional",
        "The election has ended, and its result is provisional.",
    );
    problem.detail(format!(
        "It becomes final when an administrator says so: POST /elections/{election}/finalise."
    ))
}

/// `409`: what is asked for cannot be done with this election now, for this reason.
pub(super) fn conflict(kind: &'static str, title: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, kind, title).detail(detail)
}

/// `404`: there is no such batch, or it is another official's.
pub(super) fn no_such_batch() -> Problem {
    let problem = Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-batch",
        "There is no such batch.",
    );
    problem.detail("The header urna-batch of the ballot station's answer names a batch.")
}

/// `503`: a withdrawal is stored, and the log does not have it yet.
pub(super) fn withdrawal_pending() -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "withdrawal-pending",
        "The withdrawal is stored, and not in force yet.",
    );
    let detail = "It is in force as soon as Kafka is back. Nothing has to be done again.";
    problem.detail(detail).retry_after_s(5)
}

/// `404`: there is no such election.
pub(super) fn no_such_election() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "no-such-election",
        "There is no such election.",
    )
}

/// `400`: a parameter of the query makes no sense.
pub(super) fn bad_parameter(name: &'static str, expected: &str) -> Problem {
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-parameter",
        "A parameter of the query makes no sense.",
    );
    let detail = format!("The parameter {name} must be {expected}.");
    problem.detail(detail).field("parameter", name)
}

impl From<CreationError> for ApiError {
    fn from(error: CreationError) -> Self {
        match error {
            CreationError::Refused(text) => Self::message(text),
            CreationError::Unavailable(error) => error.into(),
        }
    }
}

/// `503`: the election is defined, but cannot be voted in yet.
pub(super) fn not_published_yet(election: ElectionId) -> Problem {
    let problem = Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "not-published-yet",
        "The election is stored, and not everybody has heard of it yet.",
    );
    let detail = format!(
        "Election {election} is stored, and is published as soon as Kafka is back. Do not define it again."
    );
    let problem = problem.detail(detail).field("election", election);
    problem.retry_after_s(5)
}
